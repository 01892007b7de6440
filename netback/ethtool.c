// SPDX-License-Identifier: GPL-2.0
/* What ethtool shows of a vif. */

#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "queue.h"
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

/* What a queue, and the vif as a whole, does; beside the counters of stats.c. */
static const struct {
	const char *name;
	bool from_guest;
	enum xnb_work what;
} xnb_ethtool_work[] = {
	{ "rx_packets", true, XNB_WORK_PACKETS },
	{ "rx_bytes", true, XNB_WORK_BYTES },
	{ "rx_batches", true, XNB_WORK_BATCHES },
	{ "rx_hypercalls", true, XNB_WORK_HYPERCALLS },
	{ "rx_copies", true, XNB_WORK_COPIES },
	{ "rx_copied_bytes", true, XNB_WORK_COPIED_BYTES },
	{ "rx_maps", true, XNB_WORK_MAPS },
	{ "rx_unmaps", true, XNB_WORK_UNMAPS },
	{ "rx_notifies", true, XNB_WORK_NOTIFIES },
	{ "rx_notifies_saved", true, XNB_WORK_NOTIFIES_SAVED },
	{ "tx_packets", false, XNB_WORK_PACKETS },
	{ "tx_bytes", false, XNB_WORK_BYTES },
	{ "tx_batches", false, XNB_WORK_BATCHES },
	{ "tx_hypercalls", false, XNB_WORK_HYPERCALLS },
	{ "tx_copies", false, XNB_WORK_COPIES },
	{ "tx_copied_bytes", false, XNB_WORK_COPIED_BYTES },
	{ "tx_notifies", false, XNB_WORK_NOTIFIES },
	{ "tx_notifies_saved", false, XNB_WORK_NOTIFIES_SAVED },
};

/* Has a queue, or else the vif as a whole, a row for this counter? */
static bool xnb_ethtool_has(bool queue, enum xnb_stat stat)
{
	return !queue || !xnb_stat_of_vif(stat);
}

static int xnb_ethtool_count(bool queue)
{
	int i, count = ARRAY_SIZE(xnb_ethtool_work);

	for (i = 0; i < XNB_STAT_NR; i++)
		count += xnb_ethtool_has(queue, i);

	return count;
}

static int xnb_ethtool_get_sset_count(struct net_device *dev, int set)
{
	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;

	/* First the sums, then each queue. */
	return xnb_ethtool_count(false) + dev->real_num_rx_queues * xnb_ethtool_count(true);
}

static void xnb_ethtool_names(u8 **data, bool queue, const char *prefix)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(xnb_ethtool_work); i++)
		ethtool_sprintf(data, "%s%s", prefix, xnb_ethtool_work[i].name);
	for (i = 0; i < XNB_STAT_NR; i++)
		if (xnb_ethtool_has(queue, i))
			ethtool_sprintf(data, "%s%s", prefix, xnb_stat_names[i]);
}

static void xnb_ethtool_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	char prefix[ETH_GSTRING_LEN];
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;

	xnb_ethtool_names(&data, false, "");
	for (i = 0; i < dev->real_num_rx_queues; i++) {
		snprintf(prefix, sizeof(prefix), "queue_%u_", i);
		xnb_ethtool_names(&data, true, prefix);
	}
}

static u64 *xnb_ethtool_values(u64 *data, bool queue, const struct xnb_totals *totals)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(xnb_ethtool_work); i++)
		*data++ = (xnb_ethtool_work[i].from_guest ? totals->rx :
							    totals->tx)[xnb_ethtool_work[i].what];
	for (i = 0; i < XNB_STAT_NR; i++)
		if (xnb_ethtool_has(queue, i))
			*data++ = totals->count[i];

	return data;
}

static void xnb_ethtool_get_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	struct xnb_vif *vif = netdev_priv(dev);
	struct xnb_totals totals;
	unsigned int i;

	xnb_stats_read(vif, &totals);
	data = xnb_ethtool_values(data, false, &totals);
	for (i = 0; i < dev->real_num_rx_queues; i++) {
		xnb_stats_read_queue(vif, i, &totals);
		data = xnb_ethtool_values(data, true, &totals);
	}
}

/*
 * How many queues there are is the frontend's choice, and what the guest sends
 * on each of them is taken. Over how many packets to the guest are spread is the
 * administrator's: those that are for packets from the guest alone are shown as
 * "rx".
 */
static void xnb_ethtool_get_channels(struct net_device *dev,
				     struct ethtool_channels *channels)
{
	channels->max_combined = dev->num_tx_queues;
	channels->max_rx = dev->num_rx_queues - 1;
	channels->combined_count = dev->real_num_tx_queues;
	channels->rx_count = dev->real_num_rx_queues - dev->real_num_tx_queues;
}

/* Valid until the frontend reconnects. */
static int xnb_ethtool_set_channels(struct net_device *dev,
				    struct ethtool_channels *channels)
{
	unsigned int old = dev->real_num_tx_queues;
	unsigned int rest = dev->real_num_rx_queues - old;
	unsigned int wanted = channels->combined_count;
	struct xnb_vif *vif = netdev_priv(dev);
	int err;

	if (!wanted || wanted > dev->real_num_rx_queues) {
		netdev_err(dev, "%u queues refused: the guest has %u\n", wanted,
			   dev->real_num_rx_queues);
		return -EINVAL;
	}
	/* What is left for "rx" follows from that; it need not be named. */
	if (channels->rx_count != rest &&
	    channels->rx_count != dev->real_num_rx_queues - wanted) {
		netdev_err(dev, "all queues of the guest are served: set \"combined\" alone\n");
		return -EINVAL;
	}

	err = netif_set_real_num_tx_queues(dev, wanted);
	if (err)
		return err;

	/* The stack has forgotten the maps of queues that were not used. */
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags))
		for (; old < wanted; old++)
			xnb_steer_set_xps(vif->queues[old]);

	return 0;
}

/* A ring is one page, as netif.h has it. */
static void xnb_ethtool_get_ringparam(struct net_device *dev,
				      struct ethtool_ringparam *ring,
				      struct kernel_ethtool_ringparam *kernel_ring,
				      struct netlink_ext_ack *extack)
{
	ring->rx_max_pending = XNB_RING_SIZE;
	ring->rx_pending = XNB_RING_SIZE;
	ring->tx_max_pending = XNB_RING_SIZE;
	ring->tx_pending = XNB_RING_SIZE;
}

const struct ethtool_ops xnb_ethtool_ops = {
	.get_drvinfo = xnb_ethtool_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_sset_count = xnb_ethtool_get_sset_count,
	.get_strings = xnb_ethtool_get_strings,
	.get_ethtool_stats = xnb_ethtool_get_stats,
	.get_channels = xnb_ethtool_get_channels,
	.set_channels = xnb_ethtool_set_channels,
	.get_ringparam = xnb_ethtool_get_ringparam,
};
