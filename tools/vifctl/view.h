/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rates as tables: what `vifctl top` prints, and draws on the screen. Nothing is looked at
 * here but the rates (rates.h).
 */
#ifndef VC_VIEW_H
#define VC_VIEW_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct vc_table;

/* By which a view is sorted when nothing else is said: the packets from the other side. */
#define VC_VIEW_SORT	1

void vc_view_number(double value, char *text, size_t size);
int vc_view_column(const char *name);
const char *vc_view_head(unsigned int column);
const char *vc_view_meaning(unsigned int column);
struct vc_table *vc_view_vifs(struct json_object *rates, unsigned int sort, bool unfold);
struct vc_table *vc_view_cpus(struct json_object *rates, size_t most);

#endif /* VC_VIEW_H */
