// SPDX-License-Identifier: GPL-2.0
/*
 * rawback: a netif backend that does what no driver does.
 *
 * It gives a guest a vif, plays dom0's netback, and looks at what the guest's
 * netfront makes of it. One line per test case is printed, in TAP's form.
 */

#include <getopt.h>
#include <stdlib.h>

#include "case.h"
#include "frame.h"
#include "guest.h"

static const struct rb_case * const rb_tables[] = {
	rb_good_cases, rb_tx_cases, rb_rx_cases, rb_moderation_cases, rb_memory_cases,
	rb_xdp_cases, rb_page_cases, rb_state_cases, rb_ctrl_cases, rb_storm_cases,
};

#define RB_TABLES	(sizeof(rb_tables) / sizeof(rb_tables[0]))

struct rb_options rb_options = { .seconds = 5, .seed = 1 };

static struct rb_back rb_back;
static struct rf_counters rb_before, rb_after;

static const struct rb_case *rb_case(unsigned int number)
{
	const struct rb_case *c;
	unsigned int i;

	for (i = 0; i < RB_TABLES; i++)
		for (c = rb_tables[i]; c->name; c++)
			if (!number--)
				return c;

	return NULL;
}

static const char *rb_case_name(unsigned int number)
{
	const struct rb_case *c = rb_case(number);

	return c ? c->name : NULL;
}

static void rb_check_counters(struct rb_back *b, const struct rb_case *c)
{
	long by;

	rf_counters_check(&rb_before, &rb_after, c->moves);
	if (rf_counter_moved(&rb_before, &rb_after, "link.rx_packets", &by))
		RF_CHECK(by == (long)b->given, "the guest counted %ld packets from us, %lu were given",
			 by, b->given);
	if (rf_counter_moved(&rb_before, &rb_after, "link.tx_packets", &by))
		RF_CHECK(by == (long)b->taken, "the guest counted %ld packets to us, %lu were taken",
			 by, b->taken);
}

static void rb_reconnect_as(struct rb_back *b, const struct rb_config *config)
{
	rb_back_close(b);
	rb_back_connect(b, config);
}

/* A case finds a good connection, or the one that it wants, and leaves a good one. */
static void rb_case_run(unsigned int number)
{
	const struct rb_case *c = rb_case(number);
	struct rb_back *b = &rb_back;

	b->given = 0;
	b->taken = 0;
	b->late = 0;
	if (c->config)
		rb_reconnect_as(b, c->config);
	c->run(b);

	rb_reconnect_as(b, &rb_config_good);
	rb_back_expect_working(b);
	rb_guest_counters(b, &rb_after);
	if (c->uncounted)
		rf_counters_check_moves(&rb_before, &rb_after, c->moves);
	else
		rb_check_counters(b, c);
}

static void rb_begin(void *subject)
{
	struct rb_back *b = subject;

	rb_back_create(b);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
	rb_guest_counters(b, &rb_before);
}

static void rb_end(void *subject)
{
	rb_back_destroy(subject);
}

/* After a failure the device is made anew, so that nothing is known against it. */
static void rb_case_after(unsigned int number, bool failed)
{
	const char *name = rb_case(number)->name;
	struct rb_back *b = &rb_back;
	char why[256];

	if (b->late)
		rf_note("%s: %lu events had to be sent again", name, b->late);
	if (!failed) {
		rb_before = rb_after;
		return;
	}
	if (rf_attempt(rb_end, b, why, sizeof(why)) || rf_attempt(rb_begin, b, why, sizeof(why)))
		rf_fail("cannot go on after %s: %s", name, why);
}

static const struct rf_suite rb_suite = {
	.program = "rawback",
	.name = rb_case_name,
	.run = rb_case_run,
	.after = rb_case_after,
};

static void rb_usage(FILE *to)
{
	fprintf(to,
		"usage: rawback [OPTION]... [PATTERN]...\n"
		"Play the backend of a guest's network interface, and check what the guest's\n"
		"netfront does. PATTERN names test cases ('rx_*'); without one, all are run.\n"
		"\n"
		"  -l, --list         name the cases and do nothing\n"
		"  -g, --guest=N      the guest is gN (default 1)\n"
		"  -n, --handle=N     its device is vif N (default 7)\n"
		"  -t, --seconds=N    of each case that goes on for a while (default 5)\n"
		"  -s, --seed=N       of what is random (default 1)\n"
		"  -h, --help         this text\n"
		"\n"
		"Exit status: 0 all passed, 1 a case failed, 2 nothing could be tested.\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "guest", required_argument, NULL, 'g' },
		{ "handle", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	unsigned int guest = 1, handle = 7;
	int c, status;

	while ((c = getopt_long(argc, argv, "lg:n:t:s:h", options, NULL)) != -1) {
		switch (c) {
		case 'l':
			return rf_suite_list(&rb_suite);
		case 'g':
			guest = rf_suite_number(&rb_suite, optarg, 999);
			break;
		case 'n':
			handle = rf_suite_number(&rb_suite, optarg, 9999);
			break;
		case 't':
			rb_options.seconds = rf_suite_number(&rb_suite, optarg, 100000);
			break;
		case 's':
			rb_options.seed = rf_suite_number(&rb_suite, optarg, 0xffffffff);
			break;
		case 'h':
			rb_usage(stdout);
			return 0;
		default:
			rb_usage(stderr);
			return 2;
		}
	}

	/* Each line as soon as it is known, also into a file. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	rb_back_open(&rb_back, guest, handle);
	rb_begin(&rb_back);
	status = rf_suite_run(&rb_suite, argv + optind, rb_options.seed);
	rb_back_destroy(&rb_back);

	return status;
}
