// SPDX-License-Identifier: GPL-2.0
/* Rules about vifs: their states, and what the backend does with its queues. */

#include <stdio.h>
#include <string.h>

#include "info.h"
#include "rules.h"

/* Slots of a ring that wait in both snapshots: the action does not keep up. */
#define WAITING_MANY	64

/*
 * Our netback takes nothing new while the stack holds this many of a queue's pages; the
 * in-tree one, when what a packet may need is not left of 256.
 */
#define PAGES_OUT_MAX		128
#define PAGES_OUT_MAX_IN_TREE	238

/* A timer's ticks a second; fewer are what a guest brings about that polls now and then. */
#define DELAYS_PER_SECOND	10

/* Of what its rate allows, when it is the rate that a guest is held by, in percent. */
#define RATE_MOST	80

static bool is_backend(const struct vc_pair *vif)
{
	return vc_says(vif->after, "role", "backend");
}

static bool is_connected(const struct vc_pair *vif)
{
	return vc_says(vif->after, "backend_state", "Connected") &&
	       vc_says(vif->after, "frontend_state", "Connected");
}

static void add_states(struct json_object *finding, const struct vc_pair *vif)
{
	vc_is_now(finding, "backend_state", vc_at(vif->after, "backend_state", NULL));
	vc_is_now(finding, "frontend_state", vc_at(vif->after, "frontend_state", NULL));
}

/* The directory of the backend, from the one that this domain is at home in. */
#define NODE	"backend/vif/%lld/%lld"
#define NODE_OF(vif) \
	vc_number_at((vif)->after, "domain_id"), vc_number_at((vif)->after, "handle")

/*
 * It begins to wait when a driver has taken the vif. When the connection ends, what the script
 * has said is taken away again.
 */
static bool waits_for_script(struct json_object *vif)
{
	const char *state = vc_info_text(vif, "backend_state", "Closed");

	return strcmp(state, "Closing") && strcmp(state, "Closed") && strcmp(state, "Initialising") &&
	       !vc_says(vif, "hotplug_status", "connected");
}

static void gone(const struct vc_case *c, const struct vc_pair *vif)
{
	struct json_object *finding;

	finding = vc_found(c, VC_VIF_GONE, vif->name, "%s went away while it was looked at",
			   vif->name);
	/* Guests come and go. */
	if (!vc_says(c->subject, "name", vif->name))
		vc_set(finding, "severity", "hint");
	vc_set(finding, "fix",
	       "nothing, if it was detached or its guest has ended; else see why: dmesg | grep -i vif");
	vc_set(finding, "verify", "vifctl list");
}

#define THRESHOLD	"/sys/bus/xen-backend/devices/vif-%lld-%lld/xenbus/spurious_threshold"

static void hotplug(const struct vc_case *c, const struct vc_pair *vif)
{
	struct json_object *finding;
	char join[512];

	if (!is_backend(vif) || is_connected(vif) || !waits_for_script(vif->before) ||
	    !waits_for_script(vif->after))
		return;
	finding = vc_found(c, VC_VIF_HOTPLUG, vif->name,
			   "the script that connects %s to the network has not done so (hotplug-status is %s); why: /var/log/xen/xen-hotplug.log",
			   vif->name, vc_info_text(vif->after, "hotplug_status", "missing"));
	add_states(finding, vif);
	vc_is_now(finding, "script", vc_at(vif->after, "script", NULL));
	if (vc_plain(vc_info_text(vif->after, "vif", NULL)) &&
	    vc_print_join(c, vif, NULL, join, sizeof(join)))
		vc_set(finding, "fix",
		       "%s && ip link set dev %s up && xenstore-write " NODE "/hotplug-status connected",
		       join, vif->name, NODE_OF(vif));
	else
		vc_set(finding, "fix", "xenstore-write " NODE "/hotplug-status connected",
		       NODE_OF(vif));
	vc_set(finding, "undo", "xenstore-rm " NODE "/hotplug-status", NODE_OF(vif));
	vc_set(finding, "verify", "vifctl list");
}

/*
 * The guest gets another vif. The in-tree netback does not serve one again that it has
 * stopped, whatever the guest does.
 */
static void replace(const struct vc_case *c, const struct vc_pair *vif,
		    struct json_object *finding, const char *first)
{
	vc_set(finding, "fix",
	       "%s, then have the guest connect anew%s: xl network-detach %lld %lld, and xl network-attach",
	       first, *vc_in_dom0(c) ? ", in dom0" : "", NODE_OF(vif));
}

static void error(const struct vc_case *c, const struct vc_pair *vif)
{
	const char *text = vc_info_text(vif->after, "error", NULL);
	struct json_object *finding;

	/* Nobody takes the text away when a later try has succeeded. */
	if (!text || is_connected(vif))
		return;
	finding = vc_found(c, VC_VIF_ERROR, vif->name, "the driver of %s has given up: %s",
			   vif->name, text);
	add_states(finding, vif);
	vc_is_now(finding, "error", vc_at(vif->after, "error", NULL));
	if (is_backend(vif))
		replace(c, vif, finding, "put right what it says");
	else
		vc_set(finding, "fix", "put right what it says; more is in: dmesg | grep -i vif");
	vc_set(finding, "verify", "vifctl list");
}

/* Has the frontend's driver done anything? Until it does, its state is the toolstack's. */
static bool has_begun(struct json_object *vif)
{
	return !vc_says(vif, "frontend_state", "Initialising") &&
	       !vc_says(vif, "frontend_state", "Unknown");
}

static void not_connected(const struct vc_case *c, const struct vc_pair *vif)
{
	const char *front = vc_info_text(vif->after, "frontend_state", NULL);
	const char *back = vc_info_text(vif->after, "backend_state", NULL);
	bool waits = back && (!strcmp(back, "Initialising") || !strcmp(back, "InitWait"));
	bool untaken = is_backend(vif) && vc_says(vif->before, "backend_state", "Initialising") &&
		       vc_says(vif->after, "backend_state", "Initialising");
	long long came = vc_moved(vif, "counters", "tx_drop_down");
	long long purged = vc_moved(vif, "counters", "tx_drop_purged");
	struct json_object *finding;

	/* What is connected may have been so before, and not in between. */
	if (!front || !back || (is_connected(vif) && (!is_backend(vif) || (!came && !purged))))
		return;
	if (is_connected(vif)) {
		finding = vc_found(c, VC_VIF_NOT_CONNECTED, vif->name,
				   "%s has connected anew: %lld packets to the guest came meanwhile, or waited before",
				   vif->name, came + purged);
		vc_set(finding, "direction", "to-guest");
	} else if (untaken) {
		finding = vc_found(c, VC_VIF_NOT_CONNECTED, vif->name,
				   "no driver has taken %s here: is xen-netback loaded?", vif->name);
	} else if (waits && !has_begun(vif->before)) {
		finding = vc_found(c, VC_VIF_NOT_CONNECTED, vif->name,
				   "%s is not connected yet: the guest is booting, or has no driver for it (and uses an emulated NIC, if it is of type hvm)",
				   vif->name);
		vc_set(finding, "severity", "hint");
	} else {
		finding = vc_found(c, VC_VIF_NOT_CONNECTED, vif->name,
				   "%s is not connected: the backend is in %s, the frontend in %s",
				   vif->name, back, front);
	}
	add_states(finding, vif);
	vc_moved_by(finding, "tx_drop_down", came);
	vc_moved_by(finding, "tx_drop_purged", purged);
	if (is_connected(vif)) {
		vc_set(finding, "fix", "see why, here and in the guest: dmesg | grep vif");
	} else if (untaken) {
		vc_set(finding, "fix", "modprobe xen-netback");
	} else if (!has_begun(vif->after)) {
		vc_set(finding, "fix", "%smodprobe xen-netfront", vc_in_guest(vif->after));
		vc_set(finding, "undo", "%smodprobe -r xen-netfront", vc_in_guest(vif->after));
	} else if (!strcmp(front, "Connected") || !strcmp(front, "Initialised")) {
		vc_set(finding, "fix", "see what the backend waits for: vifctl show %s; dmesg | grep vif",
		       vif->name);
	} else {
		vc_connect_anew(vif->after, finding, "");
	}
	vc_set(finding, "verify", "vifctl list");
}

static void is_down(const struct vc_case *c, const struct vc_pair *vif)
{
	struct json_object *finding;

	if (vc_info_number(vif->after, "up", 1) || !is_connected(vif) || !is_backend(vif))
		return;
	finding = vc_found(c, VC_VIF_DOWN, vif->name, "the interface %s is down", vif->name);
	vc_is_now(finding, "up", vc_at(vif->after, "up", NULL));
	vc_set(finding, "fix", "ip link set dev %s up", vif->name);
	vc_set(finding, "undo", "ip link set dev %s down", vif->name);
}

/*
 * The in-tree netback stops a vif and leaves it Connected in XenStore; ours does so with one
 * whose guest takes nothing, and only then.
 */
static void stopped(const struct vc_case *c, const struct vc_pair *vif)
{
	struct json_object *finding;
	char first[128];

	if (vc_info_number(vif->after, "carrier", 1) || !vc_info_number(vif->after, "up", 1) ||
	    !is_connected(vif) || !is_backend(vif))
		return;
	finding = vc_found(c, VC_VIF_STOPPED, vif->name,
			   "%s is connected and has no carrier: netback has stopped it, for what the guest did, or since it takes no packets",
			   vif->name);
	add_states(finding, vif);
	vc_is_now(finding, "carrier", vc_at(vif->after, "carrier", NULL));
	vc_is_now(finding, "tx_stalled", vc_at(vif->after, "counters", "tx_stalled", NULL));
	snprintf(first, sizeof(first), "see the reason: dmesg | grep %s", vif->name);
	replace(c, vif, finding, first);
	vc_set(finding, "verify", "ip link show dev %s", vif->name);
}

/* Does it say of each reason how much it has dropped of what is for the guest? */
static bool counts_drops(struct json_object *vif)
{
	return vc_at(vif, "counters", "tx_drop_down", NULL);
}

/*
 * It has its carrier again, or has lost packets before netback saw them: while there is none the
 * stack drops them, and our netback, which counts each of its own drops, does not know. That a
 * queue has stalled takes no carrier away as long as others go on.
 */
static void was_stopped(const struct vc_case *c, const struct vc_pair *vif)
{
	struct vc_pair link = {
		.before = vc_at(c->before, "links", vif->name, NULL),
		.after = vc_at(c->after, "links", vif->name, NULL),
	};
	long long changes = vc_moved(&link, NULL, "carrier_changes"), drops = 0;
	struct json_object *finding;

	if (!is_backend(vif) || !is_connected(vif) || !vc_info_number(vif->after, "carrier", 1) ||
	    !vc_says(vif->before, "backend_state", "Connected"))
		return;
	if (counts_drops(vif->before) && counts_drops(vif->after))
		drops = vc_unexplained(vc_moved(vif, NULL, "tx_dropped"),
				       vc_moved_like(vif, "counters", "tx_drop_*"));
	/* A single one may have come between two reads. */
	if (!changes && drops <= 1)
		return;
	finding = vc_found(c, VC_VIF_STOPPED, vif->name, changes ?
			   "%s had no carrier for a time: netback has stopped it, since the guest took no packets, or connected anew" :
			   "packets to the guest of %s were lost before netback had them: the interface was not ready",
			   vif->name);
	vc_moved_by(finding, "carrier_changes", changes);
	vc_moved_by(finding, "tx_stalled", vc_moved(vif, "counters", "tx_stalled"));
	vc_moved_by(finding, "tx_dropped", drops);
	vc_set(finding, "fix", "see the reason, here and in the guest: dmesg | grep %s", vif->name);
	vc_set(finding, "verify", "cat /sys/class/net/%s/carrier_changes; ip -s link show dev %s",
	       vif->name, vif->name);
}

static void no_memory(const struct vc_case *c, const struct vc_pair *vif)
{
	long long rx = vc_moved(vif, "counters", "rx_drop_nomem");
	long long tx = vc_moved(vif, "counters", "tx_drop_nomem");
	struct json_object *finding;

	if (!is_backend(vif) || (!rx && !tx))
		return;
	finding = vc_found(c, VC_VIF_NO_MEMORY, vif->name,
			   "there was no memory in this domain for %lld packets of %s", rx + tx,
			   vif->name);
	vc_moved_by(finding, "rx_drop_nomem", rx);
	vc_moved_by(finding, "tx_drop_nomem", tx);
	vc_more_memory(c, finding);
	vc_set(finding, "verify", "ethtool -S %s | grep nomem", vif->name);
}

static bool has_feature(struct json_object *vif, const char *name)
{
	struct json_object *features = vc_at(vif, "features", NULL);
	const char *feature;
	size_t i;

	for (i = 0; i < vc_length(features); i++) {
		feature = json_object_get_string(vc_item(features, i));
		if (feature && !strcmp(feature, name))
			return true;
	}

	return false;
}

/* Is something so of one of the queues, at the second look? */
static bool any_queue(const struct vc_pair *vif, bool (*is_so)(struct json_object *queue))
{
	struct vc_pair queue;
	size_t n;

	for (n = 0; vc_queue_of(vif, n, &queue); n++)
		if (is_so(queue.after))
			return true;

	return false;
}

/*
 * May packets to the guest of an in-tree vif have waited too long for buffers? Then there
 * were few at one of the looks at least.
 */
static bool may_expire(const struct vc_case *c, const struct vc_pair *vif)
{
	struct vc_pair queue;
	bool known = false;
	size_t n;

	for (n = 0; vc_queue_of(vif, n, &queue); n++) {
		long long before = vc_number_at(queue.before, "rx_ring_free_slots");
		long long after = vc_number_at(queue.after, "rx_ring_free_slots");

		known = before >= 0 && after >= 0;
		if (known && (before < VC_SLOTS_ENOUGH || after < VC_SLOTS_ENOUGH))
			return true;
	}

	return !known && !vc_backlog_drops(c);
}

/* The guest has no buffer posted for it. */
static bool lacks_buffers(struct json_object *queue)
{
	return vc_number_at(queue, "rx_ring_free_slots") == 0;
}

/*
 * The in-tree netback has five reasons and two numbers, and counts what waited too long
 * for the guest on the side of what comes from the guest, where the stack has its own drops
 * as well. One reason is as it should be: multicast that a guest does not want, if it has said
 * so; the others have the same number.
 */
static void in_tree_drops(const struct vc_case *c, const struct vc_pair *vif)
{
	long long tx = vc_moved(vif, NULL, "tx_dropped"), rx = vc_moved(vif, NULL, "rx_dropped");
	bool filters = has_feature(vif->after, "multicast-control");
	struct json_object *finding;

	if (!is_backend(vif) || vc_info_number(vif->after, "ours", 1))
		return;
	if (!may_expire(c, vif))
		rx = 0;
	if (!tx && !rx)
		return;
	if (tx)
		finding = vc_found(c, VC_VIF_IN_TREE_DROPS, vif->name,
				   "%lld packets to the guest of %s were dropped: its queue was not ready or full, %sthey waited too long for buffers%s",
				   tx + rx, vif->name, filters ? "" : "or ",
				   filters ? ", or they were multicast that it has not asked for" :
				   "");
	else
		finding = vc_found(c, VC_VIF_IN_TREE_DROPS, vif->name,
				   "%lld packets to the guest of %s were dropped: they waited too long for buffers",
				   rx, vif->name);
	vc_moved_by(finding, "tx_dropped", tx);
	vc_moved_by(finding, "rx_dropped", rx);
	if (filters && !rx && !any_queue(vif, lacks_buffers)) {
		vc_set(finding, "severity", "hint");
		vc_set(finding, "fix",
		       "nothing, if they were multicast; what the guest listens to, in the guest: ip maddress show");
		return;
	}
	vc_set(finding, "fix",
	       "see whether the guest posts buffers: grep -A 3 RX: /sys/kernel/debug/xen-netback/%s/io_ring_q0",
	       vif->name);
}

/* What is dropped of what came in, but for what the driver has its own reasons for. */
static void unwanted(const struct vc_case *c, const struct vc_pair *vif)
{
	long long all = vc_moved(vif, NULL, "rx_dropped");
	long long count = vc_unexplained(all, vc_moved_like(vif, "counters", "rx_drop_*"));
	struct json_object *finding;

	if (is_backend(vif) && !vc_info_number(vif->after, "ours", 1) && may_expire(c, vif))
		return;
	finding = vc_unwanted(c, vif->name, count);
	if (!finding)
		return;
	vc_moved_by(finding, "rx_dropped", all);
	if (is_backend(vif))
		vc_set(finding, "direction", "from-guest");
}

/* One module serves all vifs. */
static void less_to_say(const struct vc_case *c)
{
	struct json_object *vifs = vc_at(c->after, "vifs", NULL), *finding;
	size_t i;

	for (i = 0; i < vc_length(vifs); i++) {
		struct json_object *vif = vc_item(vifs, i);

		/* One that no driver has taken yet is nobody's. */
		if (!vc_says(vif, "role", "backend") || vc_info_number(vif, "ours", 1) ||
		    vc_says(vif, "backend_state", "Initialising"))
			continue;
		finding = vc_found(c, VC_VIF_IN_TREE, NULL,
				   "the in-tree netback serves the vifs: it does not say why it drops packets, nor what limits a queue");
		vc_set(finding, "fix", "with vifwire's netback there is a counter for each reason");
		vc_set(finding, "verify", "cat /sys/module/xen_netback/version");
		return;
	}
}

static void multicast(const struct vc_case *c, const struct vc_pair *vif)
{
	long long count = vc_moved(vif, "counters", "tx_drop_multicast");
	long long full = vc_moved(vif, "counters", "rx_err_mcast_full");
	struct json_object *finding;

	if (!count && !full)
		return;
	if (full) {
		finding = vc_found(c, VC_MULTICAST_FILTER, vif->name,
				   "the guest of %s listens to more multicast groups than the 64 that there is room for: it gets nothing that goes to the others",
				   vif->name);
		vc_set(finding, "severity", "loss");
		vc_set(finding, "fix", "in the guest: see who needs them, and have fewer: ip maddress show");
	} else {
		finding = vc_found(c, VC_MULTICAST_FILTER, vif->name,
				   "%lld packets went to multicast groups that the guest of %s has said it does not listen to",
				   count, vif->name);
		vc_set(finding, "fix", "nothing, if that is right; in the guest: ip maddress show");
	}
	vc_moved_by(finding, "tx_drop_multicast", count);
	vc_moved_by(finding, "rx_err_mcast_full", full);
	vc_set(finding, "verify", "ethtool -S %s | grep -E 'multicast|mcast'", vif->name);
}

/* Slots of the guest's that wait to be taken, in a snapshot of a queue; -1: not known. */
static long long waiting(struct json_object *queue)
{
	return vc_number_at(queue, "tx_ring_waiting_slots");
}

static bool waits_for_credit(struct json_object *queue)
{
	return vc_says(vc_at(queue, "ring", NULL), "credit_state", "waits");
}

static bool ring_moved(const struct vc_pair *queue, const char *index)
{
	return vc_number_at(vc_at(queue->before, "ring", NULL), index) !=
	       vc_number_at(vc_at(queue->after, "ring", NULL), index);
}

/* The CPU that a queue's work is done on. */
static void home_of(const struct vc_case *c, const struct vc_pair *queue, struct vc_cpus *cpus)
{
	long long home = vc_number_at(queue->after, "home_cpu");

	vc_cpus_of(c, queue->name, queue->queue, cpus);
	if (home < 0 || home >= VC_CPUS_MAX)
		return;
	memset(cpus, 0, sizeof(*cpus));
	vc_cpus_add(cpus, home);
}

static bool is_saturated(const struct vc_case *c, const struct vc_cpus *cpus)
{
	int cpu;

	vc_cpus_each(cpu, cpus)
		if (vc_saturated(c, cpu))
			return true;

	return false;
}

/* One that is for buffers only. */
static bool is_rx(struct json_object *irq)
{
	const char *name = vc_info_text(irq, "name", "");
	size_t len = strlen(name);

	return len > 3 && !strcmp(name + len - 3, "-rx");
}

/* Of those that say that the guest has sent something; or of all. */
static long long interrupts(const struct vc_pair *queue, bool tx_only)
{
	struct json_object *before = vc_at(queue->before, "irqs", NULL);
	struct json_object *after = vc_at(queue->after, "irqs", NULL);
	long long sum = 0;
	size_t i;

	for (i = 0; i < vc_length(after); i++) {
		struct vc_pair irq = {
			.before = vc_item(before, i),
			.after = vc_item(after, i),
			.most = queue->most,
		};

		if (!tx_only || !is_rx(irq.after))
			sum += vc_moved(&irq, NULL, "interrupts");
	}

	return sum;
}

static bool says_event(struct json_object *queue)
{
	return vc_at(queue, "ring", "tx_req_event", NULL);
}

/* Does a request wait that netback wants an event for? Indices go round at 32 bits. */
static bool is_owed(struct json_object *queue)
{
	struct json_object *ring = vc_at(queue, "ring", NULL);
	unsigned int prod = vc_number_at(ring, "tx_req_prod");
	unsigned int cons = vc_number_at(ring, "tx_req_cons");
	unsigned int event = vc_number_at(ring, "tx_req_event");

	return says_event(queue) && prod - event < prod - cons;
}

/**
 * vc_kick() - have a queue's action run
 * @queue: the queue
 * @finding: gets the fix
 */
void vc_kick(const struct vc_pair *queue, struct json_object *finding)
{
	const char *now = vc_info_text(queue->vif, "tx_action", NULL);

	/* A change of what runs the action has it run, too; the same again is no change. */
	if (!vc_info_number(queue->vif, "ours", 1))
		vc_set(finding, "fix", "echo kick >/sys/kernel/debug/xen-netback/%s/io_ring_q%d",
		       queue->name, queue->queue);
	else if (vc_plain(now))
		vc_set(finding, "fix", "vifctl mode %s %s && vifctl mode %s %s", queue->name,
		       strcmp(now, "kthread") ? "kthread" : "napi", queue->name, now);
	else
		vc_set(finding, "fix", "set another mode, and then the one that it has: vifctl mode %s",
		       queue->name);
}

/*
 * Requests of the guest that wait: for credit, for a CPU, for pages to come back, for an
 * event that got lost, or for an action that does not run although events come.
 *
 * When events get lost, requests may be taken all the same, late: whatever has the action
 * run takes them, as a packet to the guest or a timer. So what counts is that netback wanted
 * an event at both looks, and that none came in between.
 */
static void held(const struct vc_case *c, const struct vc_pair *queue)
{
	bool lost = is_owed(queue->before) && is_owed(queue->after) && !interrupts(queue, true);
	bool moved = ring_moved(queue, "tx_req_cons");
	long long before = waiting(queue->before), after = waiting(queue->after);
	bool many = before >= WAITING_MANY && after >= WAITING_MANY;
	long long pages = vc_number_at(vc_at(queue->after, "ring", NULL), "pages_out");
	bool ours = vc_info_number(queue->vif, "ours", 1);
	struct json_object *finding;
	struct vc_cpus cpus;
	int room;

	if (before <= 0 || after <= 0 || waits_for_credit(queue->after) ||
	    (moved && !many && !lost))
		return;
	home_of(c, queue, &cpus);
	if (is_saturated(c, &cpus) && (many || !moved)) {
		room = vc_idlest(c);
		finding = vc_found(c, VC_ACTION_STARVED, queue->name,
				   "%lld requests of queue %d of %s wait, and its CPU has no time left",
				   after, queue->queue, queue->name);
		vc_of_cpus(finding, &cpus);
		if (room >= 0) {
			vc_set(finding, "fix", "vifctl pin %s q%d to %d", queue->name, queue->queue,
			       room);
			vc_undo_pin(c, finding, queue->name, queue->queue);
		} else {
			vc_set(finding, "fix",
			       "give this domain more CPUs; there is none with time left");
		}
	} else if (moved && !lost) {
		return;
	} else if (!moved && pages >= (ours ? PAGES_OUT_MAX : PAGES_OUT_MAX_IN_TREE)) {
		finding = vc_found(c, VC_PAGES_HELD, queue->name,
				   "somebody in this domain holds %lld pages of queue %d of %s, and so no more is taken from the guest",
				   pages, queue->queue, queue->name);
		vc_is_now(finding, "pages_out", vc_at(queue->after, "ring", "pages_out", NULL));
		vc_set(finding, "fix",
		       "see where they wait: tc -s qdisc show; ss -tanm; grep . /sys/class/net/*/queues/tx-*/byte_queue_limits/inflight");
	} else if (!moved && interrupts(queue, !ours)) {
		finding = vc_found(c, VC_ACTION_STUCK, queue->name,
				   "events come for queue %d of %s, and yet none of %lld requests is taken",
				   queue->queue, queue->name, after);
		vc_moved_by(finding, "interrupts", interrupts(queue, !ours));
		vc_kick(queue, finding);
	} else if (says_event(queue->after) && !is_owed(queue->after)) {
		finding = vc_found(c, VC_ACTION_STUCK, queue->name,
				   "netback wants no event for queue %d of %s, as if its action were to run, and yet none of %lld requests is taken",
				   queue->queue, queue->name, after);
		vc_kick(queue, finding);
	} else {
		finding = vc_found(c, VC_EVENT_LOST, queue->name,
				   "%lld requests lie on the TX ring of queue %d of %s, and no event comes for them: it got lost",
				   after, queue->queue, queue->name);
		vc_moved_by(finding, "tx_req_cons", vc_moved(queue, "ring", "tx_req_cons"));
		vc_kick(queue, finding);
	}
	vc_of_queue(finding, queue->queue);
	vc_is_number(finding, "tx_ring_waiting_slots", after);
	vc_is_now(finding, "tx_req_prod", vc_at(queue->after, "ring", "tx_req_prod", NULL));
	vc_is_now(finding, "tx_req_cons", vc_at(queue->after, "ring", "tx_req_cons", NULL));
	vc_is_now(finding, "tx_req_event", vc_at(queue->after, "ring", "tx_req_event", NULL));
}

/* The in-tree netback does not say that a queue waits for credit. */
static bool at_its_rate(const struct vc_case *c, const struct vc_pair *vif)
{
	double bytes = vc_number_at(vif->after, "rate_bytes");
	double usecs = vc_number_at(vif->after, "rate_interval_usecs");
	struct vc_pair queue;
	size_t n;

	if (vc_info_number(vif->after, "ours", 1) || bytes <= 0 || usecs <= 0 ||
	    vc_moved(vif, NULL, "rx_bytes") < bytes / usecs * 1e6 * c->seconds * RATE_MOST / 100)
		return false;
	for (n = 0; vc_queue_of(vif, n, &queue); n++)
		if (waiting(queue.before) > 0 && waiting(queue.after) > 0)
			return true;

	return false;
}

static void credit(const struct vc_case *c, const struct vc_pair *vif)
{
	long long waits = vc_moved(vif, "counters", "rx_credit_waits");
	long long bytes = vc_number_at(vif->after, "rate_bytes");
	long long usecs = vc_number_at(vif->after, "rate_interval_usecs");
	struct json_object *finding;

	if (!is_backend(vif) || (!waits && !any_queue(vif, waits_for_credit) && !at_its_rate(c, vif)))
		return;
	finding = vc_found(c, VC_CREDIT_LIMIT, vif->name,
			   "the guest of %s sends as much as its rate allows, and waits for more",
			   vif->name);
	vc_moved_by(finding, "rx_credit_waits", waits);
	vc_moved_by(finding, "rx_bytes", vc_moved(vif, NULL, "rx_bytes"));
	vc_is_now(finding, "rate_bytes", vc_at(vif->after, "rate_bytes", NULL));
	vc_is_now(finding, "rate_interval_usecs", vc_at(vif->after, "rate_interval_usecs", NULL));
	vc_set(finding, "fix", "vifctl rate %s none", vif->name);
	if (bytes > 0 && usecs > 0)
		vc_set(finding, "undo", "xenstore-write " NODE "/rate %lld,%lld", NODE_OF(vif),
		       bytes, usecs);
	vc_set(finding, "verify", "vifctl rate %s", vif->name);
}

/* Xen has a guest wait whose events come for nothing, one after the other. */
static void delayed(const struct vc_case *c, const struct vc_pair *vif)
{
	long long jiffies = vc_moved(vif, NULL, "jiffies_eoi_delayed");
	long long threshold = vc_number_at(vif->after, "spurious_threshold");
	struct json_object *finding;

	if (!is_backend(vif) || jiffies < DELAYS_PER_SECOND * c->seconds)
		return;
	finding = vc_found(c, VC_EVENT_DELAYED, vif->name,
			   "events of the guest of %s are held back, since so many of them come for nothing",
			   vif->name);
	vc_moved_by(finding, "jiffies_eoi_delayed", jiffies);
	vc_moved_by(finding, "spurious_events", vc_moved(vif, NULL, "spurious_events"));
	vc_is_now(finding, "spurious_threshold", vc_at(vif->after, "spurious_threshold", NULL));
	if (threshold >= 0 && threshold < 16) {
		vc_set(finding, "fix",
		       "see to the guest's driver; until then: echo %lld >" THRESHOLD,
		       threshold + 4, NODE_OF(vif));
		vc_set(finding, "undo", "echo %lld >" THRESHOLD, threshold, NODE_OF(vif));
	} else {
		vc_set(finding, "fix", "see to the guest's driver, or who controls it");
	}
	vc_set(finding, "verify", "grep . /sys/bus/xen-backend/devices/vif-%lld-%lld/xenbus/*",
	       NODE_OF(vif));
}

static void queues(const struct vc_case *c, const struct vc_pair *vif)
{
	struct vc_pair queue;
	size_t n;

	/* What waits for the rate is found by its own rule. */
	if (!is_backend(vif) || at_its_rate(c, vif))
		return;
	for (n = 0; vc_queue_of(vif, n, &queue); n++)
		held(c, &queue);
}

/**
 * vc_rules_vif() - have the rules about vifs look
 * @c: the case
 */
void vc_rules_vif(const struct vc_case *c)
{
	static vc_look *const rules[] = {
		hotplug, error, not_connected, is_down, stopped, was_stopped, no_memory,
		in_tree_drops, unwanted, multicast, queues, delayed, credit,
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		vc_each_vif(c, rules[i]);
	vc_each_vif_gone(c, gone);
	less_to_say(c);
}
