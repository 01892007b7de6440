// SPDX-License-Identifier: GPL-2.0
// 6.12: NETIF_F_LLTX became net_device.lltx
// for: xnet_set_lltx
#include <linux/netdevice.h>

void probe(struct net_device *dev);
void probe(struct net_device *dev)
{
	dev->lltx = true;
}
