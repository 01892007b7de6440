// SPDX-License-Identifier: GPL-2.0
/* The network interface of a vif; see vif.h. */

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/netdev_queues.h>

#include "ctrl.h"
#include "debugfs.h"
#include "hash.h"
#include "queue.h"
#include "rx.h"
#include "trace.h"
#include "vif.h"

/* What the netif protocol can carry to a guest that asks for all of it. */
#define XNB_VIF_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | \
				 NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | \
				 NETIF_F_TSO | NETIF_F_TSO6)

static netdev_tx_t xnb_vif_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct xnb_vif *vif = netdev_priv(dev);
	unsigned int id = skb_get_queue_mapping(skb);

	/*
	 * Queues are freed only after the flag was cleared and every transmit
	 * that may have seen it has ended.
	 */
	if (unlikely(!test_bit_acquire(XNB_VIF_CONNECTED, &vif->flags) ||
		     id >= READ_ONCE(vif->nr_queues))) {
		xnb_count(&vif->counters, XNB_TX_DROP_DOWN);
		trace_xnb_drop(vif, id, XNB_TX_DROP_DOWN);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}

	return xnb_rx_xmit(vif->queues[id], skb, netdev_xmit_more());
}

static int xnb_vif_open(struct net_device *dev)
{
	struct xnb_vif *vif = netdev_priv(dev);
	unsigned int i;

	set_bit(XNB_VIF_UP, &vif->flags);
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags))
		for (i = 0; i < vif->nr_queues; i++)
			xnb_action_schedule(&vif->queues[i]->action);
	netif_tx_start_all_queues(dev);

	return 0;
}

static int xnb_vif_stop(struct net_device *dev)
{
	struct xnb_vif *vif = netdev_priv(dev);
	unsigned int i;

	netif_tx_disable(dev);
	clear_bit(XNB_VIF_UP, &vif->flags);
	if (!test_bit(XNB_VIF_CONNECTED, &vif->flags))
		return 0;

	/*
	 * No run that has seen the interface up goes on after this. Runs to
	 * come answer what the stack gives back, and take nothing.
	 */
	for (i = 0; i < vif->nr_queues; i++) {
		xnb_action_pause(&vif->queues[i]->action);
		xnb_action_resume(&vif->queues[i]->action);
	}

	return 0;
}

static netdev_features_t xnb_vif_fix_features(struct net_device *dev,
					      netdev_features_t features)
{
	struct xnb_vif *vif = netdev_priv(dev);

	if (!vif->features.sg)
		features &= ~(NETIF_F_SG | NETIF_F_FRAGLIST);
	if (!vif->features.gso_tcpv4)
		features &= ~NETIF_F_TSO;
	if (!vif->features.gso_tcpv6)
		features &= ~NETIF_F_TSO6;
	if (atomic_read(&vif->small_queues))
		features &= ~(NETIF_F_TSO | NETIF_F_TSO6);
	if (!vif->features.csum_ipv4)
		features &= ~NETIF_F_IP_CSUM;
	if (!vif->features.csum_ipv6)
		features &= ~NETIF_F_IPV6_CSUM;

	return features;
}

static unsigned int xnb_vif_max_mtu(const struct xnb_vif *vif)
{
	return vif->features.sg ? ETH_MAX_MTU - VLAN_ETH_HLEN : ETH_DATA_LEN;
}

static int xnb_vif_change_mtu(struct net_device *dev, int mtu)
{
	struct xnb_vif *vif = netdev_priv(dev);

	if (mtu > xnb_vif_max_mtu(vif)) {
		netdev_err(dev, "MTU %d refused: the guest takes at most %u\n",
			   mtu, xnb_vif_max_mtu(vif));
		return -EINVAL;
	}

	vif->mtu_wanted = 0;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

/*
 * A frontend without scatter-gather takes less than what the administrator has
 * set. The next one, with which the boot loader's may be replaced, gets it back.
 */
static void xnb_vif_fit_mtu(struct xnb_vif *vif)
{
	unsigned int wanted = vif->mtu_wanted ?: vif->dev->mtu;
	unsigned int mtu = min(wanted, xnb_vif_max_mtu(vif));

	if (vif->dev->mtu != mtu && dev_set_mtu(vif->dev, mtu))
		return;

	vif->mtu_wanted = mtu < wanted ? wanted : 0;
}

static void xnb_vif_get_stats64(struct net_device *dev,
				struct rtnl_link_stats64 *stats)
{
	xnb_stats_link(netdev_priv(dev), stats);
}

static const struct net_device_ops xnb_vif_ops = {
	.ndo_open = xnb_vif_open,
	.ndo_stop = xnb_vif_stop,
	.ndo_start_xmit = xnb_vif_start_xmit,
	.ndo_select_queue = xnb_hash_select_queue,
	.ndo_get_stats64 = xnb_vif_get_stats64,
	.ndo_fix_features = xnb_vif_fix_features,
	.ndo_change_mtu = xnb_vif_change_mtu,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/* From where one may sleep: tell the frontend, and let go of its rings. */
static void xnb_vif_fatal_work(struct work_struct *work)
{
	struct xnb_vif *vif = container_of(work, struct xnb_vif, fatal_work);

	mutex_lock(&vif->lock);
	/* The frontend may have started over since. */
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags) &&
	    test_bit(XNB_VIF_BROKEN, &vif->flags)) {
		xnb_vif_error(vif, -EPROTO, "stopped: %s", vif->fatal_reason);
		xnb_vif_disconnect(vif, XNB_VIF_SETTLE_MSECS);
	}
	mutex_unlock(&vif->lock);
}

/**
 * xnb_vif_fatal() - stop a vif for its frontend's mistake
 * @vif: the vif
 * @reason: in words; a constant string
 *
 * The rings are not looked at again. The vif serves again once the frontend
 * has reconnected. Any context.
 */
void xnb_vif_fatal(struct xnb_vif *vif, const char *reason)
{
	if (test_and_set_bit(XNB_VIF_BROKEN, &vif->flags))
		return;

	vif->fatal_reason = reason;
	schedule_work(&vif->fatal_work);
}

/**
 * xnb_vif_stall() - a queue has stalled, or goes on
 * @vif: its vif
 * @stalled: which of the two
 *
 * The carrier goes when all queues are stalled, and comes back with the first
 * that is not. Any context but hard interrupt.
 */
void xnb_vif_stall(struct xnb_vif *vif, bool stalled)
{
	if (!stalled) {
		atomic_dec(&vif->stalled_queues);
		if (test_bit(XNB_VIF_CONNECTED, &vif->flags) &&
		    !netif_carrier_ok(vif->dev)) {
			netif_carrier_on(vif->dev);
			if (__ratelimit(&vif->log_limit))
				netdev_info(vif->dev, "guest takes packets again\n");
		}
	} else if (atomic_inc_return(&vif->stalled_queues) >= vif->dev->real_num_tx_queues) {
		netif_carrier_off(vif->dev);
		smp_mb(); /* either we see the other queue go on, or it us */
		if (atomic_read(&vif->stalled_queues) < vif->dev->real_num_tx_queues)
			netif_carrier_on(vif->dev);
		else if (__ratelimit(&vif->log_limit))
			netdev_info(vif->dev, "guest has not taken packets for long, carrier off\n");
	}
}

static void xnb_vif_free(struct xnb_vif *vif)
{
	kfree(vif->kept);
	free_percpu(vif->cpu_stats);
	free_netdev(vif->dev);
}

static void xnb_vif_small_ring_work(struct work_struct *work)
{
	struct xnb_vif *vif = container_of(work, struct xnb_vif, small_ring_work);

	rtnl_lock();
	netdev_update_features(vif->dev);
	rtnl_unlock();
}

/**
 * xnb_vif_small_ring() - a queue gets too few buffers, or enough after all
 * @vif: its vif
 * @small: which of the two
 *
 * Large packets are cut up by the stack before they come, from a little later
 * on. Any context.
 */
void xnb_vif_small_ring(struct xnb_vif *vif, bool small)
{
	if (small ? atomic_inc_return(&vif->small_queues) == 1 :
		    atomic_dec_and_test(&vif->small_queues))
		schedule_work(&vif->small_ring_work);
}

/**
 * xnb_vif_owns() - is this the interface of a vif of ours?
 * @dev: any network interface
 *
 * Any context in which the interface cannot go.
 *
 * Return: true for a vif of this module.
 */
bool xnb_vif_owns(const struct net_device *dev)
{
	return dev->netdev_ops == &xnb_vif_ops;
}

/**
 * xnb_vif_create() - make a vif and its network interface
 * @xdev: its XenBus device
 * @handle: the interface's number in the guest
 *
 * Context: may sleep.
 *
 * Return: the vif, not connected, or an ERR_PTR().
 */
struct xnb_vif *xnb_vif_create(struct xenbus_device *xdev, unsigned int handle)
{
	static const u8 mac[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
	unsigned int queues = xnb_queues_max();
	struct net_device *dev;
	char name[IFNAMSIZ];
	struct xnb_vif *vif;
	int err;

	snprintf(name, sizeof(name), "vif%u.%u", xdev->otherend_id, handle);
	dev = alloc_netdev_mqs(sizeof(*vif), name, NET_NAME_ENUM, ether_setup,
			       queues, queues);
	if (!dev)
		return ERR_PTR(-ENOMEM);

	SET_NETDEV_DEV(dev, &xdev->dev);
	vif = netdev_priv(dev);
	vif->dev = dev;
	vif->xdev = xdev;
	vif->domid = xdev->otherend_id;
	vif->handle = handle;
	vif->action_mode = READ_ONCE(xnb_tx_action_mode);
	vif->completion = READ_ONCE(xnb_completion_mode);
	vif->cpu_stats = alloc_percpu(struct xnb_cpu_stats);
	vif->kept = kcalloc(dev->num_tx_queues, sizeof(*vif->kept), GFP_KERNEL);
	if (!vif->cpu_stats || !vif->kept) {
		xnb_vif_free(vif);
		return ERR_PTR(-ENOMEM);
	}
	spin_lock_init(&vif->stats_lock);
	xnb_multicast_init(vif);
	mutex_init(&vif->lock);
	INIT_WORK(&vif->fatal_work, xnb_vif_fatal_work);
	INIT_WORK(&vif->small_ring_work, xnb_vif_small_ring_work);
	xnb_credit_init(vif);
	xnb_carrier_init(vif);
	xnb_headroom_init(vif);
	ratelimit_state_init(&vif->log_limit, 60 * HZ, 10);
	ratelimit_set_flags(&vif->log_limit, RATELIMIT_MSG_ON_RELEASE);

	/*
	 * Until the frontend speaks, take it for one that can do what they all
	 * can: the hotplug script sets a large MTU before that.
	 */
	vif->features.sg = true;
	vif->features.csum_ipv4 = true;

	dev->netdev_ops = &xnb_vif_ops;
	dev->ethtool_ops = &xnb_ethtool_ops;
	xnet_set_stat_ops(dev, &xnb_stat_ops);
	dev->hw_features = XNB_VIF_FEATURES;
	dev->features = dev->hw_features | NETIF_F_RXCSUM;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
	/* A packet is queued by its own list pointers: never a shared one. */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;

	/*
	 * The address of a bridge is the lowest of its ports': this one never
	 * is, and it is not a group's although it looks like one.
	 */
	eth_hw_addr_set(dev, mac);

	netif_carrier_off(dev);
	err = register_netdev(dev);
	if (err) {
		xnb_vif_free(vif);
		return ERR_PTR(err);
	}
	xnb_debugfs_add(vif);

	return vif;
}

/**
 * xnb_vif_destroy() - end a vif
 * @vif: the vif, disconnected, which no watch can find any more
 *
 * Context: may sleep; the vif's lock is not held.
 */
void xnb_vif_destroy(struct xnb_vif *vif)
{
	cancel_work_sync(&vif->fatal_work);
	cancel_work_sync(&vif->small_ring_work);
	xnb_debugfs_remove(vif);
	unregister_netdev(vif->dev);
	xnb_credit_exit(vif);
	xnb_carrier_exit(vif);
	xnb_vif_free(vif);
}

/**
 * xnb_vif_publish() - open a vif for traffic
 * @vif: the vif, not connected
 * @queues: its queues, paused; the vif owns them when this succeeds
 * @nr_queues: how many, at least 1
 * @features: what the frontend can take
 *
 * Context: may sleep; the vif's lock.
 *
 * Return: 0, or a negative errno with nothing changed.
 */
int xnb_vif_publish(struct xnb_vif *vif, struct xnb_queue **queues,
		    unsigned int nr_queues, const struct xnb_features *features)
{
	struct net_device *dev = vif->dev;
	unsigned int i;
	int err;

	rtnl_lock();
	err = netif_set_real_num_queues(dev, nr_queues, nr_queues);
	if (err)
		goto unlock;

	vif->features = *features;
	atomic_set(&vif->small_queues, 0);
	netdev_update_features(dev);
	xnb_vif_fit_mtu(vif);

	spin_lock_bh(&vif->stats_lock);
	vif->queues = queues;
	vif->nr_queues = nr_queues;
	spin_unlock_bh(&vif->stats_lock);
	atomic_set(&vif->stalled_queues, 0);

	clear_bit(XNB_VIF_BROKEN, &vif->flags);
	smp_mb__before_atomic(); /* whoever sees the flag sees the queues */
	set_bit(XNB_VIF_CONNECTED, &vif->flags);

	for (i = 0; i < nr_queues; i++) {
		xnb_queue_show_napi(queues[i], true);
		xnb_action_resume(&queues[i]->action);
	}
	if (netif_running(dev))
		netif_tx_wake_all_queues(dev);
	netif_carrier_on(dev);
unlock:
	rtnl_unlock();

	return err;
}

/**
 * xnb_vif_disconnect() - close a vif and end its queues
 * @vif: the vif; one that is not connected is fine
 * @settle_msecs: how long to wait for packets in the stack's hands, all queues
 *	together; what is not back by then is parked
 *
 * Takes little more than that, whoever holds the packets. Context: may sleep; the
 * vif's lock.
 *
 * Return: true when another backend could go on with the rings where we left
 * off, see xnb_queues_stop().
 */
bool xnb_vif_disconnect(struct xnb_vif *vif, unsigned int settle_msecs)
{
	unsigned int nr_queues = vif->nr_queues;
	struct xnb_queue **queues = vif->queues;
	bool answered;
	unsigned int i;

	if (!test_bit(XNB_VIF_CONNECTED, &vif->flags))
		return true;

	rtnl_lock();
	clear_bit(XNB_VIF_CONNECTED, &vif->flags);
	netif_carrier_off(vif->dev);
	for (i = 0; i < nr_queues; i++)
		xnb_queue_show_napi(queues[i], false);
	rtnl_unlock();

	/* No transmit that has seen the flag is under way after this; a guest may wait. */
	synchronize_rcu_expedited();
	xnb_ctrl_disconnect(vif);
	answered = xnb_queues_stop(queues, nr_queues, settle_msecs);

	/* A queue that was fed at the last moment may have turned it on. */
	netif_carrier_off(vif->dev);

	xnb_stats_keep(vif);
	xnb_queues_free(queues, nr_queues);
	kfree(queues);
	vif->queues = NULL;

	return answered;
}

static int xnb_vif_set_queue_mode(struct xnb_queue *queue, enum xnb_action_mode mode)
{
	int err;

	xnb_queue_show_napi(queue, false);
	err = xnb_action_set_mode(&queue->action, mode);
	xnb_queue_show_napi(queue, true);

	return err;
}

/**
 * xnb_vif_set_action_mode() - have something else run a vif's actions
 * @vif: the vif
 * @mode: what shall run them from now on
 *
 * Traffic goes on; nothing is lost. Context: may sleep; the vif's lock.
 *
 * Return: 0, or a negative errno with nothing changed.
 */
int xnb_vif_set_action_mode(struct xnb_vif *vif, enum xnb_action_mode mode)
{
	enum xnb_action_mode old = vif->action_mode;
	unsigned int i;
	int err = 0;

	rtnl_lock();
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags)) {
		for (i = 0; i < vif->nr_queues && !err; i++)
			err = xnb_vif_set_queue_mode(vif->queues[i], mode);
		for (; err && i; i--)
			xnb_vif_set_queue_mode(vif->queues[i - 1], old);
	}
	if (!err)
		WRITE_ONCE(vif->action_mode, mode);
	rtnl_unlock();

	return err;
}

/**
 * xnb_vif_set_completion() - give pages back somewhere else
 * @vif: the vif
 * @completion: where
 *
 * Context: may sleep; the vif's lock.
 */
void xnb_vif_set_completion(struct xnb_vif *vif, enum xnb_completion completion)
{
	unsigned int i;

	WRITE_ONCE(vif->completion, completion);
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags))
		for (i = 0; i < vif->nr_queues; i++)
			WRITE_ONCE(vif->queues[i]->action.roams,
				   completion == XNB_COMPLETION_LOCAL);
}

static const char * const xnb_completion_names[] = {
	[XNB_COMPLETION_HOME] = "home",
	[XNB_COMPLETION_LOCAL] = "local",
};

/**
 * xnb_completion_parse() - find the policy that a name stands for
 * @name: as the administrator wrote it, a trailing newline is allowed
 * @completion: where to put the answer
 *
 * Any context.
 *
 * Return: 0, or -EINVAL for a name that is none.
 */
int xnb_completion_parse(const char *name, enum xnb_completion *completion)
{
	int i = sysfs_match_string(xnb_completion_names, name);

	if (i < 0)
		return i;

	*completion = i;
	return 0;
}

/**
 * xnb_completion_name() - the name of a policy
 * @completion: the policy
 *
 * Any context.
 *
 * Return: a constant string.
 */
const char *xnb_completion_name(enum xnb_completion completion)
{
	return xnb_completion_names[completion];
}

/* What xenbus_dev_fatal() writes to XenStore, without its line in the log. */
static void xnb_vif_error_silently(struct xnb_vif *vif, int err, struct va_format *vaf)
{
	char *dir = kasprintf(GFP_KERNEL, "error/%s", vif->xdev->nodename);

	if (dir)
		xenbus_printf(XBT_NIL, dir, "error", "%d %pV", -err, vaf);
	kfree(dir);
	xenbus_switch_state(vif->xdev, XenbusStateClosing);
}

/**
 * xnb_vif_error() - stop a device with an error, for its frontend to see
 * @vif: the vif
 * @err: negative errno
 * @fmt: what is wrong, as for printk, without a newline
 *
 * The error goes to the log and to the error node in XenStore, and the state
 * becomes Closing. A frontend that keeps making mistakes has only the first few
 * in a minute logged. Context: may sleep.
 */
void xnb_vif_error(struct xnb_vif *vif, int err, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	if (__ratelimit(&vif->log_limit))
		xenbus_dev_fatal(vif->xdev, err, "%pV", &vaf);
	else
		xnb_vif_error_silently(vif, err, &vaf);
	va_end(args);
}
