// SPDX-License-Identifier: GPL-2.0
/* How a guest wants its packets hashed; see hash_ctrl.h. */

#include "hash_ctrl.h"

#define SUCCESS		XEN_NETIF_CTRL_STATUS_SUCCESS
#define NOT_SUPPORTED	XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED
#define INVALID		XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER
#define TOO_LARGE	XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW

static u32 set_algorithm(struct xnet_hash_config *config, u32 algorithm)
{
	if (algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_NONE &&
	    algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return INVALID;

	config->algorithm = algorithm;
	config->changed = true;
	return SUCCESS;
}

/* Which types there are depends on the algorithm, so there must be one. */
static u32 get_types(const struct xnet_hash_config *config, u32 *types)
{
	if (config->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
		return NOT_SUPPORTED;

	*types = XNET_FLOW_TYPES;
	return SUCCESS;
}

static u32 set_types(struct xnet_hash_config *config, u32 types)
{
	if (config->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
		return NOT_SUPPORTED;
	if (types & ~XNET_FLOW_TYPES)
		return INVALID;

	config->types = types;
	config->changed = true;
	return SUCCESS;
}

static u32 set_key(struct xnet_hash_config *config, grant_ref_t gref, u32 len,
		   const struct xnet_hash_source *source)
{
	const u8 *key = (const u8 *)"";

	if (len > XNET_TOEPLITZ_KEY_MAX)
		return TOO_LARGE;

	/* An empty key has no page. */
	if (len)
		key = source->fetch(source->arg, gref, len);
	if (!key)
		return INVALID;

	xnet_toeplitz_set_key(&config->toeplitz, key, len);
	config->changed = true;
	return SUCCESS;
}

static u32 set_map_size(struct xnet_hash_config *config, u32 size)
{
	if (size > XNET_HASH_MAP_MAX)
		return INVALID;

	config->map_size = size;
	memset(config->map, 0, sizeof(config->map));
	config->changed = true;
	return SUCCESS;
}

static u32 set_map(struct xnet_hash_config *config,
		   const struct xen_netif_ctrl_request *request,
		   const struct xnet_hash_source *source)
{
	u32 size = request->data[1];
	u32 offset = request->data[2];
	const u32 *map;
	u32 i;

	if (size > XNET_HASH_MAP_MAX)
		return TOO_LARGE;
	if (offset > config->map_size || size > config->map_size - offset)
		return INVALID;
	if (!size)
		return SUCCESS;

	map = source->fetch(source->arg, request->data[0], size * sizeof(*map));
	if (!map)
		return INVALID;
	for (i = 0; i < size; i++)
		if (map[i] >= config->nr_queues)
			return INVALID;

	for (i = 0; i < size; i++)
		config->map[offset + i] = map[i];
	config->changed = true;
	return SUCCESS;
}

/**
 * xnet_hash_init() - what holds until the guest says something
 * @config: all of it is overwritten: no algorithm, an empty key, no mapping
 * @nr_queues: the vif's queues, at least 1
 *
 * Pure, any context.
 */
void xnet_hash_init(struct xnet_hash_config *config, u32 nr_queues)
{
	memset(config, 0, sizeof(*config));
	config->nr_queues = nr_queues;
}

/**
 * xnet_hash_message() - carry out a control message
 * @config: the guest's settings
 * @request: private copy of the message
 * @source: for those that bring more along
 * @data: what to answer beside the status
 *
 * Context: that of &xnet_hash_source.fetch.
 *
 * Return: XEN_NETIF_CTRL_STATUS_* to answer with; a type that is not about
 * hashing is XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED.
 */
u32 xnet_hash_message(struct xnet_hash_config *config,
		      const struct xen_netif_ctrl_request *request,
		      const struct xnet_hash_source *source, u32 *data)
{
	*data = 0;

	switch (request->type) {
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		return get_types(config, data);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS:
		return set_types(config, request->data[0]);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		return set_key(config, request->data[0], request->data[1], source);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE:
		*data = XNET_HASH_MAP_MAX;
		return SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		return set_map_size(config, request->data[0]);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		return set_map(config, request, source);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		return set_algorithm(config, request->data[0]);
	default:
		return NOT_SUPPORTED;
	}
}
