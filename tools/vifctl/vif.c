// SPDX-License-Identifier: GPL-2.0
/* The vifs there are; see vif.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "say.h"
#include "store.h"
#include "vif.h"

#define BUS(vif) ((vif)->frontend ? "xen" : "xen-backend")

/**
 * vc_own_domid() - the number of the domain that we are in
 *
 * Return: the number; 0 also if XenStore does not say.
 */
unsigned int vc_own_domid(void)
{
	return vc_store_number(0, "domid");
}

/* The interface of the device, if the driver has made one. */
static void find_interface(struct vc_vif *vif)
{
	char **names = vc_file_list("/sys/bus/%s/devices/%s/net", BUS(vif), vif->device);

	if (names && names[0])
		snprintf(vif->ifname, sizeof(vif->ifname), "%s", names[0]);
	vc_file_list_free(names);
}

static void find_otherend(struct vc_vif *vif)
{
	char *path = vc_store_read("%s/%s", vif->node, vif->frontend ? "backend" : "frontend");
	char *name;

	snprintf(vif->otherend, sizeof(vif->otherend), "%s", path ? path : "");
	free(path);
	name = vc_store_read("/local/domain/%u/name", vif->domid);
	vif->named = name && *name && strlen(name) < sizeof(vif->domain);
	if (vif->named)
		snprintf(vif->domain, sizeof(vif->domain), "%s", name);
	else
		snprintf(vif->domain, sizeof(vif->domain), "%u", vif->domid);
	free(name);
}

static struct vc_vif *add(struct vc_vif **vifs, size_t *count)
{
	*vifs = realloc(*vifs, (*count + 1) * sizeof(**vifs));
	if (!*vifs)
		vc_refuse("no memory");
	memset(&(*vifs)[*count], 0, sizeof(**vifs));

	return &(*vifs)[(*count)++];
}

static void add_backends(struct vc_vif **vifs, size_t *count)
{
	unsigned int own = vc_own_domid(), nr_domains, nr_handles, d, h;
	char **domains = vc_store_list(&nr_domains, "backend/vif");

	for (d = 0; d < nr_domains; d++) {
		char **handles = vc_store_list(&nr_handles, "backend/vif/%s", domains[d]);

		for (h = 0; h < nr_handles; h++) {
			struct vc_vif *vif = add(vifs, count);

			vif->domid = strtoul(domains[d], NULL, 10);
			vif->handle = strtoul(handles[h], NULL, 10);
			snprintf(vif->node, sizeof(vif->node), "/local/domain/%u/backend/vif/%u/%u",
				 own, vif->domid, vif->handle);
			snprintf(vif->device, sizeof(vif->device), "vif-%u-%u", vif->domid,
				 vif->handle);
			find_interface(vif);
			find_otherend(vif);
		}
		free(handles);
	}
	free(domains);
}

static void add_frontends(struct vc_vif **vifs, size_t *count)
{
	unsigned int own = vc_own_domid(), nr_handles, h;
	char **handles = vc_store_list(&nr_handles, "device/vif");

	for (h = 0; h < nr_handles; h++) {
		struct vc_vif *vif = add(vifs, count);

		vif->frontend = true;
		vif->handle = strtoul(handles[h], NULL, 10);
		snprintf(vif->node, sizeof(vif->node), "/local/domain/%u/device/vif/%u", own,
			 vif->handle);
		snprintf(vif->device, sizeof(vif->device), "vif-%u", vif->handle);
		vif->domid = vc_store_number(0, "%s/backend-id", vif->node);
		find_interface(vif);
		find_otherend(vif);
	}
	free(handles);
}

static int compare(const void *one, const void *other)
{
	const struct vc_vif *a = one, *b = other;

	if (a->frontend != b->frontend)
		return a->frontend - b->frontend;
	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;

	return a->handle < b->handle ? -1 : a->handle > b->handle;
}

/**
 * vc_vifs() - all vifs of this domain, with the backends first
 * @count: set to how many there are
 *
 * Ends the program when there is no XenStore.
 *
 * Return: the vifs, for free().
 */
struct vc_vif *vc_vifs(size_t *count)
{
	struct vc_vif *vifs = NULL;

	vc_store_need();
	*count = 0;
	add_backends(&vifs, count);
	add_frontends(&vifs, count);
	if (vifs)
		qsort(vifs, *count, sizeof(*vifs), compare);

	return vifs;
}

static bool is_called(const struct vc_vif *vif, const char *name)
{
	char classic[IFNAMSIZ], number[32];
	const char *slash = strchr(name, '/');

	/* As one that has no interface yet. */
	if (!*name)
		return false;
	if (!strcmp(vif->ifname, name))
		return true;
	if (vif->frontend)
		return false;
	snprintf(classic, sizeof(classic), "vif%u.%u", vif->domid, vif->handle);
	if (!strcmp(classic, name))
		return true;
	if (!slash)
		return false;
	snprintf(number, sizeof(number), "%u", vif->handle);
	if (strcmp(slash + 1, number))
		return false;
	snprintf(number, sizeof(number), "%u", vif->domid);

	return (strlen(vif->domain) == (size_t)(slash - name) &&
		!strncmp(vif->domain, name, slash - name)) ||
	       (strlen(number) == (size_t)(slash - name) && !strncmp(number, name, slash - name));
}

/**
 * vc_vif_find() - the vif of a name
 * @vifs: all
 * @count: how many
 * @name: vif1.0, DOMAIN/HANDLE, or the interface's name
 *
 * Return: the vif, or NULL.
 */
const struct vc_vif *vc_vif_find(const struct vc_vif *vifs, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is_called(&vifs[i], name))
			return &vifs[i];

	return NULL;
}

/**
 * vc_vif_number() - read the number of a vif or of a queue
 * @text: digits and nothing else
 * @number: set to it
 *
 * Return: false if it is none, or one that there cannot be.
 */
bool vc_vif_number(const char *text, int *number)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	value = strtoul(text, &end, 10);
	*number = value;

	return !*end && value <= VC_NUMBER_MAX;
}

/**
 * vc_vif_is_handle() - is a text a vif's number as it is printed?
 * @text: the text
 *
 * Return: false also for 00, by which no vif is found again.
 */
bool vc_vif_is_handle(const char *text)
{
	int handle;

	return vc_vif_number(text, &handle) && !(text[0] == '0' && text[1]);
}

/**
 * vc_vif_queue() - read which queue is meant
 * @word: "q3", or "all"
 *
 * Return: the number, -1 for all, -2 for neither.
 */
int vc_vif_queue(const char *word)
{
	int queue;

	if (!strcmp(word, "all"))
		return -1;

	return *word == 'q' && vc_vif_number(word + 1, &queue) ? queue : -2;
}

/**
 * vc_vif_irq() - is an interrupt one of a vif's queues?
 * @vif: the vif
 * @name: of the interrupt
 *
 * They are called vif1.0-q0-tx, vif1.0-q0-rx or, for both, vif1.0-q0. In a guest it is the
 * vif's number, vif0-q0-tx; netfronts of old kernels used the interface's name instead.
 *
 * Return: the number of the queue, or -1.
 */
int vc_vif_irq(const struct vc_vif *vif, const char *name)
{
	char numbered[IFNAMSIZ];
	const char *prefixes[] = { vif->ifname, numbered };
	unsigned int queue;
	size_t i, len;
	int end;

	snprintf(numbered, sizeof(numbered), "vif%u", vif->handle);
	for (i = 0; i < (vif->frontend ? 2 : 1); i++) {
		len = strlen(prefixes[i]);
		end = 0;
		if (len && !strncmp(name, prefixes[i], len) &&
		    sscanf(name + len, "-q%u%n", &queue, &end) == 1 &&
		    (!name[len + end] || name[len + end] == '-'))
			return queue;
	}

	return -1;
}

/**
 * vc_vif_print_name() - begin a line about a vif
 * @vif: the vif; of one without an interface (yet) the name is that in XenStore, DOMAIN/HANDLE
 */
void vc_vif_print_name(const struct vc_vif *vif)
{
	if (vif->ifname[0])
		printf("%s: ", vif->ifname);
	else
		printf("%u/%u: ", vif->domid, vif->handle);
}

/**
 * vc_vif_lasting_name() - what a vif is called after the next start of its guest, too
 * @vif: the vif
 * @name: filled in with DOMAIN/HANDLE; with the interface for a guest's own, and where names of
 *	domains are not to be seen, which lasts if vifname= in xl.cfg has made it
 * @size: bytes of @name
 */
void vc_vif_lasting_name(const struct vc_vif *vif, char *name, size_t size)
{
	if (vif->frontend || !vif->named)
		snprintf(name, size, "%s", vif->ifname);
	else
		snprintf(name, size, "%s/%u", vif->domain, vif->handle);
}

/**
 * vc_vif_need() - the vif of a name; ends the program when there is none
 * @name: as for vc_vif_find()
 *
 * Return: the vif.
 */
struct vc_vif vc_vif_need(const char *name)
{
	const struct vc_vif *vif;
	struct vc_vif found;
	struct vc_vif *vifs;
	size_t count;

	if (!*name)
		vc_usage("an empty name is no vif; see the names with: vifctl list");
	vifs = vc_vifs(&count);
	vif = vc_vif_find(vifs, count, name);
	if (!vif && !count)
		vc_refuse("no vif %s: there are no vifs here", name);
	if (!vif)
		vc_refuse("no vif %s; see the names with: vifctl list", name);
	found = *vif;
	free(vifs);

	return found;
}
