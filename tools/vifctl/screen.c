// SPDX-License-Identifier: GPL-2.0
/*
 * The screen of `vifctl top`: a line about itself, the CPUs, the vifs, and a line for help
 * and questions. What does not fit is cut off.
 */

#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "rates.h"
#include "sample.h"
#include "say.h"
#include "screen.h"
#include "seconds.h"
#include "table.h"
#include "top.h"
#include "view.h"

#define COLOUR_BAD	1

static volatile sig_atomic_t interrupted;

/**
 * struct screen - what is on it
 * @top: what is wanted
 * @before: the sample before the last
 * @after: the last sample
 * @rates: what happened between them, or NULL before there are two
 * @next: when to take another
 * @paused: no more of them are taken
 * @help: the last line says what keys do
 * @message: the last line says this instead
 */
struct screen {
	struct vc_top *top;
	struct vc_sample *before;
	struct vc_sample *after;
	struct json_object *rates;
	double next;
	bool paused;
	bool help;
	char message[128];
};

/* What is drawn of a table, and where. */
struct frame {
	int y;
	int sorted;
};

static void put(int y, int x, attr_t attr, const char *text)
{
	if (y < 0 || y >= LINES || x < 0 || x >= COLS)
		return;
	attron(attr);
	mvaddnstr(y, x, text, COLS - x);
	attroff(attr);
}

static attr_t bad(void)
{
	return has_colors() && vc_options.colour ? COLOR_PAIR(COLOUR_BAD) | A_BOLD : A_REVERSE;
}

static void draw_cell(const struct vc_cell *cell, void *data)
{
	const struct frame *frame = data;
	attr_t attr = A_NORMAL;

	if (!cell->row)
		attr = (int)cell->column == frame->sorted ? A_BOLD | A_UNDERLINE : A_BOLD;
	else if (cell->bad)
		attr = bad();
	put(frame->y + cell->row, cell->x + cell->indent, attr, cell->text);
}

static void draw_table(struct vc_table *table, int y, int sorted)
{
	struct frame frame = { .y = y, .sorted = sorted };

	vc_table_each(table, draw_cell, &frame);
	vc_table_free(table);
}

static size_t length(struct json_object *info, const char *key)
{
	struct json_object *list = NULL;

	json_object_object_get_ex(info, key, &list);

	return list ? json_object_array_length(list) : 0;
}

static size_t count_rows(const struct screen *screen)
{
	size_t i, rows = length(screen->rates, "vifs");
	struct json_object *vifs;

	json_object_object_get_ex(screen->rates, "vifs", &vifs);
	for (i = 0; screen->top->unfold && i < length(screen->rates, "vifs"); i++)
		rows += length(json_object_array_get_idx(vifs, i), "queues");

	return rows;
}

/* A third of the screen, and what the vifs leave over. */
static size_t most_cpus(size_t rows)
{
	/* The first line and the last, two heads, and an empty line. */
	long room = LINES - 5, left = room - (long)rows;

	if (left < room / 3)
		left = room / 3;

	return left > 1 ? left : 1;
}

static void draw_first(const struct screen *screen)
{
	char line[256], clock[32];
	time_t now = time(NULL);

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	snprintf(line, sizeof(line), "vifctl top  %s  every %g s  vifs: %zu  CPUs: %zu  by %s%s",
		 clock, screen->top->delay, length(screen->rates, "vifs"),
		 length(screen->rates, "cpus"), vc_view_head(screen->top->sort),
		 screen->paused ? "  PAUSED" : "");
	put(0, 0, A_NORMAL, line);
}

static void draw_last(const struct screen *screen)
{
	char line[256];

	if (*screen->message) {
		put(LINES - 1, 0, A_BOLD, screen->message);
		return;
	}
	if (!screen->help) {
		put(LINES - 1, 0, A_DIM, "h help");
		return;
	}
	snprintf(line, sizeof(line), "q quit  s/S sort  f queues  d delay  p pause  h help | %s: %s",
		 vc_view_head(screen->top->sort), vc_view_meaning(screen->top->sort));
	put(LINES - 1, 0, A_REVERSE, line);
}

static void draw_rates(const struct screen *screen)
{
	size_t rows = count_rows(screen), nr_cpus = length(screen->rates, "cpus");
	size_t shown = most_cpus(rows);
	char line[64];
	int y = 1;

	if (shown > nr_cpus)
		shown = nr_cpus;
	draw_table(vc_view_cpus(screen->rates, shown), y, -1);
	y += shown + 1;
	if (shown < nr_cpus) {
		snprintf(line, sizeof(line), "and %zu CPUs with less to do", nr_cpus - shown);
		put(y, 0, A_DIM, line);
	}
	y++;
	if (rows)
		draw_table(vc_view_vifs(screen->rates, screen->top->sort, screen->top->unfold), y,
			   screen->top->sort);
	else
		put(y, 0, A_NORMAL, "no vifs");
	/* The last line is not for a vif. */
	move(LINES - 1, 0);
	clrtoeol();
	if (y + (long)rows + 1 > LINES - 1 && LINES > 2) {
		snprintf(line, sizeof(line), "and %ld rows more", y + (long)rows + 2 - LINES);
		put(LINES - 1, COLS - (int)strlen(line) - 1, A_DIM, line);
	}
}

static void draw(const struct screen *screen)
{
	erase();
	if (screen->rates)
		draw_rates(screen);
	draw_first(screen);
	draw_last(screen);
	refresh();
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec + time.tv_nsec / 1e9;
}

static void look(struct screen *screen)
{
	vc_sample_free(screen->before);
	screen->before = screen->after;
	screen->after = vc_sample_take();
	json_object_put(screen->rates);
	screen->rates = vc_rates(screen->before, screen->after);
}

/* From here on; something is to be seen soon, however long the delay is. */
static void start(struct screen *screen)
{
	vc_sample_free(screen->after);
	screen->after = vc_sample_take();
	screen->next = now() + (screen->top->delay < 1 ? screen->top->delay : 1);
}

static void ask_delay(struct screen *screen)
{
	static const char question[] = "seconds from one look to the next: ";
	char answer[16] = "";
	double delay;

	move(LINES - 1, 0);
	clrtoeol();
	put(LINES - 1, 0, A_BOLD, question);
	echo();
	curs_set(1);
	nodelay(stdscr, FALSE);
	getnstr(answer, sizeof(answer) - 1);
	nodelay(stdscr, TRUE);
	noecho();
	curs_set(0);
	if (vc_seconds_parse(answer, &delay))
		screen->top->delay = delay;
	else if (*answer)
		snprintf(screen->message, sizeof(screen->message),
			 "%s is no time to wait: must be seconds, up to %d", answer, VC_SECONDS_MAX);
}

static void sort_by(struct screen *screen, int step)
{
	unsigned int columns = 0;

	while (vc_view_head(columns))
		columns++;
	screen->top->sort = (screen->top->sort + columns + step) % columns;
}

/* False when that was enough. */
static bool on_key(struct screen *screen, int key)
{
	*screen->message = 0;
	switch (key) {
	case 'q':
		return false;
	case 's':
		sort_by(screen, 1);
		break;
	case 'S':
		sort_by(screen, -1);
		break;
	case 'f':
		screen->top->unfold = !screen->top->unfold;
		break;
	case 'd':
		ask_delay(screen);
		break;
	case 'p':
		screen->paused = !screen->paused;
		if (!screen->paused)
			start(screen);
		break;
	case 'h':
	case '?':
		screen->help = !screen->help;
		break;
	}

	return true;
}

/*
 * Wait for keys until the time has come; -1 for ever. A key is there, or a new size of the
 * terminal, which interrupts the waiting. False when the terminal is gone.
 */
static bool wait_for_key(double until)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	double left = until - now();
	int n;

	if (until >= 0 && left <= 0)
		return true;
	n = poll(&fd, 1, until < 0 ? -1 : (int)(left * 1000) + 1);

	return n >= 0 ? !(fd.revents & (POLLERR | POLLHUP | POLLNVAL)) : errno == EINTR;
}

static void run(struct screen *screen)
{
	int key;

	while (!interrupted) {
		draw(screen);
		if (!wait_for_key(screen->paused ? -1 : screen->next))
			return;
		while ((key = getch()) != ERR)
			if (!on_key(screen, key))
				return;
		/* A shorter delay holds at once. */
		if (screen->next > now() + screen->top->delay)
			screen->next = now() + screen->top->delay;
		if (screen->paused || now() < screen->next)
			continue;
		look(screen);
		screen->next += screen->top->delay;
		/* When looking takes longer than that. */
		if (screen->next < now())
			screen->next = now() + screen->top->delay;
	}
}

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void leave(void)
{
	if (!isendwin())
		endwin();
}

/**
 * vc_screen_run() - show vifs and CPUs until the user has seen enough
 * @top: how; changes by keys
 */
void vc_screen_run(struct vc_top *top)
{
	/* Without SA_RESTART a question ends, too. */
	const struct sigaction action = { .sa_handler = on_signal };
	struct screen screen = { .top = top };
	SCREEN *terminal;

	/* What is wrong with Xen is said before there is a screen. */
	start(&screen);
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		vc_usage("the terminal %s is not known; for text: vifctl top -b",
			 getenv("TERM") ?: "(TERM is not set)");
	vc_say_first(leave);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (has_colors() && vc_options.colour) {
		start_color();
		use_default_colors();
		init_pair(COLOUR_BAD, COLOR_RED, -1);
	}
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	run(&screen);
	leave();
	vc_say_first(NULL);
	delscreen(terminal);
	json_object_put(screen.rates);
	vc_sample_free(screen.before);
	vc_sample_free(screen.after);
}
