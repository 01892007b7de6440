// SPDX-License-Identifier: GPL-2.0
/*
 * The control ring; see ctrl.h.
 *
 * Messages are carried out by a work item, since what they ask for may take
 * memory or a grace period. A run takes what is on the ring, at most as much as
 * fits, publishes the changes once, and answers then: a guest that reads an
 * answer can count on what it says. The event channel stays masked until the
 * ring is empty (XSA-332).
 */

#include <linux/interrupt.h>
#include <linux/if.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <xen/events.h>
#include <xen/interface/io/netif.h>
#include <xen/xenbus.h>

#include "common/hash_ctrl.h"
#include "common/ring.h"

#include "ctrl.h"
#include "grant.h"
#include "hash.h"
#include "shared.h"
#include "vif.h"

/**
 * struct xnb_ctrl - a connected control ring
 * @vif: its vif
 * @ring: the shared ring and our private indices
 * @shared: its page
 * @irq: the event channel's interrupt
 * @worked: a message was found since the last EOI
 * @refused_grant: Xen refused to copy what the current message points to
 * @work: carries out messages
 * @page: private copy of what a message brings along
 * @hash: how the guest wants its packets hashed
 * @name: as seen in /proc/interrupts
 */
struct xnb_ctrl {
	struct xnb_vif *vif;
	struct xen_netif_ctrl_back_ring ring;
	struct xnb_shared shared;
	unsigned int irq;
	bool worked;
	bool refused_grant;
	struct work_struct work;
	void *page;
	struct xnb_hash hash;
	char name[IFNAMSIZ + 8];
};

static const void *xnb_ctrl_fetch(void *arg, grant_ref_t gref, unsigned int len)
{
	struct xnb_ctrl *ctrl = arg;
	struct gnttab_copy op;

	BUILD_BUG_ON(XNET_HASH_FETCH_MAX > XEN_PAGE_SIZE);

	xnb_grant_copy_from(&op, ctrl->vif->domid, gref, 0, ctrl->page, len);
	xnb_grant_copy(&op, 1, NULL);
	if (op.status == GNTST_okay)
		return ctrl->page;

	ctrl->refused_grant = true;
	return NULL;
}

static enum xnb_stat xnb_ctrl_stat(const struct xnb_ctrl *ctrl, u32 status)
{
	if (ctrl->refused_grant)
		return XNB_CTRL_ERR_GRANT;

	switch (status) {
	case XEN_NETIF_CTRL_STATUS_SUCCESS:
		return XNB_CTRL_DONE;
	case XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED:
		return XNB_CTRL_ERR_UNSUPPORTED;
	case XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW:
		return XNB_CTRL_ERR_TOO_LARGE;
	default:
		return XNB_CTRL_ERR_INVALID;
	}
}

static void xnb_ctrl_answer(struct xnb_ctrl *ctrl,
			    const struct xen_netif_ctrl_request *request)
{
	const struct xnet_hash_source source = {
		.fetch = xnb_ctrl_fetch,
		.arg = ctrl,
	};
	struct xen_netif_ctrl_response *response;
	u32 status, data;

	ctrl->refused_grant = false;
	status = xnet_hash_message(xnb_hash_draft(&ctrl->hash), request, &source,
				   &data);
	xnb_count(&ctrl->vif->counters, xnb_ctrl_stat(ctrl, status));

	response = RING_GET_RESPONSE(&ctrl->ring, ctrl->ring.rsp_prod_pvt);
	response->id = request->id;
	response->type = request->type;
	response->status = status;
	response->data = data;
	ctrl->ring.rsp_prod_pvt++;
}

/* Return: false when the ring makes no sense any more. */
static bool xnb_ctrl_take(struct xnb_ctrl *ctrl)
{
	struct xen_netif_ctrl_back_ring *ring = &ctrl->ring;
	struct xen_netif_ctrl_request request;
	u32 available;

	if (!xnet_ring_unconsumed(READ_ONCE(ring->sring->req_prod), ring->req_cons,
				  ring->rsp_prod_pvt, RING_SIZE(ring), &available)) {
		xnb_count(&ctrl->vif->counters, XNB_CTRL_ERR_FATAL);
		xnb_vif_fatal(ctrl->vif, "control producer index makes no sense");
		return false;
	}
	virt_rmb(); /* the messages were written before the index was */

	for (; available; available--) {
		RING_COPY_REQUEST(ring, ring->req_cons++, &request);
		xnb_ctrl_answer(ctrl, &request);
		ctrl->worked = true;
	}

	return true;
}

static void xnb_ctrl_push(struct xnb_ctrl *ctrl)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&ctrl->ring, notify);
	if (notify)
		notify_remote_via_irq(ctrl->irq);
}

static void xnb_ctrl_work(struct work_struct *work)
{
	struct xnb_ctrl *ctrl = container_of(work, struct xnb_ctrl, work);
	unsigned int flags;
	int more;

	/* A broken vif's port stays masked until the frontend reconnects. */
	if (test_bit(XNB_VIF_BROKEN, &ctrl->vif->flags) || !xnb_ctrl_take(ctrl))
		return;

	if (xnb_hash_draft(&ctrl->hash)->changed)
		xnb_hash_publish(&ctrl->hash, ctrl->vif);
	xnb_ctrl_push(ctrl);

	RING_FINAL_CHECK_FOR_REQUESTS(&ctrl->ring, more);
	if (more) {
		queue_work(system_long_wq, &ctrl->work);
		return;
	}

	/* Cleared before the port can fire again. */
	flags = ctrl->worked ? 0 : XEN_EOI_FLAG_SPURIOUS;
	ctrl->worked = false;
	xen_irq_lateeoi(ctrl->irq, flags);
}

static irqreturn_t xnb_ctrl_interrupt(int irq, void *data)
{
	struct xnb_ctrl *ctrl = data;

	/* The first one may come before xnb_ctrl_bind() knows the number. */
	WRITE_ONCE(ctrl->irq, irq);
	queue_work(system_long_wq, &ctrl->work);

	return IRQ_HANDLED;
}

static int xnb_ctrl_map(struct xnb_ctrl *ctrl, grant_ref_t ring_ref)
{
	struct xnb_vif *vif = ctrl->vif;
	struct xen_netif_ctrl_sring *shared;
	RING_IDX req, rsp;
	int err;

	err = xnb_shared_map(&ctrl->shared, vif, ring_ref);
	if (err) {
		xnb_vif_error(vif, err, "ctrl-ring-ref %u cannot be mapped", ring_ref);
		return err;
	}

	/* As with the other rings, another backend may have been here before. */
	shared = xnb_shared_addr(&ctrl->shared);
	req = READ_ONCE(shared->req_prod);
	rsp = READ_ONCE(shared->rsp_prod);
	BACK_RING_ATTACH(&ctrl->ring, shared, rsp, XEN_PAGE_SIZE);
	if (req - rsp > RING_SIZE(&ctrl->ring)) {
		xnb_vif_error(vif, -EINVAL, "indices of the control ring make no sense");
		return -EINVAL;
	}

	return 0;
}

static int xnb_ctrl_bind(struct xnb_ctrl *ctrl, evtchn_port_t port)
{
	struct xnb_vif *vif = ctrl->vif;
	int irq;

	snprintf(ctrl->name, sizeof(ctrl->name), "%s-ctrl", vif->dev->name);
	irq = bind_interdomain_evtchn_to_irqhandler_lateeoi(vif->xdev, port,
							    xnb_ctrl_interrupt,
							    0, ctrl->name, ctrl);
	if (irq < 0) {
		xnb_vif_error(vif, irq, "cannot bind event channel %u of the control ring",
			      port);
		return irq;
	}

	WRITE_ONCE(ctrl->irq, irq);
	return 0;
}

/**
 * xnb_ctrl_connect() - connect to a frontend's control ring
 * @vif: the vif, without one, whose queues are open
 * @keys: what the frontend published, in range as numbers but not trusted
 *
 * Context: may sleep; the vif's lock.
 *
 * Return: 0, or a negative errno with the error reported and nothing left
 * behind.
 */
int xnb_ctrl_connect(struct xnb_vif *vif, const struct xnb_ctrl_keys *keys)
{
	struct xnb_ctrl *ctrl;
	int err;

	if (!keys->ring_ref)
		return 0;

	ctrl = kvzalloc(sizeof(*ctrl), GFP_KERNEL);
	if (!ctrl) {
		xnb_vif_error(vif, -ENOMEM, "no memory for the control ring");
		return -ENOMEM;
	}

	ctrl->vif = vif;
	INIT_WORK(&ctrl->work, xnb_ctrl_work);
	xnb_hash_init(&ctrl->hash, vif->nr_queues);
	/* From here on the teardown finds it. */
	vif->ctrl = ctrl;

	ctrl->page = (void *)__get_free_page(GFP_KERNEL);
	if (!ctrl->page) {
		err = -ENOMEM;
		xnb_vif_error(vif, err, "no memory for the control ring");
		goto disconnect;
	}

	err = xnb_ctrl_map(ctrl, keys->ring_ref) ?: xnb_ctrl_bind(ctrl, keys->port);
	if (err)
		goto disconnect;

	return 0;

disconnect:
	xnb_ctrl_disconnect(vif);
	return err;
}

/**
 * xnb_ctrl_disconnect() - let go of the frontend's control ring
 * @vif: the vif; one without, or half connected, is fine
 *
 * Every message that was taken has been answered, and what the guest has set
 * does not hold any more. Context: may sleep; the vif's lock.
 */
void xnb_ctrl_disconnect(struct xnb_vif *vif)
{
	struct xnb_ctrl *ctrl = vif->ctrl;

	if (!ctrl)
		return;

	/* The work uses the interrupt, and the interrupt queues the work. */
	if (ctrl->irq)
		disable_irq(ctrl->irq);
	cancel_work_sync(&ctrl->work);
	if (ctrl->irq)
		unbind_from_irqhandler(ctrl->irq, ctrl);

	xnb_hash_withdraw(vif);
	xnb_shared_unmap(&ctrl->shared, vif);
	free_page((unsigned long)ctrl->page);
	kvfree(ctrl);
	vif->ctrl = NULL;
}
