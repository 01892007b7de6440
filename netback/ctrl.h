/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control ring: messages by which a guest sets up what needs more than a
 * key in XenStore (netif.h, "Control ring"). A guest need not have one.
 */
#ifndef XNB_CTRL_H
#define XNB_CTRL_H

#include <linux/types.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/grant_table.h>

struct xnb_vif;

/**
 * struct xnb_ctrl_keys - what a frontend publishes for its control ring
 * @ring_ref: grant of the ring's page, 0 when there is no such ring
 * @port: event channel
 */
struct xnb_ctrl_keys {
	grant_ref_t ring_ref;
	evtchn_port_t port;
};

int xnb_ctrl_connect(struct xnb_vif *vif, const struct xnb_ctrl_keys *keys);
void xnb_ctrl_disconnect(struct xnb_vif *vif);

#endif /* XNB_CTRL_H */
