/* SPDX-License-Identifier: GPL-2.0 */
/* Times that the user wants us to wait. */
#ifndef VC_SECONDS_H
#define VC_SECONDS_H

#include <stdbool.h>

#define VC_SECONDS_MAX	3600

bool vc_seconds_parse(const char *text, double *seconds);
double vc_seconds(const char *text);

#endif /* VC_SECONDS_H */
