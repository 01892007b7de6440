// SPDX-License-Identifier: GPL-2.0
/* Event channels of a queue; see event.h. */

#include <linux/interrupt.h>
#include <linux/timer.h>
#include <xen/events.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "event.h"
#include "inject.h"
#include "queue.h"

static irqreturn_t interrupt(int irq, void *data)
{
	struct xnf_event *event = data;

	if (unlikely(READ_ONCE(event->queue->xnf->inject.armed)) && xnf_inject_event(event, irq))
		return IRQ_HANDLED;

	xnf_event_hear(event);

	return IRQ_HANDLED;
}

/**
 * xnf_event_hear() - the backend has something for us
 * @event: the channel that we know it by
 *
 * Context: hard or soft interrupt.
 */
void xnf_event_hear(struct xnf_event *event)
{
	atomic_or(event->owed, &event->queue->events);
	napi_schedule(&event->queue->napi);
}

/**
 * xnf_event_notify() - tell the backend that we have something for it
 * @event: a channel that is bound
 *
 * Context: any, until the queue's NAPI is disabled.
 */
void xnf_event_notify(struct xnf_event *event)
{
	if (unlikely(READ_ONCE(event->queue->xnf->inject.armed)) && xnf_inject_notify(event))
		return;

	notify_remote_via_irq(event->irq);
}

/**
 * xnf_event_bind() - make an event channel to the backend and listen to it
 * @queue: the queue it is for; its NAPI is added and not enabled
 * @n: which of its events
 * @rings: the XNF_EVENT_* that it stands for
 *
 * Context: may sleep. The device's lock is held.
 *
 * Return: 0 or a negative errno, with nothing bound and the error reported.
 */
int xnf_event_bind(struct xnf_queue *queue, unsigned int n, int rings)
{
	struct xenbus_device *xdev = queue->xnf->xdev;
	struct xnf_event *event = &queue->event[n];
	const char *suffix = "";
	int err;

	if (rings == XNF_EVENT_TX)
		suffix = "-tx";
	else if (rings == XNF_EVENT_RX)
		suffix = "-rx";
	snprintf(event->name, sizeof(event->name), "vif%s-q%u%s",
		 xnf_dev_handle(queue->xnf), queue->id, suffix);
	event->queue = queue;
	event->rings = rings;
	event->owed = XNF_EVENT_OWED(n);
	xnf_inject_bind(event);

	err = xenbus_alloc_evtchn(xdev, &event->port);
	if (err)
		return err;

	err = bind_evtchn_to_irqhandler_lateeoi(event->port, interrupt, 0,
						event->name, event);
	if (err < 0) {
		xenbus_free_evtchn(xdev, event->port);
		xnf_dev_fatal(queue->xnf, err, "binding event channel %u", event->port);
		return err;
	}
	event->irq = err;

	return 0;
}

/**
 * xnf_event_unbind() - undo xnf_event_bind()
 * @event: the event; nothing happens unless it is bound
 *
 * The queue's NAPI must be disabled, and a grace period be over since, for an EOI
 * to an interrupt number that is no longer ours could reach its next owner.
 *
 * Context: may sleep.
 */
void xnf_event_unbind(struct xnf_event *event)
{
	if (!event->irq)
		return;

	timer_delete_sync(&event->late_notify);
	unbind_from_irqhandler(event->irq, event);
	event->irq = 0;
	timer_delete_sync(&event->late_event);
}

/**
 * xnf_event_found() - a ring had something for us
 * @queue: the queue
 * @ring: XNF_EVENT_TX or XNF_EVENT_RX
 *
 * Context: the queue's NAPI poll.
 */
void xnf_event_found(struct xnf_queue *queue, int ring)
{
	if (!(atomic_read(&queue->events) & ring))
		atomic_or(ring, &queue->events);
}

/**
 * xnf_event_done() - give the EOIs that are owed
 * @queue: the queue
 *
 * Called when the poll has completed. A new interrupt of the other port may
 * already have started the next poll; then its EOI comes early, which costs
 * nothing but a second look, and it comes once.
 *
 * Context: softirq or the queue's NAPI thread.
 */
void xnf_event_done(struct xnf_queue *queue)
{
	int i, events;

	for (i = 0; i < XNF_EVENTS; i++) {
		struct xnf_event *event = &queue->event[i];

		if (!(atomic_read(&queue->events) & XNF_EVENT_OWED(i)))
			continue;
		events = atomic_fetch_andnot(event->owed | event->rings, &queue->events);
		if (!(events & event->owed))
			continue;
		xen_irq_lateeoi(event->irq, events & event->rings ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
}
