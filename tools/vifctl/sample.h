/* SPDX-License-Identifier: GPL-2.0 */
/* What `vifctl top` looks at once in a while: all that is counted of vifs and of CPUs. */
#ifndef VC_SAMPLE_H
#define VC_SAMPLE_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "irq.h"
#include "vif.h"

/* What is counted of a vif, and of each of its queues. */
enum vc_count {
	VC_RX_PACKETS,
	VC_RX_BYTES,
	VC_RX_DROPS,
	VC_RX_ERRORS,
	VC_RX_BATCHES,
	VC_TX_PACKETS,
	VC_TX_BYTES,
	VC_TX_DROPS,
	VC_TX_ERRORS,
	VC_TX_BATCHES,
	VC_NR_COUNTS
};

/**
 * struct vc_counts - counters
 * @value: their values
 * @known: a bit for each that there is; in-tree drivers do not have all
 */
struct vc_counts {
	unsigned long long value[VC_NR_COUNTS];
	unsigned int known;
};

/**
 * struct vc_sample_queue - a queue of a vif
 * @counts: its counters
 * @home: the CPU that it lives on, or -1 if that is not known
 */
struct vc_sample_queue {
	struct vc_counts counts;
	int home;
};

/**
 * struct vc_sample_vif - a vif
 * @vif: the vif
 * @ifindex: the number of its interface, by which one of the same name is known as another
 * @counts: its counters
 * @nr_queues: how many queues
 * @queue: the queues
 * @work: what each CPU has done for it, as our netback says; NULL if nobody does
 */
struct vc_sample_vif {
	struct vc_vif vif;
	unsigned int ifindex;
	struct vc_counts counts;
	unsigned int nr_queues;
	struct vc_sample_queue *queue;
	struct json_object *work;
};

/**
 * struct vc_sample - one look
 * @usecs: when, on a clock that is never set
 * @unix_usecs: when, for people
 * @nr_vifs: how many vifs with an interface
 * @vif: the vifs
 * @irqs: all interrupts
 * @cpustat: what CPUs spent their time on, as vc_cpustat_parse() has it
 */
struct vc_sample {
	uint64_t usecs;
	uint64_t unix_usecs;
	size_t nr_vifs;
	struct vc_sample_vif *vif;
	struct vc_irqs *irqs;
	struct json_object *cpustat;
};

struct vc_counter;

void vc_sample_count(struct vc_sample_vif *vif, const struct vc_counter *counters, size_t count);
struct vc_sample *vc_sample_take(void);
void vc_sample_free(struct vc_sample *sample);

#endif /* VC_SAMPLE_H */
