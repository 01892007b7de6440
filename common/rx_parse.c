// SPDX-License-Identifier: GPL-2.0
/* Parser for the packets of a netif RX ring; see rx_parse.h. */

#include "rx_parse.h"

enum {
	EXPECT_FIRST,
	EXPECT_EXTRA,
	EXPECT_DATA,
};

/* The first error of a packet is the one that is reported. */
static void refuse(struct xnet_rx_pkt *pkt, enum xnet_rx_error error)
{
	if (!pkt->error)
		pkt->error = error;
}

/* All slots are in. */
static enum xnet_rx_verdict finish(struct xnet_rx_pkt *pkt)
{
	if (pkt->size < ETH_HLEN)
		refuse(pkt, XNET_RX_ERR_SHORT);
	else if (pkt->size > XNET_RX_SIZE_MAX)
		refuse(pkt, XNET_RX_ERR_SIZE);

	return XNET_RX_DONE;
}

static enum xnet_rx_verdict after_extras(struct xnet_rx_pkt *pkt)
{
	if (pkt->data_follows) {
		pkt->expect = EXPECT_DATA;
		return XNET_RX_MORE;
	}

	return finish(pkt);
}

/*
 * Room for XDP in front of a packet. netif.h says how many bytes, not where they
 * are: backends of ours have them in the first slot and tell the offset of its
 * data. Linux' have them in every slot, leave the offset 0, and count them in.
 */
static void strip_headroom(struct xnet_rx_pkt *pkt, struct xnet_rx_slot *slot)
{
	if (slot->offset)
		return;
	if (slot->size < pkt->headroom) {
		refuse(pkt, XNET_RX_ERR_HEADROOM);
		return;
	}

	slot->offset = pkt->headroom;
	slot->size -= pkt->headroom;
	pkt->size -= pkt->headroom;
}

/* Add what a slot holds. Its status is the size of the data, or an error. */
static void take_data(struct xnet_rx_pkt *pkt,
		      const struct xen_netif_rx_response *rsp)
{
	struct xnet_rx_slot *slot;

	if (rsp->status < 0) {
		refuse(pkt, XNET_RX_ERR_STATUS);
		return;
	}
	if ((u32)rsp->offset + (u32)rsp->status > XEN_PAGE_SIZE) {
		refuse(pkt, XNET_RX_ERR_CROSSES_PAGE);
		return;
	}
	if (pkt->nr_slots == XNET_RX_SLOTS_MAX) {
		refuse(pkt, XNET_RX_ERR_SLOTS);
		return;
	}

	slot = &pkt->slot[pkt->nr_slots++];
	slot->offset = rsp->offset;
	slot->size = rsp->status;
	pkt->size += slot->size;
	strip_headroom(pkt, slot);
}

static enum xnet_rx_verdict step_first(struct xnet_rx_pkt *pkt,
				       const struct xen_netif_rx_response *rsp)
{
	pkt->flags = rsp->flags;
	pkt->data_follows = rsp->flags & XEN_NETRXF_more_data;
	take_data(pkt, rsp);

	if (rsp->flags & XEN_NETRXF_extra_info) {
		pkt->expect = EXPECT_EXTRA;
		return XNET_RX_MORE;
	}

	return after_extras(pkt);
}

/* Keep what an extra says. What is agreed upon is one of XNET_RX_EXTRAS. */
static void take_extra(struct xnet_rx_pkt *pkt, const struct xen_netif_extra_info *extra)
{
	if (extra->type == XEN_NETIF_EXTRA_TYPE_HASH) {
		pkt->hash.type = extra->u.hash.type;
		pkt->hash.algorithm = extra->u.hash.algorithm;
		memcpy(pkt->hash.value, extra->u.hash.value, sizeof(pkt->hash.value));
		return;
	}

	if (extra->type == XEN_NETIF_EXTRA_TYPE_XDP) {
		/*
		 * The first slot is in already, unless it was refused. A backend that
		 * says where its data is has room in no other slot.
		 */
		if (pkt->nr_slots && !pkt->slot[0].offset) {
			pkt->headroom = xnet_xdp_headroom(extra);
			strip_headroom(pkt, &pkt->slot[0]);
		}
		return;
	}

	pkt->gso.size = extra->u.gso.size;
	pkt->gso.type = extra->u.gso.type;
	if (!xnet_gso_valid(pkt->gso.type, pkt->gso.size))
		refuse(pkt, XNET_RX_ERR_GSO);
}

static enum xnet_rx_verdict step_extra(struct xnet_rx_pkt *pkt,
				       const struct xen_netif_rx_response *rsp)
{
	struct xen_netif_extra_info extra;

	/* An extra-info slot lies over the response's bytes. */
	memcpy(&extra, rsp, sizeof(extra));

	if (extra.type >= 16 || !(pkt->agreed & XNET_EXTRA(extra.type))) {
		refuse(pkt, XNET_RX_ERR_EXTRA_TYPE);
	} else if (pkt->extras & XNET_EXTRA(extra.type)) {
		refuse(pkt, XNET_RX_ERR_EXTRA_TWICE);
	} else {
		pkt->extras |= XNET_EXTRA(extra.type);
		take_extra(pkt, &extra);
	}

	if (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE)
		return XNET_RX_MORE;

	return after_extras(pkt);
}

static enum xnet_rx_verdict step_data(struct xnet_rx_pkt *pkt,
				      const struct xen_netif_rx_response *rsp)
{
	take_data(pkt, rsp);

	if (rsp->flags & XEN_NETRXF_more_data)
		return XNET_RX_MORE;

	return finish(pkt);
}

/**
 * xnet_rx_begin() - make ready for the first slot of a packet
 * @pkt: the packet; all of it is overwritten, nothing of the last one survives
 * @agreed: set of XNET_EXTRA() bits, the types of extra info that the backend may
 *	attach; others than XNET_RX_EXTRAS are not known here
 *
 * Pure, any context.
 */
void xnet_rx_begin(struct xnet_rx_pkt *pkt, u16 agreed)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->agreed = agreed & XNET_RX_EXTRAS;
	pkt->expect = EXPECT_FIRST;
}

/**
 * xnet_rx_step() - take in the next slot of a packet
 * @pkt: the packet, begun by xnet_rx_begin()
 * @slot: private copy of the response; extra info lies over its bytes
 *
 * Rules: netif.h, "RX response" and "Extra info"; XSA-155 (private copy). The
 * id of the response is not looked at: extra info has none. Pure, any context.
 *
 * Return: XNET_RX_MORE until the packet is complete.
 */
enum xnet_rx_verdict xnet_rx_step(struct xnet_rx_pkt *pkt,
				  const struct xen_netif_rx_response *slot)
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
 * xnet_rx_end() - the ring has no further slot, although XNET_RX_MORE was said
 * @pkt: the packet, which is complete now and in error
 *
 * A backend publishes whole packets, so what it left out it will not bring
 * later. Pure, any context.
 */
void xnet_rx_end(struct xnet_rx_pkt *pkt)
{
	refuse(pkt, pkt->expect == EXPECT_EXTRA ? XNET_RX_ERR_EXTRA_MISSING :
						  XNET_RX_ERR_TRUNCATED);
}
