/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parser for the packets of a netif RX ring, as the frontend reads it.
 *
 * The twin of tx_parse.h: the caller copies one response at a time to private
 * memory and feeds it to xnet_rx_step(), which looks at nothing else and has
 * no loop.
 *
 * Nothing is fatal here. Response number i of the ring answers request number
 * i whatever it says, so the caller always knows which of its buffers a slot
 * stands for, and the worst packet costs itself alone. A packet is therefore
 * read to its end also when it is already known to be no good: only then is it
 * clear where the next one begins.
 */
#ifndef XNET_RX_PARSE_H
#define XNET_RX_PARSE_H

#include "wire.h"

/* What Linux's frontends ever took: 17 page fragments after a linear area. */
#define XNET_RX_SLOTS_MAX	XEN_NETIF_NR_SLOTS_MIN

/*
 * An IP packet is at most 64 KiB less one byte; before it goes an Ethernet
 * header, perhaps with a VLAN tag.
 */
#define XNET_RX_SIZE_MAX	(0xffff + ETH_HLEN + 4)

/* Types of extra info that a frontend can have agreed upon with a backend. */
#define XNET_RX_EXTRAS	(XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO) |		\
			 XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH) |	\
			 XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_XDP))

/**
 * enum xnet_rx_verdict - what xnet_rx_step() wants next
 * @XNET_RX_MORE: the packet goes on in the next slot of the ring
 * @XNET_RX_DONE: the packet is complete; look at &xnet_rx_pkt.error
 */
enum xnet_rx_verdict {
	XNET_RX_MORE,
	XNET_RX_DONE,
};

/**
 * enum xnet_rx_error - what is wrong with a packet
 * @XNET_RX_OK: nothing
 * @XNET_RX_ERR_STATUS: the backend said that it could not fill a slot
 * @XNET_RX_ERR_CROSSES_PAGE: a slot reaches beyond its page
 * @XNET_RX_ERR_SLOTS: more than XNET_RX_SLOTS_MAX slots
 * @XNET_RX_ERR_SHORT: smaller than an Ethernet header
 * @XNET_RX_ERR_SIZE: bigger than XNET_RX_SIZE_MAX
 * @XNET_RX_ERR_EXTRA_MISSING: announced extra info, and the ring ended
 * @XNET_RX_ERR_EXTRA_TYPE: extra info of a type that was not agreed upon
 * @XNET_RX_ERR_EXTRA_TWICE: the same type of extra info twice
 * @XNET_RX_ERR_GSO: segment size or type that the stack cannot be given
 * @XNET_RX_ERR_HEADROOM: a slot is smaller than the headroom that it begins with
 * @XNET_RX_ERR_TRUNCATED: announced more data, and the ring ended
 * @XNET_RX_ERRORS: number of the above
 */
enum xnet_rx_error {
	XNET_RX_OK,
	XNET_RX_ERR_STATUS,
	XNET_RX_ERR_CROSSES_PAGE,
	XNET_RX_ERR_SLOTS,
	XNET_RX_ERR_SHORT,
	XNET_RX_ERR_SIZE,
	XNET_RX_ERR_EXTRA_MISSING,
	XNET_RX_ERR_EXTRA_TYPE,
	XNET_RX_ERR_EXTRA_TWICE,
	XNET_RX_ERR_GSO,
	XNET_RX_ERR_HEADROOM,
	XNET_RX_ERR_TRUNCATED,
	XNET_RX_ERRORS,
};

/**
 * struct xnet_rx_slot - where in its buffer the data of a slot is
 * @offset: first byte in the page
 * @size: bytes, may be 0; @offset + @size <= XEN_PAGE_SIZE
 */
struct xnet_rx_slot {
	u16 offset;
	u16 size;
};

/**
 * struct xnet_rx_pkt - a packet while and after it is parsed
 * @slot: its data slots in ring order; their sizes add up to @size
 * @nr_slots: how many of @slot are filled. A data slot of a packet that is
 *	already refused may not be recorded: the caller sees from this number
 *	whether the last step took its slot.
 * @size: bytes in the whole packet, meaningful without @error
 * @flags: XEN_NETRXF_* of the first slot
 * @extras: set of XNET_EXTRA() bits
 * @gso: segment size and type, valid with the bit of that extra
 * @hash: hash of the packet, as the backend says, ditto
 * @error: why the packet is no good, the first reason found
 * @agreed: extras that may come, private to the parser
 * @headroom: bytes that slots said to begin at 0 have before their data, ditto
 * @expect: what kind of slot comes next, ditto
 * @data_follows: the first slot promised more data, ditto
 */
struct xnet_rx_pkt {
	struct xnet_rx_slot slot[XNET_RX_SLOTS_MAX];
	u8 nr_slots;
	u32 size;
	u16 flags;
	u16 extras;
	struct {
		u16 size;
		u8 type;
	} gso;
	struct xnet_hash hash;
	enum xnet_rx_error error;
	u16 agreed;
	u16 headroom;
	u8 expect;
	bool data_follows;
};

void xnet_rx_begin(struct xnet_rx_pkt *pkt, u16 agreed);
enum xnet_rx_verdict xnet_rx_step(struct xnet_rx_pkt *pkt,
				  const struct xen_netif_rx_response *slot);
void xnet_rx_end(struct xnet_rx_pkt *pkt);

#endif /* XNET_RX_PARSE_H */
