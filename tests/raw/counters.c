// SPDX-License-Identifier: GPL-2.0
/* An interface's counters; see counters.h. */

#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "tap.h"

/* Where the interface's counters of discarded packets begin. */
static const char * const rf_discards[] = {
	"rx_err_", "rx_drop_", "tx_err_", "tx_drop_",
};

/** rf_counters_add() - put one more in */
void rf_counters_add(struct rf_counters *c, const char *name, u64 value)
{
	RF_CHECK(c->count < RF_COUNTERS_MAX, "there are too many counters");
	snprintf(c->name[c->count], sizeof(c->name[0]), "%s", name);
	c->value[c->count++] = value;
}

/** rf_counter() - find a counter by its name; false when there is none */
bool rf_counter(const struct rf_counters *c, const char *name, u64 *value)
{
	unsigned int i;

	for (i = 0; i < c->count; i++) {
		if (strcmp(c->name[i], name))
			continue;
		*value = c->value[i];
		return true;
	}

	return false;
}

/** rf_counter_moved() - by how much a counter has moved; false when it is not there */
bool rf_counter_moved(const struct rf_counters *before, const struct rf_counters *after,
		      const char *name, long *by)
{
	u64 old, new;

	if (!rf_counter(before, name, &old) || !rf_counter(after, name, &new))
		return false;

	*by = new - old;
	return true;
}

static bool rf_is_discard(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(rf_discards) / sizeof(rf_discards[0]); i++)
		if (!strncmp(name, rf_discards[i], strlen(rf_discards[i])))
			return true;

	return false;
}

static bool rf_is_named(const struct rf_move *moves, const char *name)
{
	const struct rf_move *move;

	for (move = moves; move < moves + RF_MOVES_MAX && move->counter; move++)
		if (!strcmp(move->counter, name))
			return true;

	return false;
}

static void rf_check_move(const struct rf_counters *before, const struct rf_counters *after,
			  const struct rf_move *move)
{
	long by;

	if (!rf_counter_moved(before, after, move->counter, &by)) {
		rf_note("there is no counter %s", move->counter);
		return;
	}
	if (move->by < 0)
		RF_CHECK(by >= -1 - move->by, "counter %s moved by %ld, expected at least %ld",
			 move->counter, by, -1 - move->by);
	else
		RF_CHECK(by == move->by, "counter %s moved by %ld, expected %ld",
			 move->counter, by, move->by);
}

/*
 * Each discarded packet is in one named counter, and so in one standard one. A standard
 * one that is named itself has packets of the stack's in it as well.
 */
static void rf_check_sum(const struct rf_counters *before, const struct rf_counters *after,
			 const struct rf_move *moves, const char *total, const char *prefix)
{
	long by, sum = 0, expected;
	bool any = false;
	unsigned int i;

	if (rf_is_named(moves, total))
		return;
	for (i = 0; i < after->count; i++) {
		if (strncmp(after->name[i], prefix, strlen(prefix)))
			continue;
		if (rf_counter_moved(before, after, after->name[i], &by))
			sum += by;
		any = true;
	}
	if (any && rf_counter_moved(before, after, total, &expected))
		RF_CHECK(sum == expected, "%s moved by %ld, the counters %s* by %ld", total,
			 expected, prefix, sum);
}

/**
 * rf_counters_check_moves() - have some counters moved as they should?
 * @before: counters before
 * @after: counters after
 * @moves: those that are expected to move; others are not looked at
 */
void rf_counters_check_moves(const struct rf_counters *before, const struct rf_counters *after,
			     const struct rf_move moves[RF_MOVES_MAX])
{
	const struct rf_move *move;

	for (move = moves; move < moves + RF_MOVES_MAX && move->counter; move++)
		rf_check_move(before, after, move);
}

/**
 * rf_counters_check() - have the right counters moved, and no others?
 * @before: counters before
 * @after: counters after
 * @moves: those that are expected to move; every other counter of discarded packets
 *	must be where it was, and the standard ones that are not named must be their sums
 */
void rf_counters_check(const struct rf_counters *before, const struct rf_counters *after,
		       const struct rf_move moves[RF_MOVES_MAX])
{
	unsigned int i;
	long by;

	rf_counters_check_moves(before, after, moves);

	for (i = 0; i < after->count; i++)
		if (rf_is_discard(after->name[i]) && !rf_is_named(moves, after->name[i]) &&
		    rf_counter_moved(before, after, after->name[i], &by))
			RF_CHECK(!by, "counter %s moved by %ld", after->name[i], by);

	rf_check_sum(before, after, moves, "link.rx_errors", "rx_err_");
	rf_check_sum(before, after, moves, "link.rx_dropped", "rx_drop_");
	rf_check_sum(before, after, moves, "link.tx_errors", "tx_err_");
	rf_check_sum(before, after, moves, "link.tx_dropped", "tx_drop_");
}
