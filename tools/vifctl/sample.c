// SPDX-License-Identifier: GPL-2.0
/* One look at all vifs and CPUs; see sample.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpustat.h"
#include "ethtool.h"
#include "file.h"
#include "info.h"
#include "link.h"
#include "nic.h"
#include "rings.h"
#include "sample.h"
#include "say.h"
#include "store.h"

/* A queue beyond this is none; drivers have no more than 65535. */
#define QUEUES_MAX	65536

static void set(struct vc_counts *counts, enum vc_count count, unsigned long long value)
{
	counts->value[count] = value;
	counts->known |= 1u << count;
}

static void add(struct vc_counts *counts, enum vc_count count, unsigned long long value)
{
	counts->value[count] += value;
	counts->known |= 1u << count;
}

static struct vc_sample_queue *queue_of(struct vc_sample_vif *vif, unsigned int n)
{
	while (vif->nr_queues <= n) {
		vif->queue = realloc(vif->queue, (vif->nr_queues + 1) * sizeof(*vif->queue));
		if (!vif->queue)
			vc_refuse("no memory");
		vif->queue[vif->nr_queues++] = (struct vc_sample_queue) { .home = -1 };
	}

	return &vif->queue[n];
}

static void count_link(struct vc_sample_vif *vif, const struct vc_link *link)
{
	struct vc_counts *counts = &vif->counts;

	vif->ifindex = link->ifindex;
	set(counts, VC_RX_PACKETS, link->stats.rx_packets);
	set(counts, VC_RX_BYTES, link->stats.rx_bytes);
	set(counts, VC_RX_DROPS, link->stats.rx_dropped);
	set(counts, VC_RX_ERRORS, link->stats.rx_errors);
	set(counts, VC_TX_PACKETS, link->stats.tx_packets);
	set(counts, VC_TX_BYTES, link->stats.tx_bytes);
	set(counts, VC_TX_DROPS, link->stats.tx_dropped);
	set(counts, VC_TX_ERRORS, link->stats.tx_errors);
}

/* Each reason for which packets are discarded has a counter of its own. */
static void count_one(struct vc_counts *counts, const char *name, unsigned long long value)
{
	static const struct {
		const char *begin;
		bool whole;
		enum vc_count count;
	} names[] = {
		{ "rx_packets", true, VC_RX_PACKETS }, { "tx_packets", true, VC_TX_PACKETS },
		{ "rx_bytes", true, VC_RX_BYTES }, { "tx_bytes", true, VC_TX_BYTES },
		{ "rx_batches", true, VC_RX_BATCHES }, { "tx_batches", true, VC_TX_BATCHES },
		{ "rx_drop_", false, VC_RX_DROPS }, { "tx_drop_", false, VC_TX_DROPS },
		{ "rx_err_", false, VC_RX_ERRORS }, { "tx_err_", false, VC_TX_ERRORS },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].whole ? !strcmp(name, names[i].begin) :
		    !strncmp(name, names[i].begin, strlen(names[i].begin)))
			add(counts, names[i].count, value);
}

/**
 * vc_sample_count() - add what `ethtool -S` says of a vif, as our drivers have it
 * @vif: the vif
 * @counters: the counters: of a queue as queue_N_NAME, and their sums as NAME
 * @count: how many
 */
void vc_sample_count(struct vc_sample_vif *vif, const struct vc_counter *counters, size_t count)
{
	struct vc_counts sums = {};
	unsigned int n;
	size_t i;
	int at;

	for (i = 0; i < count; i++) {
		at = 0;
		if (sscanf(counters[i].name, "queue_%u_%n", &n, &at) != 1 || !at)
			count_one(&sums, counters[i].name, counters[i].value);
		else if (n < QUEUES_MAX)
			count_one(&queue_of(vif, n)->counts, counters[i].name + at,
				  counters[i].value);
	}
	/*
	 * A batch's size is right only if packets and batches were counted at the same time. Drops
	 * and errors of the interface have more in them than those with a reason.
	 */
	for (i = 0; i < VC_NR_COUNTS; i++)
		if (sums.known & 1u << i && i != VC_RX_DROPS && i != VC_TX_DROPS &&
		    i != VC_RX_ERRORS && i != VC_TX_ERRORS)
			set(&vif->counts, i, sums.value[i]);
}

/* Its TX interrupt, or the only one, tells where a queue lives. */
static int home_of(const struct vc_irq *irq)
{
	const char *end = irq->name + strlen(irq->name);
	struct vc_cpus wanted, effective;

	if (end - irq->name > 3 && !strcmp(end - 3, "-rx"))
		return -1;
	if (vc_irq_affinity(irq->number, &wanted, &effective) || vc_cpus_count(&effective) != 1)
		return -1;

	return vc_cpus_nth(&effective, 0);
}

static void find_queues(struct vc_sample_vif *vif, const struct vc_irqs *irqs)
{
	struct vc_sample_queue *queue;
	int n, home;
	size_t i;

	for (i = 0; i < irqs->count; i++) {
		n = vc_vif_irq(&vif->vif, irqs->irq[i].name);
		if (n < 0 || n >= QUEUES_MAX)
			continue;
		queue = queue_of(vif, n);
		home = home_of(&irqs->irq[i]);
		if (home >= 0)
			queue->home = home;
	}
}

/* Only our netback says what each CPU has done; it knows best where queues live, too. */
static void find_work(struct vc_sample_vif *vif)
{
	struct json_object *rings;
	size_t i;
	char *text;

	if (vif->vif.frontend)
		return;
	text = vc_file_read("/sys/kernel/debug/xen-netback/%s/cpus", vif->vif.ifname);
	if (!text)
		return;
	vif->work = vc_rings_parse_table(text);
	free(text);

	rings = vc_rings_read(&vif->vif);
	for (i = 0; i < json_object_array_length(rings); i++) {
		struct json_object *ring = json_object_array_get_idx(rings, i);
		long long n = vc_info_number(ring, "queue", -1);

		if (n >= 0 && n < QUEUES_MAX)
			queue_of(vif, n)->home = vc_info_number(ring, "home", -1);
	}
	json_object_put(rings);
}

static void look_at(struct vc_sample_vif *vif, const struct vc_irqs *irqs,
		    const struct vc_link *link)
{
	struct vc_counter *counters;
	size_t count;

	count_link(vif, link);
	counters = vc_ethtool_counters(vif->vif.ifname, &count);
	vc_sample_count(vif, counters, count);
	free(counters);
	find_queues(vif, irqs);
	find_work(vif);
}

static void find_nic(struct vc_irqs *irqs, const char *ifname)
{
	char **numbers = vc_nic_irqs(ifname);
	unsigned long number;
	size_t i, n;

	for (n = 0; numbers && numbers[n]; n++) {
		number = strtoul(numbers[n], NULL, 10);
		for (i = 0; i < irqs->count; i++)
			if (irqs->irq[i].number == number)
				irqs->irq[i].nic = true;
	}
	vc_file_list_free(numbers);
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);

	return time.tv_sec * 1000000ULL + time.tv_nsec / 1000;
}

/**
 * vc_sample_take() - look at all vifs and CPUs
 *
 * Ends the program when there is no XenStore, or no longer.
 *
 * Return: a sample, for vc_sample_free().
 */
struct vc_sample *vc_sample_take(void)
{
	struct vc_sample *sample = calloc(1, sizeof(*sample));
	size_t nr_vifs, nr_links, i;
	const struct vc_link *link;
	struct vc_link *links;
	struct vc_vif *vifs;
	char *text;

	vifs = vc_vifs(&nr_vifs);
	if (!sample || !(sample->vif = calloc(nr_vifs + 1, sizeof(*sample->vif))))
		vc_refuse("no memory");
	text = vc_file_read("/proc/stat");
	if (!text)
		vc_refuse("cannot read /proc/stat: %s", strerror(errno));
	sample->usecs = now(CLOCK_MONOTONIC);
	sample->unix_usecs = now(CLOCK_REALTIME);
	sample->cpustat = vc_cpustat_parse(text);
	free(text);
	sample->irqs = vc_irqs_read();
	links = vc_links(&nr_links);
	for (i = 0; i < nr_links; i++)
		find_nic(sample->irqs, links[i].ifname);
	for (i = 0; i < nr_vifs; i++) {
		link = vc_link_find(links, nr_links, vifs[i].ifname);
		if (!vifs[i].ifname[0] || !link)
			continue;
		sample->vif[sample->nr_vifs].vif = vifs[i];
		look_at(&sample->vif[sample->nr_vifs++], sample->irqs, link);
	}
	free(links);
	free(vifs);

	return sample;
}

/**
 * vc_sample_free() - free a sample
 * @sample: the sample, or NULL
 */
void vc_sample_free(struct vc_sample *sample)
{
	size_t i;

	if (!sample)
		return;
	for (i = 0; i < sample->nr_vifs; i++) {
		free(sample->vif[i].queue);
		json_object_put(sample->vif[i].work);
	}
	free(sample->vif);
	vc_irqs_free(sample->irqs);
	json_object_put(sample->cpustat);
	free(sample);
}
