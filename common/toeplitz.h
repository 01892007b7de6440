/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Toeplitz hash, which receive-side scaling uses.
 *
 * Each set bit of the data adds (by exclusive or) the 32 bits of the key that
 * begin at the bit's place. What four bits in a given place add is looked up in
 * a table that is made once per key, so that a packet costs two look-ups per
 * byte instead of eight decisions.
 */
#ifndef XNET_TOEPLITZ_H
#define XNET_TOEPLITZ_H

#include "wire.h"

/* Two IPv6 addresses and two ports. */
#define XNET_TOEPLITZ_DATA_MAX	36

/* The last bit of the data is combined with the last 32 bits of the key. */
#define XNET_TOEPLITZ_KEY_MAX	(XNET_TOEPLITZ_DATA_MAX + 4)

/**
 * struct xnet_toeplitz - a key, made ready
 * @term: by place, counted in half bytes, and by value of the half byte
 */
struct xnet_toeplitz {
	u32 term[2 * XNET_TOEPLITZ_DATA_MAX][16];
};

void xnet_toeplitz_set_key(struct xnet_toeplitz *toeplitz, const u8 *key,
			   unsigned int len);
u32 xnet_toeplitz_hash(const struct xnet_toeplitz *toeplitz, unsigned int at,
		       const u8 *data, unsigned int len);

#endif /* XNET_TOEPLITZ_H */
