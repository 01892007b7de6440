// SPDX-License-Identifier: GPL-2.0
/* XenBus: how a device comes, connects, closes and goes; see xenbus.h. */

#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/hex.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <xen/xenbus.h>

#include "debugfs.h"
#include "dev.h"
#include "keys.h"
#include "limbo.h"
#include "negotiate.h"
#include "params.h"
#include "xenbus.h"

/* How long a backend may take to follow us into a state when we go away. */
#define CLOSE_TIMEOUT	(5 * HZ)

/* How long a new connection may take before we no longer pretend to have one. */
#define RECONNECT_TIMEOUT	(5 * HZ)

/* A connection that has failed is tried again after this, twice this and so on, so often. */
#define RETRY_AFTER	HZ
#define RETRIES		6

/* How often we look whether a backend has connected, until then. */
#define LOOK_EVERY		msecs_to_jiffies(20)

/* What is said of a device that was stopped; indexed by enum xnf_stat. */
static const char * const broken_words[XNF_STAT_NR] = {
	[XNF_BROKEN_TX_PROD] = "answered transmissions that were never made",
	[XNF_BROKEN_TX_ID] = "answered a transmission that is not in flight",
	[XNF_BROKEN_TX_EXTRA] = "answered extra info that is not in flight",
	[XNF_BROKEN_TX_GRANT] = "answered a transmission but keeps its page",
	[XNF_BROKEN_RX_PROD] = "filled buffers that it was never given",
	[XNF_BROKEN_RX_GRANT] = "filled a buffer but keeps its page",
};

/* ---- connect and disconnect ---------------------------------------------- */

/* Return: whether all has been done for it that we can do. */
static bool connect(struct xnf_dev *xnf)
{
	struct xenbus_device *xdev = xnf->xdev;
	unsigned int held;

	/* Left over when the backend was too quick for us to see it Closed. */
	xnf_dev_detach(xnf);
	xnf->reattaching = false;

	held = xnf_limbo_held(xdev->otherend_id);
	if (held > XNF_HELD_MAX) {
		xnf_dev_fatal(xnf, -EBUSY,
			      "the backend keeps %u of our pages, not connecting again", held);
		return false;
	}

	xnf->trusted = xnf_params_trusted() &&
		       xenbus_read_unsigned(xdev->nodename, "trusted", 1);
	if (xnf_negotiate_read_offer(xnf, &xnf->offer))
		return false;
	xnf_keys_read(xnf);
	if (xnf_dev_register(xnf))
		return false;

	if (xnf_dev_attach(xnf))
		return false;
	if (xnf_ctrl_create(xnf) || xnf_negotiate_publish(xnf, xnf->queues)) {
		xnf_dev_detach(xnf);
		return false;
	}

	if (!xnf->trusted && __ratelimit(&xnf->log))
		netdev_info(xnf->netdev, "backend not trusted, copying what it is given\n");
	/* What an earlier connection has completed is not the end of this one. */
	reinit_completion(&xdev->down);
	xenbus_switch_state(xdev, XenbusStateConnected);
	xnf->look_until = jiffies + RECONNECT_TIMEOUT;
	queue_delayed_work(xnf_wq, &xnf->look, LOOK_EVERY);

	return true;
}

/* So is the backend. */
static void connected(struct xnf_dev *xnf)
{
	if (xnf->xdev->state != XenbusStateConnected || xnf->connected)
		return;

	cancel_delayed_work(&xnf->give_up);
	cancel_delayed_work(&xnf->retry);
	xnf->reconnecting = false;
	xnf->reattaching = false;
	xnf->connected = true;
	xnf->retries = 0;
	xnf_dev_carrier(xnf);
	xnf_xdp_settle(xnf);
	xnf_rss_start(xnf);
}

/*
 * XenBus would tell us, but its thread takes up each key that we have written, with a
 * question to XenStore about each, before it takes up what the backend writes.
 */
static void look(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(to_delayed_work(work), struct xnf_dev, look);
	struct xenbus_device *xdev = xnf->xdev;

	mutex_lock(&xnf->lock);
	if (!xnf->removing && xdev->state == XenbusStateConnected && !xnf->connected) {
		if (xenbus_read_driver_state(xdev, xdev->otherend) == XenbusStateConnected)
			connected(xnf);
		else if (time_before(jiffies, xnf->look_until))
			queue_delayed_work(xnf_wq, &xnf->look, LOOK_EVERY);
	}
	mutex_unlock(&xnf->lock);
}

/*
 * A connection does not come about, on whose account ever. With other properties it
 * may, or a little later: what was lacking may have been memory. Nobody but us would
 * try again, for the backend has done its part when it is Closed.
 */
static void refused(struct xnf_dev *xnf)
{
	xnf->reconnecting = xnf_channels_fall_back(xnf);
	if (xnf->reconnecting)
		return;

	netif_carrier_off(xnf->netdev);
	if (xnf->retries < RETRIES)
		mod_delayed_work(xnf_wq, &xnf->retry,
				 RETRY_AFTER << xnf->retries++);
}

/*
 * A new backend has taken the place of the one that we are connected to. The
 * keys, rings and grants are still there, and backends that do this attach to
 * them where their predecessor has left off; taking the rings down now would
 * pull them from under its feet. So there is nothing to do but to learn what the
 * new one can do, and to wait until it is Connected.
 *
 * One that cannot do with what it finds, because it wants fewer queues for example,
 * says Closing, and gets new rings after that.
 */
static void reattach(struct xnf_dev *xnf)
{
	struct xnf_offer offer;

	xnf->connected = false;
	xnf->reattaching = true;
	netif_carrier_off(xnf->netdev);
	/* It has to be told again what its predecessor knew. */
	xnf_rss_stop(xnf);
	if (xnf_negotiate_read_offer(xnf, &offer))
		return;
	xnf->offer = offer;
	xnf_dev_adapt(xnf);
}

/* Another connection is to come, and does so soon or give_up() says that it does not. */
static void start_over(struct xnf_dev *xnf)
{
	xnf->reconnecting = true;
	mod_delayed_work(xnf_wq, &xnf->give_up, RECONNECT_TIMEOUT);
}

/*
 * We are Closed. A backend that begins just now may have found us Connected before, and
 * be about to take up those rings. If we were Connected again before it looks again, it
 * would stay with them; it is not met before it has shown that it has seen this.
 */
static void closed(struct xnf_dev *xnf)
{
	switch (xenbus_read_driver_state(xnf->xdev, xnf->xdev->otherend)) {
	case XenbusStateInitialising:
	case XenbusStateInitWait:
	case XenbusStateInitialised:
		xnf->closed_unseen = true;
		start_over(xnf);
		break;
	default:
		xnf->closed_unseen = false;
		break;
	}
}

/* The backend closes, or has closed. */
static void follow(struct xnf_dev *xnf, enum xenbus_state state)
{
	struct xenbus_device *xdev = xnf->xdev;

	/*
	 * Not yet connected, and the state may be a thing of the past: we have come
	 * back after a module was unloaded, and the backend will see our
	 * Initialising. Only if the toolstack wants the device gone it will not.
	 */
	if (xdev->state == XenbusStateInitialising &&
	    xenbus_read_unsigned(xdev->otherend, "online", 0))
		return;

	if (xdev->state == XenbusStateConnected && xnf->reattaching)
		xnf->reconnecting = true;
	else if (xdev->state == XenbusStateConnected && !xnf->connected)
		refused(xnf);
	xnf->reattaching = false;
	xnf_dev_quiesce(xnf, xnf->reconnecting);
	if (xdev->state != XenbusStateClosed)
		xenbus_frontend_closed(xdev);
	closed(xnf);
	if (state != XenbusStateClosed || xnf->closed_unseen)
		return;

	/*
	 * Unless the toolstack wants the device gone, we are here to come back. The
	 * backend has let go of the old rings, and prepares for new ones meanwhile.
	 */
	if (xnf->reconnecting && xenbus_read_unsigned(xdev->otherend, "online", 0))
		xenbus_switch_state(xdev, XenbusStateInitialising);
	xnf_dev_detach(xnf);
}

/*
 * Have we just made a connection that the backend has yet to take up? XenBus tells of its
 * state once for each time that it was written, but as it is when we are told: in-tree
 * netbacks write Closing and Closed before they wait for us, which we may see as waiting,
 * twice. And a work of ours may have met it before XenBus tells of it.
 */
static bool is_awaited(const struct xnf_dev *xnf)
{
	return !xnf->connected && !xnf->reattaching && time_before(jiffies, xnf->look_until);
}

/* The backend waits for us. */
static void meet(struct xnf_dev *xnf)
{
	struct xenbus_device *xdev = xnf->xdev;

	/* The keys are there for the new one, and need no answer. */
	xnf_xdp_answered(xnf);
	if (xdev->state == XenbusStateConnected) {
		if (!is_awaited(xnf))
			reattach(xnf);
	} else if (xnf->closed_unseen || xdev->state == XenbusStateClosing) {
		/* It will follow us. */
	} else if (!connect(xnf)) {
		refused(xnf);
	}
}

static void backend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct xnf_dev *xnf = dev_get_drvdata(&xdev->dev);

	mutex_lock(&xnf->lock);
	switch (state) {
	case XenbusStateInitWait:
		meet(xnf);
		xnf_keys_watch(xnf);
		break;
	case XenbusStateConnected:
		connected(xnf);
		/* It may have been a work of ours that has met this backend. */
		xnf_keys_watch(xnf);
		break;
	case XenbusStateReconfigured:
		xnf_xdp_answered(xnf);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		follow(xnf, state);
		break;
	case XenbusStateUnknown:
		/* It is gone, without a word. The toolstack will tidy up. */
		xnf->connected = false;
		xnf->closed_unseen = false;
		xnf->look_until = jiffies;
		netif_carrier_off(xnf->netdev);
		break;
	default:
		/* On the way to one of the above, or not for us to understand. */
		break;
	}
	mutex_unlock(&xnf->lock);
}

/* ---- a new connection, because we want one ------------------------------- */

/*
 * Both are Closed, or the backend waits, and nobody does anything about it; or one of us
 * is on the way to it.
 */
static void come_back(struct xnf_dev *xnf)
{
	struct xenbus_device *xdev = xnf->xdev;

	if ((xdev->state != XenbusStateClosed && xdev->state != XenbusStateClosing) ||
	    !xenbus_read_unsigned(xdev->otherend, "online", 0))
		return;

	/* follow() goes by it, now or when the backend has closed too. */
	xnf->reconnecting = true;
	if (xdev->state == XenbusStateClosing)
		return;

	switch (xenbus_read_driver_state(xdev, xdev->otherend)) {
	case XenbusStateClosed:
		follow(xnf, XenbusStateClosed);
		break;
	case XenbusStateInitWait:
		meet(xnf);
		break;
	default:
		/* It will come to one of these, or has not been there at all. */
		break;
	}
}

static void retry(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(to_delayed_work(work), struct xnf_dev, retry);

	mutex_lock(&xnf->lock);
	if (!xnf->removing)
		come_back(xnf);
	mutex_unlock(&xnf->lock);
}

static void reconnect(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(to_delayed_work(work), struct xnf_dev, reconnect);
	enum xenbus_state state;

	mutex_lock(&xnf->lock);
	state = xnf->xdev->state;
	if (xnf->removing) {
		/* Nothing is to come any more. */
	} else if (state == XenbusStateConnected && is_awaited(xnf)) {
		/*
		 * The backend may be at it. If it sees us Connected, Closed and Connected
		 * too late to tell these apart, it stays with the rings of the first time.
		 */
		queue_delayed_work(xnf_wq, &xnf->reconnect, LOOK_EVERY);
	} else if (state == XenbusStateConnected || state == XenbusStateReconfiguring) {
		xnf->connected = false;
		/* What the backend has for us is taken in until it closes. */
		xnf_dev_drain(xnf);
		/* All is drained: a step less to wait for than by way of Closing. */
		xenbus_switch_state(xnf->xdev, XenbusStateClosed);
		/* That may have taken its time. */
		start_over(xnf);
		closed(xnf);
	} else {
		/* The next connection is yet to come, or has failed so far. */
		xnf->retries = 0;
		if (state == XenbusStateClosing)
			start_over(xnf);
		come_back(xnf);
	}
	mutex_unlock(&xnf->lock);
}

static void give_up(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(to_delayed_work(work), struct xnf_dev, give_up);

	mutex_lock(&xnf->lock);
	/* One that waits for the lock when it is put off is too early. */
	if (!xnf->removing && xnf->reconnecting && !delayed_work_pending(&xnf->give_up)) {
		netif_carrier_off(xnf->netdev);
		if (__ratelimit(&xnf->log))
			netdev_warn(xnf->netdev, "the backend does not connect again, still waiting\n");
		/* It may have waited all the time, and never seen a reason to say so again. */
		xnf->closed_unseen = false;
		come_back(xnf);
	}
	mutex_unlock(&xnf->lock);
}

/**
 * xnf_xenbus_reconnect() - close the connection and make a new one
 * @xnf: the device
 *
 * For what is settled when a connection is made: the new one goes by what is
 * wanted then. Packets of the stack wait for it, those on the ring are waited for
 * (xnf_dev_drain()). Without a connection the next one will do, and is tried now if it
 * has failed before.
 *
 * Context: any. Whoever calls it from elsewhere than .probe and .remove holds rtnl
 * or a reference to the netdev, so that the device exists.
 */
void xnf_xenbus_reconnect(struct xnf_dev *xnf)
{
	queue_delayed_work(xnf_wq, &xnf->reconnect, 0);
}

/* ---- trouble ------------------------------------------------------------- */

/* A queue has found that the backend cannot be believed. */
static void report(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(work, struct xnf_dev, report);

	mutex_lock(&xnf->lock);
	if (!xnf->removing && xnf->queues && xnf->broken)
		xnf_dev_fatal(xnf, -EPROTO,
			      "queue %u: the backend %s; stopped until it connects again",
			      xnf->broken_queue, broken_words[xnf->broken]);
	mutex_unlock(&xnf->lock);
}

/* ---- XenBus driver ------------------------------------------------------- */

static int read_mac(struct xenbus_device *xdev, struct net_device *netdev)
{
	u8 mac[ETH_ALEN];
	char *str;
	bool ok;

	str = xenbus_read(XBT_NIL, xdev->nodename, "mac", NULL);
	if (IS_ERR(str))
		return PTR_ERR(str);
	ok = mac_pton(str, mac) && is_valid_ether_addr(mac);
	kfree(str);
	if (!ok)
		return -EINVAL;
	eth_hw_addr_set(netdev, mac);

	return 0;
}

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct xnf_dev *xnf;
	int err;

	xnf = xnf_dev_create(xdev, xnf_params_max_queues());
	if (!xnf) {
		xenbus_dev_fatal(xdev, -ENOMEM, "allocating a network device");
		return -ENOMEM;
	}
	INIT_WORK(&xnf->report, report);
	INIT_DELAYED_WORK(&xnf->reconnect, reconnect);
	INIT_DELAYED_WORK(&xnf->give_up, give_up);
	INIT_DELAYED_WORK(&xnf->retry, retry);
	INIT_DELAYED_WORK(&xnf->look, look);

	err = read_mac(xdev, xnf->netdev);
	if (err) {
		xenbus_dev_fatal(xdev, err, "reading a valid MAC address from the mac key");
		xnf_dev_destroy(xnf);
		return err;
	}
	xnf_debugfs_add(xnf);
	dev_set_drvdata(&xdev->dev, xnf);

	/*
	 * After a reload of the module we are Closed, and so is the backend, which
	 * waits for this. When probe is over XenBus watches the backend, beginning
	 * with the state that it has then, so there is no need to wait here.
	 */
	xenbus_switch_state(xdev, XenbusStateInitialising);

	return 0;
}

static bool is_closing(enum xenbus_state state)
{
	return state == XenbusStateClosing;
}

static bool is_gone(enum xenbus_state state)
{
	return state == XenbusStateClosed || state == XenbusStateUnknown;
}

/*
 * Wait until the backend closes, or until it is gone. XenBus no longer watches
 * it when we are removed, so look every now and then.
 */
static void await_backend(struct xenbus_device *xdev, bool (*enough)(enum xenbus_state))
{
	unsigned long deadline = jiffies + CLOSE_TIMEOUT;
	enum xenbus_state state;

	for (;;) {
		state = xenbus_read_driver_state(xdev, xdev->otherend);
		if (is_gone(state) || enough(state))
			return;
		if (time_after(jiffies, deadline)) {
			dev_warn(&xdev->dev, "the backend stays %s, going away nevertheless\n",
				 xenbus_strstate(state));
			return;
		}
		if (msleep_interruptible(10))
			return;
	}
}

/*
 * Nothing of the connection may be in use when its grants are taken back, so
 * have the backend let go of it first. If it does not, the grants that it holds
 * on to outlive us; see limbo.h.
 */
static void close(struct xnf_dev *xnf)
{
	struct xenbus_device *xdev = xnf->xdev;

	xnf_dev_quiesce(xnf, false);
	if (!is_gone(xenbus_read_driver_state(xdev, xdev->otherend))) {
		if (xdev->state != XenbusStateClosed) {
			xenbus_switch_state(xdev, XenbusStateClosing);
			await_backend(xdev, is_closing);
		}
		xenbus_switch_state(xdev, XenbusStateClosed);
		await_backend(xdev, is_gone);
	}
	xnf_dev_detach(xnf);
}

static void remove(struct xenbus_device *xdev)
{
	struct xnf_dev *xnf = dev_get_drvdata(&xdev->dev);

	mutex_lock(&xnf->lock);
	xnf->removing = true;
	close(xnf);
	xnf_negotiate_forget(xnf);
	mutex_unlock(&xnf->lock);

	xnf_keys_unwatch(xnf);
	/* Nothing can break any more, and what has broken is of no interest. */
	cancel_work_sync(&xnf->report);
	dev_set_drvdata(&xdev->dev, NULL);
	/* As long as the netdev is there, somebody may want a new connection. */
	xnf_dev_unregister(xnf);
	xnf_watchdog_stop(xnf);
	xnf_debugfs_remove(xnf);
	xnf_xdp_exit(xnf);
	cancel_delayed_work_sync(&xnf->reconnect);
	cancel_delayed_work_sync(&xnf->give_up);
	cancel_delayed_work_sync(&xnf->retry);
	cancel_delayed_work_sync(&xnf->look);
	xnf_dev_destroy(xnf);
}

/*
 * We wake up in another place, after a migration perhaps: the rings and grants
 * mean nothing to anybody. XenBus looks at the backend next, as if we were new. None
 * of our work runs meanwhile; see xnf_wq.
 */
static int resume(struct xenbus_device *xdev)
{
	struct xnf_dev *xnf = dev_get_drvdata(&xdev->dev);

	mutex_lock(&xnf->lock);
	xnf_dev_detach(xnf);
	/* Also if it was left on for a new connection: the network is to hear where we are. */
	netif_carrier_off(xnf->netdev);
	/* What was under way has ended with the old backend. */
	xnf->reconnecting = false;
	xnf->closed_unseen = false;
	xnf->reattaching = false;
	xnf->retries = 0;
	/* Perhaps in another XenStore. */
	xnf->told = false;
	mutex_unlock(&xnf->lock);

	return 0;
}

static const struct xenbus_device_id ids[] = {
	{ "vif" },
	{ "" }
};

static struct xenbus_driver driver = {
	.ids = ids,
	.probe = probe,
	.remove = remove,
	.resume = resume,
	.otherend_changed = backend_changed,
};

/**
 * xnf_xenbus_setup() - announce the driver; devices that exist are probed
 *
 * Context: may sleep.
 *
 * Return: 0 or a negative errno.
 */
int xnf_xenbus_setup(void)
{
	return xenbus_register_frontend(&driver);
}

/**
 * xnf_xenbus_teardown() - remove all devices and withdraw the driver
 *
 * Context: may sleep.
 */
void xnf_xenbus_teardown(void)
{
	xenbus_unregister_driver(&driver);
}
