// SPDX-License-Identifier: GPL-2.0
/* Guest to backend; see tx.h. */

#include <linux/if_vlan.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/netdev_queues.h>
#include <net/xdp.h>
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
 * @skb: the packet, NULL when it is a frame
 * @len: its bytes
 * @slots: data slots still to be written
 * @first: the next one is the first of the packet
 */
struct build {
	struct xnf_queue *queue;
	struct sk_buff *skb;
	unsigned int len;
	unsigned int slots;
	bool first;
};

/* @shinfo is NULL for a packet without fragments. */
static unsigned int count_slots(const void *head, unsigned int len,
				const struct skb_shared_info *shinfo)
{
	unsigned int i, slots = 0;

	if (len)
		slots = gnttab_count_grant(offset_in_page(head), len);

	for (i = 0; shinfo && i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		if (skb_frag_size(frag))
			slots += gnttab_count_grant(skb_frag_off(frag), skb_frag_size(frag));
	}

	return slots;
}

static unsigned int count_skb_slots(const struct sk_buff *skb)
{
	return count_slots(skb->data, skb_headlen(skb), skb_shinfo(skb));
}

/*
 * Does the first slot have less than an Ethernet header? In-tree netbacks take that for
 * all there is of the packet, and refuse it.
 */
static bool begins_short(const void *head, unsigned int len)
{
	return min_t(unsigned int, len, XEN_PAGE_SIZE - xen_offset_in_page(head)) < ETH_HLEN;
}

/* An skb of @len bytes, all zero, in pages of its own. NULL without memory. */
static struct sk_buff *zero_pages(unsigned int len)
{
	unsigned int i, chunk, done = 0;
	struct sk_buff *skb;
	struct page *page;

	skb = alloc_skb(0, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;

	for (i = 0; done < len; i++, done += chunk) {
		chunk = min_t(unsigned int, len - done, PAGE_SIZE);
		page = alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
		if (!page) {
			dev_kfree_skb_any(skb);
			return NULL;
		}
		skb_add_rx_frag(skb, i, page, 0, chunk, PAGE_SIZE);
	}

	return skb;
}

/*
 * Make a packet of the same bytes in pages of its own, as few as can be. That
 * is for packets in too many pieces, or with a first one that is too short, and for
 * backends that shall not see what else there is in a page: the pages hold nothing
 * but packet and zeroes.
 *
 * Of @skb, only what ends up in requests is kept. It is consumed if that works.
 */
static struct sk_buff *copy_to_pages(struct sk_buff *skb)
{
	struct sk_buff *copy = zero_pages(skb->len);
	unsigned int i, done = 0;

	if (!copy)
		return NULL;

	for (i = 0; done < skb->len; done += skb_frag_size(&skb_shinfo(copy)->frags[i++])) {
		const skb_frag_t *frag = &skb_shinfo(copy)->frags[i];

		if (skb_copy_bits(skb, done, skb_frag_address(frag), skb_frag_size(frag))) {
			dev_kfree_skb_any(copy);
			return NULL;
		}
	}

	copy->ip_summed = skb->ip_summed;
	skb_shinfo(copy)->gso_size = skb_shinfo(skb)->gso_size;
	skb_shinfo(copy)->gso_type = skb_shinfo(skb)->gso_type;
	dev_consume_skb_any(skb);

	return copy;
}

/* The fragments of a frame, NULL when it has none. */
static struct skb_shared_info *frame_shinfo(struct xdp_frame *frame)
{
	return xdp_frame_has_frags(frame) ? xdp_get_shared_info_from_frame(frame) : NULL;
}

/* The same for a frame, which stays as it is. */
static struct sk_buff *copy_frame_to_pages(struct xdp_frame *frame, unsigned int len)
{
	const struct skb_shared_info *shinfo = frame_shinfo(frame);
	struct sk_buff *copy = zero_pages(len);
	unsigned int i, done = frame->len;
	bool bad;

	if (!copy)
		return NULL;

	bad = skb_store_bits(copy, 0, frame->data, frame->len);
	for (i = 0; shinfo && !bad && i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		bad = skb_store_bits(copy, done, skb_frag_address(frag), skb_frag_size(frag));
		done += skb_frag_size(frag);
	}
	if (bad) {
		dev_kfree_skb_any(copy);
		return NULL;
	}

	return copy;
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
	WRITE_ONCE(tx->table->slot[id].sent, (u32)jiffies);
	gnttab_grant_foreign_access_ref(ref, queue->xnf->xdev->otherend_id, gfn, GNTMAP_readonly);

	/* A frame has no offloads. */
	flags = --build->slots ? XEN_NETTXF_more_data : 0;
	if (build->first && skb) {
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
		.size = build->first ? build->len : len,
	};

	if (flags & XEN_NETTXF_extra_info)
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

/* Write all requests of a packet: of @build, which has @len bytes at @head first. */
static void put_packet(struct build *build, void *head, unsigned int len,
		       const struct skb_shared_info *shinfo)
{
	unsigned int i;

	build->first = true;
	put_range(build, virt_to_page(head), offset_in_page(head), len);
	for (i = 0; shinfo && i < shinfo->nr_frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		put_range(build, skb_frag_page(frag), skb_frag_off(frag), skb_frag_size(frag));
	}
}

/* The last thing that is done with a packet, whose slots begin at @id. */
static void commit(struct xnf_tx *tx, unsigned int id, unsigned int slots, unsigned long packet)
{
	while (slots--)
		smp_store_release(&tx->table->slot[tx->ids[id++ & ID_MASK]].packet, packet);
}

/* Put an skb on the ring. Return: whether it is to be pushed. */
static bool put_skb(struct xnf_queue *queue, struct netdev_queue *txq, struct sk_buff *skb,
		    unsigned int slots, bool more)
{
	struct build build = {
		.queue = queue,
		.skb = skb,
		.len = skb->len,
		.slots = slots,
	};
	struct xnf_tx *tx = &queue->tx;
	unsigned int id = tx->ids_taken;
	bool kick;

	*xnf_tx_cb((unsigned long)skb) = (struct xnf_tx_cb) { .slots = slots };
	put_packet(&build, skb->data, skb_headlen(skb), skb_shinfo(skb));

	/* BQL must know of the packet before it can possibly be completed. */
	kick = __netdev_tx_sent_queue(txq, build.len, more);
	commit(tx, id, slots, (unsigned long)skb);

	return kick;
}

/**
 * xnf_tx_push() - show the backend what has been written
 * @queue: a live queue
 *
 * It is woken if it has asked for that. Context: as for xnf_tx_xmit().
 */
void xnf_tx_push(struct xnf_queue *queue)
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
		xnf_event_notify(queue->tx_event);
	}
}

static netdev_tx_t drop(struct xnf_queue *queue, struct sk_buff *skb, enum xnf_stat why)
{
	xnf_count(queue->stats, why);
	dev_kfree_skb_any(skb);

	/* This one may have been the end of a batch. */
	if (!netdev_xmit_more() && !READ_ONCE(queue->broken))
		xnf_tx_push(queue);

	return NETDEV_TX_OK;
}

/* What the stack has kept since an earlier connection may be too much for this one. */
static bool can_segment(const struct xnf_queue *queue, const struct sk_buff *skb)
{
	const struct xnf_offer *offer = &queue->xnf->offer;

	if (!skb_is_gso(skb))
		return true;

	/* Which is of no use without checksums. */
	return skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ?
	       offer->gso_tcpv6 && offer->ipv6_csum : offer->gso_tcpv4 && offer->ipv4_csum;
}

/* Likewise, so the checksum may be for us to complete. Return: whether it is seen to. */
static bool complete_checksum(const struct xnf_queue *queue, struct sk_buff *skb)
{
	const struct xnf_offer *offer = &queue->xnf->offer;

	if (skb->ip_summed != CHECKSUM_PARTIAL || (offer->ipv4_csum && offer->ipv6_csum))
		return true;
	if (vlan_get_protocol(skb) == htons(ETH_P_IPV6) ? offer->ipv6_csum : offer->ipv4_csum)
		return true;

	return !skb_checksum_help(skb);
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
	unsigned int slots, slots_max;
	struct xnf_tx *tx = &queue->tx;

	if (unlikely(READ_ONCE(queue->broken)))
		return drop(queue, skb, XNF_TX_DROP_DOWN);

	/* The queue has been started with a ring that was full before. */
	if (unlikely(!netif_txq_maybe_stop(txq, room(tx), XNF_TX_ROOM, XNF_TX_ROOM))) {
		xnf_tx_push(queue);
		return NETDEV_TX_BUSY;
	}

	if (unlikely(skb->len < ETH_HLEN || skb->len > XNF_TX_SIZE_MAX || !can_segment(queue, skb)))
		return drop(queue, skb, XNF_TX_DROP_SIZE);
	if (unlikely(!complete_checksum(queue, skb)))
		return drop(queue, skb, XNF_TX_DROP_NOMEM);

	/* A backend without scatter-gather takes one slot, wherever it lies. */
	slots_max = queue->xnf->offer.sg ? XNF_TX_SLOTS_MAX : 1;
	slots = count_skb_slots(skb);
	copy = !queue->xnf->trusted || slots > slots_max ||
	       begins_short(skb->data, skb_headlen(skb));

	skb_tx_timestamp(skb);
	if (unlikely(copy)) {
		struct sk_buff *pages = NULL;

		if (!xnf_inject_alloc(&queue->xnf->inject))
			pages = copy_to_pages(skb);
		if (!pages)
			return drop(queue, skb, XNF_TX_DROP_NOMEM);
		xnf_count(queue->stats, XNF_TX_COPIED);
		skb = pages;
		slots = count_skb_slots(skb);
		if (slots > slots_max)
			return drop(queue, skb, XNF_TX_DROP_SIZE);
	}

	kick = put_skb(queue, txq, skb, slots, more);
	if (!netif_txq_maybe_stop(txq, room(tx), XNF_TX_ROOM, XNF_TX_WAKE))
		kick = true;
	if (kick)
		xnf_tx_push(queue);

	return NETDEV_TX_OK;
}

/**
 * xnf_tx_frame() - put an XDP frame on the ring, and do not push it
 * @queue: a live queue
 * @frame: the frame
 *
 * A frame is granted where it lies. If it has no room for our notes, is in too many
 * pieces or in one that is too short, or the backend is not trusted, a copy is sent.
 *
 * Context: BH disabled; the lock of the stack's TX queue @queue->id is held.
 *
 * Return: whether it was taken. If not, it is still the caller's.
 */
bool xnf_tx_frame(struct xnf_queue *queue, struct xdp_frame *frame)
{
	struct netdev_queue *txq = netdev_get_tx_queue(queue->xnf->netdev, queue->id);
	unsigned int slots_max = queue->xnf->offer.sg ? XNF_TX_SLOTS_MAX : 1;
	unsigned long packet = (unsigned long)frame | XNF_TX_FRAME;
	struct build build = {
		.queue = queue,
		.len = xdp_get_frame_len(frame),
	};
	struct xnf_tx *tx = &queue->tx;
	unsigned int id = tx->ids_taken;
	struct sk_buff *copy;

	if (READ_ONCE(queue->broken) || READ_ONCE(queue->xnf->draining))
		return false;
	/* What the stack is stopped for is left to it, or it might never start again. */
	if (room(tx) < (netif_tx_queue_stopped(txq) ? XNF_TX_WAKE : XNF_TX_ROOM))
		return false;
	if (build.len < ETH_HLEN || build.len > XNF_TX_SIZE_MAX)
		return false;

	build.slots = count_slots(frame->data, frame->len, frame_shinfo(frame));
	if (queue->xnf->trusted && build.slots <= slots_max &&
	    !begins_short(frame->data, frame->len) && frame->headroom >= sizeof(struct xnf_tx_cb)) {
		unsigned int slots = build.slots;

		*xnf_tx_cb(packet) = (struct xnf_tx_cb) { .slots = slots };
		put_packet(&build, frame->data, frame->len, frame_shinfo(frame));
		commit(tx, id, slots, packet);
	} else {
		if (DIV_ROUND_UP(build.len, PAGE_SIZE) > slots_max)
			return false;
		copy = copy_frame_to_pages(frame, build.len);
		if (!copy)
			return false;
		xnf_count(queue->stats, XNF_TX_COPIED);
		put_skb(queue, txq, copy, count_skb_slots(copy), true);
		xdp_return_frame(frame);
	}
	/* Should the ring be full now, the stack's queue stops with its next packet. */
	xnf_count(queue->stats, XNF_TX_XDP);

	return true;
}

/* ---- poll ---------------------------------------------------------------- */

/**
 * struct completed - what one look at the responses has brought
 * @packets: packets whose last slot was answered
 * @bytes: their bytes, as far as BQL knows of them: those of skbs
 * @good_packets: of these, the ones that the backend has taken
 * @good_bytes: their bytes
 */
struct completed {
	unsigned int packets;
	unsigned int bytes;
	unsigned int good_packets;
	unsigned int good_bytes;
};

/*
 * Take in one response. Return: false if it is absurd, and the queue is broken then,
 * or if it cannot be taken in now.
 */
static bool complete_slot(struct xnf_queue *queue, const struct xen_netif_tx_response *rsp,
			  struct completed *completed, int budget)
{
	struct xnf_tx *tx = &queue->tx;
	struct xnf_tx_slot *slot;
	struct xdp_frame *frame;
	struct xnf_tx_cb *cb;
	unsigned long packet;
	unsigned int len;

	if (rsp->status == XEN_NETIF_RSP_NULL) {
		if (tx->extras_done == READ_ONCE(tx->extras_sent)) {
			xnf_queue_break(queue, XNF_BROKEN_TX_EXTRA);
			return false;
		}
		tx->extras_done++;
		return true;
	}

	slot = rsp->id < XNF_TX_RING_SIZE ? &tx->table->slot[rsp->id] : NULL;
	packet = slot ? smp_load_acquire(&slot->packet) : 0;
	if (!packet) {
		xnf_queue_break(queue, XNF_BROKEN_TX_ID);
		return false;
	}

	/* netpoll's: a frame cannot be returned there, and waits for NAPI. */
	frame = xnf_tx_frame_of(packet);
	if (frame && irqs_disabled())
		return false;

	/* The slot stays as it is, and keeps packet and page, if that fails. */
	if (!gnttab_end_foreign_access_ref(slot->ref)) {
		xnf_queue_break(queue, XNF_BROKEN_TX_GRANT);
		return false;
	}
	slot->packet = 0;
	tx->ids[tx->ids_returned++ & ID_MASK] = rsp->id;

	cb = xnf_tx_cb(packet);
	if (rsp->status != XEN_NETIF_RSP_OKAY)
		cb->failed = true;
	if (--cb->slots)
		return true;

	len = frame ? xdp_get_frame_len(frame) : xnf_tx_skb_of(packet)->len;
	completed->packets++;
	if (!frame)
		completed->bytes += len;
	if (cb->failed) {
		xnf_count(queue->stats, XNF_TX_ERR_BACKEND);
	} else {
		completed->good_packets++;
		completed->good_bytes += len;
	}
	if (frame)
		xdp_return_frame(frame);
	else
		napi_consume_skb(xnf_tx_skb_of(packet), budget);

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
	/* With nothing for BQL it has no barrier between @rsp_cons and the queue's state. */
	if (!completed.bytes)
		smp_mb();
	netif_txq_completed_wake(txq, completed.packets, completed.bytes,
				 READ_ONCE(queue->xnf->draining) ? 0 : room(tx), XNF_TX_WAKE);
	/* xnf_dev_drain() stops the queue after it has said so: one of us comes last. */
	if (unlikely(READ_ONCE(queue->xnf->draining)))
		netif_tx_stop_queue(txq);

	return true;
}

/**
 * xnf_tx_rearm() - ask for an event
 * @queue: the queue, not broken
 *
 * With the one in the middle of those to come, so that the backend still has the other
 * half when it is here; and only while a timer runs: a backend answers in any order,
 * and a packet can be stuck with it for seconds. Those that are answered meanwhile
 * must not wait for that. None at all is asked for until the poll is over, and the
 * port is masked that long.
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
				(READ_ONCE(tx->pushed) - cons) / 2 + 1);
	if (!n)
		return false;

	WRITE_ONCE(tx->ring.sring->rsp_event, cons + n);
	virt_mb(); /* either the backend sees this, or we see its response */

	return READ_ONCE(tx->ring.sring->rsp_prod) - cons >= n;
}

/**
 * xnf_tx_oldest() - age of the oldest packet in flight
 * @tx: the TX half of a live queue
 *
 * Context: any.
 *
 * Return: jiffies, 0 when nothing is in flight.
 */
unsigned long xnf_tx_oldest(const struct xnf_tx *tx)
{
	const struct xnf_tx_slot *slot = tx->table->slot;
	u32 now = jiffies, oldest = 0;
	unsigned int i;

	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		if (!smp_load_acquire(&slot[i].packet))
			continue;
		/* One that was sent since is younger than nothing. */
		oldest = max_t(s32, oldest, now - READ_ONCE(slot[i].sent));
	}

	return oldest;
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
static void purge(struct xnf_queue *queue, unsigned long packet)
{
	struct sk_buff *skb = xnf_tx_skb_of(packet);

	xnf_tx_cb(packet)->purged = true;
	xnf_count(queue->stats, XNF_TX_DROP_PURGED);
	if (!skb)
		return;

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
		unsigned long packet = tx->table->slot[i].packet;

		/* A packet can be in many slots, but is lost only once. */
		if (packet && !xnf_tx_cb(packet)->purged)
			purge(queue, packet);
	}
	if (xnf_limbo_end(tx->table))
		xnf_limbo_add(tx->table);
	else
		kvfree(tx->table);
	tx->table = NULL;
}
