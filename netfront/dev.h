/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network device.
 *
 * It exists from probe to remove. Connections come and go meanwhile, each with
 * queues of its own:
 *
 * - &xnf_dev.queues owns them. Whoever connects or disconnects holds
 *   &xnf_dev.lock; that is XenBus, one caller after the other.
 * - &xnf_dev.live is how transmission finds them, under RCU. It is set when all
 *   is ready and cleared, with a grace period, before anything is taken down.
 *   It changes under rtnl, so that opening and stopping can rely on it.
 *
 * &xnf_dev.lock is taken before rtnl, and nothing waits for the backend while
 * rtnl is held.
 */
#ifndef XNF_DEV_H
#define XNF_DEV_H

#include <linux/atomic.h>
#include <linux/if_vlan.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "channels.h"
#include "ctrl.h"
#include "inject.h"
#include "moderation.h"
#include "negotiate.h"
#include "rss.h"
#include "stats.h"
#include "watchdog.h"
#include "xdp.h"

struct dentry;
struct ethtool_ops;
struct xnf_queues;

/* netif.h: the length of a packet, with its header, is 16 bits wide. */
#define XNF_MTU_MAX	(0xffff - VLAN_ETH_HLEN)

/*
 * With so many of our pages kept by a backend, we do not connect to it again:
 * each is lost for us until the backend lets go of it.
 */
#define XNF_HELD_MAX	4096

/**
 * struct xnf_dev - a network device, in the private area of its net_device
 * @netdev: the net_device
 * @xdev: the XenBus device
 * @lock: held by whoever changes the connection
 * @offer: what the backend of this connection can do
 * @mtu: what the toolstack wants the MTU to be, 0 for nothing special
 * @mtu_before: the MTU that a backend was too small for, 0 when there is none; rtnl
 * @link_down: the backend says so, in its carrier key; @lock
 * @mtu_watch: on the key of @mtu
 * @link_watch: on the key of @link_down
 * @told: the keys that are the same for each connection are in XenStore; @lock
 * @trusted: the backend may see more of our memory than packets
 * @queues: the queues of the connection, if there is one
 * @live: the same, while packets may be sent
 * @draining: no queue of the stack is started again, the connection is to end
 * @connected: the backend was seen to be connected to these queues; @lock
 * @reconnecting: the connection was closed to make another one; @lock
 * @closed_unseen: we are Closed, and the backend has yet to show that it has seen it; @lock
 * @reattaching: another backend has been found in place of ours, and may do with our
 *	rings; @lock
 * @reconnect: begins with that
 * @give_up: says so when there is no other one for too long
 * @retry: tries again when a connection has failed
 * @retries: how often that was since the last one that has not; @lock
 * @look: sees whether the backend has connected
 * @look_until: when it stops, and the backend is no longer awaited, in jiffies; @lock
 * @xdp: the XDP program and what goes with it
 * @announce: tell the network where we are as soon as the stack sends; rtnl
 * @removing: the device goes away; @lock
 * @broken: the XNF_BROKEN_* that has stopped the device, or 0
 * @broken_queue: in which queue that was
 * @report: tells XenBus of it
 * @ctrl: the control ring of the connection, if there is one
 * @rss: how received packets are hashed
 * @spread: queues that the CPUs were last spread over, by XPS; rtnl
 * @watchdog: looks after all queues
 * @inject: faults on purpose
 * @debugfs: its directory
 * @channels: how many queues the user wants
 * @tx_moderation: how many events are wanted of TX rings
 * @rx_moderation: and of RX rings
 * @log: limits what a backend can have us say by connecting again and again
 * @max_queues: queue numbers that there are counters for
 * @stats: counters by queue number
 */
struct xnf_dev {
	struct net_device *netdev;
	struct xenbus_device *xdev;
	struct mutex lock;
	struct xnf_offer offer;
	unsigned int mtu;
	unsigned int mtu_before;
	bool link_down;
	struct xenbus_watch mtu_watch;
	struct xenbus_watch link_watch;
	bool told;
	bool trusted;
	struct xnf_queues *queues;
	struct xnf_queues __rcu *live;
	bool draining;
	bool connected;
	bool reconnecting;
	bool closed_unseen;
	bool reattaching;
	struct delayed_work reconnect;
	struct delayed_work give_up;
	struct delayed_work retry;
	unsigned int retries;
	struct delayed_work look;
	unsigned long look_until;
	struct xnf_xdp xdp;
	bool announce;
	bool removing;
	int broken;
	unsigned int broken_queue;
	struct work_struct report;
	struct xnf_ctrl ctrl;
	struct xnf_rss rss;
	unsigned int spread;
	struct xnf_watchdog watchdog;
	struct xnf_inject inject;
	struct dentry *debugfs;
	struct xnf_channels channels;
	struct xnf_moderation tx_moderation;
	struct xnf_moderation rx_moderation;
	struct ratelimit_state log;
	unsigned int max_queues;
	struct xnf_queue_stats *stats;
};

/*
 * For all work of ours that has to do with connections. It runs on any CPU, since one
 * may belong to somebody who does not let go of it, and not while the guest is
 * suspended: what it writes to XenStore is not for the store that the guest wakes up with.
 */
extern struct workqueue_struct *xnf_wq;

extern const struct ethtool_ops xnf_ethtool_ops;

const char *xnf_dev_handle(const struct xnf_dev *xnf);
int xnf_dev_setup(void);
void xnf_dev_teardown(void);
struct xnf_dev *xnf_dev_create(struct xenbus_device *xdev, unsigned int max_queues);
int xnf_dev_register(struct xnf_dev *xnf);
void xnf_dev_unregister(struct xnf_dev *xnf);
void xnf_dev_destroy(struct xnf_dev *xnf);
int xnf_dev_attach(struct xnf_dev *xnf);
void xnf_dev_adapt(struct xnf_dev *xnf);
void xnf_dev_set_mtu(struct xnf_dev *xnf, unsigned int mtu);
void xnf_dev_drain(struct xnf_dev *xnf);
void xnf_dev_quiesce(struct xnf_dev *xnf, bool carrier);
void xnf_dev_detach(struct xnf_dev *xnf);
void xnf_dev_carrier(struct xnf_dev *xnf);
void xnf_dev_break(struct xnf_dev *xnf, unsigned int queue, enum xnf_stat why);
__printf(3, 4) void xnf_dev_fatal(struct xnf_dev *xnf, int err, const char *fmt, ...);

#endif /* XNF_DEV_H */
