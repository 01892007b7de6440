/* SPDX-License-Identifier: GPL-2.0 */
/* Backend to guest. All of it runs in the queue's NAPI poll. */
#ifndef XNF_RX_H
#define XNF_RX_H

#include <linux/types.h>

#include "common/rx_parse.h"

#include "buffers.h"
#include "xdp.h"

struct xnf_queue;

/**
 * struct xnf_rx - the RX half of a queue
 * @ring: the shared ring and our private indices
 * @ring_ref: grant of the ring's page
 * @buffers: what is on the ring for the backend to fill
 * @pkt: the packet being read
 * @page: the pages of its slots
 * @xdp: what XDP needs
 */
struct xnf_rx {
	struct xen_netif_rx_front_ring ring;
	grant_ref_t ring_ref;
	struct xnf_buffers buffers;
	struct xnet_rx_pkt pkt;
	struct page *page[XNET_RX_SLOTS_MAX];
	struct xnf_xdp_rx xdp;
};

int xnf_rx_create(struct xnf_queue *queue);
int xnf_rx_share(struct xnf_queue *queue);
void xnf_rx_destroy(struct xnf_queue *queue);
int xnf_rx_poll(struct xnf_queue *queue, int budget);
bool xnf_rx_rearm(struct xnf_queue *queue);

#endif /* XNF_RX_H */
