// SPDX-License-Identifier: GPL-2.0
/* The list of rules, and what they are made with; see rules.h. */

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "rules.h"

/*
 * More than any link carries. Counters that jump by more were not read well, or hold what
 * is left of 32 bits of the hardware that went round.
 */
#define PACKETS_PER_SECOND_MAX	1e9

/* Of anything, such as nanoseconds of many CPUs; sums of some thousands fit in 63 bits. */
#define NUMBER_MAX		1e15

/* Of its time, for a CPU that counts as saturated, or as one that has room, in percent. */
#define IDLE_SATURATED	5
#define IDLE_ROOM	30

/* The most that Xen's schedulers take. */
#define WEIGHT_MAX	65535

/* One of so many drops may be counted by one counter, and not yet by another. */
#define DROPS_APART	20

#define BOTH		"both"
#define TO_GUEST	"to-guest"
#define FROM_GUEST	"from-guest"

const struct vc_rule_info vc_rules[VC_NR_RULES] = {
	[VC_CPU_STEAL] = { "cpu-steal", VC_DELAY, "cpu", BOTH },
	[VC_IRQ_ONE_CPU] = { "irq-one-cpu", VC_HINT, "interrupt", BOTH },
	[VC_IRQ_SHARED] = { "irq-shared", VC_DELAY, "interrupt", BOTH },
	[VC_CPU_SATURATED] = { "cpu-saturated", VC_DELAY, "softirq", BOTH },
	[VC_CPU_ALL_BUSY] = { "cpu-all-busy", VC_DELAY, "softirq", BOTH },
	[VC_NIC_DOWN] = { "nic-down", VC_LOSS, "wire", BOTH },
	[VC_NIC_FLAPS] = { "nic-flaps", VC_LOSS, "wire", BOTH },
	[VC_WIRE_ERRORS] = { "wire-errors", VC_LOSS, "wire", TO_GUEST },
	[VC_WIRE_LENGTH] = { "wire-length", VC_LOSS, "wire", TO_GUEST },
	[VC_NIC_ERRORS] = { "nic-errors", VC_LOSS, "nic", TO_GUEST },
	[VC_NIC_PCI_STALLED] = { "nic-pci-stalled", VC_DELAY, "nic", BOTH },
	[VC_NIC_PORT_FULL] = { "nic-port-full", VC_LOSS, "nic", TO_GUEST },
	[VC_NIC_RING_FULL] = { "nic-ring-full", VC_LOSS, "nic", TO_GUEST },
	[VC_NIC_RING_LOW] = { "nic-ring-low", VC_HINT, "nic", TO_GUEST },
	[VC_NIC_NO_MEMORY] = { "nic-no-memory", VC_LOSS, "driver", TO_GUEST },
	[VC_NIC_UNWANTED] = { "nic-unwanted", VC_HINT, "driver", TO_GUEST },
	[VC_SOFTIRQ_SQUEEZED] = { "softirq-squeezed", VC_DELAY, "softirq", BOTH },
	[VC_BACKLOG_FULL] = { "backlog-full", VC_LOSS, "backlog", BOTH },
	[VC_BACKLOG_FULL_LOCAL] = { "backlog-full-local", VC_LOSS, "backlog", BOTH },
	[VC_BACKLOG_NO_RPS] = { "backlog-no-rps", VC_HINT, "backlog", BOTH },
	[VC_BRIDGE_DOWN] = { "bridge-down", VC_LOSS, "bridge", BOTH },
	[VC_BRIDGE_NONE] = { "bridge-none", VC_LOSS, "bridge", BOTH },
	[VC_BRIDGE_PORT_BLOCKED] = { "bridge-port-blocked", VC_LOSS, "bridge", BOTH },
	[VC_BRIDGE_OVS] = { "bridge-ovs", VC_INFO, "bridge", BOTH },
	[VC_QDISC_DROPS] = { "qdisc-drops", VC_LOSS, "qdisc", TO_GUEST },
	[VC_QDISC_BACKLOG] = { "qdisc-backlog", VC_DELAY, "qdisc", TO_GUEST },
	[VC_QDISC_INGRESS] = { "qdisc-ingress", VC_LOSS, "qdisc", FROM_GUEST },
	[VC_VIF_GONE] = { "vif-gone", VC_LOSS, "netback", BOTH },
	[VC_VIF_HOTPLUG] = { "vif-hotplug", VC_LOSS, "netback", BOTH },
	[VC_VIF_ERROR] = { "vif-error", VC_LOSS, "netback", BOTH },
	[VC_VIF_NOT_CONNECTED] = { "vif-not-connected", VC_LOSS, "netback", BOTH },
	[VC_VIF_DOWN] = { "vif-down", VC_LOSS, "netback", BOTH },
	[VC_VIF_STOPPED] = { "vif-stopped", VC_LOSS, "netback", BOTH },
	[VC_VIF_NO_MEMORY] = { "vif-no-memory", VC_LOSS, "netback", BOTH },
	[VC_VIF_IN_TREE_DROPS] = { "vif-in-tree-drops", VC_LOSS, "netback", TO_GUEST },
	[VC_VIF_IN_TREE] = { "vif-in-tree", VC_INFO, "netback", BOTH },
	[VC_MULTICAST_FILTER] = { "multicast-filter", VC_HINT, "netback", TO_GUEST },
	[VC_GUEST_DOWN] = { "guest-down", VC_LOSS, "guest", BOTH },
	[VC_GUEST_PAUSED] = { "guest-paused", VC_DELAY, "guest", BOTH },
	[VC_GUEST_NO_CPU] = { "guest-no-cpu", VC_DELAY, "guest", BOTH },
	[VC_GUEST_NO_BUFFERS] = { "guest-no-buffers", VC_DELAY, "ring", TO_GUEST },
	[VC_GUEST_TOO_SMALL] = { "guest-too-small", VC_LOSS, "guest", TO_GUEST },
	[VC_GUEST_MALFORMED] = { "guest-malformed", VC_LOSS, "guest", FROM_GUEST },
	[VC_EVENT_LOST] = { "event-lost", VC_DELAY, "ring", FROM_GUEST },
	[VC_EVENT_DELAYED] = { "event-delayed", VC_DELAY, "ring", BOTH },
	[VC_ACTION_STARVED] = { "action-starved", VC_DELAY, "netback", FROM_GUEST },
	[VC_ACTION_STUCK] = { "action-stuck", VC_DELAY, "netback", FROM_GUEST },
	[VC_CREDIT_LIMIT] = { "credit-limit", VC_DELAY, "netback", FROM_GUEST },
	[VC_PAGES_HELD] = { "pages-held", VC_DELAY, "netback", FROM_GUEST },
	[VC_NIC_PAUSED] = { "nic-paused", VC_DELAY, "wire", FROM_GUEST },
	[VC_NIC_TX_TIMEOUT] = { "nic-tx-timeout", VC_LOSS, "nic", FROM_GUEST },
	[VC_NIC_TX_DROPS] = { "nic-tx-drops", VC_LOSS, "driver", FROM_GUEST },
	[VC_NETFRONT_DROPS] = { "netfront-drops", VC_LOSS, "guest", BOTH },
	[VC_NETFRONT_BACKEND] = { "netfront-backend", VC_LOSS, "netback", BOTH },
	[VC_NETFRONT_WATCHDOG] = { "netfront-watchdog", VC_DELAY, "ring", BOTH },
	[VC_LINK_GONE] = { "link-gone", VC_LOSS, "path", BOTH },
	[VC_COUNTER_RESET] = { "counter-reset", VC_INFO, "path", BOTH },
	[VC_NOT_SEEN] = { "not-seen", VC_INFO, "path", BOTH },
	[VC_NO_LOSS] = { "no-loss", VC_INFO, "path", BOTH },
};

/**
 * vc_at() - something below an object
 * @object: the object, or NULL
 *
 * The keys that lead there follow, and a NULL.
 *
 * Return: it, or NULL when it is not there.
 */
struct json_object *vc_at(struct json_object *object, ...)
{
	const char *key;
	va_list keys;

	va_start(keys, object);
	while (object && (key = va_arg(keys, const char *)))
		if (!json_object_object_get_ex(object, key, &object))
			object = NULL;
	va_end(keys);

	return object;
}

/**
 * vc_length() - how many there are
 * @array: an array; all else has none
 *
 * Return: a number.
 */
size_t vc_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/**
 * vc_item() - one of an array
 * @array: the array
 * @index: its place
 *
 * Return: it, or NULL.
 */
struct json_object *vc_item(struct json_object *array, size_t index)
{
	return index < vc_length(array) ? json_object_array_get_idx(array, index) : NULL;
}

/**
 * vc_number_at() - a number of an object
 * @object: the object, or NULL
 * @key: its key
 *
 * Return: the number, or -1.
 */
long long vc_number_at(struct json_object *object, const char *key)
{
	return vc_info_number(object, key, -1);
}

/**
 * vc_says() - does an object have this text?
 * @object: the object, or NULL
 * @key: its key
 * @text: the text
 *
 * Return: true or false; false if there is none.
 */
bool vc_says(struct json_object *object, const char *key, const char *text)
{
	return !strcmp(vc_info_text(object, key, ""), text);
}

/**
 * vc_plain() - may a name be part of a command that somebody will paste?
 * @name: the name, from a file that may be anybody's; or NULL
 *
 * Return: true or false.
 */
bool vc_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._:@+/-";

	return name && *name && *name != '-' && !name[strspn(name, plain)];
}

static struct json_object *group_of(struct json_object *object, const char *group)
{
	return group ? vc_at(object, group, NULL) : object;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/*
 * How far a counter has come. One that went back, or further than can be, was reset or
 * went round at 32 bits: what came in between is not known, and nothing that is not known
 * is called a loss.
 */
static long long delta(struct json_object *before, struct json_object *after, const char *key,
		       double most)
{
	long long from = vc_number_at(before, key), to = vc_number_at(after, key);

	if (from < 0 || to < from)
		return 0;
	if (to - from > (most && !ends_with(key, "_bytes") ? most : NUMBER_MAX))
		return 0;

	return to - from;
}

/**
 * vc_moved() - how far a counter has come between the snapshots
 * @pair: whose counter
 * @group: the object below it that has the counter, or NULL for the thing itself
 * @key: the counter
 *
 * Return: a number; 0 for one that is not there, or that went back.
 */
long long vc_moved(const struct vc_pair *pair, const char *group, const char *key)
{
	return delta(group_of(pair->before, group), group_of(pair->after, group), key, pair->most);
}

/**
 * vc_matches() - is a counter called like this?
 * @pattern: as of file names: rx_queue_*_drops
 * @name: the counter's name
 *
 * Return: true or false.
 */
bool vc_matches(const char *pattern, const char *name)
{
	return !fnmatch(pattern, name, 0);
}

/**
 * vc_moved_like() - how far all counters have come that are called like this
 * @pair: whose counters
 * @group: the object below it that has the counters
 * @pattern: as for vc_matches()
 *
 * Return: the sum.
 */
long long vc_moved_like(const struct vc_pair *pair, const char *group, const char *pattern)
{
	struct json_object *before = group_of(pair->before, group);
	struct json_object *after = group_of(pair->after, group);
	long long sum = 0;

	if (!json_object_is_type(after, json_type_object))
		return 0;
	json_object_object_foreach(after, key, value) {
		if (value && vc_matches(pattern, key) &&
		    __builtin_add_overflow(sum, delta(before, after, key, pair->most), &sum))
			return 0;
	}

	return sum;
}

/**
 * vc_unexplained() - what is left of a counter
 * @all: how far it has moved
 * @explained: how far others have that count the same, not read at the same moment
 *
 * Return: the difference; 0 for one that may be due to that.
 */
long long vc_unexplained(long long all, long long explained)
{
	long long left = all - explained;

	return left > 0 && left * DROPS_APART >= all ? left : 0;
}

/* Others than NICs lead out of this machine in vain if nobody needs them. */
static bool is_of_kind(const struct vc_case *c, const char *name, struct json_object *link,
		       const char *kind)
{
	if (!kind || vc_says(link, "kind", kind))
		return true;

	return !strcmp(kind, "uplink") && vc_is_uplink(link) &&
	       (vc_says(link, "kind", "nic") || vc_is_needed(c, name));
}

/**
 * vc_each_link() - look at all interfaces of a kind
 * @c: the case
 * @kind: "nic", "vif", "bridge"; "uplink" for NICs, and for bonds and VLANs that are needed;
 * or NULL for all
 * @look: what looks
 *
 * Interfaces that are in one of the snapshots only are left out.
 */
void vc_each_link(const struct vc_case *c, const char *kind, vc_look *look)
{
	struct json_object *links = vc_at(c->after, "links", NULL);

	if (!json_object_is_type(links, json_type_object))
		return;
	json_object_object_foreach(links, name, link) {
		struct vc_pair pair = { .name = name, .queue = -1, .after = link };

		pair.most = PACKETS_PER_SECOND_MAX * c->seconds;
		pair.before = vc_at(c->before, "links", name, NULL);
		if (pair.before && link && vc_plain(name) && is_of_kind(c, name, link, kind))
			look(c, &pair);
	}
}

static bool same_vif(struct json_object *one, struct json_object *other)
{
	return vc_says(one, "role", vc_info_text(other, "role", "")) &&
	       vc_number_at(one, "domain_id") == vc_number_at(other, "domain_id") &&
	       vc_number_at(one, "handle") == vc_number_at(other, "handle");
}

static struct json_object *find_vif(struct json_object *vifs, struct json_object *vif)
{
	size_t i;

	for (i = 0; i < vc_length(vifs); i++)
		if (same_vif(vc_item(vifs, i), vif))
			return vc_item(vifs, i);

	return NULL;
}

/* Its interface, or "DOMAIN/HANDLE", for which there is @text. */
static const char *name_of(struct json_object *vif, char *text, size_t size)
{
	const char *name = vc_info_text(vif, "vif", NULL);

	if (vc_plain(name))
		return name;
	snprintf(text, size, "%lld/%lld", vc_number_at(vif, "domain_id"),
		 vc_number_at(vif, "handle"));

	return text;
}

/**
 * vc_each_vif() - look at all vifs
 * @c: the case
 * @look: what looks
 *
 * Vifs that are in one of the snapshots only are left out.
 */
void vc_each_vif(const struct vc_case *c, vc_look *look)
{
	struct json_object *vifs = vc_at(c->after, "vifs", NULL);
	size_t i;

	for (i = 0; i < vc_length(vifs); i++) {
		struct json_object *vif = vc_item(vifs, i);
		struct vc_pair pair = { .queue = -1, .after = vif, .vif = vif };
		char name[64];

		pair.most = PACKETS_PER_SECOND_MAX * c->seconds;
		pair.before = find_vif(vc_at(c->before, "vifs", NULL), vif);
		pair.name = name_of(vif, name, sizeof(name));
		if (pair.before)
			look(c, &pair);
	}
}

/**
 * vc_each_vif_gone() - look at all vifs that are in the first snapshot only
 * @c: the case
 * @look: what looks; there is nothing of the second for it
 *
 * Without XenStore the second has no vifs, and what has become of them is not known.
 */
void vc_each_vif_gone(const struct vc_case *c, vc_look *look)
{
	struct json_object *vifs = vc_at(c->before, "vifs", NULL);
	struct json_object *others = vc_at(c->after, "vifs", NULL);
	size_t i;

	if (!json_object_is_type(others, json_type_array))
		return;
	for (i = 0; i < vc_length(vifs); i++) {
		struct json_object *vif = vc_item(vifs, i);
		struct vc_pair pair = { .queue = -1, .before = vif };
		char name[64];

		pair.name = name_of(vif, name, sizeof(name));
		if (!find_vif(others, vif))
			look(c, &pair);
	}
}

/**
 * vc_queue_of() - a queue of a vif
 * @vif: the vif
 * @n: its number
 * @queue: filled in
 *
 * Return: false if there is no such queue. With another number of them than before, there
 * is none: it has connected anew.
 */
bool vc_queue_of(const struct vc_pair *vif, size_t n, struct vc_pair *queue)
{
	struct json_object *before = vc_at(vif->before, "queues", NULL);
	struct json_object *after = vc_at(vif->after, "queues", NULL);

	*queue = *vif;
	queue->queue = n;
	queue->before = vc_item(before, n);
	queue->after = vc_item(after, n);

	return n < vc_length(after) && vc_length(before) == vc_length(after);
}

/**
 * vc_cpus_known() - the CPUs of which it is known what they did
 * @c: the case
 * @cpus: filled in
 */
void vc_cpus_known(const struct vc_case *c, struct vc_cpus *cpus)
{
	struct json_object *all = vc_at(c->after, "cpus", NULL);
	struct vc_load load;

	memset(cpus, 0, sizeof(*cpus));
	if (!json_object_is_type(all, json_type_object))
		return;
	json_object_object_foreach(all, key, value) {
		unsigned long cpu = strtoul(key, NULL, 10);

		if (value && cpu < VC_CPUS_MAX && vc_load(c, cpu, &load))
			vc_cpus_add(cpus, cpu);
	}
}

/**
 * vc_load() - what a CPU did in the time between
 * @c: the case
 * @cpu: its number
 * @load: filled in
 *
 * Return: false if it is not known.
 */
bool vc_load(const struct vc_case *c, unsigned int cpu, struct vc_load *load)
{
	static const char *const keys[] = {
		"user_ticks", "nice_ticks", "system_ticks", "idle_ticks", "iowait_ticks",
		"irq_ticks", "softirq_ticks", "steal_ticks",
	};
	struct vc_pair pair = {};
	long long ticks = 0;
	char name[16];
	size_t i;

	snprintf(name, sizeof(name), "%u", cpu);
	pair.before = vc_at(c->before, "cpus", name, NULL);
	pair.after = vc_at(c->after, "cpus", name, NULL);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ticks += vc_moved(&pair, NULL, keys[i]);
	if (!ticks)
		return false;
	load->idle = 100.0 * (vc_moved(&pair, NULL, "idle_ticks") +
			      vc_moved(&pair, NULL, "iowait_ticks")) / ticks;
	load->softirq = 100.0 * (vc_moved(&pair, NULL, "irq_ticks") +
				 vc_moved(&pair, NULL, "softirq_ticks")) / ticks;
	load->steal = 100.0 * vc_moved(&pair, NULL, "steal_ticks") / ticks;

	return true;
}

/**
 * vc_saturated() - has a CPU no time left?
 * @c: the case
 * @cpu: its number
 *
 * Return: true or false; false if it is not known.
 */
bool vc_saturated(const struct vc_case *c, unsigned int cpu)
{
	struct vc_load load;

	return vc_load(c, cpu, &load) && load.idle <= IDLE_SATURATED;
}

/**
 * vc_idlest() - the CPU that has most time left
 * @c: the case
 *
 * Return: its number, or -1 if none has much.
 */
int vc_idlest(const struct vc_case *c)
{
	double most = IDLE_ROOM;
	struct vc_cpus known;
	struct vc_load load;
	int found = -1, cpu;

	vc_cpus_known(c, &known);
	vc_cpus_each(cpu, &known)
		if (vc_load(c, cpu, &load) && load.idle > most) {
			most = load.idle;
			found = cpu;
		}

	return found;
}

/* The same interrupt in the other snapshot: most often at the same place. */
static struct json_object *find_irq(struct json_object *irqs, size_t place, long long number)
{
	size_t i;

	if (vc_number_at(vc_item(irqs, place), "irq") == number)
		return vc_item(irqs, place);
	for (i = 0; i < vc_length(irqs); i++)
		if (vc_number_at(vc_item(irqs, i), "irq") == number)
			return vc_item(irqs, i);

	return NULL;
}

static bool is_of(struct json_object *irq, const char *ifname, int queue)
{
	return vc_says(irq, "interface", ifname) &&
	       (queue < 0 || vc_number_at(irq, "queue") == queue);
}

/**
 * vc_irqs_on() - how many interrupts of an interface came to a CPU
 * @c: the case
 * @ifname: the interface
 * @queue: of this queue; -1 for all
 * @cpu: the CPU's number
 *
 * Return: a number.
 */
long long vc_irqs_on(const struct vc_case *c, const char *ifname, int queue, unsigned int cpu)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL);
	long long sum = 0;
	char name[16];
	size_t i;

	snprintf(name, sizeof(name), "%u", cpu);
	for (i = 0; i < vc_length(irqs); i++) {
		struct vc_pair pair = { .after = vc_item(irqs, i), .most = 1e9 * c->seconds };

		if (!is_of(pair.after, ifname, queue))
			continue;
		pair.before = find_irq(vc_at(c->before, "irqs", NULL), i,
				       vc_number_at(pair.after, "irq"));
		sum += vc_moved(&pair, "by_cpu", name);
	}

	return sum;
}

/**
 * vc_packets() - what an interface had to do between the snapshots
 * @c: the case
 * @ifname: the interface
 *
 * Return: packets in both directions.
 */
long long vc_packets(const struct vc_case *c, const char *ifname)
{
	struct vc_pair link = {
		.before = vc_at(c->before, "links", ifname, NULL),
		.after = vc_at(c->after, "links", ifname, NULL),
	};

	return vc_moved(&link, "stats", "rx_packets") + vc_moved(&link, "stats", "tx_packets");
}

/**
 * vc_weight_on() - how much a CPU has to do with an interface
 * @c: the case
 * @ifname: the interface
 * @queue: with this queue; -1 for all
 * @cpu: the CPU's number
 *
 * A queue that is so busy that it is polled all the time has no interrupts. With traffic
 * each that can only come to this CPU counts as if it had come once more.
 *
 * Return: a number, 0 for nothing.
 */
long long vc_weight_on(const struct vc_case *c, const char *ifname, int queue, unsigned int cpu)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL);
	long long weight = vc_irqs_on(c, ifname, queue, cpu);
	struct vc_cpus cpus;
	size_t i;

	if (!vc_packets(c, ifname))
		return weight;
	for (i = 0; i < vc_length(irqs); i++)
		if (is_of(vc_item(irqs, i), ifname, queue) &&
		    vc_cpus_parse(vc_info_text(vc_item(irqs, i), "effective_cpus", ""), &cpus) &&
		    vc_cpus_count(&cpus) == 1 && vc_cpus_has(&cpus, cpu))
			weight++;

	return weight;
}

/**
 * vc_cpus_of() - the CPUs that serve an interface
 * @c: the case
 * @ifname: the interface
 * @queue: of this queue; -1 for all
 * @cpus: filled in
 */
void vc_cpus_of(const struct vc_case *c, const char *ifname, int queue, struct vc_cpus *cpus)
{
	struct vc_cpus known;
	int cpu;

	vc_cpus_known(c, &known);
	memset(cpus, 0, sizeof(*cpus));
	vc_cpus_each(cpu, &known)
		if (vc_weight_on(c, ifname, queue, cpu))
			vc_cpus_add(cpus, cpu);
}

static struct json_object *text(const char *fmt, va_list args)
{
	struct json_object *string;
	char *value;

	if (vasprintf(&value, fmt, args) < 0)
		return NULL;
	string = json_object_new_string(value);
	free(value);

	return string;
}

/**
 * vc_found() - add a finding
 * @c: the case
 * @rule: the rule
 * @interface: what it is about; NULL for the whole machine
 * @fmt: what was found, one sentence, as for printf
 *
 * Return: the finding, which belongs to the case.
 */
struct json_object *vc_found(const struct vc_case *c, enum vc_rule rule, const char *interface,
			     const char *fmt, ...)
{
	static const char *const severities[] = { "loss", "delay", "hint", "info" };
	const struct vc_rule_info *info = &vc_rules[rule];
	struct json_object *finding = json_object_new_object();
	struct json_object *evidence = json_object_new_object();
	va_list args;

	json_object_object_add(finding, "rule", json_object_new_string(info->name));
	json_object_object_add(finding, "severity",
			       json_object_new_string(severities[info->severity]));
	json_object_object_add(finding, "where", json_object_new_string(info->where));
	json_object_object_add(finding, "direction", json_object_new_string(info->direction));
	json_object_object_add(finding, "interface",
			       interface ? json_object_new_string(interface) : NULL);
	json_object_object_add(finding, "queue", NULL);
	json_object_object_add(finding, "cpus", NULL);
	va_start(args, fmt);
	json_object_object_add(finding, "what", text(fmt, args));
	va_end(args);
	json_object_object_add(evidence, "moved", json_object_new_object());
	json_object_object_add(evidence, "now", json_object_new_object());
	json_object_object_add(finding, "evidence", evidence);
	json_object_object_add(finding, "fix", NULL);
	json_object_object_add(finding, "undo", NULL);
	json_object_object_add(finding, "verify", NULL);
	json_object_object_add(finding, "explains", json_object_new_array());
	/* What was asked for may be called anything in a file. */
	if (vc_plain(interface))
		vc_set(finding, "verify", "vifctl diagnose %s", interface);
	else
		vc_set(finding, "verify", "vifctl diagnose");
	json_object_array_add(c->findings, finding);

	return finding;
}

/**
 * vc_of_queue() - a finding is about one queue
 * @finding: the finding
 * @queue: its number
 */
void vc_of_queue(struct json_object *finding, int queue)
{
	json_object_object_add(finding, "queue", json_object_new_int(queue));
}

/**
 * vc_of_cpus() - a finding is about some CPUs
 * @finding: the finding
 * @cpus: the CPUs; with none of them it is not
 */
void vc_of_cpus(struct json_object *finding, const struct vc_cpus *cpus)
{
	char list[VC_CPUS_LIST];

	vc_cpus_print(cpus, list, sizeof(list));
	if (*list)
		vc_set(finding, "cpus", "%s", list);
}

/**
 * vc_set() - set one of a finding's texts
 * @finding: the finding
 * @key: "severity", "direction", "fix", "undo" or "verify"
 * @fmt: the text, as for printf
 */
void vc_set(struct json_object *finding, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_object_object_add(finding, key, text(fmt, args));
	va_end(args);
}

/**
 * vc_moved_by() - the evidence has a counter that has moved
 * @finding: the finding
 * @counter: the counter
 * @delta: how far; if it has not, nothing is said of it
 */
void vc_moved_by(struct json_object *finding, const char *counter, long long delta)
{
	if (delta)
		json_object_object_add(vc_at(finding, "evidence", "moved", NULL), counter,
				       json_object_new_int64(delta));
}

/**
 * vc_is_now() - the evidence has a state
 * @finding: the finding
 * @key: what
 * @value: how it is in the second snapshot, which has it; if NULL, nothing is said of it
 */
void vc_is_now(struct json_object *finding, const char *key, struct json_object *value)
{
	if (value)
		json_object_object_add(vc_at(finding, "evidence", "now", NULL), key,
				       json_object_get(value));
}

/**
 * vc_is_number() - the evidence has a number
 * @finding: the finding
 * @key: what
 * @value: the number
 */
void vc_is_number(struct json_object *finding, const char *key, long long value)
{
	json_object_object_add(vc_at(finding, "evidence", "now", NULL), key,
			       json_object_new_int64(value));
}

/**
 * vc_domain() - what the hypervisor said of a domain
 * @snapshot: when it was asked
 * @domid: the domain
 *
 * Return: NULL when it was not asked, or said nothing.
 */
struct json_object *vc_domain(struct json_object *snapshot, long long domid)
{
	char name[32];

	snprintf(name, sizeof(name), "%lld", domid);

	return vc_at(snapshot, "domains", name, NULL);
}

/**
 * vc_more_memory() - what helps when allocations fail in softirqs
 * @c: the case
 * @finding: gets the fix
 */
void vc_more_memory(const struct vc_case *c, struct json_object *finding)
{
	struct json_object *now = vc_at(c->after, "sysctls", "min_free_kbytes", NULL);
	long long kbytes = now ? json_object_get_int64(now) : 0;

	vc_is_now(finding, "min_free_kbytes", now);
	if (kbytes <= 0 || kbytes > 1LL << 32) {
		vc_set(finding, "fix", "give the domain more memory, or raise vm.min_free_kbytes");
		return;
	}
	vc_set(finding, "fix", "sysctl -w vm.min_free_kbytes=%lld",
	       kbytes < 65536 ? 131072 : 2 * kbytes);
	vc_set(finding, "undo", "sysctl -w vm.min_free_kbytes=%lld", kbytes);
}

/**
 * vc_in_dom0() - what is to be in front of a command that only dom0 can carry out
 * @c: the case
 *
 * Return: "in dom0: ", or nothing when that is the domain that was looked at.
 */
const char *vc_in_dom0(const struct vc_case *c)
{
	return vc_info_number(c->after, "domain_id", 0) ? "in dom0: " : "";
}

/**
 * vc_in_guest() - what is to be in front of a command for the guest of a vif
 * @vif: the vif
 *
 * Return: "in the guest: ", or nothing when that is the domain that was looked at.
 */
const char *vc_in_guest(struct json_object *vif)
{
	return vc_says(vif, "role", "frontend") ? "" : "in the guest: ";
}

/**
 * vc_connect_anew() - what helps when a guest does not get any further with a connection
 * @vif: the vif
 * @finding: gets the fix
 * @first: what is to be done before
 *
 * Taking the interface down and up again makes no new connection, and with our netfront it
 * posts no buffer, either.
 */
void vc_connect_anew(struct json_object *vif, struct json_object *finding, const char *first)
{
	long long handle = vc_number_at(vif, "handle");

	vc_set(finding, "fix",
	       "%s%sconnect anew, which costs the interface its addresses: echo vif-%lld >/sys/bus/xen/drivers/vif/unbind; echo vif-%lld >/sys/bus/xen/drivers/vif/bind",
	       vc_in_guest(vif), first, handle, handle);
}

/**
 * vc_more_weight() - what helps when a domain gets too little of the CPUs
 * @c: the case
 * @finding: gets the fix
 * @domid: the domain
 */
void vc_more_weight(const struct vc_case *c, struct json_object *finding, long long domid)
{
	struct json_object *domain = vc_domain(c->after, domid);
	const char *scheduler = vc_info_text(domain, "scheduler", "");
	long long weight = vc_number_at(domain, "weight");

	vc_is_now(finding, "weight", vc_at(domain, "weight", NULL));
	if ((strcmp(scheduler, "credit2") && strcmp(scheduler, "credit")) || weight <= 0 ||
	    weight > WEIGHT_MAX / 2) {
		vc_set(finding, "fix",
		       "%sgive domain %lld more weight than others; what they have: xl sched-credit2",
		       vc_in_dom0(c), domid);
		return;
	}
	vc_set(finding, "fix", "%sxl sched-%s -d %lld -w %lld", vc_in_dom0(c), scheduler, domid,
	       2 * weight);
	vc_set(finding, "undo", "%sxl sched-%s -d %lld -w %lld", vc_in_dom0(c), scheduler, domid,
	       weight);
}
