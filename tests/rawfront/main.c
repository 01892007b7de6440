// SPDX-License-Identifier: GPL-2.0
/*
 * rawfront: a netif frontend that does what no driver does.
 *
 * It makes a vif between this domain and itself, plays the guest, and looks at
 * the vif from both sides. One line per test case is printed, in TAP's form.
 */

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "frame.h"

static const struct rf_case * const rf_tables[] = {
	rf_tx_cases, rf_tx_bad_cases, rf_offload_cases, rf_rx_cases,
	rf_rx_starved_cases, rf_drop_cases, rf_work_cases, rf_event_cases, rf_mcast_cases,
	rf_ctrl_cases, rf_hostile_cases, rf_life_cases, rf_headroom_cases,
};

#define RF_TABLES	(sizeof(rf_tables) / sizeof(rf_tables[0]))

/* Where the interface's counters of discarded packets begin. */
static const char * const rf_discards[] = {
	"rx_err_", "rx_drop_", "tx_err_", "tx_drop_",
};

struct rf_options rf_options = { .cycles = 50, .seed = 1 };

static jmp_buf *rf_escape;
static char rf_reason[512];

static void rf_give_up(int how, const char *fmt, va_list args)
{
	vsnprintf(rf_reason, sizeof(rf_reason), fmt, args);
	if (!rf_escape) {
		printf("Bail out! %s\n", rf_reason);
		exit(2);
	}
	longjmp(*rf_escape, how);
}

/** rf_fail() - end the case: it has failed */
void rf_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rf_give_up(1, fmt, args);
	va_end(args);
	abort();
}

/** rf_skip() - end the case: it cannot be tried here */
void rf_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rf_give_up(2, fmt, args);
	va_end(args);
	abort();
}

/** rf_note() - print a line for people */
void rf_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
}

int rf_try(void (*run)(struct rf_front *f), struct rf_front *f, char *why,
	   unsigned int size)
{
	jmp_buf here, *outer = rf_escape;
	int how;

	how = setjmp(here);
	if (!how) {
		rf_escape = &here;
		run(f);
	} else {
		snprintf(why, size, "%s", rf_reason);
	}
	rf_escape = outer;

	return how;
}

/* What the case that runs now needs to share with the functions it is made of. */
static const struct rf_case *rf_now;
static struct rf_counters rf_before, rf_after;

static void rf_check_available(struct rf_front *f)
{
	long drain;

	if (rf_now->needs && !rf_front_offered(f, rf_now->needs))
		rf_skip("backend does not offer %s", rf_now->needs);
	if (rf_now->unless && rf_front_offered(f, rf_now->unless))
		rf_skip("backend offers %s", rf_now->unless);
	if (!rf_now->max_drain)
		return;

	drain = rf_read_number("/sys/module/xen_netback/parameters/rx_drain_timeout_msecs",
			       0);
	if (!drain || drain > rf_now->max_drain)
		rf_skip("rx_drain_timeout_msecs is %ld, at most %u would be quick enough",
			drain, rf_now->max_drain);
}

static bool rf_is_discard(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(rf_discards) / sizeof(rf_discards[0]); i++)
		if (!strncmp(name, rf_discards[i], strlen(rf_discards[i])))
			return true;

	return false;
}

static bool rf_is_named(const char *name)
{
	const struct rf_move *move;

	for (move = rf_now->moves; move < rf_now->moves + RF_MOVES_MAX && move->counter; move++)
		if (!strcmp(move->counter, name))
			return true;

	return false;
}

/* By how much a counter has moved; a case may name some that are not there. */
static bool rf_moved(const char *name, long *by)
{
	u64 before, after;

	if (!rf_counter(&rf_before, name, &before) || !rf_counter(&rf_after, name, &after))
		return false;

	*by = after - before;
	return true;
}

static void rf_check_move(const struct rf_move *move)
{
	long by;

	if (!rf_moved(move->counter, &by)) {
		rf_note("the backend has no counter %s", move->counter);
		return;
	}
	if (move->by < 0)
		RF_CHECK(by >= -1 - move->by, "counter %s moved by %ld, expected at least %ld",
			 move->counter, by, -1 - move->by);
	else
		RF_CHECK(by == move->by, "counter %s moved by %ld, expected %ld",
			 move->counter, by, move->by);
}

/* Each discarded packet is in one named counter, and so in one standard one. */
static void rf_check_sum(const char *total, const char *prefix)
{
	long by, sum = 0, expected;
	bool any = false;
	unsigned int i;

	for (i = 0; i < rf_after.count; i++) {
		if (strncmp(rf_after.name[i], prefix, strlen(prefix)))
			continue;
		if (rf_moved(rf_after.name[i], &by))
			sum += by;
		any = true;
	}
	if (any && rf_moved(total, &expected))
		RF_CHECK(sum == expected, "%s moved by %ld, the counters %s* by %ld", total,
			 expected, prefix, sum);
}

static void rf_check_counters(struct rf_front *f)
{
	const struct rf_move *move;
	long by;
	unsigned int i;

	rf_netdev_counters(&f->netdev, &rf_after);
	for (move = rf_now->moves; move < rf_now->moves + RF_MOVES_MAX && move->counter; move++)
		rf_check_move(move);

	for (i = 0; i < rf_after.count; i++)
		if (rf_is_discard(rf_after.name[i]) && !rf_is_named(rf_after.name[i]) &&
		    rf_moved(rf_after.name[i], &by))
			RF_CHECK(!by, "counter %s moved by %ld", rf_after.name[i], by);

	if (rf_moved("link.rx_packets", &by))
		RF_CHECK(by == (long)f->sent, "the interface counted %ld packets from us, %lu were sent",
			 by, f->sent);
	if (rf_moved("link.tx_packets", &by))
		RF_CHECK(by == (long)f->got, "the interface counted %ld packets to us, %lu came",
			 by, f->got);
	rf_check_sum("link.rx_errors", "rx_err_");
	rf_check_sum("link.rx_dropped", "rx_drop_");
	rf_check_sum("link.tx_errors", "tx_err_");
	rf_check_sum("link.tx_dropped", "tx_drop_");
}

static void rf_run_case(struct rf_front *f)
{
	rf_check_available(f);
	rf_netdev_drain(&f->netdev);
	rf_netdev_counters(&f->netdev, &rf_before);
	f->sent = 0;
	f->got = 0;
	f->late = 0;

	if (!rf_now->connects_itself)
		rf_front_connect(f, &rf_now->config);
	rf_now->run(f);

	/* Nothing else may have come out meanwhile. */
	rf_netdev_expect_nothing(&f->netdev, 0);
	if (!rf_now->uncounted)
		rf_check_counters(f);
}

static void rf_renew(struct rf_front *f)
{
	rf_front_destroy(f);
	rf_front_create(f);
}

/* Be in InitWait again, with an interface that nothing is known against. */
static void rf_clean_up(struct rf_front *f, bool failed)
{
	char why[256];

	if (!failed && !rf_try(rf_front_close, f, why, sizeof(why)))
		return;
	if (!failed)
		rf_note("cannot close after %s: %s", rf_now->name, why);
	if (rf_try(rf_renew, f, why, sizeof(why)))
		rf_fail("cannot go on after %s: %s", rf_now->name, why);
}

static bool rf_wanted(const char *name, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;

	return false;
}

static unsigned int rf_count_cases(char **patterns)
{
	const struct rf_case *c;
	unsigned int i, count = 0;

	for (i = 0; i < RF_TABLES; i++)
		for (c = rf_tables[i]; c->name; c++)
			count += rf_wanted(c->name, patterns);

	return count;
}

/* The same numbers for a case, whichever others are run. */
static u32 rf_case_seed(const char *name)
{
	u32 seed = rf_options.seed;

	while (*name)
		seed = seed * 31 + *name++;

	return seed;
}

/* Return: whether it did not fail. */
static bool rf_one(struct rf_front *f, unsigned int number)
{
	long start = rf_now_ms();
	char why[512];
	int how;

	rf_random_seed(rf_case_seed(rf_now->name));
	how = rf_try(rf_run_case, f, why, sizeof(why));
	switch (how) {
	case 0:
		printf("ok %u - %s (%ld ms)\n", number, rf_now->name, rf_now_ms() - start);
		break;
	case 2:
		printf("ok %u - %s # SKIP %s\n", number, rf_now->name, why);
		break;
	default:
		printf("not ok %u - %s - %s\n", number, rf_now->name, why);
		break;
	}
	if (f->late)
		rf_note("%s: %lu answers were there before their event", rf_now->name,
			f->late);
	rf_clean_up(f, how == 1);

	return how != 1;
}

static int rf_all(struct rf_front *f, char **patterns)
{
	unsigned int i, number = 0, failed = 0;

	printf("1..%u\n", rf_count_cases(patterns));
	for (i = 0; i < RF_TABLES; i++) {
		for (rf_now = rf_tables[i]; rf_now->name; rf_now++) {
			if (!rf_wanted(rf_now->name, patterns))
				continue;
			if (!rf_one(f, ++number))
				failed++;
		}
	}

	return failed ? 1 : 0;
}

static int rf_list(void)
{
	const struct rf_case *c;
	unsigned int i;

	for (i = 0; i < RF_TABLES; i++)
		for (c = rf_tables[i]; c->name; c++)
			puts(c->name);

	return 0;
}

static void rf_usage(FILE *to)
{
	fprintf(to,
		"usage: rawfront [OPTION]... [PATTERN]...\n"
		"Play a guest's network frontend against this domain's netback, and check what\n"
		"it does. PATTERN names test cases ('tx_*'); without one, all are run.\n"
		"\n"
		"  -l, --list         name the cases and do nothing\n"
		"  -n, --handle=N     the vif is vif0.N (default 0)\n"
		"  -c, --cycles=N     rounds of each reconnect case (default 50)\n"
		"  -s, --seed=N       of what is random (default 1)\n"
		"  -h, --help         this text\n"
		"\n"
		"Exit status: 0 all passed, 1 a case failed, 2 nothing could be tested.\n");
}

static unsigned int rf_option_number(const char *text, unsigned int most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (!*text || *end || value > most) {
		fprintf(stderr, "rawfront: %s: must be a number up to %u\n", text, most);
		exit(2);
	}

	return value;
}

static struct rf_front rf_front;

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "handle", required_argument, NULL, 'n' },
		{ "cycles", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	unsigned int handle = 0;
	int c, status;

	while ((c = getopt_long(argc, argv, "ln:c:s:h", options, NULL)) != -1) {
		switch (c) {
		case 'l':
			return rf_list();
		case 'n':
			handle = rf_option_number(optarg, 9999);
			break;
		case 'c':
			rf_options.cycles = rf_option_number(optarg, 100000);
			break;
		case 's':
			rf_options.seed = rf_option_number(optarg, 0xffffffff);
			break;
		case 'h':
			rf_usage(stdout);
			return 0;
		default:
			rf_usage(stderr);
			return 2;
		}
	}

	/* Each line as soon as it is known, also into a file. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	rf_front_open(&rf_front, handle);
	rf_front_create(&rf_front);
	status = rf_all(&rf_front, argv + optind);
	rf_front_destroy(&rf_front);

	return status;
}
