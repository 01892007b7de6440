/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_ETHTOOL_H
#define XNET_COMPAT_LINUX_ETHTOOL_H

#include_next <linux/ethtool.h>
#include <linux/errno.h>
#include <linux/netdevice.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_ETHTOOL_PUTS
#define ethtool_puts(data, str) ethtool_sprintf(data, "%s", str)
#endif

#ifndef XNET_HAVE_ETHTOOL_RXFH_PARAM
struct ethtool_rxfh_param {
	u8 hfunc;
	u32 indir_size;
	u32 *indir;
	u32 key_size;
	u8 *key;
};
#endif

#ifndef XNET_HAVE_ETHTOOL_RXFH_FIELDS
struct ethtool_rxfh_fields {
	u32 data;
	u32 flow_type;
};
#endif

#ifndef XNET_HAVE_ETHTOOL_RXFH_INDIR_LOST
static inline void ethtool_rxfh_indir_lost(struct net_device *dev)
{
	dev->priv_flags &= ~IFF_RXFH_CONFIGURED;
}
#endif

/*
 * The members of struct ethtool_ops that are about receive-side hashing, from
 * functions that are named like the members of the newest kernel, after @p and
 * "_": get_rx_ring_count, get_rxfh_key_size, get_rxfh_indir_size, get_rxfh,
 * set_rxfh, get_rxfh_fields, set_rxfh_fields.
 *
 * XNET_RXFH_DEFINE(p) goes before the struct, at file scope and without a
 * semicolon; XNET_RXFH_OPS(p) into its initialiser.
 */
#ifdef XNET_HAVE_ETHTOOL_RX_RING_COUNT

#define XNET_RXFH_DEFINE_GET_RXNFC(p)
#define XNET_RXFH_OPS_GET_RXNFC(p)	.get_rx_ring_count = p##_get_rx_ring_count

#else

#ifdef XNET_HAVE_ETHTOOL_RXFH_FIELDS
#define XNET_RXFH_CALL_GET_FIELDS(p, dev, info)		(-EOPNOTSUPP)
#else
#define XNET_RXFH_CALL_GET_FIELDS(p, dev, info)				\
({									\
	struct ethtool_rxfh_fields _fields = {				\
		.flow_type = (info)->flow_type,				\
	};								\
	int _err = p##_get_rxfh_fields(dev, &_fields);			\
									\
	(info)->data = _fields.data;					\
	_err;								\
})
#endif

#define XNET_RXFH_DEFINE_GET_RXNFC(p)					\
static int p##_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, \
			 u32 *rule_locs)				\
{									\
	switch (info->cmd) {						\
	case ETHTOOL_GRXRINGS:						\
		info->data = p##_get_rx_ring_count(dev);		\
		return 0;						\
	case ETHTOOL_GRXFH:						\
		return XNET_RXFH_CALL_GET_FIELDS(p, dev, info);		\
	default:							\
		return -EOPNOTSUPP;					\
	}								\
}
#define XNET_RXFH_OPS_GET_RXNFC(p)	.get_rxnfc = p##_get_rxnfc

#endif

#ifdef XNET_HAVE_ETHTOOL_RXFH_FIELDS

#define XNET_RXFH_DEFINE_FIELDS(p)
#define XNET_RXFH_OPS_FIELDS(p)						\
	.get_rxfh_fields = p##_get_rxfh_fields,				\
	.set_rxfh_fields = p##_set_rxfh_fields

#else

#define XNET_RXFH_DEFINE_FIELDS(p)					\
static int p##_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info) \
{									\
	struct ethtool_rxfh_fields fields = {				\
		.data = info->data,					\
		.flow_type = info->flow_type,				\
	};								\
									\
	if (info->cmd != ETHTOOL_SRXFH)					\
		return -EOPNOTSUPP;					\
	return p##_set_rxfh_fields(dev, &fields, NULL);			\
}
#define XNET_RXFH_OPS_FIELDS(p)		.set_rxnfc = p##_set_rxnfc

#endif

#ifdef XNET_HAVE_ETHTOOL_RXFH_PARAM

#define XNET_RXFH_DEFINE_PARAM(p)
#define XNET_RXFH_OPS_PARAM(p)						\
	.get_rxfh = p##_get_rxfh,					\
	.set_rxfh = p##_set_rxfh

#else

#define XNET_RXFH_DEFINE_PARAM(p)					\
static int p##_get_rxfh_old(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc) \
{									\
	struct ethtool_rxfh_param param = {				\
		.indir_size = p##_get_rxfh_indir_size(dev),		\
		.indir = indir,						\
		.key_size = p##_get_rxfh_key_size(dev),			\
		.key = key,						\
	};								\
	int err = p##_get_rxfh(dev, &param);				\
									\
	if (hfunc)							\
		*hfunc = param.hfunc;					\
	return err;							\
}									\
									\
static int p##_set_rxfh_old(struct net_device *dev, const u32 *indir,	\
			    const u8 *key, const u8 hfunc)		\
{									\
	struct ethtool_rxfh_param param = {				\
		.hfunc = hfunc,						\
		.indir_size = p##_get_rxfh_indir_size(dev),		\
		.indir = (u32 *)indir,					\
		.key_size = p##_get_rxfh_key_size(dev),			\
		.key = (u8 *)key,					\
	};								\
									\
	return p##_set_rxfh(dev, &param, NULL);				\
}
#define XNET_RXFH_OPS_PARAM(p)						\
	.get_rxfh = p##_get_rxfh_old,					\
	.set_rxfh = p##_set_rxfh_old

#endif

#define XNET_RXFH_DEFINE(p)						\
	XNET_RXFH_DEFINE_GET_RXNFC(p)					\
	XNET_RXFH_DEFINE_FIELDS(p)					\
	XNET_RXFH_DEFINE_PARAM(p)

#define XNET_RXFH_OPS(p)						\
	XNET_RXFH_OPS_GET_RXNFC(p),					\
	XNET_RXFH_OPS_FIELDS(p),					\
	XNET_RXFH_OPS_PARAM(p),						\
	.get_rxfh_key_size = p##_get_rxfh_key_size,			\
	.get_rxfh_indir_size = p##_get_rxfh_indir_size

#endif
