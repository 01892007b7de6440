// SPDX-License-Identifier: GPL-2.0
/* Rules about guests: whether they run, what they post and send; and inside of one. */

#include <stdio.h>
#include <string.h>

#include "info.h"
#include "rules.h"

/* One that has used less of its CPUs' time, in percent, while it wanted some, got none. */
#define CPU_TIME_LITTLE	5

static bool is_backend(const struct vc_pair *vif)
{
	return vc_says(vif->after, "role", "backend");
}

/* What the hypervisor says of a vif's guest; NULL when it was not asked. */
static struct vc_pair domain_of(const struct vc_case *c, const struct vc_pair *vif)
{
	struct vc_pair domain = { .name = vif->name, .queue = -1 };
	long long domid = vc_number_at(vif->after, "domain_id");

	domain.before = vc_domain(c->before, domid);
	domain.after = vc_domain(c->after, domid);

	return domain;
}

static bool flag(struct json_object *domain, const char *name)
{
	return vc_info_number(domain, name, 0);
}

/* How a guest can have ended, and when it is to be destroyed; NULL for never. */
static const struct ending {
	const char *reason;
	const char *what;
	const char *destroy;
} endings[] = {
	/* Records of older versions have no reason. */
	{ "", "has shut down or crashed", "see its last words in /var/log/xen/console, then" },
	{ "crash", "has crashed", "see its last words in /var/log/xen/console, then" },
	{ "watchdog", "was ended by its watchdog",
	  "see its last words in /var/log/xen/console, then" },
	{ "poweroff", "has shut down", "if it stays so" },
	{ "reboot", "is starting anew", "if it stays so" },
	{ "soft-reset", "is starting anew", "if it stays so" },
	{ "suspend", "is being saved or migrated", NULL },
};

static void ended(const struct vc_case *c, const struct vc_pair *vif, struct json_object *domain)
{
	static const struct ending dying = { "", "is being destroyed", NULL };
	const char *reason = vc_info_text(domain, "shutdown_reason", "");
	long long domid = vc_number_at(vif->after, "domain_id");
	const struct ending *ending = &endings[0];
	struct json_object *finding;
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (!strcmp(endings[i].reason, reason))
			ending = &endings[i];
	if (flag(domain, "dying"))
		ending = &dying;
	finding = vc_found(c, VC_GUEST_DOWN, vif->name, "the guest of %s (domain %lld) %s",
			   vif->name, domid, ending->what);
	if (!strcmp(ending->reason, "suspend"))
		vc_set(finding, "severity", "delay");
	vc_is_now(finding, "shutdown", vc_at(domain, "shutdown", NULL));
	vc_is_now(finding, "shutdown_reason", vc_at(domain, "shutdown_reason", NULL));
	vc_is_now(finding, "dying", vc_at(domain, "dying", NULL));
	if (ending->destroy)
		vc_set(finding, "fix", "%s%s: xl destroy %lld", vc_in_dom0(c), ending->destroy,
		       domid);
	else
		vc_set(finding, "fix", "nothing; wait until that is done");
	vc_set(finding, "verify", "%sxl list", vc_in_dom0(c));
}

static void not_running(const struct vc_case *c, const struct vc_pair *vif)
{
	long long domid = vc_number_at(vif->after, "domain_id");
	struct vc_pair domain = domain_of(c, vif);
	struct json_object *finding;

	if (!is_backend(vif) || !domain.after)
		return;
	if (flag(domain.after, "shutdown") || flag(domain.after, "dying")) {
		ended(c, vif, domain.after);
	} else if (flag(domain.after, "paused")) {
		finding = vc_found(c, VC_GUEST_PAUSED, vif->name,
				   "the guest of %s (domain %lld) is paused", vif->name, domid);
		vc_is_now(finding, "paused", vc_at(domain.after, "paused", NULL));
		vc_set(finding, "fix", "%sxl unpause %lld", vc_in_dom0(c), domid);
		vc_set(finding, "undo", "%sxl pause %lld", vc_in_dom0(c), domid);
		vc_set(finding, "verify", "%sxl list %lld", vc_in_dom0(c), domid);
	}
}

/* It wants to run in both snapshots, and yet has used almost no time in between. */
static void no_cpu(const struct vc_case *c, const struct vc_pair *vif)
{
	static const char *const other[] = { "paused", "blocked", "running", "shutdown", "dying" };
	long long domid = vc_number_at(vif->after, "domain_id");
	struct vc_pair domain = domain_of(c, vif);
	struct json_object *finding;
	double used;
	size_t i;

	if (!is_backend(vif) || !domain.before || !domain.after ||
	    !vc_at(domain.after, "cpu_time_nsecs", NULL))
		return;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (flag(domain.before, other[i]) || flag(domain.after, other[i]))
			return;
	used = vc_moved(&domain, NULL, "cpu_time_nsecs") / 1e7 / c->seconds;
	if (used >= CPU_TIME_LITTLE)
		return;
	finding = vc_found(c, VC_GUEST_NO_CPU, vif->name,
			   "the guest of %s (domain %lld) wants to run and got %.0f %% of a CPU",
			   vif->name, domid, used);
	vc_moved_by(finding, "cpu_time_nsecs", vc_moved(&domain, NULL, "cpu_time_nsecs"));
	vc_is_now(finding, "vcpus_online", vc_at(domain.after, "vcpus_online", NULL));
	vc_more_weight(c, finding, domid);
	vc_set(finding, "verify", "%sxl list %lld; xl vcpu-list %lld", vc_in_dom0(c), domid, domid);
}

/* Has a queue no buffers of the guest for what there is to be given to it? */
static bool is_hungry(struct json_object *queue)
{
	struct json_object *ring = vc_at(queue, "ring", NULL);
	const char *state = vc_info_text(ring, "rx_state", NULL);

	if (state && strcmp(state, "fed"))
		return true;

	/* The in-tree netback's ring has no state; an idle guest's ring is full of buffers. */
	return !state && vc_number_at(queue, "rx_ring_free_slots") == 0;
}

static bool gives_up(struct json_object *queue)
{
	struct json_object *ring = vc_at(queue, "ring", NULL);

	return vc_says(ring, "rx_state", "draining") || vc_says(ring, "rx_state", "stalled");
}

static long long posted(const struct vc_pair *queue)
{
	long long before = vc_number_at(vc_at(queue->before, "ring", NULL), "rx_req_prod");
	long long after = vc_number_at(vc_at(queue->after, "ring", NULL), "rx_req_prod");

	/* It goes round at 32 bits. */
	return before < 0 || after < 0 ? 0 : (unsigned int)(after - (unsigned long long)before);
}

static void add_ring(struct json_object *finding, const struct vc_pair *queue)
{
	static const char *const keys[] = {
		"rx_req_prod", "rx_req_cons", "rx_req_event", "rx_waiting", "rx_state",
	};
	size_t i;

	vc_of_queue(finding, queue->queue);
	vc_is_now(finding, "rx_ring_free_slots", vc_at(queue->after, "rx_ring_free_slots", NULL));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		vc_is_now(finding, keys[i], vc_at(queue->after, "ring", keys[i], NULL));
}

/* More CPU for a guest that has something to do and does it too slowly. */
static void more_cpu(const struct vc_case *c, const struct vc_pair *queue,
		     struct json_object *finding)
{
	long long domid = vc_number_at(queue->vif, "domain_id");
	struct vc_pair domain = domain_of(c, &(struct vc_pair) { .after = queue->vif });
	long long now = vc_number_at(domain.after, "vcpus_online");

	if (now > 0 && now < vc_number_at(domain.after, "vcpus_max")) {
		vc_set(finding, "fix", "%sxl vcpu-set %lld %lld", vc_in_dom0(c), domid, now + 1);
		vc_set(finding, "undo", "%sxl vcpu-set %lld %lld", vc_in_dom0(c), domid, now);
	} else {
		vc_more_weight(c, finding, domid);
	}
}

/*
 * Packets to the guest that wait: for buffers that it does not post, or for an event that
 * it has posted some.
 */
static void to_guest(const struct vc_case *c, const struct vc_pair *queue)
{
	long long expired = vc_moved(queue, "counters", "tx_drop_expired");
	long long slots = vc_number_at(queue->after, "rx_ring_free_slots");
	struct json_object *finding;
	bool hungry = is_hungry(queue->before) && is_hungry(queue->after);

	if (!hungry && !expired && !gives_up(queue->after))
		return;
	if (hungry && !posted(queue) && slots >= VC_SLOTS_ENOUGH) {
		finding = vc_found(c, VC_EVENT_LOST, queue->name,
				   "the guest has posted %lld buffers on queue %d of %s, and no event came for them: it got lost",
				   slots, queue->queue, queue->name);
		vc_set(finding, "direction", "to-guest");
		vc_kick(queue, finding);
	} else if (posted(queue)) {
		finding = vc_found(c, VC_GUEST_NO_BUFFERS, queue->name,
				   "the guest posts buffers on queue %d of %s more slowly than packets come for it",
				   queue->queue, queue->name);
		more_cpu(c, queue, finding);
	} else {
		finding = vc_found(c, VC_GUEST_NO_BUFFERS, queue->name,
				   "the guest posts no buffers on queue %d of %s", queue->queue,
				   queue->name);
		vc_connect_anew(queue->vif, finding, "see why in dmesg, then ");
	}
	if (expired || gives_up(queue->after))
		vc_set(finding, "severity", "loss");
	vc_moved_by(finding, "buffers_posted", posted(queue));
	vc_moved_by(finding, "tx_drop_expired", expired);
	add_ring(finding, queue);
	vc_set(finding, "verify", "vifctl show %s", queue->name);
}

static void queues(const struct vc_case *c, const struct vc_pair *vif)
{
	struct vc_pair queue;
	size_t n;

	for (n = 0; is_backend(vif) && vc_queue_of(vif, n, &queue); n++)
		to_guest(c, &queue);
}

/* All counters of a vif whose names match, as evidence; how far they have come. */
static long long gather(const struct vc_pair *vif, const char *const patterns[], size_t count,
			struct json_object *finding)
{
	struct json_object *after = vc_at(vif->after, "counters", NULL);
	long long sum = 0, moved;
	size_t i;

	if (!json_object_is_type(after, json_type_object))
		return 0;
	for (i = 0; i < count; i++) {
		sum += vc_moved_like(vif, "counters", patterns[i]);
		if (!finding)
			continue;
		json_object_object_foreach(after, name, value) {
			moved = value ? vc_moved(vif, "counters", name) : 0;
			if (moved && vc_matches(patterns[i], name))
				vc_moved_by(finding, name, moved);
		}
	}

	return sum;
}

#define GATHER(vif, patterns, finding) \
	gather(vif, patterns, sizeof(patterns) / sizeof((patterns)[0]), finding)

static void too_small(const struct vc_case *c, const struct vc_pair *vif)
{
	static const char *const patterns[] = { "tx_err_too_big", "tx_drop_small_ring" };
	long long count = GATHER(vif, patterns, NULL);
	struct json_object *finding;

	if (!is_backend(vif) || !count)
		return;
	finding = vc_found(c, VC_GUEST_TOO_SMALL, vif->name,
			   "%lld packets are larger than what the guest of %s can take in one", count,
			   vif->name);
	GATHER(vif, patterns, finding);
	vc_is_now(finding, "features", vc_at(vif->after, "features", NULL));
	vc_set(finding, "fix", "in the guest: ethtool -K of that interface, sg on");
	vc_set(finding, "undo", "in the guest: ethtool -K of that interface, sg off");
	vc_set(finding, "verify", "ethtool -S %s | grep -E 'too_big|small_ring'", vif->name);
}

static void malformed(const struct vc_case *c, const struct vc_pair *vif)
{
	static const char *const patterns[] = {
		/* All but rx_err_mcast_full, which any guest may bring about. */
		"rx_err_[!m]*", "rx_err_message", "rx_err_mcast_address", "tx_err_grant", "tx_fatal",
		"ctrl_err_fatal",
	};
	long long count = GATHER(vif, patterns, NULL);
	struct json_object *finding;

	if (!is_backend(vif) || !count)
		return;
	finding = vc_found(c, VC_GUEST_MALFORMED, vif->name,
			   "the guest %s (domain %lld) did what the protocol does not allow, %lld times",
			   vc_info_text(vif->after, "domain", "?"),
			   vc_number_at(vif->after, "domain_id"), count);
	GATHER(vif, patterns, finding);
	vc_set(finding, "fix",
	       "update the network driver in the guest, or see who controls it; what it did: dmesg | grep %s",
	       vif->name);
	vc_set(finding, "verify", "ethtool -S %s | grep -E '_err_|fatal'", vif->name);
}

/* ---- inside of the guest ------------------------------------------------- */

/* The in-tree netfront has no counters of its own that would say more than these. */
static void in_tree_front(const struct vc_case *c, const struct vc_pair *vif)
{
	long long drops = vc_moved(vif, NULL, "tx_dropped"), errors = vc_moved(vif, NULL, "rx_errors");
	struct json_object *finding;

	if (is_backend(vif) || vc_info_number(vif->after, "ours", 1))
		return;
	if (drops) {
		finding = vc_found(c, VC_NETFRONT_DROPS, vif->name,
				   "%lld packets of %s were dropped here, in the guest: without a connection, or too large",
				   drops, vif->name);
		vc_set(finding, "direction", "from-guest");
		vc_moved_by(finding, "tx_dropped", drops);
		vc_set(finding, "fix", "see which it is: ip link show dev %s; dmesg | grep -E 'xen|%s'",
		       vif->name, vif->name);
		vc_set(finding, "verify", "ip -s link show dev %s", vif->name);
	}
	if (errors) {
		finding = vc_found(c, VC_NETFRONT_BACKEND, vif->name,
				   "%lld packets came with an error from the backend of %s, or an XDP program dropped them, which the in-tree netfront counts as one",
				   errors, vif->name);
		vc_set(finding, "direction", "to-guest");
		vc_moved_by(finding, "rx_errors", errors);
		vc_set(finding, "fix",
		       "see whether there is such a program: ip link show dev %s; then dmesg | grep -E 'xen|%s', and the backend's log",
		       vif->name, vif->name);
		vc_set(finding, "verify", "ip -s link show dev %s", vif->name);
	}
}

/* What helps against that which has cost most packets. */
static void drops_fix(const struct vc_case *c, const struct vc_pair *vif,
		      struct json_object *finding)
{
	static const struct cause {
		const char *counters;
		const char *fix;
	} causes[] = {
		{ "?x_drop_nomem", NULL },
		{ "?x_drop_down", "see why it is not connected, or was down: vifctl show %s" },
		{ "?x_drop_xdp*",
		  "see which XDP program it is: bpftool net show dev %s; and why it fails: perf trace -e 'xdp:*'" },
		{ "tx_drop_size",
		  "see who sends less than a header, or more than 64 KiB: tcpdump -nei %s less 13 or greater 65536" },
		{ "tx_drop_purged", "see why the connection ended, in dmesg, and: vifctl show %s" },
	};
	const struct cause *worst = &causes[0];
	long long most = 0, moved;
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		moved = vc_moved_like(vif, "counters", causes[i].counters);
		if (moved <= most)
			continue;
		most = moved;
		worst = &causes[i];
	}
	if (!worst->fix) {
		vc_more_memory(c, finding);
	} else if (worst == &causes[1] && !vc_info_number(vif->after, "up", 0)) {
		vc_set(finding, "fix", "ip link set dev %s up", vif->name);
		vc_set(finding, "undo", "ip link set dev %s down", vif->name);
	} else {
		vc_set(finding, "fix", worst->fix, vif->name);
	}
}

static void netfront_drops(const struct vc_case *c, const struct vc_pair *vif)
{
	static const char *const patterns[] = { "?x_drop_*" };
	long long count = GATHER(vif, patterns, NULL);
	struct json_object *finding;

	if (is_backend(vif) || !count)
		return;
	finding = vc_found(c, VC_NETFRONT_DROPS, vif->name,
			   "%lld packets of %s were dropped here, in the guest", count, vif->name);
	GATHER(vif, patterns, finding);
	drops_fix(c, vif, finding);
	vc_set(finding, "verify", "ethtool -S %s | grep drop", vif->name);
}

static void netfront_backend(const struct vc_case *c, const struct vc_pair *vif)
{
	static const char *const patterns[] = { "rx_err_*", "tx_err_backend", "broken_*" };
	long long count = GATHER(vif, patterns, NULL);
	struct json_object *finding;

	if (is_backend(vif) || !count)
		return;
	finding = vc_found(c, VC_NETFRONT_BACKEND, vif->name,
			   "the backend of %s did what the protocol does not allow, or refused packets, %lld times",
			   vif->name, count);
	GATHER(vif, patterns, finding);
	vc_set(finding, "fix", "see what it was: dmesg | grep %s; and the backend's log",
	       vif->name);
	vc_set(finding, "verify", "ethtool -S %s | grep -E '_err_|broken'", vif->name);
}

static void netfront_watchdog(const struct vc_case *c, const struct vc_pair *vif)
{
	static const char *const patterns[] = { "wd_*" };
	long long count = GATHER(vif, patterns, NULL);
	struct json_object *finding;

	if (is_backend(vif) || !count)
		return;
	finding = vc_found(c, VC_NETFRONT_WATCHDOG, vif->name,
			   "the watchdog of %s had to step in: events got lost, or the backend does not answer",
			   vif->name);
	GATHER(vif, patterns, finding);
	vc_set(finding, "fix", "in the backend's domain: vifctl diagnose");
	vc_set(finding, "verify", "cat /sys/kernel/debug/xen-netfront/*/health");
}

/* Responses that lie there unread, with nobody on the way to read them. */
static void unread(const struct vc_case *c, const struct vc_pair *queue, const char *ring)
{
	struct json_object *before = vc_at(queue->before, "ring", NULL);
	struct json_object *after = vc_at(queue->after, "ring", NULL);
	long long handle = vc_number_at(queue->vif, "handle");
	char prod[16], cons[16];
	struct json_object *finding;

	snprintf(prod, sizeof(prod), "%s_rsp_prod", ring);
	snprintf(cons, sizeof(cons), "%s_rsp_cons", ring);
	if (vc_number_at(after, prod) < 0 || vc_number_at(after, cons) < 0 ||
	    vc_number_at(after, prod) == vc_number_at(after, cons) ||
	    vc_number_at(before, prod) == vc_number_at(before, cons) ||
	    vc_number_at(before, cons) != vc_number_at(after, cons) ||
	    !vc_says(after, "poll", "sleeps"))
		return;
	finding = vc_found(c, VC_EVENT_LOST, queue->name,
			   "responses lie unread on the %s ring of queue %d of %s, and no event comes for them: it got lost",
			   *ring == 't' ? "TX" : "RX", queue->queue, queue->name);
	vc_set(finding, "direction", *ring == 't' ? "from-guest" : "to-guest");
	vc_of_queue(finding, queue->queue);
	vc_is_now(finding, prod, vc_at(after, prod, NULL));
	vc_is_now(finding, cons, vc_at(after, cons, NULL));
	/* It takes them, after a second or two; unless it was told only to look. */
	vc_set(finding, "fix",
	       "have the watchdog act: echo 1 >/sys/kernel/debug/xen-netfront/vif-%lld/watchdog",
	       handle);
	vc_set(finding, "verify", "cat /sys/kernel/debug/xen-netfront/vif-%lld/health", handle);
}

static void netfront_queues(const struct vc_case *c, const struct vc_pair *vif)
{
	struct vc_pair queue;
	size_t n;

	for (n = 0; !is_backend(vif) && vc_queue_of(vif, n, &queue); n++) {
		unread(c, &queue, "tx");
		unread(c, &queue, "rx");
	}
}

/**
 * vc_rules_guest() - have the rules about guests look
 * @c: the case
 */
void vc_rules_guest(const struct vc_case *c)
{
	static vc_look *const rules[] = {
		not_running, no_cpu, queues, too_small, malformed, in_tree_front,
		netfront_drops, netfront_backend, netfront_watchdog, netfront_queues,
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		vc_each_vif(c, rules[i]);
}
