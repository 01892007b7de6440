/* SPDX-License-Identifier: GPL-2.0 */
/* Host to guest: from the stack to the RX ring. */
#ifndef XNB_RX_H
#define XNB_RX_H

#include <linux/netdevice.h>

struct sk_buff;
struct xnb_queue;

void xnb_rx_init(struct xnb_queue *queue);
netdev_tx_t xnb_rx_xmit(struct xnb_queue *queue, struct sk_buff *skb, bool more);
void xnb_rx_action(struct xnb_queue *queue);
void xnb_rx_purge(struct xnb_queue *queue);

#endif /* XNB_RX_H */
