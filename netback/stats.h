/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters. Directions are those of the vif as dom0 sees it: "rx" came from
 * the guest, "tx" went to it. Every discarded packet is in exactly one of
 * enum xnb_stat.
 */
#ifndef XNB_STATS_H
#define XNB_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

/**
 * enum xnb_stat - rare events, counted one by one
 *
 * @XNB_RX_ERR_SHORT: packet from the guest shorter than an Ethernet header
 * @XNB_RX_ERR_SLOTS: more slots than a packet may have
 * @XNB_RX_ERR_SIZE: slots hold more than the packet's size
 * @XNB_RX_ERR_GSO: GSO values that do not fit the protocol or the packet
 * @XNB_RX_ERR_MESSAGE: multicast message that both adds and removes
 * @XNB_RX_ERR_MCAST_ADDRESS: multicast message about an address of no group
 * @XNB_RX_ERR_MCAST_FULL: multicast message for one group too many
 * @XNB_RX_ERR_GRANT: Xen refused to copy from or map a grant
 * @XNB_RX_ERR_CSUM: partial checksum on something without such a checksum
 * @XNB_RX_ERR_FATAL: what the vif was stopped for
 * @XNB_RX_DROP_NOMEM: no memory for an skb
 * @XNB_TX_ERR_TOO_BIG: packet to the guest beyond what its ring can take
 * @XNB_TX_ERR_GRANT: Xen refused to copy to one of the guest's buffers
 * @XNB_TX_DROP_DOWN: no connected queue
 * @XNB_TX_DROP_MULTICAST: to a group that the guest does not listen to
 * @XNB_TX_DROP_NOMEM: no memory to make a packet of few enough pieces
 * @XNB_TX_DROP_EXPIRED: the guest posted no buffers for too long
 * @XNB_TX_DROP_PURGED: still waiting when the queue was torn down
 * @XNB_TX_DROP_SMALL_RING: needs more slots than the guest ever posts
 * @XNB_STAT_DISCARDS: number of the above, each a discarded packet
 * @XNB_RX_GSO_CHECKSUM_FIXUP: GSO packet that did not ask for a checksum
 * @XNB_RX_CREDIT_WAITS: times a queue had to wait for credit (`rate`)
 * @XNB_RX_HASH_IGNORED: hash from the guest that does not fit its packet
 * @XNB_TX_STALLED: times the queue was found stalled
 * @XNB_TX_FATAL: times the vif was stopped for the state of an RX ring
 * @XNB_CTRL_DONE: control message that was carried out
 * @XNB_CTRL_ERR_UNSUPPORTED: control message of an unknown type, or not now
 * @XNB_CTRL_ERR_INVALID: control message with a value that makes no sense
 * @XNB_CTRL_ERR_TOO_LARGE: control message with a key or table too large for us
 * @XNB_CTRL_ERR_GRANT: control message whose grant Xen refused to copy from
 * @XNB_CTRL_ERR_FATAL: what the control ring, and the vif, was stopped for
 * @XNB_STAT_NR: number of counters
 */
enum xnb_stat {
	XNB_RX_ERR_SHORT,
	XNB_RX_ERR_SLOTS,
	XNB_RX_ERR_SIZE,
	XNB_RX_ERR_GSO,
	XNB_RX_ERR_MESSAGE,
	XNB_RX_ERR_MCAST_ADDRESS,
	XNB_RX_ERR_MCAST_FULL,
	XNB_RX_ERR_GRANT,
	XNB_RX_ERR_CSUM,
	XNB_RX_ERR_FATAL,
	XNB_RX_DROP_NOMEM,
	XNB_TX_ERR_TOO_BIG,
	XNB_TX_ERR_GRANT,
	XNB_TX_DROP_DOWN,
	XNB_TX_DROP_MULTICAST,
	XNB_TX_DROP_NOMEM,
	XNB_TX_DROP_EXPIRED,
	XNB_TX_DROP_PURGED,
	XNB_TX_DROP_SMALL_RING,
	XNB_STAT_DISCARDS,
	XNB_RX_GSO_CHECKSUM_FIXUP = XNB_STAT_DISCARDS,
	XNB_RX_CREDIT_WAITS,
	XNB_RX_HASH_IGNORED,
	XNB_TX_STALLED,
	XNB_TX_FATAL,
	XNB_CTRL_DONE,
	XNB_CTRL_ERR_UNSUPPORTED,
	XNB_CTRL_ERR_INVALID,
	XNB_CTRL_ERR_TOO_LARGE,
	XNB_CTRL_ERR_GRANT,
	XNB_CTRL_ERR_FATAL,
	XNB_STAT_NR,
};

/**
 * xnb_stat_of_vif() - does a counter belong to the vif, and never to a queue?
 * @stat: the counter
 *
 * There is one control ring per vif, and without a guest there are no queues.
 * Pure, any context.
 *
 * Return: whether no queue has it.
 */
static inline bool xnb_stat_of_vif(enum xnb_stat stat)
{
	return stat == XNB_TX_DROP_DOWN || stat >= XNB_CTRL_DONE;
}

/**
 * struct xnb_counters - one counter for each enum xnb_stat
 * @count: any context counts
 */
struct xnb_counters {
	atomic64_t count[XNB_STAT_NR];
};

/**
 * enum xnb_work - what the work in one direction consists of
 *
 * @XNB_WORK_PACKETS: packets, one per GSO packet
 * @XNB_WORK_BYTES: their bytes
 * @XNB_WORK_BATCHES: times that packets were carried together
 * @XNB_WORK_HYPERCALLS: hypercalls for grants
 * @XNB_WORK_COPIES: grant copy operations
 * @XNB_WORK_COPIED_BYTES: bytes they copied
 * @XNB_WORK_MAPS: pages mapped; from the guest only
 * @XNB_WORK_UNMAPS: pages unmapped; from the guest only
 * @XNB_WORK_NOTIFIES: events sent to the guest
 * @XNB_WORK_NOTIFIES_SAVED: times that it did not want one
 * @XNB_WORK_NR: number of these
 */
enum xnb_work {
	XNB_WORK_PACKETS,
	XNB_WORK_BYTES,
	XNB_WORK_BATCHES,
	XNB_WORK_HYPERCALLS,
	XNB_WORK_COPIES,
	XNB_WORK_COPIED_BYTES,
	XNB_WORK_MAPS,
	XNB_WORK_UNMAPS,
	XNB_WORK_NOTIFIES,
	XNB_WORK_NOTIFIES_SAVED,
	XNB_WORK_NR,
};

/**
 * struct xnb_traffic - the work of a queue in one direction
 * @syncp: one writer at a time
 * @count: by enum xnb_work
 */
struct xnb_traffic {
	struct u64_stats_sync syncp;
	u64_stats_t count[XNB_WORK_NR];
};

/**
 * struct xnb_cpu_stats - what one CPU has done for a vif
 * @interrupts: events of the guest
 * @runs: runs of a queue's action
 * @run_ns: time they took
 * @released: packets whose mapped pages the stack let go of here
 * @drained: pages unmapped
 *
 * The CPU itself counts; @released is counted by whoever drains.
 */
struct xnb_cpu_stats {
	u64 interrupts;
	u64 runs;
	u64 run_ns;
	atomic64_t released;
	u64 drained;
};

/**
 * struct xnb_totals - a reading of all of the above
 * @rx: from the guest, by enum xnb_work
 * @tx: to the guest
 * @count: by enum xnb_stat
 */
struct xnb_totals {
	u64 rx[XNB_WORK_NR];
	u64 tx[XNB_WORK_NR];
	u64 count[XNB_STAT_NR];
};

struct rtnl_link_stats64;
struct xnb_queue;
struct xnb_vif;

extern const char * const xnb_stat_names[XNB_STAT_NR];
extern const struct netdev_stat_ops xnb_stat_ops;

/**
 * xnb_count() - count a rare event
 * @counters: a queue's, or a vif's for what belongs to no queue
 * @stat: what has happened
 *
 * Any context.
 */
static inline void xnb_count(struct xnb_counters *counters, enum xnb_stat stat)
{
	atomic64_inc(&counters->count[stat]);
}

/**
 * xnb_work_add() - count work
 * @traffic: the direction in which it was done
 * @what: what was done
 * @count: how much of it
 *
 * Context: whoever owns the direction: from the guest the queue's action or its
 * teardown, to the guest the holder of the RX lock. One at a time.
 */
static inline void xnb_work_add(struct xnb_traffic *traffic, enum xnb_work what,
				unsigned int count)
{
	u64_stats_update_begin(&traffic->syncp);
	u64_stats_add(&traffic->count[what], count);
	u64_stats_update_end(&traffic->syncp);
}

/**
 * xnb_traffic_add() - count packets that went through
 * @traffic: the direction
 * @packets: how many
 * @bytes: all their bytes
 *
 * Context: as xnb_work_add().
 */
static inline void xnb_traffic_add(struct xnb_traffic *traffic,
				   unsigned int packets, unsigned int bytes)
{
	u64_stats_update_begin(&traffic->syncp);
	u64_stats_add(&traffic->count[XNB_WORK_PACKETS], packets);
	u64_stats_add(&traffic->count[XNB_WORK_BYTES], bytes);
	u64_stats_update_end(&traffic->syncp);
}

void xnb_stats_queue_init(struct xnb_queue *queue);
void xnb_stats_keep(struct xnb_vif *vif);
void xnb_stats_read(struct xnb_vif *vif, struct xnb_totals *totals);
void xnb_stats_read_queue(struct xnb_vif *vif, unsigned int id,
			  struct xnb_totals *totals);
void xnb_stats_link(struct xnb_vif *vif, struct rtnl_link_stats64 *link);

#endif /* XNB_STATS_H */
