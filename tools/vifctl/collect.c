// SPDX-License-Identifier: GPL-2.0
/* Snapshots of this machine; see collect.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "collect.h"
#include "cpus.h"
#include "cpustat.h"
#include "ethtool.h"
#include "file.h"
#include "hyper.h"
#include "info.h"
#include "irq.h"
#include "link.h"
#include "nic.h"
#include "ovs.h"
#include "qdisc.h"
#include "rings.h"
#include "say.h"
#include "softnet.h"
#include "store.h"
#include "vif.h"

/* All that there is to be looked at, found once for each snapshot. */
struct found {
	struct vc_link *links;
	size_t nr_links;
	struct vc_qdisc *qdiscs;
	size_t nr_qdiscs;
	struct vc_vif *vifs;
	size_t nr_vifs;
};

static void add_number(struct json_object *object, const char *key, long long value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, json_object_new_string(text));
}

/* A file that is read by one of our parsers. */
static struct json_object *parsed(const char *path, struct json_object *parse(const char *text))
{
	char *text = vc_file_read("%s", path);
	struct json_object *object = text ? parse(text) : NULL;

	free(text);

	return object;
}

static struct json_object *sysctls(void)
{
	static const char *const names[] = {
		"net/core/netdev_budget", "net/core/netdev_budget_usecs",
		"net/core/netdev_max_backlog", "vm/min_free_kbytes",
	};
	struct json_object *object = json_object_new_object();
	char *text = vc_file_word("/proc/sys/net/core/default_qdisc");
	long long value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = vc_file_number(-1, "/proc/sys/%s", names[i]);
		if (value >= 0)
			add_number(object, strrchr(names[i], '/') + 1, value);
	}
	add_text(object, "default_qdisc", text);
	free(text);

	return object;
}

/* "nic" has a device of its own; one that is a device of Xen's is a "vif". */
static const char *kind_of(const char *ifname, const struct vc_driver *driver)
{
	char *bus = vc_file_target("/sys/class/net/%s/device/subsystem", ifname);
	const char *kind = "other";

	if (bus)
		kind = strncmp(bus, "xen", 3) ? "nic" : "vif";
	else if (!strcmp(driver->name, "bridge"))
		kind = "bridge";
	else if (!strcmp(driver->name, "openvswitch") && !strcmp(ifname, "ovs-system"))
		kind = "ovs";
	free(bus);

	return kind;
}

static struct json_object *stats_of(const struct vc_link *link)
{
	struct json_object *stats = json_object_new_object();
	const struct rtnl_link_stats64 *s = &link->stats;
	size_t i;
	const struct {
		const char *name;
		unsigned long long value;
	} values[] = {
		{ "rx_packets", s->rx_packets }, { "tx_packets", s->tx_packets },
		{ "rx_bytes", s->rx_bytes }, { "tx_bytes", s->tx_bytes },
		{ "rx_errors", s->rx_errors }, { "tx_errors", s->tx_errors },
		{ "rx_dropped", s->rx_dropped }, { "tx_dropped", s->tx_dropped },
		{ "rx_length_errors", s->rx_length_errors },
		{ "rx_over_errors", s->rx_over_errors }, { "rx_crc_errors", s->rx_crc_errors },
		{ "rx_frame_errors", s->rx_frame_errors }, { "rx_fifo_errors", s->rx_fifo_errors },
		{ "rx_missed_errors", s->rx_missed_errors }, { "rx_nohandler", s->rx_nohandler },
	};

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		add_number(stats, values[i].name, values[i].value);

	return stats;
}

static void add_qdisc(struct json_object *object, const char *key, const struct found *found,
		      unsigned int ifindex, bool ingress)
{
	const struct vc_qdisc *qdisc = vc_qdisc_of(found->qdiscs, found->nr_qdiscs, ifindex,
						   ingress);
	struct json_object *info;

	if (!qdisc)
		return;
	info = json_object_new_object();
	add_text(info, "kind", qdisc->kind);
	if (qdisc->child_kind[0])
		add_text(info, "child_kind", qdisc->child_kind);
	add_number(info, "packets", qdisc->packets);
	add_number(info, "drops", qdisc->drops);
	add_number(info, "requeues", qdisc->requeues);
	add_number(info, "overlimits", qdisc->overlimits);
	add_number(info, "full_drops", qdisc->full_drops);
	add_number(info, "backlog_packets", qdisc->backlog_packets);
	add_number(info, "backlog_bytes", qdisc->backlog_bytes);
	json_object_object_add(object, key, info);
}

static void add_bridge_port(struct json_object *object, const char *ifname)
{
	static const char *const states[] = {
		"disabled", "listening", "learning", "forwarding", "blocking",
	};
	long long state = vc_file_number(-1, "/sys/class/net/%s/brport/state", ifname);
	struct json_object *port;

	if (state < 0 || state >= (long long)(sizeof(states) / sizeof(states[0])))
		return;
	port = json_object_new_object();
	add_text(port, "state", states[state]);
	json_object_object_add(object, "bridge_port", port);
}

static void add_rps(struct json_object *object, const char *ifname)
{
	char **queues = vc_file_list("/sys/class/net/%s/queues", ifname);
	struct json_object *masks = json_object_new_array();
	size_t i;

	for (i = 0; queues && queues[i]; i++) {
		char *mask = vc_file_word("/sys/class/net/%s/queues/%s/rps_cpus", ifname,
					  queues[i]);

		if (mask)
			json_object_array_add(masks, json_object_new_string(mask));
		free(mask);
	}
	vc_file_list_free(queues);
	json_object_object_add(object, "rps_cpus", masks);
}

/* What only a NIC has; a vif has its counters elsewhere. */
static void add_nic(struct json_object *object, const char *ifname)
{
	struct vc_ring_sizes sizes;
	struct vc_counter *counters;
	struct json_object *info;
	size_t count, i;

	info = json_object_new_object();
	counters = vc_ethtool_counters(ifname, &count);
	for (i = 0; i < count; i++)
		add_number(info, counters[i].name, counters[i].value);
	free(counters);
	json_object_object_add(object, "counters", info);
	if (!vc_ethtool_ring_sizes(ifname, &sizes)) {
		info = json_object_new_object();
		add_number(info, "rx_slots", sizes.rx);
		add_number(info, "rx_max_slots", sizes.rx_max);
		add_number(info, "tx_slots", sizes.tx);
		add_number(info, "tx_max_slots", sizes.tx_max);
		json_object_object_add(object, "ring", info);
	}
}

/* How many queues there are, and can be. */
static void add_channels(struct json_object *object, const char *ifname)
{
	struct vc_channels channels;
	struct json_object *info;

	if (vc_ethtool_channels(ifname, &channels))
		return;
	info = json_object_new_object();
	add_number(info, "combined", channels.combined);
	add_number(info, "rx", channels.rx);
	add_number(info, "tx", channels.tx);
	add_number(info, "max_combined", channels.max_combined);
	json_object_object_add(object, "channels", info);
}

static void add_datapath(struct json_object *object, const char *ifname)
{
	struct vc_ovs ovs = { .name = ifname };
	struct json_object *info;

	if (!vc_ovs_read(&ovs))
		return;
	info = json_object_new_object();
	add_number(info, "missed", ovs.missed);
	add_number(info, "lost", ovs.lost);
	json_object_object_add(object, "datapath", info);
}

static struct json_object *link_info(const struct vc_link *link, const struct found *found)
{
	const struct vc_link *master = vc_link_nth(found->links, found->nr_links, link->master);
	const struct vc_link *lower = vc_link_nth(found->links, found->nr_links, link->lower);
	struct json_object *info = json_object_new_object();
	long long stp = vc_file_number(-1, "/sys/class/net/%s/bridge/stp_state", link->ifname);
	long long changes = vc_file_number(-1, "/sys/class/net/%s/carrier_changes", link->ifname);
	struct vc_driver driver;
	const char *kind;

	vc_ethtool_driver(link->ifname, &driver);
	kind = kind_of(link->ifname, &driver);
	add_number(info, "ifindex", link->ifindex);
	add_text(info, "kind", kind);
	add_text(info, "driver", driver.name);
	add_text(info, "bus", driver.bus);
	json_object_object_add(info, "up", json_object_new_boolean(link->up));
	json_object_object_add(info, "carrier", json_object_new_boolean(link->carrier));
	if (changes >= 0)
		add_number(info, "carrier_changes", changes);
	add_number(info, "mtu_bytes", link->mtu);
	add_number(info, "tx_queue_length_packets",
		   vc_file_number(0, "/sys/class/net/%s/tx_queue_len", link->ifname));
	add_text(info, "master", master ? master->ifname : NULL);
	add_text(info, "lower", lower ? lower->ifname : NULL);
	if (stp >= 0)
		add_number(info, "stp_state", stp);
	json_object_object_add(info, "stats", stats_of(link));
	add_bridge_port(info, link->ifname);
	add_rps(info, link->ifname);
	add_qdisc(info, "qdisc", found, link->ifindex, false);
	add_qdisc(info, "ingress", found, link->ifindex, true);
	if (!strcmp(kind, "nic"))
		add_nic(info, link->ifname);
	if (!strcmp(kind, "nic") || !strcmp(kind, "vif"))
		add_channels(info, link->ifname);
	if (!strcmp(kind, "ovs"))
		add_datapath(info, link->ifname);

	return info;
}

static struct json_object *links_info(const struct found *found)
{
	struct json_object *all = json_object_new_object();
	size_t i;

	for (i = 0; i < found->nr_links; i++)
		if (strcmp(found->links[i].ifname, "lo"))
			json_object_object_add(all, found->links[i].ifname,
					       link_info(&found->links[i], found));

	return all;
}

/* Whose interrupt it is; the interface's name, or NULL. */
static const char *owner(const struct vc_irq *irq, const struct found *found, int *queue)
{
	size_t i;

	for (i = 0; i < found->nr_vifs; i++) {
		*queue = vc_vif_irq(&found->vifs[i], irq->name);
		if (*queue >= 0 && *found->vifs[i].ifname)
			return found->vifs[i].ifname;
	}
	*queue = vc_nic_queue(irq->name);
	for (i = 0; i < found->nr_links; i++)
		if (vc_nic_has_irq(found->links[i].ifname, irq->number))
			return found->links[i].ifname;

	return NULL;
}

static struct json_object *irq_info(const struct vc_irqs *irqs, const struct vc_irq *irq,
				    const char *ifname, int queue)
{
	struct json_object *info = json_object_new_object(), *by_cpu = json_object_new_object();
	struct vc_cpus wanted, effective;
	char text[VC_CPUS_LIST];
	unsigned int i;

	add_number(info, "irq", irq->number);
	add_text(info, "name", irq->name);
	add_text(info, "interface", ifname);
	add_number(info, "queue", queue);
	if (!vc_irq_affinity(irq->number, &wanted, &effective)) {
		vc_cpus_print(&wanted, text, sizeof(text));
		add_text(info, "affinity_cpus", text);
		vc_cpus_print(&effective, text, sizeof(text));
		add_text(info, "effective_cpus", text);
	}
	for (i = 0; i < irqs->nr_cpus; i++) {
		snprintf(text, sizeof(text), "%u", irqs->cpu[i]);
		add_number(by_cpu, text, irq->per_cpu[i]);
	}
	json_object_object_add(info, "by_cpu", by_cpu);

	return info;
}

static struct json_object *irqs_info(const struct found *found)
{
	struct json_object *all = json_object_new_array();
	struct vc_irqs *irqs = vc_irqs_read();
	const char *ifname;
	int queue;
	size_t i;

	for (i = 0; i < irqs->count; i++) {
		ifname = owner(&irqs->irq[i], found, &queue);
		if (ifname)
			json_object_array_add(all, irq_info(irqs, &irqs->irq[i], ifname, queue));
	}
	vc_irqs_free(irqs);

	return all;
}

/* For how long Xen's events were held back, since too many of them came for nothing. */
static void add_delays(const struct vc_vif *vif, struct json_object *info)
{
	static const char *const names[] = { "jiffies_eoi_delayed", "spurious_threshold" };
	long long value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = vc_file_number(-1, "/sys/bus/xen-backend/devices/%s/xenbus/%s", vif->device,
				       names[i]);
		if (!vif->frontend && value >= 0)
			add_number(info, names[i], value);
	}
}

static struct json_object *vifs_info(const struct found *found)
{
	struct json_object *all = json_object_new_array(), *info;
	size_t i;

	for (i = 0; i < found->nr_vifs; i++) {
		info = vc_info_whole(&found->vifs[i]);
		add_delays(&found->vifs[i], info);
		json_object_array_add(all, info);
	}

	return all;
}

static void add_domain(struct json_object *all, unsigned int domid)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", domid);
	if (!json_object_object_get_ex(all, name, NULL))
		json_object_object_add(all, name, vc_hyper_domain(domid));
}

/* This domain and those of the guests; null for those that Xen says nothing of. */
static struct json_object *domains_info(const struct found *found)
{
	struct json_object *all = json_object_new_object();
	size_t i;

	add_domain(all, vc_own_domid());
	for (i = 0; i < found->nr_vifs; i++)
		if (!found->vifs[i].frontend)
			add_domain(all, found->vifs[i].domid);

	return all;
}

static void add_not_seen(struct json_object *list, const char *what, int err)
{
	char text[128];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(err));
	json_object_array_add(list, json_object_new_string(text));
}

/* Xen answers to dom0 only; elsewhere nothing is kept from us that would help. */
static int xen_hidden(void)
{
	struct json_object *domain;

	if (!vc_store_open() || vc_own_domid())
		return 0;
	errno = 0;
	domain = vc_hyper_domain(vc_own_domid());
	json_object_put(domain);
	if (domain)
		return 0;
	/* It is opened once, and later it is not said any more what kept us from that. */
	if (access("/dev/xen/privcmd", R_OK | W_OK))
		return errno;

	return errno ?: EIO;
}

static int debugfs_hidden(const struct found *found)
{
	int err = 0;
	size_t i;

	for (i = 0; i < found->nr_vifs && !err; i++)
		err = -vc_rings_hidden(&found->vifs[i]);
	/* Without XenStore nobody knows what would be there. */
	if (!vc_store_open() && !vc_file_exists("/sys/kernel/debug/xen-netback") && errno != ENOENT)
		err = errno;

	return err;
}

/*
 * What could not be looked at, and why: that nothing is found there then means nothing. A machine
 * that is not on Xen has none of it.
 */
static struct json_object *not_seen(const struct found *found)
{
	struct json_object *list = json_object_new_array();
	int err;

	if (!vc_file_exists("/sys/hypervisor/type"))
		return list;
	if (!vc_store_open())
		add_not_seen(list, "XenStore", errno);
	err = xen_hidden();
	if (err)
		add_not_seen(list, "Xen", err);
	err = debugfs_hidden(found);
	if (err)
		add_not_seen(list, "debugfs", err);

	return list;
}

static struct json_object *snapshot(void)
{
	struct json_object *object = json_object_new_object();
	struct found found = {};
	struct timespec now;

	/* What Xen has to do with is left out without it. */
	if (vc_store_open())
		found.vifs = vc_vifs(&found.nr_vifs);
	clock_gettime(CLOCK_MONOTONIC, &now);
	add_number(object, "monotonic_usecs", now.tv_sec * 1000000LL + now.tv_nsec / 1000);
	json_object_object_add(object, "cpus", parsed("/proc/stat", vc_cpustat_parse));
	json_object_object_add(object, "softirqs", parsed("/proc/softirqs", vc_softirqs_parse));
	json_object_object_add(object, "softnet", parsed("/proc/net/softnet_stat",
							 vc_softnet_parse));
	found.links = vc_links(&found.nr_links);
	found.qdiscs = vc_qdiscs(&found.nr_qdiscs);
	json_object_object_add(object, "irqs", irqs_info(&found));
	json_object_object_add(object, "links", links_info(&found));
	json_object_object_add(object, "sysctls", sysctls());
	if (vc_store_open()) {
		add_number(object, "domain_id", vc_own_domid());
		json_object_object_add(object, "vifs", vifs_info(&found));
		json_object_object_add(object, "domains", domains_info(&found));
	}
	/* If it has gone away meanwhile, all of that may be wrong. */
	if (!vc_store_open()) {
		json_object_object_del(object, "vifs");
		json_object_object_del(object, "domains");
	}
	json_object_object_add(object, "not_seen", not_seen(&found));
	free(found.links);
	free(found.qdiscs);
	free(found.vifs);

	return object;
}

/* Is this vif, of a snapshot, meant by vif1.0, DOMAIN/HANDLE or its interface's name? */
static bool is_called(struct json_object *vif, const char *name)
{
	const char *domain = vc_info_text(vif, "domain", "");
	long long domid = vc_info_number(vif, "domain_id", -1);
	long long handle = vc_info_number(vif, "handle", -1);
	char text[192];

	if (*name && !strcmp(vc_info_text(vif, "vif", ""), name))
		return true;
	if (strcmp(vc_info_text(vif, "role", ""), "backend"))
		return false;
	snprintf(text, sizeof(text), "vif%lld.%lld", domid, handle);
	if (!strcmp(text, name))
		return true;
	snprintf(text, sizeof(text), "%lld/%lld", domid, handle);
	if (!strcmp(text, name))
		return true;
	snprintf(text, sizeof(text), "%s/%lld", domain, handle);

	return !strcmp(text, name);
}

/**
 * vc_collect_subject() - say which interface a record is about
 * @record: the record, with a snapshot at least
 * @name: a vif or a NIC, as for vc_vif_find(); NULL for all
 *
 * Ends the program when the record has no such thing.
 */
void vc_collect_subject(struct json_object *record, const char *name)
{
	struct json_object *subject = json_object_new_object(), *snapshots, *part, *link;
	const char *ifname = name, *kind = NULL;
	char text[64];
	size_t i;

	json_object_object_get_ex(record, "snapshots", &snapshots);
	snapshots = json_object_array_get_idx(snapshots, 0);
	if (json_object_object_get_ex(snapshots, "vifs", &part) &&
	    json_object_is_type(part, json_type_array))
		for (i = 0; name && i < json_object_array_length(part); i++) {
			struct json_object *vif = json_object_array_get_idx(part, i);

			if (!is_called(vif, name))
				continue;
			/* Without an interface it is called as the judge does. */
			snprintf(text, sizeof(text), "%lld/%lld",
				 vc_info_number(vif, "domain_id", -1),
				 vc_info_number(vif, "handle", -1));
			ifname = vc_info_text(vif, "vif", text);
			kind = "vif";
			break;
		}
	if (name && !kind && json_object_object_get_ex(snapshots, "links", &part) &&
	    json_object_object_get_ex(part, name, &link))
		kind = vc_info_text(link, "kind", "other");
	if (name && !kind)
		vc_refuse("no vif or NIC %s; there are those of: vifctl list, and: ip link", name);
	if (name) {
		add_text(subject, "name", ifname);
		add_text(subject, "kind", kind);
	}
	json_object_object_add(record, "subject", subject);
}

/**
 * vc_collect_record() - look at this machine twice
 * @name: what is to be looked at: a vif or a NIC; NULL for all
 * @seconds: the time between
 *
 * Return: a record, for json_object_put().
 */
struct json_object *vc_collect_record(const char *name, double seconds)
{
	struct json_object *record = json_object_new_object();
	struct json_object *snapshots = json_object_new_array();
	struct utsname system;

	if (geteuid())
		vc_warn("without root there is no XenStore, no ring and no domain to be seen");
	/* It may be what is wrong with this machine. */
	vc_store_optional();
	uname(&system);
	add_text(record, "format", VC_RECORD_FORMAT);
	add_number(record, "version", VC_RECORD_VERSION);
	add_text(record, "kernel", system.release);
	json_object_object_add(record, "snapshots", snapshots);
	json_object_array_add(snapshots, snapshot());
	vc_collect_subject(record, name);
	usleep(seconds * 1e6);
	json_object_array_add(snapshots, snapshot());

	return record;
}
