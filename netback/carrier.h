/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link as the guest sees it: the `carrier` key in the backend's directory.
 *
 * netif.h: 0 is no carrier, 1 is carrier, and without the key the link is up.
 * The link of a guest is up while the administrator of this domain has the vif
 * up, and the bridge as well if it is a port of one. Other masters do not count:
 * that of Open vSwitch is normally down.
 *
 * This is not the carrier of the vif's own interface in this domain, which says
 * whether a guest is there and takes packets.
 */
#ifndef XNB_CARRIER_H
#define XNB_CARRIER_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct xnb_vif;

/**
 * struct xnb_carrier - what was said of a vif's link
 * @work: says it where one may sleep
 * @published: the key has been written, with the value of @up
 * @up: the link is up
 * @over: the device is going; write nothing any more
 */
struct xnb_carrier {
	struct work_struct work;
	bool published;
	bool up;
	bool over;
};

int xnb_carrier_setup(void);
void xnb_carrier_teardown(void);

void xnb_carrier_init(struct xnb_vif *vif);
void xnb_carrier_publish(struct xnb_vif *vif);
void xnb_carrier_withdraw(struct xnb_vif *vif);
void xnb_carrier_exit(struct xnb_vif *vif);

#endif /* XNB_CARRIER_H */
