/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters. They belong to the device, one set per queue number, and outlive
 * the queues: totals go on where they were after a reconnect, whatever number
 * of queues it brings.
 */
#ifndef XNF_STATS_H
#define XNF_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

#include "common/rx_parse.h"

/**
 * enum xnf_stat - rare events, and what happens once for many packets
 *
 * @XNF_RX_ERR_STATUS: the backend reported an error instead of data
 * @XNF_RX_ERR_CROSSES_PAGE: data said to reach beyond the buffer
 * @XNF_RX_ERR_SLOTS: more slots than a packet may have
 * @XNF_RX_ERR_SHORT: smaller than an Ethernet header
 * @XNF_RX_ERR_SIZE: bigger than any packet can be
 * @XNF_RX_ERR_EXTRA_MISSING: extra info announced but not there
 * @XNF_RX_ERR_EXTRA_TYPE: extra info of a type not agreed upon
 * @XNF_RX_ERR_EXTRA_TWICE: the same type of extra info twice
 * @XNF_RX_ERR_GSO: GSO values that do not fit the protocol or the packet
 * @XNF_RX_ERR_HEADROOM: a slot smaller than the headroom said to be in it
 * @XNF_RX_ERR_TRUNCATED: more data announced but not there
 * @XNF_RX_ERR_CSUM: partial checksum on something without such a checksum
 * @XNF_RX_ERR_BROKEN: lost because the ring broke in its midst
 * @XNF_RX_DROP_NOMEM: no memory for an skb
 * @XNF_RX_DROP_DOWN: the interface is down
 * @XNF_RX_DROP_XDP_ABORTED: an XDP program failed, or could not redirect it
 * @XNF_RX_DROP_XDP_SIZE: too large for an XDP program, or for its verdict
 * @XNF_TX_ERR_BACKEND: the backend answered with an error
 * @XNF_TX_DROP_DOWN: no connected queue
 * @XNF_TX_DROP_SIZE: shorter than an Ethernet header, or beyond the protocol
 * @XNF_TX_DROP_NOMEM: no memory to copy what cannot be granted as it is
 * @XNF_TX_DROP_XDP: an XDP frame that there was no room or no memory for
 * @XNF_TX_DROP_PURGED: not answered when the connection ended
 * @XNF_STAT_DISCARDS: number of the above, each a discarded packet
 * @XNF_RX_GSO_CHECKSUM_FIXUP: GSO packet that lacked a partial checksum
 * @XNF_RX_ID_MISMATCH: response with the id of another request
 * @XNF_RX_HASH_IGNORED: hash of a kind unknown, or that does not fit the packet
 * @XNF_RX_ALLOC_FAIL: times the ring could not be refilled completely
 * @XNF_RX_XDP_DROP: dropped because an XDP program wanted it so
 * @XNF_RX_XDP_TX: an XDP program sent it back
 * @XNF_RX_XDP_REDIRECT: an XDP program sent it elsewhere
 * @XNF_RX_XDP_COPIED: moved to another page, for want of room around it for XDP
 * @XNF_TX_XDP: XDP frames put on the ring
 * @XNF_RX_PAGES: pages posted for the backend
 * @XNF_RX_PAGES_NEW: pages that the pool had to get from the kernel for that
 * @XNF_TX_BATCHES: times that the backend was shown new requests
 * @XNF_TX_NOTIFIES: times that it wanted an event for them
 * @XNF_TX_COPIED: packets copied to pages of their own before being granted
 * @XNF_CTRL_DONE: control messages that the backend carried out
 * @XNF_CTRL_ERR_REFUSED: control messages that it refused
 * @XNF_CTRL_ERR_TIMEOUT: control messages that it did not answer
 * @XNF_CTRL_ERR_NONSENSE: control messages that it answered with nonsense
 * @XNF_BROKEN_TX_PROD: TX responses to requests never made
 * @XNF_BROKEN_TX_ID: TX response to a request not in flight
 * @XNF_BROKEN_TX_EXTRA: TX response to extra info not in flight
 * @XNF_BROKEN_TX_GRANT: TX response while the page was still mapped
 * @XNF_BROKEN_RX_PROD: RX responses to requests never made
 * @XNF_BROKEN_RX_GRANT: RX response while the page was still mapped
 * @XNF_WD_LOST_EVENT: the watchdog took responses that no event had come for
 * @XNF_WD_KICK_RESENT: the watchdog notified the backend once more
 * @XNF_WD_UNRESPONSIVE: the watchdog reported a backend that answers nothing
 * @XNF_WD_STUCK: the watchdog reported a poll that does not run
 * @XNF_WD_RECONNECT: the watchdog asked for a new connection
 * @XNF_WD_RECOVERED: it went on after one of these
 * @XNF_STAT_NR: number of counters
 *
 * The order of the first group is that of enum xnet_rx_error.
 */
enum xnf_stat {
	XNF_RX_ERR_STATUS,
	XNF_RX_ERR_CROSSES_PAGE,
	XNF_RX_ERR_SLOTS,
	XNF_RX_ERR_SHORT,
	XNF_RX_ERR_SIZE,
	XNF_RX_ERR_EXTRA_MISSING,
	XNF_RX_ERR_EXTRA_TYPE,
	XNF_RX_ERR_EXTRA_TWICE,
	XNF_RX_ERR_GSO,
	XNF_RX_ERR_HEADROOM,
	XNF_RX_ERR_TRUNCATED,
	XNF_RX_ERR_CSUM,
	XNF_RX_ERR_BROKEN,
	XNF_RX_DROP_NOMEM,
	XNF_RX_DROP_DOWN,
	XNF_RX_DROP_XDP_ABORTED,
	XNF_RX_DROP_XDP_SIZE,
	XNF_TX_ERR_BACKEND,
	XNF_TX_DROP_DOWN,
	XNF_TX_DROP_SIZE,
	XNF_TX_DROP_NOMEM,
	XNF_TX_DROP_XDP,
	XNF_TX_DROP_PURGED,
	XNF_STAT_DISCARDS,
	XNF_RX_GSO_CHECKSUM_FIXUP = XNF_STAT_DISCARDS,
	XNF_RX_ID_MISMATCH,
	XNF_RX_HASH_IGNORED,
	XNF_RX_ALLOC_FAIL,
	XNF_RX_XDP_DROP,
	XNF_RX_XDP_TX,
	XNF_RX_XDP_REDIRECT,
	XNF_RX_XDP_COPIED,
	XNF_TX_XDP,
	XNF_RX_PAGES,
	XNF_RX_PAGES_NEW,
	XNF_TX_BATCHES,
	XNF_TX_NOTIFIES,
	XNF_TX_COPIED,
	XNF_CTRL_DONE,
	XNF_CTRL_ERR_REFUSED,
	XNF_CTRL_ERR_TIMEOUT,
	XNF_CTRL_ERR_NONSENSE,
	XNF_BROKEN_TX_PROD,
	XNF_BROKEN_TX_ID,
	XNF_BROKEN_TX_EXTRA,
	XNF_BROKEN_TX_GRANT,
	XNF_BROKEN_RX_PROD,
	XNF_BROKEN_RX_GRANT,
	XNF_WD_LOST_EVENT,
	XNF_WD_KICK_RESENT,
	XNF_WD_UNRESPONSIVE,
	XNF_WD_STUCK,
	XNF_WD_RECONNECT,
	XNF_WD_RECOVERED,
	XNF_STAT_NR,
};

/**
 * struct xnf_traffic - packets and bytes in one direction
 * @syncp: the one writer is the queue's NAPI poll
 * @packets: packets, one per GSO packet
 * @bytes: their bytes
 */
struct xnf_traffic {
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
};

/**
 * struct xnf_queue_stats - all counters of one queue number
 * @rx: what was handed to the stack, or an XDP program has disposed of
 * @tx: what the backend has taken; a packet counts when it is answered
 * @count: by enum xnf_stat, any context
 */
struct xnf_queue_stats {
	struct xnf_traffic rx;
	struct xnf_traffic tx;
	atomic64_t count[XNF_STAT_NR];
} ____cacheline_aligned_in_smp;

/**
 * struct xnf_totals - a consistent reading of packets and bytes
 * @rx_packets: received
 * @rx_bytes: received
 * @tx_packets: sent
 * @tx_bytes: sent
 */
struct xnf_totals {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
};

struct netdev_stat_ops;
struct rtnl_link_stats64;
struct xnf_dev;

extern const char * const xnf_stat_names[XNF_STAT_NR];
extern const struct netdev_stat_ops xnf_stat_ops;

/**
 * xnf_count() - count a rare event
 * @stats: of the queue
 * @stat: what has happened
 *
 * Any context.
 */
static inline void xnf_count(struct xnf_queue_stats *stats, enum xnf_stat stat)
{
	atomic64_inc(&stats->count[stat]);
}

/**
 * xnf_count_more() - count something that happens many times at once
 * @stats: of the queue
 * @stat: what has happened
 * @n: how often
 *
 * Any context.
 */
static inline void xnf_count_more(struct xnf_queue_stats *stats, enum xnf_stat stat,
				  unsigned int n)
{
	if (n)
		atomic64_add(n, &stats->count[stat]);
}

/**
 * xnf_stat_of_rx_error() - the counter for what the parser has found
 * @error: not XNET_RX_OK
 *
 * Pure, any context.
 *
 * Return: the counter.
 */
static inline enum xnf_stat xnf_stat_of_rx_error(enum xnet_rx_error error)
{
	return XNF_RX_ERR_STATUS + (error - XNET_RX_ERR_STATUS);
}

/**
 * xnf_traffic_add() - count packets that went through
 * @traffic: the direction
 * @packets: how many
 * @bytes: all their bytes
 *
 * Context: the queue's NAPI poll, or its teardown.
 */
static inline void xnf_traffic_add(struct xnf_traffic *traffic,
				   unsigned int packets, unsigned int bytes)
{
	u64_stats_update_begin(&traffic->syncp);
	u64_stats_add(&traffic->packets, packets);
	u64_stats_add(&traffic->bytes, bytes);
	u64_stats_update_end(&traffic->syncp);
}

void xnf_stats_init(struct xnf_queue_stats *stats);
void xnf_stats_read(const struct xnf_queue_stats *stats, struct xnf_totals *totals);
void xnf_stats_link(const struct xnf_dev *xnf, struct rtnl_link_stats64 *link);

#endif /* XNF_STATS_H */
