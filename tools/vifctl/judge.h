/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where packets are lost or held up, judged from two snapshots (see collect.h) and
 * nothing else.
 */
#ifndef VC_JUDGE_H
#define VC_JUDGE_H

#include <json-c/json.h>

struct json_object *vc_judge(struct json_object *record);

#endif /* VC_JUDGE_H */
