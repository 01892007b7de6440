// SPDX-License-Identifier: GPL-2.0
// 6.4: netif_txq_completed_wake (6.1 stable has only the maybe_stop half)
// for: netif_txq_completed_wake
#include <net/netdev_queues.h>

int probe(struct netdev_queue *txq);
int probe(struct netdev_queue *txq)
{
	return netif_txq_completed_wake(txq, 1, 1, 1, 1);
}
