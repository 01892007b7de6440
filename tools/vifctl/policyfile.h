/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /etc/vifwire/policy: where queues are to live, whenever their vif connects.
 *
 *	# vif        queue  CPUs
 *	guest1/0     all    2-3
 *	guest1/0     q1     5
 *	guest2/0     all    4    mode=kthread
 *
 * A vif is DOMAIN/HANDLE, since its interface has another name after each start of the
 * guest. In a guest, and in a driver domain, which does not see names of others, it is the
 * interface. What is said of a queue counts more than what is said of all. The mode is the
 * whole vif's, whichever queue its line is about; the last line that has one counts.
 */
#ifndef VC_POLICYFILE_H
#define VC_POLICYFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "cpus.h"
#include "vif.h"

#define VC_POLICY_PATH	"/etc/vifwire/policy"

/* DOMAIN/HANDLE, with its end. */
#define VC_POLICY_NAME_LEN	(VC_DOMAIN_LEN + 16)

/**
 * struct vc_rule - a line of the file
 * @vif: DOMAIN/HANDLE, or an interface
 * @queue: its number, -1 for all
 * @cpus: where it is to live
 * @mode: what is to run the actions of all queues: napi, kthread, tasklet; empty for whatever it is
 */
struct vc_rule {
	char vif[VC_POLICY_NAME_LEN];
	int queue;
	struct vc_cpus cpus;
	char mode[16];
};

/**
 * struct vc_policy - the file
 * @text: all of it; also what is there for people
 * @count: how many rules
 * @rule: the rules
 */
struct vc_policy {
	char *text;
	size_t count;
	struct vc_rule *rule;
};

void vc_policy_parse(const char *text, struct vc_policy *policy,
		     void (*on_wrong)(unsigned int line, const char *why));
void vc_policy_lock(void);
void vc_policy_read(struct vc_policy *policy, bool strict);
void vc_policy_write(const struct vc_policy *policy);
void vc_policy_free(struct vc_policy *policy);
bool vc_policy_can_name(const char *vif);
void vc_policy_set(struct vc_policy *policy, const struct vc_rule *rule);
bool vc_policy_delete(struct vc_policy *policy, const char *vif, int queue);
const struct vc_rule *vc_policy_find(const struct vc_policy *policy, const char *vif, int queue);
const char *vc_policy_mode(const struct vc_policy *policy, const char *vif);

#endif /* VC_POLICYFILE_H */
