// SPDX-License-Identifier: GPL-2.0
/* What is said to the user; see say.h. */

#include <signal.h>
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
	/* It is said also when nobody reads any longer what was printed before. */
	signal(SIGPIPE, SIG_IGN);
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

/* How long the character is that a text begins with; 0 if it is a control character, or none. */
static unsigned int len_of_character(const unsigned char *text)
{
	/* The first byte says how many follow, and what the second one may be (RFC 3629). */
	static const struct {
		unsigned char first, last, len, low, high;
	} forms[] = {
		{ 0x20, 0x7e, 1, 0, 0 },
		/* From 0x80 to 0x9f they are control characters. */
		{ 0xc2, 0xc2, 2, 0xa0, 0xbf },
		{ 0xc3, 0xdf, 2, 0x80, 0xbf },
		{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
		{ 0xe1, 0xec, 3, 0x80, 0xbf },
		{ 0xed, 0xed, 3, 0x80, 0x9f },
		{ 0xee, 0xef, 3, 0x80, 0xbf },
		{ 0xf0, 0xf0, 4, 0x90, 0xbf },
		{ 0xf1, 0xf3, 4, 0x80, 0xbf },
		{ 0xf4, 0xf4, 4, 0x80, 0x8f },
	};
	unsigned int i, k;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (forms[i].len > 1 && (text[1] < forms[i].low || text[1] > forms[i].high))
			return 0;
		for (k = 2; k < forms[i].len; k++)
			if ((text[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}

	return 0;
}

/**
 * vc_say_safely() - have nothing in a text that controls a terminal, or is no UTF-8
 * @text: what others may have written: a guest, a driver domain, whoever made a file; each byte
 *	that is part of a control character, or of none at all, becomes a question mark
 */
void vc_say_safely(char *text)
{
	unsigned char *at = (unsigned char *)text;
	unsigned int len;

	while (*at) {
		len = len_of_character(at);
		if (!len)
			*at = '?';
		at += len ?: 1;
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
