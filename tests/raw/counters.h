/* SPDX-License-Identifier: GPL-2.0 */
/* An interface's counters at one time, and what may have moved since another. */
#ifndef RF_COUNTERS_H
#define RF_COUNTERS_H

#include "common/wire.h"

#define RF_COUNTERS_MAX	192

/* Counters that a case may name. */
#define RF_MOVES_MAX	12

/* Instead of an exact number in &struct rf_move. */
#define RF_AT_LEAST(n)	(-1 - (n))

/**
 * struct rf_move - a counter that a case is expected to move
 * @counter: as ethtool -S names it; the standard ones begin with "link."
 * @by: by how much, or RF_AT_LEAST()
 */
struct rf_move {
	const char *counter;
	long by;
};

/**
 * struct rf_counters - all counters at one time
 * @count: how many
 * @name: their names
 * @value: their values
 */
struct rf_counters {
	unsigned int count;
	char name[RF_COUNTERS_MAX][40];
	u64 value[RF_COUNTERS_MAX];
};

void rf_counters_add(struct rf_counters *counters, const char *name, u64 value);
bool rf_counter(const struct rf_counters *counters, const char *name, u64 *value);
bool rf_counter_moved(const struct rf_counters *before, const struct rf_counters *after,
		      const char *name, long *by);
void rf_counters_check_moves(const struct rf_counters *before, const struct rf_counters *after,
			     const struct rf_move moves[RF_MOVES_MAX]);
void rf_counters_check(const struct rf_counters *before, const struct rf_counters *after,
		       const struct rf_move moves[RF_MOVES_MAX]);

#endif /* RF_COUNTERS_H */
