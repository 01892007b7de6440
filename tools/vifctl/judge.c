// SPDX-License-Identifier: GPL-2.0
/*
 * The judge; see judge.h. It has all rules look, leaves out what is not about the
 * interface that was asked for, finds out which finding explains which, and puts causes
 * before effects, and losses before delays.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "judge.h"
#include "rules.h"

/* Which findings belong together, apart from what their rules are. */
enum tie {
	SAME_CPU,	/* a CPU of the one is one of the other */
	SAME_INTERFACE,
	ANY,
};

static const struct {
	enum vc_rule cause;
	enum vc_rule effect;
	enum tie tie;
} links[] = {
	{ VC_CPU_STEAL, VC_CPU_SATURATED, SAME_CPU },
	{ VC_CPU_STEAL, VC_CPU_ALL_BUSY, ANY },
	{ VC_CPU_STEAL, VC_NIC_RING_FULL, SAME_CPU },
	{ VC_CPU_STEAL, VC_SOFTIRQ_SQUEEZED, SAME_CPU },
	{ VC_CPU_STEAL, VC_BACKLOG_FULL, SAME_CPU },
	{ VC_CPU_STEAL, VC_BACKLOG_FULL_LOCAL, SAME_CPU },
	{ VC_CPU_STEAL, VC_ACTION_STARVED, SAME_CPU },
	{ VC_IRQ_ONE_CPU, VC_CPU_SATURATED, SAME_CPU },
	{ VC_IRQ_ONE_CPU, VC_NIC_RING_FULL, SAME_INTERFACE },
	{ VC_IRQ_SHARED, VC_CPU_SATURATED, SAME_CPU },
	{ VC_IRQ_SHARED, VC_NIC_RING_FULL, SAME_CPU },
	{ VC_IRQ_SHARED, VC_SOFTIRQ_SQUEEZED, SAME_CPU },
	{ VC_IRQ_SHARED, VC_ACTION_STARVED, SAME_CPU },
	{ VC_CPU_SATURATED, VC_NIC_RING_FULL, SAME_CPU },
	{ VC_CPU_SATURATED, VC_SOFTIRQ_SQUEEZED, SAME_CPU },
	{ VC_CPU_SATURATED, VC_BACKLOG_FULL, SAME_CPU },
	{ VC_CPU_SATURATED, VC_BACKLOG_FULL_LOCAL, SAME_CPU },
	{ VC_CPU_SATURATED, VC_ACTION_STARVED, SAME_CPU },
	{ VC_CPU_ALL_BUSY, VC_NIC_RING_FULL, SAME_CPU },
	{ VC_CPU_ALL_BUSY, VC_SOFTIRQ_SQUEEZED, SAME_CPU },
	{ VC_CPU_ALL_BUSY, VC_BACKLOG_FULL, SAME_CPU },
	{ VC_CPU_ALL_BUSY, VC_BACKLOG_FULL_LOCAL, SAME_CPU },
	{ VC_CPU_ALL_BUSY, VC_ACTION_STARVED, SAME_CPU },
	{ VC_SOFTIRQ_SQUEEZED, VC_NIC_RING_FULL, SAME_CPU },
	{ VC_NIC_DOWN, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_NIC_DOWN, VC_NIC_TX_DROPS, SAME_INTERFACE },
	{ VC_NIC_FLAPS, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_NIC_FLAPS, VC_NIC_TX_DROPS, SAME_INTERFACE },
	{ VC_NIC_PCI_STALLED, VC_NIC_PORT_FULL, SAME_INTERFACE },
	{ VC_NIC_NO_MEMORY, VC_NIC_RING_FULL, SAME_INTERFACE },
	{ VC_NIC_PAUSED, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_NIC_PAUSED, VC_QDISC_BACKLOG, SAME_INTERFACE },
	{ VC_NIC_PAUSED, VC_PAGES_HELD, ANY },
	{ VC_NIC_TX_TIMEOUT, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_NIC_TX_TIMEOUT, VC_PAGES_HELD, ANY },
	{ VC_BRIDGE_DOWN, VC_BRIDGE_PORT_BLOCKED, ANY },
	{ VC_VIF_HOTPLUG, VC_VIF_NOT_CONNECTED, SAME_INTERFACE },
	{ VC_VIF_ERROR, VC_VIF_NOT_CONNECTED, SAME_INTERFACE },
	{ VC_VIF_NOT_CONNECTED, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_VIF_STOPPED, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_GUEST_MALFORMED, VC_VIF_ERROR, SAME_INTERFACE },
	{ VC_GUEST_DOWN, VC_VIF_NOT_CONNECTED, SAME_INTERFACE },
	{ VC_GUEST_DOWN, VC_GUEST_NO_BUFFERS, SAME_INTERFACE },
	{ VC_GUEST_PAUSED, VC_VIF_NOT_CONNECTED, SAME_INTERFACE },
	{ VC_GUEST_PAUSED, VC_GUEST_NO_BUFFERS, SAME_INTERFACE },
	{ VC_GUEST_PAUSED, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_GUEST_PAUSED, VC_QDISC_BACKLOG, SAME_INTERFACE },
	{ VC_GUEST_NO_CPU, VC_GUEST_NO_BUFFERS, SAME_INTERFACE },
	{ VC_GUEST_NO_CPU, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_GUEST_NO_CPU, VC_QDISC_BACKLOG, SAME_INTERFACE },
	{ VC_GUEST_NO_BUFFERS, VC_VIF_STOPPED, SAME_INTERFACE },
	{ VC_GUEST_NO_BUFFERS, VC_QDISC_DROPS, SAME_INTERFACE },
	{ VC_GUEST_NO_BUFFERS, VC_QDISC_BACKLOG, SAME_INTERFACE },
	{ VC_GUEST_NO_BUFFERS, VC_VIF_IN_TREE_DROPS, SAME_INTERFACE },
	{ VC_ACTION_STUCK, VC_QDISC_BACKLOG, SAME_INTERFACE },
};

#define NR_LINKS	(sizeof(links) / sizeof(links[0]))

/* What a finding is, for sorting. */
struct ranked {
	struct json_object *finding;
	enum vc_rule rule;
	/* The worst that comes of it. */
	enum vc_severity severity;
	/* How many causes there are one behind the other. */
	unsigned int depth;
	size_t place;
};

static enum vc_rule rule_of(struct json_object *finding)
{
	const char *name = vc_info_text(finding, "rule", "");
	unsigned int rule = 0;

	while (rule < VC_NO_LOSS && strcmp(vc_rules[rule].name, name))
		rule++;

	return rule;
}

static enum vc_severity severity_of(struct json_object *finding)
{
	return vc_says(finding, "severity", "loss") ? VC_LOSS :
	       vc_says(finding, "severity", "delay") ? VC_DELAY :
	       vc_says(finding, "severity", "hint") ? VC_HINT : VC_INFO;
}

static bool share_cpu(struct json_object *one, struct json_object *other)
{
	struct vc_cpus a, b;
	unsigned int i;

	if (!vc_cpus_parse(vc_info_text(one, "cpus", ""), &a) ||
	    !vc_cpus_parse(vc_info_text(other, "cpus", ""), &b))
		return false;
	for (i = 0; i < VC_CPUS_MAX / 64; i++)
		if (a.bits[i] & b.bits[i])
			return true;

	return false;
}

static bool tied(enum tie tie, struct json_object *one, struct json_object *other)
{
	const char *interface = vc_info_text(one, "interface", "");

	switch (tie) {
	case SAME_CPU:
		return share_cpu(one, other);
	case SAME_INTERFACE:
		return *interface && vc_says(other, "interface", interface);
	default:
		return true;
	}
}

static bool explains(const struct ranked *cause, const struct ranked *effect)
{
	size_t i;

	for (i = 0; i < NR_LINKS; i++)
		if (links[i].cause == cause->rule && links[i].effect == effect->rule &&
		    tied(links[i].tie, cause->finding, effect->finding))
			return true;

	return false;
}

static void add_explained(struct json_object *finding, struct json_object *effect)
{
	struct json_object *what = json_object_new_object();

	json_object_object_add(what, "rule", json_object_get(vc_at(effect, "rule", NULL)));
	json_object_object_add(what, "interface",
			       json_object_get(vc_at(effect, "interface", NULL)));
	json_object_array_add(vc_at(finding, "explains", NULL), what);
}

/*
 * A cause is at least as bad as what comes of it, and comes before it. It takes as many rounds
 * as there are links in the longest chain; no rule is in one twice.
 */
static void rank(struct ranked *ranked, size_t count)
{
	unsigned int round;
	bool changed = true;
	size_t i, k;

	for (round = 0; changed && round < VC_NR_RULES; round++) {
		changed = false;
		for (i = 0; i < count; i++)
			for (k = 0; k < count; k++) {
				if (i == k || !explains(&ranked[i], &ranked[k]))
					continue;
				if (!round)
					add_explained(ranked[i].finding, ranked[k].finding);
				if (ranked[k].severity < ranked[i].severity) {
					ranked[i].severity = ranked[k].severity;
					changed = true;
				}
				if (ranked[k].depth <= ranked[i].depth) {
					ranked[k].depth = ranked[i].depth + 1;
					changed = true;
				}
			}
	}
}

static int compare(const void *one, const void *other)
{
	const struct ranked *a = one, *b = other;

	if (a->severity != b->severity)
		return a->severity < b->severity ? -1 : 1;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;

	return a->place < b->place ? -1 : a->place > b->place;
}

static struct json_object *sort(struct json_object *findings)
{
	struct json_object *sorted = json_object_new_array();
	size_t count = vc_length(findings), i;
	struct ranked *ranked = calloc(count ?: 1, sizeof(*ranked));

	for (i = 0; ranked && i < count; i++) {
		ranked[i].finding = vc_item(findings, i);
		ranked[i].rule = rule_of(ranked[i].finding);
		ranked[i].severity = ranked[i].rule == VC_NO_LOSS ? VC_LOSS :
				     severity_of(ranked[i].finding);
		ranked[i].place = i;
	}
	if (ranked) {
		rank(ranked, count);
		qsort(ranked, count, sizeof(*ranked), compare);
	}
	for (i = 0; ranked && i < count; i++)
		json_object_array_add(sorted, json_object_get(ranked[i].finding));
	free(ranked);

	return sorted;
}

/* As it is; one that went away, as it was. */
static struct json_object *link_of(const struct vc_case *c, const char *name)
{
	return vc_at(c->after, "links", name, NULL) ?: vc_at(c->before, "links", name, NULL);
}

static bool leads_to(const struct vc_case *c, const char *from, const char *to,
		     unsigned int steps);

/* Of the first snapshot, those count that went away. */
static bool vlan_leads_to(const struct vc_case *c, struct json_object *snapshot, const char *from,
			  const char *to, unsigned int steps)
{
	struct json_object *all = vc_at(snapshot, "links", NULL);

	if (!json_object_is_type(all, json_type_object))
		return false;
	json_object_object_foreach(all, name, link) {
		if (vc_says(link, "lower", from) && link_of(c, name) == link &&
		    leads_to(c, name, to, steps))
			return true;
	}

	return false;
}

/*
 * Does what comes in at an interface get to another one? It does to the bridge or bond that
 * it is in, and to VLANs that are made of it; NIC, bond, bridge, VLAN, bridge are four steps.
 */
static bool leads_to(const struct vc_case *c, const char *from, const char *to, unsigned int steps)
{
	const char *master = vc_info_text(link_of(c, from), "master", NULL);

	if (!strcmp(from, to))
		return true;
	if (!steps)
		return false;
	if (master && leads_to(c, master, to, steps - 1))
		return true;

	return vlan_leads_to(c, c->after, from, to, steps - 1) ||
	       vlan_leads_to(c, c->before, from, to, steps - 1);
}

#define STEPS_MAX	4

/*
 * What is on the path of the interface that was asked for: for a vif also its bridge, and
 * what leads to that but for other vifs; for a bridge, bond or VLAN all that leads to it. What is about
 * no interface is about all of them.
 */
static bool on_path(const struct vc_case *c, const char *interface)
{
	const char *name = vc_info_text(c->subject, "name", NULL), *bridge, *kind;

	if (!name || !interface || !strcmp(name, interface))
		return true;
	/* Which ports are on which of its bridges only Open vSwitch knows. */
	if (vc_says(link_of(c, name), "driver", "openvswitch"))
		name = "ovs-system";
	if (leads_to(c, name, interface, STEPS_MAX) || leads_to(c, interface, name, STEPS_MAX))
		return true;
	kind = vc_info_text(link_of(c, interface), "kind", "");
	if (!vc_says(c->subject, "kind", "vif") || !strcmp(kind, "vif"))
		return false;
	bridge = vc_info_text(link_of(c, name), "master", NULL);

	return bridge ? leads_to(c, interface, bridge, STEPS_MAX) : !strcmp(kind, "nic");
}

static struct json_object *filter(const struct vc_case *c)
{
	struct json_object *kept = json_object_new_array();
	size_t i;

	for (i = 0; i < vc_length(c->findings); i++) {
		struct json_object *finding = vc_item(c->findings, i);

		if (on_path(c, vc_info_text(finding, "interface", NULL)))
			json_object_array_add(kept, json_object_get(finding));
	}

	return kept;
}

/* A vif has a rule of its own, which has found it before if XenStore says so. */
static bool is_vif_gone(const struct vc_case *c, const char *name)
{
	size_t i;

	for (i = 0; i < vc_length(c->findings); i++)
		if (rule_of(vc_item(c->findings, i)) == VC_VIF_GONE &&
		    vc_says(vc_item(c->findings, i), "interface", name))
			return true;

	return false;
}

/*
 * Did what went away matter? What was asked for did, and what was a way out that something was made
 * of. A VLAN goes with its NIC, of which it is said.
 */
static bool was_needed(const struct vc_case *c, const char *name, struct json_object *link)
{
	struct json_object *all = vc_at(c->before, "links", NULL);
	const char *lower = vc_info_text(link, "lower", "");

	if (vc_says(c->subject, "name", name))
		return !is_vif_gone(c, name);

	return vc_is_uplink(link) && vc_is_in_use(all, name) &&
	       (!vc_at(all, lower, NULL) || vc_at(c->after, "links", lower, NULL));
}

static void link_gone(const struct vc_case *c, const char *name, struct json_object *link)
{
	struct json_object *finding;

	finding = vc_found(c, VC_LINK_GONE, name, "%s went away while it was looked at", name);
	vc_set(finding, "fix", "nothing, if somebody has taken it away; else see why: dmesg");
	vc_set(finding, "verify", "ip link");
	if (!vc_says(c->subject, "name", name) && vc_bond_goes_on(c, link))
		vc_set(finding, "severity", "hint");
}

/* What is in the first snapshot only: there is nothing that any rule could look at. */
static void links_gone(const struct vc_case *c)
{
	struct json_object *before = vc_at(c->before, "links", NULL);
	struct json_object *after = vc_at(c->after, "links", NULL);

	if (!json_object_is_type(before, json_type_object) ||
	    !json_object_is_type(after, json_type_object))
		return;
	json_object_object_foreach(before, name, link) {
		if (link && !vc_at(after, name, NULL) && was_needed(c, name, link))
			link_gone(c, name, link);
	}
}

/* A counter that went back is not counted; it is said once for each interface. */
static void counter_reset(const struct vc_case *c, const struct vc_pair *link)
{
	struct json_object *before = vc_at(link->before, "stats", NULL);
	struct json_object *after = vc_at(link->after, "stats", NULL), *finding = NULL;

	if (!json_object_is_type(after, json_type_object))
		return;
	json_object_object_foreach(after, key, value) {
		if (!value || vc_number_at(before, key) < 0 || vc_number_at(before, key) ==
		    vc_number_at(after, key) || vc_moved(link, "stats", key))
			continue;
		if (!finding) {
			finding = vc_found(c, VC_COUNTER_RESET, link->name,
					   "counters of %s went back, or further than can be: what they say is not counted",
					   link->name);
			vc_set(finding, "fix", "look again: vifctl diagnose %s", link->name);
		}
		vc_is_now(finding, key, value);
	}
}

/* Packets of all interfaces on the path; their text is added to @text. */
static long long traffic(const struct vc_case *c, char *text, size_t size)
{
	struct json_object *all = vc_at(c->after, "links", NULL);
	long long seen = 0;
	size_t len = 0;

	if (!json_object_is_type(all, json_type_object))
		return 0;
	json_object_object_foreach(all, name, link) {
		struct vc_pair pair = { .name = name, .after = link };
		long long rx, tx;

		pair.before = vc_at(c->before, "links", name, NULL);
		if (vc_says(link, "kind", "other") || !on_path(c, name))
			continue;
		rx = vc_moved(&pair, "stats", "rx_packets");
		tx = vc_moved(&pair, "stats", "tx_packets");
		if ((rx || tx) && len < size)
			len += snprintf(text + len, size - len, "%s%s %lld in, %lld out",
					len ? "; " : ": ", name, rx, tx);
		seen += rx > 0 || tx > 0;
	}

	return seen;
}

/* What could not be looked at, with the reason behind a colon; at either look. */
static struct json_object *not_seen(const struct vc_case *c)
{
	struct json_object *const snapshots[] = { c->before, c->after };
	struct json_object *all = json_object_new_array();
	size_t i, k, n;

	for (i = 0; i < 2; i++) {
		struct json_object *list = vc_at(snapshots[i], "not_seen", NULL);

		for (k = 0; k < vc_length(list); k++) {
			struct json_object *text = vc_item(list, k);

			for (n = 0; n < vc_length(all); n++)
				if (json_object_equal(vc_item(all, n), text))
					break;
			if (n == vc_length(all) && json_object_is_type(text, json_type_string))
				json_object_array_add(all, json_object_get(text));
		}
	}

	return all;
}

/* "XenStore, debugfs" */
static void print_names(struct json_object *all, char *text, size_t size)
{
	size_t i, len = 0;

	text[0] = 0;
	for (i = 0; i < vc_length(all) && len < size; i++) {
		const char *item = json_object_get_string(vc_item(all, i));

		len += snprintf(text + len, size - len, "%s%.*s", i ? ", " : "",
				(int)strcspn(item, ":"), item);
	}
}

static void incomplete(const struct vc_case *c)
{
	struct json_object *all = not_seen(c), *finding;
	char names[256];

	if (vc_length(all)) {
		print_names(all, names, sizeof(names));
		finding = vc_found(c, VC_NOT_SEEN, NULL,
				   "%s could not be looked at: what is wrong there is not known",
				   names);
		vc_is_now(finding, "not_seen", all);
		vc_set(finding, "fix",
		       "look as root, with XenStore running and debugfs at /sys/kernel/debug");
	}
	json_object_put(all);
}

static void no_loss(const struct vc_case *c)
{
	const char *name = vc_info_text(c->subject, "name", NULL);
	struct json_object *finding, *unseen;
	char text[1024] = "", names[256];
	size_t i;

	for (i = 0; i < vc_length(c->findings); i++)
		if (severity_of(vc_item(c->findings, i)) <= VC_DELAY)
			return;
	unseen = not_seen(c);
	print_names(unseen, names, sizeof(names));
	json_object_put(unseen);
	if (traffic(c, text, sizeof(text))) {
		vc_found(c, VC_NO_LOSS, name, "no loss seen in %.1f s%s%s%s", c->seconds,
			 *names ? ", without a look at " : "", names, text);
	} else {
		finding = vc_found(c, VC_NO_LOSS, name,
				   "no loss seen in %.1f s%s%s, but no packet either", c->seconds,
				   *names ? ", without a look at " : "", names);
		vc_set(finding, "fix", "send some while it looks: vifctl diagnose -t 10");
	}
}

/**
 * vc_judge() - say where packets are lost or held up
 * @record: two snapshots, as vc_collect_record() makes them; not changed
 *
 * Return: an array of findings, for json_object_put(). Those come first that should be
 * seen to first. There is always one.
 */
struct json_object *vc_judge(struct json_object *record)
{
	struct json_object *snapshots = vc_at(record, "snapshots", NULL), *sorted, *all;
	struct vc_case c = {
		.subject = vc_at(record, "subject", NULL),
		.before = vc_item(snapshots, 0),
		.after = vc_item(snapshots, 1),
		.findings = json_object_new_array(),
	};

	c.seconds = ((double)vc_number_at(c.after, "monotonic_usecs") -
		     (double)vc_number_at(c.before, "monotonic_usecs")) / 1e6;
	/* A file may say anything; diagnose.c has refused those that are not to be taken. */
	if (!(c.seconds > 0 && c.seconds < 1e6))
		c.seconds = 1;
	vc_rules_cpu(&c);
	vc_rules_nic(&c);
	vc_rules_path(&c);
	vc_rules_vif(&c);
	vc_rules_guest(&c);
	links_gone(&c);
	vc_each_link(&c, NULL, counter_reset);
	incomplete(&c);

	all = c.findings;
	c.findings = filter(&c);
	no_loss(&c);
	sorted = sort(c.findings);
	json_object_put(c.findings);
	json_object_put(all);

	return sorted;
}
