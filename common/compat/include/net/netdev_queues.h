/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_NET_NETDEV_QUEUES_H
#define XNET_COMPAT_NET_NETDEV_QUEUES_H

#include_next <net/netdev_queues.h>
#include "../../compat-config.h"

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
