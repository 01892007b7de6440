/* SPDX-License-Identifier: GPL-2.0 */
/* What a guest says of its packet's checksum and segments, checked. */
#ifndef XNB_OFFLOAD_H
#define XNB_OFFLOAD_H

#include "stats.h"

struct sk_buff;
struct xnb_tx_packet;

int xnb_offload_set(struct sk_buff *skb, const struct xnb_tx_packet *packet,
		    struct xnb_counters *counters, enum xnb_stat *reason);

#endif /* XNB_OFFLOAD_H */
