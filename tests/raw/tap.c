// SPDX-License-Identifier: GPL-2.0
/* Test cases, one after the other; see tap.h. */

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "frame.h"
#include "tap.h"

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

int rf_attempt(void (*run)(void *subject), void *subject, char *why, unsigned int size)
{
	jmp_buf here, *outer = rf_escape;
	int how;

	how = setjmp(here);
	if (!how) {
		rf_escape = &here;
		run(subject);
	} else {
		snprintf(why, size, "%s", rf_reason);
	}
	rf_escape = outer;

	return how;
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

/* The same numbers for a case, whichever others are run. */
static u32 rf_case_seed(const char *name, u32 seed)
{
	while (*name)
		seed = seed * 31 + *name++;

	return seed;
}

/**
 * struct rf_turn - a case that runs
 * @suite: what it belongs to
 * @number: which one it is
 */
struct rf_turn {
	const struct rf_suite *suite;
	unsigned int number;
};

static void rf_take_turn(void *subject)
{
	const struct rf_turn *turn = subject;

	turn->suite->run(turn->number);
}

/* Return: whether it did not fail. */
static bool rf_one(const struct rf_suite *suite, unsigned int number, unsigned int place)
{
	struct rf_turn turn = { suite, number };
	const char *name = suite->name(number);
	long start = rf_now_ms();
	char why[512];
	int how;

	how = rf_attempt(rf_take_turn, &turn, why, sizeof(why));
	switch (how) {
	case 0:
		printf("ok %u - %s (%ld ms)\n", place, name, rf_now_ms() - start);
		break;
	case 2:
		printf("ok %u - %s # SKIP %s\n", place, name, why);
		break;
	default:
		printf("not ok %u - %s - %s\n", place, name, why);
		break;
	}
	suite->after(number, how == 1);

	return how != 1;
}

/**
 * rf_suite_run() - run cases
 * @suite: what there is
 * @patterns: of their names, up to a NULL; none is all
 * @seed: of all that is random
 *
 * Return: the program's exit status.
 */
int rf_suite_run(const struct rf_suite *suite, char **patterns, unsigned int seed)
{
	unsigned int i, count = 0, place = 0, failed = 0;

	for (i = 0; suite->name(i); i++)
		count += rf_wanted(suite->name(i), patterns);
	printf("1..%u\n", count);

	for (i = 0; suite->name(i); i++) {
		if (!rf_wanted(suite->name(i), patterns))
			continue;
		rf_random_seed(rf_case_seed(suite->name(i), seed));
		if (!rf_one(suite, i, ++place))
			failed++;
	}

	return failed ? 1 : 0;
}

/** rf_suite_list() - print the names of all cases */
int rf_suite_list(const struct rf_suite *suite)
{
	unsigned int i;

	for (i = 0; suite->name(i); i++)
		puts(suite->name(i));

	return 0;
}

/** rf_suite_number() - the number that an option has, or the end of the program */
unsigned int rf_suite_number(const struct rf_suite *suite, const char *text, unsigned int most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (!*text || *end || value > most) {
		fprintf(stderr, "%s: %s: must be a number up to %u\n", suite->program, text, most);
		exit(2);
	}

	return value;
}
