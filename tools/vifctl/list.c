// SPDX-License-Identifier: GPL-2.0
/* vifctl list */

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "info.h"
#include "options.h"
#include "say.h"
#include "table.h"
#include "vif.h"

static void print(struct json_object *list)
{
	static const char *const heads[] = {
		"VIF", "DOMAIN", "ID", "MAC", "BRIDGE", "BACKEND", "FRONTEND", "QUEUES", "MODULE",
		NULL
	};
	struct vc_table *table = vc_table_new(heads);
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *vif = json_object_array_get_idx(list, i);
		const char *module = vc_info_text(vif, "module", NULL);

		vc_table_cell(table, "%s", vc_info_text(vif, "vif", ""));
		vc_table_cell(table, "%s", vc_info_text(vif, "domain", ""));
		vc_table_cell(table, "%lld", vc_info_number(vif, "domain_id", 0));
		vc_table_cell(table, "%s", vc_info_text(vif, "mac", ""));
		vc_table_cell(table, "%s", vc_info_text(vif, "bridge", ""));
		vc_table_cell(table, "%s", vc_info_text(vif, "backend_state", ""));
		vc_table_mark(table, strcmp(vc_info_text(vif, "backend_state", ""), "Connected"));
		vc_table_cell(table, "%s", vc_info_text(vif, "frontend_state", ""));
		vc_table_mark(table, strcmp(vc_info_text(vif, "frontend_state", ""), "Connected"));
		vc_table_cell(table, "%lld", vc_info_number(vif, "nr_queues", 0));
		if (module)
			vc_table_cell(table, "%s %s", module, vc_info_text(vif, "version", "(in-tree)"));
		else
			vc_table_cell(table, "%s", "");
	}
	vc_table_print(table, "");
}

/**
 * vc_cmd_list() - vifctl list
 * @argc: arguments behind the command, of which there are none
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_list(int argc, char *argv[])
{
	struct json_object *list = json_object_new_array();
	struct vc_vif *vifs;
	size_t count, i;

	if (argc)
		vc_usage("list takes no %s; for one vif: vifctl show %s", argv[0], argv[0]);
	vifs = vc_vifs(&count);
	for (i = 0; i < count; i++)
		json_object_array_add(list, vc_info_brief(&vifs[i]));
	free(vifs);
	if (vc_options.json) {
		vc_print_json(list);
		return VC_OK;
	}
	print(list);
	json_object_put(list);

	return VC_OK;
}
