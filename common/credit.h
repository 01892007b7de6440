/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credit: so many bytes per interval, shared by members in turn.
 *
 * A vif's rate belongs to the vif, and its queues are the members. The credit
 * of an interval is added to a common level, from which members take leases. A
 * member may act while its balance is above zero, and is charged afterwards: a
 * packet larger than the whole credit of an interval goes out on credit, and
 * its member pays the debt out of its own later shares. Nothing is ever forgiven
 * or rounded away, so over time the rate is exact whatever the number of
 * members and the size of packets; what can go out at once is one interval's
 * credit and one packet per member.
 *
 * Credit that nobody uses does not pile up beyond one interval's. While there
 * is demand it does, for a while: a timer that is late must not cost anything.
 *
 * Pure; the caller serialises, and tells the time.
 */
#ifndef XNET_CREDIT_H
#define XNET_CREDIT_H

#include "wire.h"

/* Bounds of what can be configured. Both leave room for the arithmetic. */
#define XNET_CREDIT_BYTES_MAX	(1ULL << 40)
#define XNET_CREDIT_USECS_MAX	0xffffffffULL

/* The most that a member is given ahead: one packet of the largest size. */
#define XNET_CREDIT_LEASE	65536

/* What the members may be late without losing credit. */
#define XNET_CREDIT_LATE_NS	250000000ULL

/* No time at all, see xnet_credit_due(). */
#define XNET_CREDIT_NEVER	(~0ULL)

/**
 * struct xnet_credit_member - one of those who share
 * @next: the one behind it, while it waits; then the next of those served
 * @balance: bytes that it may use; negative: its debt
 * @waiting: it is in the line
 * @active: it wants to use credit, or waits for it
 */
struct xnet_credit_member {
	struct xnet_credit_member *next;
	s64 balance;
	bool waiting;
	bool active;
};

/**
 * struct xnet_credit - what is shared
 * @bytes: credit per interval, 0 while there is no limit
 * @interval: nanoseconds
 * @last: when credit was last added
 * @level: bytes that nobody holds; negative: debts of members that are gone
 * @nr_active: members that are active
 * @nr_waiting: members in the line
 * @first: the line; served in this order
 * @end: its end
 */
struct xnet_credit {
	u64 bytes;
	u64 interval;
	u64 last;
	s64 level;
	unsigned int nr_active;
	unsigned int nr_waiting;
	struct xnet_credit_member *first;
	struct xnet_credit_member *end;
};

bool xnet_credit_parse(const char *text, u64 *bytes, u64 *usecs);
void xnet_credit_limit(struct xnet_credit *credit, u64 bytes, u64 usecs, u64 now);
struct xnet_credit_member *xnet_credit_unlimit(struct xnet_credit *credit);
bool xnet_credit_ask(struct xnet_credit *credit, struct xnet_credit_member *member,
		     u64 now);
void xnet_credit_rest(struct xnet_credit *credit, struct xnet_credit_member *member,
		      u64 now);
void xnet_credit_leave(struct xnet_credit *credit, struct xnet_credit_member *member,
		       u64 now);
struct xnet_credit_member *xnet_credit_share(struct xnet_credit *credit, u64 now);
u64 xnet_credit_due(const struct xnet_credit *credit);

#endif /* XNET_CREDIT_H */
