// SPDX-License-Identifier: GPL-2.0
/* Text in columns; see table.h. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "say.h"
#include "table.h"

#define COLUMNS_MAX	24

struct cell {
	char *text;
	bool bad;
};

struct vc_table {
	unsigned int columns;
	unsigned int width[COLUMNS_MAX];
	unsigned int count;
	struct cell *cells;
};

static void put(struct vc_table *table, char *text)
{
	unsigned int *width = &table->width[table->count % table->columns];
	unsigned int len;

	table->cells = realloc(table->cells, (table->count + 1) * sizeof(*table->cells));
	if (!text || !table->cells)
		vc_refuse("no memory");
	len = strlen(text);
	if (len > *width)
		*width = len;
	table->cells[table->count++] = (struct cell) { .text = text };
}

/**
 * vc_table_new() - begin a table
 * @heads: the head of each column, and a NULL
 *
 * Return: a table, which vc_table_print() frees.
 */
struct vc_table *vc_table_new(const char *const heads[])
{
	struct vc_table *table = calloc(1, sizeof(*table));

	if (!table)
		vc_refuse("no memory");
	while (heads[table->columns])
		table->columns++;
	while (table->count < table->columns)
		put(table, strdup(heads[table->count]));

	return table;
}

/**
 * vc_table_cell() - the next cell, row by row
 * @table: the table
 * @fmt: its text, as for printf; empty text is shown as "-"
 */
void vc_table_cell(struct vc_table *table, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text && !*text) {
		free(text);
		text = strdup("-");
	}
	put(table, text);
}

/**
 * vc_table_mark() - the last cell is one to look at
 * @table: the table
 * @bad: whether it is
 */
void vc_table_mark(struct vc_table *table, bool bad)
{
	table->cells[table->count - 1].bad = bad;
}

/**
 * vc_table_print() - print a table, and free it
 * @table: the table
 * @indent: what each line begins with
 */
void vc_table_print(struct vc_table *table, const char *indent)
{
	unsigned int i, column;

	for (i = 0; i < table->count; i++) {
		const struct cell *cell = &table->cells[i];
		bool last = (column = i % table->columns) == table->columns - 1;
		bool head = i < table->columns;
		const char *colour = !vc_options.colour ? "" : head ? "\033[1m" :
				     cell->bad ? "\033[31m" : "";

		if (!column)
			fputs(indent, stdout);
		printf("%s%s%s%*s%s", colour, cell->text, *colour ? "\033[0m" : "",
		       last ? 0 : (int)(table->width[column] - strlen(cell->text)) + 2, "",
		       last ? "\n" : "");
		free(cell->text);
	}
	free(table->cells);
	free(table);
}
