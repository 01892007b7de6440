// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of netlink.c, link.c, qdisc.c and ovs.c: a kernel whose interfaces change while it
 * answers.
 */
#include "expect.h"

#include <linux/gen_stats.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vifctl/link.h"
#include "tools/vifctl/netlink.h"
#include "tools/vifctl/ovs.h"
#include "tools/vifctl/qdisc.h"

/* How many of its answers are no good, and how many it has been asked for. */
static int interrupted, asked;
/* The interface or qdisc that comes next. */
static int next;
/* What was asked for. */
static unsigned int type;

/* Of Open vSwitch's messages. */
#define FAMILY	35

/* These are instead of libmnl's. */
ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *buf, size_t len)
{
	const struct nlmsghdr *msg = buf;

	(void)socket;
	type = msg->nlmsg_type;
	asked++;
	next = 1;

	return len;
}

/* mq with two fq_codel, of which one has dropped 7 as it was full, and one 5. */
static void put_qdisc(struct nlmsghdr *msg)
{
	struct tc_fq_codel_xstats codel = {
		.type = TCA_FQ_CODEL_XSTATS_QDISC,
		.qdisc_stats = { .maxpacket = 1500, .drop_overlimit = next == 2 ? 7 : 5 },
	};
	struct gnet_stats_queue queue = { .drops = next == 1 ? 40 : 20 };
	struct nlattr *stats;
	struct tcmsg *info;

	msg->nlmsg_type = RTM_NEWQDISC;
	info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
	info->tcm_ifindex = 1;
	info->tcm_handle = next << 16;
	info->tcm_parent = next == 1 ? TC_H_ROOT : 1U << 16 | (next - 1);
	mnl_attr_put_strz(msg, TCA_KIND, next == 1 ? "mq" : "fq_codel");
	stats = mnl_attr_nest_start(msg, TCA_STATS2);
	mnl_attr_put(msg, TCA_STATS_QUEUE, sizeof(queue), &queue);
	if (next > 1)
		mnl_attr_put(msg, TCA_STATS_APP, sizeof(codel), &codel);
	mnl_attr_nest_end(msg, stats);
	next++;
}

static void put_family(struct nlmsghdr *msg)
{
	msg->nlmsg_type = GENL_ID_CTRL;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct genlmsghdr));
	mnl_attr_put_strz(msg, CTRL_ATTR_FAMILY_NAME, OVS_DATAPATH_FAMILY);
	mnl_attr_put_u16(msg, CTRL_ATTR_FAMILY_ID, FAMILY);
}

/* dp1 has lost 10, dp2 has 20. */
static void put_datapath(struct nlmsghdr *msg)
{
	struct ovs_dp_stats stats = { .n_hit = 1000, .n_missed = 100, .n_lost = 10 * next };
	char name[IFNAMSIZ];

	msg->nlmsg_type = FAMILY;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct genlmsghdr));
	mnl_nlmsg_put_extra_header(msg, sizeof(struct ovs_header));
	snprintf(name, sizeof(name), "dp%d", next++);
	mnl_attr_put_strz(msg, OVS_DP_ATTR_NAME, name);
	mnl_attr_put(msg, OVS_DP_ATTR_STATS, sizeof(stats), &stats);
}

/* vif1.0, vif2.0 and vif3.0, a datagram each, then the end; what they are made of, see below. */
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
	if (next > 3) {
		msg->nlmsg_type = NLMSG_DONE;
		mnl_nlmsg_put_extra_header(msg, sizeof(int));
		return msg->nlmsg_len;
	}
	if (type == RTM_GETQDISC || type == GENL_ID_CTRL || type == FAMILY) {
		if (type == RTM_GETQDISC)
			put_qdisc(msg);
		else if (type == GENL_ID_CTRL)
			put_family(msg);
		else
			put_datapath(msg);
		return msg->nlmsg_len;
	}
	msg->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(msg, sizeof(*info));
	info->ifi_index = next;
	snprintf(name, sizeof(name), "vif%d.0", next);
	mnl_attr_put_strz(msg, IFLA_IFNAME, name);
	if (next > 1)
		mnl_attr_put_u32(msg, IFLA_LINK, 1);
	if (next > 2)
		mnl_attr_put_u32(msg, IFLA_LINK_NETNSID, 0);
	next++;

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
		expect(count == 3, "%d were interrupted, %zu interfaces", interrupted, count);
		assert_string_equal(links[0].ifname, "vif1.0");
		assert_string_equal(links[1].ifname, "vif2.0");
		assert_int_equal(links[1].ifindex, 2);
		free(links);
	}
}

/* The number of an interface in another network namespace is nothing to us. */
static void test_lower(void **state)
{
	struct vc_link *links;
	size_t count;

	(void)state;
	interrupted = 0;
	links = vc_links(&count);
	assert_int_equal(count, 3);
	assert_int_equal(links[0].lower, 0);
	assert_int_equal(links[1].lower, 1);
	assert_int_equal(links[2].lower, 0);
	free(links);
}

/* What only those below mq know is added up. */
static void test_full_drops(void **state)
{
	const struct vc_qdisc *qdisc;
	struct vc_qdisc *qdiscs;
	size_t count;

	(void)state;
	interrupted = 0;
	qdiscs = vc_qdiscs(&count);
	assert_int_equal(count, 1);
	qdisc = vc_qdisc_of(qdiscs, count, 1, false);
	assert_non_null(qdisc);
	assert_string_equal(qdisc->kind, "mq");
	assert_string_equal(qdisc->child_kind, "fq_codel");
	assert_int_equal(qdisc->drops, 40);
	assert_int_equal(qdisc->full_drops, 12);
	free(qdiscs);
}

/* One of several datapaths; one that there is not has lost nothing, which is not known. */
static void test_datapath(void **state)
{
	struct vc_ovs second = { .name = "dp2" }, other = { .name = "dp7" };

	(void)state;
	interrupted = 0;
	assert_true(vc_ovs_read(&second));
	assert_int_equal(second.missed, 100);
	assert_int_equal(second.lost, 20);
	assert_false(vc_ovs_read(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_full_drops),
		cmocka_unit_test(test_datapath),
	};

	return cmocka_run_group_tests_name("vifctl netlink", tests, NULL, NULL);
}
