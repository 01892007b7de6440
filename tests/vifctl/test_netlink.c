// SPDX-License-Identifier: GPL-2.0
/* Tests of netlink.c and link.c: a kernel whose interfaces change while it answers. */
#include "expect.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vifctl/link.h"
#include "tools/vifctl/netlink.h"

/* How many of its answers are no good, and how many it has been asked for. */
static int interrupted, asked;
/* The interface that comes next; 0 for the end. */
static int next;

/* These are instead of libmnl's. */
ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *buf, size_t len)
{
	(void)socket;
	(void)buf;
	asked++;
	next = 1;

	return len;
}

/* vif1.0 and vif2.0, a datagram each, then the end. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buf, size_t size)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;
	char name[IFNAMSIZ];

	(void)socket;
	(void)size;
	msg->nlmsg_flags = NLM_F_MULTI;
	if (next == 2 && asked <= interrupted)
		msg->nlmsg_flags |= NLM_F_DUMP_INTR;
	if (next > 2) {
		msg->nlmsg_type = NLMSG_DONE;
		mnl_nlmsg_put_extra_header(msg, sizeof(int));
		return msg->nlmsg_len;
	}
	msg->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
	info->ifi_index = next;
	snprintf(name, sizeof(name), "vif%d.0", next++);
	mnl_attr_put_strz(msg, IFLA_IFNAME, name);

	return msg->nlmsg_len;
}

/* What came before it was interrupted is not there twice. */
static void test_interrupted(void **state)
{
	struct vc_link *links;
	size_t count;

	(void)state;
	for (interrupted = 0; interrupted < 4; interrupted++) {
		asked = 0;
		links = vc_links(&count);
		expect(asked == interrupted + 1, "%d were interrupted, asked %d times", interrupted,
		       asked);
		expect(count == 2, "%d were interrupted, %zu interfaces", interrupted, count);
		assert_string_equal(links[0].ifname, "vif1.0");
		assert_string_equal(links[1].ifname, "vif2.0");
		assert_int_equal(links[1].ifindex, 2);
		free(links);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests_name("vifctl netlink", tests, NULL, NULL);
}
