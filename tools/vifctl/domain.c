// SPDX-License-Identifier: GPL-2.0
/* Domains; see domain.h. */

#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "say.h"
#include "store.h"

static bool is_called(const char *id, const char *name)
{
	char *found = vc_store_read("/local/domain/%s/name", id);
	bool same = found && !strcmp(found, name);

	free(found);

	return same;
}

/**
 * vc_domain_need() - the number of a domain; ends the program when there is none
 * @name: its name or number
 *
 * As xl has it: what is made of digits is a number.
 *
 * Return: the number.
 */
unsigned int vc_domain_need(const char *name)
{
	bool number = *name && !name[strspn(name, "0123456789")];
	unsigned int count, i, domid = 0;
	bool found = false;
	char **ids;

	vc_store_need();
	ids = vc_store_list(&count, "/local/domain");
	if (!ids)
		vc_refuse("XenStore does not show this domain the others: run this in dom0");
	for (i = 0; i < count && !found; i++) {
		found = number ? strtoul(ids[i], NULL, 10) == strtoul(name, NULL, 10) :
			is_called(ids[i], name);
		if (found)
			domid = strtoul(ids[i], NULL, 10);
	}
	free(ids);
	if (!found)
		vc_refuse("no domain %s; see them with: xl list", name);

	return domid;
}
