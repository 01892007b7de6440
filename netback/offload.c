// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest says of its packet's checksum and segments, checked against the
 * packet itself, much as virtio_net_hdr_to_skb() does for another kind of
 * guest.
 */

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

#include "common/wire.h"

#include "offload.h"
#include "queue.h"

static int xnb_offload_set_gso(struct sk_buff *skb,
			       const struct xnb_tx_packet *packet)
{
	bool v4 = packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV4;
	unsigned int header;

	if (skb->protocol != (v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6)))
		return -EPROTO;

	/* skb_checksum_setup() has found the transport header: is it TCP's? */
	if (skb->csum_offset != offsetof(struct tcphdr, check))
		return -EPROTO;
	if (tcp_hdrlen(skb) < sizeof(struct tcphdr))
		return -EPROTO;

	header = skb_transport_offset(skb) + tcp_hdrlen(skb);
	if (header > skb->len)
		return -EPROTO;
	if (!pskb_may_pull(skb, header))
		return -ENOMEM;

	/* A single segment is an ordinary packet. */
	if (skb->len - header <= packet->gso_size)
		return 0;

	/* The number of segments is for the stack to find out. */
	skb_shinfo(skb)->gso_type = (v4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6) |
				    SKB_GSO_DODGY;
	skb_shinfo(skb)->gso_size = packet->gso_size;
	skb_shinfo(skb)->gso_segs = 0;

	return 0;
}

/**
 * xnb_offload_set() - set an skb's checksum and segmentation fields
 * @skb: with its data in place, and eth_type_trans() done
 * @packet: what the guest said
 * @counters: the queue's counters
 * @reason: why the packet must be dropped, set on error
 *
 * Context: any but hard interrupt; may reallocate the skb's head.
 *
 * Return: 0, or a negative errno when the guest's word does not fit the packet or
 * there is no memory to look at all of its headers.
 */
int xnb_offload_set(struct sk_buff *skb, const struct xnb_tx_packet *packet,
		    struct xnb_counters *counters, enum xnb_stat *reason)
{
	bool recalculate = false;
	int err;

	if (packet->flags & XEN_NETTXF_csum_blank)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (packet->flags & XEN_NETTXF_data_validated)
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	/*
	 * A large packet is going to be cut up, so its checksum is going to be
	 * computed. Some frontends forget to say so.
	 */
	if (packet->gso_size && skb->ip_summed != CHECKSUM_PARTIAL) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		recalculate = true;
		xnb_count(counters, XNB_RX_GSO_CHECKSUM_FIXUP);
	}

	/* Headers behind the linear area need memory, and that is not the guest's fault. */
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		err = skb_checksum_setup(skb, recalculate);
		if (err) {
			*reason = err == -ENOMEM ? XNB_RX_DROP_NOMEM : XNB_RX_ERR_CSUM;
			return err;
		}
	}

	if (packet->gso_size) {
		err = xnb_offload_set_gso(skb, packet);
		if (err) {
			*reason = err == -ENOMEM ? XNB_RX_DROP_NOMEM : XNB_RX_ERR_GSO;
			return err;
		}
	}

	return 0;
}
