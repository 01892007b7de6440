// SPDX-License-Identifier: GPL-2.0
/* All that can be said of a vif; see info.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "ethtool.h"
#include "file.h"
#include "info.h"
#include "irq.h"
#include "link.h"
#include "rate.h"
#include "rings.h"
#include "say.h"
#include "store.h"
#include "vif.h"

/* Slots of a ring of one page, in netif.h. */
#define RING_SLOTS	256

#define MODULE(vif)	((vif)->frontend ? "xen_netfront" : "xen_netback")

static void add_taken(struct json_object *info, const char *key, char *text)
{
	/* Others may have written it, and JSON is UTF-8. */
	if (text)
		vc_say_safely(text);
	json_object_object_add(info, key, text ? json_object_new_string(text) : NULL);
	free(text);
}

static void add_text(struct json_object *info, const char *key, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		vc_refuse("no memory");
	add_taken(info, key, copy);
}

static void add_number(struct json_object *info, const char *key, long long value)
{
	json_object_object_add(info, key, json_object_new_int64(value));
}

/* Keys are always there: of what is not known the value is null. */
static void add_known(struct json_object *info, const char *key, bool known, long long value)
{
	json_object_object_add(info, key, known ? json_object_new_int64(value) : NULL);
}

/**
 * vc_info_text() - a text of an object
 * @info: the object
 * @key: its key
 * @fallback: for when there is none
 *
 * Return: the text, which lives as long as @info.
 */
const char *vc_info_text(struct json_object *info, const char *key, const char *fallback)
{
	struct json_object *value;

	return json_object_object_get_ex(info, key, &value) && value ?
	       json_object_get_string(value) : fallback;
}

/**
 * vc_info_number() - a number of an object
 * @info: the object
 * @key: its key
 * @fallback: for when there is none
 *
 * Return: the number.
 */
long long vc_info_number(struct json_object *info, const char *key, long long fallback)
{
	struct json_object *value;

	return json_object_object_get_ex(info, key, &value) && value ?
	       json_object_get_int64(value) : fallback;
}

/**
 * vc_info_queues() - how many queues a vif has
 * @vif: the vif
 *
 * What the driver has. A guest may write any number when it is connected already; until then,
 * drivers have as many as there can be. The in-tree netfront always has: in a guest its own word
 * counts.
 *
 * Return: a number; 0 without an interface.
 */
unsigned int vc_info_queues(const struct vc_vif *vif)
{
	const char *frontend = vif->frontend ? vif->node : vif->otherend;
	long long wanted = vc_store_number(1, "%s/multi-queue-num-queues", frontend);
	char **names = vc_file_list("/sys/class/net/%s/queues", vif->ifname);
	unsigned int i, there = 0;

	for (i = 0; names && names[i]; i++)
		there += !strncmp(names[i], "rx-", 3);
	vc_file_list_free(names);
	if (!vif->frontend && vc_store_number(0, "%s/state", vif->node) == XenbusStateConnected)
		return there;

	return wanted >= 0 && wanted < there ? wanted : there;
}

static void add_module(const struct vc_vif *vif, struct json_object *info)
{
	bool taken = vc_file_exists("/sys/bus/%s/devices/%s/driver",
				    vif->frontend ? "xen" : "xen-backend", vif->device);
	char *version = taken ? vc_file_word("/sys/module/%s/version", MODULE(vif)) : NULL;

	add_text(info, "module", !taken ? NULL : vif->frontend ? "xen-netfront" : "xen-netback");
	/* The in-tree modules have no version of their own. */
	json_object_object_add(info, "ours", json_object_new_boolean(version != NULL));
	add_taken(info, "version", version);
	add_taken(info, "srcversion", taken ? vc_file_word("/sys/module/%s/srcversion", MODULE(vif)) :
		  NULL);
}

/**
 * vc_info_brief() - what a list has of a vif
 * @vif: the vif
 *
 * Return: an object, for json_object_put().
 */
struct json_object *vc_info_brief(const struct vc_vif *vif)
{
	struct json_object *info = json_object_new_object();
	char *bridge;

	add_text(info, "vif", vif->ifname[0] ? vif->ifname : NULL);
	add_text(info, "role", vif->frontend ? "frontend" : "backend");
	add_number(info, "domain_id", vif->domid);
	add_text(info, "domain", vif->domain);
	add_number(info, "handle", vif->handle);
	add_taken(info, "mac", vc_store_read("%s/mac", vif->node));
	bridge = vc_file_target("/sys/class/net/%s/master", vif->ifname);
	if (!bridge && !vif->frontend)
		bridge = vc_store_read("%s/bridge", vif->node);
	add_taken(info, "bridge", bridge);
	add_text(info, vif->frontend ? "frontend_state" : "backend_state",
		 vc_store_state(vc_store_number(0, "%s/state", vif->node)));
	add_text(info, vif->frontend ? "backend_state" : "frontend_state",
		 vc_store_state(vc_store_number(0, "%s/state", vif->otherend)));
	add_number(info, "nr_queues", vc_info_queues(vif));
	add_module(vif, info);

	return info;
}

/* What each of several queues has is in a directory of its own. */
static bool is_taken(const char *frontend, const char *key)
{
	return vc_store_number(0, "%s/%s", frontend, key) ||
	       vc_store_number(0, "%s/queue-0/%s", frontend, key);
}

/* A feature holds when the one side offers it and the other one takes it. */
static void add_features(const struct vc_vif *vif, struct json_object *info)
{
	static const struct {
		const char *name;
		const char *backend;
		const char *frontend;
	} features[] = {
		{ "sg", "feature-sg", "feature-sg" },
		{ "gso-tcpv4", "feature-gso-tcpv4", "feature-gso-tcpv4" },
		{ "gso-tcpv6", "feature-gso-tcpv6", "feature-gso-tcpv6" },
		{ "ipv6-csum-offload", "feature-ipv6-csum-offload", "feature-ipv6-csum-offload" },
		{ "rx-notify", NULL, "feature-rx-notify" },
		{ "multicast-control", "feature-multicast-control", "request-multicast-control" },
		{ "split-event-channels", "feature-split-event-channels", "event-channel-tx" },
		{ "multi-queue", "multi-queue-max-queues", "multi-queue-num-queues" },
		{ "ctrl-ring", "feature-ctrl-ring", "ctrl-ring-ref" },
		{ "xdp-headroom", "feature-xdp-headroom", "xdp-headroom" },
	};
	const char *back = vif->frontend ? vif->otherend : vif->node;
	const char *front = vif->frontend ? vif->node : vif->otherend;
	struct json_object *names = json_object_new_array();
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if ((!features[i].backend || vc_store_number(0, "%s/%s", back, features[i].backend)) &&
		    (!features[i].frontend || is_taken(front, features[i].frontend)))
			json_object_array_add(names, json_object_new_string(features[i].name));
	json_object_object_add(info, "features", names);
}

static void add_link(const struct vc_vif *vif, struct json_object *info)
{
	const struct vc_link none = {}, *link;
	const struct rtnl_link_stats64 *stats;
	struct vc_link *links;
	size_t count;
	bool known;

	links = vc_links(&count);
	link = vc_link_find(links, count, vif->ifname);
	known = link;
	link = link ?: &none;
	stats = &link->stats;
	json_object_object_add(info, "up", known ? json_object_new_boolean(link->up) : NULL);
	json_object_object_add(info, "carrier", known ? json_object_new_boolean(link->carrier) :
			       NULL);
	add_known(info, "mtu_bytes", known, link->mtu);
	add_known(info, "rx_packets", known, stats->rx_packets);
	add_known(info, "rx_bytes", known, stats->rx_bytes);
	add_known(info, "rx_errors", known, stats->rx_errors);
	add_known(info, "rx_dropped", known, stats->rx_dropped);
	add_known(info, "tx_packets", known, stats->tx_packets);
	add_known(info, "tx_bytes", known, stats->tx_bytes);
	add_known(info, "tx_errors", known, stats->tx_errors);
	add_known(info, "tx_dropped", known, stats->tx_dropped);
	free(links);
}

static struct json_object *irq_info(const struct vc_irq *irq, const struct vc_irqs *irqs)
{
	struct json_object *info = json_object_new_object();
	struct json_object *per_cpu = json_object_new_object();
	struct vc_cpus wanted, effective;
	char list[VC_CPUS_LIST], cpu[16];
	unsigned int i;
	bool known;

	add_text(info, "name", irq->name);
	add_number(info, "irq", irq->number);
	add_number(info, "interrupts", irq->count);
	/* It may just have been taken away. */
	known = !vc_irq_affinity(irq->number, &wanted, &effective);
	if (known)
		vc_cpus_print(&wanted, list, sizeof(list));
	add_text(info, "affinity_cpus", known ? list : NULL);
	if (known)
		vc_cpus_print(&effective, list, sizeof(list));
	add_text(info, "effective_cpus", known ? list : NULL);
	for (i = 0; i < irqs->nr_cpus; i++) {
		snprintf(cpu, sizeof(cpu), "%u", irqs->cpu[i]);
		if (irq->per_cpu[i])
			add_number(per_cpu, cpu, irq->per_cpu[i]);
	}
	json_object_object_add(info, "interrupts_by_cpu", per_cpu);

	return info;
}

/* Counters of a queue are queue_N_NAME, those of the whole vif have no number. */
static void add_counters(const struct vc_counter *counters, size_t count, int queue,
			 struct json_object *info)
{
	struct json_object *found = json_object_new_object();
	size_t i;
	int n, at;

	for (i = 0; i < count; i++) {
		const char *name = counters[i].name;

		at = 0;
		if (sscanf(name, "queue_%d_%n", &n, &at) == 1 && at ? n == queue : queue < 0)
			add_number(found, name + at, counters[i].value);
	}
	json_object_object_add(info, "counters", found);
}

/* What is on the rings now, from indices that go round at 32 bits. */
static void add_fill(const struct vc_vif *vif, struct json_object *ring, struct json_object *info)
{
	static const struct fill {
		const char *name;
		const char *ahead;
		const char *behind;
	} backend[] = {
		/* The guest's packets: not taken yet, and taken but not answered. */
		{ "tx_ring_waiting_slots", "tx_req_prod", "tx_req_cons" },
		{ "tx_ring_in_flight_slots", "tx_req_cons", "tx_rsp_prod" },
		/* Its buffers. */
		{ "rx_ring_free_slots", "rx_req_prod", "rx_req_cons" },
	}, frontend[] = {
		/* It does not know what was taken. */
		{ "tx_ring_waiting_slots", "", "" },
		{ "tx_ring_in_flight_slots", "tx_req_prod", "tx_rsp_cons" },
		{ "rx_ring_free_slots", "rx_req_prod", "rx_rsp_prod" },
	};
	const struct fill *fills = vif->frontend ? frontend : backend;
	size_t i, count = (vif->frontend ? sizeof(frontend) : sizeof(backend)) / sizeof(*fills);

	for (i = 0; i < count; i++) {
		long long ahead = vc_info_number(ring, fills[i].ahead, -1);
		long long behind = vc_info_number(ring, fills[i].behind, -1);

		add_known(info, fills[i].name, ahead >= 0 && behind >= 0,
			  (unsigned int)(ahead - behind));
	}
	add_number(info, "ring_size_slots", RING_SLOTS);
}

/* What takes packets from a queue, of a driver that has only one way; NULL for ours in dom0. */
static const char *only_action(const struct vc_vif *vif, struct json_object *info)
{
	bool taken = vc_info_text(info, "module", NULL);

	return taken && (vif->frontend || !vc_info_number(info, "ours", 0)) ? "napi" : NULL;
}

static struct json_object *queue_info(const struct vc_vif *vif, unsigned int n,
				      const struct vc_irqs *irqs, const struct vc_counter *counters,
				      size_t nr_counters, struct json_object *rings,
				      const char *action)
{
	struct json_object *info = json_object_new_object(), *list = json_object_new_array();
	struct json_object *ring = json_object_array_get_idx(rings, n);
	size_t i;

	add_number(info, "queue", n);
	for (i = 0; i < irqs->count; i++)
		if (vc_vif_irq(vif, irqs->irq[i].name) == (int)n)
			json_object_array_add(list, irq_info(&irqs->irq[i], irqs));
	json_object_object_add(info, "irqs", list);
	add_known(info, "home_cpu", vc_info_text(ring, "home", NULL),
		  vc_info_number(ring, "home", -1));
	add_text(info, "action", vc_info_text(ring, "action", action));
	add_fill(vif, ring, info);
	json_object_object_add(info, "ring", json_object_get(ring));
	add_counters(counters, nr_counters, n, info);

	return info;
}

static void add_queues(const struct vc_vif *vif, struct json_object *info)
{
	struct json_object *queues = json_object_new_array(), *rings;
	unsigned int n, nr_queues = vc_info_number(info, "nr_queues", 1);
	const char *action = only_action(vif, info);
	struct vc_counter *counters;
	struct vc_irqs *irqs;
	size_t count;

	if (!vif->ifname[0]) {
		json_object_object_add(info, "counters", NULL);
		json_object_object_add(info, "queues", queues);
		return;
	}
	rings = vc_rings_read(vif);
	irqs = vc_irqs_read();
	counters = vc_ethtool_counters(vif->ifname, &count);
	add_counters(counters, count, -1, info);
	for (n = 0; n < nr_queues; n++)
		json_object_array_add(queues, queue_info(vif, n, irqs, counters, count, rings,
						     action));
	json_object_object_add(info, "queues", queues);
	free(counters);
	vc_irqs_free(irqs);
	json_object_put(rings);
}

/* What only a backend has, some of it only ours; keys are the same for a frontend. */
static void add_backend(const struct vc_vif *vif, struct json_object *info)
{
	static const char *const keys[] = {
		"hotplug_status", "script", "tx_action", "completion", "rate_bytes",
		"rate_interval_usecs", "spurious_events",
	};
	struct vc_rate rate;
	bool limited;
	char *key;
	size_t i;

	for (i = 0; vif->frontend && i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_object_add(info, keys[i], NULL);
	if (vif->frontend)
		return;
	key = vc_store_read("%s/rate", vif->node);
	limited = key && vc_rate_parse_key(key, &rate);

	add_taken(info, "hotplug_status", vc_store_read("%s/hotplug-status", vif->node));
	add_taken(info, "script", vc_store_read("%s/script", vif->node));
	add_taken(info, "tx_action", vc_file_word("/sys/bus/xen-backend/devices/%s/tx_action",
						  vif->device));
	add_taken(info, "completion", vc_file_word("/sys/bus/xen-backend/devices/%s/completion",
						   vif->device));
	add_known(info, "rate_bytes", limited, limited ? rate.bytes : 0);
	add_known(info, "rate_interval_usecs", limited, limited ? rate.usecs : 0);
	free(key);
	add_number(info, "spurious_events",
		   vc_file_number(0, "/sys/bus/xen-backend/devices/%s/xenbus/spurious_events",
				  vif->device));
}

/**
 * vc_info_whole() - all that there is
 * @vif: the vif
 *
 * Return: an object, for json_object_put().
 */
struct json_object *vc_info_whole(const struct vc_vif *vif)
{
	struct json_object *info = vc_info_brief(vif);
	char *error = vc_store_read("/local/domain/%u/error/%s/error", vc_own_domid(),
				    strstr(vif->node, vif->frontend ? "device/" : "backend/"));

	add_taken(info, "error", error);
	add_backend(vif, info);
	add_features(vif, info);
	add_link(vif, info);
	add_queues(vif, info);

	return info;
}
