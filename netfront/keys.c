// SPDX-License-Identifier: GPL-2.0
/* Keys of XenStore that may change at any time; see keys.h. */

#include <linux/if_ether.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "keys.h"

/* Nonsense is told when it is new, and never more than the log allows. */
static unsigned int read_mtu(struct xnf_dev *xnf, bool tell)
{
	struct xenbus_device *xdev = xnf->xdev;
	unsigned int mtu;
	char *str;
	int err;

	str = xenbus_read(XBT_NIL, xdev->nodename, "mtu", NULL);
	if (IS_ERR(str))
		return 0;
	err = kstrtouint(str, 10, &mtu);
	if (err || mtu < ETH_MIN_MTU || mtu > XNF_MTU_MAX) {
		mtu = 0;
		if (tell && __ratelimit(&xnf->log))
			dev_warn(&xdev->dev,
				 "ignoring the mtu key, which is no number from %u to %lu\n",
				 ETH_MIN_MTU, (unsigned long)XNF_MTU_MAX);
	}
	kfree(str);

	return mtu;
}

static bool read_link_down(struct xnf_dev *xnf, bool tell)
{
	bool down = false;
	char *str;

	str = xenbus_read(XBT_NIL, xnf->xdev->otherend, "carrier", NULL);
	if (IS_ERR(str))
		return false;
	if (!strcmp(str, "0"))
		down = true;
	else if (strcmp(str, "1") && tell && __ratelimit(&xnf->log))
		dev_warn(&xnf->xdev->dev, "ignoring the carrier key, which is not 0 or 1\n");
	kfree(str);

	return down;
}

/* Without a key, and with one that is no good, the MTU stays what it is. */
static void mtu_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xnf_dev *xnf = container_of(watch, struct xnf_dev, mtu_watch);
	unsigned int mtu;

	mutex_lock(&xnf->lock);
	mtu = read_mtu(xnf, true);
	if (mtu && mtu != xnf->mtu)
		xnf_dev_set_mtu(xnf, mtu);
	mutex_unlock(&xnf->lock);
}

static void link_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xnf_dev *xnf = container_of(watch, struct xnf_dev, link_watch);
	bool down;

	mutex_lock(&xnf->lock);
	down = read_link_down(xnf, true);
	if (down != xnf->link_down) {
		xnf->link_down = down;
		/* Otherwise it has its effect when the connection is made. */
		if (xnf->connected)
			xnf_dev_carrier(xnf);
	}
	mutex_unlock(&xnf->lock);
}

/* One event at a time: whoever writes a key over and over shall not fill our memory. */
static bool will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	return watch->nr_pending == 0;
}

static void unwatch(struct xenbus_watch *watch)
{
	if (!watch->node)
		return;

	unregister_xenbus_watch(watch);
	kfree(watch->node);
	watch->node = NULL;
}

/* Not with xenbus_watch_path(): a device can do without, if XenStore has no watch left. */
static void watch(struct xnf_dev *xnf, const char *dir, const char *key,
		  struct xenbus_watch *watch,
		  void (*changed)(struct xenbus_watch *, const char *, const char *))
{
	size_t len = strlen(dir);

	if (watch->node && !strncmp(watch->node, dir, len) && watch->node[len] == '/')
		return;
	unwatch(watch);

	watch->node = kasprintf(GFP_KERNEL, "%s/%s", dir, key);
	watch->will_handle = will_handle;
	watch->callback = changed;
	if (watch->node && !register_xenbus_watch(watch))
		return;

	kfree(watch->node);
	watch->node = NULL;
	if (__ratelimit(&xnf->log))
		dev_warn(&xnf->xdev->dev, "changes of the %s key will not be noticed\n", key);
}

/**
 * xnf_keys_read() - see how the keys are before there is a connection
 * @xnf: the device
 *
 * Context: may sleep. @xnf->lock is held.
 */
void xnf_keys_read(struct xnf_dev *xnf)
{
	unsigned int mtu = read_mtu(xnf, false);

	/* Later on the watch notices whatever has happened. */
	if (xnf->netdev->reg_state == NETREG_UNINITIALIZED && mtu)
		xnf->mtu = mtu;
	xnf->link_down = read_link_down(xnf, false);
}

/**
 * xnf_keys_watch() - follow the keys from now on
 * @xnf: the device; its backend's directory may be another than last time
 *
 * Context: a watch of XenBus, and nothing else. @xnf->lock is held, and what handles a
 * change wants it: from elsewhere, the end of a watch would be waited for in vain.
 */
void xnf_keys_watch(struct xnf_dev *xnf)
{
	watch(xnf, xnf->xdev->nodename, "mtu", &xnf->mtu_watch, mtu_changed);
	watch(xnf, xnf->xdev->otherend, "carrier", &xnf->link_watch, link_changed);
}

/**
 * xnf_keys_unwatch() - do not follow the keys any more
 * @xnf: the device
 *
 * Context: may sleep. @xnf->lock is not held: what handles a change wants it.
 */
void xnf_keys_unwatch(struct xnf_dev *xnf)
{
	unwatch(&xnf->mtu_watch);
	unwatch(&xnf->link_watch);
}
