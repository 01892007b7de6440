// SPDX-License-Identifier: GPL-2.0
/* Tests of policyfile.c: what is read, what is not, and what stays when rules change. */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vifctl/policyfile.h"

/* Lines that were wrong. */
static char wrong[64];

static void note(unsigned int line, const char *why)
{
	size_t len = strlen(wrong);

	assert_non_null(why);
	snprintf(wrong + len, sizeof(wrong) - len, "%u ", line);
}

static void parse(const char *text, struct vc_policy *policy)
{
	*wrong = 0;
	vc_policy_parse(text, policy, note);
}

static void test_parse(void **state)
{
	const struct vc_rule *rule;
	struct vc_policy policy;

	(void)state;
	parse("# for people\n\nweb/0 all 2-3\n \t\nweb/0\tq1  5\tmode=kthread # here\nenX0 q0 4", &policy);
	assert_string_equal(wrong, "");
	assert_int_equal(policy.count, 3);
	rule = vc_policy_find(&policy, "web/0", 0);
	assert_non_null(rule);
	assert_int_equal(vc_cpus_count(&rule->cpus), 2);
	rule = vc_policy_find(&policy, "web/0", 1);
	assert_true(vc_cpus_has(&rule->cpus, 5));
	assert_string_equal(rule->mode, "kthread");
	assert_non_null(vc_policy_find(&policy, "enX0", 0));
	assert_null(vc_policy_find(&policy, "enX0", 1));
	assert_null(vc_policy_find(&policy, "web/1", 0));
	vc_policy_free(&policy);
}

/* The mode is the vif's, whatever else a line says. */
static void test_mode(void **state)
{
	struct vc_policy policy;

	(void)state;
	parse("web/0 q1 1 mode=napi\nweb/0 q7 1 mode=kthread\nweb/0 all 1\ndb/0 all 1 mode=tasklet\n",
	      &policy);
	assert_string_equal(vc_policy_mode(&policy, "web/0"), "kthread");
	assert_string_equal(vc_policy_mode(&policy, "db/0"), "tasklet");
	assert_null(vc_policy_mode(&policy, "cache/0"));
	vc_policy_free(&policy);
}

/* Of lines about the same the last one counts, and one about a queue before one about all. */
static void test_last(void **state)
{
	struct vc_policy policy;

	(void)state;
	parse("web/0 q0 0\nweb/0 all 1\nweb/0 q0 2\nweb/0 all 3\n", &policy);
	assert_true(vc_cpus_has(&vc_policy_find(&policy, "web/0", 0)->cpus, 2));
	assert_true(vc_cpus_has(&vc_policy_find(&policy, "web/0", 1)->cpus, 3));
	assert_true(vc_cpus_has(&vc_policy_find(&policy, "web/0", -1)->cpus, 3));
	vc_policy_free(&policy);
}

/* What a vif will not be called any more when its guest has started again. */
static void test_no_lasting_names(void **state)
{
	struct vc_policy policy;

	(void)state;
	parse("web/00 all 1\nweb/65536 all 1\n5/0 all 1\nvif5.0 all 1\n"
	      "vif all 1\nvif5 all 1\nviforeth.1 all 1\n5a/0 all 1\nweb/10 all 1\n", &policy);
	assert_string_equal(wrong, "1 2 3 4 ");
	assert_int_equal(policy.count, 5);
	vc_policy_free(&policy);
}

/* Lines that are wrong are named, and the others hold. */
static void test_wrong(void **state)
{
	struct vc_policy policy;

	(void)state;
	parse("a/0 all 0\n"
	      "my vm/0 all 1\n"
	      "b/0 all\n"
	      "b/x all 1\n"
	      "/0 all 1\n"
	      "averylonginterface all 1\n"
	      "b/0 qx 1\n"
	      "b/0 all 1 mode=fast\n"
	      "b/0 all 1 mode=napi more\n"
	      "c/0 all 1", &policy);
	assert_string_equal(wrong, "2 3 4 5 6 7 8 9 ");
	assert_int_equal(policy.count, 2);
	assert_non_null(vc_policy_find(&policy, "a/0", 0));
	assert_non_null(vc_policy_find(&policy, "c/0", 0));
	vc_policy_free(&policy);
}

static void test_names(void **state)
{
	static const char *const good[] = { "web/0", "web-1.2/17", "a/b/0", "$(id)/0", "enX0", "\xc3\xa4/0" };
	static const char *const bad[] = {
		"", "/", "web/", "/0", "web/x", "my vm/0", " web/0", "my\tvm/0", "web#1/0", "#/0",
		"a/0\nb/0", "averylonginterface",
	};
	char name[VC_DOMAIN_LEN + 8];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		expect(vc_policy_can_name(good[i]), "\"%s\"", good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(!vc_policy_can_name(bad[i]), "\"%s\"", bad[i]);
	memset(name, 'x', sizeof(name));
	strcpy(name + VC_DOMAIN_LEN - 1, "/0");
	assert_true(vc_policy_can_name(name));
	memset(name, 'x', sizeof(name));
	strcpy(name + VC_DOMAIN_LEN, "/0");
	assert_false(vc_policy_can_name(name));
}

static struct vc_rule rule_of(const char *vif, int queue, const char *cpus)
{
	struct vc_rule rule = { .queue = queue };

	strcpy(rule.vif, vif);
	assert_true(vc_cpus_parse(cpus, &rule.cpus));

	return rule;
}

/* Comments, blank lines and the order stay, and so do lines as somebody has written them. */
static void test_set(void **state)
{
	static const char text[] = "# mine\n\nweb/0  all  0-1   # the shop\nweb/0 q1 2\n\n# end";
	struct vc_policy policy;
	struct vc_rule rule;

	(void)state;
	parse(text, &policy);
	rule = rule_of("web/0", -1, "3");
	strcpy(rule.mode, "napi");
	vc_policy_set(&policy, &rule);
	assert_string_equal(policy.text, "# mine\n\nweb/0\tall\t3\tmode=napi\t# the shop\nweb/0 q1 2\n\n"
			    "# end\n");
	rule = rule_of("db/0", 2, "5");
	vc_policy_set(&policy, &rule);
	assert_string_equal(policy.text, "# mine\n\nweb/0\tall\t3\tmode=napi\t# the shop\nweb/0 q1 2\n\n"
			    "# end\ndb/0\tq2\t5\n");
	assert_int_equal(policy.count, 3);
	assert_true(vc_policy_delete(&policy, "web/0", 1));
	assert_false(vc_policy_delete(&policy, "web/0", 1));
	assert_false(vc_policy_delete(&policy, "web", -1));
	assert_string_equal(policy.text, "# mine\n\nweb/0\tall\t3\tmode=napi\t# the shop\n\n"
			    "# end\ndb/0\tq2\t5\n");
	assert_true(vc_policy_delete(&policy, "web/0", -1));
	assert_string_equal(policy.text, "# mine\n\n\n# end\ndb/0\tq2\t5\n");
	assert_int_equal(policy.count, 1);
	vc_policy_free(&policy);
}

/* A rule that is there twice was of use once at most. */
static void test_twice(void **state)
{
	struct vc_policy policy;
	struct vc_rule rule = rule_of("web/0", 1, "3");

	(void)state;
	parse("web/0 q1 0\nweb/0 all 1\nweb/0 q1 2\n", &policy);
	vc_policy_set(&policy, &rule);
	assert_string_equal(policy.text, "web/0\tq1\t3\nweb/0 all 1\n");
	assert_true(vc_policy_delete(&policy, "web/0", -1));
	assert_string_equal(policy.text, "");
	vc_policy_free(&policy);
}

/* The mode stays, and stays the same, while there is a rule about the vif. */
static void test_delete(void **state)
{
	static const struct {
		const char *text;
		int queue;
		const char *wanted;
	} cases[] = {
		{ "a/0 all 0-1 # x\na/0 q1 2 mode=napi\n", 1, "a/0\tall\t0-1\tmode=napi\t# x\n" },
		{ "a/0 q0 0\nb/0 all 1\na/0 q1 2 mode=napi\n", 1, "a/0\tq0\t0\tmode=napi\nb/0 all 1\n" },
		{ "a/0 q0 0 mode=napi\na/0 q1 2 mode=kthread\n", 1, "a/0\tq0\t0\tmode=kthread\n" },
		{ "a/0 q1 2 mode=napi\na/0 q0 0 mode=kthread\n", 1, "a/0 q0 0 mode=kthread\n" },
		{ "a/0 q0 3\na/0 q0 0\na/0 q1 2 mode=napi\n", 1, "a/0\tq0\t0\tmode=napi\n" },
		{ "a/0 q0  0\na/0 q1 2\n", 1, "a/0 q0  0\n" },
		{ "a/0 q1 2 mode=napi\nb/0 all 1\n", 1, "b/0 all 1\n" },
		{ "a/0 all 0\na/0 q1 2 mode=napi\n", -1, "" },
		{ "a/0 all 0\na/0 q1 2 mode=napi\n", 7, "a/0 all 0\na/0 q1 2 mode=napi\n" },
	};
	struct vc_policy policy;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(cases[i].text, &policy);
		vc_policy_delete(&policy, "a/0", cases[i].queue);
		expect(!strcmp(policy.text, cases[i].wanted), "%s, q%d: %s", cases[i].text,
		       cases[i].queue, policy.text);
		vc_policy_free(&policy);
	}
}

static void test_new(void **state)
{
	struct vc_policy policy;
	struct vc_rule rule = rule_of("web/0", -1, "3");

	(void)state;
	parse("", &policy);
	vc_policy_set(&policy, &rule);
	assert_true(policy.text[0] == '#');
	assert_non_null(strstr(policy.text, "\nweb/0\tall\t3\n"));
	assert_int_equal(policy.count, 1);
	vc_policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_mode), cmocka_unit_test(test_last),
		cmocka_unit_test(test_no_lasting_names),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests_name("vifctl policyfile", tests, NULL, NULL);
}
