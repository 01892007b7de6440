// SPDX-License-Identifier: GPL-2.0
/* What is said to the user; see say.h. */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"

static void (*say_first)(void);

/**
 * vc_say_soon() - do what is to be done before anything is said
 *
 * For a handler of a signal that will write itself: what it interrupts is no drawing.
 */
void vc_say_soon(void)
{
	if (say_first)
		say_first();
}

static void say(const char *fmt, va_list args)
{
	vc_say_soon();
	fflush(stdout);
	fputs("vifctl: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

/**
 * vc_say_first() - what is to be done before anything is said
 * @first: called, so that the terminal can be read; NULL for nothing
 */
void vc_say_first(void (*first)(void))
{
	say_first = first;
}

/**
 * vc_usage() - the command line makes no sense; ends the program with VC_USAGE
 * @fmt: what is wrong, and what would be right, as for printf, without a newline
 */
void vc_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	exit(VC_USAGE);
}

/**
 * vc_refuse() - what is wanted cannot be done; ends the program with VC_REFUSED
 * @fmt: why, and what would help, as for printf, without a newline
 */
void vc_refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	exit(VC_REFUSED);
}

/**
 * vc_warn() - something that the user should know, and that stops nothing
 * @fmt: what, as for printf, without a newline
 */
void vc_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

/**
 * vc_say_safely() - have nothing in a text that controls a terminal
 * @text: what others may have written: a guest, a driver domain, whoever made a file; each byte
 *	that is part of a control character becomes a question mark
 */
void vc_say_safely(char *text)
{
	unsigned char *at;

	for (at = (unsigned char *)text; *at; at++) {
		/* Control characters from 0x80 on, as UTF-8 has them. */
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
		else if (iscntrl(*at))
			*at = '?';
	}
}

/**
 * vc_need_root() - for what only root may do; ends the program for others
 */
void vc_need_root(void)
{
	if (geteuid())
		vc_refuse("needs root; run it with sudo");
}
