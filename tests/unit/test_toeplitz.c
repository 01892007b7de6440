// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of common/toeplitz: the published vectors, and the definition carried
 * out bit by bit as the judge of everything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "common/toeplitz.h"

#include "random.h"
#include "rss.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define DATA_MAX	36
#define KEY_MAX		40
#define SEED		0x76696677u

/* netif.h's own words: shift the key along, add it up where the data has a 1. */
static u32 by_definition(const u8 *key, unsigned int key_len, const u8 *data,
			 unsigned int len)
{
	unsigned int bit, i, k;
	u32 value = 0;

	for (bit = 0; bit < 8 * len; bit++) {
		if (!(data[bit / 8] & (0x80 >> bit % 8)))
			continue;
		for (i = 0; i < 32; i++) {
			k = bit + i;
			if (k / 8 < key_len && key[k / 8] & (0x80 >> k % 8))
				value ^= 1u << (31 - i);
		}
	}

	return value;
}

/* What is hashed of a flow. Return: bytes without the ports. */
static unsigned int flow_bytes(const struct rss_flow *flow, u8 *bytes)
{
	int family = flow->version == 4 ? AF_INET : AF_INET6;
	unsigned int len = flow->version == 4 ? 4 : 16;
	u16 ports[2] = { htons(flow->from_port), htons(flow->to_port) };

	assert_int_equal(inet_pton(family, flow->from, bytes), 1);
	assert_int_equal(inet_pton(family, flow->to, bytes + len), 1);
	memcpy(bytes + 2 * len, ports, sizeof(ports));

	return 2 * len;
}

static void test_published(void **state)
{
	struct xnet_toeplitz toeplitz;
	u8 bytes[DATA_MAX];
	unsigned int i, len;

	(void)state;
	xnet_toeplitz_set_key(&toeplitz, rss_key, sizeof(rss_key));
	for (i = 0; i < ARRAY_SIZE(rss_flows); i++) {
		len = flow_bytes(&rss_flows[i], bytes);
		assert_int_equal(xnet_toeplitz_hash(&toeplitz, 0, bytes, len),
				 rss_flows[i].plain);
		assert_int_equal(xnet_toeplitz_hash(&toeplitz, 0, bytes, len + 4),
				 rss_flows[i].tcp);
		/* In pieces, as packets are hashed. */
		assert_int_equal(xnet_toeplitz_hash(&toeplitz, 0, bytes, len) ^
				 xnet_toeplitz_hash(&toeplitz, len, bytes + len, 4),
				 rss_flows[i].tcp);
	}
}

static void random_bytes(u8 *bytes, unsigned int len)
{
	while (len--)
		*bytes++ = random_u32() >> 8;
}

/* Each length of data with each length of key. */
static void test_definition(void **state)
{
	struct xnet_toeplitz toeplitz;
	u8 key[KEY_MAX], data[DATA_MAX];
	unsigned int key_len, len;

	(void)state;
	random_state = SEED;
	for (key_len = 0; key_len <= KEY_MAX; key_len++) {
		random_bytes(key, sizeof(key));
		/* Nothing of an earlier key may shine through. */
		memset(&toeplitz, 0xa5, sizeof(toeplitz));
		xnet_toeplitz_set_key(&toeplitz, key, key_len);
		for (len = 0; len <= DATA_MAX; len++) {
			random_bytes(data, sizeof(data));
			assert_int_equal(xnet_toeplitz_hash(&toeplitz, 0, data, len),
					 by_definition(key, key_len, data, len));
		}
	}
}

/* Each single bit of the data, so each entry of the table that others sum up. */
static void test_single_bits(void **state)
{
	struct xnet_toeplitz toeplitz;
	u8 data[DATA_MAX];
	unsigned int bit;

	(void)state;
	xnet_toeplitz_set_key(&toeplitz, rss_key, sizeof(rss_key));
	for (bit = 0; bit < 8 * DATA_MAX; bit++) {
		memset(data, 0, sizeof(data));
		data[bit / 8] = 0x80 >> bit % 8;
		assert_int_equal(xnet_toeplitz_hash(&toeplitz, 0, data, DATA_MAX),
				 by_definition(rss_key, KEY_MAX, data, DATA_MAX));
	}
}

static void test_empty_key(void **state)
{
	struct xnet_toeplitz toeplitz;
	u8 data[DATA_MAX];

	(void)state;
	memset(data, 0xff, sizeof(data));
	xnet_toeplitz_set_key(&toeplitz, rss_key, sizeof(rss_key));
	assert_int_not_equal(xnet_toeplitz_hash(&toeplitz, 0, data, DATA_MAX), 0);
	xnet_toeplitz_set_key(&toeplitz, rss_key, 0);
	assert_int_equal(xnet_toeplitz_hash(&toeplitz, 0, data, DATA_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_definition),
		cmocka_unit_test(test_single_bits),
		cmocka_unit_test(test_empty_key),
	};

	return cmocka_run_group_tests_name("toeplitz", tests, NULL, NULL);
}
