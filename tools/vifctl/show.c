// SPDX-License-Identifier: GPL-2.0
/* vifctl show */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "info.h"
#include "options.h"
#include "say.h"
#include "table.h"
#include "vif.h"

static void print_features(struct json_object *vif)
{
	struct json_object *features;
	size_t i;

	printf("  features  ");
	json_object_object_get_ex(vif, "features", &features);
	for (i = 0; i < json_object_array_length(features); i++)
		printf(" %s", json_object_get_string(json_object_array_get_idx(features, i)));
	putchar('\n');
}

static void print_head(struct json_object *vif)
{
	const char *module = vc_info_text(vif, "module", NULL);
	const char *error = vc_info_text(vif, "error", NULL);
	const char *alone = vc_info_text(vif, "vif", NULL) ? "none" : "?";

	printf("%s: domain %s (%lld), handle %lld, mac %s\n", vc_info_text(vif, "vif", "(no interface)"),
	       vc_info_text(vif, "domain", "?"), vc_info_number(vif, "domain_id", 0),
	       vc_info_number(vif, "handle", 0), vc_info_text(vif, "mac", "?"));
	printf("  states     backend %s, frontend %s%s%s\n", vc_info_text(vif, "backend_state", "?"),
	       vc_info_text(vif, "frontend_state", "?"),
	       vc_info_number(vif, "carrier", 1) ? "" : ", no carrier",
	       vc_info_number(vif, "up", 1) ? "" : ", interface is down");
	if (error)
		printf("  error      %s\n", error);
	printf("  served by  %s %s", module ? module : "no driver",
	       module ? vc_info_text(vif, "version", "(in-tree)") : "");
	if (vc_info_text(vif, "tx_action", NULL))
		printf(", action %s, completion %s", vc_info_text(vif, "tx_action", ""),
		       vc_info_text(vif, "completion", ""));
	printf("\n  bridge     %s, mtu %s\n", vc_info_text(vif, "bridge", alone),
	       vc_info_text(vif, "mtu_bytes", "?"));
	if (vc_info_text(vif, "rate_bytes", NULL))
		printf("  rate       %lld bytes in %lld us\n", vc_info_number(vif, "rate_bytes", 0),
		       vc_info_number(vif, "rate_interval_usecs", 0));
	print_features(vif);
	printf("  traffic    rx %s packets, %s errors, %s dropped; "
	       "tx %s packets, %s errors, %s dropped\n",
	       vc_info_text(vif, "rx_packets", "?"), vc_info_text(vif, "rx_errors", "?"),
	       vc_info_text(vif, "rx_dropped", "?"), vc_info_text(vif, "tx_packets", "?"),
	       vc_info_text(vif, "tx_errors", "?"), vc_info_text(vif, "tx_dropped", "?"));
}

/* Interrupts and their CPUs, "69 70" and "2" or "2 3". */
static void irq_texts(struct json_object *queue, char *irqs, char *cpus, size_t size)
{
	struct json_object *list;
	const char *cpu, *last = "";
	size_t i, n = 0, m = 0;

	irqs[0] = cpus[0] = 0;
	json_object_object_get_ex(queue, "irqs", &list);
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *irq = json_object_array_get_idx(list, i);

		n += snprintf(irqs + n, n < size ? size - n : 0, "%s%lld", n ? " " : "",
			      vc_info_number(irq, "irq", 0));
		cpu = vc_info_text(irq, "effective_cpus", "?");
		if (strcmp(cpu, last))
			m += snprintf(cpus + m, m < size ? size - m : 0, "%s%s", m ? " " : "", cpu);
		last = cpu;
	}
}

static long long interrupts(struct json_object *queue)
{
	struct json_object *list;
	long long sum = 0;
	size_t i;

	json_object_object_get_ex(queue, "irqs", &list);
	for (i = 0; i < json_object_array_length(list); i++)
		sum += vc_info_number(json_object_array_get_idx(list, i), "interrupts", 0);

	return sum;
}

static void print_queues(struct json_object *queues)
{
	static const char *const heads[] = {
		"QUEUE", "IRQ", "CPU", "EVENTS", "ACTION", "HOME", "TX WAIT", "TX FLIGHT", "RX FREE",
		"RX WAIT", "RX STATE", "RX PACKETS", "TX PACKETS", NULL
	};
	struct vc_table *table = vc_table_new(heads);
	size_t i;

	for (i = 0; i < json_object_array_length(queues); i++) {
		struct json_object *queue = json_object_array_get_idx(queues, i), *ring, *counters;
		char irqs[64], cpus[64];

		json_object_object_get_ex(queue, "ring", &ring);
		json_object_object_get_ex(queue, "counters", &counters);
		irq_texts(queue, irqs, cpus, sizeof(irqs));
		vc_table_cell(table, "q%lld", vc_info_number(queue, "queue", 0));
		vc_table_cell(table, "%s", irqs);
		vc_table_cell(table, "%s", cpus);
		vc_table_cell(table, "%lld", interrupts(queue));
		vc_table_cell(table, "%s", vc_info_text(queue, "action", ""));
		vc_table_cell(table, "%s", vc_info_text(queue, "home_cpu", ""));
		vc_table_cell(table, "%s", vc_info_text(queue, "tx_ring_waiting_slots", ""));
		vc_table_cell(table, "%s", vc_info_text(queue, "tx_ring_in_flight_slots", ""));
		vc_table_cell(table, "%s", vc_info_text(queue, "rx_ring_free_slots", ""));
		vc_table_cell(table, "%s", vc_info_text(ring, "rx_waiting", ""));
		vc_table_cell(table, "%s", vc_info_text(ring, "rx_state", ""));
		vc_table_mark(table, strcmp(vc_info_text(ring, "rx_state", "fed"), "fed"));
		vc_table_cell(table, "%s", vc_info_text(counters, "rx_packets", ""));
		vc_table_cell(table, "%s", vc_info_text(counters, "tx_packets", ""));
	}
	vc_table_print(table, "  ");
}

static bool is_drop(const char *name)
{
	return strstr(name, "_drop_") || strstr(name, "_err_") || strstr(name, "fatal");
}

/* How many of the packets each queue has discarded, if there is more than one. */
static void print_shares(struct json_object *queues, const char *name)
{
	size_t i, count = json_object_array_length(queues);
	struct json_object *queue, *counters;
	const char *comma = "";

	for (i = 0; i < count && count > 1; i++) {
		queue = json_object_array_get_idx(queues, i);
		if (!json_object_object_get_ex(queue, "counters", &counters) ||
		    !vc_info_number(counters, name, 0))
			continue;
		printf("%s q%lld: %lld", comma, vc_info_number(queue, "queue", 0),
		       vc_info_number(counters, name, 0));
		comma = ",";
	}
}

/* Each reason for which a packet was discarded, how many, and by which queues. */
static void print_drops(struct json_object *vif, struct json_object *queues)
{
	struct json_object *counters;

	if (!json_object_object_get_ex(vif, "counters", &counters))
		return;
	json_object_object_foreach(counters, name, value) {
		if (!is_drop(name) || !json_object_get_int64(value))
			continue;
		printf("  %-28s %lld ", name, (long long)json_object_get_int64(value));
		print_shares(queues, name);
		putchar('\n');
	}
}

static void print(struct json_object *vif)
{
	struct json_object *queues;

	print_head(vif);
	/* Without an interface there are no queues. */
	if (!vc_info_text(vif, "vif", NULL))
		return;
	json_object_object_get_ex(vif, "queues", &queues);
	print_queues(queues);
	print_drops(vif, queues);
}

/**
 * vc_cmd_show() - vifctl show [VIF]...
 * @argc: arguments behind the command
 * @argv: vifs; none for all
 *
 * Return: the exit status.
 */
int vc_cmd_show(int argc, char *argv[])
{
	struct json_object *list = json_object_new_array();
	struct vc_vif *vifs, named;
	size_t count, i;
	int arg;

	if (argc) {
		for (arg = 0; arg < argc; arg++) {
			named = vc_vif_need(argv[arg]);
			json_object_array_add(list, vc_info_whole(&named));
		}
	} else {
		vifs = vc_vifs(&count);
		for (i = 0; i < count; i++)
			json_object_array_add(list, vc_info_whole(&vifs[i]));
		free(vifs);
	}
	if (vc_options.json) {
		vc_print_json(list);
		return VC_OK;
	}
	for (i = 0; i < json_object_array_length(list); i++)
		print(json_object_array_get_idx(list, i));
	json_object_put(list);

	return VC_OK;
}
