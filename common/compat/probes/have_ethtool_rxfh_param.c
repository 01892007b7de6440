// SPDX-License-Identifier: GPL-2.0
// 6.8: get_rxfh and set_rxfh of ethtool_ops take a struct ethtool_rxfh_param
// for: struct ethtool_rxfh_param, XNET_RXFH_OPS
#include <linux/ethtool.h>

void probe(struct ethtool_ops *ops,
	   int (*get)(struct net_device *dev, struct ethtool_rxfh_param *param));
void probe(struct ethtool_ops *ops,
	   int (*get)(struct net_device *dev, struct ethtool_rxfh_param *param))
{
	ops->get_rxfh = get;
}
