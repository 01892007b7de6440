/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parser for the packets of a netif TX ring, as the backend reads it.
 *
 * The caller copies one ring slot at a time to private memory and feeds it to
 * xnet_tx_step(), which looks at nothing else: no decision is ever taken on
 * memory that the frontend can still write. There is no loop in the parser, so
 * its work per slot is constant and its invariants can be proved per step.
 */
#ifndef XNET_TX_PARSE_H
#define XNET_TX_PARSE_H

#include "wire.h"

/*
 * netif.h obliges a backend to accept packets of XEN_NETIF_NR_SLOTS_MIN slots.
 * Frontends exist that count their first slot extra, so that many may follow
 * the first one.
 */
#define XNET_TX_SLOTS_MAX	(XEN_NETIF_NR_SLOTS_MIN + 1)

/*
 * A packet of a few slots more is refused and answered; guests did that by
 * mistake. Beyond this many the frontend is out of its mind.
 */
#define XNET_TX_SLOTS_FATAL	(XNET_TX_SLOTS_MAX + 3)

/* Types of extra info that a frontend may attach to a packet. */
#define XNET_TX_EXTRAS	(XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO) |		\
			 XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_MCAST_ADD) |	\
			 XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_MCAST_DEL) |	\
			 XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH))

/* Those that make it a message to the backend instead of a packet. */
#define XNET_TX_MESSAGES (XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_MCAST_ADD) | \
			  XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_MCAST_DEL))

/**
 * enum xnet_tx_verdict - what xnet_tx_step() wants next
 * @XNET_TX_MORE: the packet goes on in the next slot of the ring
 * @XNET_TX_DONE: the packet is complete; look at &xnet_tx_pkt.error
 * @XNET_TX_FATAL: the ring makes no sense any more; stop the vif
 */
enum xnet_tx_verdict {
	XNET_TX_MORE,
	XNET_TX_DONE,
	XNET_TX_FATAL,
};

/**
 * enum xnet_tx_error - what is wrong with a packet or with its ring
 * @XNET_TX_OK: nothing
 * @XNET_TX_ERR_SHORT: smaller than an Ethernet header
 * @XNET_TX_ERR_SLOTS: more than XNET_TX_SLOTS_MAX slots
 * @XNET_TX_ERR_SIZE: the later slots hold more than the first one announced
 * @XNET_TX_ERR_GSO: segment size or type that the stack cannot be given
 * @XNET_TX_FATAL_CROSSES_PAGE: a slot reaches beyond its page
 * @XNET_TX_FATAL_SLOTS: XNET_TX_SLOTS_FATAL slots and no end in sight
 * @XNET_TX_FATAL_EXTRA_TYPE: extra info of a type unknown or not for TX
 * @XNET_TX_FATAL_EXTRA_TWICE: the same type of extra info twice
 * @XNET_TX_FATAL_TRUNCATED: the packet goes on but the ring does not; set by
 *	the caller, who knows the ring
 *
 * Errors (_ERR_) cost the frontend the packet, fatal ones (_FATAL_) the vif.
 */
enum xnet_tx_error {
	XNET_TX_OK,
	XNET_TX_ERR_SHORT,
	XNET_TX_ERR_SLOTS,
	XNET_TX_ERR_SIZE,
	XNET_TX_ERR_GSO,
	XNET_TX_FATAL_CROSSES_PAGE,
	XNET_TX_FATAL_SLOTS,
	XNET_TX_FATAL_EXTRA_TYPE,
	XNET_TX_FATAL_EXTRA_TWICE,
	XNET_TX_FATAL_TRUNCATED,
};

/**
 * struct xnet_tx_slot - one data slot of a packet, private copy
 * @gref: grant of the frontend's page
 * @offset: first byte in the page; @offset + @size <= XEN_PAGE_SIZE
 * @size: bytes of the packet in this slot, may be 0
 * @id: the frontend's name for the slot, opaque, echoed in the response
 */
struct xnet_tx_slot {
	grant_ref_t gref;
	u16 offset;
	u16 size;
	u16 id;
};

/**
 * struct xnet_tx_pkt - a packet while and after it is parsed
 * @slot: its data slots in ring order; after XNET_TX_DONE without error the
 *	sizes add up to @size
 * @nr_slots: data slots seen, all of which want a response
 * @nr_extras: extra-info slots seen, all of which want an XEN_NETIF_RSP_NULL
 * @size: bytes in the whole packet as the first slot announced it; 0 for a
 *	message
 * @flags: XEN_NETTXF_* of the first slot
 * @extras: set of XNET_EXTRA() bits
 * @gso: segment size and type, valid with the bit of that extra
 * @hash: hash of the packet, as the frontend says, ditto
 * @mcast: group address of an add or delete message, ditto
 * @error: why the packet, or the ring, is no good
 * @left: bytes of @size that no slot after the first one has claimed
 * @expect: what kind of slot comes next, private to the parser
 */
struct xnet_tx_pkt {
	struct xnet_tx_slot slot[XNET_TX_SLOTS_FATAL];
	u8 nr_slots;
	u8 nr_extras;
	u16 size;
	u16 flags;
	u16 extras;
	struct {
		u16 size;
		u8 type;
	} gso;
	struct xnet_hash hash;
	u8 mcast[6];
	enum xnet_tx_error error;
	u16 left;
	u8 expect;
};

void xnet_tx_begin(struct xnet_tx_pkt *pkt);
enum xnet_tx_verdict xnet_tx_step(struct xnet_tx_pkt *pkt,
				  const struct xen_netif_tx_request *slot);
unsigned int xnet_tx_linear_len(const struct xnet_tx_pkt *pkt,
				unsigned int header_len,
				unsigned int copy_max,
				unsigned int max_frags);
const char *xnet_tx_error_str(enum xnet_tx_error error);

/**
 * xnet_tx_ring_slots() - ring slots a packet has used so far
 * @pkt: the packet
 *
 * Pure, any context.
 *
 * Return: the number of requests consumed, each of which must be answered; not
 * meaningful after a fatal error.
 */
static inline unsigned int xnet_tx_ring_slots(const struct xnet_tx_pkt *pkt)
{
	return pkt->nr_slots + pkt->nr_extras;
}

#endif /* XNET_TX_PARSE_H */
