/* SPDX-License-Identifier: GPL-2.0 */
/* Hashes of packets from the guest, as the stack has them. */
#ifndef RF_SKBHASH_H
#define RF_SKBHASH_H

#include <stddef.h>

#include "common/wire.h"

#include "netdev.h"

/**
 * struct rf_flow_hash - one packet's hash, as the stack will use it
 * @sock: packet socket of its own
 * @ring: what it receives into
 */
struct rf_flow_hash {
	int sock;
	void *ring;
};

void rf_hash_only(struct rf_netdev *n, u32 hash);
void rf_hash_any(struct rf_netdev *n);

void rf_flow_hash_begin(struct rf_flow_hash *h, const struct rf_netdev *n);
u32 rf_flow_hash_end(struct rf_flow_hash *h);

#endif /* RF_SKBHASH_H */
