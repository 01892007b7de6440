// SPDX-License-Identifier: GPL-2.0
/* /proc/net/softnet_stat; see softnet.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "softnet.h"

#define COLUMNS_MAX	32

/*
 * What the columns are, from 0. Kernels have had 9, 10, 11, 13 and 15 of them, and
 * those that were there kept their places.
 */
enum {
	PROCESSED = 0,
	DROPPED = 1,
	TIME_SQUEEZE = 2,
	RECEIVED_RPS = 9,
	FLOW_LIMIT = 10,
	BACKLOG = 11,
	CPU = 12,
};

static const struct {
	const char *key;
	unsigned int column;
} keys[] = {
	{ "processed_packets", PROCESSED },
	{ "dropped_packets", DROPPED },
	{ "time_squeezes", TIME_SQUEEZE },
	{ "rps_interrupts", RECEIVED_RPS },
	{ "flow_limit_packets", FLOW_LIMIT },
	{ "backlog_packets", BACKLOG },
};

/* Hexadecimal numbers of a line. */
static unsigned int parse_line(const char *line, unsigned long column[])
{
	unsigned int count = 0;
	char *end;

	while (count < COLUMNS_MAX) {
		column[count] = strtoul(line, &end, 16);
		if (end == line)
			break;
		line = end;
		count++;
	}

	return count;
}

/**
 * vc_softnet_parse() - read what /proc/net/softnet_stat says
 * @text: its text
 *
 * Offline CPUs have no line, so that a line's place says nothing where there is a
 * column with the CPU; before there was one, it is all there is.
 *
 * Return: an object with an object for each CPU, by its number; what a kernel does not
 * say is not there.
 */
struct json_object *vc_softnet_parse(const char *text)
{
	struct json_object *cpus = json_object_new_object();
	char *copy = strdup(text), *rest = copy, *line, name[24];
	unsigned long column[COLUMNS_MAX];
	unsigned int row = 0, count;
	size_t i;

	while (rest && (line = strsep(&rest, "\n"))) {
		struct json_object *cpu;

		count = parse_line(line, column);
		if (count <= TIME_SQUEEZE)
			continue;
		cpu = json_object_new_object();
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (keys[i].column < count)
				json_object_object_add(cpu, keys[i].key,
						       json_object_new_int64(column[keys[i].column]));
		snprintf(name, sizeof(name), "%lu", count > CPU ? column[CPU] : row);
		json_object_object_add(cpus, name, cpu);
		row++;
	}
	free(copy);

	return cpus;
}
