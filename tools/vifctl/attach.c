// SPDX-License-Identifier: GPL-2.0
/* vifctl attach and detach, through xl */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge.h"
#include "commands.h"
#include "domain.h"
#include "dryrun.h"
#include "ends.h"
#include "info.h"
#include "options.h"
#include "run.h"
#include "say.h"
#include "seconds.h"
#include "store.h"
#include "vif.h"
#include "vifspec.h"

#define SECONDS_DEFAULT	15

/**
 * struct both - a vif, from outside
 * @domid: the guest
 * @handle: its number there
 * @frontend: the guest's directory in XenStore
 * @backend: that of the other side
 */
struct both {
	unsigned int domid;
	unsigned int handle;
	char frontend[128];
	char backend[128];
};

/* Options, which are the same for both commands. Returns the time to wait. */
static double read_options(int *argc, char **argv[])
{
	static const struct option options[] = {
		{ "time", required_argument, NULL, 't' },
		{}
	};
	double seconds = SECONDS_DEFAULT;

	while (vc_option(*argc, *argv, "t:", options) >= 0)
		seconds = vc_seconds(optarg);
	*argc -= optind;
	*argv += optind;

	return seconds;
}

static void need_xl(void)
{
	vc_store_need();
	if (!vc_run_there("xl"))
		vc_refuse("there is no xl here; it is in dom0, with Xen's other tools");
}

/* From what xl keeps for itself: guests may write to their ends. False when it has none such. */
static bool find_both(unsigned int domid, unsigned int handle, struct both *both)
{
	char *backend = vc_store_read("/libxl/%u/device/vif/%u/backend", domid, handle);

	both->domid = domid;
	both->handle = handle;
	snprintf(both->frontend, sizeof(both->frontend), "/local/domain/%u/device/vif/%u", domid,
		 handle);
	snprintf(both->backend, sizeof(both->backend), "%s", backend ? backend : "");
	free(backend);

	return *both->backend;
}

static char **list_handles(unsigned int domid, unsigned int *count)
{
	return vc_store_list(count, "/libxl/%u/device/vif", domid);
}

/* What the vif is for those that know only one end of it. */
static struct vc_vif vif_of(const struct both *both)
{
	struct vc_vif vif = { .domid = both->domid, .handle = both->handle };
	const struct vc_vif *found;
	struct vc_vif *vifs;
	size_t count;
	char name[32];

	vifs = vc_vifs(&count);
	snprintf(name, sizeof(name), "%u/%u", both->domid, both->handle);
	found = vc_vif_find(vifs, count, name);
	if (found) {
		vif = *found;
	} else {
		/* Another domain serves it. */
		snprintf(vif.node, sizeof(vif.node), "%s", both->backend);
		snprintf(vif.otherend, sizeof(vif.otherend), "%s", both->frontend);
		snprintf(vif.domain, sizeof(vif.domain), "%u", both->domid);
	}
	free(vifs);

	return vif;
}

static bool is_connected(const struct vc_ends *ends)
{
	return vc_ends_connected(ends);
}

static bool is_gone(const struct vc_ends *ends)
{
	return !ends->backend_there && !ends->frontend_there;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Wait until it is as wanted. If it does not become so, what is missing is in @missing. */
static bool wait_until(const struct both *both, bool (*wanted)(const struct vc_ends *ends),
		       bool (*hopeless)(const struct vc_ends *ends), double seconds,
		       char *missing, size_t size)
{
	double end = now() + seconds, left;
	struct vc_ends ends;
	bool done, over;
	char path[256];

	vc_store_watch(both->backend, "backend");
	vc_store_watch(both->frontend, "frontend");
	do {
		vc_ends_read(both->backend, both->frontend, &ends);
		done = wanted(&ends);
		left = end - now();
		over = done || left <= 0 || (hopeless && hopeless(&ends));
		if (over && !done)
			vc_ends_missing(&ends, missing, size);
		vc_ends_free(&ends);
		if (!over)
			vc_store_wait(path, sizeof(path), left * 1000 + 1);
	} while (!over);

	return done;
}

/* MACs of all vifs of all domains that serve some. */
static void need_free_mac(const char *text)
{
	unsigned char wanted[VC_MAC_LEN], used[VC_MAC_LEN];
	unsigned int nr_backends, nr_domains, nr_handles, b, d, h;
	char **backends = vc_store_list(&nr_backends, "/local/domain");

	vc_mac_parse(text, wanted);
	for (b = 0; b < nr_backends; b++) {
		char **domains = vc_store_list(&nr_domains, "/local/domain/%s/backend/vif",
					       backends[b]);

		for (d = 0; d < nr_domains; d++) {
			char **handles = vc_store_list(&nr_handles,
						       "/local/domain/%s/backend/vif/%s",
						       backends[b], domains[d]);

			for (h = 0; h < nr_handles; h++) {
				char *mac = vc_store_read("/local/domain/%s/backend/vif/%s/%s/mac",
							  backends[b], domains[d], handles[h]);

				if (mac && vc_mac_parse(mac, used) &&
				    !memcmp(used, wanted, sizeof(used)))
					vc_refuse("%s is the MAC of another vif, %s/%s: take another",
						  text, domains[d], handles[h]);
				free(mac);
			}
			free(handles);
		}
		free(domains);
	}
	free(backends);
}

/* Is it the one that was wanted, should somebody else have attached one as well? */
static bool has_mac(const char *backend, const char *text)
{
	unsigned char wanted[VC_MAC_LEN], found[VC_MAC_LEN];
	char *mac = text ? vc_store_read("%s/mac", backend) : NULL;
	bool same = !text || (mac && vc_mac_parse(text, wanted) && vc_mac_parse(mac, found) &&
			      !memcmp(wanted, found, sizeof(found)));

	free(mac);

	return same;
}

static bool is_listed(char **handles, unsigned int count, const char *handle)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strcmp(handles[i], handle))
			return true;

	return false;
}

/* The vif that was not there before. False when there is none. */
static bool find_new(unsigned int domid, char **before, unsigned int nr_before, const char *mac,
		     struct both *both)
{
	unsigned int count, i;
	char **handles = list_handles(domid, &count);
	bool found = false;

	for (i = 0; i < count && !found; i++)
		found = !is_listed(before, nr_before, handles[i]) &&
			find_both(domid, strtoul(handles[i], NULL, 10), both) &&
			has_mac(both->backend, mac);
	free(handles);

	return found;
}

/* Nobody removes what went wrong with a vif that is gone; it would be taken for the new one's. */
static void forget_errors(const char *dir, char **handles, unsigned int count)
{
	unsigned int nr_errors, i;
	char **errors = vc_store_list(&nr_errors, "%s", dir);

	for (i = 0; i < nr_errors; i++)
		if (!is_listed(handles, count, errors[i]))
			vc_store_remove("%s/%s", dir, errors[i]);
	free(errors);
}

static void forget_old_errors(unsigned int domid, unsigned int backend_domid, char **handles,
			      unsigned int count)
{
	char dir[128];

	snprintf(dir, sizeof(dir), "/local/domain/%u/error/backend/vif/%u", backend_domid, domid);
	forget_errors(dir, handles, count);
	snprintf(dir, sizeof(dir), "/local/domain/%u/error/device/vif", domid);
	forget_errors(dir, handles, count);
}

/* One that waits for a script may still succeed. */
static bool has_failed(int status)
{
	return status && status != VC_RUN_LATE;
}

/* What has become of xl, as part of a sentence. */
static void print_end(const char *command, int status, const char *said, char *text, size_t size)
{
	if (status == VC_RUN_LATE)
		snprintf(text, size, "xl %s is still at work", command);
	else
		snprintf(text, size, "xl %s ended with %d%s%s", command, status,
			 *said ? ", and said: " : "", said);
}

/* xl network-attach DOMID WORD... */
static int run_attach(unsigned int domid, struct vc_vifspec *spec, double seconds, char *said,
		      size_t size)
{
	char *argv[3 + VC_VIFSPEC_WORDS + 1] = { "xl", "network-attach" };
	char id[16];

	snprintf(id, sizeof(id), "%u", domid);
	argv[2] = id;
	memcpy(argv + 3, spec->word, spec->count * sizeof(*argv));

	return vc_options.dry_run ? vc_dry_run_program(argv) :
	       vc_run(argv, seconds, said, size);
}

static int tell_attached(const struct both *both)
{
	struct vc_vif vif = vif_of(both);

	if (vc_options.json) {
		vc_print_json(vc_info_brief(&vif));
		return VC_OK;
	}
	vc_vif_print_name(&vif);
	printf("Connected\n");

	return VC_OK;
}

/**
 * vc_cmd_attach() - vifctl attach DOMAIN 'mac=MAC,bridge=BRIDGE...' [-t SECONDS]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_attach(int argc, char *argv[])
{
	double seconds = read_options(&argc, &argv);
	unsigned int domid, backend_domid, nr_before;
	struct vc_vifspec spec;
	char why[256], missing[1024], said[256], end[512];
	struct both both;
	char **before;
	int status;

	if (argc != 2)
		vc_usage("must be: vifctl attach DOMAIN 'mac=MAC,bridge=BRIDGE...' [-t SECONDS]");
	if (!vc_vifspec_parse(argv[1], &spec, why, sizeof(why)))
		vc_usage("%s", why);
	vc_need_root();
	need_xl();
	domid = vc_domain_need(argv[0]);
	backend_domid = spec.backend ? vc_domain_need(spec.backend) : vc_own_domid();
	vc_bridge_need(&spec, backend_domid == vc_own_domid());
	if (spec.mac)
		need_free_mac(spec.mac);
	before = list_handles(domid, &nr_before);
	if (!vc_options.dry_run)
		forget_old_errors(domid, backend_domid, before, nr_before);
	status = run_attach(domid, &spec, seconds, said, sizeof(said));
	if (vc_options.dry_run)
		return status;
	print_end("network-attach", status, said, end, sizeof(end));
	if (!find_new(domid, before, nr_before, spec.mac, &both))
		vc_refuse("no vif was attached to %s: %s", argv[0], end);
	if (!wait_until(&both, is_connected, vc_ends_hopeless, has_failed(status) ? 0 : seconds,
			missing, sizeof(missing)))
		vc_refuse("%u/%u was attached to %s, but is not connected: %s; take it away again with: vifctl detach %u/%u",
			  domid, both.handle, argv[0], missing, domid, both.handle);
	free(before);
	vc_vifspec_free(&spec);

	return tell_attached(&both);
}

/* DOMAIN/HANDLE also finds what another domain serves; other names are those of interfaces. */
static struct both need_both(const char *name)
{
	const char *slash = strchr(name, '/');
	struct vc_vif vif;
	struct both both;
	char *domain;
	int handle;

	if (slash) {
		if (slash == name || !vc_vif_number(slash + 1, &handle))
			vc_usage("%s is no vif: must be like vif1.0, or DOMAIN/HANDLE", name);
		domain = strndup(name, slash - name);
		if (!find_both(vc_domain_need(domain), handle, &both))
			vc_refuse("%s has no vif %s; see them with: vifctl list", domain, slash + 1);
		free(domain);
		return both;
	}
	vif = vc_vif_need(name);
	if (vif.frontend)
		vc_refuse("%s is this domain's own; it is detached in dom0", name);
	if (!find_both(vif.domid, vif.handle, &both))
		vc_refuse("%s was not attached by xl, which does not know it", name);

	return both;
}

static int tell_detached(const char *name, const struct both *both)
{
	struct json_object *object;

	if (!vc_options.json) {
		printf("%s: detached\n", name);
		return VC_OK;
	}
	object = json_object_new_object();
	json_object_object_add(object, "vif", json_object_new_string(name));
	json_object_object_add(object, "domain_id", json_object_new_int64(both->domid));
	json_object_object_add(object, "handle", json_object_new_int64(both->handle));
	json_object_object_add(object, "detached", json_object_new_boolean(true));
	vc_print_json(object);

	return VC_OK;
}

/**
 * vc_cmd_detach() - vifctl detach VIF [-t SECONDS]
 * @argc: arguments behind the command
 * @argv: the arguments
 *
 * Return: the exit status.
 */
int vc_cmd_detach(int argc, char *argv[])
{
	double seconds = read_options(&argc, &argv);
	char *command[] = { "xl", "network-detach", NULL, NULL, NULL };
	char id[16], handle[16], missing[1024], said[256], end[512];
	struct both both;
	int status;

	if (argc != 1)
		vc_usage("must be: vifctl detach VIF [-t SECONDS]");
	vc_need_root();
	both = need_both(argv[0]);
	need_xl();
	snprintf(id, sizeof(id), "%u", both.domid);
	snprintf(handle, sizeof(handle), "%u", both.handle);
	command[2] = id;
	command[3] = handle;
	if (vc_options.dry_run)
		return vc_dry_run_program(command);
	status = vc_run(command, seconds, said, sizeof(said));
	print_end("network-detach", status, said, end, sizeof(end));
	if (!wait_until(&both, is_gone, NULL, has_failed(status) ? 0 : seconds, missing,
			sizeof(missing)))
		vc_refuse("%s is still there: %s; %s", argv[0], end, missing);

	return tell_detached(argv[0], &both);
}
