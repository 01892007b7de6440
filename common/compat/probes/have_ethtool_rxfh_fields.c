// SPDX-License-Identifier: GPL-2.0
// 6.17: get_rxfh_fields and set_rxfh_fields of ethtool_ops
// for: struct ethtool_rxfh_fields, XNET_RXFH_OPS
#include <linux/ethtool.h>

void probe(struct ethtool_ops *ops,
	   int (*get)(struct net_device *dev, struct ethtool_rxfh_fields *fields));
void probe(struct ethtool_ops *ops,
	   int (*get)(struct net_device *dev, struct ethtool_rxfh_fields *fields))
{
	ops->get_rxfh_fields = get;
}
