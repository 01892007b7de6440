// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of common/flow: which hash a packet gets, with every set of types, and
 * that no packet, however made up, is read beyond its end.
 *
 * A packet is parsed from memory of exactly its size: what reads further is
 * found by the address sanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/flow.h"
#include "common/toeplitz.h"

#include "random.h"
#include "rss.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define SEED		0x76696677u

#define V4	XEN_NETIF_CTRL_HASH_TYPE_IPV4
#define V4_TCP	XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP
#define V6	XEN_NETIF_CTRL_HASH_TYPE_IPV6
#define V6_TCP	XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP
#define ALL	(V4 | V4_TCP | V6 | V6_TCP)

#define NO_HASH	-1
#define PACKET_MAX	4096

/* Like assert_true(), with what is needed to find the case that failed. */
#define expect(cond, fmt, ...)						\
	do {								\
		if (!(cond))						\
			fail_msg("%s:%d: %s: " fmt, __FILE__, __LINE__,	\
				 #cond, __VA_ARGS__);			\
	} while (0)

/* ---- Packets ------------------------------------------------------------ */

struct packet {
	u8 byte[PACKET_MAX];
	unsigned int len;
	unsigned int ip;	/* where that header begins */
	unsigned int next;	/* where the next protocol's number is */
};

static void put(struct packet *packet, const void *bytes, unsigned int len)
{
	assert_true(packet->len + len <= PACKET_MAX);
	memcpy(packet->byte + packet->len, bytes, len);
	packet->len += len;
}

static void put_zero(struct packet *packet, unsigned int len)
{
	assert_true(packet->len + len <= PACKET_MAX);
	memset(packet->byte + packet->len, 0, len);
	packet->len += len;
}

static void put_be16(struct packet *packet, u16 value)
{
	u8 bytes[2] = { value >> 8, value };

	put(packet, bytes, sizeof(bytes));
}

static void put_ethernet(struct packet *packet, unsigned int tags, u16 tag,
			 u16 protocol)
{
	put_zero(packet, 12);
	while (tags--) {
		put_be16(packet, tag);
		put_be16(packet, 100);
	}
	put_be16(packet, protocol);
	packet->ip = packet->len;
}

static void put_address(struct packet *packet, int version, const char *text)
{
	u8 bytes[16];

	assert_int_equal(inet_pton(version == 4 ? AF_INET : AF_INET6, text, bytes), 1);
	put(packet, bytes, version == 4 ? 4 : 16);
}

/* The IP header of a flow. */
static void put_ip(struct packet *packet, const struct rss_flow *flow, u8 protocol)
{
	if (flow->version == 4) {
		put(packet, (const u8 []){ 0x45 }, 1);
		put_zero(packet, 8);
		packet->next = packet->len;
		put(packet, &protocol, 1);
		put_zero(packet, 2);
	} else {
		put(packet, (const u8 []){ 0x60 }, 1);
		put_zero(packet, 5);
		packet->next = packet->len;
		put(packet, &protocol, 1);
		put_zero(packet, 1);
	}
	put_address(packet, flow->version, flow->from);
	put_address(packet, flow->version, flow->to);
}

/* IPv4 options: @words of them. */
static void put_options(struct packet *packet, unsigned int words)
{
	packet->byte[packet->ip] = 0x40 | (5 + words);
	put_zero(packet, 4 * words);
}

/* One of IPv6's headers of @len bytes, before what would have come. */
static void put_extension(struct packet *packet, u8 protocol, unsigned int len)
{
	unsigned int at = packet->len;

	put_zero(packet, len);
	packet->byte[at] = packet->byte[packet->next];
	packet->byte[packet->next] = protocol;
	packet->byte[at + 1] = protocol == IPPROTO_AH ? len / 4 - 2 : len / 8 - 1;
	packet->next = at;
}

static void put_tcp(struct packet *packet, const struct rss_flow *flow)
{
	put_be16(packet, flow->from_port);
	put_be16(packet, flow->to_port);
	put_zero(packet, 16);
}

static void put_packet(struct packet *packet, const struct rss_flow *flow,
		       u8 protocol)
{
	memset(packet, 0, sizeof(*packet));
	put_ethernet(packet, 0, 0, flow->version == 4 ? ETH_P_IP : ETH_P_IPV6);
	put_ip(packet, flow, protocol);
	put_tcp(packet, flow);
}

/* ---- What is found ------------------------------------------------------ */

/*
 * Find the flow in the first @len bytes and hash it. Return: the type of hash
 * or NO_HASH.
 */
static int find(const struct packet *packet, unsigned int len, u32 types,
		u32 *hash, bool *cut)
{
	static struct xnet_toeplitz toeplitz;
	struct xnet_flow flow;
	int type = NO_HASH;
	u8 *copy;

	xnet_toeplitz_set_key(&toeplitz, rss_key, sizeof(rss_key));
	copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, packet->byte, len);

	memset(&flow, 0xa5, sizeof(flow));
	*hash = 0;
	if (xnet_flow_find(&flow, types, copy, len)) {
		type = flow.type;
		*hash = xnet_flow_hash(&flow, &toeplitz);
		assert_true(types & 1u << type);
	}
	*cut = flow.cut;
	free(copy);

	return type;
}

/* The type of hash and its value; the whole packet was seen. */
static void expect_hash(const struct packet *packet, u32 types, int type, u32 hash)
{
	u32 got_hash;
	int got_type;
	bool cut;

	got_type = find(packet, packet->len, types, &got_hash, &cut);
	expect(got_type == type, "types %u: got %d, want %d", types, got_type, type);
	expect(got_hash == hash, "types %u: got %#x, want %#x", types, got_hash, hash);
	expect(!cut, "types %u", types);
}

/* ---- Tests -------------------------------------------------------------- */

/* Each flow, TCP or not, with each of the 16 sets of types. */
static void test_types(void **state)
{
	struct packet packet;
	unsigned int i;
	u32 types;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rss_flows); i++) {
		const struct rss_flow *flow = &rss_flows[i];
		u32 plain = flow->version == 4 ? V4 : V6;
		u32 tcp = flow->version == 4 ? V4_TCP : V6_TCP;
		int base = flow->version == 4 ? 0 : 2;

		for (types = 0; types <= ALL; types++) {
			put_packet(&packet, flow, IPPROTO_TCP);
			if (types & tcp)
				expect_hash(&packet, types, base + 1, flow->tcp);
			else if (types & plain)
				expect_hash(&packet, types, base, flow->plain);
			else
				expect_hash(&packet, types, NO_HASH, 0);

			put_packet(&packet, flow, IPPROTO_UDP);
			if (types & plain)
				expect_hash(&packet, types, base, flow->plain);
			else
				expect_hash(&packet, types, NO_HASH, 0);
		}
	}
}

static void test_ipv4_options(void **state)
{
	const struct rss_flow *flow = &rss_flows[0];
	struct packet packet = {};
	unsigned int words;

	(void)state;
	for (words = 0; words <= 10; words++) {
		memset(&packet, 0, sizeof(packet));
		put_ethernet(&packet, 0, 0, ETH_P_IP);
		put_ip(&packet, flow, IPPROTO_TCP);
		put_options(&packet, words);
		put_tcp(&packet, flow);
		expect_hash(&packet, ALL, 1, flow->tcp);
	}
}

/* No fragment has ports, not even the first one that carries them. */
static void test_ipv4_fragments(void **state)
{
	static const u16 fields[] = { 0x2000, 0x0001, 0x1fff, 0x2001, 0x3fff, 0x6000 };
	const struct rss_flow *flow = &rss_flows[1];
	struct packet packet;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		put_packet(&packet, flow, IPPROTO_TCP);
		packet.byte[packet.ip + 6] = fields[i] >> 8;
		packet.byte[packet.ip + 7] = fields[i];
		expect_hash(&packet, ALL, 0, flow->plain);
		expect_hash(&packet, ALL & ~V4, NO_HASH, 0);
	}

	/* "Don't fragment", and the bit without a meaning. */
	put_packet(&packet, flow, IPPROTO_TCP);
	packet.byte[packet.ip + 6] = 0xc0;
	expect_hash(&packet, ALL, 1, flow->tcp);
}

static void test_ipv6_extensions(void **state)
{
	static const u8 protocols[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING,
					IPPROTO_DSTOPTS, IPPROTO_AH };
	const struct rss_flow *flow = &rss_flows[5];
	struct packet packet;
	unsigned int i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		for (len = 8; len <= 64; len += 8) {
			memset(&packet, 0, sizeof(packet));
			put_ethernet(&packet, 0, 0, ETH_P_IPV6);
			put_ip(&packet, flow, IPPROTO_TCP);
			put_extension(&packet, protocols[i], len);
			put_tcp(&packet, flow);
			expect_hash(&packet, ALL, 3, flow->tcp);
			expect_hash(&packet, V6, 2, flow->plain);
		}
	}
}

/* As many as there may be, and one more. */
static void test_ipv6_extensions_bounded(void **state)
{
	const struct rss_flow *flow = &rss_flows[6];
	unsigned int nr, i;
	struct packet packet;

	(void)state;
	for (nr = 0; nr <= 12; nr++) {
		memset(&packet, 0, sizeof(packet));
		put_ethernet(&packet, 0, 0, ETH_P_IPV6);
		put_ip(&packet, flow, IPPROTO_TCP);
		for (i = 0; i < nr; i++)
			put_extension(&packet, IPPROTO_DSTOPTS, 8);
		put_tcp(&packet, flow);
		if (nr <= 8)
			expect_hash(&packet, ALL, 3, flow->tcp);
		else
			expect_hash(&packet, ALL, 2, flow->plain);
	}
}

/* Headers behind which no port is looked for. */
static void test_ipv6_no_ports(void **state)
{
	static const u8 protocols[] = { IPPROTO_FRAGMENT, IPPROTO_ESP, IPPROTO_NONE,
					IPPROTO_UDP, IPPROTO_ICMPV6, 135, 255 };
	const struct rss_flow *flow = &rss_flows[7];
	struct packet packet;
	unsigned int i, before;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		for (before = 0; before <= 2; before++) {
			memset(&packet, 0, sizeof(packet));
			put_ethernet(&packet, 0, 0, ETH_P_IPV6);
			put_ip(&packet, flow, IPPROTO_TCP);
			if (before)
				put_extension(&packet, IPPROTO_HOPOPTS, 8 * before);
			put_extension(&packet, protocols[i], 8);
			put_tcp(&packet, flow);
			expect_hash(&packet, ALL, 2, flow->plain);
			expect_hash(&packet, V6_TCP, NO_HASH, 0);
		}
	}
}

static void test_vlan(void **state)
{
	static const u16 tag[] = { ETH_P_8021Q, ETH_P_8021AD };
	unsigned int i, t, tags;
	struct packet packet;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rss_flows); i++) {
		const struct rss_flow *flow = &rss_flows[i];

		for (t = 0; t < ARRAY_SIZE(tag); t++) {
			for (tags = 0; tags <= 3; tags++) {
				memset(&packet, 0, sizeof(packet));
				put_ethernet(&packet, tags, tag[t],
					     flow->version == 4 ? ETH_P_IP : ETH_P_IPV6);
				put_ip(&packet, flow, IPPROTO_TCP);
				put_tcp(&packet, flow);
				if (tags <= 2)
					expect_hash(&packet, ALL,
						    flow->version == 4 ? 1 : 3, flow->tcp);
				else
					expect_hash(&packet, ALL, NO_HASH, 0);
			}
		}
	}
}

static void test_not_ip(void **state)
{
	static const u16 protocols[] = { ETH_P_ARP, 0, 0x05dc, 0x86dc, 0x0801, 0xffff };
	struct packet packet;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		memset(&packet, 0, sizeof(packet));
		put_ethernet(&packet, 0, 0, protocols[i]);
		put_ip(&packet, &rss_flows[0], IPPROTO_TCP);
		put_tcp(&packet, &rss_flows[0]);
		expect_hash(&packet, ALL, NO_HASH, 0);
	}
}

/* Every first byte of an IP header but the good ones. */
static void test_bad_version(void **state)
{
	const struct rss_flow *flow;
	struct packet packet;
	unsigned int byte;
	bool good;

	(void)state;
	for (byte = 0; byte <= 255; byte++) {
		flow = &rss_flows[0];
		put_packet(&packet, flow, IPPROTO_UDP);
		packet.byte[packet.ip] = byte;
		good = byte >> 4 == 4 && (byte & 15) >= 5;
		expect_hash(&packet, ALL, good ? 0 : NO_HASH, good ? flow->plain : 0);

		flow = &rss_flows[5];
		put_packet(&packet, flow, IPPROTO_UDP);
		packet.byte[packet.ip] = byte;
		good = byte >> 4 == 6;
		expect_hash(&packet, ALL, good ? 2 : NO_HASH, good ? flow->plain : 0);
	}
}

/*
 * A packet cut off anywhere: the best hash is found as soon as the bytes for it
 * are there, until then it is said that more would help.
 */
static void expect_cut(const struct packet *packet, unsigned int addresses_end,
		       unsigned int ports_end, int base, const struct rss_flow *flow)
{
	unsigned int len;
	bool cut;
	u32 hash;
	int type;

	for (len = 0; len <= packet->len; len++) {
		type = find(packet, len, ALL, &hash, &cut);
		if (len < addresses_end) {
			expect(type == NO_HASH && cut, "length %u", len);
		} else if (len < ports_end) {
			expect(type == base && hash == flow->plain && cut, "length %u", len);
		} else {
			expect(type == base + 1 && hash == flow->tcp && !cut, "length %u", len);
		}
	}
}

static void test_cut(void **state)
{
	struct packet packet;

	(void)state;
	put_packet(&packet, &rss_flows[0], IPPROTO_TCP);
	expect_cut(&packet, 14 + 20, 14 + 24, 0, &rss_flows[0]);

	put_packet(&packet, &rss_flows[5], IPPROTO_TCP);
	expect_cut(&packet, 14 + 40, 14 + 44, 2, &rss_flows[5]);

	memset(&packet, 0, sizeof(packet));
	put_ethernet(&packet, 2, ETH_P_8021Q, ETH_P_IP);
	put_ip(&packet, &rss_flows[2], IPPROTO_TCP);
	put_options(&packet, 10);
	put_tcp(&packet, &rss_flows[2]);
	expect_cut(&packet, 22 + 20, 22 + 64, 0, &rss_flows[2]);

	memset(&packet, 0, sizeof(packet));
	put_ethernet(&packet, 1, ETH_P_8021AD, ETH_P_IPV6);
	put_ip(&packet, &rss_flows[7], IPPROTO_TCP);
	put_extension(&packet, IPPROTO_HOPOPTS, 16);
	put_extension(&packet, IPPROTO_AH, 24);
	put_tcp(&packet, &rss_flows[7]);
	expect_cut(&packet, 18 + 40, 18 + 40 + 40 + 4, 2, &rss_flows[7]);
}

/* Nothing is said to be missing that would not be used. */
static void test_cut_only_where_it_matters(void **state)
{
	struct packet packet;
	bool cut;
	u32 hash;

	(void)state;
	put_packet(&packet, &rss_flows[0], IPPROTO_TCP);
	assert_int_equal(find(&packet, 14 + 20, V4, &hash, &cut), 0);
	assert_false(cut);
	put_packet(&packet, &rss_flows[5], IPPROTO_TCP);
	assert_int_equal(find(&packet, 14 + 40, V6, &hash, &cut), 2);
	assert_false(cut);
	put_packet(&packet, &rss_flows[0], IPPROTO_UDP);
	assert_int_equal(find(&packet, 14 + 20, ALL, &hash, &cut), 0);
	assert_false(cut);
	put_packet(&packet, &rss_flows[5], IPPROTO_UDP);
	assert_int_equal(find(&packet, 14 + 40, ALL, &hash, &cut), 2);
	assert_false(cut);
}

/* Garbage behind headers that look right, of any length. */
static void test_any_bytes(void **state)
{
	static const u16 protocols[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD };
	static const u8 next[] = { IPPROTO_TCP, IPPROTO_HOPOPTS, IPPROTO_ROUTING,
				   IPPROTO_DSTOPTS, IPPROTO_AH, IPPROTO_FRAGMENT };
	unsigned int round, i;
	struct packet packet;
	bool cut;
	u32 hash;

	(void)state;
	random_state = SEED;
	for (round = 0; round < 200000; round++) {
		memset(&packet, 0, sizeof(packet));
		put_ethernet(&packet, random_below(3), protocols[2 + random_below(2)],
			     protocols[random_below(4)]);
		for (i = packet.len; i < 300; i++)
			packet.byte[i] = random_odds(30) ? next[random_below(ARRAY_SIZE(next))] :
				       random_odds(50) ? random_below(3) : random_u32() >> 8;
		packet.byte[packet.ip] = (random_odds(50) ? 0x40 : 0x60) | random_below(16);
		find(&packet, random_below(300), random_below(16), &hash, &cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_ipv6_extensions),
		cmocka_unit_test(test_ipv6_extensions_bounded),
		cmocka_unit_test(test_ipv6_no_ports),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_not_ip),
		cmocka_unit_test(test_bad_version),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_only_where_it_matters),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
