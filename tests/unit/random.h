/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers, the same ones in every run. */
#ifndef XNET_TEST_RANDOM_H
#define XNET_TEST_RANDOM_H

#include "common/wire.h"

static u32 random_state;

static inline u32 random_u32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* 0 <= result < @limit */
static inline unsigned int random_below(unsigned int limit)
{
	return random_u32() % limit;
}

static inline bool random_odds(unsigned int percent)
{
	return random_below(100) < percent;
}

#endif /* XNET_TEST_RANDOM_H */
