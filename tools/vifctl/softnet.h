/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/net/softnet_stat: what each CPU's receive softirq has taken and lost. */
#ifndef VC_SOFTNET_H
#define VC_SOFTNET_H

#include <json-c/json.h>

struct json_object *vc_softnet_parse(const char *text);

#endif /* VC_SOFTNET_H */
