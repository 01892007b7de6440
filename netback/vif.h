/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vif: the network interface in this domain that stands for a guest's, and
 * the XenBus device that it comes from. The two live and die together.
 */
#ifndef XNB_VIF_H
#define XNB_VIF_H

#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "action.h"
#include "carrier.h"
#include "credit.h"
#include "headroom.h"
#include "multicast.h"
#include "stats.h"

struct xnb_ctrl;
struct xnb_queue;
struct xnet_hash_config;

/**
 * enum xnb_completion - where the guest's pages are given back
 * @XNB_COMPLETION_HOME: on the queue's home CPU
 * @XNB_COMPLETION_LOCAL: where the stack lets go of them, and the whole action
 *	with it, as the first netback did
 */
enum xnb_completion {
	XNB_COMPLETION_HOME,
	XNB_COMPLETION_LOCAL,
};

/*
 * How long a disconnect waits for packets in the stack's hands. XenBus has one
 * thread for all devices of the machine, and a guest can have it disconnect as
 * often as it likes. It pays to wait when another backend is to go on with the
 * rings, which is the administrator's doing.
 */
#define XNB_VIF_SETTLE_MSECS		50
#define XNB_VIF_SETTLE_REBIND_MSECS	1000

/**
 * enum xnb_vif_flag - what a vif is
 * @XNB_VIF_CONNECTED: queues exist and their rings may be used
 * @XNB_VIF_UP: the interface is up
 * @XNB_VIF_BROKEN: the frontend broke the protocol; the rings are not touched
 *	again until it reconnects
 */
enum xnb_vif_flag {
	XNB_VIF_CONNECTED,
	XNB_VIF_UP,
	XNB_VIF_BROKEN,
};

/**
 * struct xnb_features - what the frontend can take, as it published it
 * @sg: packets in several slots
 * @gso_tcpv4: large TCP packets over IPv4
 * @gso_tcpv6: ditto over IPv6
 * @csum_ipv4: TCP and UDP over IPv4 without a checksum
 * @csum_ipv6: ditto over IPv6
 * @rx_notify: it sends an event when it has posted buffers
 */
struct xnb_features {
	bool sg;
	bool gso_tcpv4;
	bool gso_tcpv6;
	bool csum_ipv4;
	bool csum_ipv6;
	bool rx_notify;
};

/**
 * struct xnb_vif - a vif
 * @dev: its network interface, which this is the private part of
 * @xdev: its XenBus device
 * @domid: the guest
 * @handle: the interface's number in the guest
 * @flags: bits of enum xnb_vif_flag
 * @features: what the frontend can take; rtnl
 * @queues: the queues; readable while XNB_VIF_CONNECTED is set and, on the
 *	data path, under RCU (the stack's own); written by XenBus' thread
 * @nr_queues: how many
 * @fail_alloc: allocations that shall fail yet, see inject.h; beside what every
 *	packet reads
 * @stalled_queues: queues whose guest side posts no buffers
 * @small_queues: queues whose guest side posts too few for the largest packets
 * @action_mode: what runs the queues' actions
 * @completion: where their pages are given back
 * @cpu_stats: what was done on each CPU
 * @ctrl: the control ring, NULL while the guest has none
 * @hash: how the guest wants its packets hashed, NULL for not at all
 * @multicast: the groups that the guest listens to
 * @stats_lock: keeps @queues from changing while counters are summed up
 * @kept: by queue number, totals of queues that are gone: counters never go back
 * @counters: rare events that belong to no queue
 * @credit: how much the guest may send
 * @carrier: the guest's link
 * @headroom: for the guest's XDP programs
 * @max_queues: queues offered to the frontend
 * @mtu_wanted: the MTU before a frontend made it smaller, 0 for none; rtnl
 * @small_ring_work: makes the stack cut up large packets, or not any more
 * @hotplug_watch: on hotplug-status
 * @hotplug_done: the hotplug script has done its work
 * @lock: serialises all changes of state; the outermost lock
 * @log_limit: keeps a frontend from filling the log with its mistakes
 * @fatal_work: stops the vif from where one may sleep
 * @fatal_reason: what for; a constant string
 * @debugfs: its directory there
 */
struct xnb_vif {
	struct net_device *dev;
	struct xenbus_device *xdev;
	domid_t domid;
	unsigned int handle;
	unsigned long flags;
	struct xnb_features features;
	struct xnb_queue **queues;
	unsigned int nr_queues;
	atomic_t fail_alloc;
	atomic_t stalled_queues;
	atomic_t small_queues;
	enum xnb_action_mode action_mode;
	enum xnb_completion completion;
	struct xnb_cpu_stats __percpu *cpu_stats;
	struct xnb_ctrl *ctrl;
	struct xnet_hash_config __rcu *hash;
	struct xnb_multicast multicast;
	spinlock_t stats_lock;
	struct xnb_totals *kept;
	struct xnb_counters counters;
	struct xnb_credit credit;
	struct xnb_carrier carrier;
	struct xnb_headroom headroom;
	unsigned int max_queues;
	unsigned int mtu_wanted;
	struct work_struct small_ring_work;
	struct xenbus_watch hotplug_watch;
	bool hotplug_done;
	struct mutex lock;
	struct ratelimit_state log_limit;
	struct work_struct fatal_work;
	const char *fatal_reason;
	struct dentry *debugfs;
};

struct xnb_vif *xnb_vif_create(struct xenbus_device *xdev, unsigned int handle);
void xnb_vif_destroy(struct xnb_vif *vif);
int xnb_vif_publish(struct xnb_vif *vif, struct xnb_queue **queues,
		    unsigned int nr_queues, const struct xnb_features *features);
bool xnb_vif_disconnect(struct xnb_vif *vif, unsigned int settle_msecs);
__printf(3, 4)
void xnb_vif_error(struct xnb_vif *vif, int err, const char *fmt, ...);
void xnb_vif_fatal(struct xnb_vif *vif, const char *reason);
void xnb_vif_stall(struct xnb_vif *vif, bool stalled);
int xnb_vif_set_action_mode(struct xnb_vif *vif, enum xnb_action_mode mode);
void xnb_vif_set_completion(struct xnb_vif *vif, enum xnb_completion completion);

int xnb_completion_parse(const char *name, enum xnb_completion *completion);
const char *xnb_completion_name(enum xnb_completion completion);
void xnb_vif_small_ring(struct xnb_vif *vif, bool small);
bool xnb_vif_owns(const struct net_device *dev);

extern const struct ethtool_ops xnb_ethtool_ops;
extern const struct attribute_group *xnb_sysfs_groups[];

/* Module parameters; see main.c. */
extern bool xnb_separate_tx_rx_irq;
extern unsigned int xnb_rx_drain_timeout_msecs;
extern unsigned int xnb_rx_stall_timeout_msecs;
extern unsigned int xnb_tx_copy_max;
extern enum xnb_action_mode xnb_tx_action_mode;
extern enum xnb_completion xnb_completion_mode;

unsigned int xnb_queues_max(void);

int xnb_xenbus_init(void);
void xnb_xenbus_exit(void);

#endif /* XNB_VIF_H */
