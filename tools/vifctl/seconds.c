// SPDX-License-Identifier: GPL-2.0
/* Times that the user wants us to wait; see seconds.h. */

#include <stdlib.h>

#include "say.h"
#include "seconds.h"

/* With less there is nothing to be seen. */
#define SECONDS_MIN	0.1

/**
 * vc_seconds_parse() - read a time
 * @text: seconds, perhaps with a fraction
 * @seconds: filled in
 *
 * Return: false if it is none, or out of range.
 */
bool vc_seconds_parse(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	/* NaN is in no range. */
	return end != text && !*end && *seconds >= SECONDS_MIN && *seconds <= VC_SECONDS_MAX;
}

/**
 * vc_seconds() - a time on the command line; ends the program when it is none
 * @text: seconds, perhaps with a fraction
 *
 * Return: the time.
 */
double vc_seconds(const char *text)
{
	double seconds;

	if (!vc_seconds_parse(text, &seconds))
		vc_usage("%s is no time to wait: must be seconds, %g to %d", text, SECONDS_MIN,
			 VC_SECONDS_MAX);

	return seconds;
}
