// SPDX-License-Identifier: GPL-2.0
/* Backend to guest; see rx.h. */

#include <linux/etherdevice.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "queue.h"
#include "rx.h"

/*
 * Packets up to this size are copied and their pages reused at once. Of larger
 * ones the headers are copied, which are looked for in this many bytes.
 */
#define COPY_MAX	256

/* ---- from a parsed packet to an skb -------------------------------------- */

static void put_pages(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	unsigned int i;

	for (i = 0; i < rx->pkt.nr_slots; i++)
		xnf_buffers_put(queue, rx->page[i]);
}

/*
 * Bytes for the linear area: the headers, or the whole of a small packet. A
 * backend can split a packet wherever it likes; unless the headers are known to
 * be in the first slot, enough for any headers is taken from as many slots as
 * that needs. And slots that the skb has no fragments for have to go there too.
 */
static unsigned int linear_len(struct xnf_queue *queue)
{
	const struct xnet_rx_pkt *pkt = &queue->rx.pkt;
	const struct xnet_rx_slot *first = &pkt->slot[0];
	unsigned int i, len, surplus = 0;

	if (pkt->size <= COPY_MAX)
		return pkt->size;

	len = COPY_MAX;
	if (first->size >= COPY_MAX)
		len = eth_get_headlen(queue->xnf->netdev,
				      page_address(queue->rx.page[0]) + first->offset, len);

	for (i = MAX_SKB_FRAGS; i < pkt->nr_slots; i++)
		surplus += pkt->slot[i - MAX_SKB_FRAGS].size;

	return max3(len, surplus, (unsigned int)ETH_HLEN);
}

/*
 * Make an skb of the packet's data. Its pages belong to the skb then, or have
 * been given back.
 */
static struct sk_buff *build_skb_of(struct xnf_queue *queue)
{
	unsigned int i, left = linear_len(queue);
	struct xnf_rx *rx = &queue->rx;
	struct sk_buff *skb;

	if (xnf_inject_alloc(&queue->xnf->inject))
		return NULL;
	skb = napi_alloc_skb(&queue->napi, max_t(unsigned int, left, COPY_MAX) + rx->xdp.meta);
	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	if (rx->xdp.meta) {
		skb_reserve(skb, rx->xdp.meta);
		memcpy(skb->data - rx->xdp.meta, page_address(rx->page[0]) +
		       rx->pkt.slot[0].offset - rx->xdp.meta, rx->xdp.meta);
		skb_metadata_set(skb, rx->xdp.meta);
	}

	for (i = 0; i < rx->pkt.nr_slots; i++) {
		unsigned int offset = rx->pkt.slot[i].offset;
		unsigned int size = rx->pkt.slot[i].size;
		unsigned int copy = min(left, size);

		/* Not even nothing may be put behind the first fragment. */
		if (copy)
			skb_put_data(skb, page_address(rx->page[i]) + offset, copy);
		left -= copy;

		/* An empty fragment would be a trap for the stack (XSA-448). */
		if (copy == size)
			xnf_buffers_put(queue, rx->page[i]);
		else
			skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, rx->page[i],
					offset + copy, size - copy, PAGE_SIZE);
	}

	return skb;
}

/*
 * Tell the stack what the backend said about checksum and segmentation, as far
 * as the headers bear it out. The skb is at its network header.
 */
static bool set_offloads(struct xnf_queue *queue, struct sk_buff *skb)
{
	const struct xnet_rx_pkt *pkt = &queue->rx.pkt;
	bool gso = pkt->extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO);
	bool tcpv6 = pkt->gso.type == XEN_NETIF_GSO_TYPE_TCPV6;
	bool recalculate = false;

	if (pkt->flags & XEN_NETRXF_csum_blank)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (pkt->flags & XEN_NETRXF_data_validated)
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	/* There are backends that send segments to be made with a checksum. */
	if (gso && skb->ip_summed != CHECKSUM_PARTIAL) {
		xnf_count(queue->stats, XNF_RX_GSO_CHECKSUM_FIXUP);
		skb->ip_summed = CHECKSUM_PARTIAL;
		recalculate = true;
	}

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_setup(skb, recalculate)) {
		xnf_count(queue->stats, XNF_RX_ERR_CSUM);
		return false;
	}

	if (!gso)
		return true;
	if (skb->protocol != (tcpv6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP)) ||
	    skb->csum_offset != offsetof(struct tcphdr, check)) {
		xnf_count(queue->stats, XNF_RX_ERR_GSO);
		return false;
	}

	/* Whatever else is wrong, the stack finds out because of DODGY. */
	skb_shinfo(skb)->gso_size = pkt->gso.size;
	skb_shinfo(skb)->gso_type = (tcpv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4) | SKB_GSO_DODGY;

	return true;
}

static void deliver(struct xnf_queue *queue, struct bpf_prog *prog)
{
	struct net_device *netdev = queue->xnf->netdev;
	struct sk_buff *skb;
	unsigned int len;

	if (unlikely(!netif_running(netdev))) {
		xnf_count(queue->stats, XNF_RX_DROP_DOWN);
		put_pages(queue);
		return;
	}

	queue->rx.xdp.meta = 0;
	if (prog) {
		enum xnf_xdp_fate fate = xnf_xdp_run(queue, prog);

		if (fate == XNF_XDP_FREE)
			put_pages(queue);
		if (fate != XNF_XDP_PASS)
			return;
	}

	skb = build_skb_of(queue);
	if (unlikely(!skb)) {
		xnf_count(queue->stats, XNF_RX_DROP_NOMEM);
		put_pages(queue);
		return;
	}

	len = skb->len;
	skb->protocol = eth_type_trans(skb, netdev);
	skb_reset_network_header(skb);
	if (unlikely(!set_offloads(queue, skb))) {
		kfree_skb(skb);
		return;
	}
	if (queue->rx.pkt.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH))
		xnf_rss_accept(queue->xnf, &queue->rx.pkt.hash, skb, queue->stats);

	xnf_traffic_add(&queue->stats->rx, 1, len);
	skb_record_rx_queue(skb, queue->id);
	napi_gro_receive(&queue->napi, skb);
}

/* ---- from the ring to a parsed packet ------------------------------------ */

/*
 * Read one packet from ring index @cons on; there is at least one response.
 * All pages of it are back in our hands before anybody looks into one.
 *
 * Return: the index behind the packet.
 */
static RING_IDX read_packet(struct xnf_queue *queue, RING_IDX cons, RING_IDX prod)
{
	/*
	 * In-tree netbacks go on with the hashes that an earlier connection has asked for, also
	 * when this one has no ring to ask for anything.
	 */
	u16 agreed = XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO) | XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH);
	enum xnet_rx_verdict verdict = XNET_RX_MORE;
	struct xen_netif_rx_response rsp;
	struct xnf_rx *rx = &queue->rx;
	unsigned int index;
	struct page *page;

	if (READ_ONCE(queue->xnf->xdp.extra))
		agreed |= XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_XDP);

	xnet_rx_begin(&rx->pkt, agreed);
	while (verdict == XNET_RX_MORE) {
		unsigned int nr_slots = rx->pkt.nr_slots;

		if (cons == prod) {
			xnet_rx_end(&rx->pkt);
			break;
		}

		RING_COPY_RESPONSE(&rx->ring, cons, &rsp);
		index = cons++ & (XNF_RX_RING_SIZE - 1);
		page = xnf_buffers_take(queue, index);
		if (unlikely(!page))
			break;

		verdict = xnet_rx_step(&rx->pkt, &rsp);
		if (rx->pkt.nr_slots == nr_slots) {
			/* Extra info, or a slot of a packet that is refused. */
			xnf_buffers_put(queue, page);
			continue;
		}
		rx->page[nr_slots] = page;

		/* The place on the ring decides; the id is for the curious. */
		if (unlikely(rsp.id != index))
			xnf_count(queue->stats, XNF_RX_ID_MISMATCH);
	}

	return cons;
}

/**
 * xnf_rx_poll() - take in the packets that are there
 * @queue: the queue, not broken
 * @budget: how many at most
 *
 * Context: the queue's NAPI poll.
 *
 * Return: how many there were, delivered or not; at most @budget. A broken queue
 * ends the poll early.
 */
int xnf_rx_poll(struct xnf_queue *queue, int budget)
{
	struct bpf_prog *prog = rcu_dereference_bh(queue->xnf->xdp.prog);
	struct xnf_rx *rx = &queue->rx;
	RING_IDX prod, cons;
	int work = 0;

	cons = rx->ring.rsp_cons;
	prod = READ_ONCE(rx->ring.sring->rsp_prod);
	virt_rmb(); /* responses after the producer index */
	if (prod - cons > rx->ring.req_prod_pvt - cons) {
		xnf_queue_break(queue, XNF_BROKEN_RX_PROD);
		return 0;
	}

	while (cons != prod && work < budget) {
		work++;
		cons = read_packet(queue, cons, prod);

		if (unlikely(READ_ONCE(queue->broken))) {
			xnf_count(queue->stats, XNF_RX_ERR_BROKEN);
			put_pages(queue);
			break;
		}
		if (unlikely(rx->pkt.error)) {
			xnf_count(queue->stats, xnf_stat_of_rx_error(rx->pkt.error));
			put_pages(queue);
			continue;
		}
		deliver(queue, prog);
	}
	rx->ring.rsp_cons = cons;
	xnf_xdp_flush(queue);

	return work;
}

/**
 * xnf_rx_rearm() - ask for an event with the next response, or one soon after it
 * @queue: the queue, not broken
 *
 * Never with one that the backend may have too few buffers for.
 *
 * Context: the queue's NAPI poll.
 *
 * Return: whether that response is there already, for which no event may come.
 */
bool xnf_rx_rearm(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	RING_IDX cons = rx->ring.rsp_cons;
	unsigned int n;

	n = xnf_moderator_ahead(&queue->rx_moderator, &queue->xnf->rx_moderation, cons,
				(rx->ring.req_prod_pvt - cons) / 2);
	if (!n)
		return false;

	WRITE_ONCE(rx->ring.sring->rsp_event, cons + n);
	virt_mb(); /* either the backend sees this, or we see its response */

	return READ_ONCE(rx->ring.sring->rsp_prod) - cons >= n;
}

/* ---- life ---------------------------------------------------------------- */

/**
 * xnf_rx_create() - get the memory and the grant references of the RX half
 * @queue: the queue, zeroed but for its NAPI, which is added
 *
 * Context: may sleep.
 *
 * Return: 0 or a negative errno; xnf_rx_destroy() cleans up in both cases.
 */
int xnf_rx_create(struct xnf_queue *queue)
{
	queue->rx.ring_ref = INVALID_GRANT_REF;

	return xnf_buffers_create(queue);
}

/**
 * xnf_rx_share() - make the ring and grant it to the backend
 * @queue: the queue, after xnf_rx_create()
 *
 * Context: may sleep. The device's lock is held.
 *
 * Return: 0 or a negative errno, which has been reported.
 */
int xnf_rx_share(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	void *page;
	int err;

	err = xnf_queue_share_ring(queue, &page, &rx->ring_ref);
	if (err)
		return err;
	XEN_FRONT_RING_INIT(&rx->ring, (struct xen_netif_rx_sring *)page, XEN_PAGE_SIZE);

	return 0;
}

/**
 * xnf_rx_destroy() - give back whatever the RX half has
 * @queue: the queue, after xnf_rx_create(), failed or not; its NAPI is disabled
 *	and still added
 *
 * Context: may sleep.
 */
void xnf_rx_destroy(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	void *page = rx->ring.sring;

	if (page)
		xnf_queue_unshare_ring(queue, page, &rx->ring_ref);
	rx->ring.sring = NULL;

	xnf_buffers_destroy(queue);
}
