/* SPDX-License-Identifier: GPL-2.0 */
/* The client's side of the control ring. */
#ifndef RF_CTRL_H
#define RF_CTRL_H

#include <xen-barrier.h>
#include <xenevtchn.h>

#include "common/wire.h"

struct rf_front;

/**
 * struct rf_ctrl - a control ring
 * @ring: the shared ring and our indices
 * @page: its page
 * @ref: its grant
 * @port: its event channel
 * @events: events that came on it
 * @next_id: for the next request
 * @data: a page for keys and tables; the backend may only read it
 * @data_ref: its grant
 */
struct rf_ctrl {
	struct xen_netif_ctrl_front_ring ring;
	void *page;
	uint32_t ref;
	evtchn_port_t port;
	unsigned long events;
	u16 next_id;
	u8 *data;
	uint32_t data_ref;
};

void rf_ctrl_open(struct rf_ctrl *c, struct rf_front *f);
void rf_ctrl_reset(struct rf_ctrl *c);
u32 rf_ctrl_call(struct rf_front *f, u16 type, u32 data0, u32 data1, u32 data2,
		 u32 *answer);
u32 rf_ctrl_send_key(struct rf_front *f, const u8 *key, unsigned int len);
u32 rf_ctrl_send_mapping(struct rf_front *f, const u32 *mapping, unsigned int count,
			 unsigned int offset);
const char *rf_ctrl_status_str(u32 status);

#endif /* RF_CTRL_H */
