// SPDX-License-Identifier: GPL-2.0
/* Hashes of packets; see hash.h. */

#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "common/flow.h"

#include "hash.h"
#include "vif.h"

/**
 * xnb_hash_init() - prepare a guest's settings
 * @hash: the settings, of which none is published
 * @nr_queues: the vif's queues
 *
 * Any context; nobody else knows of the settings yet.
 */
void xnb_hash_init(struct xnb_hash *hash, unsigned int nr_queues)
{
	xnet_hash_init(&hash->config[0], nr_queues);
	hash->draft = 0;
}

/**
 * xnb_hash_publish() - let packets see the changes that were made
 * @hash: the settings, whose draft has changed
 * @vif: the vif
 *
 * Context: sleeps for a grace period; callers are serialised.
 */
void xnb_hash_publish(struct xnb_hash *hash, struct xnb_vif *vif)
{
	struct xnet_hash_config *draft = xnb_hash_draft(hash);
	bool enabled = xnet_hash_enabled(draft);
	bool readers = rcu_access_pointer(vif->hash);

	draft->changed = false;
	/* Packets of a guest without hashes look at a pointer and no further. */
	rcu_assign_pointer(vif->hash, enabled ? draft : NULL);
	if (readers)
		synchronize_rcu();
	if (!enabled)
		return;

	hash->draft = !hash->draft;
	hash->config[hash->draft] = *draft;
}

/**
 * xnb_hash_withdraw() - let packets see no settings any more
 * @vif: the vif
 *
 * Nobody looks at what was published when this returns.
 * Context: sleeps for a grace period; nobody publishes.
 */
void xnb_hash_withdraw(struct xnb_vif *vif)
{
	if (!rcu_access_pointer(vif->hash))
		return;

	RCU_INIT_POINTER(vif->hash, NULL);
	synchronize_net();
}

/**
 * xnb_hash_compute() - hash a packet as the guest has asked for
 * @config: the guest's settings
 * @skb: the packet, from its Ethernet header on
 * @hash: where to put the hash
 *
 * Headers are read where they are; only when they are spread over fragments is
 * the beginning of the packet copied to the stack first. Any context.
 *
 * Return: false when the packet is of no type that is to be hashed.
 */
bool xnb_hash_compute(const struct xnet_hash_config *config,
		      const struct sk_buff *skb, struct xnet_hash *hash)
{
	unsigned int linear = skb_headlen(skb), len;
	u8 head[XNET_FLOW_BYTES_MAX];
	struct xnet_flow flow;
	bool found;

	found = xnet_flow_find(&flow, config->types, skb->data, linear);
	if (unlikely(flow.cut && linear < skb->len && linear < sizeof(head))) {
		len = min_t(unsigned int, skb->len, sizeof(head));
		if (!skb_copy_bits(skb, 0, head, len))
			found = xnet_flow_find(&flow, config->types, head, len);
	}
	if (!found)
		return false;

	hash->type = flow.type;
	hash->algorithm = config->algorithm;
	xnet_hash_set_value(hash, xnet_flow_hash(&flow, &config->toeplitz));
	return true;
}

/*
 * Without settings of the guest. What is forwarded goes by XPS, to the queue that
 * lives where the packet came in. A sender of this domain has its queue by the
 * hash of its flow: its packets are done with as soon as they are copied, which
 * XPS takes for leave to change queues whenever the sender runs on another CPU,
 * and then they overtake each other in the guest.
 */
static u16 xnb_hash_pick(struct net_device *dev, struct sk_buff *skb,
			 struct net_device *sb_dev)
{
	if (skb->sk)
		return reciprocal_scale(skb_get_hash(skb),
					READ_ONCE(dev->real_num_tx_queues));

	return netdev_pick_tx(dev, skb, sb_dev);
}

/**
 * xnb_hash_select_queue() - the queue for a packet to the guest
 * @dev: the vif's interface
 * @skb: the packet
 * @sb_dev: see ndo_select_queue
 *
 * A packet that has no hash goes where the hash 0 does, like on other devices
 * with receive-side scaling. Context: ndo_select_queue; some callers (packet
 * sockets that bypass the qdisc) hold no lock at all.
 *
 * Return: a queue of the vif.
 */
u16 xnb_hash_select_queue(struct net_device *dev, struct sk_buff *skb,
			  struct net_device *sb_dev)
{
	struct xnb_vif *vif = netdev_priv(dev);
	const struct xnet_hash_config *config;
	struct xnet_hash hash;
	unsigned int used;
	u32 value = 0;
	u16 queue;

	if (likely(!rcu_access_pointer(vif->hash)))
		return xnb_hash_pick(dev, skb, sb_dev);

	rcu_read_lock();
	config = rcu_dereference(vif->hash);
	if (!config) {
		rcu_read_unlock();
		return xnb_hash_pick(dev, skb, sb_dev);
	}

	if (xnb_hash_compute(config, skb, &hash))
		value = xnet_hash_value(&hash);
	queue = xnet_hash_queue(config, value);
	rcu_read_unlock();

	/* The administrator may have set fewer to be used (ethtool -L). */
	used = READ_ONCE(dev->real_num_tx_queues);
	return likely(queue < used) ? queue : queue % used;
}

/**
 * xnb_hash_accept() - believe the hash that a guest sent with its packet
 * @skb: the packet, after eth_type_trans()
 * @hash: private copy of what the guest said
 * @counters: the queue's counters
 *
 * It only ever decides which of several equal ways the packet goes. One that
 * does not fit the packet, or is of a kind unknown, is left out: netif.h does
 * not make it an error. Any context.
 */
void xnb_hash_accept(struct sk_buff *skb, const struct xnet_hash *hash,
		     struct xnb_counters *counters)
{
	unsigned int layer = xnet_hash_layer(hash, skb->protocol == htons(ETH_P_IP),
					     skb->protocol == htons(ETH_P_IPV6));

	if (layer)
		skb_set_hash(skb, xnet_hash_value(hash),
			     layer == 4 ? PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	else
		xnb_count(counters, XNB_RX_HASH_IGNORED);
}
