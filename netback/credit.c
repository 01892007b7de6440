// SPDX-License-Identifier: GPL-2.0
/* The rate of a vif; see credit.h. */

#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xenbus.h>

#include "credit.h"
#include "queue.h"
#include "vif.h"

/* The timer does not run more often, however short the interval is. */
#define XNB_CREDIT_TICK_NS	(100 * NSEC_PER_USEC)

/*
 * Those who were served may go on. From the moment @waiting is clear a queue's
 * action may use its share again; it needs the lock to stand in the line again,
 * and until then it leaves the chain alone.
 */
static void xnb_credit_wake(struct xnet_credit_member *served)
{
	struct xnb_queue *queue;

	while (served) {
		queue = container_of(served, struct xnb_queue, credit.member);
		served = served->next;
		smp_store_release(&queue->credit.waiting, false);
		xnb_action_schedule(&queue->action);
	}
}

/* Serve who can be served, and see to the others later. Context: the lock. */
static void xnb_credit_serve(struct xnb_credit *credit)
{
	u64 now = ktime_get_ns();
	u64 due;

	if (!credit->shared.bytes)
		return;

	xnb_credit_wake(xnet_credit_share(&credit->shared, now));
	due = xnet_credit_due(&credit->shared);
	if (due != XNET_CREDIT_NEVER)
		hrtimer_start(&credit->timer,
			      ns_to_ktime(max(due, now + XNB_CREDIT_TICK_NS)),
			      HRTIMER_MODE_ABS_SOFT);
}

static enum hrtimer_restart xnb_credit_timer(struct hrtimer *timer)
{
	struct xnb_credit *credit = container_of(timer, struct xnb_credit, timer);

	spin_lock_bh(&credit->lock);
	xnb_credit_serve(credit);
	spin_unlock_bh(&credit->lock);

	/* Started again by then, if anybody waits. */
	return HRTIMER_NORESTART;
}

/**
 * xnb_credit_ask() - may a queue take one more packet?
 * @queue: a queue of a vif with a limit
 *
 * Context: the queue's action.
 *
 * Return: false when it has to wait: the action is scheduled when it may go on.
 */
bool xnb_credit_ask(struct xnb_queue *queue)
{
	const struct xen_netif_tx_back_ring *ring = &queue->tx.ring;
	struct xnb_credit *credit = &queue->vif->credit;
	struct xnb_credit_share *share = &queue->credit;
	bool granted = true;

	if (smp_load_acquire(&share->waiting))
		return false;
	if (share->member.balance > 0)
		return true;
	/* With nothing to send there is nothing to wait for. */
	if (READ_ONCE(ring->sring->req_prod) == ring->req_cons)
		return true;

	spin_lock_bh(&credit->lock);
	/* The limit may just have been lifted. */
	if (credit->shared.bytes)
		granted = xnet_credit_ask(&credit->shared, &share->member,
					  ktime_get_ns());
	if (!granted) {
		share->waiting = true;
		/* Others' timer is as good as ours. */
		if (!hrtimer_is_queued(&credit->timer))
			xnb_credit_serve(credit);
	}
	spin_unlock_bh(&credit->lock);

	if (!granted)
		xnb_count(&queue->counters, XNB_RX_CREDIT_WAITS);

	return granted;
}

/**
 * xnb_credit_rest() - a queue has nothing more to send for now
 * @queue: the queue, waiting for credit or not
 *
 * What it holds is for others to use. Context: the queue's action.
 */
void xnb_credit_rest(struct xnb_queue *queue)
{
	struct xnb_credit *credit = &queue->vif->credit;

	spin_lock_bh(&credit->lock);
	xnet_credit_rest(&credit->shared, &queue->credit.member, ktime_get_ns());
	queue->credit.waiting = false;
	xnb_credit_serve(credit);
	spin_unlock_bh(&credit->lock);
}

/**
 * xnb_credit_leave() - a queue goes
 * @queue: the queue, whose action is held still; it is not scheduled from here
 *	any more
 *
 * Context: may sleep.
 */
void xnb_credit_leave(struct xnb_queue *queue)
{
	struct xnb_credit *credit = &queue->vif->credit;

	spin_lock_bh(&credit->lock);
	xnet_credit_leave(&credit->shared, &queue->credit.member, ktime_get_ns());
	queue->credit.waiting = false;
	xnb_credit_serve(credit);
	spin_unlock_bh(&credit->lock);
}

static void xnb_credit_set(struct xnb_credit *credit, u64 bytes, u64 usecs)
{
	spin_lock_bh(&credit->lock);
	xnet_credit_limit(&credit->shared, bytes, usecs, ktime_get_ns());
	WRITE_ONCE(credit->limited, true);
	xnb_credit_serve(credit);
	spin_unlock_bh(&credit->lock);
}

static void xnb_credit_lift(struct xnb_credit *credit)
{
	spin_lock_bh(&credit->lock);
	WRITE_ONCE(credit->limited, false);
	xnb_credit_wake(xnet_credit_unlimit(&credit->shared));
	spin_unlock_bh(&credit->lock);
}

static void xnb_credit_changed(struct xenbus_watch *watch, const char *path,
			       const char *token)
{
	struct xnb_vif *vif = container_of(watch, struct xnb_vif, credit.watch);
	char *rate = xenbus_read(XBT_NIL, vif->xdev->nodename, "rate", NULL);
	u64 bytes, usecs;

	if (IS_ERR(rate)) {
		/* Anything else says nothing about the rate. */
		if (PTR_ERR(rate) == -ENOENT)
			xnb_credit_lift(&vif->credit);
		return;
	}

	if (xnet_credit_parse(rate, &bytes, &usecs)) {
		xnb_credit_set(&vif->credit, bytes, usecs);
	} else {
		xnb_credit_lift(&vif->credit);
		if (__ratelimit(&vif->log_limit))
			netdev_warn(vif->dev,
				    "rate \"%*pE\" is not BYTES,MICROSECONDS (1 to %llu, 1 to %llu): no limit\n",
				    (int)min_t(size_t, strlen(rate), 40), rate,
				    XNET_CREDIT_BYTES_MAX, XNET_CREDIT_USECS_MAX);
	}
	kfree(rate);
}

/**
 * xnb_credit_init() - prepare a vif's credit: no limit
 * @vif: the vif, zeroed
 *
 * Any context; nobody else knows of the vif yet.
 */
void xnb_credit_init(struct xnb_vif *vif)
{
	spin_lock_init(&vif->credit.lock);
	hrtimer_setup(&vif->credit.timer, xnb_credit_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
}

/**
 * xnb_credit_exit() - end a vif's credit
 * @vif: the vif, without queues
 *
 * Context: may sleep.
 */
void xnb_credit_exit(struct xnb_vif *vif)
{
	hrtimer_cancel(&vif->credit.timer);
}

/**
 * xnb_credit_watch() - follow `rate` from now on, beginning with what it is
 * @vif: the vif
 *
 * Context: may sleep.
 *
 * Return: 0, or a negative errno that XenBus has reported (xenbus_dev_fatal()).
 */
int xnb_credit_watch(struct xnb_vif *vif)
{
	int err = xenbus_watch_pathfmt(vif->xdev, &vif->credit.watch, NULL,
				       xnb_credit_changed, "%s/rate",
				       vif->xdev->nodename);

	if (err)
		vif->credit.watch.node = NULL;

	return err;
}

/**
 * xnb_credit_unwatch() - undo xnb_credit_watch()
 * @vif: the vif, watching or not
 *
 * Context: may sleep; no lock that the watch takes.
 */
void xnb_credit_unwatch(struct xnb_vif *vif)
{
	if (!vif->credit.watch.node)
		return;

	unregister_xenbus_watch(&vif->credit.watch);
	kfree(vif->credit.watch.node);
	vif->credit.watch.node = NULL;
}
