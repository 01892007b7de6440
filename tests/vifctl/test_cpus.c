// SPDX-License-Identifier: GPL-2.0
/* Tests of cpus.c: lists of CPUs as the kernel writes them. */
#include "expect.h"

#include <stdio.h>
#include <string.h>

#include "tools/vifctl/cpus.h"

static void test_good(void **state)
{
	static const struct {
		const char *list;
		const char *again;
		unsigned int count;
	} good[] = {
		{ "0", "0", 1 },
		{ "0-3,8", "0-3,8", 5 },
		{ "0-3,8\n", "0-3,8", 5 },
		{ "3,2,1", "1-3", 3 },
		{ "1,1,1", "1", 1 },
		{ "0-1,1-2", "0-2", 3 },
		{ "5-5", "5", 1 },
		{ "63-64", "63-64", 2 },
		{ "8191", "8191", 1 },
		{ "0-8191", "0-8191", 8192 },
	};
	struct vc_cpus cpus;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		expect(vc_cpus_parse(good[i].list, &cpus), "\"%s\"", good[i].list);
		vc_cpus_print(&cpus, text, sizeof(text));
		expect(!strcmp(text, good[i].again), "\"%s\" became \"%s\"", good[i].list, text);
		expect(vc_cpus_count(&cpus) == good[i].count, "\"%s\"", good[i].list);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"", "\n", "-", "-1", "1-", "3-1", "0,", ",0", "0,,1", "0-1-2", "0 1", "0x1", "a",
		"1a", "8192", "0-8192", "99999999999999999999", "+1", " 1", "1-,2",
	};
	struct vc_cpus cpus;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(!vc_cpus_parse(bad[i], &cpus), "\"%s\"", bad[i]);
}

static void test_nth(void **state)
{
	struct vc_cpus cpus, none = {};

	(void)state;
	assert_true(vc_cpus_parse("2,70,71", &cpus));
	assert_int_equal(vc_cpus_nth(&cpus, 0), 2);
	assert_int_equal(vc_cpus_nth(&cpus, 1), 70);
	assert_int_equal(vc_cpus_nth(&cpus, 2), 71);
	assert_int_equal(vc_cpus_nth(&cpus, 3), 2);
	assert_int_equal(vc_cpus_nth(&none, 0), -1);
}

static void test_each(void **state)
{
	static const int expected[] = { 0, 2, 63, 64, 200, 8191 };
	struct vc_cpus cpus, none = {};
	size_t n = 0;
	int cpu;

	(void)state;
	assert_true(vc_cpus_parse("0,2,63-64,200,8191", &cpus));
	vc_cpus_each(cpu, &cpus) {
		assert_true(n < ARRAY_SIZE(expected));
		assert_int_equal(cpu, expected[n++]);
	}
	assert_int_equal(n, ARRAY_SIZE(expected));
	vc_cpus_each(cpu, &none)
		fail();
}

static void test_within(void **state)
{
	struct vc_cpus few, many;

	(void)state;
	assert_true(vc_cpus_parse("1,65", &few));
	assert_true(vc_cpus_parse("0-1,64-66", &many));
	assert_true(vc_cpus_within(&few, &many));
	assert_true(vc_cpus_within(&few, &few));
	assert_false(vc_cpus_within(&many, &few));
	assert_false(vc_cpus_has(&few, VC_CPUS_MAX));
}

/* What does not fit is cut off, and nothing is written behind. */
static void test_short(void **state)
{
	struct vc_cpus cpus;
	char text[8];
	size_t size;

	(void)state;
	assert_true(vc_cpus_parse("10-12,100,1000", &cpus));
	for (size = 1; size <= sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		vc_cpus_print(&cpus, text, size);
		expect(strlen(text) < size, "%zu bytes: \"%.8s\"", size, text);
		expect(size == sizeof(text) || text[size] == 'x', "%zu bytes", size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_nth),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests_name("vifctl cpus", tests, NULL, NULL);
}
