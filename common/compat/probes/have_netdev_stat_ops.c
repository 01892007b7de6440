// SPDX-License-Identifier: GPL-2.0
// 6.9: netdev_stat_ops, and a pointer to them in struct net_device
// for: xnet_set_stat_ops struct netdev_stat_ops
#include <net/netdev_queues.h>

void probe(struct net_device *dev, const struct netdev_stat_ops *ops);
void probe(struct net_device *dev, const struct netdev_stat_ops *ops)
{
	dev->stat_ops = ops;
}
