/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue: one pair of rings, one or two event channels, one NAPI for all of it.
 *
 * A queue lives from one connect to the next disconnect. Its poll runs all that
 * time, whether or not the interface is up, so that what is in flight comes
 * home and the backend never finds a ring that is not looked after.
 */
#ifndef XNF_QUEUE_H
#define XNF_QUEUE_H

#include <linux/atomic.h>
#include <linux/netdevice.h>
#include <xen/grant_table.h>

#include "event.h"
#include "moderation.h"
#include "rx.h"
#include "stats.h"
#include "tx.h"

struct xnf_dev;

/**
 * struct xnf_queue - a queue
 * @xnf: its device
 * @stats: the counters of its number, which outlive it
 * @id: its number, from 0
 * @broken: the backend did what no backend may do; the rings are not looked at
 *	any more. Set once.
 * @napi_on: NAPI is enabled; rtnl
 * @napi: polls both rings
 * @events: XNF_EVENT_* bits: rings that had something, EOIs that are owed
 * @event: the event channels; the second one is used with split channels only
 * @tx_event: the one for the TX ring
 * @rx_event: the one for the RX ring, which can be the same
 * @tx_moderator: when the next event of the TX ring is wanted
 * @rx_moderator: and of the RX ring
 * @tx: guest to backend
 * @rx: backend to guest
 */
struct xnf_queue {
	struct xnf_dev *xnf;
	struct xnf_queue_stats *stats;
	unsigned int id;
	bool broken;
	bool napi_on;
	struct napi_struct napi;
	atomic_t events;
	struct xnf_event event[XNF_EVENTS];
	struct xnf_event *tx_event;
	struct xnf_event *rx_event;
	struct xnf_moderator tx_moderator;
	struct xnf_moderator rx_moderator;
	struct xnf_tx tx;
	struct xnf_rx rx;
};

/**
 * struct xnf_queues - the queues of a connection
 * @count: how many, at least one
 * @queue: the queues
 */
struct xnf_queues {
	unsigned int count;
	struct xnf_queue queue[] __counted_by(count);
};

struct xnf_queues *xnf_queues_prepare(struct xnf_dev *xnf, unsigned int count, bool all);
int xnf_queues_share(struct xnf_queues *queues);
void xnf_queues_destroy(struct xnf_queues *queues);
void xnf_queue_start(struct xnf_queue *queue);
void xnf_queue_stop(struct xnf_queue *queue);
void xnf_queue_poll(struct xnf_queue *queue);
void xnf_queue_kick(struct xnf_queue *queue);
void xnf_queue_break(struct xnf_queue *queue, enum xnf_stat why);
int xnf_queue_share_ring(struct xnf_queue *queue, void **page, grant_ref_t *ref);
void xnf_queue_unshare_ring(struct xnf_queue *queue, void *page, grant_ref_t *ref);

#endif /* XNF_QUEUE_H */
