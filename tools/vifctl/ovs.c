// SPDX-License-Identifier: GPL-2.0
/* Open vSwitch, over generic netlink; see ovs.h. */

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "ovs.h"

struct wanted {
	struct vc_ovs *ovs;
	bool found;
};

/* The number that the kernel has given to Open vSwitch's messages. */
static int on_family(const struct nlmsghdr *msg, void *data)
{
	unsigned int *family = data;
	struct nlattr *attr;

	mnl_attr_for_each(attr, msg, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*family = mnl_attr_get_u16(attr);

	return MNL_CB_STOP;
}

static int on_datapath(const struct nlmsghdr *msg, void *data)
{
	const struct nlattr *stats = NULL;
	struct wanted *wanted = data;
	const char *name = "";
	struct ovs_dp_stats values;
	struct nlattr *attr;

	mnl_attr_for_each(attr, msg, sizeof(struct genlmsghdr) + sizeof(struct ovs_header)) {
		if (mnl_attr_get_type(attr) == OVS_DP_ATTR_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == OVS_DP_ATTR_STATS)
			stats = attr;
	}
	if (strcmp(name, wanted->ovs->name) || !stats || mnl_attr_get_payload_len(stats) < sizeof(values))
		return MNL_CB_OK;
	memcpy(&values, mnl_attr_get_payload(stats), sizeof(values));
	wanted->ovs->missed = values.n_missed;
	wanted->ovs->lost = values.n_lost;
	wanted->found = true;

	return MNL_CB_STOP;
}

/* Until @on_message has what it wants, or the kernel has said all. */
static bool ask(struct mnl_socket *socket, struct nlmsghdr *msg, size_t size, mnl_cb_t on_message,
		void *data)
{
	int n, more = MNL_CB_OK;

	if (mnl_socket_sendto(socket, msg, msg->nlmsg_len) < 0)
		return false;
	while (more == MNL_CB_OK) {
		n = mnl_socket_recvfrom(socket, msg, size);
		if (n < 0)
			return false;
		more = mnl_cb_run(msg, n, 0, 0, on_message, data);
	}

	return more == MNL_CB_STOP;
}

static struct nlmsghdr *put(void *buffer, unsigned int family, unsigned int flags,
			    unsigned int command, unsigned int version)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *head;

	msg->nlmsg_type = family;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
	head->cmd = command;
	head->version = version;

	return msg;
}

/**
 * vc_ovs_read() - what a datapath has counted
 * @ovs: has its name; the rest is filled in
 *
 * Return: false if the kernel does not say.
 */
bool vc_ovs_read(struct vc_ovs *ovs)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);
	struct wanted wanted = { .ovs = ovs };
	unsigned int family = 0;
	char buffer[32768];
	struct nlmsghdr *msg;

	if (!socket)
		return false;
	msg = put(buffer, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(msg, CTRL_ATTR_FAMILY_NAME, OVS_DATAPATH_FAMILY);
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) >= 0 &&
	    ask(socket, msg, sizeof(buffer), on_family, &family) && family) {
		msg = put(buffer, family, NLM_F_DUMP, OVS_DP_CMD_GET, OVS_DATAPATH_VERSION);
		mnl_nlmsg_put_extra_header(msg, sizeof(struct ovs_header));
		ask(socket, msg, sizeof(buffer), on_datapath, &wanted);
	}
	mnl_socket_close(socket);

	return wanted.found;
}
