/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_NET_PAGE_POOL_TYPES_H
#define XNET_COMPAT_NET_PAGE_POOL_TYPES_H

#include "../../../compat-config.h"

#ifdef XNET_HAVE_PAGE_POOL_TYPES_H
#include_next <net/page_pool/types.h>
#else

#include <net/page_pool.h>

struct napi_struct;
struct net_device;

/* The members that drivers set, @napi and @netdev without effect. */
struct xnet_page_pool_params {
	unsigned int flags;
	unsigned int order;
	unsigned int pool_size;
	int nid;
	struct device *dev;
	struct napi_struct *napi;
	enum dma_data_direction dma_dir;
	unsigned int max_len;
	unsigned int offset;
	struct net_device *netdev;
	unsigned int queue_idx;
};

static inline struct page_pool *
xnet_page_pool_create(const struct xnet_page_pool_params *params)
{
	struct page_pool_params p = {
		.flags = params->flags,
		.order = params->order,
		.pool_size = params->pool_size,
		.nid = params->nid,
		.dev = params->dev,
		.dma_dir = params->dma_dir,
		.max_len = params->max_len,
		.offset = params->offset,
	};

	return page_pool_create(&p);
}

#define page_pool_params xnet_page_pool_params
#define page_pool_create xnet_page_pool_create

#endif

#endif
