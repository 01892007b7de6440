/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hashes of packets: to find a packet's queue, and as extra info both ways.
 *
 * There are two copies of a guest's settings. One is published, and read by
 * whoever sends to the guest; the other is where control messages make their
 * changes. Publishing swaps the two after a grace period, so that every packet
 * sees either all of a change or nothing, and nothing is allocated for one.
 */
#ifndef XNB_HASH_H
#define XNB_HASH_H

#include <linux/compiler.h>
#include <linux/rcupdate.h>

#include "common/hash_ctrl.h"
#include "common/wire.h"

#include "stats.h"
#include "vif.h"

struct net_device;
struct sk_buff;

/**
 * struct xnb_hash - a guest's settings, twice
 * @config: one of them may be published in &xnb_vif.hash
 * @draft: which one is not, and may be changed
 */
struct xnb_hash {
	struct xnet_hash_config config[2];
	unsigned int draft;
};

void xnb_hash_init(struct xnb_hash *hash, unsigned int nr_queues);
void xnb_hash_publish(struct xnb_hash *hash, struct xnb_vif *vif);
void xnb_hash_withdraw(struct xnb_vif *vif);
u16 xnb_hash_select_queue(struct net_device *dev, struct sk_buff *skb,
			  struct net_device *sb_dev);
bool xnb_hash_compute(const struct xnet_hash_config *config,
		      const struct sk_buff *skb, struct xnet_hash *hash);
void xnb_hash_accept(struct sk_buff *skb, const struct xnet_hash *hash,
		     struct xnb_counters *counters);

/**
 * xnb_hash_draft() - the copy of the settings that may be changed
 * @hash: the guest's settings
 *
 * Context: the work of the control ring, which alone makes changes.
 *
 * Return: the copy that is not published.
 */
static inline struct xnet_hash_config *xnb_hash_draft(struct xnb_hash *hash)
{
	return &hash->config[hash->draft];
}

/**
 * xnb_hash_skb() - the hash to tell the guest with a packet
 * @vif: the vif
 * @skb: a packet to the guest, from its Ethernet header on
 * @hash: where to put it
 *
 * Context: bottom halves, or interrupts, are disabled.
 *
 * Return: false when there is none.
 */
static inline bool xnb_hash_skb(const struct xnb_vif *vif,
				const struct sk_buff *skb, struct xnet_hash *hash)
{
	const struct xnet_hash_config *config = rcu_dereference_bh(vif->hash);

	return unlikely(config) && xnb_hash_compute(config, skb, hash);
}

#endif /* XNB_HASH_H */
