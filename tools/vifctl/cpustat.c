// SPDX-License-Identifier: GPL-2.0
/* What CPUs spend their time on; see cpustat.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpustat.h"

/* In the order of the file; "guest" and what follows is part of the first two. */
static const char *const times[] = {
	"user_ticks", "nice_ticks", "system_ticks", "idle_ticks", "iowait_ticks", "irq_ticks",
	"softirq_ticks", "steal_ticks",
};

/**
 * vc_cpustat_parse() - read what /proc/stat says of CPUs
 * @text: its text
 *
 * Return: an object with an object for each CPU that is online, by its number.
 */
struct json_object *vc_cpustat_parse(const char *text)
{
	struct json_object *cpus = json_object_new_object();
	char *copy = strdup(text), *rest = copy, *line, name[24], *end;
	unsigned long long value;
	unsigned int number;
	size_t i;
	int at;

	while (rest && (line = strsep(&rest, "\n"))) {
		struct json_object *cpu;

		/* The first line, "cpu  1 2 3", is all of them together. */
		at = 0;
		if (strncmp(line, "cpu", 3) || !isdigit((unsigned char)line[3]) ||
		    sscanf(line, "cpu%u %n", &number, &at) != 1 || !at)
			continue;
		cpu = json_object_new_object();
		line += at;
		for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
			value = strtoull(line, &end, 10);
			if (end == line)
				break;
			json_object_object_add(cpu, times[i], json_object_new_int64(value));
			line = end;
		}
		snprintf(name, sizeof(name), "%u", number);
		json_object_object_add(cpus, name, cpu);
	}
	free(copy);

	return cpus;
}

/**
 * vc_softirqs_parse() - read what /proc/softirqs says
 * @text: its text: a head with the possible CPUs, and a line for each kind
 *
 * Return: an object with an object for each kind (NET_RX), which has a number for each
 * CPU.
 */
struct json_object *vc_softirqs_parse(const char *text)
{
	struct json_object *kinds = json_object_new_object();
	char *copy = strdup(text), *rest = copy, *head = strsep(&rest, "\n"), *line;

	while (head && rest && (line = strsep(&rest, "\n"))) {
		struct json_object *kind;
		char *column = head, *colon = strchr(line, ':'), *end;
		unsigned long long value;
		char name[24];

		if (!colon)
			continue;
		*colon = 0;
		line += strspn(line, " ");
		kind = json_object_new_object();
		for (colon++; (column = strstr(column, "CPU")); colon = end) {
			value = strtoull(colon, &end, 10);
			if (end == colon)
				break;
			column += strlen("CPU");
			snprintf(name, sizeof(name), "%lu", strtoul(column, NULL, 10));
			json_object_object_add(kind, name, json_object_new_int64(value));
		}
		json_object_object_add(kinds, line, kind);
	}
	free(copy);

	return kinds;
}
