// SPDX-License-Identifier: GPL-2.0
/* Event channels of a queue; see event.h. */

#include <linux/interrupt.h>
#include <xen/events.h>

#include "event.h"
#include "queue.h"
#include "steer.h"
#include "vif.h"

static irqreturn_t xnb_event_interrupt(int irq, void *data)
{
	struct xnb_event *event = data;
	struct xnb_queue *queue = event->queue;

	this_cpu_inc(queue->vif->cpu_stats->interrupts);
	atomic_or(event->halves, &event->owed);
	if (event->halves & XNB_HALF_TX)
		xnb_steer_refresh(queue);

	/*
	 * An action that roams goes where packets are released: with more than half
	 * of the pool out there, they are waited for instead of taking the work here.
	 */
	if (event->halves == XNB_HALF_TX && READ_ONCE(queue->action.roams) &&
	    xnb_pool_in_use(queue->pool) > XNB_POOL_SIZE / 2)
		return IRQ_HANDLED;

	xnb_action_schedule(&queue->action);

	return IRQ_HANDLED;
}

/**
 * xnb_event_bind() - bind a port of the frontend to a queue
 * @event: where to keep it; @event->name is set by the caller
 * @queue: its queue, whose action is started and paused
 * @halves: the XNB_HALF_* that the port is for
 * @xdev: the device, for the core's accounting of late EOIs
 * @port: the frontend's event channel
 *
 * An interrupt may come before this returns. Since the action is paused until
 * all of the queue is set up, nobody needs @event->irq before it is written.
 * Context: may sleep.
 *
 * Return: 0 or a negative errno, with nothing bound.
 */
int xnb_event_bind(struct xnb_event *event, struct xnb_queue *queue, int halves,
		   struct xenbus_device *xdev, evtchn_port_t port)
{
	int irq;

	event->queue = queue;
	event->halves = halves;
	atomic_set(&event->owed, 0);

	irq = bind_interdomain_evtchn_to_irqhandler_lateeoi(xdev, port,
							    xnb_event_interrupt,
							    0, event->name,
							    event);
	if (irq < 0)
		return irq;

	event->irq = irq;
	return 0;
}

/**
 * xnb_event_unbind() - give a port back
 * @event: the port; one that is not bound is fine
 *
 * The handler does not run any more when this returns. Context: may sleep.
 */
void xnb_event_unbind(struct xnb_event *event)
{
	if (!event->irq)
		return;

	unbind_from_irqhandler(event->irq, event);
	event->irq = 0;
}

/**
 * xnb_event_done() - one half of a queue has nothing left to do
 * @event: the port that serves this half
 * @half: which half; its ring has been armed for the next event
 *
 * Context: the queue's action.
 */
void xnb_event_done(struct xnb_event *event, int half)
{
	unsigned int flags;

	if (atomic_fetch_andnot(half, &event->owed) != half)
		return;

	/* Cleared before the port can fire again. */
	flags = event->worked ? 0 : XEN_EOI_FLAG_SPURIOUS;
	event->worked = false;
	xen_irq_lateeoi(event->irq, flags);
}
