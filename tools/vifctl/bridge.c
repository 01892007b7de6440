// SPDX-License-Identifier: GPL-2.0
/* Bridges; see bridge.h. */

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"
#include "ethtool.h"
#include "file.h"
#include "say.h"
#include "vifspec.h"

/* The interface that a bridge of Open vSwitch has by its own name. */
static bool is_ovs(const char *ifname)
{
	struct vc_driver driver;

	return strcmp(ifname, "ovs-system") && !vc_ethtool_driver(ifname, &driver) &&
	       !strcmp(driver.name, "openvswitch");
}

static bool is_bridge(const char *ifname)
{
	return vc_file_exists("/sys/class/net/%s/bridge", ifname) || is_ovs(ifname);
}

/* "xenbr0, xenbr1" */
static void name_all(char *names, size_t size)
{
	char **all = vc_file_list("/sys/class/net");
	size_t i, len = 0;

	names[0] = 0;
	for (i = 0; all && all[i] && len < size; i++)
		if (is_bridge(all[i]))
			len += snprintf(names + len, size - len, "%s%s", len ? ", " : "", all[i]);
	vc_file_list_free(all);
}

/* Does the script put a vif that is served here on a bridge? */
static bool wants_bridge(const struct vc_vifspec *spec, bool here)
{
	const char *script = spec->script ? strrchr(spec->script, '/') : NULL;

	script = script ? script + 1 : spec->script;

	return spec->bridge && here &&
	       (!script || !strcmp(script, "vif-bridge") || !strcmp(script, "vif-openvswitch"));
}

/**
 * vc_bridge_need() - end the program when the bridge that a vif is for is not there
 * @spec: the vif
 * @here: is this the domain that serves it?
 *
 * What is in another domain is not to be seen from here, and what other scripts take a
 * bridge for is theirs to say.
 */
void vc_bridge_need(const struct vc_vifspec *spec, bool here)
{
	char names[512], ovs[IFNAMSIZ];

	if (!wants_bridge(spec, here) || is_bridge(spec->bridge))
		return;
	/* vif-openvswitch takes VLANs as well: ovsbr0.12 and ovsbr0:12:13. */
	snprintf(ovs, sizeof(ovs), "%.*s", (int)strcspn(spec->bridge, ".:"), spec->bridge);
	if (is_ovs(ovs))
		return;
	name_all(names, sizeof(names));
	vc_refuse("no bridge %s here: %s%s", spec->bridge, *names ? "there is " : "there are none",
		  names);
}
