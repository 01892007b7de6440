/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that can be said of a vif, as JSON. Whatever is shown is taken from this, so that
 * -j has all of it; its keys are stable, and those of quantities end with their unit.
 */
#ifndef VC_INFO_H
#define VC_INFO_H

#include <json-c/json.h>
#include <stdbool.h>

struct vc_vif;

struct json_object *vc_info_brief(const struct vc_vif *vif);
struct json_object *vc_info_whole(const struct vc_vif *vif);
unsigned int vc_info_queues(const struct vc_vif *vif);

const char *vc_info_text(struct json_object *info, const char *key, const char *fallback);
long long vc_info_number(struct json_object *info, const char *key, long long fallback);

#endif /* VC_INFO_H */
