/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Receive-side hashing: what the user wants of it, and telling the backend.
 *
 * A backend with a control ring can choose a packet's queue by a hash of our choice, and
 * tell us the hash; it cannot do the one without the other. It costs it the hash, and
 * both of us a slot of the ring with each packet. So it hashes when somebody wants it:
 *
 * - `ethtool -K eth0 rxhash on`: packets have the hash;
 * - `ethtool -X` with a table that is not "default": the table holds.
 *
 * Otherwise the backend spreads packets as it likes. A key is used when there is hashing.
 *
 * Settings are the device's, and last as long as it does. They change under rtnl, where
 * nobody waits for a backend: a work item tells it, each new backend too.
 */
#ifndef XNF_RSS_H
#define XNF_RSS_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "common/hash_ctrl.h"

struct ethtool_rxfh_fields;
struct ethtool_rxfh_param;
struct net_device;
struct netlink_ext_ack;
struct sk_buff;
struct xnf_dev;
struct xnf_queue_stats;

/**
 * struct xnf_rss_settings - how packets are to be hashed
 * @key: for the Toeplitz hash
 * @table: queues, by hash modulo its size
 * @types: set of XEN_NETIF_CTRL_HASH_TYPE_*
 */
struct xnf_rss_settings {
	u8 key[XNET_TOEPLITZ_KEY_MAX];
	u32 table[XNET_HASH_MAP_MAX];
	u32 types;
};

/**
 * struct xnf_rss - hashing of a device
 * @wanted: what the user wants; rtnl
 * @told: what the work tells the backend, its own copy
 * @offered: hash types that the backend has, or all as long as that is not known
 * @hashing: the backend has been told to hash; the work's, or nobody's
 * @stray: this connection's backend was found to hash, though nobody wants that
 * @refused: the backend has not done what it was told
 * @work: tells the backend
 */
struct xnf_rss {
	struct xnf_rss_settings wanted;
	struct xnf_rss_settings told;
	u32 offered;
	bool hashing;
	bool stray;
	bool refused;
	struct work_struct work;
};

void xnf_rss_init(struct xnf_dev *xnf);
void xnf_rss_exit(struct xnf_dev *xnf);
void xnf_rss_start(struct xnf_dev *xnf);
void xnf_rss_stop(struct xnf_dev *xnf);
void xnf_rss_change(struct xnf_dev *xnf);
void xnf_rss_fit(struct xnf_dev *xnf, unsigned int queues);
void xnf_rss_accept(struct xnf_dev *xnf, const struct xnet_hash *hash, struct sk_buff *skb,
		    struct xnf_queue_stats *stats);

u32 xnf_rss_get_rx_ring_count(struct net_device *netdev);
u32 xnf_rss_get_rxfh_key_size(struct net_device *netdev);
u32 xnf_rss_get_rxfh_indir_size(struct net_device *netdev);
int xnf_rss_get_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh);
int xnf_rss_set_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh,
		     struct netlink_ext_ack *extack);
int xnf_rss_get_rxfh_fields(struct net_device *netdev, struct ethtool_rxfh_fields *fields);
int xnf_rss_set_rxfh_fields(struct net_device *netdev, const struct ethtool_rxfh_fields *fields,
			    struct netlink_ext_ack *extack);

#endif /* XNF_RSS_H */
