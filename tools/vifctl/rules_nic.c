// SPDX-License-Identifier: GPL-2.0
/*
 * Rules about NICs: the wire, the port, the rings and the driver.
 *
 * Drivers call the same thing by different names, and different things by the same one.
 * /proc/net/dev is of no use here: its "drop" has rx_missed_errors added, and igb adds
 * what it has missed to "fifo" as well.
 */

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "rules.h"

/* mlx5 counts a second as one of a stalled bus from here on, in percent. */
#define PCI_STALLED	30

/*
 * Counters of `ethtool -S`, by driver. Those of a rule with the same @group count the
 * same packets, so that the largest is taken; groups are added. A name may be a pattern,
 * which stands for a sum.
 */
static const struct counter {
	const char *driver;
	enum vc_rule rule;
	unsigned int group;
	const char *name;
} counters[] = {
	/* rx_fifo_errors: filled by older drivers only, with the same packets. */
	{ "ixgbe", VC_NIC_RING_FULL, 0, "rx_missed_errors" },
	{ "ixgbe", VC_NIC_RING_FULL, 0, "rx_fifo_errors" },
	{ "ixgbe", VC_NIC_RING_FULL, 1, "rx_no_dma_resources" },
	/* The 82598's, and there the first packet buffer's. */
	{ "ixgbe", VC_NIC_RING_LOW, 0, "rx_no_buffer_count" },
	{ "ixgbe", VC_NIC_NO_MEMORY, 0, "alloc_rx_page_failed" },
	{ "ixgbe", VC_NIC_NO_MEMORY, 1, "alloc_rx_buff_failed" },
	{ "ixgbe", VC_NIC_PAUSED, 0, "rx_flow_control_xoff" },
	{ "ixgbe", VC_NIC_TX_TIMEOUT, 0, "tx_timeout_count" },

	/* Its rx_fifo_errors has both of these once more. */
	{ "igb", VC_NIC_RING_FULL, 0, "rx_missed_errors" },
	{ "igb", VC_NIC_RING_FULL, 1, "rx_queue_*_drops" },
	{ "igb", VC_NIC_RING_LOW, 0, "rx_no_buffer_count" },
	{ "igb", VC_NIC_NO_MEMORY, 0, "rx_queue_*_alloc_failed" },
	{ "igb", VC_NIC_PAUSED, 0, "rx_flow_control_xoff" },
	{ "igb", VC_NIC_TX_TIMEOUT, 0, "tx_timeout_count" },
	{ "igb", VC_WIRE_ERRORS, 0, "rx_crc_errors" },
	{ "igb", VC_WIRE_ERRORS, 1, "rx_align_errors" },

	{ "e1000e", VC_NIC_RING_FULL, 0, "rx_missed_errors" },
	{ "e1000e", VC_NIC_RING_LOW, 0, "rx_no_buffer_count" },
	{ "e1000e", VC_NIC_NO_MEMORY, 0, "alloc_rx_buff_failed" },
	{ "e1000e", VC_NIC_PAUSED, 0, "rx_flow_control_xoff" },
	{ "e1000e", VC_NIC_TX_TIMEOUT, 0, "tx_timeout_count" },
	{ "e1000e", VC_WIRE_ERRORS, 0, "rx_crc_errors" },
	{ "e1000e", VC_WIRE_ERRORS, 1, "rx_align_errors" },

	/* Of the function: no descriptor. Of the port: the bus, or what is behind it. */
	{ "i40e", VC_NIC_RING_FULL, 0, "rx_missed_errors" },
	{ "i40e", VC_NIC_RING_FULL, 0, "rx_dropped" },
	{ "i40e", VC_NIC_PORT_FULL, 0, "port.rx_discards" },
	{ "i40e", VC_NIC_PORT_FULL, 0, "port.rx_dropped" },
	{ "i40e", VC_NIC_NO_MEMORY, 0, "rx_alloc_fail" },
	{ "i40e", VC_NIC_NO_MEMORY, 1, "rx_pg_alloc_fail" },
	{ "i40e", VC_NIC_PAUSED, 0, "port.link_xoff_rx" },
	{ "i40e", VC_NIC_TX_TIMEOUT, 0, "port.tx_timeout" },
	{ "i40e", VC_WIRE_ERRORS, 0, "port.rx_crc_errors" },
	{ "i40e", VC_WIRE_LENGTH, 0, "port.rx_length_errors" },
	{ "i40e", VC_WIRE_LENGTH, 1, "port.rx_oversize" },
	{ "i40e", VC_WIRE_LENGTH, 2, "port.rx_undersize" },

	{ "ice", VC_NIC_RING_FULL, 0, "rx_dropped" },
	{ "ice", VC_NIC_PORT_FULL, 0, "rx_dropped.nic" },
	{ "ice", VC_NIC_NO_MEMORY, 0, "rx_alloc_fail" },
	{ "ice", VC_NIC_NO_MEMORY, 1, "rx_pg_alloc_fail" },
	{ "ice", VC_NIC_PAUSED, 0, "link_xoff_rx.nic" },
	{ "ice", VC_NIC_TX_TIMEOUT, 0, "tx_timeout.nic" },
	{ "ice", VC_WIRE_ERRORS, 0, "rx_crc_errors.nic" },
	{ "ice", VC_WIRE_LENGTH, 0, "rx_oversize.nic" },
	{ "ice", VC_WIRE_LENGTH, 1, "rx_undersize.nic" },
	/* Packets that are passed on; and what the chip counts wrongly (newer drivers do not show it). */
	{ "ice", VC_NIC_ERRORS, 0, "rx_csum_bad.nic" },
	{ "ice", VC_NIC_ERRORS, 1, "rx_length_errors.nic" },

	/* The overflow to the bus fills the port's buffer. */
	{ "mlx5_core", VC_NIC_RING_FULL, 0, "rx_out_of_buffer" },
	{ "mlx5_core", VC_NIC_PORT_FULL, 0, "rx_discards_phy" },
	{ "mlx5_core", VC_NIC_PORT_FULL, 0, "outbound_pci_buffer_overflow" },
	{ "mlx5_core", VC_NIC_NO_MEMORY, 0, "rx_buff_alloc_err" },
	{ "mlx5_core", VC_NIC_PAUSED, 0, "rx_pause_ctrl_phy" },
	{ "mlx5_core", VC_WIRE_ERRORS, 0, "rx_crc_errors_phy" },
	/* By the port, and by the driver, which goes by the MTU. */
	{ "mlx5_core", VC_WIRE_LENGTH, 0, "rx_oversize_pkts_phy" },
	{ "mlx5_core", VC_WIRE_LENGTH, 1, "rx_oversize_pkts_sw_drop" },
	{ "mlx5_core", VC_WIRE_LENGTH, 2, "rx_in_range_len_errors_phy" },
	{ "mlx5_core", VC_WIRE_LENGTH, 3, "rx_out_of_range_len_phy" },
	/* tx_errors of `ip -s link` has tx_discards_phy already. */
	{ "mlx5_core", VC_NIC_TX_DROPS, 0, "tx_errors_phy" },
};

/* Of `ip -s -s link`, for drivers that are not in the table, or not with this rule. */
static const struct counter standard[] = {
	{ NULL, VC_NIC_RING_FULL, 0, "rx_missed_errors" },
	{ NULL, VC_NIC_RING_FULL, 0, "rx_fifo_errors" },
	{ NULL, VC_NIC_RING_FULL, 0, "rx_over_errors" },
	{ NULL, VC_WIRE_ERRORS, 0, "rx_crc_errors" },
	{ NULL, VC_WIRE_ERRORS, 1, "rx_frame_errors" },
	{ NULL, VC_WIRE_LENGTH, 0, "rx_length_errors" },
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define GROUPS_MAX	4

/* Drivers whose rx_dropped of `ip -s link` has what the hardware dropped. */
static const char *const hardware_drops[] = { "i40e", "ice", "mlx5_core" };

static const char *driver_of(const struct vc_pair *nic)
{
	return vc_info_text(nic->after, "driver", "?");
}

/* Sum over the groups of a table; what has moved becomes evidence if there is a finding. */
static long long sum_of(const struct vc_pair *nic, enum vc_rule rule, const struct counter *table,
			size_t size, const char *where, struct json_object *finding, bool *known)
{
	long long group[GROUPS_MAX] = {}, moved, sum = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		if (table[i].rule != rule ||
		    (table[i].driver && strcmp(table[i].driver, driver_of(nic))))
			continue;
		*known = true;
		moved = vc_moved_like(nic, where, table[i].name);
		if (finding)
			vc_moved_by(finding, table[i].name, moved);
		if (moved > group[table[i].group])
			group[table[i].group] = moved;
	}
	for (i = 0; i < GROUPS_MAX; i++)
		sum += group[i];

	return sum;
}

/* What a NIC's counters say of a rule. */
static long long counted(const struct vc_pair *nic, enum vc_rule rule, struct json_object *finding)
{
	bool known = false;
	long long sum;

	sum = sum_of(nic, rule, counters, ARRAY_SIZE(counters), "counters", finding, &known);
	/* Without `ethtool -S` in the snapshot the standard ones are all there is. */
	if (!known || !vc_at(nic->after, "counters", NULL))
		sum = sum_of(nic, rule, standard, ARRAY_SIZE(standard), "stats", finding, &known);

	return sum;
}

static void verify(struct json_object *finding, const struct vc_pair *nic, const char *names)
{
	vc_set(finding, "verify", "ethtool -S %s | grep -E '%s'; vifctl diagnose %s", nic->name,
	       names, nic->name);
}

/**
 * vc_is_in_use() - is an interface part of a bridge or bond, itself or as a VLAN of it?
 * @links: all interfaces of a snapshot
 * @name: the interface
 *
 * Return: true or false.
 */
bool vc_is_in_use(struct json_object *links, const char *name)
{
	if (vc_at(links, name, "master", NULL))
		return true;
	json_object_object_foreach(links, other, link) {
		(void)other;
		if (vc_says(link, "lower", name) && vc_at(link, "master", NULL))
			return true;
	}

	return false;
}

/**
 * vc_is_needed() - is an interface needed, as far as is known?
 * @c: the case
 * @name: the interface
 *
 * Return: false for one that may be down on purpose.
 */
bool vc_is_needed(const struct vc_case *c, const char *name)
{
	return vc_is_in_use(vc_at(c->after, "links", NULL), name) ||
	       vc_says(c->subject, "name", name);
}

static bool is_nic(struct json_object *link)
{
	return vc_says(link, "kind", "nic");
}

/* Does it matter to a vif, or to who asks? What is routed may take any. */
static bool matters(const struct vc_case *c, const struct vc_pair *link)
{
	return vc_is_needed(c, link->name) || vc_any_routed(c);
}

/**
 * vc_bond_goes_on() - has the bond that a NIC is part of others?
 * @c: the case
 * @part: the NIC
 *
 * A bridge is no such help: it has a carrier as soon as a vif has one.
 *
 * Return: false if it is in none.
 */
bool vc_bond_goes_on(const struct vc_case *c, struct json_object *part)
{
	struct json_object *bond = vc_at(c->after, "links", vc_info_text(part, "master", ""), NULL);

	return vc_says(bond, "kind", "other") && vc_info_number(bond, "carrier", 0);
}

/* A bond has others for that; what is routed may take another NIC. */
static bool has_others(const struct vc_case *c, const struct vc_pair *nic)
{
	struct json_object *links = vc_at(c->after, "links", NULL);

	if (vc_is_needed(c, nic->name))
		return vc_bond_goes_on(c, nic->after);
	json_object_object_foreach(links, name, link) {
		if (strcmp(name, nic->name) && is_nic(link) && vc_info_number(link, "carrier", 0))
			return true;
	}

	return false;
}

static bool has_carrier(struct json_object *link)
{
	return vc_info_number(link, "up", 1) && vc_info_number(link, "carrier", 1);
}

/* The interface that a VLAN is made of, if that has findings of its own. */
static struct json_object *lower_of(const struct vc_case *c, const struct vc_pair *link)
{
	const char *lower = vc_info_text(link->after, "lower", "");

	return vc_is_needed(c, lower) ? vc_at(c->after, "links", lower, NULL) : NULL;
}

/*
 * Is it due to what a bond or VLAN is made of that it is down or has no carrier? Then that is said
 * of those. A VLAN goes down and comes up with its NIC; a bond that is down is down by itself.
 */
static bool is_due_to_parts(const struct vc_case *c, const struct vc_pair *link, bool up)
{
	struct json_object *links = vc_at(c->after, "links", NULL), *lower = lower_of(c, link);
	bool found = false;

	if (lower)
		return up ? !has_carrier(lower) : !vc_info_number(lower, "up", 1);
	json_object_object_foreach(links, name, part) {
		(void)name;
		if (!vc_says(part, "master", link->name))
			continue;
		if (has_carrier(part))
			return false;
		found = true;
	}

	return up && found;
}

static void look_at_parts(const struct vc_pair *link, struct json_object *finding)
{
	vc_set(finding, "fix",
	       "see what it is made of, and why that does not do: ip -d link show dev %s; ip link show master %s",
	       link->name, link->name);
}

static void down(const struct vc_case *c, const struct vc_pair *link)
{
	struct json_object *finding;
	bool up = vc_info_number(link->after, "up", 1);

	if (has_carrier(link->after) || !matters(c, link) ||
	    (!is_nic(link->after) && is_due_to_parts(c, link, up)))
		return;
	finding = vc_found(c, VC_NIC_DOWN, link->name, up ? "%s has no carrier" : "%s is down",
			   link->name);
	if (has_others(c, link))
		vc_set(finding, "severity", "hint");
	vc_moved_by(finding, "carrier_changes", vc_moved(link, NULL, "carrier_changes"));
	vc_is_now(finding, "up", vc_at(link->after, "up", NULL));
	vc_is_now(finding, "carrier", vc_at(link->after, "carrier", NULL));
	if (up) {
		if (is_nic(link->after))
			vc_set(finding, "fix", "look after the cable and the port at its other end");
		else
			look_at_parts(link, finding);
		vc_set(finding, "verify", "ethtool %s | grep 'Link detected'", link->name);
	} else {
		vc_set(finding, "fix", "ip link set dev %s up", link->name);
		vc_set(finding, "undo", "ip link set dev %s down", link->name);
	}
}

/* A VLAN's carrier comes and goes with that of its NIC, of which it is said. */
static bool lower_flaps(const struct vc_case *c, const struct vc_pair *link)
{
	const char *lower = vc_info_text(link->after, "lower", "");
	struct vc_pair pair = {
		.before = vc_at(c->before, "links", lower, NULL), .after = lower_of(c, link),
	};

	return vc_moved(&pair, NULL, "carrier_changes");
}

/* It has its carrier again; without, it has a rule of its own. */
static void flaps(const struct vc_case *c, const struct vc_pair *link)
{
	long long changes = vc_moved(link, NULL, "carrier_changes");
	struct json_object *finding;

	/* One that was set up in between has got it by that. */
	if (!changes || !vc_info_number(link->before, "up", 1) || !has_carrier(link->after) ||
	    !matters(c, link) || (!is_nic(link->after) && lower_flaps(c, link)))
		return;
	finding = vc_found(c, VC_NIC_FLAPS, link->name,
			   "%s lost its carrier, or got it back, %lld times: nothing passes meanwhile",
			   link->name, changes);
	if (has_others(c, link))
		vc_set(finding, "severity", "hint");
	vc_moved_by(finding, "carrier_changes", changes);
	if (is_nic(link->after))
		vc_set(finding, "fix", "look after the cable and the port at its other end; what the driver says: dmesg | grep %s",
		       link->name);
	else
		look_at_parts(link, finding);
	vc_set(finding, "verify", "cat /sys/class/net/%s/carrier_changes", link->name);
}

static void wire_errors(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_WIRE_ERRORS, NULL);
	struct json_object *finding;

	if (!count)
		return;
	finding = vc_found(c, VC_WIRE_ERRORS, nic->name,
			   "%lld frames came damaged over the wire to %s", count, nic->name);
	counted(nic, VC_WIRE_ERRORS, finding);
	vc_set(finding, "fix",
	       "exchange the cable or the transceivers (their state: ethtool -m %s)", nic->name);
	verify(finding, nic, "crc|align");
}

static void wire_length(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_WIRE_LENGTH, NULL);
	struct json_object *finding;

	if (!count)
		return;
	finding = vc_found(c, VC_WIRE_LENGTH, nic->name,
			   "%lld frames came over the wire that are longer than %s takes, or too short",
			   count, nic->name);
	counted(nic, VC_WIRE_LENGTH, finding);
	vc_set(finding, "fix",
	       "compare its MTU with that of the port at its other end, and of who sends: ip link show dev %s",
	       nic->name);
	verify(finding, nic, "length|oversize|long|short");
}

/*
 * What the driver calls errors, and no other rule does. Some count full rings there as well,
 * damaged frames twice, and what is no loss, which is in the table with this rule.
 */
static void other_errors(const struct vc_case *c, const struct vc_pair *nic)
{
	long long all = vc_moved(nic, "stats", "rx_errors"), count = all;
	struct json_object *finding;

	count -= counted(nic, VC_WIRE_LENGTH, NULL) + counted(nic, VC_NIC_RING_FULL, NULL) +
		 counted(nic, VC_NIC_NO_MEMORY, NULL) + counted(nic, VC_NIC_ERRORS, NULL);
	if (all <= 0 || count <= 0 || counted(nic, VC_WIRE_ERRORS, NULL))
		return;
	finding = vc_found(c, VC_NIC_ERRORS, nic->name,
			   "%lld packets that came to %s had errors which the driver counts and does not tell apart",
			   count, nic->name);
	vc_moved_by(finding, "rx_errors", all);
	vc_set(finding, "fix", "see what has moved: ethtool -S %s | grep -iE 'err|drop|disc'",
	       nic->name);
	vc_set(finding, "verify", "ip -s -s link show dev %s; vifctl diagnose %s", nic->name,
	       nic->name);
}

static void pci_stalled(const struct vc_case *c, const struct vc_pair *nic)
{
	struct json_object *now = vc_at(nic->after, "counters", NULL), *finding;
	long long reads = vc_number_at(now, "outbound_pci_stalled_rd");
	long long writes = vc_number_at(now, "outbound_pci_stalled_wr");
	long long read_events = vc_moved(nic, "counters", "outbound_pci_stalled_rd_events");
	long long write_events = vc_moved(nic, "counters", "outbound_pci_stalled_wr_events");

	if (!read_events && !write_events && reads < PCI_STALLED && writes < PCI_STALLED)
		return;
	finding = vc_found(c, VC_NIC_PCI_STALLED, nic->name,
			   "%s waits for the PCIe bus: its reads for %lld %% of the time, its writes for %lld %%",
			   nic->name, reads < 0 ? 0 : reads, writes < 0 ? 0 : writes);
	vc_moved_by(finding, "outbound_pci_stalled_rd_events", read_events);
	vc_moved_by(finding, "outbound_pci_stalled_wr_events", write_events);
	vc_is_now(finding, "outbound_pci_stalled_rd", vc_at(now, "outbound_pci_stalled_rd", NULL));
	vc_is_now(finding, "outbound_pci_stalled_wr", vc_at(now, "outbound_pci_stalled_wr", NULL));
	vc_set(finding, "fix",
	       "see that the slot has the lanes that the card has: lspci -vv | grep -E 'Ethernet|LnkCap:|LnkSta:'");
	verify(finding, nic, "outbound_pci");
}

/* How it is set now is not known. */
static void let_it_pause(const struct vc_pair *nic, struct json_object *finding)
{
	vc_set(finding, "fix",
	       "have it ask the other end to wait, if it does not do that yet (tx of: ethtool -a %s)",
	       nic->name);
}

static void port_full(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_NIC_PORT_FULL, NULL);
	struct json_object *finding;

	if (!count)
		return;
	finding = vc_found(c, VC_NIC_PORT_FULL, nic->name,
			   "%lld packets found the buffer of %s's port full: the way into memory is too slow, no ring is at fault",
			   count, nic->name);
	counted(nic, VC_NIC_PORT_FULL, finding);
	vc_moved_by(finding, "rx_packets", vc_moved(nic, "stats", "rx_packets"));
	let_it_pause(nic, finding);
	verify(finding, nic, "discards|dropped|overflow");
}

/* What helps a ring that runs empty, most likely first. */
static void refill(const struct vc_case *c, const struct vc_pair *nic, struct json_object *finding)
{
	struct json_object *ring = vc_at(nic->after, "ring", NULL);
	struct json_object *channels = vc_at(nic->after, "channels", NULL);
	long long slots = vc_number_at(ring, "rx_slots");
	long long max_slots = vc_number_at(ring, "rx_max_slots");
	long long queues = vc_number_at(channels, "combined");
	long long max_queues = vc_number_at(channels, "max_combined");
	struct vc_cpus known;

	vc_cpus_known(c, &known);
	if (max_queues > vc_cpus_count(&known))
		max_queues = vc_cpus_count(&known);
	vc_is_now(finding, "rx_slots", vc_at(ring, "rx_slots", NULL));
	vc_is_now(finding, "rx_max_slots", vc_at(ring, "rx_max_slots", NULL));
	vc_is_now(finding, "queues", vc_at(channels, "combined", NULL));
	if (slots > 0 && slots < max_slots) {
		vc_set(finding, "fix", "ethtool -G %s rx %lld", nic->name, max_slots);
		vc_set(finding, "undo", "ethtool -G %s rx %lld", nic->name, slots);
	} else if (queues > 0 && queues < max_queues) {
		vc_set(finding, "fix", "ethtool -L %s combined %lld", nic->name, max_queues);
		vc_set(finding, "undo", "ethtool -L %s combined %lld", nic->name, queues);
	} else {
		let_it_pause(nic, finding);
	}
}

static void ring_full(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_NIC_RING_FULL, NULL);
	struct json_object *finding;
	struct vc_cpus cpus;

	if (!count)
		return;
	finding = vc_found(c, VC_NIC_RING_FULL, nic->name,
			   "%lld packets found no free buffer on the RX rings of %s: they are not refilled in time, or too small",
			   count, nic->name);
	counted(nic, VC_NIC_RING_FULL, finding);
	vc_moved_by(finding, "rx_packets", vc_moved(nic, "stats", "rx_packets"));
	vc_cpus_of(c, nic->name, -1, &cpus);
	vc_of_cpus(finding, &cpus);
	refill(c, nic, finding);
	verify(finding, nic, "miss|drop|fifo|no_dma|out_of_buffer");
}

/* A false trail: rings ran empty, and what came was kept until they were full again. */
static void ring_low(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_NIC_RING_LOW, NULL);
	struct json_object *finding;

	if (!count || counted(nic, VC_NIC_RING_FULL, NULL))
		return;
	finding = vc_found(c, VC_NIC_RING_LOW, nic->name,
			   "rx_no_buffer_count of %s has moved, which is no loss by itself: the chip kept the packets until there were buffers",
			   nic->name);
	counted(nic, VC_NIC_RING_LOW, finding);
	refill(c, nic, finding);
	verify(finding, nic, "miss|drop|no_buffer");
}

static void no_memory(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_NIC_NO_MEMORY, NULL);
	struct json_object *finding;

	if (!count)
		return;
	finding = vc_found(c, VC_NIC_NO_MEMORY, nic->name,
			   "the driver of %s got no memory for buffers %lld times", nic->name, count);
	counted(nic, VC_NIC_NO_MEMORY, finding);
	vc_more_memory(c, finding);
	verify(finding, nic, "alloc");
}

/**
 * vc_unwanted() - packets that came in, and nobody had a use for
 * @c: the case
 * @ifname: where
 * @count: how many the stack has dropped; those that are known why have rules of their own
 *
 * Return: the finding; NULL if there is none.
 */
struct json_object *vc_unwanted(const struct vc_case *c, const char *ifname, long long count)
{
	struct vc_pair link = {
		.before = vc_at(c->before, "links", ifname, NULL),
		.after = vc_at(c->after, "links", ifname, NULL),
	};
	struct json_object *finding;

	/* The backlog's are counted here again. */
	if (count <= 0 || vc_backlog_drops(c))
		return NULL;
	finding = vc_found(c, VC_NIC_UNWANTED, ifname,
			   "%lld packets from %s were of no use to anybody here: of unknown protocols (LLDP and the like), VLANs, or filtered",
			   count, ifname);
	vc_moved_by(finding, "rx_dropped", count);
	vc_moved_by(finding, "rx_nohandler", vc_moved(&link, "stats", "rx_nohandler"));
	vc_set(finding, "fix", "see which they are: tcpdump -nei %s not ip and not ip6 and not arp",
	       ifname);
	vc_set(finding, "verify", "ip -s -s link show dev %s", ifname);

	return finding;
}

static void unwanted(const struct vc_case *c, const struct vc_pair *nic)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hardware_drops); i++)
		if (!strcmp(hardware_drops[i], driver_of(nic)))
			return;
	vc_unwanted(c, nic->name, vc_moved(nic, "stats", "rx_dropped"));
}

static void paused(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_NIC_PAUSED, NULL);
	struct json_object *finding;

	if (!count)
		return;
	finding = vc_found(c, VC_NIC_PAUSED, nic->name,
			   "the other end of %s's cable asked it to stop sending %lld times", nic->name,
			   count);
	counted(nic, VC_NIC_PAUSED, finding);
	vc_set(finding, "fix",
	       "see what the switch cannot get rid of; whether it is heeded: ethtool -a %s", nic->name);
	verify(finding, nic, "xoff|pause_ctrl");
}

static void tx_timeout(const struct vc_case *c, const struct vc_pair *nic)
{
	long long count = counted(nic, VC_NIC_TX_TIMEOUT, NULL);
	struct json_object *finding;

	if (!count)
		return;
	finding = vc_found(c, VC_NIC_TX_TIMEOUT, nic->name,
			   "%s has sent nothing for so long that its driver has reset it (%lld times)",
			   nic->name, count);
	counted(nic, VC_NIC_TX_TIMEOUT, finding);
	vc_set(finding, "fix", "see the driver's reason: dmesg | grep %s", nic->name);
	verify(finding, nic, "timeout");
}

static void tx_drops(const struct vc_case *c, const struct vc_pair *nic)
{
	long long drops = vc_moved(nic, "stats", "tx_dropped");
	long long errors = vc_moved(nic, "stats", "tx_errors");
	long long port = counted(nic, VC_NIC_TX_DROPS, NULL);
	struct json_object *finding;

	if (!drops && !errors && !port)
		return;
	finding = vc_found(c, VC_NIC_TX_DROPS, nic->name,
			   "%lld packets did not get out of %s", drops + errors + port, nic->name);
	counted(nic, VC_NIC_TX_DROPS, finding);
	vc_moved_by(finding, "tx_dropped", drops);
	vc_moved_by(finding, "tx_errors", errors);
	vc_set(finding, "fix", "see the reasons: ethtool -S %s | grep -E 'tx.*(drop|disc|err|busy)'",
	       nic->name);
	vc_set(finding, "verify", "ip -s link show dev %s", nic->name);
}

/*
 * How far a counter of all NICs of a bond has moved. Return: false if it has none, or not the same
 * at both looks.
 */
static bool parts_moved(const struct vc_case *c, const struct vc_pair *bond, const char *key,
			long long *sum)
{
	struct json_object *before = vc_at(c->before, "links", NULL);
	struct json_object *after = vc_at(c->after, "links", NULL);
	int had = 0, has = 0;

	*sum = 0;
	if (!json_object_is_type(before, json_type_object))
		return false;
	json_object_object_foreach(before, was, old) {
		(void)was;
		had += vc_says(old, "master", bond->name);
	}
	json_object_object_foreach(after, name, link) {
		struct vc_pair part = { .before = vc_at(before, name, NULL), .after = link,
					.most = bond->most };

		if (!vc_says(link, "master", bond->name))
			continue;
		if (!vc_says(part.before, "master", bond->name))
			return false;
		*sum += vc_moved(&part, "stats", key);
		has++;
	}

	return has && has == had;
}

/* A bond counts what its NICs drop, which is said of those, and what it drops itself. */
static void bond_drops(const struct vc_case *c, const struct vc_pair *bond)
{
	long long all = vc_moved(bond, "stats", "tx_dropped"), of_parts, count;
	struct json_object *finding;

	if (!parts_moved(c, bond, "tx_dropped", &of_parts))
		return;
	count = vc_unexplained(all, of_parts);
	/* A single one may have come between two reads. */
	if (count <= 1)
		return;
	finding = vc_found(c, VC_NIC_TX_DROPS, bond->name,
			   "%lld packets did not get out of %s, which had no NIC for them", count,
			   bond->name);
	vc_moved_by(finding, "tx_dropped", all);
	look_at_parts(bond, finding);
	vc_set(finding, "verify", "ip -s link show dev %s", bond->name);
}

/**
 * vc_rules_nic() - have the rules about NICs look
 * @c: the case
 */
void vc_rules_nic(const struct vc_case *c)
{
	static vc_look *const rules[] = {
		wire_errors, wire_length, other_errors, pci_stalled, port_full, ring_full, ring_low,
		no_memory, unwanted, paused, tx_timeout, tx_drops,
	};
	size_t i;

	vc_each_link(c, "uplink", down);
	vc_each_link(c, "uplink", flaps);
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		vc_each_link(c, "nic", rules[i]);
	vc_each_link(c, "uplink", bond_drops);
}
