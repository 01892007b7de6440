// SPDX-License-Identifier: GPL-2.0
/* Multicast control; see multicast.h. */

#include <linux/etherdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <xen/xenbus.h>

#include "common/tx_parse.h"

#include "multicast.h"
#include "vif.h"

#define XNB_MULTICAST_KEY	"request-multicast-control"

/* Return: the entry that holds @group, 0 for a free one, or NULL. */
static atomic64_t *xnb_multicast_find(struct xnb_multicast *multicast, u64 group)
{
	int i;

	for (i = 0; i < XNB_MULTICAST_MAX; i++)
		if (atomic64_read(&multicast->group[i]) == group)
			return &multicast->group[i];

	return NULL;
}

/* Return: false when the list is full. A group is in it once at most. */
static bool xnb_multicast_add(struct xnb_multicast *multicast, u64 group)
{
	atomic64_t *entry;

	spin_lock_bh(&multicast->lock);
	entry = xnb_multicast_find(multicast, group) ?:
		xnb_multicast_find(multicast, 0);
	if (entry)
		atomic64_set(entry, group);
	spin_unlock_bh(&multicast->lock);

	return entry;
}

static void xnb_multicast_del(struct xnb_multicast *multicast, u64 group)
{
	atomic64_t *entry;

	spin_lock_bh(&multicast->lock);
	entry = xnb_multicast_find(multicast, group);
	if (entry)
		atomic64_set(entry, 0);
	spin_unlock_bh(&multicast->lock);
}

/**
 * xnb_multicast_message() - carry out a message from the TX ring
 * @vif: the vif
 * @pkt: the message, parsed without error
 * @reason: why it is refused
 *
 * To leave a group that was never joined is no mistake: netif.h has a guest
 * amend the list without reading it. Context: the action of any queue.
 *
 * Return: false when the message must be answered with an error.
 */
bool xnb_multicast_message(struct xnb_vif *vif, const struct xnet_tx_pkt *pkt,
			   enum xnb_stat *reason)
{
	u64 group = ether_addr_to_u64(pkt->mcast);

	if ((pkt->extras & XNET_TX_MESSAGES) == XNET_TX_MESSAGES) {
		*reason = XNB_RX_ERR_MESSAGE;
		return false;
	}
	if (!is_multicast_ether_addr(pkt->mcast)) {
		*reason = XNB_RX_ERR_MCAST_ADDRESS;
		return false;
	}

	if (pkt->extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_MCAST_DEL)) {
		xnb_multicast_del(&vif->multicast, group);
	} else if (!xnb_multicast_add(&vif->multicast, group)) {
		*reason = XNB_RX_ERR_MCAST_FULL;
		return false;
	}

	return true;
}

/**
 * xnb_multicast_match() - is a packet for the guest, with the list applied?
 * @multicast: what the guest listens to
 * @skb: the packet, from its Ethernet header on
 *
 * What goes to one station or to all of them is not the list's business.
 * Any context.
 *
 * Return: false for a packet to a group that is not in the list.
 */
bool xnb_multicast_match(const struct xnb_multicast *multicast,
			 const struct sk_buff *skb)
{
	const u8 *to = skb->data;
	u64 group;
	int i;

	if (skb_headlen(skb) < ETH_ALEN || !is_multicast_ether_addr(to) ||
	    is_broadcast_ether_addr(to))
		return true;

	group = ether_addr_to_u64(to);
	for (i = 0; i < XNB_MULTICAST_MAX; i++)
		if (atomic64_read(&multicast->group[i]) == group)
			return true;

	return false;
}

static void xnb_multicast_sample(struct xnb_vif *vif)
{
	bool filter = xenbus_read_unsigned(vif->xdev->otherend, XNB_MULTICAST_KEY, 0);

	WRITE_ONCE(vif->multicast.filter, filter && !vif->multicast.unknown);
}

static void xnb_multicast_changed(struct xenbus_watch *watch, const char *path,
				  const char *token)
{
	struct xnb_vif *vif = container_of(watch, struct xnb_vif, multicast.watch);

	mutex_lock(&vif->lock);
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags))
		xnb_multicast_sample(vif);
	mutex_unlock(&vif->lock);
}

/*
 * A guest can write its key as fast as it likes: events do not pile up, since
 * the one that waits is going to read the latest value (XSA-349).
 */
static bool xnb_multicast_will_handle(struct xenbus_watch *watch,
				      const char *path, const char *token)
{
	return !watch->nr_pending;
}

/**
 * xnb_multicast_init() - prepare a vif's list
 * @vif: the vif, zeroed
 *
 * Any context; nobody else knows of the vif yet.
 */
void xnb_multicast_init(struct xnb_vif *vif)
{
	spin_lock_init(&vif->multicast.lock);
}

/**
 * xnb_multicast_watch() - follow the frontend's key from now on
 * @vif: the vif
 *
 * Context: may sleep.
 *
 * Return: 0, or a negative errno that XenBus has reported (xenbus_dev_fatal()).
 */
int xnb_multicast_watch(struct xnb_vif *vif)
{
	struct xenbus_watch *watch = &vif->multicast.watch;
	int err;

	err = xenbus_watch_pathfmt(vif->xdev, watch, xnb_multicast_will_handle,
				   xnb_multicast_changed, "%s/" XNB_MULTICAST_KEY,
				   vif->xdev->otherend);
	if (err)
		watch->node = NULL;

	return err;
}

/**
 * xnb_multicast_unwatch() - follow the frontend's key no longer
 * @vif: the vif; one that never did is fine
 *
 * Context: may sleep; the vif's lock is not held, since this waits for a
 * callback that takes it.
 */
void xnb_multicast_unwatch(struct xnb_vif *vif)
{
	struct xenbus_watch *watch = &vif->multicast.watch;

	if (!watch->node)
		return;

	unregister_xenbus_watch(watch);
	kfree(watch->node);
	watch->node = NULL;
}

/**
 * xnb_multicast_connect() - start over with a frontend that connects
 * @vif: the vif, whose queues are not open yet
 * @inherited: its rings were served by another backend before. What the guest
 *	told that one we do not know, and it is not going to tell us: it gets
 *	all groups until it connects anew
 *
 * Context: may sleep; the vif's lock.
 */
void xnb_multicast_connect(struct xnb_vif *vif, bool inherited)
{
	int i;

	vif->multicast.unknown = inherited;
	for (i = 0; i < XNB_MULTICAST_MAX; i++)
		atomic64_set(&vif->multicast.group[i], 0);
	xnb_multicast_sample(vif);
}
