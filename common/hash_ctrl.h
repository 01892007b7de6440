/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a guest wants its packets hashed, and the control messages by which it
 * says so: netif.h, "Control messages", types 1 to 7.
 *
 * A message is checked as a whole before anything is changed: one that is
 * refused leaves everything as it was. Offsets and sizes are the guest's and
 * may be any 32-bit numbers (XSA-270).
 */
#ifndef XNET_HASH_CTRL_H
#define XNET_HASH_CTRL_H

#include "flow.h"
#include "toeplitz.h"
#include "wire.h"

/* Entries of the largest mapping; as many as frontends have ever asked for. */
#define XNET_HASH_MAP_MAX	128

/* What one message may bring along in its grant. */
#define XNET_HASH_FETCH_MAX	(XNET_HASH_MAP_MAX * sizeof(u32))

/**
 * struct xnet_hash_config - how a guest wants its packets hashed
 * @algorithm: XEN_NETIF_CTRL_HASH_ALGORITHM_*
 * @types: set of XEN_NETIF_CTRL_HASH_TYPE_*
 * @nr_queues: the vif's queues
 * @map_size: entries of @map in use, 0 for none: then the queue is the hash
 *	modulo @nr_queues
 * @map: queues by hash modulo @map_size; each is below @nr_queues
 * @changed: a message has changed something; for the caller to reset
 * @toeplitz: the key
 */
struct xnet_hash_config {
	u32 algorithm;
	u32 types;
	u32 nr_queues;
	u32 map_size;
	u16 map[XNET_HASH_MAP_MAX];
	bool changed;
	struct xnet_toeplitz toeplitz;
};

/**
 * struct xnet_hash_source - where a message's key or mapping comes from
 * @fetch: copy @len bytes (1 to XNET_HASH_FETCH_MAX) from the start of the
 *	guest's page @gref to private memory that is aligned for u32.
 *	Return: that memory, or NULL when it cannot be done
 * @arg: handed to @fetch
 */
struct xnet_hash_source {
	const void *(*fetch)(void *arg, grant_ref_t gref, unsigned int len);
	void *arg;
};

void xnet_hash_init(struct xnet_hash_config *config, u32 nr_queues);
u32 xnet_hash_message(struct xnet_hash_config *config,
		      const struct xen_netif_ctrl_request *request,
		      const struct xnet_hash_source *source, u32 *data);

/**
 * xnet_hash_enabled() - are packets to be hashed?
 * @config: the guest's settings
 *
 * Pure, any context.
 *
 * Return: true when there is an algorithm and something to apply it to.
 */
static inline bool xnet_hash_enabled(const struct xnet_hash_config *config)
{
	return config->algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_NONE &&
	       config->types;
}

/**
 * xnet_hash_queue() - the queue for packets of a hash
 * @config: the guest's settings
 * @hash: the hash, 0 for a packet that has none
 *
 * Pure, any context in which the settings do not change.
 *
 * Return: a queue, below &xnet_hash_config.nr_queues.
 */
static inline u32 xnet_hash_queue(const struct xnet_hash_config *config, u32 hash)
{
	return config->map_size ? config->map[hash % config->map_size] :
				  hash % config->nr_queues;
}

#endif /* XNET_HASH_CTRL_H */
