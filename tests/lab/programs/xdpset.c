// SPDX-License-Identifier: GPL-2.0
/*
 * XDP programs for a guest that has no tools for them, attached as `ip link` does.
 *
 * usage: xdpset attach DEV PROGRAM [frags] [port=N] [head=N] [tail=N] [to=DEV]
 *        xdpset detach DEV
 *        xdpset tc DEV		tc drops all that comes in, without XDP
 *        xdpset features DEV	a number, NETDEV_XDP_ACT_*
 *        xdpset pools		of each page pool the pages that are out, and whether its
 *				device is still there
 *        xdpset watch DEV N	tell of N frames that "adjust" has changed, or of fewer
 *				when no more come for 15 seconds
 *
 * PROGRAM is one of
 *	pass, drop, abort	that verdict; "odd" is one that does not exist
 *	tx			packets go back to where they come from: the addresses and
 *				ports of Ethernet, IPv4 and UDP change places
 *	redirect		the same, and they leave through another interface
 *	adjust			frames of type 0x88b5 become such of type 0x88b6, after
 *				bpf_xdp_adjust_head() by head= and _tail() by tail=, and
 *				with eight bytes of metadata; they are passed
 * With port= only UDP over IPv4 to that port meets the verdict, the rest is passed.
 *
 * watch prints of each frame its length, whether tc found the metadata, and a hash
 * (FNV-1a) of what follows the Ethernet header. What the kernel says about an error is
 * on standard error.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/netdev.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define INSNS_MAX	96
#define TYPE_IN		0x88b5
#define TYPE_OUT	0x88b6
#define META_MAGIC	0x76696677
#define MARK		0x4d

/* ---- assembling programs ------------------------------------------------- */

struct prog {
	struct bpf_insn insn[INSNS_MAX];
	int n;
};

static void put(struct prog *p, int code, int dst, int src, int off, int imm)
{
	if (p->n == INSNS_MAX) {
		fprintf(stderr, "xdpset: program too long\n");
		exit(1);
	}
	p->insn[p->n++] = (struct bpf_insn) {
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm,
	};
}

#define LOAD(size, dst, src, off)	put(p, BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src)	put(p, BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define STORE_IMM(size, dst, off, imm)	put(p, BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define MOV(dst, src)			put(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(dst, imm)		put(p, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD_IMM(dst, imm)		put(p, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define CALL(helper)			put(p, BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT()				put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* Leave with a verdict unless a comparison holds. */
#define UNLESS(op, dst, imm, verdict)					\
	do {								\
		put(p, BPF_JMP | (op) | BPF_K, dst, 0, 2, imm);		\
		MOV_IMM(0, verdict);					\
		EXIT();							\
	} while (0)

/* r2: the packet, of which there are @len bytes at least. r6: the context. */
static void packet(struct prog *p, int len, int verdict)
{
	LOAD(BPF_W, 2, 6, offsetof(struct xdp_md, data));
	LOAD(BPF_W, 3, 6, offsetof(struct xdp_md, data_end));
	MOV(4, 2);
	ADD_IMM(4, len);
	put(p, BPF_JMP | BPF_JLE | BPF_X, 4, 3, 2, 0);
	MOV_IMM(0, verdict);
	EXIT();
}

static void only_port(struct prog *p, int port)
{
	packet(p, 42, XDP_PASS);
	LOAD(BPF_H, 4, 2, 12);
	UNLESS(BPF_JEQ, 4, htons(ETH_P_IP), XDP_PASS);
	LOAD(BPF_B, 4, 2, 23);
	UNLESS(BPF_JEQ, 4, IPPROTO_UDP, XDP_PASS);
	LOAD(BPF_H, 4, 2, 36);
	UNLESS(BPF_JEQ, 4, htons(port), XDP_PASS);
}

static void swap(struct prog *p, int size, int a, int b)
{
	LOAD(size, 4, 2, a);
	LOAD(size, 5, 2, b);
	STORE(size, 2, a, 5);
	STORE(size, 2, b, 4);
}

static void turn_round(struct prog *p)
{
	packet(p, 42, XDP_PASS);
	swap(p, BPF_W, 0, 6);
	swap(p, BPF_H, 4, 10);
	swap(p, BPF_W, 26, 30);
	swap(p, BPF_H, 34, 36);
}

static void adjust(struct prog *p, int head, int tail)
{
	int i;

	packet(p, ETH_HLEN, XDP_PASS);
	LOAD(BPF_H, 4, 2, 12);
	UNLESS(BPF_JEQ, 4, htons(TYPE_IN), XDP_PASS);
	for (i = 0; i < 12; i += 4) {
		LOAD(BPF_W, 4, 2, i);
		STORE(BPF_W, BPF_REG_10, i - 16, 4);
	}

	MOV(1, 6);
	MOV_IMM(2, head);
	CALL(BPF_FUNC_xdp_adjust_head);
	UNLESS(BPF_JEQ, 0, 0, XDP_ABORTED);
	packet(p, ETH_HLEN, XDP_ABORTED);
	for (i = 0; i < 12; i += 4) {
		LOAD(BPF_W, 4, BPF_REG_10, i - 16);
		STORE(BPF_W, 2, i, 4);
	}
	STORE_IMM(BPF_H, 2, 12, htons(TYPE_OUT));

	MOV(1, 6);
	MOV_IMM(2, tail);
	CALL(BPF_FUNC_xdp_adjust_tail);
	UNLESS(BPF_JEQ, 0, 0, XDP_ABORTED);

	MOV(1, 6);
	MOV_IMM(2, -8);
	CALL(BPF_FUNC_xdp_adjust_meta);
	UNLESS(BPF_JEQ, 0, 0, XDP_ABORTED);
	LOAD(BPF_W, 2, 6, offsetof(struct xdp_md, data_meta));
	LOAD(BPF_W, 3, 6, offsetof(struct xdp_md, data));
	MOV(4, 2);
	ADD_IMM(4, 8);
	put(p, BPF_JMP | BPF_JLE | BPF_X, 4, 3, 2, 0);
	MOV_IMM(0, XDP_ABORTED);
	EXIT();
	STORE_IMM(BPF_DW, 2, 0, META_MAGIC);
}

/* For tc: what has our metadata gets a mark in the first byte of its payload. */
static void mark(struct prog *p)
{
	MOV(6, 1);
	LOAD(BPF_W, 2, 6, offsetof(struct __sk_buff, data_meta));
	LOAD(BPF_W, 3, 6, offsetof(struct __sk_buff, data));
	MOV(4, 2);
	ADD_IMM(4, 8);
	put(p, BPF_JMP | BPF_JLE | BPF_X, 4, 3, 2, 0);
	MOV_IMM(0, TCX_NEXT);
	EXIT();
	LOAD(BPF_DW, 4, 2, 0);
	UNLESS(BPF_JEQ, 4, META_MAGIC, TCX_NEXT);
	STORE_IMM(BPF_B, BPF_REG_10, -8, MARK);
	MOV(1, 6);
	MOV_IMM(2, ETH_HLEN);
	MOV(3, BPF_REG_10);
	ADD_IMM(3, -8);
	MOV_IMM(4, 1);
	MOV_IMM(5, 0);
	CALL(BPF_FUNC_skb_store_bytes);
	MOV_IMM(0, TCX_NEXT);
	EXIT();
}

static int load(struct prog *p, int type, int flags)
{
	static char log[65536];
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)p->insn,
		.insn_cnt = p->n,
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
		.prog_flags = flags,
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0) {
		fprintf(stderr, "xdpset: loading: %s\n%s", strerror(errno), log);
		exit(1);
	}
	return fd;
}

/* ---- netlink ------------------------------------------------------------- */

struct request {
	struct nlmsghdr nl;
	char body[256];
};

static struct nlattr *add(struct request *r, int type, const void *data, int len)
{
	struct nlattr *attr = (void *)((char *)r + NLMSG_ALIGN(r->nl.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(attr + 1, data, len);
	r->nl.nlmsg_len = NLMSG_ALIGN(r->nl.nlmsg_len) + NLA_ALIGN(attr->nla_len);
	return attr;
}

static const void *find(const void *attrs, int len, int type)
{
	const struct nlattr *attr = attrs;

	while (len >= NLA_HDRLEN && attr->nla_len >= NLA_HDRLEN && attr->nla_len <= len) {
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr + 1;
		len -= NLA_ALIGN(attr->nla_len);
		attr = (const void *)((const char *)attr + NLA_ALIGN(attr->nla_len));
	}
	return NULL;
}

/* The answer of several messages, of which @tell is called for each. */
static void ask_all(struct request *r, void (*tell)(const void *attrs, int len))
{
	static char answer[16384];
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), len;
	const struct nlmsghdr *nl;

	r->nl.nlmsg_flags |= NLM_F_DUMP;
	send(fd, r, r->nl.nlmsg_len, 0);
	while ((len = recv(fd, answer, sizeof(answer), 0)) > 0) {
		for (nl = (void *)answer; NLMSG_OK(nl, (unsigned int)len); nl = NLMSG_NEXT(nl, len)) {
			if (nl->nlmsg_type == NLMSG_DONE || nl->nlmsg_type == NLMSG_ERROR) {
				close(fd);
				return;
			}
			tell((const char *)NLMSG_DATA(nl) + GENL_HDRLEN,
			     nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));
		}
	}
	perror("xdpset: netlink");
	exit(1);
}

/* The answer's attributes are at *@attrs, behind @header bytes. Ends with the reason. */
static int ask(int protocol, struct request *r, int header, const void **attrs)
{
	static char answer[16384];
	const struct nlmsghdr *nl = (const void *)answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, protocol), one = 1, len;

	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (send(fd, r, r->nl.nlmsg_len, 0) < 0 || (len = recv(fd, answer, sizeof(answer), 0)) < 0) {
		perror("xdpset: netlink");
		exit(1);
	}
	close(fd);

	if (nl->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *err = NLMSG_DATA(nl);
		const char *why = NULL;

		if (!err->error)
			return 0;
		if (nl->nlmsg_flags & NLM_F_ACK_TLVS)
			why = find(err + 1, nl->nlmsg_len - NLMSG_LENGTH(sizeof(*err)),
				   NLMSGERR_ATTR_MSG);
		fprintf(stderr, "xdpset: %s%s%s\n", strerror(-err->error), why ? ": " : "",
			why ?: "");
		exit(2);
	}
	*attrs = (const char *)NLMSG_DATA(nl) + header;
	return nl->nlmsg_len - NLMSG_LENGTH(header);
}

static void set(int ifindex, int fd)
{
	struct request r = { .nl = {
		.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlmsg_type = RTM_SETLINK,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	} };
	struct ifinfomsg *info = NLMSG_DATA(&r.nl);
	unsigned int flags = XDP_FLAGS_DRV_MODE;
	struct nlattr *nest;
	const void *unused;

	info->ifi_index = ifindex;
	nest = add(&r, IFLA_XDP | NLA_F_NESTED, NULL, 0);
	add(&r, IFLA_XDP_FD, &fd, sizeof(fd));
	add(&r, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	nest->nla_len = (char *)&r + r.nl.nlmsg_len - (char *)nest;
	ask(NETLINK_ROUTE, &r, 0, &unused);
}

static struct request netdev_request(int command)
{
	struct request r = { .nl = {
		.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
		.nlmsg_type = GENL_ID_CTRL,
		.nlmsg_flags = NLM_F_REQUEST,
	} };
	struct genlmsghdr *genl = NLMSG_DATA(&r.nl);
	const void *attrs;
	int len;

	genl->cmd = CTRL_CMD_GETFAMILY;
	add(&r, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY_NAME, sizeof(NETDEV_FAMILY_NAME));
	len = ask(NETLINK_GENERIC, &r, GENL_HDRLEN, &attrs);

	r.nl.nlmsg_type = *(const uint16_t *)find(attrs, len, CTRL_ATTR_FAMILY_ID);
	r.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	genl->cmd = command;
	genl->version = NETDEV_FAMILY_VERSION;

	return r;
}

static void tell_pool(const void *attrs, int len)
{
	const uint32_t *inflight = find(attrs, len, NETDEV_A_PAGE_POOL_INFLIGHT);

	printf("%u %s\n", inflight ? *inflight : 0,
	       find(attrs, len, NETDEV_A_PAGE_POOL_DETACH_TIME) ? "gone" : "there");
}

static void pools(void)
{
	struct request r = netdev_request(NETDEV_CMD_PAGE_POOL_GET);

	ask_all(&r, tell_pool);
}

static void features(int ifindex)
{
	struct request r = netdev_request(NETDEV_CMD_DEV_GET);
	const void *attrs;
	int len;

	add(&r, NETDEV_A_DEV_IFINDEX, &ifindex, sizeof(ifindex));
	len = ask(NETLINK_GENERIC, &r, GENL_HDRLEN, &attrs);
	printf("%llu\n", *(const unsigned long long *)find(attrs, len, NETDEV_A_DEV_XDP_FEATURES));
}

/* ---- commands ------------------------------------------------------------ */

static int device(const char *name)
{
	int ifindex = if_nametoindex(name);

	if (!ifindex) {
		fprintf(stderr, "xdpset: no interface %s\n", name);
		exit(2);
	}
	return ifindex;
}

static void drop_in_tc(int ifindex)
{
	union bpf_attr attr = { 0 };
	struct prog prog = { .n = 0 };
	struct prog *p = &prog;

	MOV_IMM(0, TCX_DROP);
	EXIT();
	attr.attach_bpf_fd = load(p, BPF_PROG_TYPE_SCHED_CLS, 0);
	attr.target_ifindex = ifindex;
	attr.attach_type = BPF_TCX_INGRESS;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0) {
		perror("xdpset: tc");
		exit(1);
	}
}

static void watch(int ifindex, int frames)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(TYPE_OUT),
		.sll_ifindex = ifindex,
	};
	struct timeval patience = { .tv_sec = 15 };
	static unsigned char frame[65536];
	struct prog prog = { .n = 0 };
	union bpf_attr attr = { 0 };
	int fd, len, i;

	mark(&prog);
	attr.link_create.prog_fd = load(&prog, BPF_PROG_TYPE_SCHED_CLS, 0);
	attr.link_create.target_ifindex = ifindex;
	attr.link_create.attach_type = BPF_TCX_INGRESS;
	fd = socket(AF_PACKET, SOCK_RAW, htons(TYPE_OUT));
	if (syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))) {
		perror("xdpset: watch");
		exit(1);
	}
	printf("ready\n");
	fflush(stdout);
	while (frames-- && (len = recv(fd, frame, sizeof(frame), 0)) > ETH_HLEN) {
		uint32_t hash = 2166136261u;

		for (i = ETH_HLEN + 1; i < len; i++)
			hash = (hash ^ frame[i]) * 16777619u;
		printf("%d %s %08x\n", len, frame[ETH_HLEN] == MARK ? "meta" : "none", hash);
		fflush(stdout);
	}
}

static int option(const char *arg, const char *name, int *value)
{
	int len = strlen(name);

	if (strncmp(arg, name, len))
		return 0;
	*value = atoi(arg + len);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: xdpset attach DEV PROGRAM [frags] [port=N] [head=N] [tail=N] [to=DEV]\n"
			"       xdpset detach DEV | tc DEV | features DEV | pools | watch DEV N\n");
	return 1;
}

static int attach(int ifindex, int argc, char **argv)
{
	static const struct {
		const char *name;
		int verdict;
	} plain[] = {
		{ "pass", XDP_PASS }, { "drop", XDP_DROP }, { "abort", XDP_ABORTED },
		{ "odd", 77 }, { "tx", XDP_TX }, { "redirect", XDP_REDIRECT },
		{ "adjust", XDP_PASS },
	};
	int port = 0, head = 0, tail = 0, to = 0, flags = 0, verdict = -1, i;
	const char *name = argv[0];
	struct prog prog = { .n = 0 };
	struct prog *p = &prog;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "frags"))
			flags = BPF_F_XDP_HAS_FRAGS;
		else if (!strncmp(argv[i], "to=", 3))
			to = device(argv[i] + 3);
		else if (!option(argv[i], "port=", &port) && !option(argv[i], "head=", &head) &&
			 !option(argv[i], "tail=", &tail))
			return usage();
	}
	for (i = 0; i < (int)(sizeof(plain) / sizeof(plain[0])); i++)
		if (!strcmp(plain[i].name, name))
			verdict = plain[i].verdict;
	if (verdict < 0)
		return usage();

	MOV(6, 1);
	if (port)
		only_port(p, port);
	if (verdict == XDP_TX || verdict == XDP_REDIRECT)
		turn_round(p);
	if (!strcmp(name, "adjust"))
		adjust(p, head, tail);
	if (verdict == XDP_REDIRECT) {
		MOV_IMM(1, to);
		MOV_IMM(2, 0);
		CALL(BPF_FUNC_redirect);
	} else {
		MOV_IMM(0, verdict);
	}
	EXIT();
	set(ifindex, load(p, BPF_PROG_TYPE_XDP, flags));

	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "detach"))
		set(device(argv[2]), -1);
	else if (argc == 3 && !strcmp(argv[1], "tc"))
		drop_in_tc(device(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "features"))
		features(device(argv[2]));
	else if (argc == 2 && !strcmp(argv[1], "pools"))
		pools();
	else if (argc == 4 && !strcmp(argv[1], "watch"))
		watch(device(argv[2]), atoi(argv[3]));
	else if (argc >= 4 && !strcmp(argv[1], "attach"))
		return attach(device(argv[2]), argc - 3, argv + 3);
	else
		return usage();

	return 0;
}
