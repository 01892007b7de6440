// SPDX-License-Identifier: GPL-2.0
/*
 * Host to guest: from the stack to the RX ring.
 *
 * Packets are copied to the guest's buffers by the queue's action, and so on its
 * home CPU: one hypercall, one push and one notify per batch. A batch is what the
 * stack has sent meanwhile: all that a NIC's poll has brought, or a sender said
 * more of (xmit_more). When the guest has posted too few buffers the stack's queue
 * is stopped and the packet waits, until the guest's event runs the action, or a
 * timer decides that it has waited for too long.
 */

#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <xen/events.h>

#include "common/ring.h"
#include "common/wire.h"

#include "grant.h"
#include "hash.h"
#include "headroom.h"
#include "inject.h"
#include "queue.h"
#include "rx.h"
#include "rx_copy.h"
#include "vif.h"

#define XNB_RX_KICKED		0

/* Packets that may wait for the stack to say that no more are coming. */
#define XNB_RX_BATCH		32

/*
 * Memory that packets waiting in all queues of a vif may take up together
 * (XSA-392), and in one of them. What is more stays with the stack, whose queue
 * is stopped for that long.
 */
#define XNB_RX_BYTES_MAX	(4 * 1024 * 1024)
#define XNB_RX_QUEUE_BYTES_MAX	(512 * 1024)

/*
 * The largest packet: 17 slots, with headroom or without. 64 KiB and an
 * Ethernet header fit.
 */
#define XNB_RX_LEN_MAX		(17 * XEN_PAGE_SIZE - XNB_HEADROOM_MAX)

/* A guest without feature-rx-notify has to be looked at this often. */
#define XNB_RX_POLL_MSECS	30

/* After this long, a ring that was never seen large enough is taken for small. */
#define XNB_RX_SMALL_MSECS	250

static struct netdev_queue *xnb_rx_txq(const struct xnb_queue *queue)
{
	return netdev_get_tx_queue(queue->vif->dev, queue->id);
}

static void xnb_rx_discard(struct xnb_queue *queue, struct sk_buff *skb,
			   enum xnb_stat reason)
{
	xnb_queue_drop(queue, reason);
	dev_kfree_skb_any(skb);
}

/* The guest has posted more buffers than ever; at most a ring's size times. */
static void xnb_rx_grow(struct xnb_queue *queue, unsigned int posted)
{
	struct xnb_rx *rx = &queue->rx;

	rx->most_posted = posted;
	if (rx->small) {
		rx->small = false;
		xnb_vif_small_ring(queue->vif, false);
	}
}

/*
 * Has the guest posted @needed buffers? If not, its next one will be announced
 * by an event. Only the holder of the lock may ask.
 */
static bool xnb_rx_ready(struct xnb_queue *queue, unsigned int needed)
{
	struct xen_netif_rx_back_ring *ring = &queue->rx.ring;
	u32 posted;
	RING_IDX prod;

	prod = READ_ONCE(ring->sring->req_prod);
	if (prod - ring->req_cons < needed) {
		ring->sring->req_event = prod + 1;
		/* Either we see its next buffer now, or it sees that event. */
		virt_mb();
		prod = READ_ONCE(ring->sring->req_prod);
	}

	if (!xnet_ring_unconsumed(prod, ring->req_cons, ring->rsp_prod_pvt,
				  RING_SIZE(ring), &posted)) {
		xnb_count(&queue->counters, XNB_TX_FATAL);
		xnb_vif_fatal(queue->vif, "RX producer index makes no sense");
		return false;
	}
	virt_rmb(); /* the requests were written before the index was */

	if (unlikely(posted > queue->rx.most_posted))
		xnb_rx_grow(queue, posted);

	return posted >= needed;
}

static struct sk_buff *xnb_rx_dequeue(struct xnb_queue *queue)
{
	struct sk_buff *skb = skb_dequeue(&queue->rx.waiting);

	if (skb)
		atomic_sub(xnb_rx_cb(skb)->bytes, &queue->rx.waiting_bytes);

	return skb;
}

static void xnb_rx_discard_waiting(struct xnb_queue *queue, enum xnb_stat reason)
{
	struct sk_buff *skb;

	while ((skb = xnb_rx_dequeue(queue)))
		xnb_rx_discard(queue, skb, reason);
}

/* From starved to fed: at once, whatever the state before. */
static void xnb_rx_feed(struct xnb_queue *queue)
{
	struct xnb_rx *rx = &queue->rx;

	rx->starved = false;
	WRITE_ONCE(rx->draining, false);
	if (rx->stalled) {
		rx->stalled = false;
		xnb_vif_stall(queue->vif, false);
	}
	netif_tx_wake_queue(xnb_rx_txq(queue));
}

/*
 * Can an event be relied on when the guest posts buffers? Not if it sends none,
 * and not if it shares its port with a direction that may be keeping the port
 * masked.
 */
static bool xnb_rx_must_poll(const struct xnb_queue *queue)
{
	return !queue->vif->features.rx_notify ||
	       queue->rx.event == queue->tx.event;
}

/*
 * Is a packet too large for this guest? One that needs more slots than the
 * guest was ever seen to have posted may be waiting for what never comes, and
 * all others behind it. A guest that has posted nothing at all is just not there
 * yet; one that has once shown a larger ring is just slow.
 */
static bool xnb_rx_beyond(const struct xnb_rx *rx, unsigned int needed)
{
	return rx->most_posted && needed > rx->most_posted;
}

/* When packets as old as the oldest one are given up. */
static unsigned long xnb_rx_drain_at(const struct xnb_rx *rx)
{
	return rx->oldest + msecs_to_jiffies(xnb_rx_drain_timeout_msecs);
}

/*
 * Nothing moves until the guest has posted what @first needs. How long packets may
 * wait is a matter of their own age and not of this: a guest that lets through
 * one now and then would keep the others, and what they hold, for ever.
 */
static void xnb_rx_starve(struct xnb_queue *queue, const struct sk_buff *first,
			  unsigned int needed)
{
	struct xnb_rx *rx = &queue->rx;
	unsigned long next;

	rx->needed = needed;
	rx->starved = true;
	rx->starved_since = jiffies;
	rx->oldest = xnb_rx_cb(first)->since;
	netif_tx_stop_queue(xnb_rx_txq(queue));

	if (xnb_rx_must_poll(queue))
		next = jiffies + msecs_to_jiffies(XNB_RX_POLL_MSECS);
	else if (xnb_rx_beyond(rx, needed))
		next = jiffies + msecs_to_jiffies(XNB_RX_SMALL_MSECS);
	else
		next = xnb_rx_drain_at(rx);
	mod_timer(&rx->timer, next);
}

/*
 * A starved queue grows older. First what waits is dropped, and the stack's
 * queue opened so that what waits there goes the same way: packets may hold
 * what belongs to others. From then on any buffer ends it. Much later the queue
 * counts as dead. A guest that sends no events may just be slow, and is only
 * looked at again.
 */
static void xnb_rx_age(struct xnb_queue *queue)
{
	unsigned long stall = msecs_to_jiffies(xnb_rx_stall_timeout_msecs);
	bool poll = xnb_rx_must_poll(queue);
	struct xnb_rx *rx = &queue->rx;
	unsigned long now = jiffies;

	/* It has posted more by now, if still not enough: the usual patience. */
	if (!poll && !rx->draining && !timer_pending(&rx->timer))
		mod_timer(&rx->timer, xnb_rx_drain_at(rx));

	if (!rx->draining && time_after_eq(now, xnb_rx_drain_at(rx))) {
		WRITE_ONCE(rx->draining, true);
		xnb_rx_discard_waiting(queue, XNB_TX_DROP_EXPIRED);
		/* What needed more than that is gone. */
		rx->needed = 1;
		netif_tx_wake_queue(xnb_rx_txq(queue));
		if (!poll && stall)
			mod_timer(&rx->timer, rx->starved_since + stall);
	}

	/* The interface may have been set down and up meanwhile. */
	if (!rx->draining)
		netif_tx_stop_queue(xnb_rx_txq(queue));

	if (poll)
		mod_timer(&rx->timer, now + msecs_to_jiffies(XNB_RX_POLL_MSECS));

	if (queue->vif->features.rx_notify && stall && !rx->stalled &&
	    time_after_eq(now, rx->starved_since + stall)) {
		rx->stalled = true;
		xnb_count(&queue->counters, XNB_TX_STALLED);
		xnb_vif_stall(queue->vif, true);
	}
}

/*
 * Has the packet that starves the queue waited long enough to know that the
 * guest's ring is too small for it? Once that is known, none waits again.
 */
static bool xnb_rx_give_up(struct xnb_queue *queue, unsigned int needed)
{
	struct xnb_rx *rx = &queue->rx;

	if (!xnb_rx_beyond(rx, needed))
		return false;
	if (rx->small)
		return true;
	if (!rx->starved ||
	    time_before(jiffies, rx->starved_since + msecs_to_jiffies(XNB_RX_SMALL_MSECS)))
		return false;

	rx->small = true;
	xnb_vif_small_ring(queue->vif, true);
	return true;
}

/*
 * The stack's queue is stopped while too much waits. Whoever stops it and whoever
 * makes room each look again after that, so that one of them starts it.
 */
static void xnb_rx_limit(struct xnb_queue *queue)
{
	struct xnb_rx *rx = &queue->rx;

	netif_tx_stop_queue(xnb_rx_txq(queue));
	smp_mb(); /* the queue is stopped before the bytes are read */
	if (atomic_read(&rx->waiting_bytes) <= rx->waiting_max / 2)
		netif_tx_start_queue(xnb_rx_txq(queue));
}

static void xnb_rx_reopen(struct xnb_queue *queue)
{
	struct xnb_rx *rx = &queue->rx;

	smp_mb(); /* the bytes were taken off before the queue's state is read */
	if (unlikely(netif_tx_queue_stopped(xnb_rx_txq(queue))) && !rx->starved &&
	    test_bit(XNB_VIF_UP, &queue->vif->flags) &&
	    atomic_read(&rx->waiting_bytes) <= rx->waiting_max / 2)
		netif_tx_wake_queue(xnb_rx_txq(queue));
}

/* Move what can be moved. Context: the holder of the lock. */
static void xnb_rx_move(struct xnb_queue *queue)
{
	struct xnb_rx *rx = &queue->rx;
	unsigned int needed, moved = 0;
	struct sk_buff *skb;

	/* Constant throughout a batch. */
	rx->headroom = READ_ONCE(queue->vif->headroom.bytes);

	if (!xnb_queue_serves(queue)) {
		xnb_rx_discard_waiting(queue, XNB_TX_DROP_PURGED);
		return;
	}

	if (rx->starved) {
		if (!xnb_rx_ready(queue, rx->needed) &&
		    !xnb_rx_give_up(queue, rx->needed)) {
			xnb_rx_age(queue);
			return;
		}
		xnb_rx_feed(queue);
	}

	/* Only the holder of the lock takes from this list; others keep adding. */
	while ((skb = skb_peek(&rx->waiting))) {
		if (moved >= XNB_RING_SIZE) {
			set_bit(XNB_RX_KICKED, &rx->kicked);
			break;
		}
		needed = xnb_rx_slots(rx, skb);
		if (!xnb_rx_ready(queue, needed)) {
			if (xnb_rx_give_up(queue, needed)) {
				xnb_rx_discard(queue, xnb_rx_dequeue(queue),
					       XNB_TX_DROP_SMALL_RING);
				continue;
			}
			xnb_rx_starve(queue, skb, needed);
			break;
		}
		if (rx->nr_copies + xnb_rx_cb(skb)->copies > XNB_RX_COPIES ||
		    rx->nr_slots + needed > XNB_RING_SIZE)
			xnb_rx_flush(queue);
		xnb_rx_stage(queue, xnb_rx_dequeue(queue));
		moved += needed;
	}

	xnb_rx_flush(queue);
	xnb_rx_reopen(queue);
}

/*
 * See to it that somebody looks at the queue: we do, or whoever is doing so
 * already. The lock is only ever tried, so that this works in any context, with
 * interrupts disabled too (netpoll), and never waits for another CPU's batch.
 */
static void xnb_rx_look(struct xnb_queue *queue)
{
	struct xnb_rx *rx = &queue->rx;
	int rounds = 4;

	set_bit(XNB_RX_KICKED, &rx->kicked);
	smp_mb__after_atomic(); /* seen by the lock's holder if we fail */

	while (test_bit(XNB_RX_KICKED, &rx->kicked) && spin_trylock(&rx->lock)) {
		clear_bit(XNB_RX_KICKED, &rx->kicked);
		smp_mb__after_atomic();
		xnb_rx_move(queue);
		spin_unlock(&rx->lock);
		smp_mb(); /* a kick that found the lock taken is seen here */

		/* Others keep adding: let the action go on for them. */
		if (!--rounds) {
			if (test_bit(XNB_RX_KICKED, &rx->kicked))
				xnb_action_schedule(&queue->action);
			break;
		}
	}
}

/*
 * The same for whoever sends, who does not do it itself: what comes next may be in
 * the same batch, and copying is the work of the queue's home CPU.
 */
static void xnb_rx_kick(struct xnb_queue *queue)
{
	if (!test_and_set_bit(XNB_RX_KICKED, &queue->rx.kicked))
		xnb_action_schedule(&queue->action);
}

static void xnb_rx_timer(struct timer_list *timer)
{
	struct xnb_queue *queue = timer_container_of(queue, timer, rx.timer);

	xnb_action_schedule(&queue->action);
}

/**
 * xnb_rx_init() - prepare the host to guest half of a queue
 * @queue: the queue, zeroed
 *
 * Any context; nobody else knows of the queue yet.
 */
void xnb_rx_init(struct xnb_queue *queue)
{
	struct xnb_rx *rx = &queue->rx;

	rx->waiting_max = min_t(int, XNB_RX_QUEUE_BYTES_MAX,
				XNB_RX_BYTES_MAX / queue->vif->max_queues);

	spin_lock_init(&rx->lock);
	skb_queue_head_init(&rx->waiting);
	__skb_queue_head_init(&rx->batch);
	timer_setup(&rx->timer, xnb_rx_timer, 0);
}

/* A guest without scatter-gather can take one slot's worth. */
static bool xnb_rx_too_big(const struct xnb_queue *queue, const struct sk_buff *skb)
{
	if (likely(queue->vif->features.sg))
		return skb->len > XNB_RX_LEN_MAX;

	return READ_ONCE(queue->vif->headroom.bytes) + skb->len > XEN_PAGE_SIZE;
}

/*
 * Many may hold a packet; the caller wants one whose pointers and control block
 * are its own. Return: it, or NULL without memory. In any case @skb is consumed.
 */
static struct sk_buff *xnb_rx_unshare(struct xnb_vif *vif, struct sk_buff *skb)
{
	if (unlikely(xnb_inject_alloc(vif))) {
		dev_kfree_skb_any(skb);
		return NULL;
	}

	return skb_share_check(skb, GFP_ATOMIC);
}

/**
 * xnb_rx_xmit() - take a packet from the stack
 * @queue: the queue
 * @skb: the packet, consumed
 * @more: the stack has more for this queue right now
 *
 * Context: ndo_start_xmit.
 *
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t xnb_rx_xmit(struct xnb_queue *queue, struct sk_buff *skb, bool more)
{
	struct xnb_rx *rx = &queue->rx;
	int bytes;

	/*
	 * A packet waits by its own list pointers and control block. pktgen
	 * holds on to what it sends, which does no harm; but it can be brought
	 * to send one packet many times, and then each needs pointers of its own.
	 */
	if (unlikely(refcount_read(&skb->users) > 2)) {
		skb = xnb_rx_unshare(queue->vif, skb);
		if (!skb) {
			xnb_queue_drop(queue, XNB_TX_DROP_NOMEM);
			goto kick;
		}
	}

	if (unlikely(!xnb_multicast_wants(&queue->vif->multicast, skb))) {
		xnb_rx_discard(queue, skb, XNB_TX_DROP_MULTICAST);
		goto kick;
	}
	if (unlikely(xnb_rx_too_big(queue, skb))) {
		xnb_rx_discard(queue, skb, XNB_TX_ERR_TOO_BIG);
		goto kick;
	}
	if (unlikely(!xnb_rx_prepare(queue->vif, skb))) {
		xnb_rx_discard(queue, skb, XNB_TX_DROP_NOMEM);
		goto kick;
	}

	/* The guest may be back: who asks must be told now, wherever that is. */
	if (unlikely(READ_ONCE(rx->draining))) {
		xnb_rx_look(queue);
		if (READ_ONCE(rx->draining)) {
			xnb_rx_discard(queue, skb, XNB_TX_DROP_EXPIRED);
			return NETDEV_TX_OK;
		}
	}

	bytes = atomic_add_return(xnb_rx_cb(skb)->bytes, &rx->waiting_bytes);
	skb_tx_timestamp(skb);
	skb_queue_tail(&rx->waiting, skb);
	if (unlikely(bytes > rx->waiting_max))
		xnb_rx_limit(queue);
	if (more && skb_queue_len(&rx->waiting) < XNB_RX_BATCH &&
	    !netif_xmit_stopped(xnb_rx_txq(queue)))
		return NETDEV_TX_OK;

kick:
	xnb_rx_kick(queue);
	return NETDEV_TX_OK;
}

/**
 * xnb_rx_action() - go on after an event or a timeout
 * @queue: the queue
 *
 * Context: the queue's action.
 */
void xnb_rx_action(struct xnb_queue *queue)
{
	struct xnb_event *event = queue->rx.event;
	struct xnb_rx *rx = &queue->rx;
	RING_IDX prod;

	if (!xnb_queue_serves(queue)) {
		/* The port stays masked until the queue serves again. */
		xnb_rx_look(queue);
		return;
	}

	if (atomic_read(&event->owed) & XNB_HALF_RX) {
		/* An event without a single new buffer is spurious. */
		prod = READ_ONCE(rx->ring.sring->req_prod);
		if (prod != rx->event_prod)
			event->worked = true;
		rx->event_prod = prod;

		xnb_rx_look(queue);
		if (!test_bit(XNB_VIF_BROKEN, &queue->vif->flags))
			xnb_event_done(event, XNB_HALF_RX);
	} else if (rx->starved || test_bit(XNB_RX_KICKED, &rx->kicked)) {
		xnb_rx_look(queue);
	}
}

/**
 * xnb_rx_purge() - drop what still waits, and forget being stalled
 * @queue: the queue, with nobody left who could kick it
 *
 * Context: teardown; may sleep.
 */
void xnb_rx_purge(struct xnb_queue *queue)
{
	timer_delete_sync(&queue->rx.timer);
	xnb_rx_discard_waiting(queue, XNB_TX_DROP_PURGED);
	if (queue->rx.stalled)
		xnb_vif_stall(queue->vif, false);
	queue->rx.stalled = false;
}
