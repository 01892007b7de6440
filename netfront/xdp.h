/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XDP: programs that see packets before the stack does, and frames that other
 * devices' programs send out through us.
 *
 * A program works in the page that the backend has filled, which needs room in
 * front of the data (XDP_PACKET_HEADROOM) and behind it (struct skb_shared_info).
 * The room in front is asked for: the program is there at once, the key and the
 * change of states that go with it are the business of a work item, and until
 * the backend leaves the room, packets get it by being moved to another page.
 * That is done with each packet that lacks room, wherever it comes from.
 *
 * Of a packet in many slots the first page becomes the linear part and the others
 * are fragments. A program that cannot take fragments gets no packet that has any:
 * the MTU is bounded while it is attached, and the connection is made anew without
 * segmentation offload toward us.
 */
#ifndef XNF_XDP_H
#define XNF_XDP_H

#include <linux/align.h>
#include <linux/bpf.h>
#include <linux/if_vlan.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/xdp.h>

struct xnf_dev;
struct xnf_queue;

/* Bytes of the linear part, with the room around it in a page. */
#define XNF_XDP_LINEAR_MAX	SKB_WITH_OVERHEAD(PAGE_SIZE - XDP_PACKET_HEADROOM)

/* The MTU of programs that take no fragments. */
#define XNF_XDP_SINGLE_MTU	(XNF_XDP_LINEAR_MAX - VLAN_ETH_HLEN)

/**
 * struct xnf_xdp - XDP of a device
 * @prog: the program, if there is one; changes under rtnl
 * @headroom: bytes that are wanted in front of packets; rtnl, read anywhere
 * @single: @prog takes no fragments; ditto
 * @told_headroom: bytes that the key asks the backend for; &xnf_dev.lock
 * @asked_headroom: bytes that this connection's backend was asked for, too; ditto
 * @no_gso: @prog can do nothing with packets to be segmented, as far as we know
 * @told_no_gso: it was told not to send them; &xnf_dev.lock
 * @extra: with this connection extra info of XDP may come
 * @settle: has the backend be told what is wanted
 * @late: ends the wait for an answer to that
 */
struct xnf_xdp {
	struct bpf_prog __rcu *prog;
	unsigned int headroom;
	bool single;
	unsigned int told_headroom;
	unsigned int asked_headroom;
	bool no_gso;
	bool told_no_gso;
	bool extra;
	struct work_struct settle;
	struct delayed_work late;
};

/**
 * struct xnf_xdp_rx - XDP of the RX half of a queue
 * @rxq: what programs and frames know of it
 * @meta: bytes of metadata in front of the packet that is to be delivered
 * @redirected: there are frames to be flushed to other devices
 * @sent: there are frames on our TX ring that the backend was not shown
 */
struct xnf_xdp_rx {
	struct xdp_rxq_info rxq;
	unsigned int meta;
	bool redirected;
	bool sent;
};

/**
 * enum xnf_xdp_fate - what has become of a packet
 * @XNF_XDP_PASS: it is to be delivered, as it is in the queue's RX half now
 * @XNF_XDP_FREE: it is counted, and its pages are to be given back
 * @XNF_XDP_GONE: it is counted, and somebody else has its pages
 */
enum xnf_xdp_fate {
	XNF_XDP_PASS,
	XNF_XDP_FREE,
	XNF_XDP_GONE,
};

int xnf_xdp_bpf(struct net_device *netdev, struct netdev_bpf *bpf);
int xnf_xdp_xmit(struct net_device *netdev, int n, struct xdp_frame **frames, u32 flags);
bool xnf_xdp_mtu_fits(const struct xnf_dev *xnf, unsigned int mtu);
void xnf_xdp_set_features(struct xnf_dev *xnf);
enum xnf_xdp_fate xnf_xdp_run(struct xnf_queue *queue, struct bpf_prog *prog);
void xnf_xdp_flush(struct xnf_queue *queue);
bool xnf_xdp_wants_no_gso(const struct xnf_dev *xnf);
void xnf_xdp_settle(struct xnf_dev *xnf);
void xnf_xdp_answered(struct xnf_dev *xnf);
void xnf_xdp_init(struct xnf_dev *xnf);
void xnf_xdp_exit(struct xnf_dev *xnf);

#endif /* XNF_XDP_H */
