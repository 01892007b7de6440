/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event channels of a queue.
 *
 * Every port is bound with a late EOI (XSA-332): it stays masked from the
 * interrupt until the work that the interrupt asked for is done, and a
 * frontend that sends events without work is slowed down by the core.
 * The EOI must be given exactly once per interrupt. One port can stand for
 * both halves of a queue; then the half that finishes last gives it.
 */
#ifndef XNB_EVENT_H
#define XNB_EVENT_H

#include <linux/atomic.h>
#include <linux/if.h>
#include <linux/types.h>
#include <xen/xenbus.h>

struct xnb_queue;

/* The halves of a queue that an event can be for. */
#define XNB_HALF_TX	1
#define XNB_HALF_RX	2

#define XNB_EVENT_NAME_LEN	(IFNAMSIZ + 12)

/**
 * struct xnb_event - one bound port
 * @queue: whose action the interrupt schedules
 * @irq: the Linux interrupt, 0 while unbound
 * @halves: XNB_HALF_* that this port is for
 * @owed: those that have not finished since the interrupt
 * @worked: something was found to do since the last EOI
 * @name: as seen in /proc/interrupts
 */
struct xnb_event {
	struct xnb_queue *queue;
	int irq;
	int halves;
	atomic_t owed;
	bool worked;
	char name[XNB_EVENT_NAME_LEN];
};

int xnb_event_bind(struct xnb_event *event, struct xnb_queue *queue, int halves,
		   struct xenbus_device *xdev, evtchn_port_t port);
void xnb_event_unbind(struct xnb_event *event);
void xnb_event_done(struct xnb_event *event, int half);

#endif /* XNB_EVENT_H */
