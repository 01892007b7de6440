// SPDX-License-Identifier: GPL-2.0
/* The file of the policy; see policyfile.h. */

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "policyfile.h"
#include "say.h"

/* What a new file begins with. */
#define HEAD	"# Where queues of vifs and NICs live; see vifctl(8), policy. Written by vifctl.\n"	\
		"# vif or NIC\tqueue\tCPUs\n"

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

/* Return: NULL, or what is wrong with it as a name that lasts. */
static const char *wrong_with_name(const char *vif)
{
	const char *slash = strrchr(vif, '/');
	char *domain_end;

	if (slash ? slash == vif || !vc_vif_is_handle(slash + 1) : strlen(vif) >= IFNAMSIZ)
		return "a line begins with DOMAIN/HANDLE, or outside of dom0 with an interface";
	if (slash && strspn(vif, "0123456789") == (size_t)(slash - vif))
		return "a domain is named, not numbered: it has another number after its next start";
	if (!slash && !strncmp(vif, "vif", 3) && isdigit((unsigned char)vif[3])) {
		strtoul(vif + 3, &domain_end, 10);
		if (*domain_end == '.' && vc_vif_is_handle(domain_end + 1))
			return "a vif is named DOMAIN/HANDLE: its interface has another number after the guest's next start";
	}

	return NULL;
}

/* Of a line that says something. Return: NULL, or what is wrong with it. */
static const char *parse_words(char *line, struct vc_rule *rule)
{
	char *vif = next_word(&line), *queue = next_word(&line), *cpus = next_word(&line);
	char *extra = next_word(&line);
	const char *slash = strrchr(vif, '/'), *wrong = wrong_with_name(vif);

	memset(rule, 0, sizeof(*rule));
	if (wrong)
		return wrong;
	if (strlen(vif) >= sizeof(rule->vif) || (slash && slash - vif >= VC_DOMAIN_LEN))
		return "the name of the domain is too long";
	strcpy(rule->vif, vif);
	rule->queue = queue ? vc_vif_queue(queue) : -2;
	if (rule->queue < -1)
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

/* Its rule, or one of no vif. Return: NULL, or what is wrong with it. */
static const char *parse_line(const char *line, struct vc_rule *rule)
{
	char *copy = strndup(line, strcspn(line, "#")), *words = copy;
	const char *wrong = NULL;

	if (!copy)
		vc_refuse("no memory");
	*rule->vif = 0;
	words += strspn(words, " \t");
	if (*words)
		wrong = parse_words(words, rule);
	free(copy);

	return wrong;
}

/**
 * vc_policy_parse() - read rules
 * @text: a rule per line; what is behind a # is for people
 * @policy: filled in, for vc_policy_free()
 * @on_wrong: called for each line that is wrong, and is no rule; NULL for nothing
 */
void vc_policy_parse(const char *text, struct vc_policy *policy,
		     void (*on_wrong)(unsigned int line, const char *why))
{
	char *copy = strdup(text), *rest = copy, *one;
	unsigned int line;
	struct vc_rule rule;
	const char *wrong;

	*policy = (struct vc_policy) { .text = strdup(text) };
	if (!copy || !policy->text)
		vc_refuse("no memory");
	for (line = 1; (one = strsep(&rest, "\n")); line++) {
		wrong = parse_line(one, &rule);
		if (wrong && on_wrong)
			on_wrong(line, wrong);
		if (wrong || !*rule.vif)
			continue;
		policy->rule = realloc(policy->rule, (policy->count + 1) * sizeof(rule));
		if (!policy->rule)
			vc_refuse("no memory");
		policy->rule[policy->count++] = rule;
	}
	free(copy);
}

static void refuse_line(unsigned int line, const char *why)
{
	vc_refuse(VC_POLICY_PATH ", line %u: %s", line, why);
}

static void warn_of_line(unsigned int line, const char *why)
{
	vc_warn(VC_POLICY_PATH ", line %u: %s", line, why);
}

/* What was locked. */
static int lock = -1;

/**
 * vc_policy_lock() - have nobody else change the file between vc_policy_read() and
 * vc_policy_write()
 */
void vc_policy_lock(void)
{
	lock = vc_file_lock(VC_POLICY_PATH);
	if (lock < 0)
		vc_refuse(VC_POLICY_PATH " stays as it was: %s", lock == -EWOULDBLOCK ?
			  "somebody else is changing it" : strerror(-lock));
}

/**
 * vc_policy_read() - read the file; one that is not there has no rules
 * @policy: filled in, for vc_policy_free()
 * @strict: end the program when there is something wrong with it; otherwise there is a warning,
 *	and the other rules hold
 */
void vc_policy_read(struct vc_policy *policy, bool strict)
{
	char *text = vc_file_read(VC_POLICY_PATH);

	if (!text && errno != ENOENT)
		vc_refuse(VC_POLICY_PATH ": %s", errno == EBADMSG ? "no text, there are zero bytes in it" :
			  strerror(errno));
	vc_policy_parse(text ?: "", policy, strict ? refuse_line : warn_of_line);
	free(text);
}

/**
 * vc_policy_write() - replace the file, which was locked, as a whole or not at all
 * @policy: what it is to be
 */
void vc_policy_write(const struct vc_policy *policy)
{
	int err = vc_file_replace(policy->text, VC_POLICY_PATH);

	if (err)
		vc_refuse(VC_POLICY_PATH " stays as it was: %s", strerror(-err));
	close(lock);
}

/**
 * vc_policy_free() - free what was read
 * @policy: the policy
 */
void vc_policy_free(struct vc_policy *policy)
{
	free(policy->text);
	free(policy->rule);
}

/**
 * vc_policy_can_name() - would the file give this name back?
 * @vif: DOMAIN/HANDLE, or an interface
 *
 * A domain's name may be too long, or have in it what ends words, lines or rules.
 *
 * Return: true or false.
 */
bool vc_policy_can_name(const char *vif)
{
	struct vc_rule rule;
	bool can;
	char *line;

	if (asprintf(&line, "%s\tall\t0", vif) < 0)
		vc_refuse("no memory");
	can = !strchr(line, '\n') && !parse_line(line, &rule) && !strcmp(rule.vif, vif);
	free(line);

	return can;
}

/* With what an older line had behind it for people. */
static void print_rule(FILE *file, const struct vc_rule *rule, const char *comment)
{
	char list[VC_CPUS_LIST], queue[16];

	vc_cpus_print(&rule->cpus, list, sizeof(list));
	snprintf(queue, sizeof(queue), "q%d", rule->queue);
	fprintf(file, "%s\t%s\t%s%s%s%s%s\n", rule->vif, rule->queue < 0 ? "all" : queue, list,
		*rule->mode ? "\tmode=" : "", rule->mode, comment ? "\t" : "", comment ?: "");
}

/* The mode in the last line about a queue, or about all. */
static const char *mode_of(const struct vc_policy *policy, const char *vif, int queue)
{
	const char *mode = "";
	size_t i;

	for (i = 0; i < policy->count; i++)
		if (!strcmp(policy->rule[i].vif, vif) && policy->rule[i].queue == queue &&
		    *policy->rule[i].mode)
			mode = policy->rule[i].mode;

	return mode;
}

/* A line about the vif that is edited, which says @was. */
static void edit_line(FILE *file, const char *line, const struct vc_rule *was, int queue,
		      const struct vc_rule *by, bool new_mode, bool *found)
{
	const char *comment = strchr(line, '#');
	struct vc_rule edited = *was;

	if (was->queue == queue || (!by && queue < 0)) {
		if (by && !*found)
			print_rule(file, by, comment);
		*found = true;
	} else if (new_mode && *was->mode) {
		*edited.mode = 0;
		print_rule(file, &edited, comment);
	} else {
		fprintf(file, "%s\n", line);
	}
}

/*
 * Replace the first rule about a queue, and have no other; a new rule comes last. With no rule to
 * replace it by, a queue of -1 is all that there is about the vif. All else stays as it is, but for
 * the mode, which is the vif's: a new one is the only one, and with none the old one stays.
 * Return: whether there was one.
 */
static bool edit(struct vc_policy *policy, const char *vif, int queue, const struct vc_rule *by)
{
	char *rest = policy->text, *text, *line;
	bool new_mode = by && *by->mode, found = false;
	struct vc_rule rule, kept;
	size_t size;
	FILE *file;

	if (by && !new_mode) {
		kept = *by;
		strcpy(kept.mode, mode_of(policy, vif, queue));
		by = &kept;
	}

	file = open_memstream(&text, &size);
	if (!file)
		vc_refuse("no memory");
	if (!*policy->text)
		fputs(HEAD, file);
	while ((line = strsep(&rest, "\n"))) {
		/* Behind the last newline. */
		if (!rest && !*line)
			break;
		if (parse_line(line, &rule) || !*rule.vif || strcmp(rule.vif, vif))
			fprintf(file, "%s\n", line);
		else
			edit_line(file, line, &rule, queue, by, new_mode, &found);
	}
	if (by && !found)
		print_rule(file, by, NULL);
	if (fclose(file))
		vc_refuse("no memory");
	vc_policy_free(policy);
	vc_policy_parse(text, policy, NULL);
	free(text);

	return found;
}

/**
 * vc_policy_set() - have a rule, in the place of one about the same
 * @policy: the policy
 * @rule: the new one
 */
void vc_policy_set(struct vc_policy *policy, const struct vc_rule *rule)
{
	edit(policy, rule->vif, rule->queue, rule);
}

/**
 * vc_policy_find() - what is said of a queue
 * @policy: the rules
 * @vif: DOMAIN/HANDLE, or an interface
 * @queue: its number; -1 for all
 *
 * Return: the last rule about the queue, or else about all; NULL if there is none.
 */
const struct vc_rule *vc_policy_find(const struct vc_policy *policy, const char *vif, int queue)
{
	const struct vc_rule *own = NULL, *all = NULL;
	size_t i;

	for (i = 0; i < policy->count; i++) {
		const struct vc_rule *rule = &policy->rule[i];

		if (strcmp(rule->vif, vif))
			continue;
		if (rule->queue == queue)
			own = rule;
		else if (rule->queue < 0)
			all = rule;
	}

	return own ?: all;
}

/**
 * vc_policy_mode() - what is to run a vif's actions
 * @policy: the rules
 * @vif: DOMAIN/HANDLE, or an interface
 *
 * Return: the mode of its last rule that has one, or NULL.
 */
const char *vc_policy_mode(const struct vc_policy *policy, const char *vif)
{
	const char *mode = NULL;
	size_t i;

	for (i = 0; i < policy->count; i++)
		if (!strcmp(policy->rule[i].vif, vif) && *policy->rule[i].mode)
			mode = policy->rule[i].mode;

	return mode;
}

/* A rule about a vif, of those about the same queue the one that counts; NULL if there is none. */
static const struct vc_rule *any_rule(const struct vc_policy *policy, const char *vif)
{
	size_t i;

	for (i = 0; i < policy->count; i++)
		if (!strcmp(policy->rule[i].vif, vif))
			return vc_policy_find(policy, vif, policy->rule[i].queue);

	return NULL;
}

/**
 * vc_policy_delete() - have no rule
 * @policy: the policy
 * @vif: DOMAIN/HANDLE, or an interface
 * @queue: of this queue; -1 for all that there are about the vif
 *
 * The mode is the vif's, and stays as long as there is a rule about it.
 *
 * Return: whether there was one.
 */
bool vc_policy_delete(struct vc_policy *policy, const char *vif, int queue)
{
	const char *mode = vc_policy_mode(policy, vif);
	const struct vc_rule *left;
	struct vc_rule rule;
	char was[sizeof(rule.mode)] = "";
	bool found;

	if (mode)
		strcpy(was, mode);
	found = edit(policy, vif, queue, NULL);
	left = any_rule(policy, vif);
	mode = vc_policy_mode(policy, vif);
	if (left && *was && (!mode || strcmp(mode, was))) {
		rule = *left;
		strcpy(rule.mode, was);
		vc_policy_set(policy, &rule);
	}

	return found;
}
