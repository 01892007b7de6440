// SPDX-License-Identifier: GPL-2.0
/* The interrupts of queues, and moving them; see place.h. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "info.h"
#include "nic.h"
#include "options.h"
#include "place.h"
#include "rings.h"
#include "say.h"
#include "table.h"
#include "vif.h"

/* How long the work may take to follow its interrupt. */
#define FOLLOW_USECS	2000000
#define LOOK_USECS	50000
/* And so long for what was going on when its completion is local. */
#define LOCAL_USECS	300000
/* How long nothing may run elsewhere: under load there are many runs in that time. */
#define QUIET_USECS	5000

static struct vc_place *place_of(struct vc_place **places, size_t *count, const char *ifname,
				 int queue)
{
	struct vc_place *place;
	size_t i;

	for (i = 0; i < *count; i++)
		if ((*places)[i].queue == queue && !strcmp((*places)[i].ifname, ifname))
			return &(*places)[i];
	*places = realloc(*places, (*count + 1) * sizeof(**places));
	if (!*places)
		vc_refuse("no memory");
	place = &(*places)[(*count)++];
	memset(place, 0, sizeof(*place));
	snprintf(place->ifname, sizeof(place->ifname), "%s", ifname);
	place->queue = queue;

	return place;
}

static void add_irq(struct vc_place *place, const struct vc_irq *irq)
{
	struct vc_place_irq *added;

	place->irq = realloc(place->irq, (place->count + 1) * sizeof(*place->irq));
	if (!place->irq)
		vc_refuse("no memory");
	added = &place->irq[place->count++];
	added->number = irq->number;
	snprintf(added->name, sizeof(added->name), "%s", irq->name);
}

/* Others of its interrupts belong to no queue. */
static void add_vif(struct vc_place **places, size_t *count, const struct vc_irqs *irqs,
		    const struct vc_vif *vif)
{
	bool ours = !vif->frontend && vc_file_exists("/sys/module/xen_netback/version");
	char *completion = ours ? vc_file_word("/sys/bus/xen-backend/devices/%s/completion",
					       vif->device) : NULL;
	size_t i;
	int queue;

	for (i = 0; i < irqs->count; i++) {
		struct vc_place *place;

		queue = vc_vif_irq(vif, irqs->irq[i].name);
		if (queue < 0)
			continue;
		place = place_of(places, count, vif->ifname, queue);
		place->ours = ours;
		place->local = completion && !strcmp(completion, "local");
		add_irq(place, &irqs->irq[i]);
	}
	free(completion);
}

/*
 * With @all also what nothing handles, as when it is down: then nobody knows for which queue it
 * will be. Return: whether there was such.
 */
static bool add_nic(struct vc_place **places, size_t *count, const struct vc_irqs *irqs,
		    const char *ifname, bool all)
{
	bool idle = false, handled;
	size_t i;

	for (i = 0; i < irqs->count; i++) {
		if (!vc_nic_has_irq(ifname, irqs->irq[i].number))
			continue;
		handled = vc_irq_handled(irqs->irq[i].number);
		if (handled || all)
			add_irq(place_of(places, count, ifname, vc_nic_queue(irqs->irq[i].name)),
				&irqs->irq[i]);
		idle = idle || !handled;
	}

	return idle;
}

static int compare(const void *one, const void *other)
{
	const struct vc_place *a = one, *b = other;
	int names = strverscmp(a->ifname, b->ifname);

	return names ?: a->queue - b->queue;
}

/* All of them are found, and their interrupts no longer needed. */
static struct vc_place *sorted(struct vc_place *places, size_t count, struct vc_irqs *irqs)
{
	vc_irqs_free(irqs);
	if (places)
		qsort(places, count, sizeof(*places), compare);

	return places;
}

/* Only the places of one queue. */
static void keep_queue(struct vc_place *places, size_t *count, int queue)
{
	size_t i, kept = 0;

	for (i = 0; i < *count; i++) {
		if (places[i].queue == queue)
			places[kept++] = places[i];
		else
			free(places[i].irq);
	}
	*count = kept;
}

/**
 * vc_places() - the queues of an interface
 * @name: a vif, or a NIC
 * @queue: "q0" for one of them; "all" or NULL for all
 * @count: set to how many there are, at least 1
 *
 * Ends the program when there is no such thing.
 *
 * Return: the queues with their interrupts, for vc_places_free().
 */
struct vc_place *vc_places(const char *name, const char *queue, size_t *count)
{
	struct vc_irqs *irqs = vc_irqs_read();
	struct vc_place *places = NULL;
	int wanted = queue ? vc_vif_queue(queue) : -1, last;
	bool nic = vc_nic_device(name), down = false;

	if (wanted < -1)
		vc_usage("%s is no queue: must be q0, q1, ..., or all", queue);
	*count = 0;
	if (nic) {
		down = add_nic(&places, count, irqs, name, false);
	} else {
		struct vc_vif vif = vc_vif_need(name);

		add_vif(&places, count, irqs, &vif);
	}
	vc_irqs_free(irqs);
	if (!*count && down)
		vc_refuse("%s is down: its queues have interrupts when it is up (ip link set %s up)",
			  name, name);
	if (!*count)
		vc_refuse(nic ? "%s has no interrupts: is it up? (ip link show %s)" :
			  "%s has no interrupts: is it connected? (vifctl show %s)", name, name);
	qsort(places, *count, sizeof(*places), compare);
	if (wanted < 0)
		return places;
	last = places[*count - 1].queue;
	keep_queue(places, count, wanted);
	if (!*count && last < 0)
		vc_refuse("no interrupt of %s is of one queue alone: leave out %s", name, queue);
	if (!*count)
		vc_refuse("%s has no queue %d: there are q0 to q%d", name, wanted, last);

	return places;
}

/**
 * vc_places_of() - the queues of a vif
 * @vif: the vif
 * @count: set to how many there are; none when it is not connected
 *
 * Return: the queues with their interrupts, for vc_places_free().
 */
struct vc_place *vc_places_of(const struct vc_vif *vif, size_t *count)
{
	struct vc_irqs *irqs = vc_irqs_read();
	struct vc_place *places = NULL;

	*count = 0;
	add_vif(&places, count, irqs, vif);

	return sorted(places, *count, irqs);
}

/**
 * vc_places_of_nic() - the queues of a NIC
 * @ifname: the interface
 * @all: also what nothing handles, since it is down
 * @count: set to how many there are; none when it is no NIC, or never was up
 *
 * Return: the queues with their interrupts, for vc_places_free().
 */
struct vc_place *vc_places_of_nic(const char *ifname, bool all, size_t *count)
{
	struct vc_irqs *irqs = vc_irqs_read();
	struct vc_place *places = NULL;

	*count = 0;
	add_nic(&places, count, irqs, ifname, all);

	return sorted(places, *count, irqs);
}

/**
 * vc_places_all() - the queues of all vifs that this domain serves
 * @count: set to how many there are
 *
 * In a guest, which serves none, those of its own.
 *
 * Return: the queues with their interrupts, for vc_places_free().
 */
struct vc_place *vc_places_all(size_t *count)
{
	struct vc_irqs *irqs = vc_irqs_read();
	struct vc_place *places = NULL;
	struct vc_vif *vifs;
	size_t nr_vifs, i;

	*count = 0;
	vifs = vc_vifs(&nr_vifs);
	/* Backends are first. */
	for (i = 0; i < nr_vifs; i++)
		if (vifs[i].frontend == vifs[0].frontend)
			add_vif(&places, count, irqs, &vifs[i]);
	free(vifs);

	return sorted(places, *count, irqs);
}

/**
 * vc_places_free() - free queues
 * @places: the queues, or NULL
 * @count: how many
 */
void vc_places_free(struct vc_place *places, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(places[i].irq);
	free(places);
}

/**
 * vc_online() - the CPUs that are online
 * @cpus: filled in
 */
void vc_online(struct vc_cpus *cpus)
{
	char *list = vc_file_read("/sys/devices/system/cpu/online");

	if (!list || !vc_cpus_parse(list, cpus))
		vc_refuse("cannot read which CPUs are online (/sys/devices/system/cpu/online)");
	free(list);
}

/**
 * vc_need_online() - end the program when one of some CPUs is not online
 * @cpus: the CPUs
 */
void vc_need_online(const struct vc_cpus *cpus)
{
	struct vc_cpus online;
	char list[VC_CPUS_LIST];
	unsigned int cpu;

	vc_online(&online);
	vc_cpus_print(&online, list, sizeof(list));
	for (cpu = 0; cpu < VC_CPUS_MAX; cpu++)
		if (vc_cpus_has(cpus, cpu) && !vc_cpus_has(&online, cpu))
			vc_refuse("CPU %u is not online; online are %s", cpu, list);
}

/* Where a queue lives, and all of its vif, by the driver's word; -1 if it says nothing. */
static long long home_of(const struct vc_place *place, struct vc_cpus *homes)
{
	struct vc_vif vif = {};
	struct json_object *rings;
	long long home = -1, one;
	size_t i;

	snprintf(vif.ifname, sizeof(vif.ifname), "%s", place->ifname);
	rings = vc_rings_read(&vif);
	memset(homes, 0, sizeof(*homes));
	for (i = 0; i < json_object_array_length(rings); i++) {
		one = vc_info_number(json_object_array_get_idx(rings, i), "home", -1);
		if (i == (size_t)place->queue)
			home = one;
		if (one >= 0 && one < VC_CPUS_MAX)
			vc_cpus_add(homes, one);
	}
	json_object_put(rings);

	return home;
}

/* How often the vif's actions have run elsewhere than on some CPUs. */
static long long runs_away(const struct vc_place *place, const struct vc_cpus *cpus)
{
	char *text = vc_file_read("/sys/kernel/debug/xen-netback/%s/cpus", place->ifname);
	struct json_object *table = vc_rings_parse_table(text ?: "");
	long long runs = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(table); i++) {
		struct json_object *cpu = json_object_array_get_idx(table, i);
		long long number = vc_info_number(cpu, "cpu", -1);

		if (number >= 0 && !vc_cpus_has(cpus, number))
			runs += vc_info_number(cpu, "runs", 0);
	}
	json_object_put(table);
	free(text);

	return runs;
}

/*
 * Has the work followed? "yes" when the queue lives there, and nothing of its vif has run
 * elsewhere for a moment; "no"; or "unknown" where nothing says.
 */
static const char *followed(const struct vc_place *place, const struct vc_cpus *cpus)
{
	struct vc_cpus homes;
	long long home = -1, runs;
	unsigned int usecs, i;

	for (usecs = 0; place->ours && usecs < FOLLOW_USECS; usecs += LOOK_USECS) {
		home = home_of(place, &homes);
		if (home < 0)
			break;
		/* One that may be on several CPUs is not away on the others of them. */
		for (i = 0; i < VC_CPUS_MAX / 64; i++)
			homes.bits[i] |= cpus->bits[i];
		runs = runs_away(place, &homes);
		usleep(QUIET_USECS);
		if (vc_cpus_has(cpus, home) && runs_away(place, &homes) == runs)
			return "yes";
		/* What a NIC gives back has no reason to come; what was going on has come by now. */
		if (vc_cpus_has(cpus, home) && place->local && usecs >= LOCAL_USECS)
			break;
		usleep(LOOK_USECS);
	}

	return home < 0 ? "unknown" : "no";
}

static char *why(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		vc_refuse("no memory");
	va_end(args);

	return text;
}

/* Return: NULL when it went there; else why not, for free(). */
static char *move_irq(const struct vc_place_irq *irq, const struct vc_cpus *cpus)
{
	char to[VC_CPUS_LIST], now[VC_CPUS_LIST];
	struct vc_cpus wanted, effective;
	int err;

	vc_cpus_print(cpus, to, sizeof(to));
	err = vc_irq_move(irq->number, cpus);
	if (err)
		return why("the kernel does not let interrupt %u (%s) go to CPU %s: %s",
			   irq->number, irq->name, to, strerror(-err));
	err = vc_irq_affinity(irq->number, &wanted, &effective);
	if (err)
		return why("interrupt %u (%s) was told to go to CPU %s, and is gone: %s",
			   irq->number, irq->name, to, strerror(-err));
	if (vc_cpus_within(&effective, cpus))
		return NULL;
	vc_cpus_print(&effective, now, sizeof(now));

	return why("interrupt %u (%s) was told to go to CPU %s and goes to %s", irq->number,
		   irq->name, to, now);
}

/* An interrupt before it is moved. */
static struct json_object *irq_info(const struct vc_place_irq *irq)
{
	struct json_object *info = json_object_new_object();
	struct vc_cpus wanted, effective;
	char from[VC_CPUS_LIST];
	bool known = !vc_irq_affinity(irq->number, &wanted, &effective);

	if (known)
		vc_cpus_print(&effective, from, sizeof(from));
	json_object_object_add(info, "irq", json_object_new_int64(irq->number));
	json_object_object_add(info, "name", json_object_new_string(irq->name));
	json_object_object_add(info, "from_cpus", known ? json_object_new_string(from) : NULL);
	json_object_object_add(info, "error", NULL);

	return info;
}

/**
 * vc_place_move() - have a queue live on some CPUs
 * @place: the queue
 * @cpus: the CPUs, which are online
 *
 * With --dry-run nothing is changed. What the kernel refuses is in what is returned: a vif may go
 * at any time, and others are to be moved all the same.
 *
 * Return: what was done, for vc_place_print() or to be printed as JSON.
 */
struct json_object *vc_place_move(const struct vc_place *place, const struct vc_cpus *cpus)
{
	struct json_object *move = json_object_new_object(), *list = json_object_new_array();
	bool moved = !vc_options.dry_run;
	char text[VC_CPUS_LIST], *wrong;
	size_t i;

	/* All are looked at before the first is moved: our netback has the others follow. */
	for (i = 0; i < place->count; i++)
		json_object_array_add(list, irq_info(&place->irq[i]));
	vc_cpus_print(cpus, text, sizeof(text));
	json_object_object_add(move, "interface", json_object_new_string(place->ifname));
	json_object_object_add(move, "queue", place->queue < 0 ? NULL :
			       json_object_new_int(place->queue));
	json_object_object_add(move, "to_cpus", json_object_new_string(text));
	for (i = 0; i < place->count && !vc_options.dry_run; i++) {
		wrong = move_irq(&place->irq[i], cpus);
		if (!wrong)
			continue;
		json_object_object_add(json_object_array_get_idx(list, i), "error",
				       json_object_new_string(wrong));
		free(wrong);
		moved = false;
	}
	json_object_object_add(move, "irqs", list);
	json_object_object_add(move, "followed", moved ?
			       json_object_new_string(followed(place, cpus)) : NULL);
	json_object_object_add(move, "completion", place->ours ?
			       json_object_new_string(place->local ? "local" : "home") : NULL);
	/* A policy may have one. */
	json_object_object_add(move, "mode", NULL);

	return move;
}

/* A policy may have said what is to run a vif's actions. */
static bool any_mode(struct json_object *moves)
{
	size_t i;

	for (i = 0; i < json_object_array_length(moves); i++)
		if (vc_info_text(json_object_array_get_idx(moves, i), "mode", NULL))
			return true;

	return false;
}

static void print_table(struct json_object *moves)
{
	bool modes = any_mode(moves);
	const char *const heads[] = { "QUEUE", "IRQ", "NAME", "FROM", "TO", "WORK FOLLOWED",
				      modes ? "MODE" : NULL, NULL };
	struct vc_table *table = vc_table_new(heads);
	size_t i, k;

	for (i = 0; i < json_object_array_length(moves); i++) {
		struct json_object *move = json_object_array_get_idx(moves, i), *irqs;
		const char *work = vc_info_text(move, "followed", vc_options.dry_run ? "not done" :
						"unknown");
		bool any = vc_info_number(move, "queue", -1) >= 0;

		json_object_object_get_ex(move, "irqs", &irqs);
		for (k = 0; k < json_object_array_length(irqs); k++) {
			struct json_object *irq = json_object_array_get_idx(irqs, k);
			bool failed = vc_info_text(irq, "error", NULL);

			vc_table_cell(table, "%s", any ? vc_info_text(move, "queue", "") : "");
			vc_table_cell(table, "%s", vc_info_text(irq, "irq", ""));
			vc_table_cell(table, "%s", vc_info_text(irq, "name", ""));
			vc_table_cell(table, "%s", vc_info_text(irq, "from_cpus", "?"));
			vc_table_cell(table, "%s", vc_info_text(move, "to_cpus", ""));
			vc_table_cell(table, "%s", failed ? "failed" : work);
			vc_table_mark(table, failed || !strcmp(work, "no"));
			if (modes)
				vc_table_cell(table, "%s", vc_info_text(move, "mode", ""));
		}
	}
	vc_table_print(table, "");
}

static void warn_of_work(struct json_object *move)
{
	const char *ifname = vc_info_text(move, "interface", "");
	bool local = !strcmp(vc_info_text(move, "completion", ""), "local");

	vc_warn("the work of %s q%s has not followed its interrupts to CPU %s%s%s%s", ifname,
		vc_info_text(move, "queue", ""), vc_info_text(move, "to_cpus", ""),
		local ? ": its completion is local, and the work goes to the NIC's CPUs (vifctl completion " : "",
		local ? ifname : "", local ? " home)" : "");
}

/**
 * vc_place_print() - print what was moved, warn of what was not, and let go of it
 * @moves: an array of what vc_place_move() has returned
 *
 * Return: the exit status, VC_REFUSED if something was not moved, or its work has not followed.
 */
int vc_place_print(struct json_object *moves)
{
	struct json_object *irqs;
	int status = VC_OK;
	const char *wrong;
	size_t i, k;

	if (vc_options.json)
		vc_print_json(json_object_get(moves));
	else
		print_table(moves);
	for (i = 0; i < json_object_array_length(moves); i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);

		if (!strcmp(vc_info_text(move, "followed", ""), "no")) {
			warn_of_work(move);
			status = VC_REFUSED;
		}
		json_object_object_get_ex(move, "irqs", &irqs);
		for (k = 0; k < json_object_array_length(irqs); k++) {
			wrong = vc_info_text(json_object_array_get_idx(irqs, k), "error", NULL);
			if (!wrong)
				continue;
			vc_warn("%s", wrong);
			status = VC_REFUSED;
		}
	}
	json_object_put(moves);

	return status;
}
