// SPDX-License-Identifier: GPL-2.0
/* The watchdog; see watchdog.h. */

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "dev.h"
#include "event.h"
#include "params.h"
#include "queue.h"
#include "watchdog.h"
#include "xenbus.h"

/* From one look to the next: usually, when nothing moves, after we have acted. */
#define TICK		HZ
#define TICK_IDLE	(2 * HZ)
#define TICK_SOON	(HZ / 10)

/* A look that is later than this proves nothing. */
#define LATE		HZ

/* Until a backend that has asked for an event, or has not, is notified again. */
#define NOTIFY_DEAF	(2 * HZ)
#define NOTIFY_SILENT	(5 * HZ)

/* From one time to the next; doubled each time. */
#define NOTIFY_PAUSE	(5 * HZ)
#define NOTIFY_PAUSE_MAX (60 * HZ)

/* An answer that is seen so soon after a notification has waited for it. */
#define NOTIFY_HELPS	(3 * HZ / 2)

/* How long the RX ring is watched for what a notification may have brought. */
#define NOTIFY_RX	(2 * HZ)

#define REPORT_AFTER	(XNF_WATCHDOG_REPORT * HZ)

const char * const xnf_stage_names[] = {
	[XNF_STAGE_OK] = "ok",
	[XNF_STAGE_POLL] = "poll",
	[XNF_STAGE_NOTIFY] = "notify",
	[XNF_STAGE_REPORT] = "report",
	[XNF_STAGE_RECONNECT] = "reconnect",
};

/**
 * struct ring - one ring of a queue at this moment
 * @queue: the queue
 * @half: which of its rings, XNF_EVENT_TX or XNF_EVENT_RX
 * @watch: what was seen of it before
 * @event: its event channel
 * @now: jiffies
 * @req_prod: our producer index, as far as the backend was told
 * @rsp_prod: the backend's producer index
 * @rsp_cons: our consumer index
 * @req_event: the request that the backend wants an event for
 * @rsp_event: the response that we want one for
 */
struct ring {
	struct xnf_queue *queue;
	int half;
	struct xnf_watch *watch;
	struct xnf_event *event;
	unsigned long now;
	RING_IDX req_prod;
	RING_IDX rsp_prod;
	RING_IDX rsp_cons;
	RING_IDX req_event;
	RING_IDX rsp_event;
};

static void see_tx(struct ring *ring, struct xnf_queue *queue, unsigned long now)
{
	const struct xnf_tx *tx = &queue->tx;

	*ring = (struct ring) {
		.queue = queue,
		.half = XNF_EVENT_TX,
		.watch = &queue->xnf->watchdog.queue[queue->id].tx,
		.event = queue->tx_event,
		.now = now,
		.req_prod = READ_ONCE(tx->pushed),
		.rsp_prod = READ_ONCE(tx->ring.sring->rsp_prod),
		.rsp_cons = READ_ONCE(tx->ring.rsp_cons),
		.req_event = READ_ONCE(tx->ring.sring->req_event),
		.rsp_event = READ_ONCE(tx->ring.sring->rsp_event),
	};
}

static void see_rx(struct ring *ring, struct xnf_queue *queue, unsigned long now)
{
	const struct xnf_rx *rx = &queue->rx;

	*ring = (struct ring) {
		.queue = queue,
		.half = XNF_EVENT_RX,
		.watch = &queue->xnf->watchdog.queue[queue->id].rx,
		.event = queue->rx_event,
		.now = now,
		.req_prod = READ_ONCE(rx->ring.req_prod_pvt),
		.rsp_prod = READ_ONCE(rx->ring.sring->rsp_prod),
		.rsp_cons = READ_ONCE(rx->ring.rsp_cons),
		.req_event = READ_ONCE(rx->ring.sring->req_event),
		.rsp_event = READ_ONCE(rx->ring.sring->rsp_event),
	};
}

static const char *name(const struct ring *ring)
{
	return ring->half == XNF_EVENT_TX ? "TX" : "RX";
}

/* Is @index at or behind @event? */
static bool reached(RING_IDX index, RING_IDX event)
{
	return (s32)(index - event) >= 0;
}

/* The backend has wanted an event for a request that is there, and not looked since. */
static bool is_deaf(const struct ring *ring)
{
	if (!reached(ring->req_prod, ring->req_event))
		return false;
	if (ring->half == XNF_EVENT_TX)
		return ring->req_prod != ring->rsp_prod;

	/*
	 * A backend asks for buffers when it has too few for a packet. When it has
	 * seen them, that packet takes it to what it has asked for at least. Unless
	 * it has given the packet up: one notification for nothing does no harm.
	 */
	return !reached(ring->rsp_prod, ring->req_event) &&
	       ring->req_event != ring->watch->settled;
}

/* ---- what was seen ------------------------------------------------------- */

/* As if it had been seen for the first time. What has been done is not forgotten. */
static void forget(struct xnf_watch *watch, RING_IDX req_event)
{
	watch->unseen = false;
	watch->untaken = false;
	watch->deaf = false;
	/* The backend may have run out of buffers, and patience, in our absence. */
	watch->settled = req_event;
}

/* Compare a ring with what it was like. Return: nothing moves, or is to move. */
static bool compare(const struct ring *ring)
{
	struct xnf_watch *watch = ring->watch;
	bool moved = ring->rsp_prod != watch->rsp_prod;
	bool idle;

	idle = !moved && ring->rsp_cons == watch->rsp_cons && ring->req_prod == watch->req_prod;
	if (moved)
		watch->moved = ring->now;

	if (!watch->untaken || ring->rsp_cons != watch->rsp_cons ||
	    ring->rsp_prod == ring->rsp_cons) {
		watch->untaken = ring->rsp_prod != ring->rsp_cons;
		watch->untaken_since = ring->now;
	}

	/* A poll that is under way, or about to be, does not need us. */
	if (ring->rsp_prod == ring->rsp_cons ||
	    test_bit(NAPI_STATE_SCHED, &ring->queue->napi.state)) {
		watch->unseen = false;
	} else if (!watch->unseen || ring->rsp_cons != watch->rsp_cons) {
		watch->unseen = true;
		watch->unseen_since = ring->now;
	}

	if (!is_deaf(ring)) {
		watch->deaf = false;
	} else if (!watch->deaf || moved || ring->req_event != watch->req_event) {
		watch->deaf = true;
		watch->deaf_since = ring->now;
	}

	watch->rsp_prod = ring->rsp_prod;
	watch->rsp_cons = ring->rsp_cons;
	watch->req_prod = ring->req_prod;
	watch->req_event = ring->req_event;

	if (ring->half == XNF_EVENT_TX && ring->req_prod != ring->rsp_prod)
		return false;
	return idle && !watch->untaken && !watch->deaf && watch->stage == XNF_STAGE_OK;
}

/* How long the backend has had something to answer and answered nothing. */
static unsigned long silence(const struct ring *tx)
{
	const struct xnf_watchdog *watchdog = &tx->queue->xnf->watchdog;

	if (tx->req_prod == tx->rsp_prod)
		return 0;

	return min3(tx->now - tx->watch->moved, tx->now - watchdog->epoch,
		    xnf_tx_oldest(&tx->queue->tx));
}

/* ---- what is done -------------------------------------------------------- */

__printf(2, 3)
static void tell(const struct ring *ring, const char *fmt, ...)
{
	struct xnf_dev *xnf = ring->queue->xnf;
	struct va_format vaf;
	va_list args;

	if (!__ratelimit(&xnf->watchdog.log))
		return;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	netdev_warn(xnf->netdev, "watchdog: queue %u %s: %pV\n", ring->queue->id, name(ring), &vaf);
	va_end(args);
}

static void act(const struct ring *ring, enum xnf_stage stage, unsigned long began, bool taking)
{
	struct xnf_watch *watch = ring->watch;

	if (watch->stage == XNF_STAGE_OK)
		watch->began = began;
	watch->stage = stage;
	watch->acted = ring->now;
	watch->taking = taking;
	if (taking) {
		watch->mark = ring->rsp_cons;
		watch->slots = ring->rsp_prod - ring->rsp_cons;
	} else {
		watch->mark = ring->rsp_prod;
		watch->slots = ring->req_prod - ring->rsp_prod;
	}
}

static bool is_poll_reported(const struct xnf_watch *watch)
{
	return watch->taking && watch->stage == XNF_STAGE_REPORT;
}

static void poll(const struct ring *ring)
{
	struct xnf_watch *watch = ring->watch;

	act(ring, is_poll_reported(watch) ? XNF_STAGE_REPORT : XNF_STAGE_POLL, watch->unseen_since,
	    true);
	/* Not again before the poll has had its time. */
	watch->unseen_since = ring->now;
	xnf_queue_poll(ring->queue);
}

static void notify(const struct ring *ring, unsigned long began)
{
	struct xnf_watch *watch = ring->watch;
	bool again = watch->stage >= XNF_STAGE_NOTIFY;

	xnf_count(ring->queue->stats, XNF_WD_KICK_RESENT);
	act(ring, again ? watch->stage : XNF_STAGE_NOTIFY, began, false);
	watch->missed = watch->deaf;
	watch->notified = again ? watch->notified + 1 : 1;
	watch->pause = again ? min(2 * watch->pause, NOTIFY_PAUSE_MAX) : NOTIFY_PAUSE;
	watch->again = ring->now + watch->pause;
	xnf_event_notify(ring->event);
}

static void report(const struct ring *tx, unsigned long age)
{
	xnf_count(tx->queue->stats, XNF_WD_UNRESPONSIVE);
	act(tx, XNF_STAGE_REPORT, tx->now - age, false);
	tell(tx, "report: the backend has answered nothing for %u ms, notified again %u times; req_prod %u rsp_prod %u rsp_cons %u req_event %u rsp_event %u, oldest packet %u ms",
	     jiffies_to_msecs(age), tx->watch->notified, tx->req_prod, tx->rsp_prod, tx->rsp_cons,
	     tx->req_event, tx->rsp_event, jiffies_to_msecs(xnf_tx_oldest(&tx->queue->tx)));
}

/* The poll was scheduled long ago, and does not run. */
static void report_poll(const struct ring *ring)
{
	unsigned long age = ring->now - ring->watch->untaken_since;

	xnf_count(ring->queue->stats, XNF_WD_STUCK);
	act(ring, XNF_STAGE_REPORT, ring->now - age, true);
	tell(ring, "report: %u responses are there and not taken for %u ms, the poll does not run",
	     ring->watch->slots, jiffies_to_msecs(age));
}

/* Return: whether a new connection may be made. */
static bool reconnect(const struct ring *tx, unsigned long age)
{
	struct xnf_watchdog *watchdog = &tx->queue->xnf->watchdog;
	unsigned int n = watchdog->reconnects % XNF_WATCHDOG_RECONNECTS;
	unsigned int last = (n + XNF_WATCHDOG_RECONNECTS - 1) % XNF_WATCHDOG_RECONNECTS;

	/* One connection is for all queues, and this look has asked for it already. */
	if (watchdog->reconnects && watchdog->reconnect_at[last] == tx->now) {
		act(tx, XNF_STAGE_RECONNECT, tx->now - age, false);
		return true;
	}
	if (watchdog->reconnects >= XNF_WATCHDOG_RECONNECTS &&
	    time_before(tx->now, watchdog->reconnect_at[n] + XNF_WATCHDOG_WINDOW * HZ))
		return false;
	watchdog->reconnect_at[n] = tx->now;
	watchdog->reconnects++;

	xnf_count(tx->queue->stats, XNF_WD_RECONNECT);
	act(tx, XNF_STAGE_RECONNECT, tx->now - age, false);
	tell(tx, "reconnect: the backend has answered nothing for %u ms, making a new connection",
	     jiffies_to_msecs(age));
	xnf_xenbus_reconnect(tx->queue->xnf);

	return true;
}

/* It goes on. Say what was the matter and what has helped. */
static void recovered(const struct ring *ring)
{
	struct xnf_watch *watch = ring->watch;
	unsigned int msecs = jiffies_to_msecs(ring->now - watch->began);

	xnf_count(ring->queue->stats, XNF_WD_RECOVERED);
	switch (watch->stage) {
	case XNF_STAGE_POLL:
		/* The poll was sooner than this look. */
		msecs = jiffies_to_msecs(watch->acted - watch->began);
		tell(ring, "poll: event lost, %u responses taken after %u ms", watch->slots, msecs);
		break;
	case XNF_STAGE_NOTIFY:
		/* Or the backend was slow: it may be limited in what it sends for us. */
		tell(ring, "notify: %s, %u requests served after %u ms, %u more notifications",
		     watch->missed && time_before(ring->now, watch->acted + NOTIFY_HELPS) ?
		     "notification lost" : "the backend answers again",
		     watch->slots, msecs, watch->notified);
		break;
	case XNF_STAGE_REPORT:
		if (watch->taking)
			tell(ring, "report: the poll runs again, after %u ms", msecs);
		else
			tell(ring, "report: the backend answers again, after %u ms, %u more notifications",
			     msecs, watch->notified);
		break;
	case XNF_STAGE_RECONNECT:
		tell(ring, "reconnect: the backend answers on the new connection, after %u ms",
		     msecs);
		break;
	default:
		break;
	}

	watch->last = (struct xnf_recovery) {
		.stage = watch->stage,
		.slots = watch->slots,
		.msecs = msecs,
		.when = ring->now,
	};
	watch->stage = XNF_STAGE_OK;
	watch->renewed = false;
	watch->notified = 0;
}

static void look_for_recovery(const struct ring *ring)
{
	struct xnf_watch *watch = ring->watch;

	if (watch->renewed && ring->rsp_prod) {
		watch->stage = XNF_STAGE_RECONNECT;
		recovered(ring);
	} else if (watch->stage != XNF_STAGE_OK) {
		if ((watch->taking ? ring->rsp_cons : ring->rsp_prod) != watch->mark)
			recovered(ring);
	}
}

/* ---- looking ------------------------------------------------------------- */

/* An event may have been for both rings; it is lost once. */
static bool look_for_lost_event(const struct ring *tx, const struct ring *rx)
{
	const struct ring *rings[] = { tx, rx };
	bool again = false, lost = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		const struct xnf_watch *watch = rings[i]->watch;

		if (!watch->unseen || time_before(rings[i]->now, watch->unseen_since + TICK))
			continue;
		lost = true;
		again |= watch->stage == XNF_STAGE_POLL || is_poll_reported(watch);
		poll(rings[i]);
	}
	if (lost && !again)
		xnf_count(tx->queue->stats, XNF_WD_LOST_EVENT);

	return lost;
}

static void look_for_stuck_poll(const struct ring *ring)
{
	const struct xnf_watch *watch = ring->watch;

	if (watch->untaken && watch->stage < XNF_STAGE_REPORT &&
	    !time_before(ring->now, watch->untaken_since + REPORT_AFTER))
		report_poll(ring);
}

static bool look_at_tx(const struct ring *tx, unsigned long age)
{
	struct xnf_watch *watch = tx->watch;
	unsigned long limit;

	if (age < (watch->deaf ? NOTIFY_DEAF : NOTIFY_SILENT))
		return false;

	limit = xnf_params_watchdog_reconnect_secs() * HZ;
	if (limit && age >= limit && watch->stage == XNF_STAGE_REPORT && reconnect(tx, age))
		return false;
	if (age >= REPORT_AFTER && watch->stage < XNF_STAGE_REPORT) {
		report(tx, age);
		return false;
	}
	if (watch->stage >= XNF_STAGE_NOTIFY && time_before(tx->now, watch->again))
		return false;

	notify(tx, tx->now - age);
	return true;
}

static bool look_at_rx(const struct ring *rx)
{
	struct xnf_watch *watch = rx->watch;

	/* It may have had nothing for us after all. */
	if (watch->stage == XNF_STAGE_NOTIFY && time_after(rx->now, watch->acted + NOTIFY_RX))
		watch->stage = XNF_STAGE_OK;

	if (!watch->deaf || time_before(rx->now, watch->deaf_since + TICK))
		return false;

	notify(rx, watch->deaf_since);
	watch->settled = rx->req_event;
	return true;
}

/* Return: when to look again, in jiffies. */
static unsigned long look_at_queue(struct xnf_queue *queue, unsigned long now, bool late)
{
	struct netdev_queue *txq = netdev_get_tx_queue(queue->xnf->netdev, queue->id);
	struct ring tx, rx;
	unsigned long age;
	bool idle, acted;

	/* As long as we look, the core need not. */
	if (netif_xmit_stopped(txq))
		txq_trans_cond_update(txq);

	see_tx(&tx, queue, now);
	see_rx(&rx, queue, now);
	if (late) {
		forget(tx.watch, tx.req_event);
		forget(rx.watch, rx.req_event);
	}
	idle = compare(&tx);
	idle &= compare(&rx);
	look_for_recovery(&tx);
	look_for_recovery(&rx);
	if (late)
		return idle ? TICK_IDLE : TICK;

	acted = look_for_lost_event(&tx, &rx);
	look_for_stuck_poll(&tx);
	look_for_stuck_poll(&rx);
	age = silence(&tx);
	acted |= look_at_tx(&tx, age);
	acted |= look_at_rx(&rx);

	if (acted)
		return TICK_SOON;
	/* When a lost notification becomes one, or in time for whatever may come. */
	if (age && age < NOTIFY_DEAF)
		return min(NOTIFY_DEAF - age, TICK);
	return idle ? TICK_IDLE : TICK;
}

/* A connection has ended, or is about to; of the old rings nothing counts. */
static void begin_anew(struct xnf_dev *xnf)
{
	unsigned int i;

	for (i = 0; i < xnf->max_queues; i++) {
		struct xnf_watches *watches = &xnf->watchdog.queue[i];
		bool renewed = watches->tx.renewed || watches->tx.stage == XNF_STAGE_RECONNECT;

		watches->tx = (struct xnf_watch) {
			.moved = jiffies,
			.renewed = renewed,
			.began = watches->tx.began,
			.last = watches->tx.last,
		};
		/* What is asked for with the first buffers, before there are any. */
		watches->rx = (struct xnf_watch) {
			.moved = jiffies,
			.settled = 1,
			.last = watches->rx.last,
		};
	}
}

static bool is_watched(const struct xnf_dev *xnf)
{
	return READ_ONCE(xnf->watchdog.on) && !READ_ONCE(xnf->draining) &&
	       !READ_ONCE(xnf->broken) && netif_carrier_ok(xnf->netdev);
}

static void look(struct work_struct *work)
{
	struct xnf_watchdog *watchdog = container_of(to_delayed_work(work), struct xnf_watchdog,
						     look);
	struct xnf_dev *xnf = container_of(watchdog, struct xnf_dev, watchdog);
	unsigned long next = TICK_IDLE, now = jiffies;
	struct xnf_queues *queues;
	unsigned int i;
	bool late;

	rcu_read_lock();
	queues = rcu_dereference(xnf->live);
	if (!queues) {
		rcu_read_unlock();
		return;
	}

	late = time_after(now, watchdog->due + LATE);
	if (xchg(&watchdog->fresh, false)) {
		begin_anew(xnf);
		late = true;
	}
	if (!is_watched(xnf))
		late = true;
	if (late)
		watchdog->epoch = now;

	for (i = 0; i < queues->count; i++)
		next = min(next, look_at_queue(&queues->queue[i], now, late));
	rcu_read_unlock();

	/* Of when it began: what has stopped us since makes the next look a late one. */
	watchdog->due = now + next;
	queue_delayed_work(xnf_wq, &watchdog->look, next);
}

/**
 * xnf_watchdog_renew() - there are new queues
 * @xnf: the device; @xnf->live is yet to be set
 *
 * What the next look finds is not compared with what the last one has. Context: any.
 */
void xnf_watchdog_renew(struct xnf_dev *xnf)
{
	WRITE_ONCE(xnf->watchdog.fresh, true);
}

/**
 * xnf_watchdog_hurry() - look at all rings now
 * @xnf: the device
 *
 * Without queues nothing happens. Context: any.
 */
void xnf_watchdog_hurry(struct xnf_dev *xnf)
{
	mod_delayed_work(xnf_wq, &xnf->watchdog.look, 0);
}

/**
 * xnf_watchdog_stop() - no longer look
 * @xnf: the device, which has no live queues and will not have any again
 *
 * Context: may sleep.
 */
void xnf_watchdog_stop(struct xnf_dev *xnf)
{
	cancel_delayed_work_sync(&xnf->watchdog.look);
}

/**
 * xnf_watchdog_init() - make the watchdog of a new device
 * @xnf: the device; its @max_queues is set
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int xnf_watchdog_init(struct xnf_dev *xnf)
{
	struct xnf_watchdog *watchdog = &xnf->watchdog;

	watchdog->queue = kvzalloc_objs(*watchdog->queue, xnf->max_queues);
	if (!watchdog->queue)
		return -ENOMEM;
	INIT_DELAYED_WORK(&watchdog->look, look);
	watchdog->on = true;

	return 0;
}

/**
 * xnf_watchdog_exit() - undo xnf_watchdog_init()
 * @xnf: the device, after xnf_watchdog_stop() if it ever had queues
 *
 * Context: may sleep.
 */
void xnf_watchdog_exit(struct xnf_dev *xnf)
{
	kvfree(xnf->watchdog.queue);
}
