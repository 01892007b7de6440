/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Multicast control: a guest names the groups that it listens to, and is spared
 * all others (netif.h, "request-multicast-control").
 *
 * The list is part of the vif and has a fixed size: nothing is allocated or
 * freed for a guest's message, and whoever sends to the guest reads the list
 * without a lock. Whether it is applied is another matter, which the guest
 * decides by a key in XenStore, at any time.
 */
#ifndef XNB_MULTICAST_H
#define XNB_MULTICAST_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <xen/xenbus.h>

#include "stats.h"

struct sk_buff;
struct xnb_vif;
struct xnet_tx_pkt;

/* Groups that a guest can listen to; as many as other backends allow. */
#define XNB_MULTICAST_MAX	64

/**
 * struct xnb_multicast - the groups that a guest listens to
 * @filter: what is not in the list is not for the guest
 * @unknown: the list was told to another backend, whose rings we took over
 * @lock: serialises changes of @group: messages come on any queue
 * @group: Ethernet addresses as numbers, 0 for an entry that is not used
 * @watch: on the frontend's request-multicast-control
 */
struct xnb_multicast {
	bool filter;
	bool unknown;
	spinlock_t lock;
	atomic64_t group[XNB_MULTICAST_MAX];
	struct xenbus_watch watch;
};

void xnb_multicast_init(struct xnb_vif *vif);
int xnb_multicast_watch(struct xnb_vif *vif);
void xnb_multicast_unwatch(struct xnb_vif *vif);
void xnb_multicast_connect(struct xnb_vif *vif, bool inherited);
bool xnb_multicast_message(struct xnb_vif *vif, const struct xnet_tx_pkt *pkt,
			   enum xnb_stat *reason);
bool xnb_multicast_match(const struct xnb_multicast *multicast,
			 const struct sk_buff *skb);

/**
 * xnb_multicast_wants() - is a packet for the guest?
 * @multicast: what the guest listens to
 * @skb: the packet, from its Ethernet header on
 *
 * Any context.
 *
 * Return: false for a packet to a group that the guest is to be spared.
 */
static inline bool xnb_multicast_wants(const struct xnb_multicast *multicast,
				       const struct sk_buff *skb)
{
	return likely(!READ_ONCE(multicast->filter)) ||
	       xnb_multicast_match(multicast, skb);
}

#endif /* XNB_MULTICAST_H */
