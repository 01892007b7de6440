// SPDX-License-Identifier: GPL-2.0
/*
 * Guest to host: from the TX ring to the stack.
 *
 * One run of the action goes through these steps, top to bottom of this file's
 * last function: take back the pages that the stack has let go of; take packets
 * from the ring, staging the copies and maps they need; do all of these with
 * one hypercall each; hand the packets to the stack; answer; push and notify
 * once.
 */

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <xen/events.h>

#include "common/ring.h"

#include "grant.h"
#include "hash.h"
#include "inject.h"
#include "offload.h"
#include "queue.h"
#include "trace.h"
#include "tx.h"
#include "vif.h"

/*
 * Bytes that are always in the linear area: enough for every header that the
 * stack looks at, so that it never parses memory which the guest can still
 * write, nor hands a NIC a header in pieces (XSA-423).
 */
#define XNB_TX_HEADER_LEN	128

/**
 * xnb_tx_respond() - write one response
 * @queue: the queue
 * @id: the frontend's name for the slot
 * @status: XEN_NETIF_RSP_*
 *
 * Nothing is pushed. Context: the queue's action, or its teardown.
 */
void xnb_tx_respond(struct xnb_queue *queue, u16 id, s16 status)
{
	struct xen_netif_tx_back_ring *ring = &queue->tx.ring;
	struct xen_netif_tx_response *response;

	response = RING_GET_RESPONSE(ring, ring->rsp_prod_pvt);
	response->id = id;
	response->status = status;
	ring->rsp_prod_pvt++;
	queue->tx.unpushed = true;
}

/**
 * xnb_tx_push() - show the frontend all responses that were written
 * @queue: the queue
 *
 * Context: the queue's action, or its teardown while the port is bound.
 */
void xnb_tx_push(struct xnb_queue *queue)
{
	struct xnb_tx *tx = &queue->tx;
	int notify;

	if (!tx->unpushed)
		return;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&tx->ring, notify);
	tx->unpushed = false;
	xnb_work_add(&tx->traffic, notify ? XNB_WORK_NOTIFIES : XNB_WORK_NOTIFIES_SAVED, 1);
	if (notify && tx->event->irq)
		notify_remote_via_irq(tx->event->irq);
}

static void xnb_tx_respond_extras(struct xnb_queue *queue,
				  const struct xnet_tx_pkt *pkt)
{
	int i;

	for (i = 0; i < pkt->nr_extras; i++)
		xnb_tx_respond(queue, 0, XEN_NETIF_RSP_NULL);
}

static void xnb_tx_refuse(struct xnb_queue *queue, const struct xnet_tx_pkt *pkt,
			  enum xnb_stat reason)
{
	int i;

	xnb_queue_drop(queue, reason);
	for (i = 0; i < pkt->nr_slots; i++)
		xnb_tx_respond(queue, pkt->slot[i].id, XEN_NETIF_RSP_ERROR);
	xnb_tx_respond_extras(queue, pkt);
}

/* A message has a single slot, and its answer says whether it was obeyed. */
static void xnb_tx_message(struct xnb_queue *queue, const struct xnet_tx_pkt *pkt)
{
	enum xnb_stat reason;

	if (!xnb_multicast_message(queue->vif, pkt, &reason)) {
		xnb_tx_refuse(queue, pkt, reason);
		return;
	}

	xnb_tx_respond(queue, pkt->slot[0].id, XEN_NETIF_RSP_OKAY);
	xnb_tx_respond_extras(queue, pkt);
}

static enum xnb_stat xnb_tx_error_stat(enum xnet_tx_error error)
{
	switch (error) {
	case XNET_TX_ERR_SHORT:
		return XNB_RX_ERR_SHORT;
	case XNET_TX_ERR_SLOTS:
		return XNB_RX_ERR_SLOTS;
	case XNET_TX_ERR_SIZE:
		return XNB_RX_ERR_SIZE;
	case XNET_TX_ERR_GSO:
		return XNB_RX_ERR_GSO;
	default:
		return XNB_RX_ERR_FATAL;
	}
}

/* Stage copies of @len bytes of a slot to @to, split where @to crosses a page. */
static void xnb_tx_stage_copy(struct xnb_queue *queue,
			      const struct xnet_tx_slot *slot, u8 *to,
			      unsigned int len)
{
	struct xnb_tx *tx = &queue->tx;
	unsigned int offset = slot->offset;
	unsigned int n;

	while (len) {
		n = min_t(unsigned int, len, XEN_PAGE_SIZE - xen_offset_in_page(to));
		xnb_grant_copy_from(&tx->copy[tx->nr_copies++], queue->vif->domid,
				    slot->gref, offset, to, n);
		offset += n;
		to += n;
		len -= n;
	}
}

/* Stage the map of a slot whose bytes from @skip on become a fragment. */
static void xnb_tx_stage_map(struct xnb_queue *queue,
			     const struct xnet_tx_slot *slot,
			     struct sk_buff *skb, unsigned int skip)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct xnb_tx *tx = &queue->tx;
	struct xnb_mapping *mapping;

	/* The action takes no packet without room for the largest one. */
	mapping = xnb_pool_get(queue->pool);
	mapping->id = slot->id;
	mapping->status = XEN_NETIF_RSP_OKAY;
	xnb_pool_set_map_op(mapping, &tx->map[tx->nr_maps], queue->vif->domid,
			    slot->gref);
	tx->map_pages[tx->nr_maps] = xnb_pool_page(mapping);
	tx->mapping[tx->nr_maps++] = mapping;

	skb_frag_fill_page_desc(&shinfo->frags[shinfo->nr_frags++],
				xnb_pool_page(mapping), slot->offset + skip,
				slot->size - skip);
}

/* Make an skb for a packet that was parsed, and stage what fills it. */
static void xnb_tx_stage(struct xnb_queue *queue, const struct xnet_tx_pkt *pkt)
{
	struct xnb_tx *tx = &queue->tx;
	struct xnb_tx_packet *packet;
	unsigned int left, n;
	struct sk_buff *skb;
	u8 *to;
	int i;

	left = xnet_tx_linear_len(pkt, XNB_TX_HEADER_LEN,
				  READ_ONCE(xnb_tx_copy_max), MAX_SKB_FRAGS);
	skb = xnb_inject_alloc(queue->vif) ? NULL :
					     netdev_alloc_skb(queue->vif->dev, left);
	if (!skb) {
		xnb_tx_refuse(queue, pkt, XNB_RX_DROP_NOMEM);
		return;
	}

	to = skb_put(skb, left);
	for (i = 0; i < pkt->nr_slots; i++) {
		const struct xnet_tx_slot *slot = &pkt->slot[i];

		n = min_t(unsigned int, slot->size, left);
		xnb_tx_stage_copy(queue, slot, to, n);
		to += n;
		left -= n;

		/* An empty slot is granted nothing: it may have no page (XSA-448). */
		if (n < slot->size)
			xnb_tx_stage_map(queue, slot, skb, n);
		else
			tx->answer[tx->nr_answers++] = slot->id;
	}
	xnb_tx_respond_extras(queue, pkt);

	trace_xnb_tx_request(queue, pkt->nr_slots, pkt->size);

	packet = &tx->packets[tx->nr_packets++];
	packet->skb = skb;
	packet->copies = tx->nr_copies;
	packet->maps = tx->nr_maps;
	packet->answers = tx->nr_answers;
	packet->flags = pkt->flags;
	packet->gso_size = pkt->gso.size;
	packet->gso_type = pkt->gso.type;
	packet->hashed = pkt->extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH);
	packet->hash = pkt->hash;
}

/* Take one packet. Return: false when the ring is empty or beyond repair. */
static bool xnb_tx_take(struct xnb_queue *queue)
{
	struct xen_netif_tx_back_ring *ring = &queue->tx.ring;
	struct xnet_tx_pkt *pkt = &queue->tx.pkt;
	struct xen_netif_tx_request slot;
	enum xnet_tx_verdict verdict;
	RING_IDX prod;
	u32 available;

	prod = READ_ONCE(ring->sring->req_prod);
	if (!xnet_ring_unconsumed(prod, ring->req_cons, ring->rsp_prod_pvt,
				  RING_SIZE(ring), &available)) {
		xnb_queue_drop(queue, XNB_RX_ERR_FATAL);
		xnb_vif_fatal(queue->vif, "TX producer index makes no sense");
		return false;
	}
	if (!available)
		return false;
	virt_rmb(); /* the slots were written before the index was */

	xnet_tx_begin(pkt);
	do {
		if (xnet_tx_ring_slots(pkt) == available) {
			pkt->error = XNET_TX_FATAL_TRUNCATED;
			verdict = XNET_TX_FATAL;
			break;
		}
		RING_COPY_REQUEST(ring, ring->req_cons + xnet_tx_ring_slots(pkt),
				  &slot);
		verdict = xnet_tx_step(pkt, &slot);
	} while (verdict == XNET_TX_MORE);

	if (verdict == XNET_TX_FATAL) {
		xnb_queue_drop(queue, XNB_RX_ERR_FATAL);
		xnb_vif_fatal(queue->vif, xnet_tx_error_str(pkt->error));
		return false;
	}

	ring->req_cons += xnet_tx_ring_slots(pkt);
	if (pkt->error)
		xnb_tx_refuse(queue, pkt, xnb_tx_error_stat(pkt->error));
	else if (pkt->extras & XNET_TX_MESSAGES)
		xnb_tx_message(queue, pkt);
	else
		xnb_tx_stage(queue, pkt);

	return true;
}

/**
 * enum xnb_tx_outlook - why no more packets were taken
 * @XNB_TX_EMPTY: the ring is empty
 * @XNB_TX_BLOCKED: more than half of the pool is in the stack's hands; its
 *	releases schedule the action
 * @XNB_TX_NO_CREDIT: the guest has sent what it may for now; the credit's timer
 *	schedules the action. The port stays masked until then.
 * @XNB_TX_MORE: the run has done its share
 */
enum xnb_tx_outlook {
	XNB_TX_EMPTY,
	XNB_TX_BLOCKED,
	XNB_TX_NO_CREDIT,
	XNB_TX_MORE,
};

/*
 * Back-pressure: with more than half of the pool in the stack's hands, new work
 * waits until some of it has come back.
 */
static bool xnb_tx_blocked(const struct xnb_queue *queue)
{
	BUILD_BUG_ON(XNB_POOL_SIZE / 2 < XNET_TX_SLOTS_MAX);

	return xnb_pool_in_use(queue->pool) > XNB_POOL_SIZE / 2;
}

static enum xnb_tx_outlook xnb_tx_take_batch(struct xnb_queue *queue)
{
	bool limited = READ_ONCE(queue->vif->credit.limited);
	struct xnb_tx *tx = &queue->tx;
	int budget;

	if (queue->pool->nr_retired > XNB_POOL_RETIRED_MAX) {
		xnb_vif_fatal(queue->vif, "too many pages that cannot be unmapped");
		return XNB_TX_EMPTY;
	}

	for (budget = XNB_TX_BATCH; budget; budget--) {
		if (xnb_tx_blocked(queue))
			return XNB_TX_BLOCKED;
		if (tx->nr_copies + XNB_TX_COPIES_PER_PACKET > XNB_TX_COPIES)
			return XNB_TX_MORE;
		if (unlikely(limited) && !xnb_credit_ask(queue))
			return XNB_TX_NO_CREDIT;
		if (!xnb_tx_take(queue))
			return XNB_TX_EMPTY;
		if (unlikely(limited) && !tx->pkt.error)
			xnb_credit_charge(&queue->credit, tx->pkt.size);
		tx->event->worked = true;
	}

	return XNB_TX_MORE;
}

/*
 * Go through a packet's maps after the hypercall. Return: the first mapping of
 * the chain of those that succeeded, or NULL; @ok is cleared when one failed.
 */
static struct xnb_mapping *xnb_tx_check_maps(struct xnb_queue *queue, int rc,
					     unsigned int from, unsigned int to,
					     bool *ok)
{
	struct xnb_tx *tx = &queue->tx;
	struct xnb_mapping *first = NULL;
	unsigned int i, mapped = 0;

	for (i = from; i < to; i++) {
		struct xnb_mapping *mapping = tx->mapping[i];

		if (tx->map[i].status != GNTST_okay) {
			*ok = false;
			xnb_tx_respond(queue, mapping->id, XEN_NETIF_RSP_ERROR);
			xnb_pool_put(mapping);
			continue;
		}

		if (rc)
			*ok = false;
		mapping->handle = tx->map[i].handle;
		if (!first)
			first = mapping;
		xnb_pool_chain(first, mapping);
		mapped++;
	}
	if (mapped)
		xnb_work_add(&tx->traffic, XNB_WORK_MAPS, mapped);

	return first;
}

static void xnb_tx_undo_maps(struct xnb_mapping *first)
{
	struct xnb_mapping *mapping;

	llist_for_each_entry(mapping, &first->node, node)
		mapping->status = XEN_NETIF_RSP_ERROR;

	/* The way back is the same as for pages that the stack has used. */
	xnb_pool_release(first);
}

static void xnb_tx_attach_maps(struct sk_buff *skb, struct xnb_mapping *first)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i;

	/*
	 * The stack drops a reference to each fragment, after it has reported
	 * the packet's release. The pool's own reference stays throughout.
	 */
	for (i = 0; i < shinfo->nr_frags; i++) {
		get_page(skb_frag_page(&shinfo->frags[i]));
		skb->data_len += skb_frag_size(&shinfo->frags[i]);
	}
	skb->len += skb->data_len;
	skb->truesize += skb->data_len;

	xnb_pool_attach(skb, first);
}

/* Return: whether the packet is whole; if not, its skb is gone. */
static bool xnb_tx_complete(struct xnb_queue *queue, unsigned int n, int rc)
{
	static const struct xnb_tx_packet none;
	struct xnb_tx *tx = &queue->tx;
	const struct xnb_tx_packet *packet = &tx->packets[n];
	const struct xnb_tx_packet *before = n ? packet - 1 : &none;
	struct sk_buff *skb = packet->skb;
	struct xnb_mapping *first;
	bool ok = true;
	unsigned int i;

	for (i = before->copies; i < packet->copies; i++)
		if (tx->copy[i].status != GNTST_okay)
			ok = false;

	first = xnb_tx_check_maps(queue, rc, before->maps, packet->maps, &ok);

	for (i = before->answers; i < packet->answers; i++)
		xnb_tx_respond(queue, tx->answer[i],
			       ok ? XEN_NETIF_RSP_OKAY : XEN_NETIF_RSP_ERROR);

	if (!ok) {
		/* The fragments hold no references yet. */
		skb_shinfo(skb)->nr_frags = 0;
		kfree_skb(skb);
		if (first)
			xnb_tx_undo_maps(first);
		xnb_queue_drop(queue, XNB_RX_ERR_GRANT);
		return false;
	}

	if (first)
		xnb_tx_attach_maps(skb, first);

	return true;
}

/* Hand a whole packet to the stack's list, unless it is not what it says. */
static void xnb_tx_hand_over(struct xnb_queue *queue,
			     const struct xnb_tx_packet *packet,
			     struct list_head *list)
{
	struct net_device *dev = queue->vif->dev;
	struct sk_buff *skb = packet->skb;
	unsigned int bytes = skb->len;
	enum xnb_stat reason;

	skb->protocol = eth_type_trans(skb, dev);
	skb_reset_network_header(skb);

	if (xnb_offload_set(skb, packet, &queue->counters, &reason)) {
		xnb_queue_drop(queue, reason);
		kfree_skb(skb);
		return;
	}

	if (unlikely(packet->hashed))
		xnb_hash_accept(skb, &packet->hash, &queue->counters);
	skb_record_rx_queue(skb, queue->id);
	trace_xnb_tx_hand_over(queue, skb);
	xnb_traffic_add(&queue->tx.traffic, 1, bytes);
	list_add_tail(&skb->list, list);
}

static void xnb_tx_submit(struct xnb_queue *queue)
{
	struct xnb_tx *tx = &queue->tx;
	LIST_HEAD(list);
	unsigned int i;
	int rc = 0;

	/* What was drained, or refused, is answered in any case. */
	if (!tx->nr_packets) {
		xnb_tx_push(queue);
		return;
	}

	xnb_grant_copy(tx->copy, tx->nr_copies, &tx->traffic);
	if (tx->nr_maps) {
		rc = gnttab_map_refs(tx->map, NULL, tx->map_pages, tx->nr_maps);
		xnb_work_add(&tx->traffic, XNB_WORK_HYPERCALLS, 1);
	}
	xnb_work_add(&tx->traffic, XNB_WORK_BATCHES, 1);

	for (i = 0; i < tx->nr_packets; i++)
		if (xnb_tx_complete(queue, i, rc))
			xnb_tx_hand_over(queue, &tx->packets[i], &list);

	tx->nr_packets = 0;
	tx->nr_copies = 0;
	tx->nr_maps = 0;
	tx->nr_answers = 0;

	/*
	 * Answer before the stack runs: the guest can refill while it does, and
	 * the slots that were copied are done with.
	 */
	xnb_tx_push(queue);
	netif_receive_skb_list(&list);
}

/**
 * xnb_tx_action() - carry the guest's packets, for a while
 * @queue: the queue
 *
 * Context: the queue's action; bottom halves are disabled.
 *
 * Return: true when there is more to do at once.
 */
bool xnb_tx_action(struct xnb_queue *queue)
{
	struct xnb_vif *vif = queue->vif;
	enum xnb_tx_outlook outlook;
	int more;

	xnb_pool_drain(queue->pool, queue);

	if (!xnb_queue_serves(queue)) {
		xnb_tx_push(queue);
		if (queue->credit.member.active)
			xnb_credit_rest(queue);
		return false;
	}

	outlook = xnb_tx_take_batch(queue);
	xnb_tx_submit(queue);

	if (outlook == XNB_TX_MORE)
		return true;
	if (outlook == XNB_TX_NO_CREDIT)
		return false;
	/* What is not used here and now is for the other queues. */
	if (unlikely(queue->credit.member.active))
		xnb_credit_rest(queue);
	/* Maps that failed are back already, and no release will follow. */
	if (outlook == XNB_TX_BLOCKED)
		return !xnb_tx_blocked(queue);
	/* A broken vif's port stays masked: nothing it sends matters now. */
	if (test_bit(XNB_VIF_BROKEN, &vif->flags))
		return false;

	RING_FINAL_CHECK_FOR_REQUESTS(&queue->tx.ring, more);
	if (more)
		return true;

	xnb_event_done(queue->tx.event, XNB_HALF_TX);
	return false;
}
