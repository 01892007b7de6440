// SPDX-License-Identifier: GPL-2.0
/* Receive-side hashing; see rss.h. */

#include <linux/errno.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "ctrl.h"
#include "dev.h"
#include "rss.h"

/* Fields of a packet, as ethtool names them. */
#define ADDRESSES	(RXH_IP_SRC | RXH_IP_DST)
#define PORTS		(RXH_L4_B_0_1 | RXH_L4_B_2_3)

/* ---- what the user wants ------------------------------------------------- */

static void set_default_table(u32 *table, unsigned int queues)
{
	unsigned int i;

	for (i = 0; i < XNET_HASH_MAP_MAX; i++)
		table[i] = ethtool_rxfh_indir_default(i, queues);
}

/* Is the backend to hash? Under rtnl; who has not got it hears of changes a little later. */
static bool wants_hashing(const struct xnf_dev *xnf)
{
	return xnf->rss.wanted.types &&
	       ((xnf->netdev->features & NETIF_F_RXHASH) ||
		netif_is_rxfh_configured(xnf->netdev));
}

/* Does it, as far as we know? Under rtnl. */
static bool is_hashing(const struct xnf_dev *xnf)
{
	return xnf->offer.ctrl_ring && wants_hashing(xnf) && !READ_ONCE(xnf->rss.refused);
}

/**
 * xnf_rss_fit() - have the table go with the number of queues
 * @xnf: the device
 * @queues: how many queues the next connection has
 *
 * What the user has set stays as long as it can. Context: rtnl.
 */
void xnf_rss_fit(struct xnf_dev *xnf, unsigned int queues)
{
	u32 *table = xnf->rss.wanted.table;
	unsigned int i;

	if (netif_is_rxfh_configured(xnf->netdev)) {
		for (i = 0; i < XNET_HASH_MAP_MAX && table[i] < queues; i++)
			;
		if (i == XNET_HASH_MAP_MAX)
			return;

		netdev_info(xnf->netdev, "with %u queues, the table of ethtool -X is the default one again\n",
			    queues);
		ethtool_rxfh_indir_lost(xnf->netdev);
	}

	set_default_table(table, queues);
}

/**
 * xnf_rss_change() - what is wanted may have changed
 * @xnf: the device
 *
 * Context: any.
 */
void xnf_rss_change(struct xnf_dev *xnf)
{
	queue_work(system_long_wq, &xnf->rss.work);
}

/* ---- telling the backend ------------------------------------------------- */

static int turn_on(struct xnf_dev *xnf)
{
	struct xnf_rss *rss = &xnf->rss;
	u32 offered = 0;
	int err;

	err = xnf_ctrl_call(xnf, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
			    XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, NULL) ?:
	      xnf_ctrl_call(xnf, XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS, 0, &offered) ?:
	      xnf_ctrl_send(xnf, XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, rss->told.key,
			    sizeof(rss->told.key), sizeof(rss->told.key));
	/* Refused by a backend that has less. A new size would empty a table in use. */
	if (!err && !rss->hashing)
		err = xnf_ctrl_call(xnf, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE,
				    XNET_HASH_MAP_MAX, NULL);
	if (err)
		return err;

	WRITE_ONCE(rss->offered, offered);
	if (!(rss->told.types & offered)) {
		if (__ratelimit(&xnf->log))
			netdev_warn(xnf->netdev, "the backend has none of the hash types wanted\n");
		return -EOPNOTSUPP;
	}

	/* The last one is what begins it, with all the rest in place. */
	return xnf_ctrl_send(xnf, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, rss->told.table,
			     sizeof(rss->told.table), ARRAY_SIZE(rss->told.table)) ?:
	       xnf_ctrl_call(xnf, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, rss->told.types & offered,
			     NULL);
}

static int turn_off(struct xnf_dev *xnf)
{
	return xnf_ctrl_call(xnf, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
			     XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, NULL);
}

static void tell(struct work_struct *work)
{
	struct xnf_rss *rss = container_of(work, struct xnf_rss, work);
	struct xnf_dev *xnf = container_of(rss, struct xnf_dev, rss);
	bool wanted;
	int err = 0;

	/* Whoever has changed something is done with it, too, when we get rtnl. */
	rtnl_lock();
	wanted = wants_hashing(xnf);
	rss->told = rss->wanted;
	rtnl_unlock();

	if (!READ_ONCE(xnf->ctrl.open)) {
		if (xnf->ctrl.lost)
			WRITE_ONCE(rss->refused, true);
		return;
	}

	if (wanted)
		err = turn_on(xnf);
	if (err || (!wanted && (rss->hashing || READ_ONCE(rss->stray))))
		turn_off(xnf);

	WRITE_ONCE(rss->hashing, wanted && !err);
	/* The connection has ended rather than refused anything. */
	if (err != -ESHUTDOWN)
		WRITE_ONCE(rss->refused, err);
}

/**
 * xnf_rss_start() - the backend is there to be told
 * @xnf: the device
 *
 * Nothing is told twice: a backend that says again that it is there knows. Context: may
 * sleep. The device's lock is held.
 */
void xnf_rss_start(struct xnf_dev *xnf)
{
	if (READ_ONCE(xnf->ctrl.open))
		return;

	WRITE_ONCE(xnf->rss.refused, false);
	xnf_ctrl_open(xnf);
	xnf_rss_change(xnf);
}

/**
 * xnf_rss_stop() - tell the backend nothing more
 * @xnf: the device
 *
 * Context: sleeps until the work is over, which does not take long. The device's lock is
 * held, rtnl is not.
 */
void xnf_rss_stop(struct xnf_dev *xnf)
{
	xnf_ctrl_close(xnf);
	cancel_work_sync(&xnf->rss.work);
	/* The next backend is not told to hash until it is. */
	WRITE_ONCE(xnf->rss.hashing, false);
	WRITE_ONCE(xnf->rss.stray, false);
}

/**
 * xnf_rss_init() - what holds until the user says something
 * @xnf: the device, not registered
 *
 * Any context.
 */
void xnf_rss_init(struct xnf_dev *xnf)
{
	struct xnf_rss *rss = &xnf->rss;

	INIT_WORK(&rss->work, tell);
	netdev_rss_key_fill(rss->wanted.key, sizeof(rss->wanted.key));
	rss->wanted.types = XNET_FLOW_TYPES;
	rss->offered = XNET_FLOW_TYPES;
}

/**
 * xnf_rss_exit() - undo xnf_rss_init()
 * @xnf: the device, not registered any more
 *
 * Context: may sleep. The device's lock is not held.
 */
void xnf_rss_exit(struct xnf_dev *xnf)
{
	cancel_work_sync(&xnf->rss.work);
}

/* ---- packets ------------------------------------------------------------- */

/**
 * xnf_rss_accept() - give a packet the hash that came with it
 * @xnf: the device
 * @hash: private copy of what the backend said
 * @skb: the packet, after eth_type_trans()
 * @stats: the queue's counters
 *
 * It only ever decides which of several equal ways the packet goes. One of a kind
 * unknown, or that does not fit the packet, is left out. What is behind a VLAN tag is not
 * looked at. Context: the queue's NAPI poll.
 */
void xnf_rss_accept(struct xnf_dev *xnf, const struct xnet_hash *hash, struct sk_buff *skb,
		    struct xnf_queue_stats *stats)
{
	bool vlan = eth_type_vlan(skb->protocol);
	unsigned int layer;

	/* In-tree netbacks go on with what an earlier connection has asked for. */
	if (unlikely(!READ_ONCE(xnf->rss.hashing) && !READ_ONCE(xnf->rss.stray) &&
		     !wants_hashing(xnf))) {
		WRITE_ONCE(xnf->rss.stray, true);
		xnf_rss_change(xnf);
	}
	if (!(skb->dev->features & NETIF_F_RXHASH))
		return;

	layer = xnet_hash_layer(hash, vlan || skb->protocol == htons(ETH_P_IP),
				vlan || skb->protocol == htons(ETH_P_IPV6));
	if (layer)
		skb_set_hash(skb, xnet_hash_value(hash),
			     layer == 4 ? PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	else
		xnf_count(stats, XNF_RX_HASH_IGNORED);
}

/* ---- ethtool ------------------------------------------------------------- */

/**
 * xnf_rss_get_rx_ring_count() - see struct ethtool_ops
 * @netdev: the net_device
 *
 * Context: rtnl.
 *
 * Return: queues.
 */
u32 xnf_rss_get_rx_ring_count(struct net_device *netdev)
{
	return netdev->real_num_rx_queues;
}

/**
 * xnf_rss_get_rxfh_key_size() - see struct ethtool_ops
 * @netdev: the net_device
 *
 * Any context.
 *
 * Return: bytes of a key.
 */
u32 xnf_rss_get_rxfh_key_size(struct net_device *netdev)
{
	return XNET_TOEPLITZ_KEY_MAX;
}

/**
 * xnf_rss_get_rxfh_indir_size() - see struct ethtool_ops
 * @netdev: the net_device
 *
 * Any context.
 *
 * Return: entries of the table.
 */
u32 xnf_rss_get_rxfh_indir_size(struct net_device *netdev)
{
	return XNET_HASH_MAP_MAX;
}

/**
 * xnf_rss_get_rxfh() - ethtool -x
 * @netdev: the net_device
 * @rxfh: filled in
 *
 * While the backend does not hash there is no function, and the table is the default one:
 * how it spreads packets is not known. Context: rtnl.
 *
 * Return: 0.
 */
int xnf_rss_get_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);
	const struct xnf_rss *rss = &xnf->rss;
	bool hashing = is_hashing(xnf);

	rxfh->hfunc = hashing ? ETH_RSS_HASH_TOP : 0;
	if (rxfh->key)
		memcpy(rxfh->key, rss->wanted.key, sizeof(rss->wanted.key));
	if (rxfh->indir && hashing)
		memcpy(rxfh->indir, rss->wanted.table, sizeof(rss->wanted.table));
	else if (rxfh->indir)
		set_default_table(rxfh->indir, netdev->real_num_rx_queues);

	return 0;
}

/**
 * xnf_rss_set_rxfh() - ethtool -X
 * @netdev: the net_device
 * @rxfh: what is wanted, or not to be changed
 * @extack: why not
 *
 * The backend is told later. Context: rtnl.
 *
 * Return: 0 or a negative errno, with nothing changed.
 */
int xnf_rss_set_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh,
		     struct netlink_ext_ack *extack)
{
	struct xnf_dev *xnf = netdev_priv(netdev);
	struct xnf_rss_settings *wanted = &xnf->rss.wanted;
	unsigned int i;

	if (!xnf->offer.ctrl_ring) {
		NL_SET_ERR_MSG_MOD(extack, "the backend cannot hash");
		return -EOPNOTSUPP;
	}
	if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE && rxfh->hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG_MOD(extack, "toeplitz is the only function");
		return -EOPNOTSUPP;
	}
	if ((rxfh->key && rxfh->key_size != sizeof(wanted->key)) ||
	    (rxfh->indir && rxfh->indir_size != XNET_HASH_MAP_MAX))
		return -EINVAL;
	for (i = 0; rxfh->indir && i < XNET_HASH_MAP_MAX; i++) {
		if (rxfh->indir[i] >= netdev->real_num_rx_queues) {
			NL_SET_ERR_MSG_MOD(extack, "a queue that does not exist");
			return -EINVAL;
		}
	}

	if (rxfh->key)
		memcpy(wanted->key, rxfh->key, sizeof(wanted->key));
	if (rxfh->indir)
		memcpy(wanted->table, rxfh->indir, sizeof(wanted->table));
	WRITE_ONCE(xnf->rss.refused, false);
	xnf_rss_change(xnf);

	return 0;
}

/* Which hash types a flow type is about; @tcp is 0 when it is not TCP. */
static int types_of_flow(u32 flow_type, u32 *ip, u32 *tcp)
{
	*tcp = 0;

	switch (flow_type) {
	case TCP_V4_FLOW:
		*tcp = XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP;
		fallthrough;
	case UDP_V4_FLOW:
	case SCTP_V4_FLOW:
	case AH_ESP_V4_FLOW:
	case AH_V4_FLOW:
	case ESP_V4_FLOW:
	case IPV4_FLOW:
		*ip = XEN_NETIF_CTRL_HASH_TYPE_IPV4;
		return 0;
	case TCP_V6_FLOW:
		*tcp = XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP;
		fallthrough;
	case UDP_V6_FLOW:
	case SCTP_V6_FLOW:
	case AH_ESP_V6_FLOW:
	case AH_V6_FLOW:
	case ESP_V6_FLOW:
	case IPV6_FLOW:
		*ip = XEN_NETIF_CTRL_HASH_TYPE_IPV6;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* The fields that are hashed: netif.h has the best type count that is chosen. */
static u32 fields_of_types(u32 types, u32 ip, u32 tcp)
{
	if (types & tcp)
		return ADDRESSES | PORTS;

	return types & ip ? ADDRESSES : 0;
}

/**
 * xnf_rss_get_rxfh_fields() - ethtool -n eth0 rx-flow-hash
 * @netdev: the net_device
 * @fields: filled in for its flow type
 *
 * Context: rtnl.
 *
 * Return: 0, or -EOPNOTSUPP for flow types that netif.h has nothing for.
 */
int xnf_rss_get_rxfh_fields(struct net_device *netdev, struct ethtool_rxfh_fields *fields)
{
	const struct xnf_dev *xnf = netdev_priv(netdev);
	u32 ip, tcp;
	int err;

	err = types_of_flow(fields->flow_type, &ip, &tcp);
	if (err)
		return err;
	fields->data = fields_of_types(xnf->rss.wanted.types & READ_ONCE(xnf->rss.offered),
				       ip, tcp);

	return 0;
}

/**
 * xnf_rss_set_rxfh_fields() - ethtool -N eth0 rx-flow-hash
 * @netdev: the net_device
 * @fields: what is wanted
 * @extack: why not
 *
 * The backend is told later. Context: rtnl.
 *
 * Return: 0 or a negative errno, with nothing changed.
 */
int xnf_rss_set_rxfh_fields(struct net_device *netdev, const struct ethtool_rxfh_fields *fields,
			    struct netlink_ext_ack *extack)
{
	struct xnf_dev *xnf = netdev_priv(netdev);
	u32 types = xnf->rss.wanted.types;
	u32 ip, tcp;
	int err;

	if (!xnf->offer.ctrl_ring) {
		NL_SET_ERR_MSG_MOD(extack, "the backend cannot hash");
		return -EOPNOTSUPP;
	}
	err = types_of_flow(fields->flow_type, &ip, &tcp);
	if (err)
		return err;

	/* Only TCP has a type of its own; the other one is everybody's. */
	if (fields->data & PORTS)
		types |= tcp;
	else
		types &= ~tcp;
	if (fields->flow_type == IPV4_FLOW || fields->flow_type == IPV6_FLOW)
		types = fields->data & ADDRESSES ? types | ip : types & ~ip;
	if (fields_of_types(types, ip, tcp) != fields->data) {
		NL_SET_ERR_MSG_MOD(extack, "TCP is hashed with ports or like IP, all else like IP");
		return -EINVAL;
	}

	xnf->rss.wanted.types = types;
	WRITE_ONCE(xnf->rss.refused, false);
	xnf_rss_change(xnf);

	return 0;
}
