// SPDX-License-Identifier: GPL-2.0
/* Counters; see stats.h. */

#include <linux/build_bug.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <net/netdev_queues.h>

#include "dev.h"
#include "stats.h"

static_assert(XNF_RX_ERR_TRUNCATED - XNF_RX_ERR_STATUS ==
	      XNET_RX_ERR_TRUNCATED - XNET_RX_ERR_STATUS);
static_assert(XNET_RX_ERR_TRUNCATED + 1 == XNET_RX_ERRORS);

/* Names as in `ethtool -S`, where they are prefixed with "queue_N_" too. */
const char * const xnf_stat_names[XNF_STAT_NR] = {
	[XNF_RX_ERR_STATUS] = "rx_err_status",
	[XNF_RX_ERR_CROSSES_PAGE] = "rx_err_crosses_page",
	[XNF_RX_ERR_SLOTS] = "rx_err_slots",
	[XNF_RX_ERR_SHORT] = "rx_err_short",
	[XNF_RX_ERR_SIZE] = "rx_err_size",
	[XNF_RX_ERR_EXTRA_MISSING] = "rx_err_extra_missing",
	[XNF_RX_ERR_EXTRA_TYPE] = "rx_err_extra_type",
	[XNF_RX_ERR_EXTRA_TWICE] = "rx_err_extra_twice",
	[XNF_RX_ERR_GSO] = "rx_err_gso",
	[XNF_RX_ERR_HEADROOM] = "rx_err_headroom",
	[XNF_RX_ERR_TRUNCATED] = "rx_err_truncated",
	[XNF_RX_ERR_CSUM] = "rx_err_csum",
	[XNF_RX_ERR_BROKEN] = "rx_err_broken",
	[XNF_RX_DROP_NOMEM] = "rx_drop_nomem",
	[XNF_RX_DROP_DOWN] = "rx_drop_down",
	[XNF_RX_DROP_XDP_ABORTED] = "rx_drop_xdp_aborted",
	[XNF_RX_DROP_XDP_SIZE] = "rx_drop_xdp_size",
	[XNF_TX_ERR_BACKEND] = "tx_err_backend",
	[XNF_TX_DROP_DOWN] = "tx_drop_down",
	[XNF_TX_DROP_SIZE] = "tx_drop_size",
	[XNF_TX_DROP_NOMEM] = "tx_drop_nomem",
	[XNF_TX_DROP_XDP] = "tx_drop_xdp",
	[XNF_TX_DROP_PURGED] = "tx_drop_purged",
	[XNF_RX_GSO_CHECKSUM_FIXUP] = "rx_gso_checksum_fixup",
	[XNF_RX_ID_MISMATCH] = "rx_id_mismatch",
	[XNF_RX_HASH_IGNORED] = "rx_hash_ignored",
	[XNF_RX_ALLOC_FAIL] = "rx_alloc_fail",
	[XNF_RX_XDP_DROP] = "rx_xdp_drop",
	[XNF_RX_XDP_TX] = "rx_xdp_tx",
	[XNF_RX_XDP_REDIRECT] = "rx_xdp_redirect",
	[XNF_RX_XDP_COPIED] = "rx_xdp_copied",
	[XNF_TX_XDP] = "tx_xdp",
	[XNF_RX_PAGES] = "rx_pages",
	[XNF_RX_PAGES_NEW] = "rx_pages_new",
	[XNF_TX_BATCHES] = "tx_batches",
	[XNF_TX_NOTIFIES] = "tx_notifies",
	[XNF_TX_COPIED] = "tx_copied",
	[XNF_CTRL_DONE] = "ctrl_done",
	[XNF_CTRL_ERR_REFUSED] = "ctrl_err_refused",
	[XNF_CTRL_ERR_TIMEOUT] = "ctrl_err_timeout",
	[XNF_CTRL_ERR_NONSENSE] = "ctrl_err_nonsense",
	[XNF_BROKEN_TX_PROD] = "broken_tx_prod",
	[XNF_BROKEN_TX_ID] = "broken_tx_id",
	[XNF_BROKEN_TX_EXTRA] = "broken_tx_extra",
	[XNF_BROKEN_TX_GRANT] = "broken_tx_grant",
	[XNF_BROKEN_RX_PROD] = "broken_rx_prod",
	[XNF_BROKEN_RX_GRANT] = "broken_rx_grant",
	[XNF_WD_LOST_EVENT] = "wd_lost_event",
	[XNF_WD_KICK_RESENT] = "wd_kick_resent",
	[XNF_WD_UNRESPONSIVE] = "wd_unresponsive",
	[XNF_WD_STUCK] = "wd_stuck",
	[XNF_WD_RECONNECT] = "wd_reconnect",
	[XNF_WD_RECOVERED] = "wd_recovered",
};

/**
 * xnf_stats_init() - make the counters of a queue number ready
 * @stats: the counters, zeroed
 *
 * Any context; nobody else knows of the counters yet.
 */
void xnf_stats_init(struct xnf_queue_stats *stats)
{
	u64_stats_init(&stats->rx.syncp);
	u64_stats_init(&stats->tx.syncp);
}

static void read_traffic(const struct xnf_traffic *traffic, u64 *packets, u64 *bytes)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&traffic->syncp);
		*packets = u64_stats_read(&traffic->packets);
		*bytes = u64_stats_read(&traffic->bytes);
	} while (u64_stats_fetch_retry(&traffic->syncp, start));
}

/**
 * xnf_stats_read() - packets and bytes of a queue number
 * @stats: its counters
 * @totals: where to put them
 *
 * Context: any; nothing is locked.
 */
void xnf_stats_read(const struct xnf_queue_stats *stats, struct xnf_totals *totals)
{
	read_traffic(&stats->rx, &totals->rx_packets, &totals->rx_bytes);
	read_traffic(&stats->tx, &totals->tx_packets, &totals->tx_bytes);
}

/* Sum of the counters from @first up to and including @last. */
static u64 sum(const struct xnf_queue_stats *stats, enum xnf_stat first, enum xnf_stat last)
{
	enum xnf_stat i;
	u64 n = 0;

	for (i = first; i <= last; i++)
		n += atomic64_read(&stats->count[i]);

	return n;
}

/**
 * xnf_stats_link() - the standard counters of the interface
 * @xnf: the device
 * @link: added to
 *
 * Every discarded packet is in exactly one of rx_errors, rx_dropped, tx_errors
 * and tx_dropped: errors are the backend's, drops our own.
 *
 * Context: any; nothing is locked.
 */
void xnf_stats_link(const struct xnf_dev *xnf, struct rtnl_link_stats64 *link)
{
	struct xnf_totals totals;
	unsigned int i;

	for (i = 0; i < xnf->max_queues; i++) {
		const struct xnf_queue_stats *stats = &xnf->stats[i];

		xnf_stats_read(stats, &totals);
		link->rx_packets += totals.rx_packets;
		link->rx_bytes += totals.rx_bytes;
		link->tx_packets += totals.tx_packets;
		link->tx_bytes += totals.tx_bytes;

		link->rx_errors += sum(stats, XNF_RX_ERR_STATUS, XNF_RX_ERR_BROKEN);
		link->rx_dropped += sum(stats, XNF_RX_DROP_NOMEM, XNF_RX_DROP_XDP_SIZE);
		link->tx_errors += sum(stats, XNF_TX_ERR_BACKEND, XNF_TX_ERR_BACKEND);
		link->tx_dropped += sum(stats, XNF_TX_DROP_DOWN, XNF_TX_DROP_PURGED);
	}
}

/* ---- per queue, for netlink's netdev family ------------------------------ */

static void add_queue_rx(const struct xnf_queue_stats *stats, struct netdev_queue_stats_rx *rx)
{
	struct xnf_totals totals;

	xnf_stats_read(stats, &totals);
	rx->packets += totals.rx_packets;
	rx->bytes += totals.rx_bytes;
	rx->alloc_fail += atomic64_read(&stats->count[XNF_RX_ALLOC_FAIL]) +
			  atomic64_read(&stats->count[XNF_RX_DROP_NOMEM]);
}

static void add_queue_tx(const struct xnf_queue_stats *stats, struct netdev_queue_stats_tx *tx)
{
	struct xnf_totals totals;

	xnf_stats_read(stats, &totals);
	tx->packets += totals.tx_packets;
	tx->bytes += totals.tx_bytes;
}

/* What is not set here the kernel takes for unknown. */
static void get_queue_stats_rx(struct net_device *netdev, int id,
			       struct netdev_queue_stats_rx *rx)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);

	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	add_queue_rx(&xnf->stats[id], rx);
}

static void get_queue_stats_tx(struct net_device *netdev, int id,
			       struct netdev_queue_stats_tx *tx)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);

	tx->packets = 0;
	tx->bytes = 0;
	add_queue_tx(&xnf->stats[id], tx);
}

/* What belongs to queues that are not there now. */
static void get_base_stats(struct net_device *netdev, struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);
	unsigned int i;

	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	for (i = netdev->real_num_rx_queues; i < xnf->max_queues; i++)
		add_queue_rx(&xnf->stats[i], rx);

	tx->packets = 0;
	tx->bytes = 0;
	for (i = netdev->real_num_tx_queues; i < xnf->max_queues; i++)
		add_queue_tx(&xnf->stats[i], tx);
}

const struct netdev_stat_ops xnf_stat_ops = {
	.get_queue_stats_rx = get_queue_stats_rx,
	.get_queue_stats_tx = get_queue_stats_tx,
	.get_base_stats = get_base_stats,
};
