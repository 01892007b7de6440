// SPDX-License-Identifier: GPL-2.0
/* Credit; see credit.h. */

#include "credit.h"

#ifdef __KERNEL__
#include <linux/math64.h>
#else
static u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}
#endif

/* Digits up to @end, which is where @text is left. */
static bool xnet_credit_number(const char **text, char end, u64 max, u64 *value)
{
	const char *c = *text;

	*value = 0;
	do {
		if (*c < '0' || *c > '9')
			return false;
		*value = *value * 10 + (*c - '0');
		if (*value > max)
			return false;
	} while (*++c != end);

	*text = c;
	return *value != 0;
}

/**
 * xnet_credit_parse() - read a vif's rate as the toolstack writes it
 * @text: "BYTES,MICROSECONDS", decimal and nothing else
 * @bytes: credit per interval
 * @usecs: the interval
 *
 * Pure, any context.
 *
 * Return: true when both are numbers, at least 1 and within bounds.
 */
bool xnet_credit_parse(const char *text, u64 *bytes, u64 *usecs)
{
	if (!xnet_credit_number(&text, ',', XNET_CREDIT_BYTES_MAX, bytes))
		return false;

	text++;
	return xnet_credit_number(&text, '\0', XNET_CREDIT_USECS_MAX, usecs);
}

/* The level that is kept: one interval's, or more for those who are late. */
static s64 xnet_credit_cap(const struct xnet_credit *credit)
{
	u64 intervals = 1;

	if (credit->nr_active)
		intervals += 1 + div64_u64(XNET_CREDIT_LATE_NS, credit->interval);

	return credit->bytes * intervals;
}

static void xnet_credit_trim(struct xnet_credit *credit)
{
	s64 cap = xnet_credit_cap(credit);

	if (credit->level > cap)
		credit->level = cap;
}

/* Add what whole intervals have brought. */
static void xnet_credit_refill(struct xnet_credit *credit, u64 now)
{
	u64 elapsed = now - credit->last;
	u64 intervals, missing;
	s64 cap;

	/* A clock that has gone back tells nothing. */
	if ((s64)elapsed < 0 || elapsed < credit->interval)
		return;

	intervals = div64_u64(elapsed, credit->interval);
	credit->last += intervals * credit->interval;

	cap = xnet_credit_cap(credit);
	if (credit->level >= cap)
		return;

	/* The product below cannot overflow: it is less than what is missing. */
	missing = div64_u64(cap - credit->level - 1, credit->bytes) + 1;
	if (intervals >= missing)
		credit->level = cap;
	else
		credit->level += intervals * credit->bytes;
}

static void xnet_credit_enqueue(struct xnet_credit *credit,
				struct xnet_credit_member *member)
{
	member->next = NULL;
	member->waiting = true;
	if (credit->first)
		credit->end->next = member;
	else
		credit->first = member;
	credit->end = member;
	credit->nr_waiting++;
}

static struct xnet_credit_member *xnet_credit_dequeue(struct xnet_credit *credit)
{
	struct xnet_credit_member *member = credit->first;

	credit->first = member->next;
	credit->nr_waiting--;
	member->next = NULL;
	member->waiting = false;

	return member;
}

/* Take a member out of wherever it is in the line. */
static void xnet_credit_unqueue(struct xnet_credit *credit,
				struct xnet_credit_member *member)
{
	struct xnet_credit_member *before = NULL, *at = credit->first;

	while (at != member) {
		before = at;
		at = at->next;
	}

	if (before)
		before->next = member->next;
	else
		credit->first = member->next;
	if (credit->end == member)
		credit->end = before;
	credit->nr_waiting--;
	member->next = NULL;
	member->waiting = false;
}

/**
 * xnet_credit_limit() - set or change the rate
 * @credit: what is shared; zeroed before the first time
 * @bytes: credit per interval, 1 to XNET_CREDIT_BYTES_MAX
 * @usecs: the interval, 1 to XNET_CREDIT_USECS_MAX
 * @now: in nanoseconds
 *
 * The first interval begins now, with the credit of one interval. A change
 * gives nobody anything: credit at hand is kept up to what the new rate allows.
 * Call xnet_credit_share() next.
 *
 * Pure, any context; the caller serialises.
 */
void xnet_credit_limit(struct xnet_credit *credit, u64 bytes, u64 usecs, u64 now)
{
	if (credit->bytes)
		xnet_credit_refill(credit, now);
	else
		credit->level = bytes;

	credit->bytes = bytes;
	credit->interval = usecs * 1000;
	credit->last = now;
	xnet_credit_trim(credit);
}

/**
 * xnet_credit_unlimit() - lift the limit
 * @credit: what was shared
 *
 * Pure, any context; the caller serialises.
 *
 * Return: those who waited, chained by @next. Debts are forgotten.
 */
struct xnet_credit_member *xnet_credit_unlimit(struct xnet_credit *credit)
{
	struct xnet_credit_member *served = credit->first, *member;

	for (member = served; member; member = member->next) {
		member->balance = 0;
		member->waiting = false;
	}

	credit->bytes = 0;
	credit->first = NULL;
	credit->nr_waiting = 0;

	return served;
}

/**
 * xnet_credit_ask() - a member's balance is used up, and it wants to go on
 * @credit: what is shared, with a limit
 * @member: the member, not waiting
 * @now: in nanoseconds
 *
 * Pure, any context; the caller serialises.
 *
 * Return: true when its balance is above zero now; false when it has to wait
 * in the line until xnet_credit_share() has served it.
 */
bool xnet_credit_ask(struct xnet_credit *credit, struct xnet_credit_member *member,
		     u64 now)
{
	s64 give;

	xnet_credit_refill(credit, now);
	if (!member->active) {
		member->active = true;
		credit->nr_active++;
	}

	/* Whoever waits already comes first. */
	if (!credit->first && credit->level > 0) {
		give = XNET_CREDIT_LEASE - member->balance;
		if (give > credit->level)
			give = credit->level;
		member->balance += give;
		credit->level -= give;
		if (member->balance > 0)
			return true;
	}

	xnet_credit_enqueue(credit, member);
	return false;
}

static void xnet_credit_retire(struct xnet_credit *credit,
			       struct xnet_credit_member *member, u64 now)
{
	/* While it still counts as one who was perhaps only late. */
	if (credit->bytes)
		xnet_credit_refill(credit, now);

	if (member->waiting)
		xnet_credit_unqueue(credit, member);
	if (member->active) {
		member->active = false;
		credit->nr_active--;
	}
}

/**
 * xnet_credit_rest() - a member has nothing left to use credit for
 * @credit: what is shared, with a limit or without
 * @member: the member, in the line or not
 * @now: in nanoseconds
 *
 * What it holds goes back to all; a debt stays with it. Call
 * xnet_credit_share() next.
 *
 * Pure, any context; the caller serialises.
 */
void xnet_credit_rest(struct xnet_credit *credit, struct xnet_credit_member *member,
		      u64 now)
{
	xnet_credit_retire(credit, member, now);
	if (member->balance > 0) {
		credit->level += member->balance;
		member->balance = 0;
	}
	if (credit->bytes)
		xnet_credit_trim(credit);
}

/**
 * xnet_credit_leave() - a member goes for good
 * @credit: what is shared, with a limit or without
 * @member: the member, in the line or not
 * @now: in nanoseconds
 *
 * Its debt goes to all: a guest gains nothing by reconnecting. Call
 * xnet_credit_share() next.
 *
 * Pure, any context; the caller serialises.
 */
void xnet_credit_leave(struct xnet_credit *credit, struct xnet_credit_member *member,
		       u64 now)
{
	xnet_credit_retire(credit, member, now);
	credit->level += member->balance;
	member->balance = 0;
	if (credit->bytes)
		xnet_credit_trim(credit);
}

/**
 * xnet_credit_share() - give what there is to those who wait
 * @credit: what is shared, with a limit
 * @now: in nanoseconds
 *
 * All get the same number of bytes, in the order in which they came; one whose
 * debt is larger than that waits on, behind the others.
 *
 * Pure, any context; the caller serialises.
 *
 * Return: those whose balance is above zero now, chained by @next; they are out
 * of the line.
 */
struct xnet_credit_member *xnet_credit_share(struct xnet_credit *credit, u64 now)
{
	struct xnet_credit_member *served = NULL, **end = &served;
	unsigned int turns = 0;
	s64 share = 0;

	xnet_credit_refill(credit, now);
	while (credit->first && credit->level > 0) {
		struct xnet_credit_member *member;

		if (!turns) {
			turns = credit->nr_waiting;
			share = div64_u64(credit->level, turns);
			if (share < 1)
				share = 1;
			if (share > XNET_CREDIT_LEASE)
				share = XNET_CREDIT_LEASE;
		}
		turns--;

		member = xnet_credit_dequeue(credit);
		member->balance += share;
		credit->level -= share;
		if (member->balance <= 0) {
			xnet_credit_enqueue(credit, member);
			continue;
		}
		*end = member;
		end = &member->next;
	}

	return served;
}

/**
 * xnet_credit_due() - when to call xnet_credit_share() again
 * @credit: what is shared, with a limit
 *
 * Pure, any context; the caller serialises.
 *
 * Return: the time in nanoseconds, which may have passed; XNET_CREDIT_NEVER when
 * nobody waits.
 */
u64 xnet_credit_due(const struct xnet_credit *credit)
{
	return credit->first ? credit->last + credit->interval : XNET_CREDIT_NEVER;
}
