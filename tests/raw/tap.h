/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test cases: how they are run one after the other, and what they may call to end
 * early. One line per case is printed, in TAP's form.
 *
 * rf_fail() and rf_skip() do not come back. Whatever a case leaves behind, the
 * suite cleans up.
 */
#ifndef RF_TAP_H
#define RF_TAP_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct rf_suite - all that a program can test
 * @program: its name
 * @name: the name of a case by its number, or NULL behind the last one
 * @run: runs it
 * @after: makes ready for the next one, whatever has become of this one
 */
struct rf_suite {
	const char *program;
	const char *(*name)(unsigned int number);
	void (*run)(unsigned int number);
	void (*after)(unsigned int number, bool failed);
};

void rf_fail(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void rf_skip(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void rf_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define RF_CHECK(condition, ...)				\
	do {							\
		if (!(condition))				\
			rf_fail(__VA_ARGS__);			\
	} while (0)

/**
 * rf_attempt() - call a function that may fail a case
 * @run: the function
 * @subject: its argument
 * @why: where to put the reason when it does not come back
 * @size: bytes at @why
 *
 * Return: 0 when it returned, 1 when it failed, 2 when it skipped.
 */
int rf_attempt(void (*run)(void *subject), void *subject, char *why, unsigned int size);

int rf_suite_list(const struct rf_suite *suite);
int rf_suite_run(const struct rf_suite *suite, char **patterns, unsigned int seed);
unsigned int rf_suite_number(const struct rf_suite *suite, const char *text, unsigned int most);

#endif /* RF_TAP_H */
