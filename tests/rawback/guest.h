/* SPDX-License-Identifier: GPL-2.0 */
/* The guest whose frontend is tested: commands in it, and what they tell. */
#ifndef RB_GUEST_H
#define RB_GUEST_H

#include "counters.h"

struct rb_back;

/* Longest answer of a command. */
#define RB_OUTPUT_MAX	12000

int rb_guest_run(struct rb_back *b, char out[RB_OUTPUT_MAX], const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void rb_guest_must(struct rb_back *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
long rb_guest_number(struct rb_back *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void rb_guest_set_up(struct rb_back *b);
void rb_guest_await_gone(struct rb_back *b);
void rb_guest_counters(struct rb_back *b, struct rf_counters *counters);

#endif /* RB_GUEST_H */
