// SPDX-License-Identifier: GPL-2.0
/* The link as the guest sees it; see carrier.h. */

#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <xen/xenbus.h>

#include "carrier.h"
#include "vif.h"

static bool xnb_carrier_up(struct net_device *dev)
{
	struct net_device *master;
	bool up = READ_ONCE(dev->flags) & IFF_UP;

	rcu_read_lock();
	master = netdev_master_upper_dev_get_rcu(dev);
	if (master && netif_is_bridge_master(master) &&
	    !(READ_ONCE(master->flags) & IFF_UP))
		up = false;
	rcu_read_unlock();

	return up;
}

/*
 * Write or remove the key, but only in a directory that exists: the toolstack
 * may be removing it at this moment, and what is written afterwards would stay
 * for ever. Return: 0 or a negative errno.
 */
static int xnb_carrier_write(struct xenbus_device *xdev, const char *value)
{
	struct xenbus_transaction xbt;
	int err;

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;

		if (!xenbus_exists(xbt, xdev->nodename, "frontend"))
			err = -ENOENT;
		else if (value)
			err = xenbus_write(xbt, xdev->nodename, "carrier", value);
		else if (xenbus_exists(xbt, xdev->nodename, "carrier"))
			err = xenbus_rm(xbt, xdev->nodename, "carrier");
		if (err) {
			xenbus_transaction_end(xbt, true);
			return err;
		}

		err = xenbus_transaction_end(xbt, false);
	} while (err == -EAGAIN);

	return err;
}

static void xnb_carrier_work(struct work_struct *work)
{
	struct xnb_carrier *carrier = container_of(work, struct xnb_carrier, work);
	struct xnb_vif *vif = container_of(carrier, struct xnb_vif, carrier);
	bool up = xnb_carrier_up(vif->dev);

	if (READ_ONCE(carrier->over) || (carrier->published && carrier->up == up))
		return;

	if (!xnb_carrier_write(vif->xdev, up ? "1" : "0")) {
		carrier->published = true;
		carrier->up = up;
	}
}

/* rtnl is held: leave the writing to the work. */
static int xnb_carrier_event(struct notifier_block *notifier, unsigned long event,
			     void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct net_device *port;
	struct list_head *iter;

	if (event != NETDEV_UP && event != NETDEV_DOWN && event != NETDEV_CHANGEUPPER)
		return NOTIFY_DONE;

	if (xnb_vif_owns(dev))
		xnb_carrier_publish(netdev_priv(dev));
	else if (netif_is_bridge_master(dev))
		netdev_for_each_lower_dev(dev, port, iter)
			if (xnb_vif_owns(port))
				xnb_carrier_publish(netdev_priv(port));

	return NOTIFY_DONE;
}

static struct notifier_block xnb_carrier_notifier = {
	.notifier_call = xnb_carrier_event,
};

/**
 * xnb_carrier_setup() - follow links from now on
 *
 * Context: the module is being loaded; may sleep.
 *
 * Return: 0 or a negative errno.
 */
int __init xnb_carrier_setup(void)
{
	return register_netdevice_notifier(&xnb_carrier_notifier);
}

/**
 * xnb_carrier_teardown() - undo xnb_carrier_setup()
 *
 * Context: the module is being unloaded, all vifs are gone; may sleep.
 */
void xnb_carrier_teardown(void)
{
	unregister_netdevice_notifier(&xnb_carrier_notifier);
}

/**
 * xnb_carrier_init() - prepare a vif; nothing is said of its link yet
 * @vif: the vif, zeroed
 *
 * Any context; nobody else knows of the vif yet.
 */
void xnb_carrier_init(struct xnb_vif *vif)
{
	INIT_WORK(&vif->carrier.work, xnb_carrier_work);
}

/**
 * xnb_carrier_publish() - say what the link is now
 * @vif: the vif
 *
 * It is said a little later, and only if it differs. Any context.
 */
void xnb_carrier_publish(struct xnb_vif *vif)
{
	if (!READ_ONCE(vif->carrier.over))
		schedule_work(&vif->carrier.work);
}

/**
 * xnb_carrier_withdraw() - say nothing any more, and take back what was said
 * @vif: the vif
 *
 * The next backend of the device may not know the key, and would leave it as it
 * is. Context: may sleep.
 */
void xnb_carrier_withdraw(struct xnb_vif *vif)
{
	WRITE_ONCE(vif->carrier.over, true);
	cancel_work_sync(&vif->carrier.work);
	xnb_carrier_write(vif->xdev, NULL);
}

/**
 * xnb_carrier_exit() - undo xnb_carrier_init()
 * @vif: the vif, whose interface is unregistered
 *
 * Context: may sleep.
 */
void xnb_carrier_exit(struct xnb_vif *vif)
{
	cancel_work_sync(&vif->carrier.work);
}
