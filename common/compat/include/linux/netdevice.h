/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_NETDEVICE_H
#define XNET_COMPAT_LINUX_NETDEVICE_H

#include_next <linux/netdevice.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_DEV_KFREE_SKB_REASON
static inline void dev_kfree_skb_irq_reason(struct sk_buff *skb,
					    enum skb_drop_reason reason)
{
	dev_kfree_skb_irq(skb);
}

static inline void dev_kfree_skb_any_reason(struct sk_buff *skb,
					    enum skb_drop_reason reason)
{
	dev_kfree_skb_any(skb);
}
#endif

#ifndef XNET_HAVE_NETIF_QUEUE_SET_NAPI
enum netdev_queue_type {
	NETDEV_QUEUE_TYPE_RX,
	NETDEV_QUEUE_TYPE_TX,
};

static inline void netif_queue_set_napi(struct net_device *dev,
					unsigned int queue_index,
					enum netdev_queue_type type,
					struct napi_struct *napi)
{
}

static inline void netif_napi_set_irq(struct napi_struct *napi, int irq)
{
}
#endif

/**
 * xnet_set_lltx() - the driver locks its own transmit path
 * @dev: the device, not registered yet
 */
static inline void xnet_set_lltx(struct net_device *dev)
{
#ifdef XNET_HAVE_NETDEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

#endif
