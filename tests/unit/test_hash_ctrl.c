// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of common/hash_ctrl: control messages in and out of order, with every
 * kind of number in them. A message that is refused must leave no trace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/flow.h"
#include "common/hash_ctrl.h"
#include "common/toeplitz.h"

#include "random.h"
#include "rss.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define SEED		0x76696677u

#define GET_TYPES	XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS
#define SET_TYPES	XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS
#define SET_KEY		XEN_NETIF_CTRL_TYPE_SET_HASH_KEY
#define GET_MAP_SIZE	XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE
#define SET_MAP_SIZE	XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE
#define SET_MAP		XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING
#define SET_ALGORITHM	XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM

#define SUCCESS		XEN_NETIF_CTRL_STATUS_SUCCESS
#define NOT_SUPPORTED	XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED
#define INVALID		XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER
#define TOO_LARGE	XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW

#define GREF		4711
#define NO_GREF		666	/* a page that the guest has not granted */
#define NR_QUEUES	4

/* What a guest can hit with its offsets and sizes. */
static const u32 numbers[] = {
	0, 1, 2, 39, 40, 41, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 0xffff,
	0x10000, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
};

/* ---- The guest ---------------------------------------------------------- */

/* A page that it has granted, and what the backend has asked of it. */
static union {
	u8 byte[4096];
	u32 word[1024];
} page;
static unsigned int fetched;

static const void *fetch(void *arg, grant_ref_t gref, unsigned int len)
{
	assert_ptr_equal(arg, &page);
	assert_in_range(len, 1, XNET_HASH_FETCH_MAX);
	fetched++;

	return gref == GREF ? &page : NULL;
}

static u32 send_data(struct xnet_hash_config *config, u16 type, u32 data0,
		     u32 data1, u32 data2, u32 *data)
{
	const struct xen_netif_ctrl_request request = {
		.id = 1, .type = type, .data = { data0, data1, data2 },
	};
	const struct xnet_hash_source source = { .fetch = fetch, .arg = &page };
	struct xnet_hash_config before = *config;
	u32 status;

	fetched = 0;
	*data = 0xdeadbeef;
	status = xnet_hash_message(config, &request, &source, data);

	/* What is refused has no effect, and the answer says nothing more. */
	if (status != SUCCESS) {
		assert_memory_equal(config, &before, sizeof(before));
		assert_int_equal(*data, 0);
	}
	if (memcmp(config, &before, sizeof(before)))
		assert_true(config->changed);

	/* What holds whatever was said. */
	assert_int_equal(config->nr_queues, before.nr_queues);
	assert_true(config->map_size <= XNET_HASH_MAP_MAX);
	assert_int_equal(config->types & ~15u, 0);

	return status;
}

static u32 send(struct xnet_hash_config *config, u16 type, u32 data0, u32 data1,
		u32 data2)
{
	u32 data, status;

	status = send_data(config, type, data0, data1, data2, &data);
	if (status == SUCCESS && type != GET_TYPES && type != GET_MAP_SIZE)
		assert_int_equal(data, 0);

	return status;
}

/* With an algorithm, all types, and a mapping of @size. */
static void set_up(struct xnet_hash_config *config, u32 size)
{
	xnet_hash_init(config, NR_QUEUES);
	assert_int_equal(send(config, SET_ALGORITHM, 1, 0, 0), SUCCESS);
	assert_int_equal(send(config, SET_TYPES, 15, 0, 0), SUCCESS);
	assert_int_equal(send(config, SET_MAP_SIZE, size, 0, 0), SUCCESS);
	config->changed = false;
}

/* ---- Tests -------------------------------------------------------------- */

static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct xen_netif_ctrl_request), 16);
	assert_int_equal(sizeof(struct xen_netif_ctrl_response), 12);
	assert_true(XNET_HASH_FETCH_MAX <= XEN_PAGE_SIZE);
	assert_true(XNET_TOEPLITZ_KEY_MAX <= XNET_HASH_FETCH_MAX);
}

/* The protocol's byte order, whatever the machine's. */
static void test_extra_info(void **state)
{
	static const u8 bytes[4] = { 0x78, 0x56, 0x34, 0xf2 };
	struct xnet_hash hash = {};

	(void)state;
	assert_int_equal(sizeof(hash), 6);
	xnet_hash_set_value(&hash, 0xf2345678);
	assert_memory_equal(hash.value, bytes, sizeof(bytes));
	assert_int_equal(xnet_hash_value(&hash), 0xf2345678);
}

static void test_initial(void **state)
{
	struct xnet_hash_config config;
	u32 hash;

	(void)state;
	memset(&config, 0xa5, sizeof(config));
	xnet_hash_init(&config, NR_QUEUES);
	assert_false(xnet_hash_enabled(&config));
	assert_false(config.changed);
	for (hash = 0; hash < 100; hash++)
		assert_int_equal(xnet_hash_queue(&config, hash), hash % NR_QUEUES);
	assert_int_equal(xnet_hash_queue(&config, 0xffffffff), 3);
}

static void test_algorithm(void **state)
{
	struct xnet_hash_config config;
	unsigned int i;
	u32 data;

	(void)state;
	xnet_hash_init(&config, NR_QUEUES);

	/* Without one, nothing can be said of types. */
	assert_int_equal(send(&config, GET_TYPES, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(send(&config, SET_TYPES, 15, 0, 0), NOT_SUPPORTED);

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_int_equal(send(&config, SET_ALGORITHM, numbers[i], 0, 0),
				 numbers[i] <= 1 ? SUCCESS : INVALID);

	assert_int_equal(send(&config, SET_ALGORITHM, 1, 0, 0), SUCCESS);
	assert_false(xnet_hash_enabled(&config));
	assert_int_equal(send_data(&config, GET_TYPES, 0, 0, 0, &data), SUCCESS);
	assert_int_equal(data, 15);
	assert_int_equal(send(&config, SET_TYPES, data, 0, 0), SUCCESS);
	assert_true(xnet_hash_enabled(&config));

	/* Either of the two ends it. */
	assert_int_equal(send(&config, SET_TYPES, 0, 0, 0), SUCCESS);
	assert_false(xnet_hash_enabled(&config));
	assert_int_equal(send(&config, SET_TYPES, 1, 0, 0), SUCCESS);
	assert_true(xnet_hash_enabled(&config));
	assert_int_equal(send(&config, SET_ALGORITHM, 0, 0, 0), SUCCESS);
	assert_false(xnet_hash_enabled(&config));
	assert_int_equal(send(&config, GET_TYPES, 0, 0, 0), NOT_SUPPORTED);
}

static void test_types(void **state)
{
	struct xnet_hash_config config;
	unsigned int bit;
	u32 types;

	(void)state;
	set_up(&config, 0);
	for (types = 0; types <= 15; types++) {
		assert_int_equal(send(&config, SET_TYPES, types, 0, 0), SUCCESS);
		assert_int_equal(config.types, types);
	}
	for (bit = 4; bit < 32; bit++)
		assert_int_equal(send(&config, SET_TYPES, 1u << bit | 3, 0, 0), INVALID);
	assert_int_equal(config.types, 15);
}

static void test_key(void **state)
{
	struct xnet_hash_config config;
	struct xnet_toeplitz want;
	unsigned int i;
	u32 len;

	(void)state;
	set_up(&config, 0);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		len = numbers[i];
		memcpy(page.byte, rss_key, sizeof(rss_key));
		config.changed = false;
		assert_int_equal(send(&config, SET_KEY, GREF, len, 0),
				 len <= 40 ? SUCCESS : TOO_LARGE);
		assert_int_equal(config.changed, len <= 40);
		assert_int_equal(fetched, len && len <= 40);
		if (len > 40)
			continue;
		xnet_toeplitz_set_key(&want, rss_key, len);
		assert_memory_equal(&config.toeplitz, &want, sizeof(want));
	}
}

/* An empty key needs no page; one that is not granted changes nothing. */
static void test_key_gref(void **state)
{
	struct xnet_hash_config config;

	(void)state;
	set_up(&config, 0);
	memcpy(page.byte, rss_key, sizeof(rss_key));
	assert_int_equal(send(&config, SET_KEY, GREF, 40, 0), SUCCESS);
	assert_int_equal(send(&config, SET_KEY, NO_GREF, 40, 0), INVALID);
	assert_int_equal(send(&config, SET_KEY, NO_GREF, 0, 0), SUCCESS);
	assert_int_equal(fetched, 0);
	assert_int_equal(config.toeplitz.term[0][8], 0);
}

static void test_map_size(void **state)
{
	struct xnet_hash_config config;
	unsigned int i;
	u32 data;

	(void)state;
	set_up(&config, 0);
	assert_int_equal(send_data(&config, GET_MAP_SIZE, 0, 0, 0, &data), SUCCESS);
	assert_int_equal(data, 128);

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(send(&config, SET_MAP_SIZE, numbers[i], 0, 0),
				 numbers[i] <= 128 ? SUCCESS : INVALID);
		if (numbers[i] <= 128)
			assert_int_equal(config.map_size, numbers[i]);
	}
}

/* A new size is a new mapping, of zeros. */
static void test_map_size_clears(void **state)
{
	struct xnet_hash_config config;
	u32 hash;

	(void)state;
	set_up(&config, 2);
	page.word[0] = 3;
	page.word[1] = 2;
	assert_int_equal(send(&config, SET_MAP, GREF, 2, 0), SUCCESS);
	assert_int_equal(xnet_hash_queue(&config, 0), 3);
	assert_int_equal(xnet_hash_queue(&config, 0xffffffff), 2);
	assert_int_equal(send(&config, SET_MAP_SIZE, 128, 0, 0), SUCCESS);
	for (hash = 0; hash < 256; hash++)
		assert_int_equal(xnet_hash_queue(&config, hash), 0);
}

/* Every offset and size, with mappings of every size (XSA-270). */
static void test_map_range(void **state)
{
	struct xnet_hash_config config;
	unsigned int i, j, k;
	u32 map_size, offset, size, want;

	(void)state;
	memset(&page, 0, sizeof(page));
	for (i = 0; i < ARRAY_SIZE(numbers) && numbers[i] <= 128; i++) {
		map_size = numbers[i];
		set_up(&config, map_size);
		for (j = 0; j < ARRAY_SIZE(numbers); j++) {
			for (k = 0; k < ARRAY_SIZE(numbers); k++) {
				size = numbers[j];
				offset = numbers[k];
				want = size > 128 ? TOO_LARGE :
				       (u64)offset + size > map_size ? INVALID : SUCCESS;
				assert_int_equal(send(&config, SET_MAP, GREF, size, offset),
						 want);
				assert_int_equal(fetched, want == SUCCESS && size);
			}
		}
	}
}

/* Parts of a mapping, one after the other. */
static void test_map_parts(void **state)
{
	struct xnet_hash_config config;
	u32 i, part;

	(void)state;
	set_up(&config, 128);
	for (part = 0; part < NR_QUEUES; part++) {
		for (i = 0; i < 32; i++)
			page.word[i] = part;
		page.word[32] = 0xffffffff; /* beyond what is asked for */
		config.changed = false;
		assert_int_equal(send(&config, SET_MAP, GREF, 32, 32 * part), SUCCESS);
		assert_true(config.changed);
	}
	for (i = 0; i < 512; i++)
		assert_int_equal(xnet_hash_queue(&config, i), i % 128 / 32);
}

/* Queues that there are, and all others, first and last in the table. */
static void test_map_content(void **state)
{
	struct xnet_hash_config config;
	unsigned int i, at;

	(void)state;
	set_up(&config, 128);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (at = 0; at < 128; at += 127) {
			memset(&page, 0, sizeof(page));
			page.word[at] = numbers[i];
			assert_int_equal(send(&config, SET_MAP, GREF, 128, 0),
					 numbers[i] < NR_QUEUES ? SUCCESS : INVALID);
		}
	}
}

static void test_map_gref(void **state)
{
	struct xnet_hash_config config;

	(void)state;
	set_up(&config, 128);
	assert_int_equal(send(&config, SET_MAP, NO_GREF, 128, 0), INVALID);
	assert_int_equal(fetched, 1);
	assert_int_equal(send(&config, SET_MAP, NO_GREF, 0, 0), SUCCESS);
	assert_int_equal(send(&config, SET_MAP, NO_GREF, 0, 128), SUCCESS);
	assert_int_equal(send(&config, SET_MAP, NO_GREF, 0, 129), INVALID);
	assert_int_equal(fetched, 0);
}

static void test_other_types(void **state)
{
	struct xnet_hash_config config;
	u32 type;

	(void)state;
	set_up(&config, 128);
	for (type = 0; type <= 0xffff; type++)
		if (type < 1 || type > 7)
			assert_int_equal(send(&config, type, 1, 1, 0), NOT_SUPPORTED);
}

/* Messages at random: send_data() looks on, and no queue is ever out of range. */
static void test_any_messages(void **state)
{
	struct xnet_hash_config config;
	unsigned int round, i;
	u32 data[3];

	(void)state;
	random_state = SEED;
	xnet_hash_init(&config, NR_QUEUES);
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < 3; i++)
			data[i] = random_odds(70) ? random_below(6) :
				  numbers[random_below(ARRAY_SIZE(numbers))];
		if (random_odds(80))
			data[0] = random_odds(50) ? GREF : random_below(129);
		for (i = 0; i < 8; i++)
			page.word[i] = random_below(random_odds(90) ? NR_QUEUES : 6);
		send(&config, random_below(9), data[0], data[1], data[2]);
		assert_true(xnet_hash_queue(&config, random_u32()) < NR_QUEUES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_extra_info),
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_algorithm),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_key_gref),
		cmocka_unit_test(test_map_size),
		cmocka_unit_test(test_map_size_clears),
		cmocka_unit_test(test_map_range),
		cmocka_unit_test(test_map_parts),
		cmocka_unit_test(test_map_content),
		cmocka_unit_test(test_map_gref),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_any_messages),
	};

	return cmocka_run_group_tests_name("hash_ctrl", tests, NULL, NULL);
}
