// SPDX-License-Identifier: GPL-2.0
// 6.5: dev_kfree_skb_{any,irq}_reason take a drop reason
// for: dev_kfree_skb_any_reason dev_kfree_skb_irq_reason
#include <linux/netdevice.h>

void probe(struct sk_buff *skb);
void probe(struct sk_buff *skb)
{
	dev_kfree_skb_any_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
}
