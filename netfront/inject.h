/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on purpose: events that get lost or come late, in either direction, and
 * allocations that fail. The administrator says which in debugfs; see debugfs.c.
 * Nothing is ever injected that could not happen by itself, and nothing at all unless
 * it was asked for.
 */
#ifndef XNF_INJECT_H
#define XNF_INJECT_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct xnf_event;

/* The n-th event from now on, at most. */
#define XNF_INJECT_NTH_MAX	1000000

/* Longer than any of the watchdog's patience with a lost event. */
#define XNF_INJECT_MSECS_MAX	10000

/* A slip of the hand must not cut a device off for long. */
#define XNF_INJECT_ALLOC_MAX	10000

/**
 * enum xnf_fault - what can happen to an event
 * @XNF_FAULT_DROP_NOTIFY: ours to the backend is not sent
 * @XNF_FAULT_DROP_EVENT: the backend's to us is not heard
 * @XNF_FAULT_DELAY_NOTIFY: ours to the backend is sent late
 * @XNF_FAULT_DELAY_EVENT: the backend's to us is heard late
 * @XNF_FAULTS: number of these
 */
enum xnf_fault {
	XNF_FAULT_DROP_NOTIFY,
	XNF_FAULT_DROP_EVENT,
	XNF_FAULT_DELAY_NOTIFY,
	XNF_FAULT_DELAY_EVENT,
	XNF_FAULTS,
};

/**
 * struct xnf_fault_plan - when a fault happens
 * @rings: to events of which rings, XNF_EVENT_*; 0 for never
 * @nth: to the how manieth
 * @every: to every @nth, and not just once
 * @msecs: delay, for those that delay
 * @left: events until the next time
 * @done: times that it has happened
 */
struct xnf_fault_plan {
	int rings;
	unsigned int nth;
	bool every;
	unsigned int msecs;
	unsigned int left;
	unsigned int done;
};

/**
 * struct xnf_inject - the faults of a device
 * @lock: of the plans
 * @armed: at least one of them is to happen
 * @fail_alloc: of the next allocations for packets, how many fail; no @lock
 * @plan: by enum xnf_fault
 */
struct xnf_inject {
	spinlock_t lock;
	bool armed;
	atomic_t fail_alloc;
	struct xnf_fault_plan plan[XNF_FAULTS];
};

/**
 * xnf_inject_alloc() - shall this allocation fail?
 * @inject: of the device that it is for
 *
 * Asked where memory for a packet or a buffer is allocated, and where the answer is
 * yes all goes on as if there were none. Any context.
 *
 * Return: true for as many calls as the administrator has asked for.
 */
static inline bool xnf_inject_alloc(struct xnf_inject *inject)
{
	if (likely(!atomic_read(&inject->fail_alloc)))
		return false;

	return atomic_dec_if_positive(&inject->fail_alloc) >= 0;
}

void xnf_inject_init(struct xnf_inject *inject);
void xnf_inject_set(struct xnf_inject *inject, enum xnf_fault fault,
		    const struct xnf_fault_plan *plan);
void xnf_inject_get(struct xnf_inject *inject, enum xnf_fault fault,
		    struct xnf_fault_plan *plan);
void xnf_inject_bind(struct xnf_event *event);
bool xnf_inject_notify(struct xnf_event *event);
bool xnf_inject_event(struct xnf_event *event, int irq);

#endif /* XNF_INJECT_H */
