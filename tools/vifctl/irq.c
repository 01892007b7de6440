// SPDX-License-Identifier: GPL-2.0
/* Interrupts; see irq.h. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "irq.h"
#include "say.h"

/* The head: CPU0 CPU1 CPU3, with those left out that are offline. */
static const char *parse_head(const char *text, struct vc_irqs *irqs)
{
	while (*text && *text != '\n') {
		if (!strncmp(text, "CPU", 3) && irqs->nr_cpus < VC_CPUS_MAX)
			irqs->cpu[irqs->nr_cpus++] = strtoul(text + 3, NULL, 10);
		text++;
	}

	return *text ? text + 1 : text;
}

/* A line: "69:  1  0  xen-dyn-lateeoi  -event  vif1.0-q0-tx". Others have names for numbers. */
static bool parse_line(char *line, unsigned int nr_cpus, struct vc_irq *irq)
{
	unsigned int i;
	char *end, *name;

	irq->number = strtoul(line, &end, 10);
	if (end == line || *end != ':')
		return false;
	irq->per_cpu = calloc(nr_cpus ?: 1, sizeof(*irq->per_cpu));
	if (!irq->per_cpu)
		vc_refuse("no memory");

	line = end + 1;
	irq->count = 0;
	irq->nic = false;
	for (i = 0; i < nr_cpus; i++) {
		irq->per_cpu[i] = strtoull(line, &end, 10);
		if (end == line)
			break;
		irq->count += irq->per_cpu[i];
		line = end;
	}
	/* Several share a line as "a, b"; the last word is the name in all other cases. */
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = 0;
	name = end;
	while (name > line && !isspace((unsigned char)name[-1]))
		name--;
	snprintf(irq->name, sizeof(irq->name), "%s", name);

	return true;
}

/**
 * vc_irqs_parse() - read what /proc/interrupts says
 * @text: its text
 *
 * Return: for vc_irqs_free().
 */
struct vc_irqs *vc_irqs_parse(const char *text)
{
	struct vc_irqs *irqs = calloc(1, sizeof(*irqs));
	size_t room = 0;
	char *copy, *line, *rest;

	if (!irqs)
		vc_refuse("no memory");
	rest = copy = strdup(parse_head(text, irqs));
	while (rest && (line = strsep(&rest, "\n"))) {
		if (irqs->count == room) {
			room = room ? 2 * room : 64;
			irqs->irq = realloc(irqs->irq, room * sizeof(*irqs->irq));
			if (!irqs->irq)
				vc_refuse("no memory");
		}
		while (*line == ' ')
			line++;
		if (parse_line(line, irqs->nr_cpus, &irqs->irq[irqs->count]))
			irqs->count++;
	}
	free(copy);

	return irqs;
}

/**
 * vc_irqs_read() - the interrupts of this machine
 *
 * Return: for vc_irqs_free().
 */
struct vc_irqs *vc_irqs_read(void)
{
	char *text = vc_file_read("/proc/interrupts");
	struct vc_irqs *irqs;

	if (!text)
		vc_refuse("cannot read /proc/interrupts: %s", strerror(errno));
	irqs = vc_irqs_parse(text);
	free(text);

	return irqs;
}

/**
 * vc_irqs_free() - free what was read
 * @irqs: the interrupts, or NULL
 */
void vc_irqs_free(struct vc_irqs *irqs)
{
	size_t i;

	if (!irqs)
		return;
	for (i = 0; i < irqs->count; i++)
		free(irqs->irq[i].per_cpu);
	free(irqs->irq);
	free(irqs);
}

/**
 * vc_irqs_find() - the interrupt of a name
 * @irqs: all
 * @name: its name
 *
 * Return: the interrupt, or NULL.
 */
const struct vc_irq *vc_irqs_find(const struct vc_irqs *irqs, const char *name)
{
	size_t i;

	for (i = 0; i < irqs->count; i++)
		if (!strcmp(irqs->irq[i].name, name))
			return &irqs->irq[i];

	return NULL;
}

/**
 * vc_irq_handled() - does a driver handle an interrupt?
 * @number: the interrupt
 *
 * What nothing handles any more stays in /proc/interrupts if it ever came, without a name.
 *
 * Return: false if none does; true also if the kernel does not say.
 */
bool vc_irq_handled(unsigned int number)
{
	char *names = vc_file_word("/sys/kernel/irq/%u/actions", number);
	bool handled = !names || *names;

	free(names);

	return handled;
}

static int read_list(unsigned int number, const char *file, struct vc_cpus *cpus)
{
	char *list = vc_file_read("/proc/irq/%u/%s", number, file);
	bool ok;

	if (!list)
		return -errno;
	ok = vc_cpus_parse(list, cpus);
	free(list);

	return ok ? 0 : -EINVAL;
}

/**
 * vc_irq_affinity() - where an interrupt may go, and where it goes
 * @number: the interrupt
 * @wanted: filled in with the CPUs that it may go to
 * @effective: filled in with those that it does go to; as @wanted on kernels that do
 *	not say
 *
 * Return: 0 or a negative errno.
 */
int vc_irq_affinity(unsigned int number, struct vc_cpus *wanted, struct vc_cpus *effective)
{
	int err = read_list(number, "smp_affinity_list", wanted);

	if (!err && read_list(number, "effective_affinity_list", effective))
		*effective = *wanted;

	return err;
}

/**
 * vc_irq_move() - have an interrupt go to some CPUs
 * @number: the interrupt
 * @cpus: the CPUs
 *
 * Return: 0 or a negative errno; -EINVAL when none of them is online.
 */
int vc_irq_move(unsigned int number, const struct vc_cpus *cpus)
{
	char list[VC_CPUS_LIST];

	vc_cpus_print(cpus, list, sizeof(list));
	return vc_file_write(list, "/proc/irq/%u/smp_affinity_list", number);
}
