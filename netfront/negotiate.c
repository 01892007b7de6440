// SPDX-License-Identifier: GPL-2.0
/* What the two ends tell each other in XenStore; see negotiate.h. */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "negotiate.h"
#include "queue.h"

/*
 * A transaction fails when somebody else has written meanwhile. Normally that
 * is once or twice; a XenStore that is never quiet shall not keep us for ever.
 */
#define TRANSACTION_TRIES	64

/* Keys that are the same for every connection. */
static const struct {
	const char *key;
	const char *value;
} features[] = {
	{ "request-rx-copy", "1" },
	{ "feature-rx-notify", "1" },
	{ "feature-sg", "1" },
	{ "feature-ipv6-csum-offload", "1" },
};

static bool offered(struct xnf_dev *xnf, const char *key)
{
	return xenbus_read_unsigned(xnf->xdev->otherend, key, 0);
}

/**
 * xnf_negotiate_read_offer() - read what the backend can do
 * @xnf: the device
 * @offer: filled in
 *
 * Context: may sleep.
 *
 * Return: 0, or a negative errno when it is nothing that we can work with; that
 * has been reported.
 */
int xnf_negotiate_read_offer(struct xnf_dev *xnf, struct xnf_offer *offer)
{
	const char *backend = xnf->xdev->otherend;

	if (!offered(xnf, "feature-rx-copy")) {
		xnf_dev_fatal(xnf, -EINVAL,
			      "the backend does not copy received packets (no feature-rx-copy)");
		return -EINVAL;
	}

	*offer = (struct xnf_offer) {
		.sg = offered(xnf, "feature-sg"),
		.gso_tcpv4 = offered(xnf, "feature-gso-tcpv4"),
		.gso_tcpv6 = offered(xnf, "feature-gso-tcpv6"),
		.ipv4_csum = !offered(xnf, "feature-no-csum-offload"),
		.ipv6_csum = offered(xnf, "feature-ipv6-csum-offload"),
		.xdp_headroom = offered(xnf, "feature-xdp-headroom"),
		.split_event_channels = offered(xnf, "feature-split-event-channels"),
		.ctrl_ring = offered(xnf, "feature-ctrl-ring"),
		.max_queues = xenbus_read_unsigned(backend, "multi-queue-max-queues", 0),
	};
	offer->multi_queue = offer->max_queues;
	if (!offer->multi_queue)
		offer->max_queues = 1;

	return 0;
}

/* Write a number, or make sure that the key of an earlier connection is gone. */
static int put(struct xenbus_transaction xbt, const char *dir, const char *key,
	       bool wanted, unsigned int value)
{
	int err;

	if (wanted)
		return xenbus_printf(xbt, dir, key, "%u", value);

	err = xenbus_rm(xbt, dir, key);
	return err == -ENOENT ? 0 : err;
}

static int put_queue(struct xenbus_transaction xbt, const struct xnf_queue *queue,
		     const char *dir)
{
	bool split = queue->tx_event != queue->rx_event;

	return put(xbt, dir, "tx-ring-ref", true, queue->tx.ring_ref) ?:
	       put(xbt, dir, "rx-ring-ref", true, queue->rx.ring_ref) ?:
	       put(xbt, dir, "event-channel-tx", split, queue->tx_event->port) ?:
	       put(xbt, dir, "event-channel-rx", split, queue->rx_event->port) ?:
	       /* Backends look for the other two first, so this one may stay. */
	       (split ? 0 : put(xbt, dir, "event-channel", true, queue->tx_event->port));
}

/* What XDP wants of the backend; it is told again when that changes, see xdp.c. */
static int put_xdp(struct xenbus_transaction xbt, struct xnf_dev *xnf, const char *dir)
{
	struct xnf_xdp *xdp = &xnf->xdp;

	return put(xbt, dir, "xdp-headroom", xdp->told_headroom, xdp->told_headroom) ?:
	       put(xbt, dir, "feature-gso-tcpv4", true, !xdp->told_no_gso) ?:
	       put(xbt, dir, "feature-gso-tcpv6", true, !xdp->told_no_gso);
}

static int put_features(struct xenbus_transaction xbt, struct xnf_dev *xnf, const char *dir)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(features); i++)
		err = xenbus_write(xbt, dir, features[i].key, features[i].value);

	return err ?: put_xdp(xbt, xnf, dir);
}

static int put_ctrl(struct xenbus_transaction xbt, const struct xnf_ctrl *ctrl, const char *dir)
{
	bool present = xnf_ctrl_present(ctrl);

	return put(xbt, dir, "ctrl-ring-ref", present, ctrl->ring_ref) ?:
	       put(xbt, dir, "event-channel-ctrl", present, ctrl->port);
}

static int put_all(struct xenbus_transaction xbt, struct xnf_dev *xnf,
		   const struct xnf_queues *queues)
{
	const char *frontend = xnf->xdev->nodename;
	unsigned int i;
	char *dir;
	int err;

	err = put(xbt, frontend, "multi-queue-num-queues", xnf->offer.multi_queue, queues->count) ?:
	      put_ctrl(xbt, &xnf->ctrl, frontend);
	if (!err && !xnf->told)
		err = put_features(xbt, xnf, frontend);
	if (err)
		return err;

	/* netif.h: a single queue has its keys where they always were. */
	if (queues->count == 1)
		return put_queue(xbt, &queues->queue[0], frontend);

	for (i = 0; !err && i < queues->count; i++) {
		dir = kasprintf(GFP_KERNEL, "%s/queue-%u", frontend, i);
		if (!dir)
			return -ENOMEM;
		err = put_queue(xbt, &queues->queue[i], dir);
		kfree(dir);
	}

	return err;
}

/**
 * xnf_negotiate_publish() - tell the backend all it needs to connect
 * @xnf: the device
 * @queues: its queues, which have rings and event channels
 *
 * All keys appear at once. What an earlier connection has left that could be
 * taken for ours is removed. What it has told and holds is not told again: each key
 * costs a round trip, and another one in XenBus' thread, while packets wait. Context:
 * may sleep.
 *
 * Return: 0, or a negative errno that has been reported.
 */
int xnf_negotiate_publish(struct xnf_dev *xnf, const struct xnf_queues *queues)
{
	unsigned int headroom = xnf->offer.xdp_headroom ? READ_ONCE(xnf->xdp.headroom) : 0;
	bool no_gso = xnf_xdp_wants_no_gso(xnf);
	struct xenbus_transaction xbt;
	int err, tries = 0;

	if (xnf->xdp.told_headroom != headroom || xnf->xdp.told_no_gso != no_gso)
		xnf->told = false;
	xnf->xdp.told_headroom = headroom;
	/* Not every backend looks at the key before it is asked to. */
	xnf->xdp.asked_headroom = 0;
	xnf->xdp.told_no_gso = no_gso;
	WRITE_ONCE(xnf->xdp.extra, headroom);

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			break;
		err = put_all(xbt, xnf, queues);
		if (err) {
			xenbus_transaction_end(xbt, true);
			break;
		}
		err = xenbus_transaction_end(xbt, false);
	} while (err == -EAGAIN && ++tries < TRANSACTION_TRIES);

	xnf->told = !err;
	if (err)
		xnf_dev_fatal(xnf, err, "writing the keys of %u queues", queues->count);

	return err;
}

/**
 * xnf_negotiate_forget() - remove what a driver that comes after us may not know
 * @xnf: the device, closed for good
 *
 * The in-tree one knows nothing of control rings, and a backend would take ours, which is
 * no longer there, for its. All else it writes or removes by itself. Context: may sleep.
 */
void xnf_negotiate_forget(struct xnf_dev *xnf)
{
	/* There is no ring any more. That the whole device is gone is just as well. */
	put_ctrl(XBT_NIL, &xnf->ctrl, xnf->xdev->nodename);
}
