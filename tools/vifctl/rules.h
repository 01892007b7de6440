/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules that a judge goes by: for the judge, and for the files that have the rules.
 *
 * A rule looks at the same thing in two snapshots and adds what it finds. Nothing but the
 * snapshots is looked at, and any part of them may be missing, or of another type than it
 * should be: they may come from a file.
 */
#ifndef VC_RULES_H
#define VC_RULES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "cpus.h"

/* How bad it is. A cause may be less so than what comes of it. */
enum vc_severity {
	VC_LOSS,	/* packets are lost, or none can pass */
	VC_DELAY,	/* they are held up */
	VC_HINT,	/* not as it should be, but nothing comes of it; or a false trail */
	VC_INFO,
};

/* The rules, along the path: what concerns both directions, to the guest, from the guest. */
enum vc_rule {
	VC_CPU_STEAL,
	VC_IRQ_ONE_CPU,
	VC_IRQ_SHARED,
	VC_CPU_SATURATED,
	VC_CPU_ALL_BUSY,
	VC_NIC_DOWN,
	VC_NIC_FLAPS,
	VC_WIRE_ERRORS,
	VC_WIRE_LENGTH,
	VC_NIC_ERRORS,
	VC_NIC_PCI_STALLED,
	VC_NIC_PORT_FULL,
	VC_NIC_RING_FULL,
	VC_NIC_RING_LOW,
	VC_NIC_NO_MEMORY,
	VC_NIC_UNWANTED,
	VC_SOFTIRQ_SQUEEZED,
	VC_BACKLOG_FULL,
	VC_BACKLOG_FULL_LOCAL,
	VC_BACKLOG_NO_RPS,
	VC_BRIDGE_DOWN,
	VC_BRIDGE_NONE,
	VC_BRIDGE_PORT_BLOCKED,
	VC_BRIDGE_OVS,
	VC_QDISC_DROPS,
	VC_QDISC_BACKLOG,
	VC_QDISC_INGRESS,
	VC_VIF_GONE,
	VC_VIF_HOTPLUG,
	VC_VIF_ERROR,
	VC_VIF_NOT_CONNECTED,
	VC_VIF_DOWN,
	VC_VIF_STOPPED,
	VC_VIF_NO_MEMORY,
	VC_VIF_IN_TREE_DROPS,
	VC_VIF_IN_TREE,
	VC_MULTICAST_FILTER,
	VC_GUEST_DOWN,
	VC_GUEST_PAUSED,
	VC_GUEST_NO_CPU,
	VC_GUEST_NO_BUFFERS,
	VC_GUEST_TOO_SMALL,
	VC_GUEST_MALFORMED,
	VC_EVENT_LOST,
	VC_EVENT_DELAYED,
	VC_ACTION_STARVED,
	VC_ACTION_STUCK,
	VC_CREDIT_LIMIT,
	VC_PAGES_HELD,
	VC_NIC_PAUSED,
	VC_NIC_TX_TIMEOUT,
	VC_NIC_TX_DROPS,
	VC_NETFRONT_DROPS,
	VC_NETFRONT_BACKEND,
	VC_NETFRONT_WATCHDOG,
	VC_LINK_GONE,
	VC_COUNTER_RESET,
	VC_NOT_SEEN,
	VC_NO_LOSS,
	VC_NR_RULES,
};

/**
 * struct vc_rule_info - what is always the same with a rule
 * @name: how it is called
 * @severity: how bad it is, if not told otherwise
 * @where: the stage of the path
 * @direction: that of the packets it is about
 */
struct vc_rule_info {
	const char *name;
	enum vc_severity severity;
	const char *where;
	const char *direction;
};

extern const struct vc_rule_info vc_rules[VC_NR_RULES];

/**
 * struct vc_case - what is to be judged
 * @subject: what was asked for, with its name and kind; NULL, or without a name, for all
 * @before: the first snapshot
 * @after: the second
 * @seconds: the time between them
 * @findings: an array, which grows
 */
struct vc_case {
	struct json_object *subject;
	struct json_object *before;
	struct json_object *after;
	double seconds;
	struct json_object *findings;
};

/**
 * struct vc_pair - the same thing in both snapshots
 * @name: its interface, or DOMAIN/HANDLE for a vif that has none
 * @queue: its number, for a queue; else -1
 * @before: in the first
 * @after: in the second
 * @vif: that of a queue, in the second snapshot
 * @most: as many packets could have passed at all; 0 if it is not about packets
 */
struct vc_pair {
	const char *name;
	int queue;
	struct json_object *before;
	struct json_object *after;
	struct json_object *vif;
	double most;
};

/**
 * struct vc_load - what a CPU did in the time between, in percent
 * @idle: nothing
 * @softirq: hard and soft interrupts
 * @steal: nothing, since the hypervisor gave it to somebody else
 */
struct vc_load {
	double idle;
	double softirq;
	double steal;
};

/* More slots than the largest packet needs. */
#define VC_SLOTS_ENOUGH	32

typedef void vc_look(const struct vc_case *c, const struct vc_pair *pair);

/* Something below an object, by keys that end with a NULL; NULL if it is not there. */
struct json_object *vc_at(struct json_object *object, ...) __attribute__((sentinel));
struct json_object *vc_item(struct json_object *array, size_t index);
size_t vc_length(struct json_object *array);
long long vc_number_at(struct json_object *object, const char *key);
bool vc_says(struct json_object *object, const char *key, const char *text);
bool vc_plain(const char *name);

bool vc_matches(const char *pattern, const char *name);
long long vc_moved(const struct vc_pair *pair, const char *group, const char *key);
long long vc_moved_like(const struct vc_pair *pair, const char *group, const char *pattern);
long long vc_unexplained(long long all, long long explained);

void vc_each_link(const struct vc_case *c, const char *kind, vc_look *look);
void vc_each_vif(const struct vc_case *c, vc_look *look);
void vc_each_vif_gone(const struct vc_case *c, vc_look *look);
bool vc_queue_of(const struct vc_pair *vif, size_t n, struct vc_pair *queue);

void vc_cpus_known(const struct vc_case *c, struct vc_cpus *cpus);
bool vc_load(const struct vc_case *c, unsigned int cpu, struct vc_load *load);
bool vc_saturated(const struct vc_case *c, unsigned int cpu);
int vc_idlest(const struct vc_case *c);
long long vc_irqs_on(const struct vc_case *c, const char *ifname, int queue, unsigned int cpu);
struct json_object *vc_domain(struct json_object *snapshot, long long domid);
long long vc_packets(const struct vc_case *c, const char *ifname);
long long vc_weight_on(const struct vc_case *c, const char *ifname, int queue, unsigned int cpu);
void vc_cpus_of(const struct vc_case *c, const char *ifname, int queue, struct vc_cpus *cpus);

struct json_object *vc_found(const struct vc_case *c, enum vc_rule rule, const char *interface,
			     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void vc_of_queue(struct json_object *finding, int queue);
void vc_of_cpus(struct json_object *finding, const struct vc_cpus *cpus);
void vc_set(struct json_object *finding, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void vc_moved_by(struct json_object *finding, const char *counter, long long delta);
void vc_is_now(struct json_object *finding, const char *key, struct json_object *value);
void vc_is_number(struct json_object *finding, const char *key, long long value);

bool vc_print_join(const struct vc_case *c, const struct vc_pair *vif, const char *fallback,
		   char *text, size_t size);
void vc_undo_pin(const struct vc_case *c, struct json_object *finding, const char *ifname,
		 int queue);
bool vc_any_routed(const struct vc_case *c);
bool vc_is_uplink(struct json_object *link);
bool vc_is_in_use(struct json_object *links, const char *name);
bool vc_is_needed(const struct vc_case *c, const char *name);
bool vc_bond_goes_on(const struct vc_case *c, struct json_object *part);
long long vc_backlog_drops(const struct vc_case *c);
struct json_object *vc_unwanted(const struct vc_case *c, const char *ifname, long long count);
void vc_more_memory(const struct vc_case *c, struct json_object *finding);
const char *vc_in_dom0(const struct vc_case *c);
const char *vc_in_guest(struct json_object *vif);
void vc_connect_anew(struct json_object *vif, struct json_object *finding, const char *first);
void vc_more_weight(const struct vc_case *c, struct json_object *finding, long long domid);
void vc_kick(const struct vc_pair *queue, struct json_object *finding);

void vc_rules_cpu(const struct vc_case *c);
void vc_rules_nic(const struct vc_case *c);
void vc_rules_path(const struct vc_case *c);
void vc_rules_vif(const struct vc_case *c);
void vc_rules_guest(const struct vc_case *c);

#endif /* VC_RULES_H */
