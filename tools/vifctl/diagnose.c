// SPDX-License-Identifier: GPL-2.0
/* vifctl diagnose */

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect.h"
#include "commands.h"
#include "file.h"
#include "info.h"
#include "judge.h"
#include "options.h"
#include "say.h"
#include "seconds.h"

#define SECONDS_DEFAULT	3

/* What was asked for. */
struct wish {
	const char *name;
	const char *save;
	const char *from;
	double seconds;
};

static struct wish read_wish(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "time", required_argument, NULL, 't' },
		{ "save", required_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'f' },
		{}
	};
	struct wish wish = { .seconds = 0 };
	int option;

	while ((option = vc_option(argc, argv, "t:", options)) >= 0) {
		switch (option) {
		case 't':
			wish.seconds = vc_seconds(optarg);
			break;
		case 's':
			wish.save = optarg;
			break;
		case 'f':
			wish.from = optarg;
			break;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc > 1)
		vc_usage("must be: vifctl diagnose [VIF|NIC|BRIDGE] [-t SECONDS] [--save FILE | --from FILE]");
	if (wish.from && (wish.save || wish.seconds))
		vc_usage("--from judges what was collected before; there is nothing to wait for or to save");
	wish.name = argc ? argv[0] : NULL;
	if (!wish.seconds)
		wish.seconds = SECONDS_DEFAULT;

	return wish;
}

/* The time between its snapshots. */
static double seconds_of(struct json_object *record)
{
	struct json_object *snapshots;
	double usecs[2];
	int i;

	json_object_object_get_ex(record, "snapshots", &snapshots);
	for (i = 0; i < 2; i++)
		usecs[i] = vc_info_number(json_object_array_get_idx(snapshots, i),
					  "monotonic_usecs", 0);

	return (usecs[1] - usecs[0]) / 1e6;
}

/* A file that is not ours must not be judged. */
static struct json_object *load(const char *path)
{
	struct json_object *record = NULL, *snapshots;
	long long version;
	struct stat what;
	FILE *file;

	file = fopen(path, "r");
	if (!file || fstat(fileno(file), &what))
		vc_refuse("cannot read %s: %s", path, strerror(errno));
	fclose(file);
	/* A device may have no end. */
	if (S_ISREG(what.st_mode) || S_ISFIFO(what.st_mode))
		record = json_object_from_file(path);
	if (strcmp(vc_info_text(record, "format", ""), VC_RECORD_FORMAT))
		vc_refuse("%s is no file of vifctl diagnose --save", path);
	version = vc_info_number(record, "version", 0);
	if (version != VC_RECORD_VERSION)
		vc_refuse("%s is of version %lld; this vifctl reads version %d", path, version,
			  VC_RECORD_VERSION);
	if (!json_object_object_get_ex(record, "snapshots", &snapshots) ||
	    !json_object_is_type(snapshots, json_type_array) ||
	    json_object_array_length(snapshots) != 2 ||
	    !(seconds_of(record) > 0 && seconds_of(record) <= 2 * VC_SECONDS_MAX))
		vc_refuse("%s does not have two snapshots, one after the other", path);

	return record;
}

/*
 * Can it be replaced as a whole or not at all? What is no file is just written to, and so is one that
 * would get another owner by that.
 */
static bool is_replaced(const char *path)
{
	struct stat what;

	return stat(path, &what) || (S_ISREG(what.st_mode) && (!geteuid() || what.st_uid == geteuid()));
}

/* Before looking, which may take an hour. */
static void need_place(const char *path)
{
	char *real = realpath(path, NULL) ?: strdup(path);
	struct stat what;
	int err = 0;

	if (!real)
		vc_refuse("no memory");
	if (!stat(real, &what) && S_ISDIR(what.st_mode))
		err = EISDIR;
	else if (!*path)
		err = ENOENT;
	else if (access(is_replaced(path) ? dirname(real) : real, W_OK))
		err = errno;
	if (err)
		vc_refuse("cannot write %s: %s", *path ? path : "to no name", strerror(err));
	free(real);
}

static mode_t mode_of_new(void)
{
	mode_t mask = umask(0);

	umask(mask);

	return 0666 & ~mask;
}

static void save(struct json_object *record, const char *path)
{
	bool wanted = !vc_options.dry_run;
	struct json_object *object;
	int err = 0;

	if (wanted && is_replaced(path))
		err = vc_file_save(json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN),
				   path, mode_of_new());
	else if (wanted && json_object_to_file_ext(path, record, JSON_C_TO_STRING_PLAIN))
		err = -errno;
	if (err)
		vc_refuse("cannot write %s: %s", path, strerror(-err));
	json_object_put(record);
	if (vc_options.json) {
		object = json_object_new_object();
		json_object_object_add(object, "file", json_object_new_string(path));
		json_object_object_add(object, "saved", json_object_new_boolean(wanted));
		vc_print_json(object);
	} else if (wanted) {
		printf("saved to %s; judge it anywhere with: vifctl diagnose --from %s\n", path,
		       path);
	} else {
		printf("not saved to %s, for this is a dry run\n", path);
	}
}

/* Texts of a file may be anybody's: nothing of them may control the terminal. */
static void say_safely(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		vc_refuse("no memory");
	vc_say_safely(copy);
	fputs(copy, stdout);
	free(copy);
}

static void print_line(const char *head, const char *text)
{
	if (!text)
		return;
	printf("   %-9s ", head);
	say_safely(text);
	putchar('\n');
}

static void print_part(struct json_object *evidence, const char *part, const char *sign, bool *any)
{
	struct json_object *values;

	json_object_object_get_ex(evidence, part, &values);
	json_object_object_foreach(values, name, value) {
		printf("%s", *any ? ", " : "   evidence: ");
		say_safely(name);
		printf(" %s", sign);
		say_safely(json_object_get_string(value));
		*any = true;
	}
}

static void print_evidence(struct json_object *finding)
{
	struct json_object *evidence;
	bool any = false;

	json_object_object_get_ex(finding, "evidence", &evidence);
	print_part(evidence, "moved", "+", &any);
	print_part(evidence, "now", "", &any);
	if (any)
		putchar('\n');
}

static void print_explained(struct json_object *finding)
{
	struct json_object *list;
	size_t i;

	json_object_object_get_ex(finding, "explains", &list);
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *what = json_object_array_get_idx(list, i);
		const char *interface = vc_info_text(what, "interface", NULL);

		printf("%s%s", i ? ", " : "   explains: ", vc_info_text(what, "rule", ""));
		if (interface)
			printf(" of %s", interface);
	}
	if (i)
		putchar('\n');
}

static void print_finding(struct json_object *finding, size_t number)
{
	const char *severity = vc_info_text(finding, "severity", "");
	bool bad = vc_options.colour && !strcmp(severity, "loss");

	printf("\n%zu. %s%s%s: ", number, bad ? "\033[31m" : "", severity, bad ? "\033[0m" : "");
	say_safely(vc_info_text(finding, "what", ""));
	printf("\n   where:    %s, %s", vc_info_text(finding, "where", ""),
	       vc_info_text(finding, "direction", ""));
	if (vc_info_text(finding, "cpus", NULL))
		printf(", CPU %s", vc_info_text(finding, "cpus", ""));
	printf(" (%s)\n", vc_info_text(finding, "rule", ""));
	print_evidence(finding);
	print_explained(finding);
	print_line("fix:", vc_info_text(finding, "fix", NULL));
	print_line("undo:", vc_info_text(finding, "undo", NULL));
	print_line("verify:", vc_info_text(finding, "verify", NULL));
}

static bool any_is(struct json_object *findings, const char *severity)
{
	size_t i;

	for (i = 0; i < json_object_array_length(findings); i++)
		if (!strcmp(vc_info_text(json_object_array_get_idx(findings, i), "severity", ""),
			    severity))
			return true;

	return false;
}

static void print_result(struct json_object *result)
{
	const char *verdict = vc_info_text(result, "verdict", "");
	bool none = !strcmp(verdict, "none");
	struct json_object *findings, *first;
	size_t i;

	json_object_object_get_ex(result, "findings", &findings);
	first = json_object_array_get_idx(findings, 0);
	printf("verdict: %s", !strcmp(verdict, "loss") ? "packets are lost; begin with: " :
	       !strcmp(verdict, "delay") ? "no loss seen, but packets are held up; begin with: " :
	       "");
	say_safely(vc_info_text(first, "what", ""));
	putchar('\n');
	/* When nothing is wrong, the first finding says so, and no more. */
	if (none)
		print_line("fix:", vc_info_text(first, "fix", NULL));
	for (i = none; i < json_object_array_length(findings); i++)
		print_finding(json_object_array_get_idx(findings, i), none ? i : i + 1);
}

/**
 * vc_cmd_diagnose() - vifctl diagnose [VIF|NIC|BRIDGE] [-t SECONDS] [--save FILE | --from FILE]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Whatever was found, it is no failure of this program: the exit status is 0.
 *
 * Return: the exit status.
 */
int vc_cmd_diagnose(int argc, char *argv[])
{
	struct wish wish = read_wish(argc, argv);
	struct json_object *record, *findings, *result;
	const char *verdict;
	char seconds[32];

	if (wish.from) {
		record = load(wish.from);
		if (wish.name)
			vc_collect_subject(record, wish.name);
	} else {
		if (wish.save && !vc_options.dry_run)
			need_place(wish.save);
		record = vc_collect_record(wish.name, wish.seconds);
	}
	if (wish.save) {
		save(record, wish.save);
		return VC_OK;
	}
	findings = vc_judge(record);
	verdict = any_is(findings, "loss") ? "loss" : any_is(findings, "delay") ? "delay" : "none";
	result = json_object_new_object();
	snprintf(seconds, sizeof(seconds), "%.3f", seconds_of(record));
	json_object_object_add(result, "seconds",
			       json_object_new_double_s(seconds_of(record), seconds));
	json_object_object_add(result, "verdict", json_object_new_string(verdict));
	json_object_object_add(result, "findings", findings);
	json_object_put(record);
	if (vc_options.json) {
		vc_print_json(result);
		return VC_OK;
	}
	print_result(result);
	json_object_put(result);

	return VC_OK;
}
