// SPDX-License-Identifier: GPL-2.0
/* Rules about what is between NICs and vifs: bridges and queueing disciplines. */

#include <stdio.h>
#include <string.h>

#include "info.h"
#include "rules.h"

/* With so many packets there in both snapshots, more is sent than is taken. */
#define BACKLOG_LONG	128

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static bool has_port(const struct vc_case *c, const char *bridge)
{
	struct json_object *links = vc_at(c->after, "links", NULL);

	json_object_object_foreach(links, name, link) {
		(void)name;
		if (vc_says(link, "master", bridge))
			return true;
	}

	return false;
}

static void bridge_down(const struct vc_case *c, const struct vc_pair *bridge)
{
	struct json_object *finding;

	/* One that nothing is on may be down on purpose. */
	if (vc_info_number(bridge->after, "up", 1) || !has_port(c, bridge->name))
		return;
	finding = vc_found(c, VC_BRIDGE_DOWN, bridge->name, "the bridge %s is down", bridge->name);
	vc_is_now(finding, "up", vc_at(bridge->after, "up", NULL));
	vc_set(finding, "fix", "ip link set dev %s up", bridge->name);
	vc_set(finding, "undo", "ip link set dev %s down", bridge->name);
}

/* "route" is one of vif-route, and of /etc/xen/scripts/vif-route-qubes. */
static bool script_has(struct json_object *vif, const char *word)
{
	const char *script = vc_info_text(vif, "script", ""), *at = strrchr(script, '/');
	size_t len;

	for (at = at ? at + 1 : script; *at; at += strspn(at, "-_.")) {
		len = strcspn(at, "-_.");
		if (len == strlen(word) && !strncmp(at, word, len))
			return true;
		at += len;
	}

	return false;
}

/* A script that routes needs no bridge. */
static bool wants_bridge(struct json_object *vif)
{
	return !script_has(vif, "route") && !script_has(vif, "nat");
}

/* Is the bridge that a vif is for one of Open vSwitch? */
static bool is_of_ovs(const struct vc_case *c, const struct vc_pair *vif)
{
	const char *bridge = vc_info_text(vif->after, "bridge", "");

	return script_has(vif->after, "openvswitch") ||
	       vc_says(vc_at(c->after, "links", bridge, NULL), "driver", "openvswitch");
}

/* vif-openvswitch takes VLANs as well: ovsbr0.12, ovsbr0:12:13, and both. */
static void print_ovs_join(const char *ifname, const char *bridge, char *text, size_t size)
{
	int name = strcspn(bridge, ".:"), tag = strcspn(bridge, ":"), len;
	char *at;

	len = snprintf(text, size, "ovs-vsctl --may-exist add-port %.*s %s", name, bridge, ifname);
	if (tag > name && (size_t)len < size)
		len += snprintf(text + len, size - len, " tag=%.*s", tag - name - 1, bridge + name + 1);
	if (!bridge[tag] || (size_t)len >= size)
		return;
	snprintf(text + len, size - len, " trunks=%s", bridge + tag + 1);
	for (at = text + len; (at = strchr(at, ':')); )
		*at = ',';
}

/**
 * vc_print_join() - the command that puts a vif into its bridge
 * @c: the case
 * @vif: the vif, whose name is plain
 * @fallback: the bridge, if it is not known; or NULL
 * @text: the command
 * @size: the room for it
 *
 * Return: false if it is for none, or it is not known for which.
 */
bool vc_print_join(const struct vc_case *c, const struct vc_pair *vif, const char *fallback,
		   char *text, size_t size)
{
	const char *bridge = vc_info_text(vif->after, "bridge", NULL);

	if (!vc_plain(bridge) || !strcmp(bridge, "ovs-system"))
		bridge = fallback;
	if (!bridge || !wants_bridge(vif->after))
		return false;
	if (is_of_ovs(c, vif))
		print_ovs_join(vif->name, bridge, text, size);
	else
		snprintf(text, size, "ip link set dev %s master %s", vif->name, bridge);

	return true;
}

static bool is_connected(struct json_object *vif)
{
	return vc_says(vif, "backend_state", "Connected") &&
	       vc_says(vif, "frontend_state", "Connected");
}

/**
 * vc_any_routed() - may any NIC be the way of a vif?
 * @c: the case
 *
 * Return: true if one is connected whose script routes: it is not known where to.
 */
bool vc_any_routed(const struct vc_case *c)
{
	struct json_object *vifs = vc_at(c->after, "vifs", NULL);
	size_t i;

	for (i = 0; i < vc_length(vifs); i++)
		if (is_connected(vc_item(vifs, i)) && !wants_bridge(vc_item(vifs, i)))
			return true;

	return false;
}

static void bridge_none(const struct vc_case *c, const struct vc_pair *vif)
{
	struct json_object *link = vc_at(c->after, "links", vif->name, NULL), *finding;
	char join[512];

	if (!link || !vc_says(vif->after, "role", "backend") || !is_connected(vif->after) ||
	    vc_at(link, "master", NULL) ||
	    !vc_print_join(c, vif, "xenbr0", join, sizeof(join)))
		return;
	finding = vc_found(c, VC_BRIDGE_NONE, vif->name, "%s is in no bridge", vif->name);
	vc_is_now(finding, "script", vc_at(vif->after, "script", NULL));
	vc_set(finding, "fix", "%s", join);
	if (is_of_ovs(c, vif)) {
		vc_set(finding, "undo", "ovs-vsctl del-port %s", vif->name);
		vc_set(finding, "verify", "ovs-vsctl port-to-br %s", vif->name);
	} else {
		vc_set(finding, "undo", "ip link set dev %s nomaster", vif->name);
		vc_set(finding, "verify", "bridge link show dev %s", vif->name);
	}
}

/**
 * vc_is_uplink() - does an interface lead out of this machine?
 * @link: the interface
 *
 * Return: true for a NIC, and for what is made of some: a bond, a VLAN.
 */
bool vc_is_uplink(struct json_object *link)
{
	static const char *const drivers[] = { "bonding", "team", "802.1Q VLAN Support" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		if (vc_says(link, "driver", drivers[i]))
			return true;

	return vc_says(link, "kind", "nic");
}

/* Does a bridge have a way out that is open? */
static bool has_uplink(const struct vc_case *c, const char *bridge)
{
	struct json_object *links = vc_at(c->after, "links", NULL);

	json_object_object_foreach(links, name, link) {
		(void)name;
		if (vc_says(link, "master", bridge) && vc_is_uplink(link) &&
		    vc_says(vc_at(link, "bridge_port", NULL), "state", "forwarding"))
			return true;
	}

	return false;
}

static void port_blocked(const struct vc_case *c, const struct vc_pair *link)
{
	const char *state = vc_info_text(vc_at(link->after, "bridge_port", NULL), "state", NULL);
	const char *bridge = vc_info_text(link->after, "master", NULL);
	static const char *const states[] = {
		"disabled", "listening", "learning", "forwarding", "blocking",
	};
	bool stp, redundant, soon;
	struct json_object *finding;
	size_t i = 0;

	if (!state || !vc_plain(bridge) || !strcmp(state, "forwarding"))
		return;
	while (i < ARRAY_SIZE(states) && strcmp(states[i], state))
		i++;
	if (i == ARRAY_SIZE(states))
		return;
	/* One that is down or has no carrier is disabled, and has rules of its own. */
	if (!strcmp(state, "disabled") && (!vc_info_number(link->after, "up", 1) ||
					   !vc_info_number(link->after, "carrier", 1)))
		return;
	stp = vc_info_number(vc_at(c->after, "links", bridge, NULL), "stp_state", 0) > 0;
	redundant = vc_is_uplink(link->after) && has_uplink(c, bridge);
	/* A second way out that waits until the first one fails: that is what it is for. */
	if (stp && redundant && !strcmp(state, "blocking"))
		return;
	soon = stp && (!strcmp(state, "listening") || !strcmp(state, "learning"));
	finding = vc_found(c, VC_BRIDGE_PORT_BLOCKED, link->name,
			   "the bridge %s passes nothing to or from %s%s: the port is %s", bridge,
			   link->name, soon ? " yet" : "", state);
	vc_is_now(finding, "state", vc_at(link->after, "bridge_port", "state", NULL));
	vc_is_now(finding, "stp_state", vc_at(c->after, "links", bridge, "stp_state", NULL));
	if (soon) {
		vc_set(finding, "severity", "delay");
		vc_set(finding, "fix",
		       "wait for forward_delay to pass (in hundredths of a second: cat /sys/class/net/%s/bridge/forward_delay)",
		       bridge);
	} else if (stp || redundant) {
		/* Without the spanning tree there may be a loop, and then nobody has a network. */
		vc_set(finding, "fix",
		       "see which way is taken instead, and whether it is to be: bridge -d link show");
	} else {
		vc_set(finding, "fix", "bridge link set dev %s state 3", link->name);
		vc_set(finding, "undo", "bridge link set dev %s state %zu", link->name, i);
	}
	vc_set(finding, "verify", "bridge link show dev %s", link->name);
}

static void ovs(const struct vc_case *c, const struct vc_pair *bridge)
{
	long long lost = vc_moved(bridge, "datapath", "lost");
	struct json_object *finding;

	if (lost) {
		finding = vc_found(c, VC_BRIDGE_OVS, bridge->name,
				   "%lld packets that Open vSwitch had no flow for did not get to ovs-vswitchd, which makes them: it is too slow",
				   lost);
		vc_set(finding, "severity", "loss");
		vc_set(finding, "fix",
		       "see what it is busy with: ovs-appctl upcall/show; top -H -p $(pidof ovs-vswitchd)");
	} else {
		finding = vc_found(c, VC_BRIDGE_OVS, bridge->name,
				   "Open vSwitch carries the packets; what its flows drop is not seen from here");
		vc_set(finding, "fix", "see whether those that drop count packets: ovs-dpctl dump-flows");
	}
	vc_moved_by(finding, "lost", lost);
	vc_moved_by(finding, "missed", vc_moved(bridge, "datapath", "missed"));
	vc_set(finding, "verify", "ovs-dpctl show");
}

/* Where what goes out of an interface goes to; inside of a guest a vif leads out of it. */
static bool leads_to_guest(const struct vc_case *c, const struct vc_pair *link)
{
	struct json_object *vifs = vc_at(c->after, "vifs", NULL);
	size_t i;

	for (i = 0; i < vc_length(vifs); i++)
		if (vc_says(vc_item(vifs, i), "vif", link->name))
			return vc_says(vc_item(vifs, i), "role", "backend");

	return !vc_is_uplink(link->after);
}

static void add_queue(const struct vc_case *c, struct json_object *finding,
		      const struct vc_pair *link)
{
	if (!leads_to_guest(c, link))
		vc_set(finding, "direction", "from-guest");
	vc_is_now(finding, "kind", vc_at(link->after, "qdisc", "kind", NULL));
	vc_is_now(finding, "child_kind", vc_at(link->after, "qdisc", "child_kind", NULL));
	vc_is_now(finding, "tx_queue_length_packets",
		  vc_at(link->after, "tx_queue_length_packets", NULL));
	vc_is_now(finding, "backlog_packets", vc_at(link->after, "qdisc", "backlog_packets", NULL));
	vc_moved_by(finding, "requeues", vc_moved(link, "qdisc", "requeues"));
	vc_set(finding, "verify", "tc -s qdisc show dev %s", link->name);
}

/* What queues packets there: below mq that is one for each queue, of the same kind as a rule. */
static const char *queue_kind(const struct vc_pair *link)
{
	struct json_object *qdisc = vc_at(link->after, "qdisc", NULL);
	const char *kind = vc_info_text(qdisc, "kind", "?");

	return strcmp(kind, "mq") ? kind : vc_info_text(qdisc, "child_kind", kind);
}

/* It drops long before it is full, so that senders slow down; one that stands is full. */
static bool drops_early(const struct vc_pair *link, const char *kind)
{
	return !strcmp(kind, "fq_codel") && vc_moved(link, "qdisc", "packets") &&
	       !vc_moved(link, "qdisc", "full_drops");
}

/*
 * Room for bursts. Only the kernel's plain queue has a length that is known and can be set
 * back; all else may be what somebody has put there, with settings that would be lost.
 */
static void make_room(const struct vc_pair *link, const char *kind, struct json_object *finding)
{
	long long length = vc_number_at(link->after, "tx_queue_length_packets");

	if (!strcmp(kind, "pfifo_fast") && length > 0 && length < 1000000) {
		vc_set(finding, "fix", "ip link set dev %s txqueuelen %lld", link->name,
		       4 * length);
		vc_set(finding, "undo", "ip link set dev %s txqueuelen %lld", link->name, length);
	} else if (!strcmp(kind, "mq")) {
		vc_set(finding, "fix", "see which queues drop, and of what kind they are: tc -s qdisc show dev %s",
		       link->name);
	} else {
		vc_set(finding, "fix", "see what limit it is there to keep: tc -s qdisc show dev %s",
		       link->name);
	}
}

static void qdisc_drops(const struct vc_case *c, const struct vc_pair *link)
{
	const char *kind = queue_kind(link);
	long long drops = vc_moved(link, "qdisc", "drops");
	struct json_object *finding;

	if (!drops)
		return;
	if (drops_early(link, kind)) {
		finding = vc_found(c, VC_QDISC_DROPS, link->name,
				   "%s dropped %lld packets before %s to keep delays short: more is sent there than it takes",
				   kind, drops, link->name);
		vc_set(finding, "severity", "hint");
		vc_set(finding, "fix",
		       "nothing, that is what it is for; what it is set to: tc -s qdisc show dev %s",
		       link->name);
	} else {
		finding = vc_found(c, VC_QDISC_DROPS, link->name, !strcmp(kind, "mq") ?
				   "%lld packets were dropped in the queues before %s: more is sent there than it takes" :
				   "%lld packets found the queue before %s full: more is sent there than it takes",
				   drops, link->name);
		make_room(link, kind, finding);
	}
	add_queue(c, finding, link);
	vc_moved_by(finding, "drops", drops);
	vc_moved_by(finding, "full_drops", vc_moved(link, "qdisc", "full_drops"));
	vc_moved_by(finding, "packets", vc_moved(link, "qdisc", "packets"));
}

static void qdisc_backlog(const struct vc_case *c, const struct vc_pair *link)
{
	long long before = vc_number_at(vc_at(link->before, "qdisc", NULL), "backlog_packets");
	long long after = vc_number_at(vc_at(link->after, "qdisc", NULL), "backlog_packets");
	long long packets = vc_moved(link, "qdisc", "packets");
	struct json_object *finding;

	if (before <= 0 || after <= 0 ||
	    (packets && (before < BACKLOG_LONG || after < BACKLOG_LONG)))
		return;
	finding = vc_found(c, VC_QDISC_BACKLOG, link->name,
			   packets ? "%lld packets wait before %s, which takes less than is sent" :
			   "%lld packets wait before %s, which takes none", after, link->name);
	add_queue(c, finding, link);
	vc_moved_by(finding, "packets", packets);
	vc_set(finding, "fix", "see why %s takes no more: ethtool -S %s; ip -s link show dev %s",
	       link->name, link->name, link->name);
}

/* What a filter drops as packets come in: policing, by tc or Open vSwitch. */
static void qdisc_ingress(const struct vc_case *c, const struct vc_pair *link)
{
	long long drops = vc_moved(link, "ingress", "drops");
	struct json_object *finding;

	if (!drops)
		return;
	finding = vc_found(c, VC_QDISC_INGRESS, link->name,
			   "a filter of tc has dropped %lld packets that came in from %s", drops,
			   link->name);
	vc_moved_by(finding, "drops", drops);
	if (!leads_to_guest(c, link))
		vc_set(finding, "direction", "to-guest");
	vc_set(finding, "fix", "see which, and what it may let pass: tc -s filter show dev %s ingress",
	       link->name);
	vc_set(finding, "verify", "tc -s qdisc show dev %s", link->name);
}

/* The same for both ends of the path through this domain. */
static void for_ends(const struct vc_case *c, vc_look *look)
{
	vc_each_link(c, "uplink", look);
	vc_each_link(c, "vif", look);
}

/**
 * vc_rules_path() - have the rules about bridges and qdiscs look
 * @c: the case
 */
void vc_rules_path(const struct vc_case *c)
{
	vc_each_link(c, "bridge", bridge_down);
	vc_each_link(c, "ovs", ovs);
	vc_each_vif(c, bridge_none);
	for_ends(c, port_blocked);
	for_ends(c, qdisc_drops);
	for_ends(c, qdisc_backlog);
	for_ends(c, qdisc_ingress);
}
