// SPDX-License-Identifier: GPL-2.0
/* Guest to backend; see tx.h. */

#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/netdev_queues.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "limbo.h"
#include "queue.h"
#include "tx.h"

/* An id is an index into the ring of free ids as well. */
#define ID_MASK		(XNF_TX_RING_SIZE - 1)

/*
 * Requests that would fit on the ring. Called by both sides: an id that is
 * counted as free here has been returned, because poll does that first.
 */
static unsigned int room(const struct xnf_tx *tx)
{
	return XNF_TX_RING_SIZE - xnf_tx_in_flight(tx);
}

/* ---- xmit ---------------------------------------------------------------- */

/**
 * struct build - a packet on its way to the ring
 * @queue: whose ring
 * @skb: the packet
 * @slots: data slots still to be written
 * @first: the next one is the first of the packet
 */
struct build {
	struct xnf_queue *queue;
	struct sk_buff *skb;
	unsigned int slots;
	bool first;
};

static unsigned int count_slots(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int i, slots = 0;

	if (skb_headlen(skb))
		slots = gnttab_count_grant(offset_in_page(skb->data), skb_headlen(skb));

	for (i = 0; i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		if (skb_frag_size(frag))
			slots += gnttab_count_grant(skb_frag_off(frag), skb_frag_size(frag));
	}

	return slots;
}

/*
 * Make a packet of the same bytes in pages of its own, as few as can be. That
 * is for packets in too many pieces, and for backends that shall not see what
 * else there is in a page: the pages hold nothing but packet and zeroes.
 *
 * Of @skb, only what ends up in requests is kept. It is consumed if that works.
 */
static struct sk_buff *copy_to_pages(struct sk_buff *skb)
{
	unsigned int i, chunk, done = 0;
	struct sk_buff *copy;
	struct page *page;

	copy = alloc_skb(0, GFP_ATOMIC | __GFP_NOWARN);
	if (!copy)
		return NULL;

	for (i = 0; done < skb->len; i++, done += chunk) {
		chunk = min_t(unsigned int, skb->len - done, PAGE_SIZE);
		page = alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
		if (!page)
			goto fail;
		skb_add_rx_frag(copy, i, page, 0, chunk, PAGE_SIZE);
		if (skb_copy_bits(skb, done, page_address(page), chunk))
			goto fail;
	}

	copy->ip_summed = skb->ip_summed;
	skb_shinfo(copy)->gso_size = skb_shinfo(skb)->gso_size;
	skb_shinfo(copy)->gso_type = skb_shinfo(skb)->gso_type;
	dev_consume_skb_any(skb);

	return copy;

fail:
	dev_kfree_skb_any(copy);
	return NULL;
}

static void put_gso(struct xnf_tx *tx, const struct sk_buff *skb)
{
	struct xen_netif_extra_info *extra;

	extra = (void *)RING_GET_REQUEST(&tx->ring, tx->ring.req_prod_pvt++);
	*extra = (struct xen_netif_extra_info) {
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.u.gso.size = skb_shinfo(skb)->gso_size,
		.u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ?
			      XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4,
	};
	WRITE_ONCE(tx->extras_sent, tx->extras_sent + 1);
}

/* One data slot; called for each stretch of the packet within 4 KiB. */
static void put_slot(unsigned long gfn, unsigned int offset, unsigned int len, void *data)
{
	struct build *build = data;
	struct sk_buff *skb = build->skb;
	struct xnf_queue *queue = build->queue;
	struct xen_netif_tx_request *req;
	struct xnf_tx *tx = &queue->tx;
	grant_ref_t ref;
	u16 id, flags;

	id = tx->ids[tx->ids_taken++ & ID_MASK];
	ref = tx->table->slot[id].ref;
	gnttab_grant_foreign_access_ref(ref, queue->xnf->xdev->otherend_id, gfn, GNTMAP_readonly);

	flags = --build->slots ? XEN_NETTXF_more_data : 0;
	if (build->first) {
		if (skb->ip_summed == CHECKSUM_PARTIAL)
			flags |= XEN_NETTXF_csum_blank | XEN_NETTXF_data_validated;
		else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
			flags |= XEN_NETTXF_data_validated;
		if (skb_is_gso(skb))
			flags |= XEN_NETTXF_extra_info;
	}

	req = RING_GET_REQUEST(&tx->ring, tx->ring.req_prod_pvt++);
	*req = (struct xen_netif_tx_request) {
		.gref = ref,
		.offset = offset,
		.flags = flags,
		.id = id,
		/* netif.h: the first slot has the size of the whole packet. */
		.size = build->first ? skb->len : len,
	};

	if (build->first && skb_is_gso(skb))
		put_gso(tx, skb);
	build->first = false;
}

/* @page may be one of a compound page, which @offset and @len may leave. */
static void put_range(struct build *build, struct page *page, unsigned int offset,
		      unsigned int len)
{
	unsigned int chunk;

	page += offset >> PAGE_SHIFT;
	offset = offset_in_page(offset);
	while (len) {
		chunk = min_t(unsigned int, len, PAGE_SIZE - offset);
		gnttab_foreach_grant_in_range(page, offset, chunk, put_slot, build);
		page++;
		offset = 0;
		len -= chunk;
	}
}

/* Write all requests of a packet of @slots data slots. */
static void put_packet(struct xnf_queue *queue, struct sk_buff *skb, unsigned int slots)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct build build = {
		.queue = queue,
		.skb = skb,
		.slots = slots,
		.first = true,
	};
	unsigned int i;

	put_range(&build, virt_to_page(skb->data), offset_in_page(skb->data), skb_headlen(skb));
	for (i = 0; i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		put_range(&build, skb_frag_page(frag), skb_frag_off(frag), skb_frag_size(frag));
	}
}

/* Show the backend what has been written, and wake it if it asked for that. */
static void push(struct xnf_queue *queue)
{
	struct xnf_tx *tx = &queue->tx;
	int notify;

	if (tx->pushed == tx->ring.req_prod_pvt)
		return;

	/* poll must believe a response as soon as the backend can give it. */
	WRITE_ONCE(tx->pushed, tx->ring.req_prod_pvt);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&tx->ring, notify);
	xnf_count(queue->stats, XNF_TX_BATCHES);
	if (notify) {
		xnf_count(queue->stats, XNF_TX_NOTIFIES);
		notify_remote_via_irq(queue->tx_event->irq);
	}
}

static netdev_tx_t drop(struct xnf_queue *queue, struct sk_buff *skb, enum xnf_stat why)
{
	xnf_count(queue->stats, why);
	dev_kfree_skb_any(skb);

	/* This one may have been the end of a batch. */
	if (!netdev_xmit_more() && !READ_ONCE(queue->broken))
		push(queue);

	return NETDEV_TX_OK;
}

/* What the stack has kept since an earlier connection may be too much for this one. */
static bool can_segment(const struct xnf_queue *queue, const struct sk_buff *skb)
{
	const struct xnf_offer *offer = &queue->xnf->offer;

	if (!skb_is_gso(skb))
		return true;

	return skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ? offer->gso_tcpv6 : offer->gso_tcpv4;
}

/**
 * xnf_tx_xmit() - put a packet on the ring
 * @queue: a live queue
 * @skb: the packet, consumed unless NETDEV_TX_BUSY is returned
 *
 * Context: BH disabled or interrupts off; the lock of the stack's TX queue
 * @queue->id is held, which is what makes us the only xmit.
 *
 * Return: what .ndo_start_xmit returns.
 */
netdev_tx_t xnf_tx_xmit(struct xnf_queue *queue, struct sk_buff *skb)
{
	struct netdev_queue *txq = netdev_get_tx_queue(queue->xnf->netdev, queue->id);
	bool more = netdev_xmit_more(), kick, copy;
	unsigned int slots, slots_max, len, id, i;
	struct xnf_tx *tx = &queue->tx;

	if (unlikely(READ_ONCE(queue->broken)))
		return drop(queue, skb, XNF_TX_DROP_DOWN);

	/* The queue has been started with a ring that was full before. */
	if (unlikely(!netif_txq_maybe_stop(txq, room(tx), XNF_TX_ROOM, XNF_TX_ROOM))) {
		push(queue);
		return NETDEV_TX_BUSY;
	}

	if (unlikely(skb->len < ETH_HLEN || skb->len > XNF_TX_SIZE_MAX || !can_segment(queue, skb)))
		return drop(queue, skb, XNF_TX_DROP_SIZE);

	/* A backend without scatter-gather takes one slot, wherever it lies. */
	slots_max = queue->xnf->offer.sg ? XNF_TX_SLOTS_MAX : 1;
	slots = count_slots(skb);
	copy = !queue->xnf->trusted || slots > slots_max;

	skb_tx_timestamp(skb);
	if (unlikely(copy)) {
		struct sk_buff *pages = copy_to_pages(skb);

		if (!pages)
			return drop(queue, skb, XNF_TX_DROP_NOMEM);
		xnf_count(queue->stats, XNF_TX_COPIED);
		skb = pages;
		slots = count_slots(skb);
		if (slots > slots_max)
			return drop(queue, skb, XNF_TX_DROP_SIZE);
	}

	*xnf_tx_cb(skb) = (struct xnf_tx_cb) { .slots = slots };
	len = skb->len;
	id = tx->ids_taken;
	put_packet(queue, skb, slots);

	/* BQL must know of the packet before it can possibly be completed. */
	kick = __netdev_tx_sent_queue(txq, len, more);
	for (i = 0; i < slots; i++)
		smp_store_release(&tx->table->slot[tx->ids[id++ & ID_MASK]].skb, skb);

	if (!netif_txq_maybe_stop(txq, room(tx), XNF_TX_ROOM, XNF_TX_WAKE))
		kick = true;
	if (kick)
		push(queue);

	return NETDEV_TX_OK;
}

/* ---- poll ---------------------------------------------------------------- */

/**
 * struct completed - what one look at the responses has brought
 * @packets: packets whose last slot was answered
 * @bytes: their bytes
 * @good_packets: of these, the ones that the backend has taken
 * @good_bytes: their bytes
 */
struct completed {
	unsigned int packets;
	unsigned int bytes;
	unsigned int good_packets;
	unsigned int good_bytes;
};

/* Take in one response. Return: false, and the queue broken, if it is absurd. */
static bool complete_slot(struct xnf_queue *queue, const struct xen_netif_tx_response *rsp,
			  struct completed *completed, int budget)
{
	struct xnf_tx *tx = &queue->tx;
	struct xnf_tx_slot *slot;
	struct xnf_tx_cb *cb;
	struct sk_buff *skb;

	if (rsp->status == XEN_NETIF_RSP_NULL) {
		if (tx->extras_done == READ_ONCE(tx->extras_sent)) {
			xnf_queue_break(queue, XNF_BROKEN_TX_EXTRA);
			return false;
		}
		tx->extras_done++;
		return true;
	}

	slot = rsp->id < XNF_TX_RING_SIZE ? &tx->table->slot[rsp->id] : NULL;
	skb = slot ? smp_load_acquire(&slot->skb) : NULL;
	if (!skb) {
		xnf_queue_break(queue, XNF_BROKEN_TX_ID);
		return false;
	}

	/* The slot stays as it is, and keeps skb and page, if that fails. */
	if (!gnttab_end_foreign_access_ref(slot->ref)) {
		xnf_queue_break(queue, XNF_BROKEN_TX_GRANT);
		return false;
	}
	slot->skb = NULL;
	tx->ids[tx->ids_returned++ & ID_MASK] = rsp->id;

	cb = xnf_tx_cb(skb);
	if (rsp->status != XEN_NETIF_RSP_OKAY)
		cb->failed = true;
	if (--cb->slots)
		return true;

	completed->packets++;
	completed->bytes += skb->len;
	if (cb->failed) {
		xnf_count(queue->stats, XNF_TX_ERR_BACKEND);
	} else {
		completed->good_packets++;
		completed->good_bytes += skb->len;
	}
	napi_consume_skb(skb, budget);

	return true;
}

/**
 * xnf_tx_poll() - take in the responses that are there
 * @queue: the queue
 * @budget: of the NAPI poll; does not limit the responses, which are at most as
 *	many as the ring has slots
 *
 * Context: the queue's NAPI poll; or with BH disabled while NAPI is.
 *
 * Return: whether there were any.
 */
bool xnf_tx_poll(struct xnf_queue *queue, int budget)
{
	struct netdev_queue *txq = netdev_get_tx_queue(queue->xnf->netdev, queue->id);
	struct completed completed = {};
	struct xen_netif_tx_response rsp;
	struct xnf_tx *tx = &queue->tx;
	RING_IDX prod, cons;

	cons = tx->ring.rsp_cons;
	prod = READ_ONCE(tx->ring.sring->rsp_prod);
	if (prod == cons)
		return false;

	virt_rmb(); /* responses, and our own @pushed, after the producer index */
	if (prod - cons > READ_ONCE(tx->pushed) - cons) {
		xnf_queue_break(queue, XNF_BROKEN_TX_PROD);
		return true;
	}

	do {
		RING_COPY_RESPONSE(&tx->ring, cons, &rsp);
		if (!complete_slot(queue, &rsp, &completed, budget))
			break;
	} while (++cons != prod);

	/* The ids are back before there is room for requests that need them. */
	smp_store_release(&tx->ring.rsp_cons, cons);

	if (completed.good_packets)
		xnf_traffic_add(&queue->stats->tx, completed.good_packets, completed.good_bytes);
	netif_txq_completed_wake(txq, completed.packets, completed.bytes,
				 READ_ONCE(queue->xnf->draining) ? 0 : room(tx), XNF_TX_WAKE);

	return true;
}

/**
 * xnf_tx_rearm() - ask for an event
 * @queue: the queue, not broken
 *
 * With a later response than the next one only while a timer runs: a backend answers
 * in any order, and a packet can be stuck with it for seconds. Those that are answered
 * meanwhile must not wait for that. None at all is asked for until the poll is over,
 * and the port is masked that long.
 *
 * Context: the queue's NAPI poll.
 *
 * Return: whether that response is there already, for which no event may come.
 */
bool xnf_tx_rearm(struct xnf_queue *queue)
{
	struct xnf_tx *tx = &queue->tx;
	RING_IDX cons = tx->ring.rsp_cons;
	unsigned int n;

	n = xnf_moderator_ahead(&queue->tx_moderator, &queue->xnf->tx_moderation, cons,
				READ_ONCE(tx->pushed) - cons);
	if (!n)
		return false;

	WRITE_ONCE(tx->ring.sring->rsp_event, cons + n);
	virt_mb(); /* either the backend sees this, or we see its response */

	return READ_ONCE(tx->ring.sring->rsp_prod) - cons >= n;
}

/* ---- life ---------------------------------------------------------------- */

/**
 * xnf_tx_create() - get the memory and the grant references of the TX half
 * @queue: the queue, zeroed
 *
 * Context: may sleep.
 *
 * Return: 0 or a negative errno; xnf_tx_destroy() cleans up in both cases.
 */
int xnf_tx_create(struct xnf_queue *queue)
{
	struct xnf_tx *tx = &queue->tx;
	grant_ref_t refs;
	unsigned int i;
	int err;

	tx->ring_ref = INVALID_GRANT_REF;

	tx->table = kvzalloc_obj(*tx->table);
	if (!tx->table)
		return -ENOMEM;
	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		tx->table->slot[i].ref = INVALID_GRANT_REF;

	err = gnttab_alloc_grant_references(XNF_TX_RING_SIZE, &refs);
	if (err)
		return err;
	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		tx->table->slot[i].ref = gnttab_claim_grant_reference(&refs);
		tx->ids[i] = i;
	}
	tx->ids_returned = XNF_TX_RING_SIZE;

	return 0;
}

/**
 * xnf_tx_share() - make the ring and grant it to the backend
 * @queue: the queue, after xnf_tx_create()
 *
 * Context: may sleep. The device's lock is held.
 *
 * Return: 0 or a negative errno, which has been reported.
 */
int xnf_tx_share(struct xnf_queue *queue)
{
	struct xnf_tx *tx = &queue->tx;
	void *page;
	int err;

	err = xnf_queue_share_ring(queue, &page, &tx->ring_ref);
	if (err)
		return err;
	XEN_FRONT_RING_INIT(&tx->ring, (struct xen_netif_tx_sring *)page, XEN_PAGE_SIZE);
	tx->table->backend = queue->xnf->xdev->otherend_id;

	return 0;
}

/*
 * A packet that will not be answered. Its pages may stay with the backend for as
 * long as it likes; who sent the packet, and on what way, is not held up by that.
 */
static void purge(struct xnf_queue *queue, struct sk_buff *skb)
{
	xnf_tx_cb(skb)->purged = true;
	xnf_count(queue->stats, XNF_TX_DROP_PURGED);

	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
}

/**
 * xnf_tx_destroy() - give back whatever the TX half has
 * @queue: the queue, in any state of construction; its NAPI is disabled and
 *	nobody transmits
 *
 * Packets that the backend has not answered are lost. Those whose pages it has
 * still mapped go to limbo. Context: may sleep.
 */
void xnf_tx_destroy(struct xnf_queue *queue)
{
	struct xnf_tx *tx = &queue->tx;
	void *page = tx->ring.sring;
	unsigned int i;

	/* What was answered since the last poll is not lost. */
	if (page && !queue->broken) {
		local_bh_disable();
		xnf_tx_poll(queue, 0);
		local_bh_enable();
	}

	if (page)
		xnf_queue_unshare_ring(queue, page, &tx->ring_ref);
	tx->ring.sring = NULL;

	if (!tx->table)
		return;
	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		struct sk_buff *skb = tx->table->slot[i].skb;

		/* A packet can be in many slots, but is lost only once. */
		if (skb && !xnf_tx_cb(skb)->purged)
			purge(queue, skb);
	}
	if (xnf_limbo_end(tx->table))
		xnf_limbo_add(tx->table);
	else
		kvfree(tx->table);
	tx->table = NULL;
}
