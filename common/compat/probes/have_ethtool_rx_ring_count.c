// SPDX-License-Identifier: GPL-2.0
// 7.0: get_rx_ring_count of ethtool_ops
// for: XNET_RXFH_OPS
#include <linux/ethtool.h>

void probe(struct ethtool_ops *ops, u32 (*get)(struct net_device *dev));
void probe(struct ethtool_ops *ops, u32 (*get)(struct net_device *dev))
{
	ops->get_rx_ring_count = get;
}
