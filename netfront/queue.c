// SPDX-License-Identifier: GPL-2.0
/* Queues; see queue.h. */

#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "limbo.h"
#include "queue.h"

static int poll(struct napi_struct *napi, int budget)
{
	struct xnf_queue *queue = container_of(napi, struct xnf_queue, napi);
	int work = 0;

	/* The EOIs of a broken queue are withheld: its ports stay masked. */
	if (READ_ONCE(queue->broken))
		goto complete;

	if (xnf_tx_poll(queue, budget))
		xnf_event_found(queue, XNF_EVENT_TX);
	if (!budget)
		return 0; /* netpoll, to whom only completions matter */

	if (!READ_ONCE(queue->broken))
		work = xnf_rx_poll(queue, budget);
	if (work)
		xnf_event_found(queue, XNF_EVENT_RX);
	if (READ_ONCE(queue->broken))
		goto complete;

	xnf_buffers_fill(queue);
	if (work == budget)
		return budget;

	/*
	 * From here on the next response, or one soon after it, comes with an event.
	 * It sets off another poll also while this one is still on the CPU. What has
	 * come in before must not wait for an event that nobody owes us.
	 */
	if (xnf_tx_rearm(queue) || xnf_rx_rearm(queue))
		return budget;

	if (napi_complete_done(napi, work))
		xnf_event_done(queue);

	return work;

complete:
	/* A broken queue is polled when netpoll wants to, and that is all. */
	if (budget)
		napi_complete(napi);
	return 0;
}

/**
 * xnf_queue_break() - have nothing more to do with the rings of a queue
 * @queue: the queue
 * @why: the XNF_BROKEN_* reason
 *
 * The whole device is stopped and reported, once. What is in flight stays where
 * it is until the connection is taken down.
 *
 * Context: any.
 */
void xnf_queue_break(struct xnf_queue *queue, enum xnf_stat why)
{
	xnf_count(queue->stats, why);
	WRITE_ONCE(queue->broken, true);
	xnf_dev_break(queue->xnf, queue->id, why);
}

/**
 * xnf_queue_poll() - have the rings polled, as if there had been an event
 * @queue: the queue; nothing happens if it does not run any more
 *
 * Context: any but hard interrupt.
 */
void xnf_queue_poll(struct xnf_queue *queue)
{
	/* The softirq is raised, and must be run, by somebody. */
	local_bh_disable();
	napi_schedule(&queue->napi);
	local_bh_enable();
}

/**
 * xnf_queue_start() - let a queue run
 * @queue: a queue that was created and never started
 *
 * Context: may sleep, rtnl held.
 */
void xnf_queue_start(struct xnf_queue *queue)
{
	struct net_device *netdev = queue->xnf->netdev;

	/* The pool has no lock: nobody else can be filling while NAPI is off. */
	local_bh_disable();
	xnf_buffers_fill(queue);
	local_bh_enable();

	netif_queue_set_napi(netdev, queue->id, NETDEV_QUEUE_TYPE_RX, &queue->napi);
	netif_queue_set_napi(netdev, queue->id, NETDEV_QUEUE_TYPE_TX, &queue->napi);
	netif_napi_set_irq(&queue->napi, queue->rx_event->irq);

	xnf_moderator_init(&queue->tx_moderator, &queue->napi);
	xnf_moderator_init(&queue->rx_moderator, &queue->napi);
	napi_enable(&queue->napi);
	queue->napi_on = true;

	/* For an event that has come too early to schedule the poll itself. */
	xnf_queue_poll(queue);
}

/**
 * xnf_queue_stop() - undo xnf_queue_start()
 * @queue: the queue; nothing happens if it does not run
 *
 * Nobody transmits any more. When this returns, the poll has completed for the
 * last time; a grace period later it has returned too, with no EOI to come.
 *
 * Context: may sleep, rtnl held.
 */
void xnf_queue_stop(struct xnf_queue *queue)
{
	struct net_device *netdev = queue->xnf->netdev;

	if (!queue->napi_on)
		return;

	/* For what has come in without an event, or whose event has been lost. */
	xnf_queue_poll(queue);
	napi_disable(&queue->napi);
	queue->napi_on = false;
	xnf_moderator_stop(&queue->tx_moderator);
	xnf_moderator_stop(&queue->rx_moderator);

	netif_queue_set_napi(netdev, queue->id, NETDEV_QUEUE_TYPE_RX, NULL);
	netif_queue_set_napi(netdev, queue->id, NETDEV_QUEUE_TYPE_TX, NULL);
}

/**
 * xnf_queue_kick() - have both sides look at the rings
 * @queue: a queue that runs
 *
 * For when events may have gone astray. Context: may sleep.
 */
void xnf_queue_kick(struct xnf_queue *queue)
{
	unsigned int i;

	for (i = 0; i < XNF_EVENTS; i++)
		if (queue->event[i].irq)
			xnf_event_notify(&queue->event[i]);

	xnf_queue_poll(queue);
}

/**
 * xnf_queue_share_ring() - make a ring and grant it to the backend
 * @queue: the queue
 * @page: where to put the ring
 * @ref: where to put its grant
 *
 * Context: may sleep. The device's lock is held.
 *
 * Return: 0 or a negative errno, which has been reported.
 */
int xnf_queue_share_ring(struct xnf_queue *queue, void **page, grant_ref_t *ref)
{
	int err;

	err = xenbus_setup_ring(queue->xnf->xdev, GFP_NOIO | __GFP_HIGH, page, 1, ref);
	/* It reports that there are no grants, but not that there is no memory. */
	if (err == -ENOMEM)
		xnf_dev_fatal(queue->xnf, err, "allocating a ring of queue %u", queue->id);

	return err;
}

/**
 * xnf_queue_unshare_ring() - take a ring back from the backend
 * @queue: the queue, which does not run
 * @page: the ring
 * @ref: its grant, invalid afterwards
 *
 * If the backend has still mapped it, the page is freed when it no longer has. Context:
 * may sleep.
 */
void xnf_queue_unshare_ring(struct xnf_queue *queue, void *page, grant_ref_t *ref)
{
	if (!gnttab_try_end_foreign_access(*ref)) {
		xnf_limbo_page(queue->xnf->xdev->otherend_id, *ref, virt_to_page(page));
		*ref = INVALID_GRANT_REF;
		return;
	}
	*ref = INVALID_GRANT_REF;
	xenbus_teardown_ring(&page, 1, ref);
}

/* What needs memory and grant references only, and can be had for some queues. */
static int create(struct xnf_queue *queue, struct xnf_dev *xnf, unsigned int id)
{
	int err;

	queue->xnf = xnf;
	queue->id = id;
	queue->stats = &xnf->stats[id];

	/* Under rtnl others walk the NAPIs of a registered device, and sleep. */
	netif_napi_add(xnf->netdev, &queue->napi, poll);

	/* Both even if one fails: destroy() wants them in a defined state. */
	err = xnf_tx_create(queue);

	return xnf_rx_create(queue) ?: err;
}

/* What the backend is to see. */
static int share(struct xnf_queue *queue)
{
	bool split = queue->xnf->offer.split_event_channels;
	int err;

	err = xnf_tx_share(queue);
	if (err)
		return err;
	err = xnf_rx_share(queue);
	if (err)
		return err;

	err = xnf_event_bind(queue, 0, split ? XNF_EVENT_TX : XNF_EVENT_TX | XNF_EVENT_RX);
	if (err)
		return err;
	if (split) {
		err = xnf_event_bind(queue, 1, XNF_EVENT_RX);
		if (err)
			return err;
	}
	queue->tx_event = &queue->event[0];
	queue->rx_event = &queue->event[split];

	return 0;
}

/*
 * The one way down, from wherever create() and share() have got to. Each step
 * needs the ones before it: the interrupts schedule NAPI, the pool knows of it.
 */
static void destroy(struct xnf_queue *queue)
{
	unsigned int i;

	if (!queue->xnf)
		return;

	for (i = 0; i < XNF_EVENTS; i++)
		xnf_event_unbind(&queue->event[i]);
	xnf_tx_destroy(queue);
	xnf_rx_destroy(queue);
	netif_napi_del(&queue->napi);
	queue->xnf = NULL;
}

/**
 * xnf_queues_prepare() - make queues as far as that needs no backend
 * @xnf: the device
 * @count: how many are wanted
 * @all: fewer are of no use
 *
 * Nothing of what is there already is touched, and nothing is reported. Context:
 * may sleep, rtnl held.
 *
 * Return: the queues, fewer than @count if memory or grants do not suffice for more;
 * an ERR_PTR() if they suffice for none, or not for @all.
 */
struct xnf_queues *xnf_queues_prepare(struct xnf_dev *xnf, unsigned int count, bool all)
{
	struct xnf_queues *queues;
	unsigned int i;
	int err = 0;

	queues = kvzalloc_flex(*queues, queue, count);
	if (!queues)
		return ERR_PTR(-ENOMEM);
	queues->count = count;

	for (i = 0; i < count; i++) {
		err = create(&queues->queue[i], xnf, i);
		if (err) {
			destroy(&queues->queue[i]);
			break;
		}
	}
	queues->count = i;
	if (!i || (all && i < count)) {
		xnf_queues_destroy(queues);
		return ERR_PTR(err);
	}

	return queues;
}

/**
 * xnf_queues_share() - make all that the backend is to see of prepared queues
 * @queues: the queues, which do not run yet
 *
 * Context: may sleep. The device's lock is held.
 *
 * Return: 0, or a negative errno that has been reported; xnf_queues_destroy() cleans
 * up in both cases.
 */
int xnf_queues_share(struct xnf_queues *queues)
{
	unsigned int i;
	int err;

	for (i = 0; i < queues->count; i++) {
		err = share(&queues->queue[i]);
		if (err)
			return err;
	}

	return 0;
}

/**
 * xnf_queues_destroy() - give back all that queues have
 * @queues: the queues, stopped or never started; nobody transmits
 *
 * Context: may sleep, rtnl held; the device's lock too, once they have been shared.
 */
void xnf_queues_destroy(struct xnf_queues *queues)
{
	unsigned int i;

	for (i = 0; i < queues->count; i++)
		destroy(&queues->queue[i]);
	kvfree(queues);
}
