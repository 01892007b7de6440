// SPDX-License-Identifier: GPL-2.0
/* A queue's life; see queue.h. */

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <xen/xenbus.h>

#include "queue.h"
#include "rx.h"
#include "trace.h"
#include "tx.h"
#include "vif.h"

static bool xnb_queue_run(void *arg)
{
	struct xnb_queue *queue = arg;
	struct xnb_cpu_stats __percpu *stats = queue->vif->cpu_stats;
	u64 start = local_clock();
	bool again;

	xnb_rx_action(queue);
	again = xnb_tx_action(queue);

	this_cpu_inc(stats->runs);
	this_cpu_add(stats->run_ns, local_clock() - start);

	return again;
}

/*
 * Attach to a ring where its last backend left it: the frontend may have kept
 * requests in it over a change of backends (netif.h: req_cons of the new one is
 * rsp_prod of the old one).
 */
#define xnb_queue_attach_ring(queue, ring, shared)				\
({										\
	RING_IDX req = READ_ONCE((shared)->req_prod);				\
	RING_IDX rsp = READ_ONCE((shared)->rsp_prod);				\
										\
	BACK_RING_ATTACH(ring, shared, rsp, XEN_PAGE_SIZE);			\
	req - rsp > RING_SIZE(ring) ? -EINVAL : 0;				\
})

static int xnb_queue_map_rings(struct xnb_queue *queue,
			       const struct xnb_queue_keys *keys)
{
	struct xen_netif_tx_sring *tx;
	struct xen_netif_rx_sring *rx;
	int err;

	err = xnb_shared_map(&queue->tx.shared, queue->vif, keys->tx_ring_ref);
	if (err) {
		xnb_vif_error(queue->vif, err, "queue %u: tx-ring-ref %u cannot be mapped",
			      queue->id, keys->tx_ring_ref);
		return err;
	}
	tx = xnb_shared_addr(&queue->tx.shared);
	queue->tx.ring.sring = tx;

	err = xnb_shared_map(&queue->rx.shared, queue->vif, keys->rx_ring_ref);
	if (err) {
		xnb_vif_error(queue->vif, err, "queue %u: rx-ring-ref %u cannot be mapped",
			      queue->id, keys->rx_ring_ref);
		return err;
	}
	rx = xnb_shared_addr(&queue->rx.shared);
	queue->rx.ring.sring = rx;

	err = xnb_queue_attach_ring(queue, &queue->tx.ring, tx) ?:
	      xnb_queue_attach_ring(queue, &queue->rx.ring, rx);
	if (err)
		xnb_vif_error(queue->vif, err, "queue %u: ring indices make no sense",
			      queue->id);

	return err;
}

static void xnb_queue_unmap_rings(struct xnb_queue *queue)
{
	queue->tx.ring.sring = NULL;
	xnb_shared_unmap(&queue->tx.shared, queue->vif);

	queue->rx.ring.sring = NULL;
	xnb_shared_unmap(&queue->rx.shared, queue->vif);
}

static int xnb_queue_bind(struct xnb_queue *queue, struct xnb_event *event,
			  int halves, evtchn_port_t port, const char *suffix)
{
	struct xenbus_device *xdev = queue->vif->xdev;
	int err;

	snprintf(event->name, sizeof(event->name), "%s%s", queue->name, suffix);
	err = xnb_event_bind(event, queue, halves, xdev, port);
	if (err)
		xnb_vif_error(queue->vif, err, "queue %u: cannot bind event channel %u",
			      queue->id, port);

	return err;
}

static int xnb_queue_bind_events(struct xnb_queue *queue,
				 const struct xnb_queue_keys *keys)
{
	struct xnb_event *event = queue->event;

	if (keys->tx_port == keys->rx_port)
		return xnb_queue_bind(queue, &event[0], XNB_HALF_TX | XNB_HALF_RX,
				      keys->tx_port, "");

	queue->rx.event = &event[1];
	return xnb_queue_bind(queue, &event[0], XNB_HALF_TX, keys->tx_port, "-tx") ?:
	       xnb_queue_bind(queue, &event[1], XNB_HALF_RX, keys->rx_port, "-rx");
}

/**
 * xnb_queue_create() - make a queue and connect it to the frontend's
 * @vif: its vif
 * @id: its number
 * @keys: what the frontend published, in range as numbers but not trusted
 *
 * The queue's action exists and is paused: nothing is taken from the rings
 * yet. Errors have been reported to the log and to XenStore.
 * Context: may sleep; the vif's lock.
 *
 * Return: the queue, or NULL with nothing left behind.
 */
struct xnb_queue *xnb_queue_create(struct xnb_vif *vif, unsigned int id,
				   const struct xnb_queue_keys *keys)
{
	struct xnb_queue *queue;
	int err;

	queue = kvzalloc(sizeof(*queue), GFP_KERNEL);
	if (!queue) {
		xnb_vif_error(vif, -ENOMEM, "no memory for queue %u", id);
		return NULL;
	}

	queue->vif = vif;
	queue->id = id;
	queue->tx.event = &queue->event[0];
	queue->rx.event = &queue->event[0];
	snprintf(queue->name, sizeof(queue->name), "%s-q%u", vif->dev->name, id);
	xnb_stats_queue_init(queue);
	xnb_rx_init(queue);

	queue->pool = xnb_pool_create(queue, vif->domid);
	if (!queue->pool) {
		xnb_vif_error(vif, -ENOMEM, "no pages for queue %u", id);
		goto destroy;
	}

	queue->action.roams = vif->completion == XNB_COMPLETION_LOCAL;
	rtnl_lock();
	err = xnb_action_start(&queue->action, vif->action_mode, xnb_queue_run,
			       queue, queue->name, vif->dev);
	rtnl_unlock();
	if (err) {
		xnb_vif_error(vif, err, "no thread for queue %u", id);
		goto destroy;
	}

	if (xnb_queue_map_rings(queue, keys) || xnb_queue_bind_events(queue, keys))
		goto destroy;
	xnb_steer_attach(queue);

	return queue;

destroy:
	xnb_queues_stop(&queue, 1, 0);
	xnb_queues_free(&queue, 1);
	return NULL;
}

/**
 * xnb_queue_inherited() - was the queue served by another backend before?
 * @queue: the queue, still paused
 *
 * Context: the vif's lock.
 *
 * Return: true when somebody has answered requests on its TX ring.
 */
bool xnb_queue_inherited(const struct xnb_queue *queue)
{
	return queue->tx.ring.rsp_prod_pvt;
}

/**
 * xnb_queue_serves() - may the rings be read?
 * @queue: the queue
 *
 * Not while the interface is down, not when the frontend has broken the
 * protocol, and not any more when the queue is being torn down. What has been
 * taken already is answered in any case.
 *
 * Any context in which the queue cannot go. The answer may change at any time.
 *
 * Return: true when they may.
 */
bool xnb_queue_serves(const struct xnb_queue *queue)
{
	const unsigned long *flags = &queue->vif->flags;

	return !READ_ONCE(queue->closing) && test_bit(XNB_VIF_UP, flags) &&
	       !test_bit(XNB_VIF_BROKEN, flags);
}

/**
 * xnb_queue_drop() - a packet of a queue has been, or is about to be, discarded
 * @queue: the queue
 * @reason: why
 *
 * Any context.
 */
void xnb_queue_drop(struct xnb_queue *queue, enum xnb_stat reason)
{
	xnb_count(&queue->counters, reason);
	trace_xnb_drop(queue->vif, queue->id, reason);
}

/**
 * xnb_queue_show_napi() - tell the stack which NAPI instance serves a queue
 * @queue: the queue
 * @show: false to take that back
 *
 * For netlink's netdev family, and whoever steers by it. Context: rtnl.
 */
void xnb_queue_show_napi(struct xnb_queue *queue, bool show)
{
	struct net_device *dev = queue->vif->dev;
	struct napi_struct *napi = NULL;

	if (show && queue->action.mode == XNB_ACTION_NAPI) {
		napi = &queue->action.napi;
		netif_napi_set_irq(napi, queue->tx.event->irq);
	}
	netif_queue_set_napi(dev, queue->id, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(dev, queue->id, NETDEV_QUEUE_TYPE_TX, napi);
}

/* Take nothing new; the action goes on for what the stack gives back. */
static void xnb_queue_close(struct xnb_queue *queue)
{
	WRITE_ONCE(queue->closing, true);
	if (queue->action.run && !queue->action.paused)
		xnb_action_schedule(&queue->action);
}

/* Let pages come home: the next backend must not find them unanswered. */
static void xnb_queue_settle(struct xnb_queue *queue, unsigned long deadline)
{
	if (!queue->pool || !queue->action.run || queue->action.paused)
		return;

	while (xnb_pool_in_use(queue->pool) && time_before(jiffies, deadline))
		msleep(5);
}

/*
 * All who schedule the action fall silent. It is held still first, since it
 * uses the ports and arms the timer itself.
 */
static void xnb_queue_silence(struct xnb_queue *queue)
{
	xnb_action_pause(&queue->action);
	xnb_steer_detach(queue);
	xnb_credit_leave(queue);
	xnb_event_unbind(&queue->event[0]);
	xnb_event_unbind(&queue->event[1]);
	xnb_rx_purge(queue);
	xnb_pool_detach(queue->pool);
}

/* Return: whether every request that was taken has been answered in order. */
static bool xnb_queue_end(struct xnb_queue *queue)
{
	unsigned int parked;
	bool answered;

	rtnl_lock();
	xnb_action_stop(&queue->action);
	rtnl_unlock();

	parked = xnb_pool_destroy(queue->pool, queue);
	queue->pool = NULL;
	/* They are in parked_pages from here on, until they are unmapped. */
	xnb_work_add(&queue->tx.traffic, XNB_WORK_UNMAPS, parked);
	if (parked && __ratelimit(&queue->vif->log_limit))
		netdev_warn(queue->vif->dev,
			    "queue %u is gone while %u of its guest's pages are still in use here\n",
			    queue->id, parked);

	/*
	 * An answer that comes as late as this has no event, and the next backend
	 * sends none for it.
	 */
	answered = queue->tx.ring.req_cons == queue->tx.ring.rsp_prod_pvt &&
		   !queue->tx.unpushed;
	if (queue->tx.ring.sring && queue->tx.unpushed)
		RING_PUSH_RESPONSES(&queue->tx.ring);
	xnb_queue_unmap_rings(queue);

	return answered;
}

/**
 * xnb_queues_stop() - bring queues to rest, whatever state they are in
 * @queues: the queues; no packet is on its way to them
 * @count: how many
 * @settle_msecs: how long to wait for pages in the stack's hands, all queues
 *	together; the rest is parked
 *
 * Nothing of the frontend's is mapped through the queues afterwards, and their
 * counters do not move any more. Context: may sleep.
 *
 * Return: true when every request has been answered, so that another backend
 * could go on with the same rings.
 */
bool xnb_queues_stop(struct xnb_queue **queues, unsigned int count,
		     unsigned int settle_msecs)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(settle_msecs);
	bool answered = true;
	unsigned int i;

	for (i = 0; i < count; i++)
		xnb_queue_close(queues[i]);
	for (i = 0; i < count; i++)
		xnb_queue_settle(queues[i], deadline);
	for (i = 0; i < count; i++)
		xnb_queue_silence(queues[i]);

	/* No release that still sees a queue is under way after this. */
	synchronize_rcu_expedited();

	for (i = 0; i < count; i++)
		if (!xnb_queue_end(queues[i]))
			answered = false;

	return answered;
}

/**
 * xnb_queues_free() - free queues that were stopped
 * @queues: the queues
 * @count: how many
 *
 * Context: may sleep; nobody can find the queues any more.
 */
void xnb_queues_free(struct xnb_queue **queues, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		kvfree(queues[i]);
}
