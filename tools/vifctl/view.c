// SPDX-License-Identifier: GPL-2.0
/* Rates as tables; see view.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "info.h"
#include "say.h"
#include "table.h"
#include "view.h"

/* Where the numbers in a table are no wider than this they stay in their place. */
#define NUMBER_WIDTH	5

/* What is in a column. */
enum kind { NAME, RATE, LOSS, HOME, DOMAIN };

/**
 * struct column - a column of the vifs' table
 * @head: its head
 * @kind: what is in it
 * @key: the number in it
 * @other: another number, to be added
 * @meaning: for people
 */
static const struct column {
	const char *head;
	enum kind kind;
	const char *key;
	const char *other;
	const char *meaning;
} columns[] = {
	{ "VIF", NAME, NULL, NULL, "name" },
	{ "RXPKT", RATE, "rx_packets_per_s", NULL, "packets per second from the other side" },
	{ "RXBIT", RATE, "rx_bits_per_s", NULL, "bits per second from the other side" },
	{ "RXBAT", RATE, "rx_batch_packets", NULL, "packets from the other side in a batch" },
	{ "TXPKT", RATE, "tx_packets_per_s", NULL, "packets per second to the other side" },
	{ "TXBIT", RATE, "tx_bits_per_s", NULL, "bits per second to the other side" },
	{ "TXBAT", RATE, "tx_batch_packets", NULL, "packets to the other side in a batch" },
	{ "DROP", LOSS, "rx_drops_per_s", "tx_drops_per_s", "packets dropped per second" },
	{ "ERR", LOSS, "rx_errors_per_s", "tx_errors_per_s", "bad packets per second" },
	{ "EVENT", RATE, "events_per_s", NULL, "interrupts per second" },
	{ "CPU", HOME, NULL, NULL, "where its queues live" },
	{ "DOMAIN", DOMAIN, NULL, NULL, "the domain on the other side" },
};

#define NR_COLUMNS	(sizeof(columns) / sizeof(columns[0]))
#define NAME_WIDTH	8

/**
 * vc_view_number() - a number of any size in five characters
 * @value: the number
 * @text: filled in: 7, 0.5, 54321, 123k, 9.87G
 * @size: bytes of @text
 */
void vc_view_number(double value, char *text, size_t size)
{
	static const char units[] = "kMGTPE";
	const char *unit = units;

	if (value < 99999.5) {
		snprintf(text, size, "%.*f", value < 9.95 && value != (long long)value, value);
		return;
	}
	for (value /= 1000; value >= 999.5 && unit[1]; unit++)
		value /= 1000;
	snprintf(text, size, "%.*f%c", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, *unit);
}

/**
 * vc_view_column() - the column of a name
 * @name: its head, in capitals or not
 *
 * Return: its number, or -1.
 */
int vc_view_column(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COLUMNS; i++)
		if (!strcasecmp(columns[i].head, name))
			return i;

	return -1;
}

/**
 * vc_view_head() - the head of a column
 * @column: its number
 *
 * Return: the head; NULL behind the last column.
 */
const char *vc_view_head(unsigned int column)
{
	return column < NR_COLUMNS ? columns[column].head : NULL;
}

/**
 * vc_view_meaning() - what is in a column
 * @column: its number
 *
 * Return: a few words; NULL behind the last column.
 */
const char *vc_view_meaning(unsigned int column)
{
	return column < NR_COLUMNS ? columns[column].meaning : NULL;
}

static bool number(struct json_object *info, const char *key, double *value)
{
	struct json_object *found = NULL;

	if (!key || !json_object_object_get_ex(info, key, &found) || !found)
		return false;
	*value = json_object_get_double(found);

	return true;
}

/* One number of a column, or the sum of two. */
static bool column_value(struct json_object *info, const struct column *column, double *value)
{
	double other;

	if (column->kind == HOME) {
		/* The first of a vif's, or the only one of a queue. */
		const char *home = vc_info_text(info, "home_cpus", NULL);

		home = home ? home : vc_info_text(info, "home_cpu", NULL);
		if (home)
			*value = strtoul(home, NULL, 10);
		return home;
	}
	if (!number(info, column->key, value))
		return false;
	if (number(info, column->other, &other))
		*value += other;

	return true;
}

static void put_number(struct vc_table *table, bool known, double value)
{
	char text[16] = "";

	if (known)
		vc_view_number(value, text, sizeof(text));
	vc_table_cell(table, "%s", text);
}

static void put_share(struct vc_table *table, struct json_object *info, const char *key)
{
	double value;

	if (number(info, key, &value))
		vc_table_cell(table, "%.0f%%", 100 * value);
	else
		vc_table_cell(table, "%s", "");
}

/* A row: of a vif, or of one of its queues. */
static void put_row(struct vc_table *table, struct json_object *info, bool queue)
{
	double value;
	size_t i;
	bool known;

	for (i = 0; i < NR_COLUMNS; i++) {
		switch (columns[i].kind) {
		case NAME:
			if (queue)
				vc_table_cell(table, "  q%lld", vc_info_number(info, "queue", 0));
			else
				vc_table_cell(table, "%s", vc_info_text(info, "vif", ""));
			break;
		case RATE:
		case LOSS:
			known = column_value(info, &columns[i], &value);
			put_number(table, known, value);
			vc_table_mark(table, columns[i].kind == LOSS && known && value);
			break;
		case HOME:
			vc_table_cell(table, "%s", vc_info_text(info, queue ? "home_cpu" :
								"home_cpus", ""));
			break;
		case DOMAIN:
			vc_table_cell(table, "%s", queue ? "" : vc_info_text(info, "domain", ""));
			break;
		}
	}
}

/**
 * struct place - something to be sorted
 * @info: what it is
 * @number: where it was, which is decisive among equals
 */
struct place {
	struct json_object *info;
	size_t number;
};

static struct place *make_places(struct json_object *list)
{
	size_t i, count = json_object_array_length(list);
	struct place *places = calloc(count + 1, sizeof(*places));

	if (!places)
		vc_refuse("no memory");
	for (i = 0; i < count; i++)
		places[i] = (struct place) { json_object_array_get_idx(list, i), i };

	return places;
}

static int by_number(const void *one, const void *other)
{
	const struct place *a = one, *b = other;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* Names and CPUs go up, all else down; what is not known comes last. */
static int by_column(const void *one, const void *other, void *data)
{
	const struct place *a = one, *b = other;
	const struct column *column = data;
	double value_a = 0, value_b = 0;
	bool known_a, known_b;
	int order;

	if (column->kind == NAME || column->kind == DOMAIN) {
		const char *key = column->kind == NAME ? "vif" : "domain";

		order = strverscmp(vc_info_text(a->info, key, ""), vc_info_text(b->info, key, ""));
		return order ?: by_number(one, other);
	}
	known_a = column_value(a->info, column, &value_a);
	known_b = column_value(b->info, column, &value_b);
	if (known_a != known_b)
		return known_a ? -1 : 1;
	if (value_a == value_b)
		return by_number(one, other);

	return (value_a < value_b) == (column->kind == HOME) ? -1 : 1;
}

static struct json_object *list_of(struct json_object *info, const char *key)
{
	struct json_object *list = NULL;

	json_object_object_get_ex(info, key, &list);

	return list;
}

/**
 * vc_view_vifs() - the vifs, sorted
 * @rates: the rates
 * @sort: by which column
 * @unfold: with their queues, in order
 *
 * Return: a table.
 */
struct vc_table *vc_view_vifs(struct json_object *rates, unsigned int sort, bool unfold)
{
	struct json_object *vifs = list_of(rates, "vifs"), *queues;
	size_t count = json_object_array_length(vifs), i, n;
	struct place *places = make_places(vifs);
	const char *heads[NR_COLUMNS + 1];
	struct vc_table *table;

	for (i = 0; i <= NR_COLUMNS; i++)
		heads[i] = vc_view_head(i);
	table = vc_table_new(heads);
	vc_table_width(table, 0, NAME_WIDTH);
	for (i = 0; i < NR_COLUMNS; i++)
		if (columns[i].kind == RATE || columns[i].kind == LOSS)
			vc_table_numbers(table, i, NUMBER_WIDTH);
	qsort_r(places, count, sizeof(*places), by_column, (void *)&columns[sort]);
	for (i = 0; i < count; i++) {
		put_row(table, places[i].info, false);
		queues = list_of(places[i].info, "queues");
		for (n = 0; unfold && n < json_object_array_length(queues); n++)
			put_row(table, json_object_array_get_idx(queues, n), true);
	}
	free(places);

	return table;
}

/* How much there is to be seen on a CPU: trouble before all, then how busy it is. */
static double interest(struct json_object *cpu)
{
	double busy = 0;

	number(cpu, "busy_share", &busy);
	if (vc_info_number(cpu, "saturated", 0))
		busy += 4;
	if (json_object_array_length(list_of(cpu, "drained_away_vifs")))
		busy += 2;

	return busy;
}

static int by_interest(const void *one, const void *other)
{
	double a = interest(((const struct place *)one)->info);
	double b = interest(((const struct place *)other)->info);

	return a == b ? by_number(one, other) : a > b ? -1 : 1;
}

/* "drains of vif1.0, vif2.0 away from home" */
static void note_away(char *note, size_t size, struct json_object *vifs, const char *what)
{
	size_t i, count = json_object_array_length(vifs), len = strlen(note);

	for (i = 0; i < count && len < size; i++)
		len += snprintf(note + len, size - len, "%s%s", i ? ", " : what,
				json_object_get_string(json_object_array_get_idx(vifs, i)));
	if (count && len < size)
		snprintf(note + len, size - len, " away from home");
}

static void put_note(struct vc_table *table, struct json_object *cpu)
{
	struct json_object *drained = list_of(cpu, "drained_away_vifs");
	bool saturated = vc_info_number(cpu, "saturated", 0);
	char note[256] = "";

	if (saturated)
		snprintf(note, sizeof(note), "saturated");
	note_away(note, sizeof(note), drained, *note ? "; drains of " : "drains of ");
	/* Where pages are unmapped away from home, they are released there, too. */
	if (!json_object_array_length(drained))
		note_away(note, sizeof(note), list_of(cpu, "released_away_vifs"),
			  *note ? "; releases of " : "releases of ");
	vc_table_cell(table, "%s", note);
	vc_table_mark(table, saturated || json_object_array_length(drained));
}

/* In a guest there is no netback, and so none of the columns that are netback's. */
static struct vc_table *make_cpu_table(bool ours)
{
	static const char *const all[] = {
		"CPU", "HARDIRQ", "SOFT", "STEAL", "BUSY", "RUN", "RUN%", "RELEASE", "DRAIN",
		"NOTE", NULL
	};
	static const char *const few[] = {
		"CPU", "HARDIRQ", "SOFT", "STEAL", "BUSY", "NOTE", NULL
	};
	struct vc_table *table = vc_table_new(ours ? all : few);
	unsigned int i;

	for (i = 1; i <= (ours ? 8 : 4); i++)
		vc_table_numbers(table, i, NUMBER_WIDTH);

	return table;
}

static void put_rate(struct vc_table *table, struct json_object *info, const char *key)
{
	double value = 0;
	bool known = number(info, key, &value);

	put_number(table, known, value);
}

static void put_cpu(struct vc_table *table, struct json_object *cpu, bool ours)
{
	double vifs = 0, nics = 0;

	vc_table_cell(table, "%lld", vc_info_number(cpu, "cpu", 0));
	number(cpu, "vif_interrupts_per_s", &vifs);
	number(cpu, "nic_interrupts_per_s", &nics);
	put_number(table, true, vifs + nics);
	put_share(table, cpu, "softirq_share");
	put_share(table, cpu, "steal_share");
	put_share(table, cpu, "busy_share");
	vc_table_mark(table, vc_info_number(cpu, "saturated", 0));
	if (ours) {
		put_rate(table, cpu, "runs_per_s");
		put_share(table, cpu, "run_share");
		put_rate(table, cpu, "released_packets_per_s");
		put_rate(table, cpu, "drained_pages_per_s");
		vc_table_mark(table, json_object_array_length(list_of(cpu, "drained_away_vifs")));
	}
	put_note(table, cpu);
}

/**
 * vc_view_cpus() - the CPUs, by their numbers
 * @rates: the rates
 * @most: how many; if there are more, those with the most to see
 *
 * Return: a table.
 */
struct vc_table *vc_view_cpus(struct json_object *rates, size_t most)
{
	struct json_object *cpus = list_of(rates, "cpus");
	size_t count = json_object_array_length(cpus), i;
	struct place *places = make_places(cpus);
	struct vc_table *table;
	bool ours = count && vc_info_text(places[0].info, "runs_per_s", NULL);

	if (count > most) {
		qsort(places, count, sizeof(*places), by_interest);
		count = most;
		qsort(places, count, sizeof(*places), by_number);
	}
	table = make_cpu_table(ours);
	for (i = 0; i < count; i++)
		put_cpu(table, places[i].info, ours);
	free(places);

	return table;
}
