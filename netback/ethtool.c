// SPDX-License-Identifier: GPL-2.0
/* What ethtool shows of a vif. */

#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "stats.h"
#include "vif.h"

static void xnb_ethtool_get_drvinfo(struct net_device *dev,
				    struct ethtool_drvinfo *info)
{
	struct xnb_vif *vif = netdev_priv(dev);

	/* The name of the bus driver: udev rules and scripts look for it. */
	strscpy(info->driver, "vif", sizeof(info->driver));
	strscpy(info->version, XNET_VERSION, sizeof(info->version));
	strscpy(info->bus_info, dev_name(&vif->xdev->dev), sizeof(info->bus_info));
}

static int xnb_ethtool_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? XNB_STAT_NR : -EOPNOTSUPP;
}

static void xnb_ethtool_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	int i;

	if (set != ETH_SS_STATS)
		return;

	for (i = 0; i < XNB_STAT_NR; i++)
		ethtool_puts(&data, xnb_stat_names[i]);
}

static void xnb_ethtool_get_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	struct xnb_totals totals;

	xnb_stats_read(netdev_priv(dev), &totals);
	memcpy(data, totals.count, sizeof(totals.count));
}

const struct ethtool_ops xnb_ethtool_ops = {
	.get_drvinfo = xnb_ethtool_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_sset_count = xnb_ethtool_get_sset_count,
	.get_strings = xnb_ethtool_get_strings,
	.get_ethtool_stats = xnb_ethtool_get_stats,
};
