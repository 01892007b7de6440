/* SPDX-License-Identifier: GPL-2.0 */
/* Test cases: how one is described. */
#ifndef RB_CASE_H
#define RB_CASE_H

#include "back.h"
#include "counters.h"
#include "tap.h"

/**
 * struct rb_case - one test case
 * @name: what it is called on the command line and in the results
 * @run: the case; afterwards the guest must be reachable again after a reconnection
 * @config: what the backend offers, if not &rb_config_good
 * @moves: the counters of the guest's netfront that it moves, the reconnection
 *	included; every other counter of discarded packets must stay where it is, and
 *	packets are counted on this side too
 * @uncounted: only those are looked at: others move too, or begin anew
 */
struct rb_case {
	const char *name;
	void (*run)(struct rb_back *b);
	const struct rb_config *config;
	struct rf_move moves[RF_MOVES_MAX];
	bool uncounted;
};

/* One table per file of cases, ended by a case without a name. */
extern const struct rb_case rb_good_cases[];
extern const struct rb_case rb_tx_cases[];
extern const struct rb_case rb_rx_cases[];
extern const struct rb_case rb_moderation_cases[];
extern const struct rb_case rb_xdp_cases[];
extern const struct rb_case rb_page_cases[];
extern const struct rb_case rb_memory_cases[];
extern const struct rb_case rb_state_cases[];
extern const struct rb_case rb_ctrl_cases[];
extern const struct rb_case rb_storm_cases[];
extern const struct rb_case rb_xdp_cases[];

/**
 * struct rb_options - what the command line says
 * @seconds: of each case that goes on for a while
 * @seed: of everything that is random
 */
struct rb_options {
	unsigned int seconds;
	unsigned int seed;
};

extern struct rb_options rb_options;

#endif /* RB_CASE_H */
