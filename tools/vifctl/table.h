/* SPDX-License-Identifier: GPL-2.0 */
/* Text in columns that are as wide as they need to be. */
#ifndef VC_TABLE_H
#define VC_TABLE_H

#include <stdbool.h>

struct vc_table;

/**
 * struct vc_cell - a cell in its place
 * @row: its row; 0 is the head
 * @column: its column
 * @x: where its column begins
 * @indent: how far to the right of that the text does
 * @text: what is in it
 * @bad: it is one to look at
 */
struct vc_cell {
	unsigned int row;
	unsigned int column;
	unsigned int x;
	unsigned int indent;
	const char *text;
	bool bad;
};

struct vc_table *vc_table_new(const char *const heads[]);
void vc_table_width(struct vc_table *table, unsigned int column, unsigned int width);
void vc_table_numbers(struct vc_table *table, unsigned int column, unsigned int width);
void vc_table_cell(struct vc_table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void vc_table_mark(struct vc_table *table, bool bad);
void vc_table_each(const struct vc_table *table,
		   void (*draw)(const struct vc_cell *cell, void *data), void *data);
void vc_table_free(struct vc_table *table);
void vc_table_print(struct vc_table *table, const char *indent);

#endif /* VC_TABLE_H */
