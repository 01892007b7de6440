// SPDX-License-Identifier: GPL-2.0
/* Faults on purpose; see inject.h. */

#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <xen/events.h>

#include "dev.h"
#include "event.h"
#include "inject.h"
#include "queue.h"

/* Does it happen to this event? */
static bool hit(struct xnf_event *event, enum xnf_fault fault, unsigned int *msecs)
{
	struct xnf_inject *inject = &event->queue->xnf->inject;
	struct xnf_fault_plan *plan = &inject->plan[fault];
	unsigned long flags;
	bool hit = false;

	spin_lock_irqsave(&inject->lock, flags);
	if (plan->rings & event->rings && !--plan->left) {
		hit = true;
		plan->done++;
		plan->left = plan->nth;
		if (!plan->every)
			plan->rings = 0;
	}
	if (msecs)
		*msecs = plan->msecs;
	spin_unlock_irqrestore(&inject->lock, flags);

	return hit;
}

/* A notification that is late. */
static void notify(struct timer_list *timer)
{
	struct xnf_event *event = timer_container_of(event, timer, late_notify);

	notify_remote_via_irq(event->irq);
}

/* An event that is late. */
static void hear(struct timer_list *timer)
{
	struct xnf_event *event = timer_container_of(event, timer, late_event);

	xnf_event_hear(event);
}

/**
 * xnf_inject_init() - no faults
 * @inject: of a new device
 *
 * Any context.
 */
void xnf_inject_init(struct xnf_inject *inject)
{
	spin_lock_init(&inject->lock);
}

/**
 * xnf_inject_set() - have a fault happen, or no longer
 * @inject: of the device
 * @fault: which
 * @plan: when; @plan->left and @plan->done are not looked at
 *
 * Context: any.
 */
void xnf_inject_set(struct xnf_inject *inject, enum xnf_fault fault,
		    const struct xnf_fault_plan *plan)
{
	struct xnf_fault_plan *mine = &inject->plan[fault];
	bool armed = false;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&inject->lock, flags);
	mine->rings = plan->rings;
	mine->nth = plan->nth;
	mine->every = plan->every;
	mine->msecs = plan->msecs;
	mine->left = plan->nth;
	for (i = 0; i < XNF_FAULTS; i++)
		armed |= inject->plan[i].rings;
	WRITE_ONCE(inject->armed, armed);
	spin_unlock_irqrestore(&inject->lock, flags);
}

/**
 * xnf_inject_get() - when does a fault happen?
 * @inject: of the device
 * @fault: which
 * @plan: where to put that
 *
 * Context: any.
 */
void xnf_inject_get(struct xnf_inject *inject, enum xnf_fault fault,
		    struct xnf_fault_plan *plan)
{
	unsigned long flags;

	spin_lock_irqsave(&inject->lock, flags);
	*plan = inject->plan[fault];
	spin_unlock_irqrestore(&inject->lock, flags);
}

/**
 * xnf_inject_bind() - make an event channel ready for faults
 * @event: one that is about to be bound
 *
 * Any context.
 */
void xnf_inject_bind(struct xnf_event *event)
{
	timer_setup(&event->late_notify, notify, 0);
	timer_setup(&event->late_event, hear, 0);
}

/**
 * xnf_inject_notify() - does anything happen to this notification?
 * @event: the channel that it is for
 *
 * Context: any.
 *
 * Return: whether the caller is not to send it.
 */
bool xnf_inject_notify(struct xnf_event *event)
{
	unsigned int msecs;

	if (hit(event, XNF_FAULT_DROP_NOTIFY, NULL))
		return true;
	if (!hit(event, XNF_FAULT_DELAY_NOTIFY, &msecs))
		return false;

	/* The one that is under way already will do for both. */
	if (!timer_pending(&event->late_notify))
		mod_timer(&event->late_notify, jiffies + msecs_to_jiffies(msecs));

	return true;
}

/**
 * xnf_inject_event() - does anything happen to this event from the backend?
 * @event: the channel that it has come by
 * @irq: its interrupt
 *
 * One that is dropped is as one that has never come: its port is open for the
 * next. A late one keeps it masked until then.
 *
 * Context: hard interrupt.
 *
 * Return: whether the caller is to do nothing about it.
 */
bool xnf_inject_event(struct xnf_event *event, int irq)
{
	unsigned int msecs;

	if (hit(event, XNF_FAULT_DROP_EVENT, NULL)) {
		xen_irq_lateeoi(irq, 0);
		return true;
	}
	if (!hit(event, XNF_FAULT_DELAY_EVENT, &msecs))
		return false;

	mod_timer(&event->late_event, jiffies + msecs_to_jiffies(msecs));
	return true;
}
