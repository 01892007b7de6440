/* SPDX-License-Identifier: GPL-2.0 */
/* What all tests of vifctl's parts begin with. */
#ifndef VC_TEST_EXPECT_H
#define VC_TEST_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Like assert_true(), with what is needed to find the case that failed. */
#define expect(cond, fmt, ...)						\
	do {								\
		if (!(cond))						\
			fail_msg("%s:%d: %s: " fmt, __FILE__, __LINE__,	\
				 #cond, __VA_ARGS__);			\
	} while (0)

#endif /* VC_TEST_EXPECT_H */
