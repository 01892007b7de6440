// SPDX-License-Identifier: GPL-2.0
/* vifctl policy: where queues live whenever their vif connects */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "file.h"
#include "link.h"
#include "nic.h"
#include "options.h"
#include "place.h"
#include "policyfile.h"
#include "say.h"
#include "store.h"
#include "table.h"
#include "vif.h"

#define CONNECTED	4

/* How often a service that waits looks whether there is anything that it could wait for. */
#define STORE_CHECK_SECONDS	5

/* ---- show ---------------------------------------------------------------- */

static struct json_object *rule_info(const struct vc_rule *rule)
{
	struct json_object *info = json_object_new_object();
	char list[VC_CPUS_LIST];

	vc_cpus_print(&rule->cpus, list, sizeof(list));
	json_object_object_add(info, "vif", json_object_new_string(rule->vif));
	/* All queues have no number. */
	json_object_object_add(info, "queue", rule->queue < 0 ? NULL :
			       json_object_new_int(rule->queue));
	json_object_object_add(info, "cpus", json_object_new_string(list));
	json_object_object_add(info, "mode", *rule->mode ? json_object_new_string(rule->mode) : NULL);

	return info;
}

static void print_rules(const struct vc_policy *policy)
{
	static const char *const heads[] = { "NAME", "QUEUE", "CPUS", "MODE", NULL };
	struct json_object *list = json_object_new_array();
	struct vc_table *table;
	char cpus[VC_CPUS_LIST];
	size_t i;

	if (vc_options.json) {
		for (i = 0; i < policy->count; i++)
			json_object_array_add(list, rule_info(&policy->rule[i]));
		vc_print_json(list);
		return;
	}
	json_object_put(list);
	table = vc_table_new(heads);
	for (i = 0; i < policy->count; i++) {
		const struct vc_rule *rule = &policy->rule[i];

		vc_cpus_print(&rule->cpus, cpus, sizeof(cpus));
		vc_table_cell(table, "%s", rule->vif);
		if (rule->queue < 0)
			vc_table_cell(table, "all");
		else
			vc_table_cell(table, "q%d", rule->queue);
		vc_table_cell(table, "%s", cpus);
		vc_table_cell(table, "%s", rule->mode);
	}
	vc_table_print(table, "");
}

static int show(int argc, char *argv[])
{
	struct vc_policy policy;

	if (argc)
		vc_usage("policy show takes no %s", argv[0]);
	vc_policy_read(&policy, true);
	print_rules(&policy);
	vc_policy_free(&policy);

	return VC_OK;
}

/* To change them. Two who do so at a time would each know nothing of the other's. */
static void read_rules(struct vc_policy *policy)
{
	if (!vc_options.dry_run)
		vc_policy_lock();
	vc_policy_read(policy, true);
}

/* Keep the rules, unless they are only to be looked at. */
static int keep(struct vc_policy *policy)
{
	if (!vc_options.dry_run)
		vc_policy_write(policy);
	print_rules(policy);
	vc_policy_free(policy);

	return VC_OK;
}

/* ---- apply --------------------------------------------------------------- */

/* Return: what runs the vif's actions now, or would in earnest, for free(); NULL if nothing says. */
static char *apply_mode(const struct vc_vif *vif, const char *mode)
{
	char path[128];
	char *now;
	int err;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s/tx_action", vif->device);
	if (vc_options.dry_run) {
		err = vc_file_exists("%s", path) ? 0 : -errno;
		now = err ? NULL : strdup(mode);
	} else {
		err = vc_file_write(mode, "%s", path);
		now = vc_file_word("%s", path);
	}
	if (err == -ENOENT)
		vc_warn("%s does not become %s: the in-tree netback has no mode to choose",
			vif->ifname, mode);
	else if (err || !now || strcmp(now, mode))
		vc_warn("%s does not become %s: %s", vif->ifname, mode,
			err ? strerror(-err) : "the driver has not taken it");

	return now;
}

/* Those of the CPUs that are online; a machine may come up with fewer. */
static bool usable(const struct vc_rule *rule, struct vc_cpus *cpus)
{
	struct vc_cpus online;
	unsigned int i;

	vc_online(&online);
	for (i = 0; i < VC_CPUS_MAX / 64; i++)
		cpus->bits[i] = rule->cpus.bits[i] & online.bits[i];
	if (vc_cpus_count(cpus))
		return true;
	vc_warn("none of the CPUs for %s is online", rule->vif);

	return false;
}

/* Queues that the policy knows by a name; adds what was moved to @moves. Return: the exit status. */
static int apply_places(const struct vc_policy *policy, const char *name,
			const struct vc_place *places, size_t count, struct json_object *moves)
{
	const struct vc_rule *unusable = NULL;
	int status = VC_OK;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct vc_rule *rule = vc_policy_find(policy, name, places[i].queue);
		struct vc_cpus cpus, one = {};
		int turn;

		if (!rule || rule == unusable)
			continue;
		if (!usable(rule, &cpus)) {
			unusable = rule;
			status = VC_REFUSED;
			continue;
		}
		/* In turn, as pin does; what is of no queue takes none. */
		turn = rule->queue < 0 && places[i].queue > 0 ? places[i].queue : 0;
		vc_cpus_add(&one, vc_cpus_nth(&cpus, turn));
		json_object_array_add(moves, vc_place_move(&places[i], &one));
	}

	return status;
}

/* One vif that is connected. Return: the exit status. */
static int apply_vif(const struct vc_policy *policy, const struct vc_vif *vif,
		     struct json_object *moves)
{
	struct vc_place *places;
	char name[VC_POLICY_NAME_LEN];
	const char *mode = NULL;
	int status = VC_OK, one;
	size_t count, i = json_object_array_length(moves);
	char *now = NULL;

	vc_vif_lasting_name(vif, name, sizeof(name));
	places = vc_places_of(vif, &count);
	if (count && !vif->frontend)
		mode = vc_policy_mode(policy, name);
	if (mode)
		now = apply_mode(vif, mode);
	if (mode && (!now || strcmp(now, mode)))
		status = VC_REFUSED;
	one = apply_places(policy, name, places, count, moves);
	for (; mode && i < json_object_array_length(moves); i++)
		json_object_object_add(json_object_array_get_idx(moves, i), "mode",
				       now ? json_object_new_string(now) : NULL);
	free(now);
	vc_places_free(places, count);

	return status ?: one;
}

static int apply_nic(const struct vc_policy *policy, const char *ifname, struct json_object *moves)
{
	struct vc_place *places;
	size_t count;
	int status;

	places = vc_places_of_nic(ifname, false, &count);
	status = apply_places(policy, ifname, places, count, moves);
	vc_places_free(places, count);
	if (vc_policy_mode(policy, ifname))
		vc_warn("%s is a NIC, which has no mode; see " VC_POLICY_PATH, ifname);

	return status;
}

/* Is this rule the first of several about a NIC? */
static bool begins_nic(const struct vc_policy *policy, size_t rule)
{
	size_t i;

	for (i = 0; i < rule; i++)
		if (!strcmp(policy->rule[i].vif, policy->rule[rule].vif))
			return false;

	return !strchr(policy->rule[rule].vif, '/') && vc_nic_device(policy->rule[rule].vif);
}

static void print_moves(struct json_object *moves)
{
	if (json_object_array_length(moves))
		vc_place_print(moves);
	else
		json_object_put(moves);
	fflush(stdout);
}

/*
 * All that the policy knows of and that is here; without XenStore, which NICs do not need, it is
 * these only. When XenStore goes away while it is asked, nothing has been moved yet.
 * Return: the exit status.
 */
static int apply_all(const struct vc_policy *policy, struct json_object *moves)
{
	bool is_store = vc_store_open();
	struct vc_vif *vifs = NULL;
	int status = VC_OK, one;
	size_t count = 0, i;

	if (is_store)
		vifs = vc_vifs(&count);
	for (i = 0; i < policy->count; i++) {
		if (!begins_nic(policy, i))
			continue;
		one = apply_nic(policy, policy->rule[i].vif, moves);
		status = status ?: one;
	}
	if (!is_store) {
		/* What was done is said before the reason. */
		print_moves(moves);
		vc_store_need();
		vc_refuse("XenStore answers only now: vifctl policy apply once more, for vifs");
	}
	for (i = 0; i < count; i++) {
		one = apply_vif(policy, &vifs[i], moves);
		status = status ?: one;
	}
	free(vifs);

	return status;
}

/* Of one that was named more is expected than of all, at least a mode. */
static void need_something(const char *name, bool has_mode)
{
	struct vc_place *places;
	size_t count;

	/* It may have no queues, which is said there. */
	places = vc_places(name, NULL, &count);
	vc_places_free(places, count);
	if (!has_mode)
		vc_refuse("the policy says nothing of the queues of %s: vifctl policy set %s to CPUS",
			  name, name);
}

static int apply(int argc, char *argv[])
{
	struct json_object *moves = json_object_new_array();
	char name[VC_POLICY_NAME_LEN];
	struct vc_policy policy;
	struct vc_vif named;
	bool has_mode = false;
	int status;

	if (argc > 1)
		vc_usage("policy apply takes one vif or NIC, or none for all");
	vc_need_root();
	vc_policy_read(&policy, false);
	if (!argc) {
		status = apply_all(&policy, moves);
	} else if (vc_nic_device(argv[0])) {
		status = apply_nic(&policy, argv[0], moves);
	} else {
		named = vc_vif_need(argv[0]);
		vc_vif_lasting_name(&named, name, sizeof(name));
		has_mode = !named.frontend && vc_policy_mode(&policy, name);
		status = apply_vif(&policy, &named, moves);
	}
	vc_policy_free(&policy);
	if (argc && status == VC_OK && !json_object_array_length(moves))
		need_something(argv[0], has_mode);

	return vc_place_print(moves) ?: status;
}

/* Is this path the state of a vif, or of all that are in a directory that is watched? */
static bool is_of(const char *path, const struct vc_vif *vif)
{
	char state[64];

	if (vif->frontend)
		snprintf(state, sizeof(state), "device/vif/%u/state", vif->handle);
	else
		snprintf(state, sizeof(state), "backend/vif/%u/%u/state", vif->domid, vif->handle);

	return !strcmp(path, state) ||
	       !strcmp(path, vif->frontend ? "device/vif" : "backend/vif");
}

/* A path has changed that is watched. */
static void on_store(const char *path)
{
	struct json_object *moves;
	size_t len = strlen(path), count, i;
	struct vc_policy policy;
	struct vc_vif *vifs;

	/* The first event says no more than that there is a watch. */
	if (len > 6 && !strcmp(path + len - 6, "/state") ?
	    vc_store_number(0, "%s", path) != CONNECTED :
	    strcmp(path, "backend/vif") && strcmp(path, "device/vif"))
		return;
	vc_policy_read(&policy, false);
	moves = json_object_new_array();
	vifs = vc_vifs(&count);
	for (i = 0; i < count; i++)
		if (is_of(path, &vifs[i]))
			apply_vif(&policy, &vifs[i], moves);
	free(vifs);
	vc_policy_free(&policy);
	print_moves(moves);
}

/* A NIC has its interrupts when it is up. */
static void on_up(const char *ifname)
{
	struct json_object *moves;
	struct vc_policy policy;

	if (!vc_nic_device(ifname))
		return;
	vc_policy_read(&policy, false);
	moves = json_object_new_array();
	apply_nic(&policy, ifname, moves);
	vc_policy_free(&policy);
	print_moves(moves);
}

/*
 * For a service: all vifs and NICs once, and then each that connects or comes up. A vif has its
 * interrupts when this side of it becomes Connected: after each reconnection, start or arrival
 * of a guest.
 */
static int watch(int argc, char *argv[])
{
	time_t checked = time(NULL);
	struct mnl_socket *links;
	struct pollfd fd[2];
	char path[512];
	int ready;

	if (argc)
		vc_usage("policy watch takes no %s", argv[0]);
	vc_need_root();
	vc_store_need();
	links = vc_links_watch();
	vc_links_each_up(on_up);
	vc_store_watch("backend/vif", "vif");
	vc_store_watch("device/vif", "vif");
	fd[0] = (struct pollfd) { .fd = vc_store_fd(), .events = POLLIN };
	fd[1] = (struct pollfd) { .fd = mnl_socket_get_fd(links), .events = POLLIN };
	for (;;) {
		ready = poll(fd, 2, 1000 * STORE_CHECK_SECONDS);
		if (labs(time(NULL) - checked) >= STORE_CHECK_SECONDS) {
			vc_store_check();
			checked = time(NULL);
		}
		if (ready <= 0)
			continue;
		if (fd[1].revents)
			vc_links_up(links, on_up);
		if (!fd[0].revents)
			continue;
		vc_store_wait(path, sizeof(path), 0);
		on_store(path);
	}
}

/* ---- change -------------------------------------------------------------- */

static int read_queue(int *argc, char **argv[])
{
	int queue;

	if (!*argc || ((*argv)[0][0] != 'q' && strcmp((*argv)[0], "all")))
		return -1;
	queue = vc_vif_queue((*argv)[0]);
	if (queue < -1)
		vc_usage("%s is no queue: must be q0, q1, ..., or all", (*argv)[0]);
	(*argc)--;
	(*argv)++;

	return queue;
}

/* One that is there, by a name that it has after the guest's next start as well. */
static void find_name(const struct vc_vif *vif, char *found, size_t size)
{
	char classic[IFNAMSIZ];

	snprintf(classic, sizeof(classic), "vif%u.%u", vif->domid, vif->handle);
	if (!vif->frontend && !vif->named &&
	    (!*vif->ifname || !strcmp(vif->ifname, classic)))
		vc_refuse("%s has another name after the guest's next start: give it one that lasts with vifname= in xl.cfg",
			  classic);
	vc_vif_lasting_name(vif, found, size);
	if (!vc_policy_can_name(found))
		vc_refuse("the policy cannot hold a domain's name with spaces or #; see xl rename");
}

/* One that is yet to come. */
static void check_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (!slash || slash == name || !vc_vif_is_handle(slash + 1))
		vc_refuse("no vif %s; one that is yet to come is named DOMAIN/HANDLE", name);
	if (vc_own_domid())
		vc_refuse("no vif %s; only dom0 sees names of domains: name the interface, with vifname= in xl.cfg",
			  name);
	if (strspn(name, "0123456789") == (size_t)(slash - name))
		vc_refuse("no vif %s; a domain that is yet to come is named, not numbered", name);
	if (!vc_policy_can_name(name))
		vc_refuse("the policy cannot hold a domain's name with spaces or #, or of %d bytes and more",
			  VC_DOMAIN_LEN);
}

/*
 * A vif that exists by any of its names, a NIC; else DOMAIN/HANDLE, for it may come later. True if
 * it is not a guest's that is served here, and so has no mode.
 */
static bool read_name(const char *name, char *found, size_t size)
{
	const struct vc_vif *vif;
	struct vc_vif *vifs;
	size_t count;
	bool own;

	if (vc_nic_device(name)) {
		if (!vc_policy_can_name(name))
			vc_refuse("the policy cannot hold an interface's name with spaces or #");
		snprintf(found, size, "%s", name);
		return true;
	}
	vifs = vc_vifs(&count);
	vif = vc_vif_find(vifs, count, name);
	own = vif && vif->frontend;
	if (vif) {
		find_name(vif, found, size);
	} else {
		check_name(name);
		snprintf(found, size, "%s", name);
	}
	free(vifs);

	return own;
}

static void need_name(const char *name)
{
	if (!*name)
		vc_usage("an empty name is no vif and no NIC; see vifctl list");
}

static int set(int argc, char *argv[])
{
	struct vc_policy policy;
	struct vc_rule rule = {};
	const char *name;

	if (argc < 3)
		vc_usage("must be: vifctl policy set VIF|NIC [qN|all] to CPUS [mode=MODE]");
	name = argv[0];
	need_name(name);
	argc--;
	argv++;
	rule.queue = read_queue(&argc, &argv);
	if (argc < 2 || argc > 3 || strcmp(argv[0], "to"))
		vc_usage("must be: vifctl policy set VIF|NIC [qN|all] to CPUS [mode=MODE]");
	if (!vc_cpus_parse(argv[1], &rule.cpus))
		vc_usage("\"%s\" is no list of CPUs from 0 to %u: must be like 0-3,8", argv[1],
			 VC_CPUS_MAX - 1);
	if (argc == 3) {
		if (strcmp(argv[2], "mode=napi") && strcmp(argv[2], "mode=kthread") &&
		    strcmp(argv[2], "mode=tasklet"))
			vc_usage("%s is no mode: must be mode=napi, mode=kthread or mode=tasklet",
				 argv[2]);
		strcpy(rule.mode, argv[2] + strlen("mode="));
	}
	vc_need_online(&rule.cpus);
	vc_need_root();
	if (read_name(name, rule.vif, sizeof(rule.vif)) && *rule.mode)
		vc_refuse(vc_nic_device(name) ? "%s is a NIC, which has no mode" :
			  "the mode is set where %s is served", name);
	read_rules(&policy);
	vc_policy_set(&policy, &rule);

	return keep(&policy);
}

static int delete(int argc, char *argv[])
{
	struct vc_policy policy;
	char vif[VC_POLICY_NAME_LEN];
	const char *name;
	int queue;

	if (!argc)
		vc_usage("must be: vifctl policy delete VIF|NIC [qN|all]");
	name = argv[0];
	need_name(name);
	argc--;
	argv++;
	queue = read_queue(&argc, &argv);
	if (argc)
		vc_usage("policy delete takes no %s", argv[0]);
	vc_need_root();
	/* Whom XenStore is asked about may be gone, and nobody is to wait for the answer. */
	vc_policy_read(&policy, true);
	snprintf(vif, sizeof(vif), "%s", name);
	if (!vc_policy_delete(&policy, name, queue))
		read_name(name, vif, sizeof(vif));
	vc_policy_free(&policy);
	read_rules(&policy);
	if (!vc_policy_delete(&policy, vif, queue))
		vc_refuse("the policy says nothing of %s", vif);

	return keep(&policy);
}

static bool has_irq(const struct vc_policy *policy, const char *name, struct vc_place *places,
		    size_t count, unsigned long irq)
{
	bool found = false;
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = 0; k < places[i].count; k++)
			if (places[i].irq[k].number == irq &&
			    vc_policy_find(policy, name, places[i].queue))
				found = true;
	vc_places_free(places, count);

	return found;
}

/* Is an interrupt one that the policy has a place for? For irqbalance's policy script. */
static int covers(int argc, char *argv[])
{
	struct json_object *answer;
	char name[VC_POLICY_NAME_LEN];
	struct vc_policy policy;
	struct vc_place *places;
	struct vc_vif *vifs;
	size_t nr_vifs, count, i;
	unsigned long irq;
	bool found = false;
	char *end;

	irq = argc == 1 ? strtoul(argv[0], &end, 10) : 0;
	if (argc != 1 || end == argv[0] || *end || irq > UINT_MAX)
		vc_usage("must be: vifctl policy covers IRQ");
	vc_policy_read(&policy, false);
	for (i = 0; i < policy.count && !found; i++) {
		if (!begins_nic(&policy, i))
			continue;
		/* irqbalance asks once, and the NIC may come up later. */
		places = vc_places_of_nic(policy.rule[i].vif, true, &count);
		found = has_irq(&policy, policy.rule[i].vif, places, count, irq);
	}
	/* NICs have nothing to do with XenStore, which may be away. */
	vifs = found ? NULL : vc_vifs(&nr_vifs);
	for (i = 0; vifs && i < nr_vifs && !found; i++) {
		vc_vif_lasting_name(&vifs[i], name, sizeof(name));
		places = vc_places_of(&vifs[i], &count);
		found = has_irq(&policy, name, places, count, irq);
	}
	free(vifs);
	vc_policy_free(&policy);
	if (vc_options.json) {
		answer = json_object_new_object();
		json_object_object_add(answer, "irq", json_object_new_int64(irq));
		json_object_object_add(answer, "covered", json_object_new_boolean(found));
		vc_print_json(answer);
	}

	return found ? VC_OK : VC_USAGE;
}

/**
 * vc_cmd_policy() - vifctl policy [show|set|delete|apply|watch|covers]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_policy(int argc, char *argv[])
{
	if (!argc)
		return show(argc, argv);
	if (!strcmp(argv[0], "show"))
		return show(argc - 1, argv + 1);
	if (!strcmp(argv[0], "set"))
		return set(argc - 1, argv + 1);
	if (!strcmp(argv[0], "delete"))
		return delete(argc - 1, argv + 1);
	if (!strcmp(argv[0], "apply"))
		return apply(argc - 1, argv + 1);
	if (!strcmp(argv[0], "watch"))
		return watch(argc - 1, argv + 1);
	if (!strcmp(argv[0], "covers"))
		return covers(argc - 1, argv + 1);
	vc_usage("%s is no part of policy: must be show, set, delete, apply, watch or covers", argv[0]);
}
