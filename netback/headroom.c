// SPDX-License-Identifier: GPL-2.0
/* Room for XDP in front of packets; see headroom.h. */

#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xenbus.h>

#include "headroom.h"
#include "vif.h"

/* A frontend that is Reconfiguring writes the key within this time. */
#define XNB_HEADROOM_LATE_MSECS	300

/**
 * xnb_headroom_read() - take over what the frontend asks for
 * @vif: the vif
 *
 * Nonsense stands for none. Each queue takes over a change with its next batch.
 * Context: may sleep; the vif's lock.
 */
void xnb_headroom_read(struct xnb_vif *vif)
{
	char *text = xenbus_read(XBT_NIL, vif->xdev->otherend, "xdp-headroom", NULL);
	unsigned int bytes = 0;

	if (!IS_ERR(text)) {
		if (kstrtouint(text, 10, &bytes) || bytes > XNB_HEADROOM_MAX) {
			bytes = 0;
			if (__ratelimit(&vif->log_limit))
				netdev_warn(vif->dev,
					    "xdp-headroom is \"%*pE\", must be a number from 0 to %u: none\n",
					    (int)min_t(size_t, strlen(text), 20), text,
					    XNB_HEADROOM_MAX);
		}
		kfree(text);
	}

	WRITE_ONCE(vif->headroom.bytes, bytes);
}

static void xnb_headroom_answer(struct xnb_vif *vif)
{
	if (!vif->headroom.asked)
		return;

	vif->headroom.asked = false;
	if (!test_bit(XNB_VIF_CONNECTED, &vif->flags) ||
	    test_bit(XNB_VIF_BROKEN, &vif->flags))
		return;

	/* No batch that has begun with the old value is under way after this. */
	synchronize_net();
	xenbus_switch_state(vif->xdev, XenbusStateReconfigured);
}

static void xnb_headroom_late(struct work_struct *work)
{
	struct xnb_vif *vif = container_of(to_delayed_work(work), struct xnb_vif,
					   headroom.late);

	mutex_lock(&vif->lock);
	/* Asked again at this very moment: that has its own time. */
	if (vif->headroom.asked && !delayed_work_pending(&vif->headroom.late)) {
		xnb_headroom_read(vif);
		xnb_headroom_answer(vif);
	}
	mutex_unlock(&vif->lock);
}

static void xnb_headroom_changed(struct xenbus_watch *watch, const char *path,
				 const char *token)
{
	struct xnb_vif *vif = container_of(watch, struct xnb_vif, headroom.watch);

	mutex_lock(&vif->lock);
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags))
		xnb_headroom_read(vif);
	xnb_headroom_answer(vif);
	mutex_unlock(&vif->lock);
}

/* The guest may write the key as often as it likes: one look is enough. */
static bool xnb_headroom_will_handle(struct xenbus_watch *watch, const char *path,
				     const char *token)
{
	return !watch->nr_pending;
}

/**
 * xnb_headroom_asked() - the frontend is Reconfiguring
 * @vif: the vif; one that is not connected has nothing to answer
 *
 * Context: may sleep; the vif's lock.
 */
void xnb_headroom_asked(struct xnb_vif *vif)
{
	if (!test_bit(XNB_VIF_CONNECTED, &vif->flags))
		return;

	/* Asked again before we had seen it go back to Connected. */
	if (vif->xdev->state == XenbusStateReconfigured)
		xenbus_switch_state(vif->xdev, XenbusStateConnected);

	vif->headroom.asked = true;
	/* It may still be under way for a question that was answered before. */
	cancel_delayed_work(&vif->headroom.late);
	schedule_delayed_work(&vif->headroom.late,
			      msecs_to_jiffies(XNB_HEADROOM_LATE_MSECS));
}

/**
 * xnb_headroom_forget() - the frontend is not Reconfiguring any more
 * @vif: the vif
 *
 * Context: the vif's lock.
 */
void xnb_headroom_forget(struct xnb_vif *vif)
{
	vif->headroom.asked = false;
}

/**
 * xnb_headroom_init() - prepare a vif: no headroom
 * @vif: the vif, zeroed
 *
 * Any context; nobody else knows of the vif yet.
 */
void xnb_headroom_init(struct xnb_vif *vif)
{
	INIT_DELAYED_WORK(&vif->headroom.late, xnb_headroom_late);
}

/**
 * xnb_headroom_watch() - follow `xdp-headroom` from now on
 * @vif: the vif
 *
 * Context: may sleep.
 *
 * Return: 0, or a negative errno that XenBus has reported (xenbus_dev_fatal()).
 */
int xnb_headroom_watch(struct xnb_vif *vif)
{
	int err = xenbus_watch_pathfmt(vif->xdev, &vif->headroom.watch,
				       xnb_headroom_will_handle,
				       xnb_headroom_changed, "%s/xdp-headroom",
				       vif->xdev->otherend);

	if (err)
		vif->headroom.watch.node = NULL;

	return err;
}

/**
 * xnb_headroom_unwatch() - undo xnb_headroom_watch(), and all that was begun
 * @vif: the vif, watching or not, of whose frontend nothing is heard any more
 *
 * Context: may sleep; the vif's lock is not held.
 */
void xnb_headroom_unwatch(struct xnb_vif *vif)
{
	if (vif->headroom.watch.node) {
		unregister_xenbus_watch(&vif->headroom.watch);
		kfree(vif->headroom.watch.node);
		vif->headroom.watch.node = NULL;
	}
	cancel_delayed_work_sync(&vif->headroom.late);
}
