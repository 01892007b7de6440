/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A batch of packets on its way to the RX ring: which slots they take, the grant
 * copies that fill them, and the responses. The caller holds the RX lock and has
 * seen to it that the guest posted enough buffers.
 */
#ifndef XNB_RX_COPY_H
#define XNB_RX_COPY_H

#include <linux/build_bug.h>
#include <linux/skbuff.h>

#include "common/hash_ctrl.h"

struct xnb_queue;
struct xnb_rx;
struct xnb_vif;

/**
 * struct xnb_rx_cb - what is kept in a packet that waits
 * @since: when it came, in jiffies
 * @bytes: memory it takes up
 * @copies: copies it needs at most
 * @hashed: @hash is valid, and goes with it
 * @hash: its hash
 */
struct xnb_rx_cb {
	unsigned long since;
	unsigned int bytes;
	u16 copies;
	bool hashed;
	struct xnet_hash hash;
};

/**
 * xnb_rx_cb() - what is kept in a packet that waits
 * @skb: the packet, ours since ndo_start_xmit
 *
 * Any context; whoever has the packet.
 *
 * Return: its control block, valid after xnb_rx_prepare().
 */
static inline struct xnb_rx_cb *xnb_rx_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct xnb_rx_cb) > sizeof(skb->cb));
	return (struct xnb_rx_cb *)skb->cb;
}

bool xnb_rx_prepare(struct xnb_vif *vif, struct sk_buff *skb);
unsigned int xnb_rx_slots(const struct xnb_rx *rx, const struct sk_buff *skb);
void xnb_rx_stage(struct xnb_queue *queue, struct sk_buff *skb);
void xnb_rx_flush(struct xnb_queue *queue);

#endif /* XNB_RX_COPY_H */
