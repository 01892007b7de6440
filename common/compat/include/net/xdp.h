/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_NET_XDP_H
#define XNET_COMPAT_NET_XDP_H

#include <linux/mm.h>
#include <linux/skbuff.h>
#include_next <net/xdp.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_XDP_FEATURES
typedef u32 xdp_features_t;

enum {
	NETDEV_XDP_ACT_BASIC = 1,
	NETDEV_XDP_ACT_REDIRECT = 2,
	NETDEV_XDP_ACT_NDO_XMIT = 4,
	NETDEV_XDP_ACT_RX_SG = 32,
	NETDEV_XDP_ACT_NDO_XMIT_SG = 64,
};

static inline void xdp_set_features_flag(struct net_device *dev, xdp_features_t val)
{
}
#endif

/**
 * xnet_xdp_buff_add_frag() - add a fragment to a buffer for an XDP program
 * @xdp: the buffer
 * @page: the page that it is in, one that the buffer has nothing in yet
 * @offset: where in the page
 * @size: its bytes
 * @truesize: what is to be counted for it
 *
 * There are MAX_SKB_FRAGS at most. Any context.
 */
static inline void xnet_xdp_buff_add_frag(struct xdp_buff *xdp, struct page *page, u32 offset,
					  u32 size, u32 truesize)
{
#ifdef XNET_HAVE_XDP_BUFF_ADD_FRAG
	xdp_buff_add_frag(xdp, page_to_netmem(page), offset, size, truesize);
#else
	struct skb_shared_info *shinfo = xdp_get_shared_info_from_buff(xdp);

	if (!xdp_buff_has_frags(xdp)) {
		xdp_buff_set_frags_flag(xdp);
		shinfo->nr_frags = 0;
		shinfo->xdp_frags_size = 0;
	}
	skb_frag_fill_page_desc(&shinfo->frags[shinfo->nr_frags++], page, offset, size);
	shinfo->xdp_frags_size += size;
	if (page_is_pfmemalloc(page))
		xdp_buff_set_frag_pfmemalloc(xdp);
#endif
}

#endif
