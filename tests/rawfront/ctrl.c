// SPDX-License-Identifier: GPL-2.0
/* The client's side of the control ring; see ctrl.h. */

#include <string.h>

#include "case.h"
#include "ctrl.h"
#include "frame.h"
#include "front.h"

/** rf_ctrl_open() - get the ring's pages */
void rf_ctrl_open(struct rf_ctrl *c, struct rf_front *f)
{
	c->page = rf_front_share(f, 1, true, &c->ref);
	c->data = rf_front_share(f, 1, false, &c->data_ref);
}

/** rf_ctrl_reset() - make the ring anew; no backend uses it */
void rf_ctrl_reset(struct rf_ctrl *c)
{
	struct xen_netif_ctrl_sring *shared = c->page;

	memset(c->page, 0, XEN_PAGE_SIZE);
	XEN_FRONT_RING_INIT(&c->ring, shared, XEN_PAGE_SIZE);
	c->events = 0;
}

static bool rf_ctrl_answered(struct rf_ctrl *c)
{
	RING_IDX prod = *(volatile RING_IDX *)&c->ring.sring->rsp_prod;

	xen_rmb();
	RF_CHECK(prod - c->ring.rsp_cons <= c->ring.req_prod_pvt - c->ring.rsp_cons,
		 "more answers than requests on the control ring");
	return prod != c->ring.rsp_cons;
}

/**
 * rf_ctrl_call() - send a request and wait for its answer
 * @f: the frontend
 * @type: XEN_NETIF_CTRL_TYPE_*
 * @data0: as netif.h has it
 * @data1: ditto
 * @data2: ditto
 * @answer: where to put the response's data; may be NULL
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.
 */
u32 rf_ctrl_call(struct rf_front *f, u16 type, u32 data0, u32 data1, u32 data2,
		 u32 *answer)
{
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;
	struct xen_netif_ctrl_response response;
	struct xen_netif_ctrl_request *request;
	struct rf_ctrl *c = &f->ctrl;
	u16 id = c->next_id++;
	int notify;

	request = RING_GET_REQUEST(&c->ring, c->ring.req_prod_pvt++);
	request->id = id;
	request->type = type;
	request->data[0] = data0;
	request->data[1] = data1;
	request->data[2] = data2;
	c->ring.sring->rsp_event = c->ring.rsp_cons + 1;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&c->ring, notify);
	if (notify)
		rf_front_notify(f, c->port);

	while (!rf_ctrl_answered(c)) {
		RF_CHECK(rf_now_ms() < deadline, "control request %u was not answered",
			 type);
		rf_front_events(f, 100);
	}
	RING_COPY_RESPONSE(&c->ring, c->ring.rsp_cons, &response);
	c->ring.rsp_cons++;

	RF_CHECK(response.id == id && response.type == type,
		 "answer to request %u of type %u, expected %u of type %u", response.id,
		 response.type, id, type);
	if (answer)
		*answer = response.data;
	return response.status;
}

/** rf_ctrl_send_key() - send a hash key; return the status */
u32 rf_ctrl_send_key(struct rf_front *f, const u8 *key, unsigned int len)
{
	memset(f->ctrl.data, 0xff, XEN_PAGE_SIZE);
	memcpy(f->ctrl.data, key, len);
	return rf_ctrl_call(f, XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, f->ctrl.data_ref, len,
			    0, NULL);
}

/** rf_ctrl_send_mapping() - send a part of the mapping table; return the status */
u32 rf_ctrl_send_mapping(struct rf_front *f, const u32 *mapping, unsigned int count,
			 unsigned int offset)
{
	memset(f->ctrl.data, 0xff, XEN_PAGE_SIZE);
	memcpy(f->ctrl.data, mapping, count * sizeof(*mapping));
	return rf_ctrl_call(f, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, f->ctrl.data_ref,
			    count, offset, NULL);
}

/** rf_ctrl_status_str() - a status in words */
const char *rf_ctrl_status_str(u32 status)
{
	static const char * const names[] = {
		"SUCCESS", "NOT_SUPPORTED", "INVALID_PARAMETER", "BUFFER_OVERFLOW",
	};

	return status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}
