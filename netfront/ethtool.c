// SPDX-License-Identifier: GPL-2.0
/* ethtool -i and -S; rss.c has -x and -X. */

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "rss.h"
#include "stats.h"

/* Per queue, before the counters of enum xnf_stat. */
static const char * const traffic_names[] = {
	"rx_packets",
	"rx_bytes",
	"tx_packets",
	"tx_bytes",
};

static void get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	struct xnf_dev *xnf = netdev_priv(netdev);

	/* The name that the bus goes by, which udev rules have always matched. */
	strscpy(info->driver, "vif", sizeof(info->driver));
	strscpy(info->version, XNET_VERSION, sizeof(info->version));
	strscpy(info->bus_info, dev_name(&xnf->xdev->dev), sizeof(info->bus_info));
}

/*
 * The number of strings depends on nothing that changes: sums over all queues
 * first, then each queue that the device can have.
 */
static int get_sset_count(struct net_device *netdev, int sset)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);

	if (sset != ETH_SS_STATS)
		return -EOPNOTSUPP;

	return XNF_STAT_NR + xnf->max_queues * (ARRAY_SIZE(traffic_names) + XNF_STAT_NR);
}

static void get_strings(struct net_device *netdev, u32 sset, u8 *data)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);
	unsigned int queue, i;

	if (sset != ETH_SS_STATS)
		return;

	for (i = 0; i < XNF_STAT_NR; i++)
		ethtool_puts(&data, xnf_stat_names[i]);
	for (queue = 0; queue < xnf->max_queues; queue++) {
		for (i = 0; i < ARRAY_SIZE(traffic_names); i++)
			ethtool_sprintf(&data, "queue_%u_%s", queue, traffic_names[i]);
		for (i = 0; i < XNF_STAT_NR; i++)
			ethtool_sprintf(&data, "queue_%u_%s", queue, xnf_stat_names[i]);
	}
}

static void get_ethtool_stats(struct net_device *netdev, struct ethtool_stats *stats, u64 *data)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);
	struct xnf_totals totals;
	unsigned int queue, i;
	u64 *sum = data;

	memset(sum, 0, XNF_STAT_NR * sizeof(*sum));
	data += XNF_STAT_NR;

	for (queue = 0; queue < xnf->max_queues; queue++) {
		xnf_stats_read(&xnf->stats[queue], &totals);
		*data++ = totals.rx_packets;
		*data++ = totals.rx_bytes;
		*data++ = totals.tx_packets;
		*data++ = totals.tx_bytes;
		for (i = 0; i < XNF_STAT_NR; i++) {
			*data = atomic64_read(&xnf->stats[queue].count[i]);
			sum[i] += *data++;
		}
	}
}

XNET_RXFH_DEFINE(xnf_rss)

const struct ethtool_ops xnf_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
	XNET_RXFH_OPS(xnf_rss),
};
