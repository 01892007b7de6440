// SPDX-License-Identifier: GPL-2.0
/* The control ring; see ctrl.h. */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/page.h>
#include <xen/xenbus.h>

#include "ctrl.h"
#include "dev.h"
#include "limbo.h"

/* How long a backend may take to answer. One whose domain is busy takes seconds. */
#define ANSWER_TIMEOUT	(10 * HZ)

/* ---- messages ------------------------------------------------------------ */

static irqreturn_t interrupt(int irq, void *data)
{
	struct xnf_ctrl *ctrl = data;

	WRITE_ONCE(ctrl->owed, true);
	wake_up(&ctrl->wait);

	return IRQ_HANDLED;
}

/* Only whoever sends a message gives EOIs, and so the flags are its own. */
static void give_eoi(struct xnf_ctrl *ctrl)
{
	unsigned int flags = ctrl->worked ? 0 : XEN_EOI_FLAG_SPURIOUS;

	if (!READ_ONCE(ctrl->owed))
		return;

	/* Cleared before the port can fire again. */
	WRITE_ONCE(ctrl->owed, false);
	ctrl->worked = false;
	xen_irq_lateeoi(ctrl->irq, flags);
}

static bool answered(struct xnf_ctrl *ctrl)
{
	if (READ_ONCE(ctrl->ring.sring->rsp_prod) != ctrl->ring.rsp_cons)
		return true;

	/* Until then the event that comes with the answer would not be seen. */
	give_eoi(ctrl);

	return READ_ONCE(ctrl->ring.sring->rsp_prod) != ctrl->ring.rsp_cons;
}

/* The backend cannot be talked to. */
static int lose(struct xnf_dev *xnf, int err, enum xnf_stat why, const char *words)
{
	struct xnf_ctrl *ctrl = &xnf->ctrl;

	ctrl->lost = true;
	WRITE_ONCE(ctrl->open, false);
	xnf_count(&xnf->stats[0], why);
	if (__ratelimit(&xnf->log))
		netdev_warn(xnf->netdev, "the backend %s, no control messages until it connects again\n",
			    words);

	return err;
}

/* Take in the answer to the one message that is on the ring. */
static int take_answer(struct xnf_dev *xnf, u16 type, u32 *answer)
{
	struct xnf_ctrl *ctrl = &xnf->ctrl;
	struct xen_netif_ctrl_response response;
	RING_IDX available;

	available = READ_ONCE(ctrl->ring.sring->rsp_prod) - ctrl->ring.rsp_cons;
	virt_rmb(); /* responses after the producer index */
	if (!available && !READ_ONCE(ctrl->open)) {
		/* Whatever comes later would be taken for the answer to something else. */
		ctrl->lost = true;
		return -ESHUTDOWN;
	}
	if (!available)
		return lose(xnf, -ETIMEDOUT, XNF_CTRL_ERR_TIMEOUT,
			    "does not answer a control message");
	if (available > 1)
		return lose(xnf, -EPROTO, XNF_CTRL_ERR_NONSENSE,
			    "answers control messages that were never sent");

	RING_COPY_RESPONSE(&ctrl->ring, ctrl->ring.rsp_cons, &response);
	ctrl->ring.rsp_cons++;
	ctrl->worked = true;
	if (response.id != ctrl->id || response.type != type)
		return lose(xnf, -EPROTO, XNF_CTRL_ERR_NONSENSE,
			    "answers another control message than was sent");

	switch (response.status) {
	case XEN_NETIF_CTRL_STATUS_SUCCESS:
		xnf_count(&xnf->stats[0], XNF_CTRL_DONE);
		if (answer)
			*answer = response.data;
		return 0;
	case XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED:
	case XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER:
	case XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW:
		xnf_count(&xnf->stats[0], XNF_CTRL_ERR_REFUSED);
		if (__ratelimit(&xnf->log))
			netdev_warn(xnf->netdev, "the backend refuses control message %u, status %u\n",
				    type, response.status);
		return -EOPNOTSUPP;
	default:
		return lose(xnf, -EPROTO, XNF_CTRL_ERR_NONSENSE,
			    "answers a control message with an unknown status");
	}
}

/*
 * In slices: one that took much longer than it should have is not the backend's fault.
 * The guest was paused, or all of the machine stood still.
 */
static void await_answer(struct xnf_ctrl *ctrl)
{
	unsigned int slices = ANSWER_TIMEOUT / HZ;
	unsigned long start;

	while (slices && !answered(ctrl) && READ_ONCE(ctrl->open)) {
		start = jiffies;
		wait_event_timeout(ctrl->wait, answered(ctrl) || !READ_ONCE(ctrl->open), HZ);
		if (time_before(jiffies, start + 2 * HZ))
			slices--;
	}
}

static int exchange(struct xnf_dev *xnf, const struct xen_netif_ctrl_request *message,
		    u32 *answer)
{
	struct xnf_ctrl *ctrl = &xnf->ctrl;
	struct xen_netif_ctrl_request *request;
	int notify;

	if (!READ_ONCE(ctrl->open))
		return -ESHUTDOWN;

	/* One that came late, or that nobody had asked for. */
	give_eoi(ctrl);

	request = RING_GET_REQUEST(&ctrl->ring, ctrl->ring.req_prod_pvt++);
	*request = *message;
	request->id = ++ctrl->id;
	WRITE_ONCE(ctrl->ring.sring->rsp_event, ctrl->ring.rsp_cons + 1);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ctrl->ring, notify);
	if (notify)
		notify_remote_via_irq(ctrl->irq);

	await_answer(ctrl);

	return take_answer(xnf, message->type, answer);
}

/**
 * xnf_ctrl_call() - send a message and wait for the answer
 * @xnf: the device
 * @type: XEN_NETIF_CTRL_TYPE_*
 * @value: what netif.h calls data[0]
 * @answer: where to put the data of the answer; may be NULL
 *
 * Context: sleeps for up to ten seconds, but not longer than until xnf_ctrl_close().
 * Neither rtnl nor the device's lock is held. One caller at a time.
 *
 * Return: 0; -EOPNOTSUPP when the backend refuses; -ESHUTDOWN, -ETIMEDOUT or -EPROTO when
 * there is no ring, or none any more. Counted and reported.
 */
int xnf_ctrl_call(struct xnf_dev *xnf, u16 type, u32 value, u32 *answer)
{
	const struct xen_netif_ctrl_request message = {
		.type = type,
		.data = { value },
	};

	return exchange(xnf, &message, answer);
}

/**
 * xnf_ctrl_send() - send a message that brings along a page
 * @xnf: the device
 * @type: XEN_NETIF_CTRL_TYPE_*
 * @data: what is to be in the page
 * @len: bytes of that
 * @count: what netif.h calls data[1]
 *
 * Context: as with xnf_ctrl_call().
 *
 * Return: as with xnf_ctrl_call().
 */
int xnf_ctrl_send(struct xnf_dev *xnf, u16 type, const void *data, unsigned int len, u32 count)
{
	struct xnf_ctrl *ctrl = &xnf->ctrl;
	const struct xen_netif_ctrl_request message = {
		.type = type,
		.data = { ctrl->data_ref, count, 0 },
	};

	if (!READ_ONCE(ctrl->open))
		return -ESHUTDOWN;
	memcpy(ctrl->data, data, len);

	return exchange(xnf, &message, NULL);
}

/* ---- life ---------------------------------------------------------------- */

/* A page that the backend can see. Return: NULL when it cannot be had. */
static void *share(struct xnf_dev *xnf, bool readonly, grant_ref_t *ref)
{
	void *page = (void *)get_zeroed_page(GFP_NOIO);
	int err;

	if (!page)
		return NULL;

	err = gnttab_grant_foreign_access(xnf->xdev->otherend_id, virt_to_gfn(page), readonly);
	if (err < 0) {
		free_page((unsigned long)page);
		return NULL;
	}
	*ref = err;

	return page;
}

/* A page that is still mapped waits in limbo, and is freed when it no longer is. */
static void unshare(struct xnf_dev *xnf, void *page, grant_ref_t ref)
{
	if (!page)
		return;

	if (gnttab_try_end_foreign_access(ref)) {
		free_page((unsigned long)page);
		return;
	}
	xnf_limbo_page(xnf->xdev->otherend_id, ref, virt_to_page(page));
}

/**
 * xnf_ctrl_init() - there is no control ring yet
 * @ctrl: the control ring, zeroed
 *
 * Any context.
 */
void xnf_ctrl_init(struct xnf_ctrl *ctrl)
{
	init_waitqueue_head(&ctrl->wait);
	ctrl->lost = true;
}

/**
 * xnf_ctrl_create() - make a control ring, if the backend has a use for it
 * @xnf: the device, whose connection has none
 *
 * Without memory or grants there is none; it is not needed for packets. Context: may
 * sleep. The device's lock is held.
 *
 * Return: 0, with or without a ring; or a negative errno that has been reported, and then
 * the connection has failed.
 */
int xnf_ctrl_create(struct xnf_dev *xnf)
{
	struct xen_netif_ctrl_sring *sring;
	struct xnf_ctrl *ctrl = &xnf->ctrl;
	int err;

	if (!xnf->offer.ctrl_ring)
		return 0;

	sring = share(xnf, false, &ctrl->ring_ref);
	ctrl->data = share(xnf, true, &ctrl->data_ref);
	if (!sring || !ctrl->data) {
		err = 0;
		goto unshare;
	}

	err = xenbus_alloc_evtchn(xnf->xdev, &ctrl->port);
	if (err)
		goto unshare;
	ctrl->owed = false;
	ctrl->worked = false;
	snprintf(ctrl->name, sizeof(ctrl->name), "vif%s-ctrl", xnf_dev_handle(xnf));
	err = bind_evtchn_to_irqhandler_lateeoi(ctrl->port, interrupt, 0, ctrl->name, ctrl);
	if (err < 0) {
		xenbus_free_evtchn(xnf->xdev, ctrl->port);
		err = 0;
		goto unshare;
	}
	ctrl->irq = err;

	ctrl->lost = false;
	XEN_FRONT_RING_INIT(&ctrl->ring, sring, XEN_PAGE_SIZE);

	return 0;

unshare:
	unshare(xnf, ctrl->data, ctrl->data_ref);
	ctrl->data = NULL;
	unshare(xnf, sring, ctrl->ring_ref);
	if (!err && __ratelimit(&xnf->log))
		netdev_warn(xnf->netdev, "no memory, grant or interrupt for the control ring\n");
	return err;
}

/**
 * xnf_ctrl_destroy() - take the control ring back from the backend
 * @xnf: the device, closed and without queues; nothing happens if there is no ring
 *
 * Context: may sleep. The device's lock is held.
 */
void xnf_ctrl_destroy(struct xnf_dev *xnf)
{
	struct xnf_ctrl *ctrl = &xnf->ctrl;

	if (!xnf_ctrl_present(ctrl))
		return;

	unbind_from_irqhandler(ctrl->irq, ctrl);
	unshare(xnf, ctrl->data, ctrl->data_ref);
	ctrl->data = NULL;
	unshare(xnf, ctrl->ring.sring, ctrl->ring_ref);
	WRITE_ONCE(ctrl->ring.sring, NULL);
	ctrl->lost = true;
}

/**
 * xnf_ctrl_open() - messages can be sent from now on
 * @xnf: the device; nothing happens if there is no ring, or if it was given up
 *
 * Context: any. The device's lock is held.
 */
void xnf_ctrl_open(struct xnf_dev *xnf)
{
	struct xnf_ctrl *ctrl = &xnf->ctrl;

	if (xnf_ctrl_present(ctrl) && xnf->offer.ctrl_ring && !ctrl->lost)
		WRITE_ONCE(ctrl->open, true);
}

/**
 * xnf_ctrl_close() - send no more messages
 * @xnf: the device
 *
 * Whoever waits for an answer is told so at once, and may still be about to return.
 * Context: any. The device's lock is held.
 */
void xnf_ctrl_close(struct xnf_dev *xnf)
{
	WRITE_ONCE(xnf->ctrl.open, false);
	wake_up(&xnf->ctrl.wait);
}
