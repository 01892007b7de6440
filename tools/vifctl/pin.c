// SPDX-License-Identifier: GPL-2.0
/* vifctl pin, unpin and spread */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "nic.h"
#include "options.h"
#include "place.h"
#include "policyfile.h"
#include "say.h"
#include "vif.h"

/* What has irqbalance leave interrupts alone for which the policy has a place. */
#define SCRIPT		"irqbalance-policy"
#define SCRIPT_PATH	"/usr/share/vifwire/" SCRIPT

static void read_cpus(const char *list, struct vc_cpus *cpus)
{
	if (!vc_cpus_parse(list, cpus))
		vc_usage("\"%s\" is no list of CPUs from 0 to %u: must be like 0-3,8", list,
			 VC_CPUS_MAX - 1);
	vc_need_online(cpus);
}

static void read_local(struct vc_cpus *cpus, char *list, const char *what)
{
	struct vc_cpus online;
	unsigned int i;

	if (!list || !vc_cpus_parse(list, cpus))
		vc_refuse("%s", what);
	free(list);
	vc_online(&online);
	for (i = 0; i < VC_CPUS_MAX / 64; i++)
		cpus->bits[i] &= online.bits[i];
	if (!vc_cpus_count(cpus))
		vc_refuse("%s", what);
}

/* The kernel calls all CPUs local to what has no node. A PV dom0 is not told of any. */
static void read_near(const char *nic, struct vc_cpus *cpus)
{
	const char *device = vc_nic_device(nic);
	char *node, what[128];

	if (!device)
		vc_refuse("%s is no NIC with interrupts; see them with: ip link", nic);
	snprintf(what, sizeof(what), "no CPU that is online is near %s", nic);
	read_local(cpus, vc_file_read("/sys/class/net/%s/%s/local_cpulist", nic, device), what);
	node = vc_file_read("/sys/class/net/%s/%s/numa_node", nic, device);
	if (!node || atoi(node) < 0)
		vc_warn("the kernel does not know on which NUMA node %s is: all CPUs count as near; "
			"say which are with: to CPUS", nic);
	free(node);
}

/* The CPUs that are meant by "to 2-3", "near eth0" or "node 1". */
static void read_where(int argc, char *argv[], struct vc_cpus *cpus)
{
	char what[128];

	if (argc != 2)
		vc_usage("say where: to CPUS, near NIC or node N");
	if (!strcmp(argv[0], "to")) {
		read_cpus(argv[1], cpus);
	} else if (!strcmp(argv[0], "near")) {
		read_near(argv[1], cpus);
	} else if (!strcmp(argv[0], "node")) {
		if (!*argv[1] || strspn(argv[1], "0123456789") != strlen(argv[1]))
			vc_usage("\"%s\" is no number of a NUMA node", argv[1]);
		snprintf(what, sizeof(what), "there is no NUMA node %s with a CPU that is online",
			 argv[1]);
		read_local(cpus, vc_file_read("/sys/devices/system/node/node%s/cpulist", argv[1]),
			   what);
	} else {
		vc_usage("%s is no place: must be to CPUS, near NIC or node N", argv[0]);
	}
}

/* Has the policy a place for all these queues? Only then irqbalance's script bans them. */
static bool policy_has(const struct vc_place *places, size_t count)
{
	char name[VC_POLICY_NAME_LEN];
	struct vc_policy policy;
	size_t nr_vifs = 0, i;
	struct vc_vif *vifs;
	bool has = true;

	vc_policy_read(&policy, false);
	vifs = vc_nic_device(places->ifname) ? NULL : vc_vifs(&nr_vifs);
	for (i = 0; i < count; i++) {
		const struct vc_vif *vif = vc_vif_find(vifs, nr_vifs, places[i].ifname);

		if (vif)
			vc_vif_lasting_name(vif, name, sizeof(name));
		else
			snprintf(name, sizeof(name), "%s", places[i].ifname);
		has = has && vc_policy_find(&policy, name, places[i].queue);
	}
	free(vifs);
	vc_policy_free(&policy);

	return has;
}

/* What has irqbalance leave these interrupts alone, whatever else is there. */
static char *ban(const struct vc_place *places, size_t count)
{
	size_t i, k, size;
	FILE *file;
	char *text;

	file = open_memstream(&text, &size);
	if (!file)
		vc_refuse("no memory");
	for (i = 0; i < count; i++)
		for (k = 0; k < places[i].count; k++)
			fprintf(file, " --banirq=%u", places[i].irq[k].number);
	if (fclose(file))
		vc_refuse("no memory");

	return text;
}

/* Is an interrupt among those that irqbalance was told to leave alone? */
static bool is_banned(const char *arguments, unsigned int number)
{
	static const char *const options[] = { "--banirq=", "--banirq ", "-i" };
	const char *at;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		for (at = arguments; (at = strstr(at, options[i])); at++) {
			unsigned int banned;

			if ((at == arguments || at[-1] == ' ') &&
			    sscanf(at + strlen(options[i]), "%u", &banned) == 1 && banned == number)
				return true;
		}

	return false;
}

static bool all_banned(const char *arguments, const struct vc_place *places, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < places[i].count; k++)
			if (!is_banned(arguments, places[i].irq[k].number))
				return false;

	return true;
}

static void warn_of_process(const char *pid, const struct vc_place *places, size_t count)
{
	char *arguments = vc_file_words("/proc/%s/cmdline", pid), *bans;
	bool script = arguments && strstr(arguments, SCRIPT), kept = policy_has(places, count);
	bool banned = arguments && all_banned(arguments, places, count);
	const char *advice;

	free(arguments);
	if (banned || (script && kept))
		return;
	bans = ban(places, count);
	if (script)
		advice = "keep them there with vifctl policy set, or start it with";
	else if (kept)
		advice = "start it with --policyscript=" SCRIPT_PATH;
	else
		advice = "keep them there with vifctl policy set and start it with --policyscript="
			 SCRIPT_PATH ", or with";
	vc_warn("irqbalance (process %s) will move interrupts again: %s%s%s", pid, advice,
		kept ? "" : bans,
		kept || vc_nic_device(places->ifname) ? "" : ", until the vif connects anew");
	free(bans);
}

/* Somebody else may be about to move interrupts again. */
static void warn_of_irqbalance(const struct vc_place *places, size_t count)
{
	char **pids = vc_file_list("/proc");
	size_t i;

	for (i = 0; pids && pids[i]; i++) {
		char *name;

		if (!isdigit((unsigned char)pids[i][0]))
			continue;
		name = vc_file_word("/proc/%s/comm", pids[i]);
		if (name && !strcmp(name, "irqbalance"))
			warn_of_process(pids[i], places, count);
		free(name);
	}
	vc_file_list_free(pids);
}

/*
 * One CPU for each queue, in turn: an event goes to one CPU only. Interrupts of no queue are rare,
 * and take no turn.
 */
static int move_in_turn(struct vc_place *places, size_t count, const struct vc_cpus *cpus)
{
	struct json_object *moves = json_object_new_array();
	size_t i, turn = 0;
	int status;

	for (i = 0; i < count; i++) {
		struct vc_cpus one = {};

		vc_cpus_add(&one, vc_cpus_nth(cpus, places[i].queue < 0 ? 0 : turn++));
		json_object_array_add(moves, vc_place_move(&places[i], &one));
	}
	status = vc_place_print(moves);
	warn_of_irqbalance(places, count);
	vc_places_free(places, count);

	return status;
}

/* The optional qN or all. */
static const char *read_queue(int *argc, char **argv[])
{
	const char *queue = NULL;

	if (*argc && ((*argv)[0][0] == 'q' || !strcmp((*argv)[0], "all"))) {
		queue = (*argv)[0];
		(*argc)--;
		(*argv)++;
	}

	return queue;
}

/**
 * vc_cmd_pin() - vifctl pin VIF|NIC [qN|all] to CPUS | near NIC | node N
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_pin(int argc, char *argv[])
{
	struct vc_place *places;
	const char *name, *queue;
	struct vc_cpus cpus;
	size_t count;

	if (!argc)
		vc_usage("say what to pin: vifctl pin VIF [qN|all] to CPUS");
	name = argv[0];
	argc--;
	argv++;
	queue = read_queue(&argc, &argv);
	read_where(argc, argv, &cpus);
	vc_need_root();
	places = vc_places(name, queue, &count);

	return move_in_turn(places, count, &cpus);
}

/**
 * vc_cmd_unpin() - vifctl unpin VIF|NIC [qN|all]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_unpin(int argc, char *argv[])
{
	struct json_object *moves = json_object_new_array();
	struct vc_place *places;
	const char *name, *queue;
	struct vc_cpus online;
	size_t count, i;

	if (!argc)
		vc_usage("say what to unpin: vifctl unpin VIF [qN|all]");
	name = argv[0];
	argc--;
	argv++;
	queue = read_queue(&argc, &argv);
	if (argc)
		vc_usage("unpin takes no %s", argv[0]);
	vc_need_root();
	places = vc_places(name, queue, &count);
	vc_online(&online);
	for (i = 0; i < count; i++)
		json_object_array_add(moves, vc_place_move(&places[i], &online));
	vc_places_free(places, count);

	return vc_place_print(moves);
}

/**
 * vc_cmd_spread() - vifctl spread [over CPUS]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_spread(int argc, char *argv[])
{
	struct vc_place *places;
	struct vc_cpus cpus;
	size_t count;

	if (argc && (argc != 2 || strcmp(argv[0], "over")))
		vc_usage("must be: vifctl spread [over CPUS]");
	if (argc)
		read_cpus(argv[1], &cpus);
	else
		vc_online(&cpus);
	vc_need_root();
	places = vc_places_all(&count);
	if (!count)
		vc_refuse("no vif has interrupts; see: vifctl list");

	return move_in_turn(places, count, &cpus);
}
