// SPDX-License-Identifier: GPL-2.0
/* How many queues a connection is to have; see channels.h. */

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/rtnetlink.h>

#include "channels.h"
#include "dev.h"
#include "queue.h"
#include "xenbus.h"

/**
 * xnf_channels_max() - the most queues that there can be now
 * @xnf: the device
 *
 * Any context; before the first connection the backend's limit is not known.
 *
 * Return: a number of queues, at least 1.
 */
unsigned int xnf_channels_max(const struct xnf_dev *xnf)
{
	return min(xnf->max_queues, READ_ONCE(xnf->offer.max_queues) ?: xnf->max_queues);
}

/**
 * xnf_channels_now() - how many queues there are, or will be in a moment
 * @xnf: the device
 *
 * Context: rtnl held.
 *
 * Return: a number of queues.
 */
unsigned int xnf_channels_now(const struct xnf_dev *xnf)
{
	const struct xnf_channels *channels = &xnf->channels;

	return channels->pending ? channels->wanted : xnf->netdev->real_num_tx_queues;
}

static void forget_ready(struct xnf_dev *xnf)
{
	if (xnf->channels.ready)
		xnf_queues_destroy(xnf->channels.ready);
	xnf->channels.ready = NULL;
}

/**
 * xnf_channels_set() - have another number of queues
 * @xnf: the device
 * @count: how many, 1 to xnf_channels_max()
 *
 * The connection is closed and made again soon afterwards. Context: may sleep, rtnl
 * held.
 *
 * Return: 0, or a negative errno with everything as it was.
 */
int xnf_channels_set(struct xnf_dev *xnf, unsigned int count)
{
	struct xnf_queues *queues;

	queues = xnf_queues_prepare(xnf, count, true);
	if (IS_ERR(queues))
		return PTR_ERR(queues);

	forget_ready(xnf);
	xnf->channels.ready = queues;
	xnf->channels.wanted = count;
	xnf->channels.pending = true;
	xnf_xenbus_reconnect(xnf);

	return 0;
}

/**
 * xnf_channels_make() - the queues of a new connection
 * @xnf: the device, whose @offer is that of the backend
 *
 * Context: may sleep; the device's lock and rtnl are held.
 *
 * Return: prepared queues, or an ERR_PTR().
 */
struct xnf_queues *xnf_channels_make(struct xnf_dev *xnf)
{
	struct xnf_channels *channels = &xnf->channels;
	unsigned int count = channels->wanted ?: num_online_cpus();
	struct xnf_queues *queues = channels->ready;

	channels->tried = channels->wanted;
	count = min(count, xnf_channels_max(xnf));
	if (queues && queues->count == count) {
		channels->ready = NULL;
		return queues;
	}
	forget_ready(xnf);

	queues = xnf_queues_prepare(xnf, count, false);
	if (!IS_ERR(queues) && queues->count < count && __ratelimit(&xnf->log))
		netdev_warn(xnf->netdev, "memory or grants for only %u of %u queues\n",
			    queues->count, count);

	return queues;
}

/**
 * xnf_channels_connected() - the backend agrees to the queues that there are
 * @xnf: the device, with live queues
 *
 * Context: rtnl held.
 */
void xnf_channels_connected(struct xnf_dev *xnf)
{
	xnf->channels.worked = xnf->queues->count;
	/* Unless the user has thought of another number since. */
	if (!xnf->channels.ready)
		xnf->channels.pending = false;
}

/**
 * xnf_channels_fall_back() - there is no connection with what the user wants
 * @xnf: the device
 *
 * Context: may sleep, takes rtnl. The device's lock is held.
 *
 * Return: whether another number is wanted instead: one that the user has thought of
 * meanwhile, once, or else the one that the backend has agreed to before. If not, that
 * was it, or there was none.
 */
bool xnf_channels_fall_back(struct xnf_dev *xnf)
{
	struct xnf_channels *channels = &xnf->channels;
	bool other = true;

	rtnl_lock();
	if (channels->pending && channels->tried != channels->wanted) {
		channels->tried = channels->wanted;
		goto unlock;
	}
	other = channels->pending && channels->worked && channels->worked != channels->wanted;
	if (other) {
		netdev_err(xnf->netdev, "no connection with %u queues, going back to %u\n",
			   channels->wanted, channels->worked);
		forget_ready(xnf);
		channels->wanted = channels->worked;
	}
	channels->pending = false;

unlock:
	rtnl_unlock();
	return other;
}

/**
 * xnf_channels_exit() - give back what waits for a connection that will not come
 * @xnf: the device, not registered any more
 *
 * Context: may sleep, takes rtnl.
 */
void xnf_channels_exit(struct xnf_dev *xnf)
{
	rtnl_lock();
	forget_ready(xnf);
	rtnl_unlock();
}
