// SPDX-License-Identifier: GPL-2.0
/* The file of the policy; see policyfile.h. */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "policyfile.h"
#include "say.h"

/* "q3" or "all"; -2 for neither. */
static int parse_queue(const char *word)
{
	int queue, end = 0;

	if (!strcmp(word, "all"))
		return -1;
	if (sscanf(word, "q%d%n", &queue, &end) != 1 || word[end] || queue < 0)
		return -2;

	return queue;
}

static bool is_mode(const char *mode)
{
	return !strcmp(mode, "napi") || !strcmp(mode, "kthread") || !strcmp(mode, "tasklet");
}

static char *next_word(char **rest)
{
	char *word;

	while ((word = strsep(rest, " \t")) && !*word)
		;

	return word;
}

/* Return: NULL, or what is wrong with it. */
static const char *parse_line(char *line, struct vc_rule *rule)
{
	char *vif = next_word(&line), *queue = next_word(&line), *cpus = next_word(&line);
	char *extra = next_word(&line);
	const char *slash = strrchr(vif, '/');

	memset(rule, 0, sizeof(*rule));
	if (slash ? slash == vif || !slash[1] ||
		    strspn(slash + 1, "0123456789") != strlen(slash + 1) : strlen(vif) >= IFNAMSIZ)
		return "a line begins with DOMAIN/HANDLE, or in a guest with an interface";
	if (strlen(vif) >= sizeof(rule->vif))
		return "the name of the domain is too long";
	strcpy(rule->vif, vif);
	rule->queue = queue ? parse_queue(queue) : -2;
	if (rule->queue == -2)
		return "the second word must be q0, q1, ..., or all";
	if (!cpus || !vc_cpus_parse(cpus, &rule->cpus))
		return "the third word must be a list of CPUs like 0-3,8";
	if (extra && (strncmp(extra, "mode=", 5) || !is_mode(extra + 5)))
		return "behind the CPUs there may be mode=napi, mode=kthread or mode=tasklet";
	if (extra)
		strcpy(rule->mode, extra + 5);
	if (next_word(&line))
		return "there are too many words";

	return NULL;
}

static void add(struct vc_policy *policy, const struct vc_rule *rule)
{
	policy->rule = realloc(policy->rule, (policy->count + 1) * sizeof(*rule));
	if (!policy->rule)
		vc_refuse("no memory");
	policy->rule[policy->count++] = *rule;
}

/**
 * vc_policy_parse() - read rules
 * @text: a rule per line; what is behind a # is for people
 * @policy: filled in; free its rules
 * @line: set to the number of the line that is wrong, if one is
 *
 * Return: NULL, or what is wrong.
 */
const char *vc_policy_parse(const char *text, struct vc_policy *policy, unsigned int *line)
{
	char *copy = strdup(text), *rest = copy, *one;
	const char *wrong = NULL;
	struct vc_rule rule;

	*policy = (struct vc_policy) {};
	for (*line = 1; !wrong && (one = strsep(&rest, "\n")); ++*line) {
		one[strcspn(one, "#")] = 0;
		one += strspn(one, " \t");
		if (!*one)
			continue;
		wrong = parse_line(one, &rule);
		if (!wrong)
			add(policy, &rule);
	}
	if (wrong)
		--*line;
	free(copy);

	return wrong;
}

/**
 * vc_policy_read() - read the file; one that is not there has no rules
 * @policy: filled in; free its rules
 *
 * Ends the program when there is something wrong with it.
 */
void vc_policy_read(struct vc_policy *policy)
{
	char *text = vc_file_read(VC_POLICY_PATH);
	const char *wrong;
	unsigned int line;

	*policy = (struct vc_policy) {};
	if (!text && errno == ENOENT)
		return;
	if (!text)
		vc_refuse(VC_POLICY_PATH ": %s", strerror(errno));
	wrong = vc_policy_parse(text, policy, &line);
	free(text);
	if (wrong)
		vc_refuse(VC_POLICY_PATH ", line %u: %s", line, wrong);
}

/**
 * vc_policy_write() - replace the file, as a whole or not at all
 * @policy: the rules
 */
void vc_policy_write(const struct vc_policy *policy)
{
	static const char path[] = VC_POLICY_PATH ".new";
	char list[1024], queue[16];
	FILE *file;
	size_t i;
	bool ok;

	if (mkdir("/etc/vifwire", 0755) && errno != EEXIST)
		vc_refuse("/etc/vifwire: %s", strerror(errno));
	file = fopen(path, "we");
	if (!file)
		vc_refuse("%s: %s", path, strerror(errno));
	fprintf(file, "# Where queues of vifs live; see vifctl(8), policy. Written by vifctl.\n"
		"# vif\tqueue\tCPUs\n");
	for (i = 0; i < policy->count; i++) {
		const struct vc_rule *rule = &policy->rule[i];

		vc_cpus_print(&rule->cpus, list, sizeof(list));
		snprintf(queue, sizeof(queue), "q%d", rule->queue);
		fprintf(file, "%s\t%s\t%s%s%s\n", rule->vif, rule->queue < 0 ? "all" : queue, list,
			*rule->mode ? "\tmode=" : "", rule->mode);
	}
	ok = !fflush(file) && !fsync(fileno(file));
	ok = !fclose(file) && ok;
	if (!ok || rename(path, VC_POLICY_PATH)) {
		int err = errno;

		unlink(path);
		vc_refuse(VC_POLICY_PATH " stays as it was: %s", strerror(err));
	}
}

/**
 * vc_policy_set() - have a rule, in the place of one about the same
 * @policy: the rules
 * @rule: the new one
 */
void vc_policy_set(struct vc_policy *policy, const struct vc_rule *rule)
{
	size_t i;

	for (i = 0; i < policy->count; i++)
		if (policy->rule[i].queue == rule->queue && !strcmp(policy->rule[i].vif, rule->vif)) {
			policy->rule[i] = *rule;
			return;
		}
	add(policy, rule);
}

/**
 * vc_policy_delete() - have no rule
 * @policy: the rules
 * @vif: DOMAIN/HANDLE, or an interface
 * @queue: of this queue; -1 for all that there are about the vif
 *
 * Return: whether there was one.
 */
bool vc_policy_delete(struct vc_policy *policy, const char *vif, int queue)
{
	size_t i, kept = 0;
	bool found;

	for (i = 0; i < policy->count; i++)
		if (strcmp(policy->rule[i].vif, vif) ||
		    (queue >= 0 && policy->rule[i].queue != queue))
			policy->rule[kept++] = policy->rule[i];
	found = kept < policy->count;
	policy->count = kept;

	return found;
}

/**
 * vc_policy_find() - what is said of a queue
 * @policy: the rules
 * @vif: DOMAIN/HANDLE, or an interface
 * @queue: its number
 *
 * Return: the rule, or NULL.
 */
const struct vc_rule *vc_policy_find(const struct vc_policy *policy, const char *vif, int queue)
{
	const struct vc_rule *found = NULL;
	size_t i;

	for (i = 0; i < policy->count; i++) {
		const struct vc_rule *rule = &policy->rule[i];

		if (!strcmp(rule->vif, vif) && (rule->queue == queue || (rule->queue < 0 && !found)))
			found = rule;
	}

	return found;
}
