/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event channels of a queue.
 *
 * A port is bound with a late EOI (XSA-391): it stays masked from the interrupt
 * until the poll has done the work, and a backend that sends events without
 * work is slowed down by the core. Two rules keep that right:
 *
 * - An interrupt is owed exactly one EOI, or the port stays masked for ever.
 * - An event is spurious only if its ring had nothing since the last EOI of its
 *   port. One poll serves both rings, so the interrupt of a ring often arrives
 *   when the poll that the other one asked for has already done its work; that
 *   is no fault of the backend.
 */
#ifndef XNF_EVENT_H
#define XNF_EVENT_H

#include <linux/if.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <xen/interface/event_channel.h>

struct xnf_queue;

/* The rings that an event can be for, as bits of &xnf_queue.events. */
#define XNF_EVENT_TX	0x1
#define XNF_EVENT_RX	0x2

/* In &xnf_queue.events: the port of event number @n is owed an EOI. */
#define XNF_EVENT_OWED(n)	(0x4 << (n))

/* Ports per queue: one for each ring, or a single one for both. */
#define XNF_EVENTS	2

/**
 * struct xnf_event - one event channel
 * @queue: whose poll the interrupt schedules
 * @port: our end of the channel, valid while @irq is not 0
 * @irq: the Linux interrupt, 0 while there is none
 * @rings: XNF_EVENT_TX, XNF_EVENT_RX or both
 * @owed: its XNF_EVENT_OWED() bit
 * @late_notify: a notification that was held back; see inject.h
 * @late_event: an event that was
 * @name: as seen in /proc/interrupts
 */
struct xnf_event {
	struct xnf_queue *queue;
	evtchn_port_t port;
	unsigned int irq;
	int rings;
	int owed;
	struct timer_list late_notify;
	struct timer_list late_event;
	char name[IFNAMSIZ + 16];
};

int xnf_event_bind(struct xnf_queue *queue, unsigned int n, int rings);
void xnf_event_unbind(struct xnf_event *event);
void xnf_event_notify(struct xnf_event *event);
void xnf_event_hear(struct xnf_event *event);
void xnf_event_found(struct xnf_queue *queue, int ring);
void xnf_event_done(struct xnf_queue *queue);

#endif /* XNF_EVENT_H */
