/* SPDX-License-Identifier: GPL-2.0 */
/* What the two ends tell each other in XenStore. */
#ifndef XNF_NEGOTIATE_H
#define XNF_NEGOTIATE_H

#include <linux/types.h>

struct xnf_dev;
struct xnf_queues;

/**
 * struct xnf_offer - what a backend can do, read anew for each connection
 * @sg: takes packets of more than one slot
 * @gso_tcpv4: segments TCP over IPv4
 * @gso_tcpv6: segments TCP over IPv6
 * @ipv4_csum: completes checksums over IPv4, as all do that do not say otherwise
 * @ipv6_csum: completes checksums over IPv6
 * @xdp_headroom: leaves room in front of packets
 * @split_event_channels: wants an event channel for each ring of a queue
 * @ctrl_ring: takes control messages
 * @multi_queue: knows that there can be more than one queue
 * @max_queues: how many it takes, at least 1
 */
struct xnf_offer {
	bool sg;
	bool gso_tcpv4;
	bool gso_tcpv6;
	bool ipv4_csum;
	bool ipv6_csum;
	bool xdp_headroom;
	bool split_event_channels;
	bool ctrl_ring;
	bool multi_queue;
	unsigned int max_queues;
};

int xnf_negotiate_read_offer(struct xnf_dev *xnf, struct xnf_offer *offer);
int xnf_negotiate_publish(struct xnf_dev *xnf, const struct xnf_queues *queues);
void xnf_negotiate_forget(struct xnf_dev *xnf);

#endif /* XNF_NEGOTIATE_H */
