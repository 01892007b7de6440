// SPDX-License-Identifier: GPL-2.0
/* Unit tests of common/ring.h. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/ring.h"

#define SIZE 256

static void test_honest(void **state)
{
	/* Every legal triple, around the point where the indices wrap. */
	static const u32 bases[] = { 0, 1, 255, 0x7fffff80, 0xffffff00, 0xffffffff };
	u32 in_use, waiting, count;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		for (in_use = 0; in_use <= SIZE; in_use++)
			for (waiting = 0; waiting + in_use <= SIZE; waiting++) {
				u32 cons = bases[i] + in_use;

				assert_true(xnet_ring_unconsumed(cons + waiting, cons,
								 bases[i], SIZE,
								 &count));
				assert_int_equal(count, waiting);
			}
}

static void test_too_far(void **state)
{
	u32 in_use, count;

	(void)state;
	for (in_use = 0; in_use <= SIZE; in_use++) {
		assert_false(xnet_ring_unconsumed(SIZE + 1, in_use, 0, SIZE, &count));
		assert_false(xnet_ring_unconsumed(0x80000000, in_use, 0, SIZE, &count));
	}
}

static void test_moved_back(void **state)
{
	u32 in_use, back, count;

	(void)state;
	/* Also by less than what is in use, where ring.h sees nothing wrong. */
	for (in_use = 1; in_use <= SIZE; in_use++)
		for (back = 1; back <= in_use; back++)
			assert_false(xnet_ring_unconsumed(1000 + in_use - back,
							  1000 + in_use, 1000,
							  SIZE, &count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_too_far),
		cmocka_unit_test(test_moved_back),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
