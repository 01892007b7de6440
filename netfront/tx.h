/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest to backend.
 *
 * Two parties work on a TX ring, and they do not lock each other out:
 *
 * xmit	takes ids and writes requests, under the lock of the stack's TX queue;
 * poll	reads responses and gives ids back, in the queue's NAPI.
 *
 * A member of struct xnf_tx is written by one of them only. What the other one
 * reads of it is stored with release and loaded with acquire semantics.
 *
 * A slot of the table belongs to xmit until its packet is stored, then to poll
 * until the id is given back. xmit stores the packet as the last thing it does with
 * it. From then on not even xmit may touch the packet: a backend that guesses
 * ids can have it completed before its requests are on the ring.
 *
 * A packet is an skb or an XDP frame. xmit is both the stack's and XDP's, which
 * take the same lock.
 */
#ifndef XNF_TX_H
#define XNF_TX_H

#include <linux/cache.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/xdp.h>
#include <xen/grant_table.h>

#include "common/wire.h"

struct xnf_queue;

#define XNF_TX_RING_SIZE	__CONST_RING_SIZE(xen_netif_tx, XEN_PAGE_SIZE)

/* Slots with data that every backend accepts in one packet. */
#define XNF_TX_SLOTS_MAX	XEN_NETIF_NR_SLOTS_MIN

/* What a packet can take at most: data, and one slot of extra info. */
#define XNF_TX_ROOM		(XNF_TX_SLOTS_MAX + 1)

/* A stopped queue starts again when there is room for this much. */
#define XNF_TX_WAKE		(3 * XNF_TX_ROOM)

/* The length of a packet is 16 bits wide in a request. */
#define XNF_TX_SIZE_MAX		0xffff

/* Set in the address of an xdp_frame, to tell it from an skb's. */
#define XNF_TX_FRAME		1UL

/**
 * struct xnf_tx_slot - a request that can be in flight
 * @packet: the packet that the request is part of, 0 when not in flight: the address
 *	of an skb, or that of an xdp_frame with XNF_TX_FRAME
 * @ref: the grant of this slot, reserved for as long as the table exists
 * @sent: when it was written, the lower half of jiffies
 */
struct xnf_tx_slot {
	unsigned long packet;
	grant_ref_t ref;
	u32 sent;
};

/**
 * struct xnf_tx_table - the truth about what is in flight
 * @limbo: on the list of limbo.c, when the table has outlived its queue
 * @held: grants that could not be ended, once that has been tried
 * @backend: the domain that they are for
 * @slot: indexed by the id that a response echoes
 */
struct xnf_tx_table {
	struct list_head limbo;
	unsigned int held;
	domid_t backend;
	struct xnf_tx_slot slot[XNF_TX_RING_SIZE];
};

/**
 * struct xnf_tx - the TX half of a queue
 * @ring: the shared ring; @ring.req_prod_pvt is xmit's, @ring.rsp_cons is poll's
 * @ring_ref: grant of the ring's page
 * @table: what is in flight
 * @ids: ids that are free, as a ring of its own: xmit takes at @ids_taken, poll
 *	returns at @ids_returned. Never empty while there is room on the shared
 *	ring, since every id in flight has a slot there.
 * @ids_taken: xmit's position in @ids
 * @extras_sent: extra-info slots ever written, by xmit
 * @pushed: requests that the backend has been shown, by xmit
 * @ids_returned: poll's position in @ids
 * @extras_done: extra-info slots answered, by poll
 */
struct xnf_tx {
	struct xen_netif_tx_front_ring ring;
	grant_ref_t ring_ref;
	struct xnf_tx_table *table;
	u16 ids[XNF_TX_RING_SIZE];

	unsigned int ids_taken ____cacheline_aligned_in_smp;
	unsigned int extras_sent;
	RING_IDX pushed;

	unsigned int ids_returned ____cacheline_aligned_in_smp;
	unsigned int extras_done;
};

/**
 * struct xnf_tx_cb - what a packet in flight knows, in skb->cb or behind a frame
 * @slots: data slots that are not answered yet
 * @failed: the backend answered one of them with an error
 * @purged: counted as lost, the connection is gone
 */
struct xnf_tx_cb {
	unsigned int slots;
	bool failed;
	bool purged;
};

/**
 * xnf_tx_frame_of() - the frame that a packet is
 * @packet: of a slot
 *
 * Pure, any context.
 *
 * Return: the frame; NULL when the packet is an skb.
 */
static inline struct xdp_frame *xnf_tx_frame_of(unsigned long packet)
{
	return packet & XNF_TX_FRAME ? (struct xdp_frame *)(packet & ~XNF_TX_FRAME) : NULL;
}

/**
 * xnf_tx_skb_of() - the skb that a packet is
 * @packet: of a slot
 *
 * Pure, any context.
 *
 * Return: the skb; NULL when the packet is a frame.
 */
static inline struct sk_buff *xnf_tx_skb_of(unsigned long packet)
{
	return packet & XNF_TX_FRAME ? NULL : (struct sk_buff *)packet;
}

/**
 * xnf_tx_cb() - what a packet in flight knows
 * @packet: the packet
 *
 * Context: xmit before it stores the packet, afterwards whoever owns the slots that
 * the packet is in: poll, teardown, limbo.
 *
 * Return: its control block.
 */
static inline struct xnf_tx_cb *xnf_tx_cb(unsigned long packet)
{
	struct xdp_frame *frame = xnf_tx_frame_of(packet);

	BUILD_BUG_ON(sizeof(struct xnf_tx_cb) > sizeof_field(struct sk_buff, cb));
	return frame ? (struct xnf_tx_cb *)(frame + 1) :
		       (struct xnf_tx_cb *)xnf_tx_skb_of(packet)->cb;
}

/**
 * xnf_tx_in_flight() - requests that are not answered, or not taken in
 * @tx: the TX half of a live queue
 *
 * Context: any; the number may be out of date when it is returned.
 *
 * Return: slots, at most XNF_TX_RING_SIZE.
 */
static inline unsigned int xnf_tx_in_flight(const struct xnf_tx *tx)
{
	return READ_ONCE(tx->ring.req_prod_pvt) - smp_load_acquire(&tx->ring.rsp_cons);
}

int xnf_tx_create(struct xnf_queue *queue);
int xnf_tx_share(struct xnf_queue *queue);
void xnf_tx_destroy(struct xnf_queue *queue);
netdev_tx_t xnf_tx_xmit(struct xnf_queue *queue, struct sk_buff *skb);
bool xnf_tx_frame(struct xnf_queue *queue, struct xdp_frame *frame);
void xnf_tx_push(struct xnf_queue *queue);
bool xnf_tx_poll(struct xnf_queue *queue, int budget);
bool xnf_tx_rearm(struct xnf_queue *queue);
unsigned long xnf_tx_oldest(const struct xnf_tx *tx);

#endif /* XNF_TX_H */
