// SPDX-License-Identifier: GPL-2.0
/* vifctl top; the screen is in screen.c */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "options.h"
#include "rates.h"
#include "sample.h"
#include "say.h"
#include "screen.h"
#include "seconds.h"
#include "table.h"
#include "top.h"
#include "view.h"

#define DELAY_DEFAULT	1

static unsigned int read_column(const char *name)
{
	char names[256] = "";
	int column = vc_view_column(name);
	const char *head;
	unsigned int i;

	for (i = 0; column < 0 && (head = vc_view_head(i)); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", head);
	if (column < 0)
		vc_usage("\"%s\" is no column to sort by: must be one of %s", name, names);

	return column;
}

static unsigned long read_count(const char *text)
{
	char *end;
	unsigned long count;

	errno = 0;
	count = strtoul(text, &end, 10);
	if (end == text || *end || errno || !count || strchr(text, '-'))
		vc_usage("%s is no number of tables: must be 1 or more", text);

	return count;
}

/* Ticks are counted from the first, so that no time is lost between them. */
static void sleep_until(struct timespec *tick, double delay)
{
	long nsecs = (delay - (time_t)delay) * 1e9;

	tick->tv_sec += (time_t)delay;
	tick->tv_nsec += nsecs;
	if (tick->tv_nsec >= 1000000000) {
		tick->tv_sec++;
		tick->tv_nsec -= 1000000000;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, tick, NULL) == EINTR)
		;
}

static void print(const struct vc_top *top, struct json_object *rates)
{
	struct json_object *vifs, *cpus;
	char clock[32];
	time_t now = time(NULL);

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	json_object_object_get_ex(rates, "vifs", &vifs);
	json_object_object_get_ex(rates, "cpus", &cpus);
	printf("%s, vifs: %zu\n", clock, json_object_array_length(vifs));
	if (json_object_array_length(vifs))
		vc_table_print(vc_view_vifs(rates, top->sort, top->unfold), "");
	putchar('\n');
	vc_table_print(vc_view_cpus(rates, json_object_array_length(cpus)), "");
	putchar('\n');
}

static void run_batch(const struct vc_top *top, unsigned long count)
{
	struct vc_sample *before, *after;
	struct json_object *rates;
	struct timespec tick;
	unsigned long i;

	before = vc_sample_take();
	clock_gettime(CLOCK_MONOTONIC, &tick);
	for (i = 0; !count || i < count; i++) {
		sleep_until(&tick, top->delay);
		after = vc_sample_take();
		rates = vc_rates(before, after);
		if (vc_options.json) {
			vc_print_json(rates);
		} else {
			print(top, rates);
			json_object_put(rates);
		}
		if (fflush(stdout))
			vc_refuse("cannot write: %s", strerror(errno));
		vc_sample_free(before);
		before = after;
	}
	vc_sample_free(before);
}

/**
 * vc_cmd_top() - vifctl top [-d SECONDS] [-s COLUMN] [-f] [-b [-n N]]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_top(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "delay", required_argument, NULL, 'd' },
		{ "count", required_argument, NULL, 'n' },
		{ "sort", required_argument, NULL, 's' },
		{ "unfold", no_argument, NULL, 'f' },
		{}
	};
	struct vc_top top = { .delay = DELAY_DEFAULT, .sort = VC_VIEW_SORT };
	unsigned long count = 0;
	bool batch = false;
	int option;

	while ((option = vc_option(argc, argv, "bd:n:s:f", options)) >= 0) {
		switch (option) {
		case 'b':
			batch = true;
			break;
		case 'd':
			top.delay = vc_seconds(optarg);
			break;
		case 'n':
			count = read_count(optarg);
			break;
		case 's':
			top.sort = read_column(optarg);
			break;
		case 'f':
			top.unfold = true;
			break;
		}
	}
	if (optind < argc)
		vc_usage("top takes no %s; it shows all vifs", argv[optind]);
	if (!batch && (count || vc_options.json))
		vc_usage("%s is for text, not for the screen: add -b", count ? "-n" : "-j");
	if (!batch && (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)))
		vc_usage("there is no terminal for a screen; for text: vifctl top -b");
	if (batch)
		run_batch(&top, count);
	else
		vc_screen_run(&top);

	return VC_OK;
}
