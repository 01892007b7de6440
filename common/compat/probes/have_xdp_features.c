// SPDX-License-Identifier: GPL-2.0
// 6.3: net_device.xdp_features, and xdp_set_features_flag()
// for: xdp_set_features_flag
#include <linux/netdevice.h>
#include <net/xdp.h>

void probe(struct net_device *dev);
void probe(struct net_device *dev)
{
	xdp_features_t val = NETDEV_XDP_ACT_BASIC;

	xdp_set_features_flag(dev, val);
}
