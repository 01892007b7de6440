/* SPDX-License-Identifier: GPL-2.0 */
/* Interrupts: which there are, where they go, how often they came. */
#ifndef VC_IRQ_H
#define VC_IRQ_H

#include <stddef.h>

#include "cpus.h"

/**
 * struct vc_irq - an interrupt that has a number
 * @number: as in /proc/irq
 * @name: of what asked for it: vif1.0-q0-tx, eth0-rx-1
 * @count: how often it came
 * @per_cpu: the same for each CPU of &vc_irqs.cpu
 * @nic: a NIC's, if somebody has looked
 */
struct vc_irq {
	unsigned int number;
	char name[64];
	unsigned long long count;
	unsigned long long *per_cpu;
	bool nic;
};

/**
 * struct vc_irqs - /proc/interrupts
 * @count: how many interrupts
 * @irq: the interrupts
 * @nr_cpus: how many columns
 * @cpu: the CPU of each column
 */
struct vc_irqs {
	size_t count;
	struct vc_irq *irq;
	unsigned int nr_cpus;
	unsigned int cpu[VC_CPUS_MAX];
};

struct vc_irqs *vc_irqs_parse(const char *text);
struct vc_irqs *vc_irqs_read(void);
void vc_irqs_free(struct vc_irqs *irqs);
const struct vc_irq *vc_irqs_find(const struct vc_irqs *irqs, const char *name);
bool vc_irq_handled(unsigned int number);
int vc_irq_affinity(unsigned int number, struct vc_cpus *wanted, struct vc_cpus *effective);
int vc_irq_move(unsigned int number, const struct vc_cpus *cpus);

#endif /* VC_IRQ_H */
