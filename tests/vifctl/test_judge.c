// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the judge, over tests/vifctl/fixtures/: each file is a record as `vifctl
 * diagnose --save` makes them, of which only what matters is there, and has in "expect"
 * the findings that must come of it: all of them, in their order. Of each it has the rule
 * and what else matters: "what", "fix", "undo" and "verify" must be part of the finding's,
 * or with a ^ in front its beginning, or with null not be there; "explains" is a list of rules, "moved" and "now" are evidence,
 * all else must be the same.
 *
 * A case is added by adding a file.
 */
#include "expect.h"

#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vifctl/info.h"
#include "tools/vifctl/judge.h"
#include "tools/vifctl/rules.h"

#define DIRECTORY	"tests/vifctl/fixtures"
#define DOCUMENT	"docs/diagnose.md"
#define FIXTURES_MAX	512

static char *fixtures[FIXTURES_MAX];
static size_t nr_fixtures;

static struct json_object *load(const char *name)
{
	struct json_object *record;
	char path[512];

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	record = json_object_from_file(path);
	expect(record, "%s: %s", path, json_util_get_last_err());

	return record;
}

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

/* What came out, for the one who has to find out why. */
static const char *all_of(struct json_object *findings)
{
	return json_object_to_json_string_ext(findings, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void compare_explained(const char *name, struct json_object *expected,
			      struct json_object *explained)
{
	size_t i;

	expect(json_object_array_length(expected) == json_object_array_length(explained),
	       "%s: %s", name, all_of(explained));
	for (i = 0; i < json_object_array_length(expected); i++) {
		const char *rule = json_object_get_string(json_object_array_get_idx(expected, i));

		expect(!strcmp(rule, vc_info_text(json_object_array_get_idx(explained, i), "rule",
						  "")), "%s: %s", name, all_of(explained));
	}
}

static bool has_text(const char *text, const char *part)
{
	return *part == '^' ? !strncmp(text, part + 1, strlen(part + 1)) : !!strstr(text, part);
}

static void compare_finding(const char *name, struct json_object *expected,
			    struct json_object *finding)
{
	json_object_object_foreach(expected, key, value) {
		struct json_object *evidence = get(finding, "evidence"), *found;
		const char *text = json_object_get_string(value);

		if (!strcmp(key, "moved") || !strcmp(key, "now")) {
			json_object_object_foreach(value, counter, amount) {
				found = get(get(evidence, key), counter);
				expect(found && json_object_equal(found, amount), "%s: %s of %s",
				       name, counter, all_of(finding));
			}
			continue;
		}
		found = get(finding, key);
		if (!value)
			expect(!found, "%s: %s of %s", name, key, all_of(finding));
		else if (!strcmp(key, "explains"))
			compare_explained(name, value, found);
		else if (!strcmp(key, "what") || !strcmp(key, "fix") || !strcmp(key, "undo") ||
			 !strcmp(key, "verify"))
			expect(found && text && has_text(json_object_get_string(found), text),
			       "%s: \"%s\" in %s of %s", name, text, key, all_of(finding));
		else
			expect(json_object_equal(found, value), "%s: %s of %s", name, key,
			       all_of(finding));
	}
}

/* What must be right with every finding. */
static void check_finding(const char *name, struct json_object *finding)
{
	static const char *const texts[] = {
		"rule", "severity", "where", "direction", "what", "verify",
	};
	static const char *const commands[] = { "fix", "undo", "verify" };
	const char *rule = vc_info_text(finding, "rule", "");
	const char *interface = vc_info_text(finding, "interface", "");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		expect(!*interface || vc_plain(interface) ||
		       !strstr(vc_info_text(finding, commands[i], ""), interface),
		       "%s: %s in %s of %s", name, interface, commands[i], all_of(finding));
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		expect(*vc_info_text(finding, texts[i], ""), "%s: no %s in %s", name, texts[i],
		       all_of(finding));
	for (i = 0; i < VC_NR_RULES && strcmp(vc_rules[i].name, rule); i++)
		;
	expect(i < VC_NR_RULES, "%s: no rule is called %s", name, rule);
	if (strcmp(rule, "no-loss"))
		expect(*vc_info_text(finding, "fix", ""), "%s: no fix in %s", name, all_of(finding));
}

static void check_fixture(const char *name)
{
	struct json_object *record = load(name), *expected = get(record, "expect"), *findings;
	char *before = strdup(json_object_to_json_string(record));
	size_t i;

	expect(vc_length(expected), "%s expects nothing", name);
	findings = vc_judge(record);
	expect(!strcmp(before, json_object_to_json_string(record)), "%s was changed", name);
	free(before);
	expect(vc_length(findings) == vc_length(expected), "%s: not so many: %s", name,
	       all_of(findings));
	for (i = 0; i < vc_length(expected); i++) {
		check_finding(name, vc_item(findings, i));
		compare_finding(name, vc_item(expected, i), vc_item(findings, i));
	}
	json_object_put(findings);
	json_object_put(record);
}

static void test_fixture(void **state)
{
	check_fixture(*state);
}

static bool expects(const char *fixture, const char *rule)
{
	struct json_object *record = load(fixture), *expected = get(record, "expect");
	bool found = false;
	size_t i;

	for (i = 0; i < vc_length(expected); i++)
		found |= vc_says(vc_item(expected, i), "rule", rule);
	json_object_put(record);

	return found;
}

/* A rule that no fixture brings about is not known to work. */
static void test_each_rule_has_a_fixture(void **state)
{
	unsigned int missing = 0;
	size_t i, k;

	(void)state;
	for (i = 0; i < VC_NR_RULES; i++) {
		expect(vc_rules[i].name, "rule %zu has no name", i);
		for (k = 0; k < nr_fixtures && !expects(fixtures[k], vc_rules[i].name); k++)
			;
		if (k == nr_fixtures) {
			print_error("no fixture for %s\n", vc_rules[i].name);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

/* The table in the document has a line for each rule, with its severity and stage. */
static void test_each_rule_is_documented(void **state)
{
	static const char *const severities[] = { "loss", "delay", "hint", "info" };
	char text[65536] = "", line[128], *at;
	FILE *file = fopen(DOCUMENT, "r");
	unsigned int missing = 0, lines = 0;
	size_t i;

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	for (i = 0; i < VC_NR_RULES; i++) {
		snprintf(line, sizeof(line), "\n| `%s` | %s | %s | ", vc_rules[i].name,
			 severities[vc_rules[i].severity], vc_rules[i].where);
		if (!strstr(text, line)) {
			print_error(DOCUMENT " has no line %s\n", line + 1);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
	for (at = text; (at = strstr(at, "\n| `")); at++)
		lines++;
	/* One that is there no more would be one too many. */
	assert_int_equal(lines, VC_NR_RULES);
}

/* A record that says nothing at all, or is none: there is an answer all the same. */
static void test_nothing(void **state)
{
	static const char *const records[] = {
		"{}", "[]", "null", "7", "\"x\"", "{\"snapshots\":[]}", "{\"snapshots\":[{},{}]}",
		"{\"snapshots\":[null,null]}", "{\"snapshots\":{\"0\":{}}}",
		"{\"snapshots\":[{\"links\":[]},{\"links\":[1,2]}],\"subject\":[]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(records); i++) {
		struct json_object *record = json_tokener_parse(records[i]);
		struct json_object *findings = vc_judge(record);

		expect(vc_length(findings) == 1 &&
		       vc_says(vc_item(findings, 0), "rule", "no-loss"), "%s: %s", records[i],
		       all_of(findings));
		json_object_put(findings);
		json_object_put(record);
	}
}

/*
 * Everything in each fixture, replaced by what it should not be, one after the other. A
 * file may be anybody's, and whatever is in it, the judge must come to an end.
 */
static struct json_object *const *odds(size_t *count)
{
	static struct json_object *values[8];

	if (!values[1]) {
		values[1] = json_object_new_int64(INT64_MAX);
		values[2] = json_object_new_int64(INT64_MIN);
		values[3] = json_object_new_double(1e308);
		values[4] = json_object_new_string("; reboot \033[2J");
		values[5] = json_object_new_array();
		values[6] = json_object_new_object();
		values[7] = json_object_new_boolean(true);
	}
	*count = ARRAY_SIZE(values);

	return values;
}

static void judge_only(struct json_object *record)
{
	struct json_object *findings = vc_judge(record);
	size_t i;

	assert_true(vc_length(findings) > 0);
	for (i = 0; i < vc_length(findings); i++) {
		const char *fix = vc_info_text(vc_item(findings, i), "fix", "");
		const char *undo = vc_info_text(vc_item(findings, i), "undo", "");
		const char *check = vc_info_text(vc_item(findings, i), "verify", "");

		/* It is pasted into a shell. */
		expect(!strstr(fix, "reboot") && !strstr(undo, "reboot") &&
		       !strstr(check, "reboot"), "%s", all_of(findings));
	}
	json_object_put(findings);
}

static void spoil(struct json_object *record, struct json_object *part)
{
	struct json_object *const *values, *was;
	size_t count, i, k;

	values = odds(&count);
	if (json_object_is_type(part, json_type_array)) {
		for (i = 0; i < json_object_array_length(part); i++) {
			was = json_object_get(json_object_array_get_idx(part, i));
			for (k = 0; k < count; k++) {
				json_object_array_put_idx(part, i, json_object_get(values[k]));
				judge_only(record);
			}
			json_object_array_put_idx(part, i, was);
			spoil(record, was);
		}
	} else if (json_object_is_type(part, json_type_object)) {
		json_object_object_foreach(part, key, value) {
			was = json_object_get(value);
			for (k = 0; k < count; k++) {
				json_object_object_add(part, key, json_object_get(values[k]));
				judge_only(record);
			}
			json_object_object_add(part, key, was);
			spoil(record, was);
		}
	}
}

static void test_spoiled(void **state)
{
	struct json_object *const *values;
	size_t i, count;

	(void)state;
	for (i = 0; i < nr_fixtures; i++) {
		struct json_object *record = load(fixtures[i]);

		json_object_object_del(record, "expect");
		spoil(record, record);
		json_object_put(record);
	}
	values = odds(&count);
	for (i = 0; i < count; i++)
		json_object_put(values[i]);
}

static int is_json(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".json");
}

static bool find_fixtures(void)
{
	struct dirent **entries;
	int n, i;

	n = scandir(DIRECTORY, &entries, is_json, alphasort);
	if (n < 1 || n > FIXTURES_MAX) {
		fprintf(stderr, "%d fixtures in " DIRECTORY "; run it at the top of the tree\n", n);
		return false;
	}
	for (i = 0; i < n; i++) {
		fixtures[i] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	nr_fixtures = n;
	free(entries);

	return true;
}

int main(void)
{
	static struct CMUnitTest tests[FIXTURES_MAX + 4] = {
		cmocka_unit_test(test_each_rule_has_a_fixture),
		cmocka_unit_test(test_each_rule_is_documented),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_spoiled),
	};
	size_t i;
	int failed;

	if (!find_fixtures())
		return 1;
	for (i = 0; i < nr_fixtures; i++)
		tests[4 + i] = (struct CMUnitTest) {
			.name = fixtures[i],
			.test_func = test_fixture,
			.initial_state = fixtures[i],
		};
	failed = _cmocka_run_group_tests("vifctl judge", tests, 4 + nr_fixtures, NULL, NULL);
	for (i = 0; i < nr_fixtures; i++)
		free(fixtures[i]);

	return failed;
}
