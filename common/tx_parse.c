// SPDX-License-Identifier: GPL-2.0
/* Parser for the packets of a netif TX ring; see tx_parse.h. */

#include "tx_parse.h"

enum {
	EXPECT_FIRST,
	EXPECT_EXTRA,
	EXPECT_DATA,
};

static enum xnet_tx_verdict fatal(struct xnet_tx_pkt *pkt, enum xnet_tx_error error)
{
	pkt->error = error;
	return XNET_TX_FATAL;
}

/* The first error of a packet is the one that is reported. */
static void refuse(struct xnet_tx_pkt *pkt, enum xnet_tx_error error)
{
	if (!pkt->error)
		pkt->error = error;
}

/* All slots are in: what the later ones did not claim is the first one's. */
static enum xnet_tx_verdict finish(struct xnet_tx_pkt *pkt)
{
	if (pkt->error)
		return XNET_TX_DONE;

	pkt->slot[0].size = pkt->left;
	if ((u32)pkt->slot[0].offset + pkt->left > XEN_PAGE_SIZE)
		return fatal(pkt, XNET_TX_FATAL_CROSSES_PAGE);

	return XNET_TX_DONE;
}

static enum xnet_tx_verdict after_extras(struct xnet_tx_pkt *pkt)
{
	if (pkt->extras & XNET_TX_MESSAGES) {
		/* A message has no data, whatever its size field says. */
		pkt->size = 0;
		pkt->left = 0;
		pkt->error = XNET_TX_OK;
		return XNET_TX_DONE;
	}

	if (pkt->flags & XEN_NETTXF_more_data) {
		pkt->expect = EXPECT_DATA;
		return XNET_TX_MORE;
	}

	return finish(pkt);
}

static enum xnet_tx_verdict step_first(struct xnet_tx_pkt *pkt,
				       const struct xen_netif_tx_request *req)
{
	pkt->slot[0].gref = req->gref;
	pkt->slot[0].offset = req->offset;
	pkt->slot[0].id = req->id;
	pkt->nr_slots = 1;
	pkt->flags = req->flags;
	pkt->size = req->size;
	pkt->left = req->size;

	if (req->size < ETH_HLEN)
		refuse(pkt, XNET_TX_ERR_SHORT);

	if (req->flags & XEN_NETTXF_extra_info) {
		pkt->expect = EXPECT_EXTRA;
		return XNET_TX_MORE;
	}

	return after_extras(pkt);
}

static enum xnet_tx_verdict step_extra(struct xnet_tx_pkt *pkt,
				       const struct xen_netif_tx_request *req)
{
	struct xen_netif_extra_info extra;

	/* An extra-info slot lies over the request's bytes. */
	memcpy(&extra, req, sizeof(extra));
	pkt->nr_extras++;

	if (extra.type >= 16 || !(XNET_TX_EXTRAS & XNET_EXTRA(extra.type)))
		return fatal(pkt, XNET_TX_FATAL_EXTRA_TYPE);

	/* Also what bounds the number of extras: there are that many types. */
	if (pkt->extras & XNET_EXTRA(extra.type))
		return fatal(pkt, XNET_TX_FATAL_EXTRA_TWICE);
	pkt->extras |= XNET_EXTRA(extra.type);

	switch (extra.type) {
	case XEN_NETIF_EXTRA_TYPE_GSO:
		pkt->gso.size = extra.u.gso.size;
		pkt->gso.type = extra.u.gso.type;
		if (!xnet_gso_valid(pkt->gso.type, pkt->gso.size))
			refuse(pkt, XNET_TX_ERR_GSO);
		break;
	case XEN_NETIF_EXTRA_TYPE_HASH:
		pkt->hash.type = extra.u.hash.type;
		pkt->hash.algorithm = extra.u.hash.algorithm;
		memcpy(pkt->hash.value, extra.u.hash.value, sizeof(pkt->hash.value));
		break;
	default: /* the two multicast messages */
		memcpy(pkt->mcast, extra.u.mcast.addr, sizeof(pkt->mcast));
		break;
	}

	if (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE)
		return XNET_TX_MORE;

	return after_extras(pkt);
}

static enum xnet_tx_verdict step_data(struct xnet_tx_pkt *pkt,
				      const struct xen_netif_tx_request *req)
{
	struct xnet_tx_slot *slot;

	if (pkt->nr_slots == XNET_TX_SLOTS_FATAL)
		return fatal(pkt, XNET_TX_FATAL_SLOTS);
	if (pkt->nr_slots >= XNET_TX_SLOTS_MAX)
		refuse(pkt, XNET_TX_ERR_SLOTS);

	slot = &pkt->slot[pkt->nr_slots++];
	slot->gref = req->gref;
	slot->offset = req->offset;
	slot->size = req->size;
	slot->id = req->id;

	/*
	 * A size that does not fit happens with packets that wrapped around
	 * 64 KiB in old frontends: refuse the packet, keep the vif.
	 */
	if (req->size > pkt->left) {
		refuse(pkt, XNET_TX_ERR_SIZE);
		pkt->left = 0;
	} else {
		pkt->left -= req->size;
	}

	if ((u32)req->offset + req->size > XEN_PAGE_SIZE)
		return fatal(pkt, XNET_TX_FATAL_CROSSES_PAGE);

	if (req->flags & XEN_NETTXF_more_data)
		return XNET_TX_MORE;

	return finish(pkt);
}

/**
 * xnet_tx_begin() - make ready for the first slot of a packet
 * @pkt: the packet; all of it is overwritten, nothing of the last one survives
 *
 * Pure, any context.
 */
void xnet_tx_begin(struct xnet_tx_pkt *pkt)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->expect = EXPECT_FIRST;
}

/**
 * xnet_tx_step() - take in the next slot of a packet
 * @pkt: the packet, begun by xnet_tx_begin()
 * @slot: private copy of the ring slot; extra info lies over its first bytes
 *
 * Rules: netif.h, "TX request" and "Extra info"; XSA-155 (private copy),
 * XSA-432 and XSA-448 (bounds on slots, empty slots). Pure, any context.
 *
 * Return: XNET_TX_MORE until the packet is complete or beyond repair.
 */
enum xnet_tx_verdict xnet_tx_step(struct xnet_tx_pkt *pkt,
				  const struct xen_netif_tx_request *slot)
{
	switch (pkt->expect) {
	case EXPECT_FIRST:
		return step_first(pkt, slot);
	case EXPECT_EXTRA:
		return step_extra(pkt, slot);
	default:
		return step_data(pkt, slot);
	}
}

/**
 * xnet_tx_linear_len() - how much of a packet goes to the skb's linear area
 * @pkt: a complete packet without error
 * @header_len: bytes that must be linear whatever the slots' layout (XSA-423)
 * @copy_max: a packet of up to this many bytes is linear as a whole
 * @max_frags: page fragments that the skb can hold
 *
 * What is not linear becomes one fragment per slot. When those are too many
 * for the skb, slots from the front join the linear area. Pure, any context.
 *
 * Return: bytes, at most &xnet_tx_pkt.size.
 */
unsigned int xnet_tx_linear_len(const struct xnet_tx_pkt *pkt,
				unsigned int header_len,
				unsigned int copy_max,
				unsigned int max_frags)
{
	unsigned int linear, end = pkt->size, frags = 0;
	int i;

	if (pkt->size <= copy_max || pkt->size <= header_len)
		return pkt->size;

	/* From the back: the first byte that max_frags slots can still cover. */
	for (i = pkt->nr_slots - 1; i >= 0; i--) {
		if (!pkt->slot[i].size)
			continue;
		if (frags++ == max_frags)
			break;
		end -= pkt->slot[i].size;
	}

	linear = end > header_len ? end : header_len;
	return linear;
}

/**
 * xnet_tx_error_str() - an error in words for a log line or an error node
 * @error: what the parser found
 *
 * Pure, any context.
 *
 * Return: a constant string.
 */
const char *xnet_tx_error_str(enum xnet_tx_error error)
{
	switch (error) {
	case XNET_TX_OK:
		return "no error";
	case XNET_TX_ERR_SHORT:
		return "packet shorter than an Ethernet header";
	case XNET_TX_ERR_SLOTS:
		return "too many slots in one packet";
	case XNET_TX_ERR_SIZE:
		return "slots hold more than the packet's size";
	case XNET_TX_ERR_GSO:
		return "bad GSO size or type";
	case XNET_TX_FATAL_CROSSES_PAGE:
		return "slot crosses its page";
	case XNET_TX_FATAL_SLOTS:
		return "packet without end";
	case XNET_TX_FATAL_EXTRA_TYPE:
		return "unknown type of extra info";
	case XNET_TX_FATAL_EXTRA_TWICE:
		return "same extra info twice";
	case XNET_TX_FATAL_TRUNCATED:
		return "packet continues beyond the ring's producer";
	}

	return "unknown error";
}
