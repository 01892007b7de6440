// SPDX-License-Identifier: GPL-2.0
/*
 * The XenBus side of a vif: what is offered to the frontend, what it answers,
 * and the states that both go through.
 *
 * The toolstack makes the device; its hotplug script puts the interface on a
 * bridge as soon as we wait (InitWait) and then writes hotplug-status. The
 * frontend publishes its rings and says that it is Connected. When both have
 * happened the rings are mapped and we are Connected too. Everything that the
 * frontend writes may be wrong, missing, or change at any time: each key is
 * read once, and nonsense stops this one vif with an error node until the
 * frontend comes back.
 */

#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/xenbus.h>

#include "ctrl.h"
#include "queue.h"
#include "vif.h"

/* Longest path of a queue's keys that is tried. */
#define XNB_PATH_LEN	128

/**
 * struct xnb_offer - a key by which the frontend learns what it may use
 * @key: as netif.h names it
 * @value: what is written
 */
struct xnb_offer {
	const char *key;
	unsigned int value;
};

static const struct xnb_offer xnb_offers[] = {
	{ "feature-sg", 1 },
	{ "feature-gso-tcpv4", 1 },
	{ "feature-gso-tcpv6", 1 },
	{ "feature-ipv6-csum-offload", 1 },
	{ "feature-rx-copy", 1 },
	{ "feature-rx-flip", 0 },
	{ "feature-multicast-control", 1 },
	{ "feature-dynamic-multicast-control", 1 },
	{ "feature-ctrl-ring", 1 },
	{ "feature-xdp-headroom", 1 },
};

/*
 * The administrator's limit for this vif: a key of its own, since what is in
 * multi-queue-max-queues may have been written by the last backend, with
 * another limit.
 */
static unsigned int xnb_queue_limit(struct xnb_vif *vif)
{
	char *text = xenbus_read(XBT_NIL, vif->xdev->nodename, "max-queues", NULL);
	unsigned int most = vif->dev->num_tx_queues;
	unsigned int limit = most;

	if (IS_ERR(text))
		return limit;

	if (kstrtouint(text, 10, &limit) || !limit) {
		limit = most;
		if (__ratelimit(&vif->log_limit))
			netdev_err(vif->dev,
				   "%s/max-queues is \"%*pE\", must be a number from 1 to %u: ignored\n",
				   vif->xdev->nodename,
				   (int)min_t(size_t, strlen(text), 20), text, limit);
	}
	kfree(text);

	return min(limit, most);
}

static int xnb_write_offers_in(struct xenbus_transaction xbt, struct xnb_vif *vif, bool all)
{
	struct xenbus_device *xdev = vif->xdev;
	size_t i;
	int err;

	for (i = 0; all && i < ARRAY_SIZE(xnb_offers); i++) {
		err = xenbus_printf(xbt, xdev->nodename, xnb_offers[i].key, "%u",
				    xnb_offers[i].value);
		if (err)
			return err;
	}

	err = xenbus_printf(xbt, xdev->nodename, "feature-split-event-channels",
			    "%u", xnb_separate_tx_rx_irq);
	if (err)
		return err;

	return xenbus_printf(xbt, xdev->nodename, "multi-queue-max-queues", "%u",
			     vif->max_queues);
}

/*
 * Each key costs a round trip, and XenBus' thread another one for its watch: when a
 * frontend comes back, only what may have changed is written. What an administrator has
 * withdrawn by hand stays so.
 */
static int xnb_write_offers(struct xnb_vif *vif, bool all)
{
	struct xenbus_transaction xbt;
	int err;

	vif->max_queues = xnb_queue_limit(vif);
	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;

		err = xnb_write_offers_in(xbt, vif, all);
		if (err) {
			xenbus_transaction_end(xbt, true);
			return err;
		}

		err = xenbus_transaction_end(xbt, false);
	} while (err == -EAGAIN);

	return err;
}

/**
 * xnb_read_number() - read a number that the frontend published
 * @vif: the vif, stopped with an error when the number is no good
 * @dir: where its keys are
 * @key: which one
 * @min: least value that makes sense
 * @max: greatest
 * @value: where to put it
 *
 * Return: 0, or a negative errno with the error reported.
 */
static int xnb_read_number(struct xnb_vif *vif, const char *dir,
			   const char *key, unsigned int min, unsigned int max,
			   unsigned int *value)
{
	char *text = xenbus_read(XBT_NIL, dir, key, NULL);
	int err;

	if (IS_ERR(text)) {
		err = PTR_ERR(text);
		xnb_vif_error(vif, err, "%s/%s cannot be read", dir, key);
		return err;
	}

	err = kstrtouint(text, 10, value);
	if (!err && (*value < min || *value > max))
		err = -ERANGE;
	if (err)
		xnb_vif_error(vif, err,
			      "%s/%s is \"%*pE\", must be a number from %u to %u",
			      dir, key, (int)min_t(size_t, strlen(text), 20), text,
			      min, max);
	kfree(text);

	return err;
}

static int xnb_read_queue_keys(struct xnb_vif *vif, const char *dir,
			       struct xnb_queue_keys *keys)
{
	int err;

	err = xnb_read_number(vif, dir, "tx-ring-ref", 1, U32_MAX,
			      &keys->tx_ring_ref) ?:
	      xnb_read_number(vif, dir, "rx-ring-ref", 1, U32_MAX,
			      &keys->rx_ring_ref);
	if (err)
		return err;

	if (keys->tx_ring_ref == keys->rx_ring_ref) {
		xnb_vif_error(vif, -EINVAL,
			      "%s: tx-ring-ref and rx-ring-ref are the same", dir);
		return -EINVAL;
	}

	/* Split event channels, when the frontend took up that offer. */
	if (xenbus_exists(XBT_NIL, dir, "event-channel-tx"))
		return xnb_read_number(vif, dir, "event-channel-tx", 1, U32_MAX,
				       &keys->tx_port) ?:
		       xnb_read_number(vif, dir, "event-channel-rx", 1, U32_MAX,
				       &keys->rx_port);

	err = xnb_read_number(vif, dir, "event-channel", 1, U32_MAX,
			      &keys->tx_port);
	keys->rx_port = keys->tx_port;

	return err;
}

/* One of the features that a frontend need not name: no number means no. */
static bool xnb_read_feature(struct xnb_vif *vif, const char *key)
{
	const char *dir = vif->xdev->otherend;
	char *text = xenbus_read(XBT_NIL, dir, key, NULL);
	unsigned int value = 0;

	if (IS_ERR(text))
		return false;

	if (kstrtouint(text, 10, &value) && __ratelimit(&vif->log_limit))
		netdev_warn(vif->dev, "%s/%s is \"%*pE\", must be a number: taken for 0\n",
			    dir, key, (int)min_t(size_t, strlen(text), 20), text);
	kfree(text);

	return value;
}

static int xnb_read_features(struct xnb_vif *vif, struct xnb_features *features)
{
	unsigned int rx_copy;
	int err;

	err = xnb_read_number(vif, vif->xdev->otherend, "request-rx-copy", 1, 1, &rx_copy);
	if (err)
		return err;

	features->sg = xnb_read_feature(vif, "feature-sg");
	features->gso_tcpv4 = xnb_read_feature(vif, "feature-gso-tcpv4");
	features->gso_tcpv6 = xnb_read_feature(vif, "feature-gso-tcpv6");
	features->csum_ipv4 = !xnb_read_feature(vif, "feature-no-csum-offload");
	features->csum_ipv6 = xnb_read_feature(vif, "feature-ipv6-csum-offload");
	features->rx_notify = xnb_read_feature(vif, "feature-rx-notify");

	return 0;
}

static struct xnb_queue *xnb_connect_queue(struct xnb_vif *vif, unsigned int id,
					   unsigned int nr_queues)
{
	struct xenbus_device *xdev = vif->xdev;
	struct xnb_queue_keys keys = {};
	char dir[XNB_PATH_LEN];
	int len;

	/* A single queue's keys lie flat in the frontend's directory. */
	len = nr_queues == 1 ? snprintf(dir, sizeof(dir), "%s", xdev->otherend) :
			       snprintf(dir, sizeof(dir), "%s/queue-%u",
					xdev->otherend, id);
	if (len >= sizeof(dir)) {
		xnb_vif_error(vif, -ENAMETOOLONG, "path of queue %u", id);
		return NULL;
	}

	if (xnb_read_queue_keys(vif, dir, &keys))
		return NULL;

	return xnb_queue_create(vif, id, &keys);
}

static int xnb_read_nr_queues(struct xnb_vif *vif, unsigned int *nr_queues)
{
	struct xenbus_device *xdev = vif->xdev;

	if (!xenbus_exists(XBT_NIL, xdev->otherend, "multi-queue-num-queues")) {
		*nr_queues = 1;
		return 0;
	}

	return xnb_read_number(vif, xdev->otherend, "multi-queue-num-queues", 1,
			       vif->max_queues, nr_queues);
}

/* A frontend need not take up the offer of a control ring. */
static int xnb_read_ctrl_keys(struct xnb_vif *vif, struct xnb_ctrl_keys *keys)
{
	const char *dir = vif->xdev->otherend;

	if (!xenbus_exists(XBT_NIL, dir, "ctrl-ring-ref"))
		return 0;

	return xnb_read_number(vif, dir, "ctrl-ring-ref", 1, U32_MAX,
			       &keys->ring_ref) ?:
	       xnb_read_number(vif, dir, "event-channel-ctrl", 1, U32_MAX,
			       &keys->port);
}

/* Map the frontend's rings. Errors are reported, and leave nothing behind. */
static int xnb_connect(struct xnb_vif *vif)
{
	struct xnb_features features = {};
	struct xnb_ctrl_keys ctrl_keys = {};
	struct xnb_queue **queues;
	unsigned int nr_queues, i;
	bool inherited = false;
	int err;

	if (xnb_pools_exhausted(vif->domid)) {
		xnb_vif_error(vif, -EBUSY,
			      "too many connections of this guest have left packets behind");
		return -EBUSY;
	}

	err = xnb_read_features(vif, &features) ?:
	      xnb_read_nr_queues(vif, &nr_queues) ?:
	      xnb_read_ctrl_keys(vif, &ctrl_keys);
	if (err)
		return err;

	queues = kcalloc(nr_queues, sizeof(*queues), GFP_KERNEL);
	if (!queues) {
		xnb_vif_error(vif, -ENOMEM, "no memory for queues");
		return -ENOMEM;
	}

	xnb_headroom_read(vif);
	for (i = 0; i < nr_queues; i++) {
		queues[i] = xnb_connect_queue(vif, i, nr_queues);
		if (!queues[i]) {
			err = -EINVAL;
			goto destroy;
		}
		inherited |= xnb_queue_inherited(queues[i]);
	}

	xnb_multicast_connect(vif, inherited);
	err = xnb_vif_publish(vif, queues, nr_queues, &features);
	if (err) {
		xnb_vif_error(vif, err, "cannot have %u queues", nr_queues);
		goto destroy;
	}

	/* The last one: settings are checked against the queues. */
	err = xnb_ctrl_connect(vif, &ctrl_keys);
	if (err)
		xnb_vif_disconnect(vif, XNB_VIF_SETTLE_MSECS);
	return err;

destroy:
	xnb_queues_stop(queues, i, 0);
	xnb_queues_free(queues, i);
	kfree(queues);
	return err;
}

/* An error node tells of the last failure only until things work again. */
static void xnb_forget_error(struct xenbus_device *xdev)
{
	char *dir = kasprintf(GFP_KERNEL, "error/%s", xdev->nodename);

	if (!dir)
		return;

	if (xenbus_exists(XBT_NIL, dir, "error"))
		xenbus_rm(XBT_NIL, dir, "error");
	kfree(dir);
}

/* Connect once the frontend and the hotplug script are both ready. */
static void xnb_try_connect(struct xnb_vif *vif)
{
	struct xenbus_device *xdev = vif->xdev;

	if (xdev->state != XenbusStateInitWait || !vif->hotplug_done ||
	    xenbus_read_driver_state(xdev, xdev->otherend) != XenbusStateConnected)
		return;

	if (xnb_connect(vif))
		return;

	xnb_forget_error(xdev);
	xenbus_switch_state(xdev, XenbusStateConnected);
}

/*
 * The way down, from any state, as far as the frontend has gone. One that is Closed
 * has no use for our Closing any more.
 */
static void xnb_close(struct xnb_vif *vif, enum xenbus_state last)
{
	struct xenbus_device *xdev = vif->xdev;

	xnb_vif_disconnect(vif, XNB_VIF_SETTLE_MSECS);
	if (xdev->state != XenbusStateClosed)
		xenbus_switch_state(xdev, last);
}

/* A frontend that starts, or starts over without having closed. */
static void xnb_reopen(struct xnb_vif *vif)
{
	struct xenbus_device *xdev = vif->xdev;

	if (xdev->state == XenbusStateInitWait)
		return;

	if (xdev->state != XenbusStateClosed)
		xnb_close(vif, XenbusStateClosed);
	if (xnb_write_offers(vif, false)) {
		xnb_vif_error(vif, -EIO, "cannot write features");
		return;
	}
	xenbus_switch_state(xdev, XenbusStateInitWait);
}

/* Connected: for the first time, after XDP was set up, or out of order. */
static void xnb_frontend_connected(struct xnb_vif *vif)
{
	if (vif->xdev->state == XenbusStateReconfigured) {
		xenbus_switch_state(vif->xdev, XenbusStateConnected);
		return;
	}

	/* After Closed without Initialising in between, or with us not seeing it. */
	if (vif->xdev->state == XenbusStateClosed)
		xnb_reopen(vif);
	xnb_try_connect(vif);
}

static void xnb_frontend_changed(struct xenbus_device *xdev,
				 enum xenbus_state state)
{
	struct xnb_vif *vif = dev_get_drvdata(&xdev->dev);
	bool gone = false;

	if (!vif)
		return;

	mutex_lock(&vif->lock);
	xnb_headroom_forget(vif);
	switch (state) {
	case XenbusStateInitialising:
	case XenbusStateInitWait:
		xnb_reopen(vif);
		break;
	case XenbusStateInitialised:
		if (xdev->state == XenbusStateClosed)
			xnb_reopen(vif);
		break;
	case XenbusStateConnected:
		xnb_frontend_connected(vif);
		break;
	case XenbusStateReconfiguring:
		xnb_headroom_asked(vif);
		break;
	case XenbusStateReconfigured:
		break;
	case XenbusStateClosing:
		xnb_close(vif, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		xnb_close(vif, XenbusStateClosed);
		gone = !xenbus_dev_is_online(xdev);
		break;
	case XenbusStateUnknown:
		/* Its directory has gone, or it has written nonsense. */
		xnb_close(vif, XenbusStateClosed);
		gone = !xenbus_dev_is_online(xdev);
		break;
	default:
		xnb_vif_disconnect(vif, XNB_VIF_SETTLE_MSECS);
		xnb_vif_error(vif, -EINVAL, "frontend is in unexpected state %d",
			      state);
		break;
	}
	mutex_unlock(&vif->lock);

	/* Ends in xnb_remove(), after which there is no vif. */
	if (gone)
		device_unregister(&xdev->dev);
}

static void xnb_hotplug_changed(struct xenbus_watch *watch, const char *path,
				const char *token)
{
	struct xnb_vif *vif = container_of(watch, struct xnb_vif, hotplug_watch);
	char *status = xenbus_read(XBT_NIL, vif->xdev->nodename, "hotplug-status", NULL);

	if (IS_ERR(status))
		return;

	mutex_lock(&vif->lock);
	if (!strcmp(status, "connected") && !vif->hotplug_done) {
		vif->hotplug_done = true;
		xnb_try_connect(vif);
	}
	mutex_unlock(&vif->lock);
	kfree(status);
}

static void xnb_unwatch(struct xnb_vif *vif)
{
	if (!vif->hotplug_watch.node)
		return;

	unregister_xenbus_watch(&vif->hotplug_watch);
	kfree(vif->hotplug_watch.node);
	vif->hotplug_watch.node = NULL;
}

static void xnb_remove(struct xenbus_device *xdev)
{
	struct xnb_vif *vif = dev_get_drvdata(&xdev->dev);

	if (!vif)
		return;

	xnb_unwatch(vif);
	xnb_credit_unwatch(vif);
	xnb_headroom_unwatch(vif);
	xnb_multicast_unwatch(vif);
	kobject_uevent(&xdev->dev.kobj, KOBJ_OFFLINE);

	/*
	 * Another backend may be bound next, and go on with the rings as they
	 * are. With slots left unanswered it cannot: it would answer later ones
	 * twice and these never. Then the frontend has to start over.
	 */
	mutex_lock(&vif->lock);
	if (!xnb_vif_disconnect(vif, XNB_VIF_SETTLE_REBIND_MSECS))
		xenbus_switch_state(xdev, XenbusStateClosing);
	mutex_unlock(&vif->lock);

	xnb_carrier_withdraw(vif);
	dev_set_drvdata(&xdev->dev, NULL);
	xnb_vif_destroy(vif);
}

static int xnb_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	unsigned int handle;
	struct xnb_vif *vif;
	int err;

	err = xenbus_scanf(XBT_NIL, xdev->nodename, "handle", "%u", &handle);
	if (err != 1) {
		err = err < 0 ? err : -EINVAL;
		xenbus_dev_fatal(xdev, err, "%s/handle cannot be read", xdev->nodename);
		return err;
	}

	vif = xnb_vif_create(xdev, handle);
	if (IS_ERR(vif)) {
		err = PTR_ERR(vif);
		xenbus_dev_fatal(xdev, err, "cannot make the network interface");
		return err;
	}
	dev_set_drvdata(&xdev->dev, vif);
	kobject_uevent(&xdev->dev.kobj, KOBJ_ONLINE);

	err = xnb_write_offers(vif, true);
	if (err) {
		xenbus_dev_fatal(xdev, err, "cannot write features");
		goto remove;
	}
	xnb_carrier_publish(vif);

	/* Watches and states that fail, here and below, are reported by XenBus. */
	err = xnb_credit_watch(vif) ?: xnb_headroom_watch(vif);
	if (err)
		goto remove;

	/* The toolstack starts its hotplug script when it sees this state. */
	err = xenbus_switch_state(xdev, XenbusStateInitWait);
	if (err)
		goto remove;

	err = xenbus_watch_pathfmt(xdev, &vif->hotplug_watch, NULL,
				   xnb_hotplug_changed, "%s/hotplug-status",
				   xdev->nodename);
	if (err) {
		vif->hotplug_watch.node = NULL;
		goto remove;
	}

	err = xnb_multicast_watch(vif);
	if (err)
		goto remove;

	return 0;

remove:
	xnb_remove(xdev);
	return err;
}

/* For udev and for the scripts of the toolstack. */
static int xnb_uevent(xnet_xenbus_uevent_arg *xdev, struct kobj_uevent_env *env)
{
	struct xnb_vif *vif = dev_get_drvdata(&xdev->dev);
	char *script;
	int err;

	script = xenbus_read(XBT_NIL, xdev->nodename, "script", NULL);
	if (!IS_ERR(script)) {
		err = add_uevent_var(env, "script=%s", script);
		kfree(script);
		if (err)
			return err;
	}

	return vif ? add_uevent_var(env, "vif=%s", vif->dev->name) : 0;
}

static const struct xenbus_device_id xnb_ids[] = {
	{ "vif" },
	{ "" }
};

static struct xenbus_driver xnb_driver = {
	.ids = xnb_ids,
	.probe = xnb_probe,
	.remove = xnb_remove,
	.uevent = xnb_uevent,
	.otherend_changed = xnb_frontend_changed,
	/* Another netback may take over a connected frontend. */
	.allow_rebind = true,
	.driver.dev_groups = xnb_sysfs_groups,
};

/**
 * xnb_xenbus_init() - serve vifs from now on
 *
 * Context: the module is being loaded; may sleep.
 *
 * Return: 0 or a negative errno.
 */
int __init xnb_xenbus_init(void)
{
	return xenbus_register_backend(&xnb_driver);
}

/**
 * xnb_xenbus_exit() - serve vifs no longer; all are removed
 *
 * Context: the module is being unloaded; may sleep.
 */
void xnb_xenbus_exit(void)
{
	xenbus_unregister_driver(&xnb_driver);
}
