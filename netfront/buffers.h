/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages for the backend to put packets into.
 *
 * Each slot of the RX ring has a grant reference of its own for as long as the
 * queue exists. Response number i answers request number i, so the slot of a
 * page is its index on the ring, and no id from the backend is needed for it.
 */
#ifndef XNF_BUFFERS_H
#define XNF_BUFFERS_H

#include <linux/timer.h>
#include <linux/types.h>
#include <net/page_pool/types.h>
#include <xen/grant_table.h>

#include "common/wire.h"

struct xnf_queue;

#define XNF_RX_RING_SIZE	__CONST_RING_SIZE(xen_netif_rx, XEN_PAGE_SIZE)

/* Room for the pages of two rings, so that those the stack has come back. */
#define XNF_RX_POOL_SIZE	(2 * XNF_RX_RING_SIZE)

/*
 * With fewer buffers than this on the ring a refill that failed is tried again
 * by a timer: the backend may have no room left for any packet, and so never
 * send the event that would lead to the next refill.
 */
#define XNF_RX_LOW		(4 * XEN_NETIF_NR_SLOTS_MIN)

/**
 * struct xnf_rx_slot - a buffer on the ring
 * @page: the page, NULL when the slot has none
 * @ref: its grant; INVALID_GRANT_REF once it has been given up
 */
struct xnf_rx_slot {
	struct page *page;
	grant_ref_t ref;
};

/**
 * struct xnf_buffers - the buffers of a queue
 * @pool: where pages come from and go to
 * @retry: polls again after a refill that failed
 * @retry_delay: how long the next time, in jiffies
 * @slot: indexed like the ring
 */
struct xnf_buffers {
	struct page_pool *pool;
	struct timer_list retry;
	unsigned long retry_delay;
	struct xnf_rx_slot slot[XNF_RX_RING_SIZE];
};

int xnf_buffers_create(struct xnf_queue *queue);
void xnf_buffers_destroy(struct xnf_queue *queue);
void xnf_buffers_fill(struct xnf_queue *queue);
struct page *xnf_buffers_take(struct xnf_queue *queue, unsigned int index);
struct page *xnf_buffers_get(struct xnf_queue *queue);
void xnf_buffers_put(struct xnf_queue *queue, struct page *page);

#endif /* XNF_BUFFERS_H */
