// SPDX-License-Identifier: GPL-2.0
/* Sets of CPUs; see cpus.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"

/* A CPU's number at *list, which is moved behind it; or -1. */
static int number(const char **list)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)**list))
		return -1;
	value = strtoul(*list, &end, 10);
	if (value >= VC_CPUS_MAX)
		return -1;
	*list = end;

	return value;
}

/**
 * vc_cpus_parse() - read a list such as "0-3,8"
 * @list: the list; a newline may follow
 * @cpus: filled in
 *
 * Return: false if it is no such list, or one of no CPU.
 */
bool vc_cpus_parse(const char *list, struct vc_cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	for (;;) {
		int first = number(&list), last = first;

		if (first < 0)
			return false;
		if (*list == '-') {
			list++;
			last = number(&list);
		}
		if (last < first)
			return false;
		for (; first <= last; first++)
			vc_cpus_add(cpus, first);
		if (*list != ',')
			break;
		list++;
	}
	while (isspace((unsigned char)*list))
		list++;

	return !*list;
}

/**
 * vc_cpus_print() - write a set as a list
 * @cpus: the set
 * @list: filled in; cut off where it does not fit
 * @size: bytes of @list
 */
void vc_cpus_print(const struct vc_cpus *cpus, char *list, size_t size)
{
	unsigned int cpu, last;
	size_t len = 0;

	list[0] = 0;
	for (cpu = 0; cpu < VC_CPUS_MAX && len < size; cpu = last + 1) {
		last = cpu;
		if (!vc_cpus_has(cpus, cpu))
			continue;
		while (last + 1 < VC_CPUS_MAX && vc_cpus_has(cpus, last + 1))
			last++;
		len += snprintf(list + len, size - len, "%s%u", len ? "," : "", cpu);
		if (last > cpu && len < size)
			len += snprintf(list + len, size - len, "-%u", last);
	}
}

/**
 * vc_cpus_has() - is a CPU in the set?
 * @cpus: the set
 * @cpu: its number
 *
 * Return: true or false.
 */
bool vc_cpus_has(const struct vc_cpus *cpus, unsigned int cpu)
{
	return cpu < VC_CPUS_MAX && cpus->bits[cpu / 64] >> cpu % 64 & 1;
}

/**
 * vc_cpus_add() - add a CPU
 * @cpus: the set
 * @cpu: its number, below VC_CPUS_MAX
 */
void vc_cpus_add(struct vc_cpus *cpus, unsigned int cpu)
{
	cpus->bits[cpu / 64] |= 1ULL << cpu % 64;
}

/**
 * vc_cpus_count() - how many there are
 * @cpus: the set
 *
 * Return: a number.
 */
unsigned int vc_cpus_count(const struct vc_cpus *cpus)
{
	unsigned int i, count = 0;

	for (i = 0; i < VC_CPUS_MAX / 64; i++)
		count += __builtin_popcountll(cpus->bits[i]);

	return count;
}

/**
 * vc_cpus_nth() - one of them, by its place
 * @cpus: the set
 * @n: its place, from 0; goes round
 *
 * Return: a CPU's number, or -1 if there is none.
 */
int vc_cpus_nth(const struct vc_cpus *cpus, unsigned int n)
{
	unsigned int cpu, count = vc_cpus_count(cpus);

	if (!count)
		return -1;
	n %= count;
	for (cpu = 0; cpu < VC_CPUS_MAX; cpu++)
		if (vc_cpus_has(cpus, cpu) && !n--)
			return cpu;

	return -1;
}

/**
 * vc_cpus_next() - the one behind another
 * @cpus: the set
 * @cpu: the other's number; -1 for the first
 *
 * Return: a CPU's number, or -1 if there are no more.
 */
int vc_cpus_next(const struct vc_cpus *cpus, int cpu)
{
	uint64_t word;

	for (cpu++; cpu < VC_CPUS_MAX; cpu = (cpu / 64 + 1) * 64) {
		word = cpus->bits[cpu / 64] >> cpu % 64;
		if (word)
			return cpu + __builtin_ctzll(word);
	}

	return -1;
}

/**
 * vc_cpus_within() - are all of them in another set, too?
 * @cpus: the set
 * @others: the other one
 *
 * Return: true or false.
 */
bool vc_cpus_within(const struct vc_cpus *cpus, const struct vc_cpus *others)
{
	unsigned int i;

	for (i = 0; i < VC_CPUS_MAX / 64; i++)
		if (cpus->bits[i] & ~others->bits[i])
			return false;

	return true;
}
