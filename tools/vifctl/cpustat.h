/* SPDX-License-Identifier: GPL-2.0 */
/* What CPUs spend their time on: /proc/stat and /proc/softirqs. */
#ifndef VC_CPUSTAT_H
#define VC_CPUSTAT_H

#include <json-c/json.h>

struct json_object *vc_cpustat_parse(const char *text);
struct json_object *vc_softirqs_parse(const char *text);

#endif /* VC_CPUSTAT_H */
