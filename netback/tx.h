/* SPDX-License-Identifier: GPL-2.0 */
/* Guest to host: from the TX ring to the stack. */
#ifndef XNB_TX_H
#define XNB_TX_H

#include <linux/types.h>

struct xnb_queue;

bool xnb_tx_action(struct xnb_queue *queue);
void xnb_tx_respond(struct xnb_queue *queue, u16 id, s16 status);
void xnb_tx_push(struct xnb_queue *queue);

#endif /* XNB_TX_H */
