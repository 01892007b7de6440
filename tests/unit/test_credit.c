// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of common/credit: that a rate is kept to the byte, over long simulated
 * runs and whatever members, packets and timers do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "common/credit.h"

#include "random.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MEMBERS_MAX	64
#define PACKET_MAX	65535
#define SEC		1000000000ULL

/* Like assert_true(), with what is needed to find the case that failed. */
#define expect(cond, fmt, ...)						\
	do {								\
		if (!(cond))						\
			fail_msg("%s:%d: %s: " fmt, __FILE__, __LINE__,	\
				 #cond, __VA_ARGS__);			\
	} while (0)

static void test_parse(void **state)
{
	static const char * const bad[] = {
		"", ",", "1", "1,", ",1", "0,1", "1,0", "1,1,1", "1,1 ", " 1,1",
		"1 ,1", "1, 1", "-1,1", "1,-1", "+1,1", "0x10,1", "1e3,1", "1,1\n",
		"1.5,1", "x", "1;1", "1099511627777,1", "1,4294967296",
		"99999999999999999999999999,1", "18446744073709551617,1", "12", "1,1x",
	};
	u64 bytes, usecs;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(!xnet_credit_parse(bad[i], &bytes, &usecs), "\"%s\"", bad[i]);

	assert_true(xnet_credit_parse("1,1", &bytes, &usecs));
	assert_true(bytes == 1 && usecs == 1);
	assert_true(xnet_credit_parse("20000,50000", &bytes, &usecs));
	assert_true(bytes == 20000 && usecs == 50000);
	assert_true(xnet_credit_parse("1099511627776,4294967295", &bytes, &usecs));
	assert_true(bytes == XNET_CREDIT_BYTES_MAX && usecs == XNET_CREDIT_USECS_MAX);
}

/* ---- The simulation: members that take packets, one timer --------------- */

/*
 * What every member is like. They step in turn, once per @step ns of simulated
 * time, and each takes up to @batch packets in a step; the timer is looked at
 * no more often than that, which makes it late by up to a step.
 */
struct world {
	u64 bytes;
	u64 usecs;
	unsigned int nr;
	u64 step;
	unsigned int batch;
	unsigned int size_min;
	unsigned int size_max;
};

struct run {
	struct xnet_credit credit;
	struct xnet_credit_member member[MEMBERS_MAX];
	u64 taken[MEMBERS_MAX];
	bool idle[MEMBERS_MAX];
	u64 total;
	u64 start;
	u64 now;
};

/* What holds at any time. */
static void check(const struct run *run, unsigned int nr)
{
	const struct xnet_credit *credit = &run->credit;
	const struct xnet_credit_member *m;
	unsigned int waiting = 0, active = 0, line = 0, i;

	for (i = 0; i < nr; i++) {
		waiting += run->member[i].waiting;
		active += run->member[i].active;
		assert_true(!run->member[i].waiting || run->member[i].active);
		assert_true(!run->member[i].waiting || run->member[i].balance <= 0);
	}
	for (m = credit->first; m; m = m->next) {
		assert_true(m->waiting);
		line++;
		if (!m->next)
			assert_ptr_equal(m, credit->end);
	}
	assert_int_equal(waiting, credit->nr_waiting);
	assert_int_equal(line, credit->nr_waiting);
	assert_int_equal(active, credit->nr_active);
}

static unsigned int packet(const struct world *w)
{
	return w->size_min + random_below(w->size_max - w->size_min + 1);
}

/* As a queue's action: up to @batch packets; idle ones have nothing to send. */
static void act(struct run *run, const struct world *w, unsigned int i)
{
	struct xnet_credit_member *m = &run->member[i];
	unsigned int left, size;

	if (run->idle[i]) {
		if (m->active) {
			xnet_credit_rest(&run->credit, m, run->now);
			xnet_credit_share(&run->credit, run->now);
		}
		return;
	}

	for (left = w->batch; left && !m->waiting; left--) {
		if (m->balance <= 0 && !xnet_credit_ask(&run->credit, m, run->now))
			return;
		size = packet(w);
		m->balance -= size;
		run->taken[i] += size;
		run->total += size;
	}
}

static void start(struct run *run, const struct world *w, u64 now)
{
	memset(run, 0, sizeof(*run));
	run->start = run->now = now;
	xnet_credit_limit(&run->credit, w->bytes, w->usecs, now);
}

static void simulate(struct run *run, const struct world *w, u64 duration)
{
	u64 end = run->now + duration;
	unsigned int i;

	for (; end - run->now < (1ULL << 63); run->now += w->step) {
		if (run->now >= xnet_credit_due(&run->credit))
			xnet_credit_share(&run->credit, run->now);
		for (i = 0; i < w->nr; i++)
			act(run, w, i);
		check(run, w->nr);
	}
}

/* Bytes the rate allows from start to now, apart from what one may start with. */
static u64 allowed(const struct run *run, const struct world *w)
{
	return (run->now - run->start) / (w->usecs * 1000) * w->bytes;
}

/*
 * Never more than what whole intervals have brought, one interval's credit to
 * begin with and one packet per member; with demand all the time, never less
 * but for what is being handed out, or came since the members' last step.
 */
static void expect_exact(const struct run *run, const struct world *w)
{
	u64 most = allowed(run, w) + w->bytes + w->nr * (u64)PACKET_MAX;
	u64 least = allowed(run, w);
	u64 held = w->nr * (u64)XNET_CREDIT_LEASE + 2 * w->bytes +
		   w->step / (w->usecs * 1000) * w->bytes;

	expect(run->total <= most, "%u members, %llu,%llu: %llu > %llu", w->nr,
	       (unsigned long long)w->bytes, (unsigned long long)w->usecs,
	       (unsigned long long)run->total, (unsigned long long)most);
	expect(run->total + held >= least, "%u members, %llu,%llu: %llu < %llu", w->nr,
	       (unsigned long long)w->bytes, (unsigned long long)w->usecs,
	       (unsigned long long)run->total, (unsigned long long)least);
}

static const unsigned int counts[] = { 1, 2, 3, 4, 7, 8, 64 };

static void test_exact(void **state)
{
	static const struct world worlds[] = {
		/* xl's default interval; 10 and 100 Mbit/s; 1 Gbit/s */
		{ 62500, 50000, 0, 500000, 64, 60, 1514 },
		{ 625000, 50000, 0, 500000, 64, 1514, 1514 },
		{ 6250000, 50000, 0, 250000, 64, 1514, PACKET_MAX },
		/* intervals far shorter than the timer is precise */
		{ 125, 1, 0, 500000, 64, 60, PACKET_MAX },
		{ 1250, 10, 0, 4000000, 512, 60, PACKET_MAX },
		/* a packet is many intervals' credit */
		{ 100, 10000, 0, 1000000, 64, PACKET_MAX, PACKET_MAX },
		{ 1, 1000, 0, 1000000, 64, 60, 1514 },
		/* an interval of seconds */
		{ 3000000, 3000000, 0, 1000000, 64, 60, 9014 },
	};
	static struct run run;
	unsigned int i, j;

	(void)state;
	random_state = 0x76696677;
	for (i = 0; i < ARRAY_SIZE(worlds); i++)
		for (j = 0; j < ARRAY_SIZE(counts); j++) {
			struct world w = worlds[i];

			w.nr = counts[j];
			start(&run, &w, SEC);
			simulate(&run, &w, 60 * SEC);
			expect_exact(&run, &w);
		}
}

/* An hour at 80 Mbit/s: the error stays what it was after a second. */
static void test_long(void **state)
{
	struct world w = { 500000, 50000, 4, 5000000, 512, 60, 1514 };
	static struct run run;

	(void)state;
	start(&run, &w, 0);
	simulate(&run, &w, 3600 * SEC);
	expect_exact(&run, &w);
	assert_true(run.total > 3599ULL * 10000000);
	assert_true(run.total < 3601ULL * 10000000);
}

/* Nobody starves: equal demand gets equal bytes, also next to large packets. */
static void test_fair(void **state)
{
	struct world w = { 20000, 20000, 0, 500000, 64, 1514, 1514 };
	static struct run run;
	unsigned int i, j;

	(void)state;
	for (j = 0; j < ARRAY_SIZE(counts); j++) {
		w.nr = counts[j];
		start(&run, &w, 0);
		simulate(&run, &w, 300 * SEC);
		for (i = 0; i < w.nr; i++)
			expect(run.taken[i] + 2 * PACKET_MAX >= run.total / w.nr &&
			       run.taken[i] <= run.total / w.nr + 2 * PACKET_MAX,
			       "member %u of %u: %llu of %llu", i, w.nr,
			       (unsigned long long)run.taken[i],
			       (unsigned long long)run.total);
	}

	/* One sends jumbo packets and pays for them itself. */
	w.nr = 4;
	start(&run, &w, 0);
	for (i = 0; i < 30000; i++) {
		struct world jumbo = w;

		jumbo.size_min = jumbo.size_max = PACKET_MAX;
		if (run.now >= xnet_credit_due(&run.credit))
			xnet_credit_share(&run.credit, run.now);
		act(&run, &jumbo, 0);
		for (j = 1; j < w.nr; j++)
			act(&run, &w, j);
		run.now += 10000000;
	}
	expect_exact(&run, &w);
	for (i = 0; i < w.nr; i++)
		expect(run.taken[i] + 2 * PACKET_MAX >= run.total / w.nr &&
		       run.taken[i] <= run.total / w.nr + 2 * PACKET_MAX,
		       "member %u: %llu of %llu", i, (unsigned long long)run.taken[i],
		       (unsigned long long)run.total);
}

/* One that is idle leaves all of the rate to the others, and gets its part back. */
static void test_idle(void **state)
{
	struct world w = { 62500, 50000, 4, 500000, 64, 60, 1514 };
	static struct run run;
	u64 before;

	(void)state;
	start(&run, &w, 0);
	simulate(&run, &w, 10 * SEC);
	run.idle[0] = run.idle[1] = run.idle[2] = true;
	before = run.taken[3];
	simulate(&run, &w, 100 * SEC);
	expect_exact(&run, &w);
	assert_true(run.taken[3] - before >= 99 * 1250000);

	run.idle[0] = false;
	before = run.taken[0];
	simulate(&run, &w, 100 * SEC);
	expect_exact(&run, &w);
	assert_true(run.taken[0] - before >= 49 * 1250000);
	assert_true(run.taken[0] - before <= 51 * 1250000);
}

/* After a rest of any length there is one interval's credit, and no more. */
static void test_burst(void **state)
{
	struct world w = { 62500, 50000, 2, 1, 100000, 100, 100 };
	static struct run run;
	u64 before;

	(void)state;
	start(&run, &w, 0);
	simulate(&run, &w, 0);
	assert_int_equal(run.total, 62500);

	run.idle[0] = run.idle[1] = true;
	simulate(&run, &w, 0);
	run.now += 1800 * SEC;
	xnet_credit_share(&run.credit, run.now);
	run.now += 1800 * SEC;
	xnet_credit_share(&run.credit, run.now);
	run.idle[0] = run.idle[1] = false;
	before = run.total;
	simulate(&run, &w, 0);
	assert_int_equal(run.total - before, 62500);

	/* The same with idle members that go without saying so: a little more. */
	run.now += 3600 * SEC;
	before = run.total;
	xnet_credit_share(&run.credit, run.now);
	simulate(&run, &w, 0);
	assert_in_range(run.total - before, 7 * 62500, 7 * 62500 + 2 * 100);
}

/* Demand comes and goes at random, and the rate changes: never too much. */
static void test_random(void **state)
{
	struct world w = { 12345, 1234, 8, 333333, 16, 60, PACKET_MAX };
	static struct run run;
	u64 most, before;
	unsigned int i, n;

	(void)state;
	random_state = 0x76696677;
	start(&run, &w, 0);
	most = w.bytes;
	for (n = 0; n < 2000; n++) {
		before = run.now;
		for (i = 0; i < w.nr; i++)
			run.idle[i] = random_odds(60);
		simulate(&run, &w, random_below(50) * 1000000);
		/* Intervals that straddle two turns count in one of them. */
		most += ((run.now - before) / (w.usecs * 1000) + 1) * w.bytes;

		if (random_odds(20)) {
			w.bytes = 1 + random_below(100000);
			w.usecs = 1 + random_below(10000);
			xnet_credit_limit(&run.credit, w.bytes, w.usecs, run.now);
			xnet_credit_share(&run.credit, run.now);
		}
		if (random_odds(20)) {
			/* A reconnect: all leave and come back without a debt. */
			for (i = 0; i < w.nr; i++) {
				xnet_credit_leave(&run.credit, &run.member[i], run.now);
				xnet_credit_share(&run.credit, run.now);
				memset(&run.member[i], 0, sizeof(run.member[i]));
			}
			check(&run, w.nr);
		}
		assert_true(run.total <= most + w.nr * (u64)PACKET_MAX);
	}
	assert_true(run.total > most / 10);
}

/* What a guest owes is still owed after it has reconnected. */
static void test_debt_stays(void **state)
{
	struct world w = { 1000, 1000, 1, 1, 1, PACKET_MAX, PACKET_MAX };
	static struct run run;

	(void)state;
	start(&run, &w, 0);
	act(&run, &w, 0);
	assert_int_equal(run.member[0].balance, 1000 - PACKET_MAX);
	xnet_credit_leave(&run.credit, &run.member[0], run.now);
	assert_int_equal(run.credit.level, 1000 - PACKET_MAX);

	memset(&run.member[0], 0, sizeof(run.member[0]));
	act(&run, &w, 0);
	assert_int_equal(run.total, PACKET_MAX);
	assert_true(run.member[0].waiting);
	run.now = 64 * 1000000;
	assert_null(xnet_credit_share(&run.credit, run.now));
	run.now += 1000000;
	assert_ptr_equal(xnet_credit_share(&run.credit, run.now), &run.member[0]);
}

/* Around the point where 64 bits of nanoseconds wrap, and with a broken clock. */
static void test_clock(void **state)
{
	struct world w = { 62500, 50000, 2, 500000, 64, 60, 1514 };
	static struct run run;
	s64 level;

	(void)state;
	start(&run, &w, -3 * SEC);
	while (run.now - run.start < 6 * SEC) {
		xnet_credit_share(&run.credit, run.now);
		act(&run, &w, 0);
		act(&run, &w, 1);
		run.now += w.step;
	}
	expect_exact(&run, &w);

	level = run.credit.level;
	xnet_credit_share(&run.credit, run.now - SEC);
	assert_int_equal(run.credit.level, level);
	assert_int_equal(xnet_credit_due(&run.credit), run.credit.last + 50000000);
}

/* The largest and smallest values there can be, with the longest of waits. */
static void test_extremes(void **state)
{
	static const u64 bytes[] = { 1, 1000, XNET_CREDIT_BYTES_MAX };
	static const u64 usecs[] = { 1, 1000, XNET_CREDIT_USECS_MAX };
	static struct run run;
	unsigned int i, j, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bytes); i++)
		for (j = 0; j < ARRAY_SIZE(usecs); j++)
			for (k = 0; k < 64; k++) {
				struct world w = { bytes[i], usecs[j], 2, 1, 4,
						   PACKET_MAX, PACKET_MAX };

				start(&run, &w, 0);
				act(&run, &w, 0);
				act(&run, &w, 1);
				check(&run, 2);
				run.now = k == 63 ? (1ULL << 63) - 1 : 1ULL << k;
				xnet_credit_share(&run.credit, run.now);
				check(&run, 2);
				act(&run, &w, 0);
				check(&run, 2);
			}
}

/* Members in the line may go from any place in it. */
static void test_line(void **state)
{
	static const unsigned int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct world w = { 1, 1000000, 4, 1, 1, 1500, 1500 };
	static struct run run;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		start(&run, &w, 0);
		for (j = 0; j < 4; j++)
			act(&run, &w, j);
		/* The first has acted and owes; three have never been served. */
		act(&run, &w, 0);
		check(&run, 4);
		assert_int_equal(run.credit.nr_waiting, 4);
		for (j = 0; j < 3; j++) {
			if (j == 1)
				xnet_credit_leave(&run.credit, &run.member[1 + orders[i][j]], 0);
			else
				xnet_credit_rest(&run.credit, &run.member[1 + orders[i][j]], 0);
			check(&run, 4);
		}
		assert_ptr_equal(run.credit.first, &run.member[0]);
		act(&run, &w, 2);
		check(&run, 4);
		assert_ptr_equal(run.credit.end, &run.member[2]);
	}
}

/* Without a limit nobody waits; a new one begins with one interval's credit. */
static void test_unlimit(void **state)
{
	struct world w = { 1000, 1000000, 3, 1, 1, 1500, 1500 };
	struct xnet_credit_member *served;
	static struct run run;
	unsigned int i;

	(void)state;
	start(&run, &w, 0);
	assert_true(xnet_credit_due(&run.credit) == XNET_CREDIT_NEVER);
	for (i = 0; i < 3; i++)
		act(&run, &w, i);
	served = xnet_credit_unlimit(&run.credit);
	assert_ptr_equal(served, &run.member[1]);
	assert_ptr_equal(served->next, &run.member[2]);
	check(&run, 3);

	for (i = 0; i < 3; i++)
		xnet_credit_rest(&run.credit, &run.member[i], SEC);
	run.member[2].balance = 500;
	xnet_credit_leave(&run.credit, &run.member[2], SEC);
	memset(&run.member[2], 0, sizeof(run.member[2]));
	check(&run, 3);
	assert_int_equal(run.credit.nr_active, 0);

	xnet_credit_limit(&run.credit, 1000, 1000000, 3600 * SEC);
	assert_int_equal(run.credit.level, 1000);
	/* Lowered or raised, a change gives nothing. */
	xnet_credit_limit(&run.credit, 500, 1000000, 3600 * SEC);
	assert_int_equal(run.credit.level, 500);
	xnet_credit_limit(&run.credit, 5000, 1000000, 3600 * SEC);
	assert_int_equal(run.credit.level, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_debt_stays),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_unlimit),
	};

	return cmocka_run_group_tests_name("credit", tests, NULL, NULL);
}
