/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test cases: how one is described.
 *
 * A case is a function. It returns when all is well; rf_fail() and rf_skip()
 * do not come back. Whatever it leaves behind, the runner cleans up.
 */
#ifndef RF_CASE_H
#define RF_CASE_H

#include <stdbool.h>

#include "front.h"
#include "tap.h"

/**
 * struct rf_case - one test case
 * @name: what it is called on the command line and in the results
 * @run: the case
 * @config: how the frontend connects before @run is called
 * @connects_itself: it does not; that is part of the case
 * @needs: a feature key that the backend must offer, or the case is skipped
 * @unless: a feature key that the backend must not offer
 * @max_drain: skipped when rx_drain_timeout_msecs is longer than this
 * @moves: the counters it moves; every other counter of discarded packets must
 *	stay where it is, and packets are counted by the frontend itself
 * @uncounted: nobody can say which counters move, or they begin anew
 */
struct rf_case {
	const char *name;
	void (*run)(struct rf_front *f);
	struct rf_config config;
	bool connects_itself;
	const char *needs;
	const char *unless;
	unsigned int max_drain;
	struct rf_move moves[RF_MOVES_MAX];
	bool uncounted;
};

/* One table per file of cases, ended by a case without a name. */
extern const struct rf_case rf_tx_cases[];
extern const struct rf_case rf_tx_bad_cases[];
extern const struct rf_case rf_offload_cases[];
extern const struct rf_case rf_rx_cases[];
extern const struct rf_case rf_rx_starved_cases[];
extern const struct rf_case rf_drop_cases[];
extern const struct rf_case rf_work_cases[];
extern const struct rf_case rf_event_cases[];
extern const struct rf_case rf_life_cases[];
extern const struct rf_case rf_hostile_cases[];
extern const struct rf_case rf_mcast_cases[];
extern const struct rf_case rf_ctrl_cases[];
extern const struct rf_case rf_headroom_cases[];

/**
 * struct rf_options - what the command line says
 * @cycles: rounds of each reconnect case
 * @seed: of everything that is random
 */
struct rf_options {
	unsigned int cycles;
	unsigned int seed;
};

extern struct rf_options rf_options;

/**
 * rf_try() - call a function that may fail a case
 * @run: the function
 * @f: its argument
 * @why: where to put the reason when it does not come back
 * @size: bytes at @why
 *
 * Return: 0 when it returned, 1 when it failed, 2 when it skipped.
 */
int rf_try(void (*run)(struct rf_front *f), struct rf_front *f, char *why,
	   unsigned int size);

#endif /* RF_CASE_H */
