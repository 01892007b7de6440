/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room in front of packets to the guest, for its XDP programs.
 *
 * A frontend asks with `xdp-headroom`, before it connects or at any time later:
 * then it goes to state Reconfiguring and waits for our Reconfigured. Linux'
 * changes its state first and writes the key a moment later, others may do it
 * the other way round. We therefore watch the key, and answer when it has been
 * written, or when that has not happened for a while.
 *
 * The room is in a packet's first slot only: netif.h does not say, and the
 * offset in each response tells any frontend where its data is. The number of
 * bytes is in an XEN_NETIF_EXTRA_TYPE_XDP with each packet.
 */
#ifndef XNB_HEADROOM_H
#define XNB_HEADROOM_H

#include <linux/types.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

struct xnb_vif;

/*
 * netif.h allows more than a slot has bytes, which makes no sense. With this
 * much the largest packet needs no more slots than without.
 */
#define XNB_HEADROOM_MAX	2048

/**
 * struct xnb_headroom - what the frontend has asked for
 * @bytes: in front of each packet; the queues take over a change by themselves
 * @asked: the frontend is Reconfiguring and has had no answer; the vif's lock
 * @watch: on `xdp-headroom`
 * @late: answers a frontend that does not write the key
 */
struct xnb_headroom {
	u16 bytes;
	bool asked;
	struct xenbus_watch watch;
	struct delayed_work late;
};

void xnb_headroom_init(struct xnb_vif *vif);
int xnb_headroom_watch(struct xnb_vif *vif);
void xnb_headroom_unwatch(struct xnb_vif *vif);
void xnb_headroom_read(struct xnb_vif *vif);
void xnb_headroom_asked(struct xnb_vif *vif);
void xnb_headroom_forget(struct xnb_vif *vif);

#endif /* XNB_HEADROOM_H */
