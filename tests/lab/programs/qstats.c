// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink's netdev family counts of an interface: a line for the interface, then
 * one for each queue.
 *
 * usage: qstats INTERFACE	"all - rx_packets 7 ...", "rx 0 rx_packets 7 ...", "tx 0 ..."
 */

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netdev.h, which is newer than the C library's headers may be. */
#define CMD_QSTATS_GET	12
#define QSTATS_IFINDEX	1
#define QSTATS_TYPE	2
#define QSTATS_QUEUE	3
#define QSTATS_SCOPE	4

static const struct {
	int number;
	const char *name;
} values[] = {
	{ 8, "rx_packets" }, { 9, "rx_bytes" }, { 10, "tx_packets" }, { 11, "tx_bytes" },
	{ 12, "rx_alloc_fail" },
};

static union {
	struct nlmsghdr head;
	char bytes[1 << 16];
} message;

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static void put(int number, const void *data, size_t len)
{
	struct nlattr *attr = (void *)(message.bytes + NLMSG_ALIGN(message.head.nlmsg_len));

	attr->nla_type = number;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	message.head.nlmsg_len = NLMSG_ALIGN(message.head.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

static void begin(int family, int command, int flags)
{
	struct genlmsghdr *generic = NLMSG_DATA(&message.head);

	memset(&message, 0, NLMSG_SPACE(sizeof(*generic)));
	message.head.nlmsg_type = family;
	message.head.nlmsg_flags = NLM_F_REQUEST | flags;
	message.head.nlmsg_len = NLMSG_SPACE(sizeof(*generic));
	generic->cmd = command;
	generic->version = 1;
}

/* The number in an attribute of a generic message, or @missing. */
static uint64_t get(const struct nlmsghdr *head, int number, uint64_t missing)
{
	const char *at = (const char *)head + NLMSG_SPACE(sizeof(struct genlmsghdr));
	const char *end = (const char *)head + head->nlmsg_len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attr = (const void *)at;
		uint64_t value = 0;

		if (attr->nla_len < NLA_HDRLEN)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == number &&
		    attr->nla_len - NLA_HDRLEN <= (int)sizeof(value)) {
			memcpy(&value, at + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN);
			return value;
		}
		at += NLA_ALIGN(attr->nla_len);
	}

	return missing;
}

static void show(const struct nlmsghdr *head)
{
	uint64_t queue = get(head, QSTATS_QUEUE, UINT64_MAX);
	size_t i;

	if (queue == UINT64_MAX)
		printf("all -");
	else
		printf("%s %ju", get(head, QSTATS_TYPE, 0) ? "tx" : "rx", (uintmax_t)queue);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint64_t value = get(head, values[i].number, UINT64_MAX);

		if (value != UINT64_MAX)
			printf(" %s %ju", values[i].name, (uintmax_t)value);
	}
	putchar('\n');
}

/* Read answers, the family's number or lines to show. Return: that number, or 0. */
static int answers(int fd, bool dump)
{
	for (;;) {
		ssize_t len = recv(fd, &message, sizeof(message), 0);
		struct nlmsghdr *head = &message.head;

		if (len < 0)
			return -fail("recv");
		for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == NLMSG_DONE)
				return 0;
			if (head->nlmsg_type == NLMSG_ERROR) {
				fputs("qstats: the kernel refuses\n", stderr);
				return -1;
			}
			if (!dump)
				return get(head, CTRL_ATTR_FAMILY_ID, 0);
			show(head);
		}
	}
}

int main(int argc, char **argv)
{
	uint32_t interface, scope;
	int fd, family;

	if (argc != 2) {
		fputs("usage: qstats INTERFACE\n", stderr);
		return 1;
	}
	interface = if_nametoindex(argv[1]);
	if (!interface)
		return fail(argv[1]);
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (fd < 0)
		return fail("socket");

	begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
	if (send(fd, &message, message.head.nlmsg_len, 0) < 0)
		return fail("send");
	family = answers(fd, false);
	if (family <= 0)
		return 2;

	for (scope = 0; scope < 2; scope++) {
		begin(family, CMD_QSTATS_GET, NLM_F_DUMP);
		put(QSTATS_IFINDEX, &interface, sizeof(interface));
		if (scope)
			put(QSTATS_SCOPE, &scope, sizeof(scope));
		if (send(fd, &message, message.head.nlmsg_len, 0) < 0)
			return fail("send");
		if (answers(fd, true))
			return 2;
	}

	return 0;
}
