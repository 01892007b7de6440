// SPDX-License-Identifier: GPL-2.0
/* A batch of packets on its way to the RX ring; see rx_copy.h. */

#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <xen/events.h>
#include <xen/page.h>

#include "common/wire.h"

#include "grant.h"
#include "hash.h"
#include "headroom.h"
#include "inject.h"
#include "queue.h"
#include "rx_copy.h"
#include "vif.h"

/*
 * Copies that one packet may need. A packet put together from more pieces than
 * that (the stack merges what it receives) is made linear first.
 */
#define XNB_RX_COPIES_PER_PACKET	(XNB_RX_COPIES / 2)

/* The extra infos that go with a packet that waits, as a set of XNET_EXTRA(). */
static unsigned int xnb_rx_extras(const struct xnb_rx *rx, const struct sk_buff *skb)
{
	unsigned int extras = 0;

	if (skb_is_gso(skb))
		extras |= XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO);
	if (xnb_rx_cb(skb)->hashed)
		extras |= XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH);
	if (unlikely(rx->headroom))
		extras |= XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_XDP);

	return extras;
}

/**
 * xnb_rx_slots() - slots that a packet takes up
 * @rx: the half of the queue that it goes to
 * @skb: a packet that was prepared
 *
 * Extra infos are counted; the headroom is in the first slot.
 *
 * Context: the RX lock, which keeps the headroom from changing.
 *
 * Return: how many, at most 17 with data and 3 with extra info.
 */
unsigned int xnb_rx_slots(const struct xnb_rx *rx, const struct sk_buff *skb)
{
	return DIV_ROUND_UP(rx->headroom + skb->len, XEN_PAGE_SIZE) +
	       hweight32(xnb_rx_extras(rx, skb));
}

static unsigned int xnb_rx_pages(unsigned int offset, unsigned int len)
{
	return DIV_ROUND_UP(offset_in_page(offset) + len, PAGE_SIZE);
}

/*
 * At most so many copies: each ends at a page, or at a slot. The headroom may
 * change until they are made.
 */
static unsigned int xnb_rx_copies(const struct sk_buff *skb)
{
	unsigned int copies = DIV_ROUND_UP(XNB_HEADROOM_MAX + skb->len, XEN_PAGE_SIZE);
	const struct sk_buff *part;
	int i;

	copies += xnb_rx_pages(offset_in_page(skb->data), skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		copies += xnb_rx_pages(skb_frag_off(&skb_shinfo(skb)->frags[i]),
				       skb_frag_size(&skb_shinfo(skb)->frags[i]));
	skb_walk_frags(skb, part)
		copies += xnb_rx_copies(part);

	return copies;
}

/**
 * xnb_rx_prepare() - make a packet ready to wait
 * @vif: its vif
 * @skb: the packet, not shared
 *
 * Any context.
 *
 * Return: false when it is in too many pieces and there is no memory to put them
 * together.
 */
bool xnb_rx_prepare(struct xnb_vif *vif, struct sk_buff *skb)
{
	unsigned int copies = xnb_rx_copies(skb);

	if (unlikely(copies > XNB_RX_COPIES_PER_PACKET)) {
		if (xnb_inject_alloc(vif) || skb_linearize(skb))
			return false;
		copies = xnb_rx_copies(skb);
	}

	xnb_rx_cb(skb)->since = jiffies;
	xnb_rx_cb(skb)->copies = copies;
	xnb_rx_cb(skb)->bytes = skb->truesize;
	xnb_rx_cb(skb)->hashed = xnb_hash_skb(vif, skb, &xnb_rx_cb(skb)->hash);
	return true;
}

static struct xnb_rx_slot *xnb_rx_take_slot(struct xnb_rx *rx)
{
	struct xnb_rx_slot *slot = &rx->slot[rx->nr_slots++];
	struct xen_netif_rx_request request;

	RING_COPY_REQUEST(&rx->ring, rx->ring.req_cons++, &request);
	slot->id = request.id;
	slot->gref = request.gref;
	slot->flags = 0;
	slot->size = 0;
	slot->offset = 0;
	slot->extra = 0;

	return slot;
}

/* A chunk lies within a page on our side and within the slot on theirs. */
static void xnb_rx_stage_copy(struct xnb_queue *queue, struct xnb_rx_slot *slot,
			      struct page *page, unsigned int offset,
			      unsigned int len)
{
	struct xnb_rx *rx = &queue->rx;
	struct gnttab_copy *op = &rx->copy[rx->nr_copies++];
	struct xen_page_foreign *foreign = xen_page_foreign(page);

	op->flags = GNTCOPY_dest_gref;
	if (foreign) {
		/* Another guest's page: copied straight from its grant. */
		op->source.domid = foreign->domid;
		op->source.u.ref = foreign->gref;
		op->flags |= GNTCOPY_source_gref;
	} else {
		op->source.domid = DOMID_SELF;
		op->source.u.gmfn = xen_page_to_gfn(page);
	}
	op->source.offset = offset;
	op->dest.domid = queue->vif->domid;
	op->dest.u.ref = slot->gref;
	op->dest.offset = slot->offset + slot->size;
	op->len = len;
	op->status = GNTST_general_error;
	slot->size += len;
}

/* Where the next byte of a packet goes to. */
struct xnb_rx_cursor {
	struct xnb_rx_slot *slot;
};

static void xnb_rx_stage_piece(struct xnb_queue *queue, struct page *page,
			       unsigned int offset, unsigned int len,
			       struct xnb_rx_cursor *to)
{
	unsigned int n;

	page += offset >> PAGE_SHIFT;
	offset = offset_in_page(offset);

	while (len) {
		unsigned int used = to->slot->offset + to->slot->size;

		if (used == XEN_PAGE_SIZE) {
			to->slot->flags |= XEN_NETRXF_more_data;
			to->slot = xnb_rx_take_slot(&queue->rx);
			used = 0;
		}

		n = min_t(unsigned int, len, PAGE_SIZE - offset);
		n = min_t(unsigned int, n, XEN_PAGE_SIZE - used);
		xnb_rx_stage_copy(queue, to->slot, page, offset, n);

		len -= n;
		offset += n;
		if (offset == PAGE_SIZE) {
			offset = 0;
			page++;
		}
	}
}

static u16 xnb_rx_csum_flags(const struct sk_buff *skb)
{
	switch (skb->ip_summed) {
	case CHECKSUM_PARTIAL:
		return XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated;
	case CHECKSUM_UNNECESSARY:
		return XEN_NETRXF_data_validated;
	default:
		return 0;
	}
}

static void xnb_rx_stage_skb(struct xnb_queue *queue, const struct sk_buff *skb,
			     struct xnb_rx_cursor *to)
{
	const struct sk_buff *part;
	int i;

	xnb_rx_stage_piece(queue, virt_to_page(skb->data),
			   offset_in_page(skb->data), skb_headlen(skb), to);
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		xnb_rx_stage_piece(queue, skb_frag_page(frag), skb_frag_off(frag),
				   skb_frag_size(frag), to);
	}
	/* What the stack has merged hangs on the first one, one level deep. */
	skb_walk_frags(skb, part)
		xnb_rx_stage_skb(queue, part, to);
}

/* Announced by the slot before it. Return: the slot. */
static struct xnb_rx_slot *xnb_rx_stage_extra(struct xnb_rx *rx,
					      struct xnb_rx_slot *before, u8 type)
{
	struct xnb_rx_slot *slot = xnb_rx_take_slot(rx);

	before->flags |= before->extra ? XEN_NETIF_EXTRA_FLAG_MORE :
					 XEN_NETRXF_extra_info;
	slot->extra = type;

	return slot;
}

/**
 * xnb_rx_stage() - give a packet its slots and stage its copies
 * @queue: the queue, with room for both in this batch
 * @skb: a packet that was prepared
 *
 * Context: the RX lock.
 */
void xnb_rx_stage(struct xnb_queue *queue, struct sk_buff *skb)
{
	struct xnb_rx *rx = &queue->rx;
	struct xnb_rx_cursor to;
	struct xnb_rx_slot *last;
	unsigned int extras;

	to.slot = xnb_rx_take_slot(rx);
	to.slot->flags = xnb_rx_csum_flags(skb);
	to.slot->offset = rx->headroom;
	last = to.slot;

	for (extras = xnb_rx_extras(rx, skb); extras; extras &= extras - 1)
		last = xnb_rx_stage_extra(rx, last, __ffs(extras));

	xnb_rx_stage_skb(queue, skb, &to);
	__skb_queue_tail(&rx->batch, skb);
}

static void xnb_rx_respond_extra(struct xnb_rx *rx, const struct xnb_rx_slot *slot,
				 const struct sk_buff *skb)
{
	const struct xnet_hash *hash = &xnb_rx_cb(skb)->hash;
	struct xen_netif_extra_info *extra;

	extra = (void *)RING_GET_RESPONSE(&rx->ring, rx->ring.rsp_prod_pvt);
	memset(extra, 0, sizeof(*extra));
	extra->type = slot->extra;
	extra->flags = slot->flags;

	if (slot->extra == XEN_NETIF_EXTRA_TYPE_XDP) {
		extra->u.xdp.headroom = rx->headroom;
		return;
	}

	if (slot->extra == XEN_NETIF_EXTRA_TYPE_HASH) {
		extra->u.hash.type = hash->type;
		extra->u.hash.algorithm = hash->algorithm;
		memcpy(extra->u.hash.value, hash->value, sizeof(hash->value));
		return;
	}

	extra->u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
			    XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
	extra->u.gso.size = skb_shinfo(skb)->gso_size;
}

static void xnb_rx_respond_data(struct xnb_rx *rx, const struct xnb_rx_slot *slot,
				bool ok)
{
	struct xen_netif_rx_response *response;

	response = RING_GET_RESPONSE(&rx->ring, rx->ring.rsp_prod_pvt);
	response->id = slot->id;
	response->offset = slot->offset;
	response->flags = slot->flags;
	response->status = ok ? slot->size : XEN_NETIF_RSP_ERROR;
}

/*
 * Answer a packet's slots, in the ring's order: frontends count on the response
 * to a request being in its very place. Return: the slot after its last one.
 */
static unsigned int xnb_rx_respond(struct xnb_rx *rx, const struct sk_buff *skb,
				   unsigned int slot, bool ok)
{
	unsigned int end = slot + xnb_rx_slots(rx, skb);

	for (; slot < end; slot++) {
		if (rx->slot[slot].extra)
			xnb_rx_respond_extra(rx, &rx->slot[slot], skb);
		else
			xnb_rx_respond_data(rx, &rx->slot[slot], ok);
		rx->ring.rsp_prod_pvt++;
	}

	return end;
}

/* Were all copies of a packet done? @copy is moved on to the next packet's. */
static bool xnb_rx_copied(const struct xnb_rx *rx, const struct sk_buff *skb,
			  unsigned int *copy)
{
	unsigned int left = skb->len;
	bool ok = true;

	for (; left; (*copy)++) {
		if (rx->copy[*copy].status != GNTST_okay)
			ok = false;
		left -= rx->copy[*copy].len;
	}

	return ok;
}

/**
 * xnb_rx_flush() - carry out and answer what was staged
 * @queue: the queue; an empty batch is fine
 *
 * Context: the RX lock; interrupts may be disabled.
 */
void xnb_rx_flush(struct xnb_queue *queue)
{
	unsigned int slot = 0, copy = 0, packets = 0, bytes = 0;
	struct xnb_rx *rx = &queue->rx;
	struct sk_buff *skb;
	int notify;
	bool ok;

	if (skb_queue_empty(&rx->batch))
		return;

	xnb_grant_copy(rx->copy, rx->nr_copies, &rx->traffic);
	xnb_work_add(&rx->traffic, XNB_WORK_BATCHES, 1);

	while ((skb = __skb_dequeue(&rx->batch))) {
		ok = xnb_rx_copied(rx, skb, &copy);
		slot = xnb_rx_respond(rx, skb, slot, ok);
		if (ok) {
			packets++;
			bytes += skb->len;
			dev_consume_skb_any(skb);
		} else {
			xnb_queue_drop(queue, XNB_TX_ERR_GRANT);
			dev_kfree_skb_any(skb);
		}
	}
	rx->nr_copies = 0;
	rx->nr_slots = 0;
	xnb_traffic_add(&rx->traffic, packets, bytes);

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&rx->ring, notify);
	xnb_work_add(&rx->traffic, notify ? XNB_WORK_NOTIFIES : XNB_WORK_NOTIFIES_SAVED, 1);
	if (notify)
		notify_remote_via_irq(rx->event->irq);
}
