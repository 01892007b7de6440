// SPDX-License-Identifier: GPL-2.0
/* Tests of rate.c: rates as xl.cfg writes them. */
#include "expect.h"

#include "tools/vifctl/rate.h"

static void test_good(void **state)
{
	static const struct {
		const char *text;
		unsigned long long bytes;
		unsigned long long usecs;
	} good[] = {
		{ "10Mb/s", 62500, 50000 },
		{ "250KB/s", 12500, 50000 },
		{ "250KB/s@20ms", 5000, 20000 },
		{ "1GB/s@1s", 1000000000, 1000000 },
		{ "1Gb/s@1000us", 125000, 1000 },
		{ "8b/s@1s", 1, 1000000 },
		{ "20B/s", 1, 50000 },
		{ "100MB/s@5", 500, 5 },
		{ "4294967295GB/s@1us", 4294967295000ULL, 1 },
		{ "1B/s@4294s", 4294, 4294000000ULL },
	};
	struct vc_rate rate;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		expect(vc_rate_parse(good[i].text, &rate), "\"%s\"", good[i].text);
		expect(rate.bytes == good[i].bytes && rate.usecs == good[i].usecs,
		       "\"%s\" is %llu bytes in %llu us", good[i].text, rate.bytes, rate.usecs);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"", "10", "10M", "10Mb", "Mb/s", "10 Mb/s", "10Mb/s ", "-1Mb/s", "+1Mb/s", "0Mb/s",
		"10Mb/s@", "10Mb/s@0ms", "10Mb/s@x", "10Mb/s@-1ms", "10Mb/s@5000s", "10Tb/s",
		"10mb/s", "1.5Mb/s", "0x10Mb/s", "1b/s", "1B/s", "4294967296B/s",
		"99999999999999999999B/s", "10Mb/s@20msx", "10MB/S",
	};
	struct vc_rate rate;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(!vc_rate_parse(bad[i], &rate), "\"%s\"", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("vifctl rate", tests, NULL, NULL);
}
