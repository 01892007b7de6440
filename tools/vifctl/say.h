/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is said to the user when something is wrong: one line on stderr that says what
 * is wrong and what would be right, and the exit status.
 */
#ifndef VC_SAY_H
#define VC_SAY_H

/* Exit statuses, as scripts see them. */
enum vc_exit {
	VC_OK = 0,
	VC_USAGE = 1,
	VC_REFUSED = 2,
};

void vc_say_first(void (*first)(void));
void vc_say_soon(void);
void vc_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void vc_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void vc_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vc_say_safely(char *text);
void vc_need_root(void);

#endif /* VC_SAY_H */
