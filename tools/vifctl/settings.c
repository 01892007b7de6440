// SPDX-License-Identifier: GPL-2.0
/* vifctl mode, completion, queues and rate: what can be set of a vif */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "dryrun.h"
#include "ethtool.h"
#include "file.h"
#include "info.h"
#include "options.h"
#include "rate.h"
#include "say.h"
#include "store.h"
#include "vif.h"

static struct json_object *about(const struct vc_vif *vif)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "vif", vif->ifname[0] ?
			       json_object_new_string(vif->ifname) : NULL);

	return object;
}

/* The value of a setting now, after it was set or because it was asked for. */
static int tell(const struct vc_vif *vif, const char *key, struct json_object *value)
{
	struct json_object *object;

	if (!vc_options.json) {
		vc_vif_print_name(vif);
		printf("%s %s\n", key, json_object_get_string(value));
		json_object_put(value);
		return VC_OK;
	}
	object = about(vif);
	json_object_object_add(object, key, value);
	vc_print_json(object);

	return VC_OK;
}

static struct vc_vif need_backend(const char *name, const char *what)
{
	struct vc_vif vif = vc_vif_need(name);

	if (vif.frontend)
		vc_refuse("%s is set where %s is served, in domain %s", what, name, vif.domain);

	return vif;
}

/* mode and completion: an attribute that only our netback has. */
static int set_attribute(int argc, char *argv[], const char *command, const char *attribute,
			 const char *const values[])
{
	char path[128], choice[64] = "";
	struct vc_vif vif;
	char *now;
	int i, err;

	for (i = 0; values[i]; i++)
		snprintf(choice + strlen(choice), sizeof(choice) - strlen(choice), "%s%s",
			 i ? "|" : "", values[i]);
	if (argc < 1 || argc > 2)
		vc_usage("must be: vifctl %s VIF [%s]", command, choice);
	for (i = 0; argc == 2 && values[i] && strcmp(values[i], argv[1]); i++)
		;
	if (argc == 2 && !values[i])
		vc_usage("%s is no %s: must be %s", argv[1], command, choice);

	vif = need_backend(argv[0], command);
	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s/%s", vif.device, attribute);
	if (!vc_file_exists("/sys/bus/xen-backend/devices/%s/driver", vif.device))
		vc_refuse("%s has no driver (yet), and so no %s: is xen-netback loaded?", argv[0],
			  command);
	if (!vc_file_exists("%s", path))
		vc_refuse("%s is served by the in-tree netback, which has no %s to choose", argv[0],
			  command);
	if (argc == 2) {
		vc_need_root();
		if (vc_options.dry_run)
			return vc_dry_run("echo %s >%s", argv[1], path);
		err = vc_file_write(argv[1], "%s", path);
		if (err)
			vc_refuse("%s stays as it was: %s", path, strerror(-err));
	}
	now = vc_file_word("%s", path);
	if (!now || (argc == 2 && strcmp(now, argv[1])))
		vc_refuse("%s is %s", path, now ? now : strerror(errno));
	tell(&vif, attribute, json_object_new_string(now));
	free(now);

	return VC_OK;
}

/**
 * vc_cmd_mode() - vifctl mode VIF [napi|kthread|tasklet]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_mode(int argc, char *argv[])
{
	static const char *const values[] = { "napi", "kthread", "tasklet", NULL };

	return set_attribute(argc, argv, "mode", "tx_action", values);
}

/**
 * vc_cmd_completion() - vifctl completion VIF [home|local]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_completion(int argc, char *argv[])
{
	static const char *const values[] = { "home", "local", NULL };

	return set_attribute(argc, argv, "completion", "completion", values);
}

/**
 * vc_cmd_queues() - vifctl queues VIF [N]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_queues(int argc, char *argv[])
{
	struct vc_channels channels;
	unsigned long wanted = 0;
	struct vc_vif vif;
	char *end;
	int err;

	if (argc < 1 || argc > 2)
		vc_usage("must be: vifctl queues VIF [N]");
	if (argc == 2) {
		wanted = strtoul(argv[1], &end, 10);
		if (end == argv[1] || *end || !wanted || wanted > 65535)
			vc_usage("%s is no number of queues", argv[1]);
	}
	vif = vc_vif_need(argv[0]);
	err = vc_ethtool_channels(vif.ifname, &channels);
	/* The in-tree netback has what the guest has asked for, and does not say by ethtool. */
	if (err == -EOPNOTSUPP && !wanted)
		return tell(&vif, "queues", json_object_new_int64(vc_info_queues(&vif)));
	if (err == -EOPNOTSUPP)
		vc_refuse("%s keeps its queues: its driver cannot change how many there are", argv[0]);
	if (err)
		vc_refuse("the number of queues of %s is not to be had: %s", argv[0], strerror(-err));
	if (wanted) {
		vc_need_root();
		if (wanted > channels.max_combined)
			vc_refuse("%s can have %u queues at most", argv[0], channels.max_combined);
		if (vc_options.dry_run)
			return vc_dry_run("ethtool -L %s combined %lu", vif.ifname, wanted);
		err = vc_ethtool_set_combined(vif.ifname, wanted);
		/* It has as many already. */
		if (err && channels.combined != wanted)
			vc_refuse("%s keeps its %u queues: %s", argv[0], channels.combined,
				  strerror(-err));
		err = vc_ethtool_channels(vif.ifname, &channels);
		if (err)
			vc_refuse("how many queues %s has now is not to be had: %s", argv[0],
				  strerror(-err));
		if (channels.combined != wanted)
			vc_refuse("%s has %u queues", argv[0], channels.combined);
	}

	return tell(&vif, "queues", json_object_new_int64(channels.combined));
}

static int tell_rate(const struct vc_vif *vif)
{
	char *key = vc_store_read("%s/rate", vif->node);
	struct json_object *object;
	struct vc_rate rate;
	bool none = !key;
	char *node = vc_store_read("%s", vif->node);

	/* It is asked last: then it was there when the key was looked for. */
	if (!node)
		vc_refuse("%s has gone away meanwhile; see vifctl list", vif->device);
	free(node);
	if (!none && !vc_rate_parse_key(key, &rate))
		vc_refuse("%s/rate is no rate that netback takes", vif->node);
	free(key);
	if (vc_options.json) {
		object = about(vif);
		json_object_object_add(object, "rate_bytes", none ? NULL :
				       json_object_new_uint64(rate.bytes));
		json_object_object_add(object, "rate_interval_usecs", none ? NULL :
				       json_object_new_uint64(rate.usecs));
		vc_print_json(object);
		return VC_OK;
	}
	vc_vif_print_name(vif);
	if (none)
		printf("rate none\n");
	else
		printf("rate %llu bytes in %llu us\n", rate.bytes, rate.usecs);

	return VC_OK;
}

/**
 * vc_cmd_rate() - vifctl rate VIF [RATE[@INTERVAL]|none]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_rate(int argc, char *argv[])
{
	struct vc_rate rate;
	struct vc_vif vif;
	char key[64];
	int err;

	if (argc < 1 || argc > 2)
		vc_usage("must be: vifctl rate VIF [RATE[@INTERVAL]|none]");
	if (argc == 2 && strcmp(argv[1], "none") && !vc_rate_parse(argv[1], &rate))
		vc_usage("%s is no rate: must be like 10Mb/s or 250KB/s@20ms, or none", argv[1]);
	vif = need_backend(argv[0], "the rate");
	if (argc == 2) {
		bool none = !strcmp(argv[1], "none");

		vc_need_root();
		if (!none)
			snprintf(key, sizeof(key), "%llu,%llu", rate.bytes, rate.usecs);
		if (vc_options.dry_run)
			return none ? vc_dry_run("xenstore-rm %s/rate", vif.node) :
			       vc_dry_run("xenstore-write %s/rate %s", vif.node, key);
		err = none ? vc_store_remove("%s/rate", vif.node) :
		      vc_store_write(key, vif.node, "rate");
		if (err)
			vc_refuse("XenStore does not take %s/rate: %s", vif.node, strerror(-err));
	}

	return tell_rate(&vif);
}
