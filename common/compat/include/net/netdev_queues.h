/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_NET_NETDEV_QUEUES_H
#define XNET_COMPAT_NET_NETDEV_QUEUES_H

#include_next <net/netdev_queues.h>
#include "../../compat-config.h"

#ifdef XNET_HAVE_NETDEV_STAT_OPS
#define xnet_set_stat_ops(dev, ops)	((dev)->stat_ops = (ops))
#else
#define xnet_set_stat_ops(dev, ops)	((void)(ops))

struct netdev_queue_stats_rx {
	u64 bytes;
	u64 packets;
	u64 alloc_fail;
};

struct netdev_queue_stats_tx {
	u64 bytes;
	u64 packets;
};

struct netdev_stat_ops {
	void (*get_queue_stats_rx)(struct net_device *dev, int idx,
				   struct netdev_queue_stats_rx *stats);
	void (*get_queue_stats_tx)(struct net_device *dev, int idx,
				   struct netdev_queue_stats_tx *stats);
	void (*get_base_stats)(struct net_device *dev,
			       struct netdev_queue_stats_rx *rx,
			       struct netdev_queue_stats_tx *tx);
};
#endif

#ifndef XNET_HAVE_NETIF_TXQ_COMPLETED_WAKE

/*
 * 6.1 has netif_txq_maybe_wake(), which leaves BQL to the caller and does not
 * wake at exactly start_thrs; this is the contract of the later kernels. The
 * barrier pairs with the one in netif_txq_try_stop(): a stopping xmit and this
 * side must not both miss each other.
 */
#define netif_txq_completed_wake(txq, pkts, bytes, get_desc, start_thrs) \
	({								\
		int _res = -1;						\
									\
		netdev_tx_completed_queue(txq, pkts, bytes);		\
		smp_mb();						\
		if ((pkts) && likely((get_desc) >= (start_thrs))) {	\
			_res = 1;					\
			if (unlikely(netif_tx_queue_stopped(txq))) {	\
				netif_tx_wake_queue(txq);		\
				_res = 0;				\
			}						\
		}							\
		_res;							\
	})

#endif

#endif
