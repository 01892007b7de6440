// SPDX-License-Identifier: GPL-2.0
/* Tests of ethtool.c: a kernel that has more or fewer counters with each question. */
#include "expect.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tools/vifctl/ethtool.h"

/* How many there are when it is asked for their number, names and values. */
static unsigned int numbers, names, values;
/* It does not copy more than there is room for, as newer kernels do. */
static bool careful;

static void get_names(struct ethtool_gstrings *strings)
{
	unsigned int i;

	strings->len = careful && strings->len != names ? 0 : names;
	for (i = 0; i < strings->len; i++)
		snprintf((char *)strings->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN, "counter%u",
			 i);
}

static void get_values(struct ethtool_stats *stats)
{
	unsigned int i;

	stats->n_stats = careful && stats->n_stats != values ? 0 : values;
	for (i = 0; i < stats->n_stats; i++)
		stats->data[i] = 10 * i;
}

/* This is instead of the system's. */
int ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *question;
	va_list args;

	(void)fd;
	(void)request;
	va_start(args, request);
	question = va_arg(args, struct ifreq *);
	va_end(args);
	switch (*(__u32 *)question->ifr_data) {
	case ETHTOOL_GSSET_INFO:
		((struct ethtool_sset_info *)question->ifr_data)->data[0] = numbers;
		return 0;
	case ETHTOOL_GSTRINGS:
		get_names((void *)question->ifr_data);
		return 0;
	case ETHTOOL_GSTATS:
		get_values((void *)question->ifr_data);
		return 0;
	}
	errno = EOPNOTSUPP;

	return -1;
}

static size_t count_them(unsigned int first, unsigned int then, unsigned int last)
{
	struct vc_counter *counters;
	size_t count, i;

	numbers = first;
	names = then;
	values = last;
	counters = vc_ethtool_counters("vif1.0", &count);
	for (i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "counter%zu", i);
		assert_string_equal(counters[i].name, name);
		assert_int_equal(counters[i].value, 10 * i);
	}
	assert_true(count || !counters);
	free(counters);

	return count;
}

static void ask_often(void)
{
	assert_int_equal(count_them(0, 0, 0), 0);
	assert_int_equal(count_them(3, 3, 3), 3);
	/* More, at either question or at both; the sanitizer sees what is written where. */
	assert_int_equal(count_them(3, 3, 2000), 0);
	assert_int_equal(count_them(3, 2000, 2000), 0);
	assert_int_equal(count_them(3, 2000, 3), 0);
	/* Fewer. */
	assert_int_equal(count_them(2000, 3, 3), 0);
	assert_int_equal(count_them(2000, 2000, 3), 0);
}

static void test_old(void **state)
{
	(void)state;
	careful = false;
	ask_often();
}

static void test_new(void **state)
{
	(void)state;
	careful = true;
	ask_often();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests_name("vifctl ethtool", tests, NULL, NULL);
}
