// SPDX-License-Identifier: GPL-2.0
/* Rates; see rate.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rate.h"

/* What libxl takes when there is no interval. */
#define USECS_DEFAULT	50000

/* netback reads both numbers as unsigned long, and uses 32 bits of the interval. */
#define NUMBER_MAX	0xffffffffULL

static bool number(const char **text, unsigned long long *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*value = strtoull(*text, &end, 10);
	*text = end;

	return *value && *value <= NUMBER_MAX;
}

static bool word(const char **text, const char *expected)
{
	size_t len = strlen(expected);

	if (strncmp(*text, expected, len))
		return false;
	*text += len;

	return true;
}

/**
 * vc_rate_parse() - read a rate such as 10Mb/s or 250KB/s@20ms
 * @text: its text; b is a bit, B a byte, K a thousand of them
 * @rate: filled in
 *
 * Return: false if it is no rate, or one that cannot be kept: less than a byte in the
 * interval, or more than 64 bits can count.
 */
bool vc_rate_parse(const char *text, struct vc_rate *rate)
{
	unsigned long long value, scale = 1;

	if (!number(&text, &value))
		return false;
	if (word(&text, "G"))
		scale = 1000000000;
	else if (word(&text, "M"))
		scale = 1000000;
	else if (word(&text, "K"))
		scale = 1000;
	value *= scale;
	if (word(&text, "b"))
		value /= 8;
	else if (!word(&text, "B"))
		return false;
	if (!word(&text, "/s"))
		return false;

	rate->usecs = USECS_DEFAULT;
	if (word(&text, "@")) {
		if (!number(&text, &rate->usecs))
			return false;
		if (word(&text, "ms"))
			rate->usecs *= 1000;
		else if (!word(&text, "us") && word(&text, "s"))
			rate->usecs *= 1000000;
	}
	if (*text || rate->usecs > NUMBER_MAX)
		return false;
	/* In two steps, for what is in between would not fit where the result does. */
	if (__builtin_mul_overflow(value / 1000000, rate->usecs, &rate->bytes) ||
	    __builtin_add_overflow(rate->bytes, value % 1000000 * rate->usecs / 1000000,
				   &rate->bytes))
		return false;

	return rate->bytes;
}

/**
 * vc_rate_parse_key() - read a rate as libxl writes it for netback
 * @key: bytes and microseconds: "62500,50000"
 * @rate: filled in
 *
 * Return: false if it is no rate.
 */
bool vc_rate_parse_key(const char *key, struct vc_rate *rate)
{
	int end = 0;

	return sscanf(key, "%llu,%llu%n", &rate->bytes, &rate->usecs, &end) == 2 && !key[end];
}
