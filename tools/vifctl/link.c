// SPDX-License-Identifier: GPL-2.0
/* Interfaces as rtnetlink has them; see link.h. */

#include <errno.h>
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
	/* Another network namespace numbers its own interfaces. */
	bool elsewhere;
};

static int on_attr(const struct nlattr *attr, void *data)
{
	struct found *found = data;
	struct vc_link *link = &found->links[found->count - 1];

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(link->ifname, sizeof(link->ifname), "%s", mnl_attr_get_str(attr));
		break;
	case IFLA_MASTER:
		link->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK:
		link->lower = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID:
		found->elsewhere = true;
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
	int ret;

	found->links = realloc(found->links, (found->count + 1) * sizeof(*link));
	if (!found->links)
		vc_refuse("no memory");
	link = &found->links[found->count++];
	memset(link, 0, sizeof(*link));
	link->ifindex = info->ifi_index;
	link->up = info->ifi_flags & IFF_UP;

	found->elsewhere = false;
	ret = mnl_attr_parse(msg, sizeof(*info), on_attr, found);
	if (found->elsewhere)
		link->lower = 0;

	return ret;
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

/**
 * vc_links_each_up() - all interfaces that are up
 * @on_up: called for each
 */
void vc_links_each_up(void (*on_up)(const char *ifname))
{
	struct vc_link *links;
	size_t count, i;

	links = vc_links(&count);
	for (i = 0; i < count; i++)
		if (links[i].up)
			on_up(links[i].ifname);
	free(links);
}

/**
 * vc_links_watch() - from now on, hear of interfaces that come up
 *
 * Ends the program when that is not to be had.
 *
 * Return: a socket for vc_links_up(), which is kept until the end; when it can be read, something
 * has changed.
 */
struct mnl_socket *vc_links_watch(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);

	if (!socket || mnl_socket_bind(socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0)
		vc_refuse("hearing of interfaces that come up: %s", strerror(errno));

	return socket;
}

struct up {
	void (*on_up)(const char *ifname);
};

static int on_change(const struct nlmsghdr *msg, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(msg);
	struct vc_link link = {};
	struct found found = { .links = &link, .count = 1 };
	struct up *up = data;

	if (msg->nlmsg_type != RTM_NEWLINK || !(info->ifi_change & info->ifi_flags & IFF_UP))
		return MNL_CB_OK;
	if (mnl_attr_parse(msg, sizeof(*info), on_attr, &found) < 0)
		return MNL_CB_ERROR;
	up->on_up(link.ifname);

	return MNL_CB_OK;
}

/**
 * vc_links_up() - read which interfaces have come up
 * @socket: from vc_links_watch(), can be read
 * @on_up: called for each of them, also after some of the news were lost: for all that are up
 */
void vc_links_up(struct mnl_socket *socket, void (*on_up)(const char *ifname))
{
	struct up up = { .on_up = on_up };
	char buffer[32768];
	int n;

	n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	if (n < 0 || mnl_cb_run(buffer, n, 0, 0, on_change, &up) < 0)
		vc_links_each_up(on_up);
}
