// SPDX-License-Identifier: GPL-2.0
/* Interfaces as rtnetlink has them; see link.h. */

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "netlink.h"
#include "say.h"

struct found {
	struct vc_link *links;
	size_t count;
};

static int on_attr(const struct nlattr *attr, void *data)
{
	struct vc_link *link = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(link->ifname, sizeof(link->ifname), "%s", mnl_attr_get_str(attr));
		break;
	case IFLA_MASTER:
		link->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_MTU:
		link->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_CARRIER:
		link->carrier = mnl_attr_get_u8(attr);
		break;
	case IFLA_STATS64:
		/* Newer kernels say more, older ones less. */
		memcpy(&link->stats, mnl_attr_get_payload(attr),
		       mnl_attr_get_payload_len(attr) < sizeof(link->stats) ?
		       mnl_attr_get_payload_len(attr) : sizeof(link->stats));
		break;
	}

	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *msg, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(msg);
	struct found *found = data;
	struct vc_link *link;

	found->links = realloc(found->links, (found->count + 1) * sizeof(*link));
	if (!found->links)
		vc_refuse("no memory");
	link = &found->links[found->count++];
	memset(link, 0, sizeof(*link));
	link->ifindex = info->ifi_index;
	link->up = info->ifi_flags & IFF_UP;

	return mnl_attr_parse(msg, sizeof(*info), on_attr, link);
}

/**
 * vc_links() - all interfaces
 * @count: set to how many there are
 *
 * Return: the interfaces, for free().
 */
struct vc_link *vc_links(size_t *count)
{
	struct found found = {};

	vc_netlink_dump(RTM_GETLINK, sizeof(struct ifinfomsg), on_link, &found, &found.count,
			"interfaces");
	*count = found.count;

	return found.links;
}

/**
 * vc_link_find() - the interface of a name
 * @links: all
 * @count: how many
 * @ifname: the name
 *
 * Return: the interface, or NULL.
 */
const struct vc_link *vc_link_find(const struct vc_link *links, size_t count, const char *ifname)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(links[i].ifname, ifname))
			return &links[i];

	return NULL;
}

/**
 * vc_link_nth() - the interface of a number
 * @links: all
 * @count: how many
 * @ifindex: the number
 *
 * Return: the interface, or NULL.
 */
const struct vc_link *vc_link_nth(const struct vc_link *links, size_t count, unsigned int ifindex)
{
	size_t i;

	for (i = 0; ifindex && i < count; i++)
		if (links[i].ifindex == ifindex)
			return &links[i];

	return NULL;
}
