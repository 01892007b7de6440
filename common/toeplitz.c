// SPDX-License-Identifier: GPL-2.0
/* The Toeplitz hash; see toeplitz.h. */

#include "toeplitz.h"

/* What the four bits of @nibble add; the first one's place is @window's top. */
static u32 term(u64 window, unsigned int nibble)
{
	unsigned int bit;
	u32 sum = 0;

	for (bit = 0; bit < 4; bit++)
		if (nibble & (8 >> bit))
			sum ^= (u32)(window >> (8 - bit));

	return sum;
}

/**
 * xnet_toeplitz_set_key() - make a key ready for use
 * @toeplitz: where to keep it; all of it is overwritten
 * @key: the key
 * @len: its bytes, at most XNET_TOEPLITZ_KEY_MAX; those missing are zero
 *
 * Pure, any context.
 */
void xnet_toeplitz_set_key(struct xnet_toeplitz *toeplitz, const u8 *key,
			   unsigned int len)
{
	u8 bytes[XNET_TOEPLITZ_KEY_MAX] = {};
	unsigned int at, nibble, i;
	u64 window;

	memcpy(bytes, key, len);
	for (at = 0; at < XNET_TOEPLITZ_DATA_MAX; at++) {
		/* The 40 bits of the key that a byte in this place meets. */
		window = 0;
		for (i = 0; i < 5; i++)
			window = window << 8 | bytes[at + i];

		for (nibble = 0; nibble < 16; nibble++) {
			toeplitz->term[2 * at][nibble] = term(window, nibble);
			toeplitz->term[2 * at + 1][nibble] = term(window << 4, nibble);
		}
	}
}

/**
 * xnet_toeplitz_hash() - what some bytes of the data add to the hash
 * @toeplitz: the key
 * @at: place of the first byte in the data
 * @data: the bytes
 * @len: how many; @at + @len is at most XNET_TOEPLITZ_DATA_MAX
 *
 * The hash of data in pieces is the exclusive or of theirs, so nothing has to
 * be put together. Pure, any context.
 *
 * Return: the hash, if the rest of the data is zero.
 */
u32 xnet_toeplitz_hash(const struct xnet_toeplitz *toeplitz, unsigned int at,
		       const u8 *data, unsigned int len)
{
	const u32 (*term)[16] = &toeplitz->term[2 * at];
	unsigned int i;
	u32 hash = 0;

	for (i = 0; i < len; i++, term += 2)
		hash ^= term[0][data[i] >> 4] ^ term[1][data[i] & 15];

	return hash;
}
