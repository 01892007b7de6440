// SPDX-License-Identifier: GPL-2.0
/* The network device; see dev.h. */

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netdev_queues.h>
#include <net/sch_generic.h>

#include "dev.h"
#include "event.h"
#include "queue.h"

/* How long a backend may take to answer what it has, before a new connection. */
#define DRAIN_TIMEOUT	msecs_to_jiffies(200)

/*
 * The core's own watchdog cannot tell a guest that was paused from a backend that is
 * dead, and says so in the log when the guest wakes up with a queue that was stopped.
 * Ours can, and keeps the core's quiet. This is for when ours does not get to run.
 */
#define CORE_TIMEOUT	(15 * 60 * HZ)

/* What a backend may offer; the rest of the features is always on. */
#define OFFERED_FEATURES	(NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO | \
				 NETIF_F_TSO6)

/* Likewise, but for the user to turn on; see rss.h. */
#define OFF_BY_DEFAULT		NETIF_F_RXHASH

/* ---- net_device_ops ------------------------------------------------------ */

static int open(struct net_device *netdev)
{
	struct xnf_dev *xnf = netdev_priv(netdev);

	if (rtnl_dereference(xnf->live) && !READ_ONCE(xnf->draining))
		netif_tx_start_all_queues(netdev);

	return 0;
}

static int stop(struct net_device *netdev)
{
	netif_tx_disable(netdev);

	/* The polls go on. They have noticed by then that we are down. */
	synchronize_net();

	return 0;
}

static netdev_tx_t start_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct xnf_dev *xnf = netdev_priv(netdev);
	unsigned int n = skb_get_queue_mapping(skb);
	struct xnf_queues *queues;

	queues = rcu_dereference_bh(xnf->live);
	if (unlikely(!queues || n >= queues->count)) {
		xnf_count(&xnf->stats[min(n, xnf->max_queues - 1)], XNF_TX_DROP_DOWN);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}

	return xnf_tx_xmit(&queues->queue[n], skb);
}

static netdev_features_t fix_features(struct net_device *netdev, netdev_features_t features)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);
	const struct xnf_offer *offer = &xnf->offer;

	if (!offer->sg)
		features &= ~NETIF_F_SG;
	if (!offer->ipv4_csum)
		features &= ~NETIF_F_IP_CSUM;
	if (!offer->ipv6_csum)
		features &= ~NETIF_F_IPV6_CSUM;
	if (!offer->gso_tcpv4)
		features &= ~NETIF_F_TSO;
	if (!offer->gso_tcpv6)
		features &= ~NETIF_F_TSO6;
	if (!offer->ctrl_ring)
		features &= ~NETIF_F_RXHASH;

	return features;
}

static int change_mtu(struct net_device *netdev, int mtu)
{
	if (!xnf_xdp_mtu_fits(netdev_priv(netdev), mtu)) {
		netdev_notice(netdev, "the XDP program takes no fragments, so the MTU is %u at most\n",
			      (unsigned int)XNF_XDP_SINGLE_MTU);
		return -EINVAL;
	}
	WRITE_ONCE(netdev->mtu, mtu);

	return 0;
}

static int set_features(struct net_device *netdev, netdev_features_t features)
{
	if ((features ^ netdev->features) & NETIF_F_RXHASH)
		xnf_rss_change(netdev_priv(netdev));

	return 0;
}

static void get_stats64(struct net_device *netdev, struct rtnl_link_stats64 *link)
{
	xnf_stats_link(netdev_priv(netdev), link);
}

/*
 * Our watchdog has not looked for long, be it that the guest was paused. It does so now,
 * and the looks after this one find out whether anything is the matter.
 */
static void tx_timeout(struct net_device *netdev, unsigned int txqueue)
{
	xnf_watchdog_hurry(netdev_priv(netdev));
}

static const struct net_device_ops netdev_ops = {
	.ndo_open = open,
	.ndo_stop = stop,
	.ndo_start_xmit = start_xmit,
	.ndo_fix_features = fix_features,
	.ndo_change_mtu = change_mtu,
	.ndo_set_features = set_features,
	.ndo_get_stats64 = get_stats64,
	.ndo_tx_timeout = tx_timeout,
	.ndo_bpf = xnf_xdp_bpf,
	.ndo_xdp_xmit = xnf_xdp_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/* ---- connections --------------------------------------------------------- */

/*
 * Spread the CPUs over the queues, and queues that are more than CPUs over those: the
 * stack chooses among a CPU's queues by hash, and for a CPU that comes later among all. The
 * user may have other ideas; they stay in force until the number of queues changes.
 */
static void set_xps(struct xnf_dev *xnf, unsigned int count)
{
	unsigned int i, n, online = num_online_cpus();
	cpumask_var_t mask;
	int cpu;

	if (count == xnf->spread || !zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;

	for (i = 0; i < count; i++) {
		n = 0;
		cpumask_clear(mask);
		for_each_online_cpu(cpu)
			if (n++ % count == i % online)
				cpumask_set_cpu(cpu, mask);
		netif_set_xps_queue(xnf->netdev, mask, i);
	}
	free_cpumask_var(mask);
	xnf->spread = count;
}

/* Nobody is to complain that the queues of the stack are stopped. */
static void stop_queues(struct net_device *netdev)
{
	unsigned int i;

	netif_tx_disable(netdev);
	for (i = 0; i < netdev->num_tx_queues; i++)
		txq_trans_cond_update(netdev_get_tx_queue(netdev, i));
}

/*
 * Nobody will answer what the last connection has left. Queues that this one does without
 * forget it too: one with packets on their way counts as stopped, and the core, which looks
 * at all that there could be, would complain of it for good.
 */
static void reset_byte_queue_limits(struct net_device *netdev)
{
	unsigned int i;

	for (i = 0; i < netdev->num_tx_queues; i++)
		netdev_tx_reset_queue(netdev_get_tx_queue(netdev, i));
}

/* The limits that follow from what the backend offers. */
static void adapt(struct xnf_dev *xnf)
{
	struct net_device *netdev = xnf->netdev;

	netdev->max_mtu = xnf->offer.sg ? XNF_MTU_MAX : ETH_DATA_LEN;
	if (netdev->mtu > netdev->max_mtu) {
		if (__ratelimit(&xnf->log))
			netdev_info(netdev, "MTU %u is beyond the backend's %u, reducing it\n",
				    netdev->mtu, netdev->max_mtu);
		xnf->mtu_before = netdev->mtu;
		dev_set_mtu(netdev, netdev->max_mtu);
	} else if (xnf->mtu_before && xnf->mtu_before <= netdev->max_mtu) {
		/* Unless somebody has changed it since. */
		if (netdev->mtu == ETH_DATA_LEN)
			dev_set_mtu(netdev, xnf->mtu_before);
		xnf->mtu_before = 0;
	}
	netdev_update_features(netdev);
	xnf_xdp_set_features(xnf);
}

/**
 * xnf_dev_adapt() - have what the backend offers now take effect
 * @xnf: the device, registered
 *
 * Context: may sleep. @xnf->lock is held.
 */
void xnf_dev_adapt(struct xnf_dev *xnf)
{
	rtnl_lock();
	adapt(xnf);
	rtnl_unlock();
}

/**
 * xnf_dev_set_mtu() - take over the MTU that the toolstack wants now
 * @xnf: the device
 * @mtu: the MTU
 *
 * What the backend cannot carry waits for one that can. Context: may sleep. @xnf->lock
 * is held.
 */
void xnf_dev_set_mtu(struct xnf_dev *xnf, unsigned int mtu)
{
	struct net_device *netdev = xnf->netdev;

	rtnl_lock();
	xnf->mtu = mtu;
	if (netdev->reg_state == NETREG_REGISTERED) {
		xnf->mtu_before = mtu > netdev->max_mtu ? mtu : 0;
		if (dev_set_mtu(netdev, min(mtu, netdev->max_mtu)) && __ratelimit(&xnf->log))
			netdev_warn(netdev, "the MTU of %u that the toolstack wants is refused\n",
				    mtu);
	}
	rtnl_unlock();
}

/*
 * What goes with the number of queues, and costs the user settings when it becomes
 * smaller. Under rtnl.
 */
static void fit(struct xnf_dev *xnf, unsigned int count)
{
	/* To fewer, which does not fail. */
	netif_set_real_num_tx_queues(xnf->netdev, count);
	netif_set_real_num_rx_queues(xnf->netdev, count);
	set_xps(xnf, count);
	xnf_rss_fit(xnf, count);
}

/* Make all that the backend is to see, and then let it run. */
static int start(struct xnf_dev *xnf, struct xnf_queues *queues)
{
	struct net_device *netdev = xnf->netdev;
	unsigned int tx, rx, i;
	int err;

	/* Trouble is written to XenStore, which may take long: not under rtnl. */
	err = xnf_queues_share(queues);
	if (err)
		return err;

	rtnl_lock();
	tx = max(netdev->real_num_tx_queues, queues->count);
	rx = max(netdev->real_num_rx_queues, queues->count);
	err = netif_set_real_num_tx_queues(netdev, tx) ?: netif_set_real_num_rx_queues(netdev, rx);
	if (err)
		goto unlock;
	adapt(xnf);
	reset_byte_queue_limits(netdev);

	xnf->queues = queues;
	for (i = 0; i < queues->count; i++)
		xnf_queue_start(&queues->queue[i]);
	xnf_watchdog_renew(xnf);
	rcu_assign_pointer(xnf->live, queues);
	xnf_watchdog_hurry(xnf);

unlock:
	rtnl_unlock();
	if (err)
		xnf_dev_fatal(xnf, err, "setting the number of queues to %u", queues->count);

	return err;
}

/**
 * xnf_dev_attach() - make queues and let them run
 * @xnf: the device, registered and without queues
 *
 * How many is for channels.c to say. The backend knows nothing of them yet; until it
 * does (xnf_dev_carrier()) they get nothing to send, and the stack keeps those that it
 * had. Context: may sleep. @xnf->lock is held.
 *
 * Return: 0, or a negative errno that has been reported; then there are no
 * queues.
 */
int xnf_dev_attach(struct xnf_dev *xnf)
{
	struct xnf_queues *queues;
	int err;

	WRITE_ONCE(xnf->broken, 0);
	WRITE_ONCE(xnf->draining, false);

	rtnl_lock();
	queues = xnf_channels_make(xnf);
	rtnl_unlock();
	if (IS_ERR(queues)) {
		err = PTR_ERR(queues);
		xnf_dev_fatal(xnf, err, "allocating buffers and grants for a queue");
		return err;
	}

	err = start(xnf, queues);
	if (err) {
		rtnl_lock();
		xnf_queues_destroy(queues);
		rtnl_unlock();
	}

	return err;
}

/**
 * xnf_dev_drain() - send nothing more, and wait for what has been sent
 * @xnf: the device; nothing happens if it has no live queues
 *
 * What the stack has for us stays where it is, for the next connection. A backend
 * that answers nothing is not waited for long. Context: may sleep. @xnf->lock is
 * held.
 */
void xnf_dev_drain(struct xnf_dev *xnf)
{
	unsigned long deadline = jiffies + DRAIN_TIMEOUT;
	unsigned int i;

	rtnl_lock();
	if (rtnl_dereference(xnf->live)) {
		WRITE_ONCE(xnf->draining, true);
		stop_queues(xnf->netdev);
	}
	rtnl_unlock();
	if (!xnf->draining)
		return;

	for (i = 0; i < xnf->queues->count; i++) {
		const struct xnf_queue *queue = &xnf->queues->queue[i];

		while (xnf_tx_in_flight(&queue->tx) && !READ_ONCE(queue->broken)) {
			if (time_after(jiffies, deadline) || msleep_interruptible(1))
				return;
		}
	}
}

static void quiesce(struct xnf_dev *xnf, bool carrier)
{
	struct net_device *netdev = xnf->netdev;
	unsigned int i;

	xnf->connected = false;
	if (!rtnl_dereference(xnf->live))
		return;

	if (!carrier)
		netif_carrier_off(netdev);
	/* A poll that is under way starts no queue again. */
	WRITE_ONCE(xnf->draining, true);
	stop_queues(netdev);
	RCU_INIT_POINTER(xnf->live, NULL);

	/* Now nobody is transmitting, nor will anybody start to. */
	synchronize_net();

	for (i = 0; i < xnf->queues->count; i++)
		xnf_queue_stop(&xnf->queues->queue[i]);

	/* A poll that has completed may still be about to give its EOIs. */
	synchronize_net();
}

/**
 * xnf_dev_quiesce() - no longer use the rings, but leave them to the backend
 * @xnf: the device; nothing happens if it has no live queues
 * @carrier: leave the carrier on, because the next connection is to come soon. The
 *	stack keeps its packets then, and nobody takes our addresses away.
 *
 * For while the backend closes: it may still read and write what we granted.
 * Context: may sleep. @xnf->lock is held.
 */
void xnf_dev_quiesce(struct xnf_dev *xnf, bool carrier)
{
	xnf_rss_stop(xnf);
	rtnl_lock();
	quiesce(xnf, carrier);
	rtnl_unlock();
}

/**
 * xnf_dev_detach() - take the queues down
 * @xnf: the device; nothing happens if it has no queues
 *
 * Context: may sleep. @xnf->lock is held.
 */
void xnf_dev_detach(struct xnf_dev *xnf)
{
	if (!xnf->queues)
		return;

	xnf_dev_quiesce(xnf, false);
	xnf_ctrl_destroy(xnf);

	rtnl_lock();
	xnf_queues_destroy(xnf->queues);
	xnf->queues = NULL;
	rtnl_unlock();
}

/**
 * xnf_dev_carrier() - the backend is there
 * @xnf: the device; nothing happens if it has no live queues or is broken
 *
 * With @xnf->link_down the carrier is off all the same. Context: may sleep. @xnf->lock is held.
 */
void xnf_dev_carrier(struct xnf_dev *xnf)
{
	unsigned int i;

	rtnl_lock();
	if (!rtnl_dereference(xnf->live) || READ_ONCE(xnf->broken))
		goto unlock;

	xnf_channels_connected(xnf);
	fit(xnf, xnf->queues->count);
	for (i = 0; i < xnf->queues->count; i++)
		xnf_queue_kick(&xnf->queues->queue[i]);
	if (xnf->link_down) {
		netif_carrier_off(xnf->netdev);
		goto unlock;
	}

	/* With a carrier already, the stack sends and has no event to come. */
	if (!netif_carrier_ok(xnf->netdev))
		xnf->announce = netif_running(xnf->netdev);
	netif_carrier_on(xnf->netdev);
	/* Whoever broke it since may have turned off what was not on yet. */
	if (READ_ONCE(xnf->broken)) {
		netif_carrier_off(xnf->netdev);
		goto unlock;
	}
	/* What waits in the stack is sent now, and not when more comes. */
	if (netif_running(xnf->netdev))
		netif_tx_wake_all_queues(xnf->netdev);

unlock:
	rtnl_unlock();
}

/*
 * Tell the network where we are now, after a migration above all. The stack
 * starts sending some time after the carrier has come, and drops what is sent
 * earlier; this event is how it says that it has started. Others cause the same
 * event for reasons of their own.
 */
static int netdev_changed(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(info);
	struct xnf_dev *xnf;

	if (event != NETDEV_CHANGE || netdev->netdev_ops != &netdev_ops)
		return NOTIFY_DONE;

	xnf = netdev_priv(netdev);
	if (xnf->announce && netif_carrier_ok(netdev) && !qdisc_tx_is_noop(netdev)) {
		xnf->announce = false;
		__netdev_notify_peers(netdev);
	}

	return NOTIFY_DONE;
}

struct workqueue_struct *xnf_wq;

static struct notifier_block announcer = {
	.notifier_call = netdev_changed,
};

/**
 * xnf_dev_setup() - what all devices together need
 *
 * Context: may sleep.
 *
 * Return: 0 or a negative errno.
 */
int xnf_dev_setup(void)
{
	int err;

	xnf_wq = alloc_workqueue("xen_netfront", WQ_FREEZABLE | WQ_UNBOUND, 0);
	if (!xnf_wq)
		return -ENOMEM;

	err = register_netdevice_notifier(&announcer);
	if (err)
		destroy_workqueue(xnf_wq);

	return err;
}

/**
 * xnf_dev_teardown() - undo xnf_dev_setup()
 *
 * Context: may sleep. There are no devices any more.
 */
void xnf_dev_teardown(void)
{
	unregister_netdevice_notifier(&announcer);
	destroy_workqueue(xnf_wq);
}

/**
 * xnf_dev_handle() - the vif's number, which names its interrupts
 * @xnf: the device
 *
 * The interface's name would not do: udev gives it another one while the first connection is
 * being made, and the name of an interrupt stays. The in-tree driver calls them the same.
 *
 * Context: any.
 *
 * Return: the last part of the device's path in XenStore.
 */
const char *xnf_dev_handle(const struct xnf_dev *xnf)
{
	return kbasename(xnf->xdev->nodename);
}

/**
 * xnf_dev_break() - stop a device whose backend cannot be believed any more
 * @xnf: the device
 * @queue: the queue where that was found out
 * @why: and why
 *
 * Only the first of these is reported. Context: any.
 */
void xnf_dev_break(struct xnf_dev *xnf, unsigned int queue, enum xnf_stat why)
{
	if (cmpxchg(&xnf->broken, 0, why))
		return;

	xnf->broken_queue = queue;
	netif_carrier_off(xnf->netdev);
	queue_work(xnf_wq, &xnf->report);
}

static void fatal_silently(struct xnf_dev *xnf, int err, struct va_format *vaf)
{
	char *dir = kasprintf(GFP_KERNEL, "error/%s", xnf->xdev->nodename);

	if (dir)
		xenbus_printf(XBT_NIL, dir, "error", "%d %pV", -err, vaf);
	kfree(dir);
	xenbus_switch_state(xnf->xdev, XenbusStateClosing);
}

/**
 * xnf_dev_fatal() - give up on a connection
 * @xnf: the device
 * @err: negative errno
 * @fmt: what is the matter, as for printk, without a newline
 *
 * It goes to the log and to the error node in XenStore, and the state becomes
 * Closing. Of a backend that makes mistakes over and over only the first few in a
 * minute are logged. Context: may sleep. @xnf->lock is held.
 */
void xnf_dev_fatal(struct xnf_dev *xnf, int err, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	if (__ratelimit(&xnf->log))
		xenbus_dev_fatal(xnf->xdev, err, "%pV", &vaf);
	else
		fatal_silently(xnf, err, &vaf);
	va_end(args);
}

/* ---- life ---------------------------------------------------------------- */

/**
 * xnf_dev_create() - make a network device, not registered yet
 * @xdev: the XenBus device
 * @max_queues: queues it can have
 *
 * Context: may sleep.
 *
 * Return: the device; NULL without memory.
 */
struct xnf_dev *xnf_dev_create(struct xenbus_device *xdev, unsigned int max_queues)
{
	struct net_device *netdev;
	struct xnf_dev *xnf;
	unsigned int i;

	netdev = alloc_etherdev_mq(sizeof(*xnf), max_queues);
	if (!netdev)
		return NULL;

	xnf = netdev_priv(netdev);
	xnf->netdev = netdev;
	xnf->xdev = xdev;
	xnf->max_queues = max_queues;
	xnf_rss_init(xnf);
	xnf->stats = kvzalloc_objs(*xnf->stats, max_queues);
	if (xnf_watchdog_init(xnf) || !xnf->stats) {
		xnf_dev_destroy(xnf);
		return NULL;
	}
	xnf_inject_init(&xnf->inject);
	mutex_init(&xnf->lock);
	ratelimit_state_init(&xnf->log, 60 * HZ, 10);
	ratelimit_state_init(&xnf->watchdog.log, 60 * HZ, XNF_WATCHDOG_LINES);
	xnf_xdp_init(xnf);
	xnf->tx_moderation = XNF_TX_MODERATION;
	xnf->rx_moderation = XNF_RX_MODERATION;
	for (i = 0; i < max_queues; i++)
		xnf_stats_init(&xnf->stats[i]);
	xnf_ctrl_init(&xnf->ctrl);

	SET_NETDEV_DEV(netdev, &xdev->dev);
	netdev->netdev_ops = &netdev_ops;
	netdev->ethtool_ops = &xnf_ethtool_ops;
	netdev->watchdog_timeo = CORE_TIMEOUT;
	xnet_set_stat_ops(netdev, &xnf_stat_ops);
	/* A packet in flight keeps notes in itself. */
	netdev->priv_flags &= ~IFF_TX_SKB_SHARING;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = XNF_MTU_MAX;

	/* A backend checks GSO packets itself: it does not trust us either. */
	netdev->features = NETIF_F_RXCSUM | NETIF_F_GSO_ROBUST |
			   OFFERED_FEATURES;
	netdev->hw_features = OFFERED_FEATURES | OFF_BY_DEFAULT;
	netif_set_tso_max_size(netdev, XNF_TX_SIZE_MAX);
	netif_carrier_off(netdev);

	return xnf;
}

/**
 * xnf_dev_register() - show the device to the user
 * @xnf: the device; nothing happens if it is registered. Its @offer is known, so
 *	that features and MTU are right from the start.
 *
 * Context: may sleep. @xnf->lock is held.
 *
 * Return: 0 or a negative errno that has been reported.
 */
int xnf_dev_register(struct xnf_dev *xnf)
{
	struct net_device *netdev = xnf->netdev;
	int err = -ENODEV; /* The stack has given it up, and takes nothing twice. */

	if (netdev->reg_state == NETREG_REGISTERED)
		return 0;

	if (netdev->reg_state == NETREG_UNINITIALIZED) {
		if (xnf->mtu)
			netdev->mtu = xnf->mtu;
		err = register_netdev(netdev);
	}
	if (err)
		xnf_dev_fatal(xnf, err, "registering a network device");

	return err;
}

/**
 * xnf_dev_unregister() - undo xnf_dev_register()
 * @xnf: the device, without queues; nothing happens if it is not registered
 *
 * Context: may sleep. @xnf->lock is not held.
 */
void xnf_dev_unregister(struct xnf_dev *xnf)
{
	if (xnf->netdev->reg_state == NETREG_REGISTERED)
		unregister_netdev(xnf->netdev);
	xnf_channels_exit(xnf);
}

/**
 * xnf_dev_destroy() - undo xnf_dev_create()
 * @xnf: the device, not registered or not any more
 *
 * Context: may sleep. @xnf->lock is not held.
 */
void xnf_dev_destroy(struct xnf_dev *xnf)
{
	xnf_watchdog_exit(xnf);
	xnf_rss_exit(xnf);
	kvfree(xnf->stats);
	free_netdev(xnf->netdev);
}
