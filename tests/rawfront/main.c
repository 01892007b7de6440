// SPDX-License-Identifier: GPL-2.0
/*
 * rawfront: a netif frontend that does what no driver does.
 *
 * It makes a vif between this domain and itself, plays the guest, and looks at
 * the vif from both sides. One line per test case is printed, in TAP's form.
 */

#include <getopt.h>
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

struct rf_options rf_options = { .cycles = 50, .seed = 1 };

/**
 * struct rf_call - a call that may not come back
 * @run: the function
 * @f: its argument
 */
struct rf_call {
	void (*run)(struct rf_front *f);
	struct rf_front *f;
};

static void rf_do_call(void *subject)
{
	const struct rf_call *call = subject;

	call->run(call->f);
}

int rf_try(void (*run)(struct rf_front *f), struct rf_front *f, char *why, unsigned int size)
{
	struct rf_call call = { run, f };

	return rf_attempt(rf_do_call, &call, why, size);
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

static void rf_check_counters(struct rf_front *f)
{
	long by;

	rf_netdev_counters(&f->netdev, &rf_after);
	rf_counters_check(&rf_before, &rf_after, rf_now->moves);
	if (rf_counter_moved(&rf_before, &rf_after, "link.rx_packets", &by))
		RF_CHECK(by == (long)f->sent, "the interface counted %ld packets from us, %lu were sent",
			 by, f->sent);
	if (rf_counter_moved(&rf_before, &rf_after, "link.tx_packets", &by))
		RF_CHECK(by == (long)f->got, "the interface counted %ld packets to us, %lu came",
			 by, f->got);
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

static struct rf_front rf_front;

static const struct rf_case *rf_case(unsigned int number)
{
	const struct rf_case *c;
	unsigned int i;

	for (i = 0; i < RF_TABLES; i++)
		for (c = rf_tables[i]; c->name; c++)
			if (!number--)
				return c;

	return NULL;
}

static const char *rf_case_name(unsigned int number)
{
	const struct rf_case *c = rf_case(number);

	return c ? c->name : NULL;
}

static void rf_case_run(unsigned int number)
{
	rf_now = rf_case(number);
	rf_run_case(&rf_front);
}

static void rf_case_after(unsigned int number, bool failed)
{
	rf_now = rf_case(number);
	if (rf_front.late)
		rf_note("%s: %lu answers were there before their event", rf_now->name,
			rf_front.late);
	rf_clean_up(&rf_front, failed);
}

static const struct rf_suite rf_suite = {
	.program = "rawfront",
	.name = rf_case_name,
	.run = rf_case_run,
	.after = rf_case_after,
};

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
			return rf_suite_list(&rf_suite);
		case 'n':
			handle = rf_suite_number(&rf_suite, optarg, 9999);
			break;
		case 'c':
			rf_options.cycles = rf_suite_number(&rf_suite, optarg, 100000);
			break;
		case 's':
			rf_options.seed = rf_suite_number(&rf_suite, optarg, 0xffffffff);
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
	status = rf_suite_run(&rf_suite, argv + optind, rf_options.seed);
	rf_front_destroy(&rf_front);

	return status;
}
