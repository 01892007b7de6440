// SPDX-License-Identifier: GPL-2.0
/* What ethtool shows and sets, but for what has a file of its own: rss.c has -x and -X. */

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <xen/xenbus.h>

#include "channels.h"
#include "dev.h"
#include "moderation.h"
#include "rss.h"
#include "rx.h"
#include "stats.h"
#include "tx.h"

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

static void get_channels(struct net_device *netdev, struct ethtool_channels *channels)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);

	channels->max_combined = xnf_channels_max(xnf);
	channels->combined_count = xnf_channels_now(xnf);
}

static int set_channels(struct net_device *netdev, struct ethtool_channels *channels)
{
	unsigned int count = channels->combined_count;
	struct xnf_dev *xnf = netdev_priv(netdev);
	int err;

	if (!count || count > xnf_channels_max(xnf) || channels->rx_count || channels->tx_count) {
		netdev_err(netdev, "%u queues refused: 1 to %u combined ones are possible\n",
			   count, xnf_channels_max(xnf));
		return -EINVAL;
	}
	if (count == xnf_channels_now(xnf))
		return 0;

	err = xnf_channels_set(xnf, count);
	if (err)
		netdev_err(netdev, "memory or grants do not suffice for %u queues (%d)\n",
			   count, err);

	return err;
}

/* A ring is one page, as netif.h has it. */
static void get_ringparam(struct net_device *netdev, struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel_ring,
			  struct netlink_ext_ack *extack)
{
	ring->rx_max_pending = XNF_RX_RING_SIZE;
	ring->rx_pending = XNF_RX_RING_SIZE;
	ring->tx_max_pending = XNF_TX_RING_SIZE;
	ring->tx_pending = XNF_TX_RING_SIZE;
}

static int get_coalesce(struct net_device *netdev, struct ethtool_coalesce *coalesce,
			struct kernel_ethtool_coalesce *kernel_coalesce,
			struct netlink_ext_ack *extack)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);

	coalesce->rx_coalesce_usecs = xnf->rx_moderation.usecs;
	coalesce->rx_max_coalesced_frames = xnf->rx_moderation.frames;
	coalesce->tx_coalesce_usecs = xnf->tx_moderation.usecs;
	coalesce->tx_max_coalesced_frames = xnf->tx_moderation.frames;

	return 0;
}

/* In force from each queue's next poll on. */
static int set_coalesce(struct net_device *netdev, struct ethtool_coalesce *coalesce,
			struct kernel_ethtool_coalesce *kernel_coalesce,
			struct netlink_ext_ack *extack)
{
	struct xnf_dev *xnf = netdev_priv(netdev);

	if (max(coalesce->rx_coalesce_usecs, coalesce->tx_coalesce_usecs) >
	    XNF_MODERATION_USECS_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "usecs are 0 to "
				   __stringify(XNF_MODERATION_USECS_MAX));
		return -EINVAL;
	}
	if (max(coalesce->rx_max_coalesced_frames, coalesce->tx_max_coalesced_frames) >
	    XNF_MODERATION_FRAMES_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "frames are 0 to "
				   __stringify(XNF_MODERATION_FRAMES_MAX));
		return -EINVAL;
	}

	WRITE_ONCE(xnf->rx_moderation.usecs, coalesce->rx_coalesce_usecs);
	WRITE_ONCE(xnf->rx_moderation.frames, coalesce->rx_max_coalesced_frames);
	WRITE_ONCE(xnf->tx_moderation.usecs, coalesce->tx_coalesce_usecs);
	WRITE_ONCE(xnf->tx_moderation.frames, coalesce->tx_max_coalesced_frames);

	return 0;
}

XNET_RXFH_DEFINE(xnf_rss)

const struct ethtool_ops xnf_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_USECS | ETHTOOL_COALESCE_MAX_FRAMES,
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
	.get_channels = get_channels,
	.set_channels = set_channels,
	.get_ringparam = get_ringparam,
	.get_coalesce = get_coalesce,
	.set_coalesce = set_coalesce,
	XNET_RXFH_OPS(xnf_rss),
};
