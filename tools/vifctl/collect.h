/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `vifctl diagnose` looks at, as JSON: a record has two snapshots of this machine.
 * It may be kept in a file and judged elsewhere.
 */
#ifndef VC_COLLECT_H
#define VC_COLLECT_H

#include <json-c/json.h>

/* How a file says that it is one of ours. */
#define VC_RECORD_FORMAT	"vifwire-diagnose"
#define VC_RECORD_VERSION	1

struct json_object *vc_collect_record(const char *name, double seconds);
void vc_collect_subject(struct json_object *record, const char *name);

#endif /* VC_COLLECT_H */
