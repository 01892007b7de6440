// SPDX-License-Identifier: GPL-2.0
/* rtnetlink; see netlink.h. */

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "netlink.h"
#include "say.h"

/* How often we ask while things change; each time is over in milliseconds. */
#define TRIES	10

static bool dump(struct mnl_socket *socket, int type, size_t header, mnl_cb_t on_message,
		 void *data)
{
	char buffer[32768];
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	int n, more = MNL_CB_OK;

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	/* All zeroes: of any family (AF_UNSPEC), of any interface. */
	mnl_nlmsg_put_extra_header(msg, header);
	if (mnl_socket_sendto(socket, msg, msg->nlmsg_len) < 0)
		return false;
	while (more > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (n < 0)
			return false;
		more = mnl_cb_run(buffer, n, 0, mnl_socket_get_portid(socket), on_message, data);
	}

	return more == MNL_CB_STOP;
}

/* A socket for each try: the rest of an answer that is no good goes with it. */
static bool ask(int type, size_t header, mnl_cb_t on_message, void *data)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
	bool done;
	int err;

	done = socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) >= 0 &&
	       dump(socket, type, header, on_message, data);
	err = errno;
	if (socket)
		mnl_socket_close(socket);
	errno = err;

	return done;
}

/**
 * vc_netlink_dump() - have the kernel say all it knows of a kind
 * @type: RTM_GETLINK, RTM_GETQDISC, ...
 * @header: bytes of the header that the question has
 * @on_message: called with each answer
 * @data: for it
 * @count: how many answers @data has; set to 0 whenever the kernel begins with the first
 * @what: what is asked for, to be said when there is no answer
 *
 * Something may come or go while the kernel answers, which then says that it does not have all
 * (EINTR): a guest that starts must not end this program.
 *
 * Ends the program when the kernel does not answer.
 */
void vc_netlink_dump(int type, size_t header, mnl_cb_t on_message, void *data, size_t *count,
		     const char *what)
{
	int tries = 0;

	do {
		*count = 0;
		if (ask(type, header, on_message, data))
			return;
	} while (errno == EINTR && ++tries < TRIES);
	vc_refuse("asking the kernel for its %s: %s", what, strerror(errno));
}
