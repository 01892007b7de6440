// SPDX-License-Identifier: GPL-2.0
/* Tests of softnet.c and cpustat.c: what the kernel says of its CPUs. */
#include "expect.h"

#include <json-c/json.h>
#include <string.h>

#include "tools/vifctl/cpustat.h"
#include "tools/vifctl/info.h"
#include "tools/vifctl/softnet.h"

static struct json_object *of_cpu(struct json_object *cpus, const char *cpu)
{
	struct json_object *found;

	return json_object_object_get_ex(cpus, cpu, &found) ? found : NULL;
}

/* 15 columns (6.12). CPU1 is offline: the second row is CPU2's. */
static void test_softnet_new(void **state)
{
	struct json_object *cpus, *cpu;

	(void)state;
	cpus = vc_softnet_parse(
		"0000000a 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000000 "
		"00000003 00000004 00000005 00000000 00000006 00000007\n"
		"ffffffff 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
		"00000000 00000000 00000000 00000002 00000000 00000000\n");
	assert_int_equal(json_object_object_length(cpus), 2);
	cpu = of_cpu(cpus, "0");
	assert_int_equal(vc_info_number(cpu, "processed_packets", -1), 10);
	assert_int_equal(vc_info_number(cpu, "dropped_packets", -1), 1);
	assert_int_equal(vc_info_number(cpu, "time_squeezes", -1), 2);
	assert_int_equal(vc_info_number(cpu, "rps_interrupts", -1), 3);
	assert_int_equal(vc_info_number(cpu, "flow_limit_packets", -1), 4);
	assert_int_equal(vc_info_number(cpu, "backlog_packets", -1), 5);
	cpu = of_cpu(cpus, "2");
	assert_non_null(cpu);
	assert_true(vc_info_number(cpu, "processed_packets", -1) == 0xffffffffLL);
	assert_null(of_cpu(cpus, "1"));
	json_object_put(cpus);
}

/* 13 columns (6.1) have the CPU as well; 11 and 9 have not, and less to say. */
static void test_softnet_old(void **state)
{
	struct json_object *cpus, *cpu;

	(void)state;
	cpus = vc_softnet_parse("1 2 3 0 0 0 0 0 0 4 5 6 f\n");
	cpu = of_cpu(cpus, "15");
	assert_non_null(cpu);
	assert_int_equal(vc_info_number(cpu, "backlog_packets", -1), 6);
	json_object_put(cpus);

	cpus = vc_softnet_parse("1 2 3 0 0 0 0 0 0 4 5\n1 2 3 0 0 0 0 0 0 4 7\n");
	cpu = of_cpu(cpus, "1");
	assert_non_null(cpu);
	assert_int_equal(vc_info_number(cpu, "flow_limit_packets", -1), 7);
	assert_int_equal(vc_info_number(cpu, "backlog_packets", -1), -1);
	json_object_put(cpus);

	cpus = vc_softnet_parse("1 2 3 0 0 0 0 0 0\n");
	cpu = of_cpu(cpus, "0");
	assert_non_null(cpu);
	assert_int_equal(vc_info_number(cpu, "time_squeezes", -1), 3);
	assert_int_equal(vc_info_number(cpu, "rps_interrupts", -1), -1);
	json_object_put(cpus);
}

static void test_softnet_odd(void **state)
{
	static const char *const odd[] = { "", "\n", "1 2\n", "x y z\n" };
	struct json_object *cpus;
	char many[512] = "";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		cpus = vc_softnet_parse(odd[i]);
		expect(!json_object_object_length(cpus), "\"%s\"", odd[i]);
		json_object_put(cpus);
	}
	/* More columns than any kernel has. */
	for (i = 0; i < 100; i++)
		strcat(many, "1 ");
	cpus = vc_softnet_parse(many);
	assert_non_null(of_cpu(cpus, "1"));
	json_object_put(cpus);
}

static void test_stat(void **state)
{
	struct json_object *cpus, *cpu;

	(void)state;
	cpus = vc_cpustat_parse("cpu  100 200 300 400 500 600 700 800 900 1000\n"
				"cpu0 1 2 3 4 5 6 7 8 9 10\n"
				"cpu12 11 12 13 14\n"
				"intr 123 0 0\nctxt 5\nbtime 6\nsoftirq 1 2 3\n");
	assert_int_equal(json_object_object_length(cpus), 2);
	cpu = of_cpu(cpus, "0");
	assert_int_equal(vc_info_number(cpu, "user_ticks", -1), 1);
	assert_int_equal(vc_info_number(cpu, "idle_ticks", -1), 4);
	assert_int_equal(vc_info_number(cpu, "softirq_ticks", -1), 7);
	assert_int_equal(vc_info_number(cpu, "steal_ticks", -1), 8);
	assert_int_equal(json_object_object_length(cpu), 8);
	cpu = of_cpu(cpus, "12");
	assert_int_equal(vc_info_number(cpu, "idle_ticks", -1), 14);
	assert_int_equal(vc_info_number(cpu, "steal_ticks", -1), -1);
	json_object_put(cpus);

	cpus = vc_cpustat_parse("");
	assert_int_equal(json_object_object_length(cpus), 0);
	json_object_put(cpus);
}

static void test_softirqs(void **state)
{
	struct json_object *kinds;

	(void)state;
	kinds = vc_softirqs_parse("                    CPU0       CPU2\n"
				  "          HI:          0          1\n"
				  "      NET_RX:         12         34\n"
				  "     TASKLET:          5\n");
	assert_int_equal(json_object_object_length(kinds), 3);
	assert_int_equal(vc_info_number(of_cpu(kinds, "NET_RX"), "0", -1), 12);
	assert_int_equal(vc_info_number(of_cpu(kinds, "NET_RX"), "2", -1), 34);
	assert_int_equal(vc_info_number(of_cpu(kinds, "NET_RX"), "1", -1), -1);
	assert_int_equal(vc_info_number(of_cpu(kinds, "TASKLET"), "2", -1), -1);
	json_object_put(kinds);

	kinds = vc_softirqs_parse("");
	assert_int_equal(json_object_object_length(kinds), 0);
	json_object_put(kinds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_softnet_new),
		cmocka_unit_test(test_softnet_old),
		cmocka_unit_test(test_softnet_odd),
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_softirqs),
	};

	return cmocka_run_group_tests_name("vifctl softnet", tests, NULL, NULL);
}
