/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a queue lives.
 *
 * The affinity of the queue's TX event-channel interrupt is the one truth. It is
 * chosen when the queue is made, by what the CPUs have had to do lately, and
 * anybody may change it afterwards: /proc/irq/N/smp_affinity_list, irqbalance, a
 * CPU going offline. The action's home CPU, the RX interrupt and the XPS map
 * follow. &xnb_action.home is a copy of the CPU that the interrupt is delivered
 * to, taken again whenever that changes.
 */
#ifndef XNB_STEER_H
#define XNB_STEER_H

#include <linux/interrupt.h>
#include <linux/list.h>

struct irq_data;
struct xnb_queue;

/**
 * struct xnb_steer - what it takes to follow an interrupt
 * @data: the TX interrupt's, while it is bound
 * @notify: called when somebody has changed its affinity
 * @list: all queues
 */
struct xnb_steer {
	struct irq_data *data;
	struct irq_affinity_notify notify;
	struct list_head list;
};

int xnb_steer_init(void);
void xnb_steer_exit(void);

void xnb_steer_attach(struct xnb_queue *queue);
void xnb_steer_detach(struct xnb_queue *queue);
void xnb_steer_set_xps(struct xnb_queue *queue);
void xnb_steer_refresh(struct xnb_queue *queue);

#endif /* XNB_STEER_H */
