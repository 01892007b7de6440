// SPDX-License-Identifier: GPL-2.0
/* Counters; see stats.h. */

#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/netdev_queues.h>

#include "queue.h"
#include "stats.h"
#include "vif.h"

/* As seen in ethtool -S. */
const char * const xnb_stat_names[XNB_STAT_NR] = {
	[XNB_RX_ERR_SHORT] = "rx_err_short",
	[XNB_RX_ERR_SLOTS] = "rx_err_slots",
	[XNB_RX_ERR_SIZE] = "rx_err_size",
	[XNB_RX_ERR_GSO] = "rx_err_gso",
	[XNB_RX_ERR_MESSAGE] = "rx_err_message",
	[XNB_RX_ERR_MCAST_ADDRESS] = "rx_err_mcast_address",
	[XNB_RX_ERR_MCAST_FULL] = "rx_err_mcast_full",
	[XNB_RX_ERR_GRANT] = "rx_err_grant",
	[XNB_RX_ERR_CSUM] = "rx_err_csum",
	[XNB_RX_ERR_FATAL] = "rx_err_fatal",
	[XNB_RX_DROP_NOMEM] = "rx_drop_nomem",
	[XNB_TX_ERR_TOO_BIG] = "tx_err_too_big",
	[XNB_TX_ERR_GRANT] = "tx_err_grant",
	[XNB_TX_DROP_DOWN] = "tx_drop_down",
	[XNB_TX_DROP_MULTICAST] = "tx_drop_multicast",
	[XNB_TX_DROP_NOMEM] = "tx_drop_nomem",
	[XNB_TX_DROP_EXPIRED] = "tx_drop_expired",
	[XNB_TX_DROP_PURGED] = "tx_drop_purged",
	[XNB_TX_DROP_SMALL_RING] = "tx_drop_small_ring",
	[XNB_RX_GSO_CHECKSUM_FIXUP] = "rx_gso_checksum_fixup",
	[XNB_RX_CREDIT_WAITS] = "rx_credit_waits",
	[XNB_RX_HASH_IGNORED] = "rx_hash_ignored",
	[XNB_TX_STALLED] = "tx_stalled",
	[XNB_TX_FATAL] = "tx_fatal",
	[XNB_CTRL_DONE] = "ctrl_done",
	[XNB_CTRL_ERR_UNSUPPORTED] = "ctrl_err_unsupported",
	[XNB_CTRL_ERR_INVALID] = "ctrl_err_invalid",
	[XNB_CTRL_ERR_TOO_LARGE] = "ctrl_err_too_large",
	[XNB_CTRL_ERR_GRANT] = "ctrl_err_grant",
	[XNB_CTRL_ERR_FATAL] = "ctrl_err_fatal",
};

/* Which of the standard counters a discard belongs to. */
static u64 *xnb_stats_link_field(struct rtnl_link_stats64 *link, enum xnb_stat stat)
{
	switch (stat) {
	case XNB_RX_DROP_NOMEM:
		return &link->rx_dropped;
	case XNB_TX_ERR_TOO_BIG:
	case XNB_TX_ERR_GRANT:
		return &link->tx_errors;
	case XNB_TX_DROP_DOWN:
	case XNB_TX_DROP_MULTICAST:
	case XNB_TX_DROP_NOMEM:
	case XNB_TX_DROP_EXPIRED:
	case XNB_TX_DROP_PURGED:
	case XNB_TX_DROP_SMALL_RING:
		return &link->tx_dropped;
	default:
		return &link->rx_errors;
	}
}

/**
 * xnb_stats_queue_init() - prepare a queue's counters
 * @queue: the queue, zeroed
 *
 * Any context; nobody else knows of the queue yet.
 */
void xnb_stats_queue_init(struct xnb_queue *queue)
{
	u64_stats_init(&queue->tx.traffic.syncp);
	u64_stats_init(&queue->rx.traffic.syncp);
}

static void xnb_stats_add_traffic(const struct xnb_traffic *traffic, u64 *totals)
{
	u64 count[XNB_WORK_NR];
	unsigned int start;
	int i;

	do {
		start = u64_stats_fetch_begin(&traffic->syncp);
		for (i = 0; i < XNB_WORK_NR; i++)
			count[i] = u64_stats_read(&traffic->count[i]);
	} while (u64_stats_fetch_retry(&traffic->syncp, start));

	for (i = 0; i < XNB_WORK_NR; i++)
		totals[i] += count[i];
}

static void xnb_stats_add_counters(const struct xnb_counters *counters,
				   struct xnb_totals *totals)
{
	int i;

	for (i = 0; i < XNB_STAT_NR; i++)
		totals->count[i] += atomic64_read(&counters->count[i]);
}

static void xnb_stats_add_queue(const struct xnb_queue *queue, struct xnb_totals *totals)
{
	xnb_stats_add_traffic(&queue->tx.traffic, totals->rx);
	xnb_stats_add_traffic(&queue->rx.traffic, totals->tx);
	xnb_stats_add_counters(&queue->counters, totals);
}

/**
 * xnb_stats_keep() - add the queues' counters to those kept for good
 * @vif: the vif, whose queues are quiet and about to be freed
 *
 * The queues are no longer read afterwards: &xnb_vif.nr_queues is 0.
 *
 * Context: the vif's lock; bottom halves are enabled.
 */
void xnb_stats_keep(struct xnb_vif *vif)
{
	unsigned int i;

	spin_lock_bh(&vif->stats_lock);
	for (i = 0; i < vif->nr_queues; i++)
		xnb_stats_add_queue(vif->queues[i], &vif->kept[i]);
	vif->nr_queues = 0;
	spin_unlock_bh(&vif->stats_lock);
}

/**
 * xnb_stats_read_queue() - read all counters of a queue
 * @vif: the vif
 * @id: the queue's number, less than the interface can have
 * @totals: where to put them
 *
 * They belong to the number and never go back, whatever queues come and go.
 * Any context but hard interrupt.
 */
void xnb_stats_read_queue(struct xnb_vif *vif, unsigned int id,
			  struct xnb_totals *totals)
{
	spin_lock_bh(&vif->stats_lock);
	*totals = vif->kept[id];
	if (id < vif->nr_queues)
		xnb_stats_add_queue(vif->queues[id], totals);
	spin_unlock_bh(&vif->stats_lock);
}

static void xnb_stats_add_totals(const struct xnb_totals *more, struct xnb_totals *totals)
{
	int i;

	for (i = 0; i < XNB_WORK_NR; i++) {
		totals->rx[i] += more->rx[i];
		totals->tx[i] += more->tx[i];
	}
	for (i = 0; i < XNB_STAT_NR; i++)
		totals->count[i] += more->count[i];
}

/**
 * xnb_stats_read() - read all counters of a vif
 * @vif: the vif
 * @totals: where to put them, the sum over all queues there ever were
 *
 * They never go back, not across down and up, and not across a reconnect.
 * Any context but hard interrupt.
 */
void xnb_stats_read(struct xnb_vif *vif, struct xnb_totals *totals)
{
	struct xnb_totals queue;
	unsigned int i;

	memset(totals, 0, sizeof(*totals));
	for (i = 0; i < vif->dev->num_tx_queues; i++) {
		xnb_stats_read_queue(vif, i, &queue);
		xnb_stats_add_totals(&queue, totals);
	}
	xnb_stats_add_counters(&vif->counters, totals);
}

/**
 * xnb_stats_link() - the standard counters of a network interface
 * @vif: the vif
 * @link: where to put them
 *
 * Any context but hard interrupt.
 */
void xnb_stats_link(struct xnb_vif *vif, struct rtnl_link_stats64 *link)
{
	struct xnb_totals totals;
	int i;

	xnb_stats_read(vif, &totals);
	link->rx_packets = totals.rx[XNB_WORK_PACKETS];
	link->rx_bytes = totals.rx[XNB_WORK_BYTES];
	link->tx_packets = totals.tx[XNB_WORK_PACKETS];
	link->tx_bytes = totals.tx[XNB_WORK_BYTES];
	for (i = 0; i < XNB_STAT_DISCARDS; i++)
		*xnb_stats_link_field(link, i) += totals.count[i];
}

/* ---- per queue, for netlink's netdev family ------------------------------ */

static void xnb_stats_queue_rx(struct net_device *dev, int id,
			       struct netdev_queue_stats_rx *stats)
{
	struct xnb_totals totals;

	xnb_stats_read_queue(netdev_priv(dev), id, &totals);
	stats->packets = totals.rx[XNB_WORK_PACKETS];
	stats->bytes = totals.rx[XNB_WORK_BYTES];
	stats->alloc_fail = totals.count[XNB_RX_DROP_NOMEM];
}

static void xnb_stats_queue_tx(struct net_device *dev, int id,
			       struct netdev_queue_stats_tx *stats)
{
	struct xnb_totals totals;

	xnb_stats_read_queue(netdev_priv(dev), id, &totals);
	stats->packets = totals.tx[XNB_WORK_PACKETS];
	stats->bytes = totals.tx[XNB_WORK_BYTES];
}

/* What belongs to queues that are not there, or not used, now. */
static void xnb_stats_base(struct net_device *dev, struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	struct xnb_totals totals;
	unsigned int i;

	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	tx->packets = 0;
	tx->bytes = 0;
	for (i = dev->real_num_tx_queues; i < dev->num_tx_queues; i++) {
		xnb_stats_read_queue(netdev_priv(dev), i, &totals);
		tx->packets += totals.tx[XNB_WORK_PACKETS];
		tx->bytes += totals.tx[XNB_WORK_BYTES];
		if (i < dev->real_num_rx_queues)
			continue;
		rx->packets += totals.rx[XNB_WORK_PACKETS];
		rx->bytes += totals.rx[XNB_WORK_BYTES];
		rx->alloc_fail += totals.count[XNB_RX_DROP_NOMEM];
	}
}

const struct netdev_stat_ops xnb_stat_ops = {
	.get_queue_stats_rx = xnb_stats_queue_rx,
	.get_queue_stats_tx = xnb_stats_queue_tx,
	.get_base_stats = xnb_stats_base,
};
