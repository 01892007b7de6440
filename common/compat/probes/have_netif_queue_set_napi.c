// SPDX-License-Identifier: GPL-2.0
// 6.7: netif_queue_set_napi; 6.8: netif_napi_set_irq
// for: netif_queue_set_napi netif_napi_set_irq
#include <linux/netdevice.h>

void probe(struct net_device *dev, struct napi_struct *napi);
void probe(struct net_device *dev, struct napi_struct *napi)
{
	netif_napi_set_irq(napi, 1);
	netif_queue_set_napi(dev, 0, NETDEV_QUEUE_TYPE_RX, napi);
}
