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
	bool right[COLUMNS_MAX];
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
 * vc_table_width() - a column keeps its width when what is in it changes
 * @table: the table
 * @column: which
 * @width: what it takes at least
 */
void vc_table_width(struct vc_table *table, unsigned int column, unsigned int width)
{
	if (table->width[column] < width)
		table->width[column] = width;
}

/**
 * vc_table_numbers() - a column has numbers, which go to the right
 * @table: the table
 * @column: which
 * @width: as for vc_table_width()
 */
void vc_table_numbers(struct vc_table *table, unsigned int column, unsigned int width)
{
	table->right[column] = true;
	vc_table_width(table, column, width);
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
	if (text)
		vc_say_safely(text);
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
 * vc_table_each() - all cells, row by row
 * @table: the table
 * @draw: called for each
 * @data: for @draw
 */
void vc_table_each(const struct vc_table *table,
		   void (*draw)(const struct vc_cell *cell, void *data), void *data)
{
	struct vc_cell cell = {};
	unsigned int i;

	for (i = 0; i < table->count; i++) {
		cell.row = i / table->columns;
		cell.column = i % table->columns;
		cell.text = table->cells[i].text;
		cell.bad = table->cells[i].bad;
		if (!cell.column)
			cell.x = 0;
		cell.indent = table->right[cell.column] ?
			      table->width[cell.column] - strlen(cell.text) : 0;
		draw(&cell, data);
		cell.x += table->width[cell.column] + 2;
	}
}

/**
 * vc_table_free() - free a table
 * @table: the table
 */
void vc_table_free(struct vc_table *table)
{
	unsigned int i;

	for (i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
}

/* Where the next character goes. */
struct pen {
	const char *indent;
	unsigned int row;
	unsigned int x;
};

static void print_cell(const struct vc_cell *cell, void *data)
{
	struct pen *pen = data;
	const char *colour = !vc_options.colour ? "" : !cell->row ? "\033[1m" :
			     cell->bad ? "\033[31m" : "";

	if (!cell->column) {
		printf("%s%s", cell->row ? "\n" : "", pen->indent);
		pen->x = 0;
	}
	printf("%*s%s%s%s", (int)(cell->x + cell->indent - pen->x), "", colour, cell->text,
	       *colour ? "\033[0m" : "");
	pen->x = cell->x + cell->indent + strlen(cell->text);
}

/**
 * vc_table_print() - print a table, and free it
 * @table: the table
 * @indent: what each line begins with
 */
void vc_table_print(struct vc_table *table, const char *indent)
{
	struct pen pen = { .indent = indent };

	vc_table_each(table, print_cell, &pen);
	putchar('\n');
	vc_table_free(table);
}
