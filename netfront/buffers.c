// SPDX-License-Identifier: GPL-2.0
/* Pages for the backend to put packets into; see buffers.h. */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/timer.h>
#include <net/page_pool/helpers.h>
#include <net/xdp.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xenbus.h>

#include "buffers.h"
#include "dev.h"
#include "limbo.h"
#include "queue.h"

#define RETRY_FIRST	msecs_to_jiffies(10)
#define RETRY_LAST	msecs_to_jiffies(1000)

static unsigned int posted(const struct xnf_rx *rx)
{
	return rx->ring.req_prod_pvt - rx->ring.rsp_cons;
}

static void retry(struct timer_list *timer)
{
	struct xnf_buffers *buffers = timer_container_of(buffers, timer, retry);
	struct xnf_queue *queue = container_of(buffers, struct xnf_queue, rx.buffers);

	napi_schedule(&queue->napi);
}

/**
 * xnf_buffers_get() - get a page that is not for the backend, yet
 * @queue: the queue
 *
 * Whatever it holds, the backend may read it some day, as a buffer: a page that is
 * new to the pool holds nothing. Context: as for xnf_buffers_fill().
 *
 * Return: the page, to be given back by xnf_buffers_put(); NULL without memory.
 */
struct page *xnf_buffers_get(struct xnf_queue *queue)
{
	if (xnf_inject_alloc(&queue->xnf->inject))
		return NULL;

	return page_pool_alloc_pages(queue->rx.buffers.pool,
				     GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
}

/* A page that nobody has written to, or whose former contents do no harm. */
static struct page *fresh_page(struct xnf_queue *queue)
{
	struct page *page = xnf_buffers_get(queue);

	/*
	 * A page out of the pool has been through our stack, where a packet may
	 * have been decrypted in place. That is not for the backend to read
	 * unless it is trusted.
	 */
	if (page && !queue->xnf->trusted)
		clear_page(page_address(page));

	return page;
}

static void post(struct xnf_queue *queue, struct page *page)
{
	struct xnf_rx *rx = &queue->rx;
	unsigned int id = rx->ring.req_prod_pvt & (XNF_RX_RING_SIZE - 1);
	struct xnf_rx_slot *slot = &rx->buffers.slot[id];
	struct xen_netif_rx_request *req;

	slot->page = page;
	gnttab_page_grant_foreign_access_ref_one(slot->ref, queue->xnf->xdev->otherend_id,
						 page, 0);

	req = RING_GET_REQUEST(&rx->ring, rx->ring.req_prod_pvt++);
	*req = (struct xen_netif_rx_request) {
		.id = id,
		.gref = slot->ref,
	};
}

/**
 * xnf_buffers_fill() - put buffers on the ring until it is full
 * @queue: the queue, not broken
 *
 * One push and at most one notification, however many buffers. If there is too
 * little memory, and so few buffers are left that traffic may cease, a timer
 * leads back here.
 *
 * Context: the queue's NAPI poll; or with BH disabled while NAPI is.
 */
void xnf_buffers_fill(struct xnf_queue *queue)
{
	struct xnf_buffers *buffers = &queue->rx.buffers;
	struct xnf_rx *rx = &queue->rx;
	RING_IDX start = rx->ring.req_prod_pvt;
	u32 held = buffers->pool->pages_state_hold_cnt;
	struct page *page = NULL;
	int notify;

	while (posted(rx) < XNF_RX_RING_SIZE) {
		page = fresh_page(queue);
		if (!page)
			break;
		post(queue, page);
	}

	if (rx->ring.req_prod_pvt != start) {
		RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&rx->ring, notify);
		if (notify)
			xnf_event_notify(queue->rx_event);
		xnf_count_more(queue->stats, XNF_RX_PAGES, rx->ring.req_prod_pvt - start);
		xnf_count_more(queue->stats, XNF_RX_PAGES_NEW,
			       buffers->pool->pages_state_hold_cnt - held);
	}

	if (posted(rx) == XNF_RX_RING_SIZE) {
		buffers->retry_delay = RETRY_FIRST;
		return;
	}

	xnf_count(queue->stats, XNF_RX_ALLOC_FAIL);
	if (posted(rx) < XNF_RX_LOW && !timer_pending(&buffers->retry)) {
		mod_timer(&buffers->retry, jiffies + buffers->retry_delay);
		buffers->retry_delay = min(2 * buffers->retry_delay, RETRY_LAST);
	}
}

/*
 * Give up a page that the backend still has mapped. It waits in limbo until the grant can
 * be ended; the pool lets go of what somebody else has a reference to, and so never hands
 * it out again.
 */
static void quarantine(struct xnf_queue *queue, struct xnf_rx_slot *slot)
{
	struct page *page = slot->page;

	get_page(page);
	page_pool_put_full_page(queue->rx.buffers.pool, page, false);
	slot->page = NULL;

	xnf_limbo_page(queue->xnf->xdev->otherend_id, slot->ref, page);
	slot->ref = INVALID_GRANT_REF;
}

/**
 * xnf_buffers_take() - get a page back from the backend
 * @queue: the queue
 * @index: place on the ring of a request that was answered
 *
 * From here on the backend can no longer change what is in the page.
 *
 * Context: the queue's NAPI poll.
 *
 * Return: the page, owned by the caller; NULL when the backend has not let go of
 * it, and the queue is broken then.
 */
struct page *xnf_buffers_take(struct xnf_queue *queue, unsigned int index)
{
	struct xnf_rx_slot *slot = &queue->rx.buffers.slot[index];
	struct page *page;

	if (!gnttab_end_foreign_access_ref(slot->ref)) {
		quarantine(queue, slot);
		xnf_queue_break(queue, XNF_BROKEN_RX_GRANT);
		return NULL;
	}
	page = slot->page;
	slot->page = NULL;

	return page;
}

/**
 * xnf_buffers_put() - give a page back that no skb has
 * @queue: the queue
 * @page: from xnf_buffers_take() or xnf_buffers_get()
 *
 * Context: the queue's NAPI poll.
 */
void xnf_buffers_put(struct xnf_queue *queue, struct page *page)
{
	page_pool_put_full_page(queue->rx.buffers.pool, page, true);
}

/**
 * xnf_buffers_create() - get the pool and the grant references
 * @queue: the queue, its NAPI added
 *
 * Context: may sleep.
 *
 * Return: 0 or a negative errno; xnf_buffers_destroy() cleans up in both cases.
 */
int xnf_buffers_create(struct xnf_queue *queue)
{
	struct xnf_buffers *buffers = &queue->rx.buffers;
	struct page_pool_params params = {
		.pool_size = XNF_RX_POOL_SIZE,
		.nid = NUMA_NO_NODE,
		.napi = &queue->napi,
		.netdev = queue->xnf->netdev,
		.queue_idx = queue->id,
	};
	struct xdp_rxq_info *rxq = &queue->rx.xdp.rxq;
	struct page_pool *pool;
	grant_ref_t refs;
	unsigned int i;
	int err;

	for (i = 0; i < XNF_RX_RING_SIZE; i++)
		buffers->slot[i].ref = INVALID_GRANT_REF;
	timer_setup(&buffers->retry, retry, 0);
	buffers->retry_delay = RETRY_FIRST;

	pool = page_pool_create(&params);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	buffers->pool = pool;

	err = __xdp_rxq_info_reg(rxq, queue->xnf->netdev, queue->id, queue->napi.napi_id,
				 PAGE_SIZE) ?:
	      xdp_rxq_info_reg_mem_model(rxq, MEM_TYPE_PAGE_POOL, pool);
	if (err)
		return err;

	err = gnttab_alloc_grant_references(XNF_RX_RING_SIZE, &refs);
	if (err)
		return err;
	for (i = 0; i < XNF_RX_RING_SIZE; i++)
		buffers->slot[i].ref = gnttab_claim_grant_reference(&refs);

	return 0;
}

/**
 * xnf_buffers_destroy() - take all pages and references back
 * @queue: the queue, in any state of construction but with its slots
 *	initialised; its NAPI is disabled and still added, since the pool knows
 *	of it
 *
 * The pool itself stays until the stack has freed the last page of it; that is
 * its own business. Context: may sleep.
 */
void xnf_buffers_destroy(struct xnf_queue *queue)
{
	struct xnf_buffers *buffers = &queue->rx.buffers;
	unsigned int i;

	timer_delete_sync(&buffers->retry);

	for (i = 0; i < XNF_RX_RING_SIZE; i++) {
		struct xnf_rx_slot *slot = &buffers->slot[i];

		if (slot->ref == INVALID_GRANT_REF)
			continue;
		if (!slot->page) {
			gnttab_free_grant_reference(slot->ref);
		} else if (gnttab_try_end_foreign_access(slot->ref)) {
			page_pool_put_full_page(buffers->pool, slot->page, false);
			slot->page = NULL;
		} else {
			quarantine(queue, slot);
		}
		slot->ref = INVALID_GRANT_REF;
	}

	if (xdp_rxq_info_is_reg(&queue->rx.xdp.rxq))
		xdp_rxq_info_unreg(&queue->rx.xdp.rxq);
	if (buffers->pool)
		page_pool_destroy(buffers->pool);
	buffers->pool = NULL;
}
