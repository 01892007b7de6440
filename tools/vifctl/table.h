/* SPDX-License-Identifier: GPL-2.0 */
/* Text in columns that are as wide as they need to be. */
#ifndef VC_TABLE_H
#define VC_TABLE_H

#include <stdbool.h>

struct vc_table;

struct vc_table *vc_table_new(const char *const heads[]);
void vc_table_cell(struct vc_table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void vc_table_mark(struct vc_table *table, bool bad);
void vc_table_print(struct vc_table *table, const char *indent);

#endif /* VC_TABLE_H */
