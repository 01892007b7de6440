// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of common/rx_parse: packets of an RX ring, well-formed and hostile.
 *
 * Each test writes responses as a backend would and has the parser take slots
 * until the packet is complete or the ring is empty. The invariants that hold
 * after every slot and for every packet are checked in one place, parse().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "common/rx_parse.h"

#include "random.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define RING_SLOTS	256
#define SEED		0x76696677u	/* of every random sequence in here */

#define EXTRA		XEN_NETRXF_extra_info
#define MORE		XEN_NETRXF_more_data
#define GSO		XEN_NETIF_EXTRA_TYPE_GSO
#define XDP		XEN_NETIF_EXTRA_TYPE_XDP
#define AND_MORE	XEN_NETIF_EXTRA_FLAG_MORE
#define TCPV4		XEN_NETIF_GSO_TYPE_TCPV4
#define TCPV6		XEN_NETIF_GSO_TYPE_TCPV6

/* Like assert_true(), with what is needed to find the case that failed. */
#define expect(cond, fmt, ...)						\
	do {								\
		if (!(cond))						\
			fail_msg("%s:%d: %s: " fmt, __FILE__, __LINE__,	\
				 #cond, __VA_ARGS__);			\
	} while (0)

/* ---- The backend: a ring and what it writes there ----------------------- */

struct ring {
	struct xen_netif_rx_response slot[RING_SLOTS];
	unsigned int nr;
	u16 agreed;	/* extras that it may use */
};

/* With segmentation, as almost every backend. */
#define RING	((struct ring){ .agreed = XNET_EXTRA(GSO) })

static void put_data(struct ring *ring, u16 offset, int status, u16 flags)
{
	unsigned int i = ring->nr++;

	assert_true(i < RING_SLOTS);
	ring->slot[i] = (struct xen_netif_rx_response) {
		.id = 0xffff - i,
		.offset = offset,
		.flags = flags,
		.status = status,
	};
}

static void put_extra(struct ring *ring, u8 type, u8 flags, u8 gso_type, u16 gso_size)
{
	struct xen_netif_extra_info extra = {
		.type = type,
		.flags = flags,
		.u.gso = { .size = gso_size, .type = gso_type, .pad = 0xff, .features = 0xffff },
	};
	unsigned int i = ring->nr++;

	assert_true(i < RING_SLOTS);
	memset(&ring->slot[i], 0xff, sizeof(ring->slot[i]));
	memcpy(&ring->slot[i], &extra, sizeof(extra));
}

/* @nr slots of @size bytes each after a first one, the last ends the packet. */
static void put_later(struct ring *ring, unsigned int nr, int size)
{
	while (nr--)
		put_data(ring, 0, size, nr ? MORE : 0);
}

/* What a backend sends next; never to be taken for part of a packet. */
static void put_next_packet(struct ring *ring)
{
	put_data(ring, 0, 60, 0);
}

/* ---- The frontend, and what holds for whatever it is fed ---------------- */

static void check_step(const struct xnet_rx_pkt *pkt, const struct xnet_rx_pkt *before)
{
	unsigned int i, sum = 0;

	/* A step takes its slot or not; it never forgets an earlier one. */
	assert_in_range(pkt->nr_slots, before->nr_slots, before->nr_slots + 1);
	assert_in_range(pkt->nr_slots, 0, XNET_RX_SLOTS_MAX);
	if (pkt->headroom == before->headroom)
		assert_memory_equal(pkt->slot, before->slot,
				    before->nr_slots * sizeof(pkt->slot[0]));
	if (before->error)
		assert_int_equal(pkt->error, before->error);

	assert_int_equal(pkt->extras & ~(pkt->agreed & XNET_RX_EXTRAS), 0);
	for (i = 0; i < pkt->nr_slots; i++) {
		assert_true(pkt->slot[i].offset + pkt->slot[i].size <= 4096);
		sum += pkt->slot[i].size;
	}
	assert_int_equal(sum, pkt->size);
}

/* What the caller may rely on when a packet is complete and good. */
static void check_good(const struct xnet_rx_pkt *pkt)
{
	assert_in_range(pkt->nr_slots, 1, 18);
	assert_in_range(pkt->size, 14, 65535 + 14 + 4);
	if (pkt->extras & XNET_EXTRA(GSO))
		assert_true(xnet_gso_valid(pkt->gso.type, pkt->gso.size));
}

/*
 * Take slots until the packet is complete or the ring is empty. The copy that
 * the parser sees is spoilt after each step, as a backend does to its own memory.
 *
 * Return: slots taken.
 */
static unsigned int parse(struct xnet_rx_pkt *pkt, const struct ring *ring, unsigned int from)
{
	enum xnet_rx_verdict verdict = XNET_RX_MORE;
	struct xen_netif_rx_response copy;
	struct xnet_rx_pkt before;
	unsigned int i;

	memset(pkt, 0xa5, sizeof(*pkt));
	xnet_rx_begin(pkt, ring->agreed);
	for (i = from; i < ring->nr && verdict == XNET_RX_MORE; i++) {
		before = *pkt;
		copy = ring->slot[i];
		verdict = xnet_rx_step(pkt, &copy);
		assert_memory_equal(&copy, &ring->slot[i], sizeof(copy));
		memset(&copy, 0xa5, sizeof(copy));
		check_step(pkt, &before);
	}
	if (verdict == XNET_RX_MORE) {
		xnet_rx_end(pkt);
		assert_int_not_equal(pkt->error, XNET_RX_OK);
	}
	if (!pkt->error)
		check_good(pkt);

	return i - from;
}

static void expect_parsed(struct xnet_rx_pkt *pkt, const struct ring *ring,
			  enum xnet_rx_error error, unsigned int taken, const char *name)
{
	unsigned int got = parse(pkt, ring, 0);

	expect(pkt->error == error, "%s: got error %d, want %d", name, pkt->error, error);
	expect(got == taken, "%s: took %u slots, want %u", name, got, taken);
}

/* ---- wire.h ------------------------------------------------------------- */

static void test_wire_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct xen_netif_rx_request), 8);
	assert_int_equal(sizeof(struct xen_netif_rx_response), 8);
	assert_int_equal(sizeof(struct xen_netif_extra_info), 8);
	assert_int_equal(XNET_RX_SLOTS_MAX, 18);
	assert_int_equal(XNET_RX_SIZE_MAX, 65553);
}

/* ---- Packets of one slot ------------------------------------------------ */

static void test_one_slot(void **state)
{
	static const struct {
		const char *name;
		u16 offset;
		int status;
		enum xnet_rx_error error;
	} cases[] = {
		{ "no bytes",			0,     0,      XNET_RX_ERR_SHORT },
		{ "one byte",			0,     1,      XNET_RX_ERR_SHORT },
		{ "a byte short of a header",	0,     13,     XNET_RX_ERR_SHORT },
		{ "empty, at the page's end",	4096,  0,      XNET_RX_ERR_SHORT },
		{ "just a header",		0,     14,     XNET_RX_OK },
		{ "ordinary",			0,     1514,   XNET_RX_OK },
		{ "with headroom",		256,   1514,   XNET_RX_OK },
		{ "a page",			0,     4096,   XNET_RX_OK },
		{ "to the end of the page",	4082,  14,     XNET_RX_OK },
		{ "a byte over the page",	4083,  14,     XNET_RX_ERR_CROSSES_PAGE },
		{ "a page and a byte",		0,     4097,   XNET_RX_ERR_CROSSES_PAGE },
		{ "a page, shifted",		1,     4096,   XNET_RX_ERR_CROSSES_PAGE },
		{ "starts behind the page",	4097,  0,      XNET_RX_ERR_CROSSES_PAGE },
		{ "largest offset",		65535, 14,     XNET_RX_ERR_CROSSES_PAGE },
		{ "sum wraps 16 bits to 0",	65522, 14,     XNET_RX_ERR_CROSSES_PAGE },
		{ "largest size",		0,     32767,  XNET_RX_ERR_CROSSES_PAGE },
		{ "both largest",		65535, 32767,  XNET_RX_ERR_CROSSES_PAGE },
		{ "error",			0,     -1,     XNET_RX_ERR_STATUS },
		{ "dropped",			0,     -2,     XNET_RX_ERR_STATUS },
		{ "most negative",		0,     -32768, XNET_RX_ERR_STATUS },
		{ "error and off the page",	65535, -1,     XNET_RX_ERR_STATUS },
	};
	struct xnet_rx_pkt pkt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring ring = RING;

		put_data(&ring, cases[i].offset, cases[i].status, 0);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, cases[i].error, 1, cases[i].name);
		if (cases[i].error)
			continue;
		assert_int_equal(pkt.nr_slots, 1);
		assert_int_equal(pkt.slot[0].offset, cases[i].offset);
		assert_int_equal(pkt.slot[0].size, cases[i].status);
		assert_int_equal(pkt.size, cases[i].status);
	}
}

/* The flags of the first slot are kept; what is not the parser's does nothing. */
static void test_flags(void **state)
{
	struct xnet_rx_pkt pkt;
	unsigned int flags;

	(void)state;
	for (flags = 0; flags <= 0xffff; flags++) {
		struct ring ring = RING;

		if (flags & (EXTRA | MORE))
			continue;
		put_data(&ring, 0, 60, flags);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, XNET_RX_OK, 1, "flags");
		assert_int_equal(pkt.flags, flags);
	}
}

/* ---- Packets of more slots ---------------------------------------------- */

static void test_slots(void **state)
{
	struct xnet_rx_pkt pkt;
	unsigned int nr, i;

	(void)state;
	for (nr = 2; nr <= 18; nr++) {
		struct ring ring = RING;

		put_data(&ring, 8, 100, MORE | XEN_NETRXF_csum_blank);
		put_later(&ring, nr - 1, 3000);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, XNET_RX_OK, nr, "slots");
		assert_int_equal(pkt.nr_slots, nr);
		assert_int_equal(pkt.size, 100 + 3000 * (nr - 1));
		assert_int_equal(pkt.flags, MORE | XEN_NETRXF_csum_blank);
		for (i = 1; i < nr; i++)
			assert_int_equal(pkt.slot[i].size, 3000);
	}
	for (nr = 19; nr <= 200; nr++) {
		struct ring ring = RING;

		put_data(&ring, 0, 100, MORE);
		put_later(&ring, nr - 1, 1);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, XNET_RX_ERR_SLOTS, nr, "too many slots");
		assert_int_equal(pkt.nr_slots, 18);
	}
}

static void test_empty_slots(void **state)
{
	struct ring first = RING, later = RING, all = RING;
	struct xnet_rx_pkt pkt;

	(void)state;
	put_data(&first, 0, 0, MORE);
	put_later(&first, 1, 60);
	expect_parsed(&pkt, &first, XNET_RX_OK, 2, "first slot empty");
	assert_int_equal(pkt.nr_slots, 2);
	assert_int_equal(pkt.slot[0].size, 0);

	put_data(&later, 0, 60, MORE);
	put_later(&later, 3, 0);
	expect_parsed(&pkt, &later, XNET_RX_OK, 4, "later slots empty");

	put_data(&all, 0, 0, MORE);
	put_later(&all, 5, 0);
	expect_parsed(&pkt, &all, XNET_RX_ERR_SHORT, 6, "all slots empty");
}

/* A header in pieces is the caller's to put together. */
static void test_header_in_pieces(void **state)
{
	struct ring enough = RING, short_by_one = RING;
	struct xnet_rx_pkt pkt;

	(void)state;
	put_data(&enough, 0, 1, MORE);
	put_later(&enough, 13, 1);
	expect_parsed(&pkt, &enough, XNET_RX_OK, 14, "14 slots of a byte");

	put_data(&short_by_one, 0, 1, MORE);
	put_later(&short_by_one, 12, 1);
	expect_parsed(&pkt, &short_by_one, XNET_RX_ERR_SHORT, 13, "13 slots of a byte");
}

static void test_size(void **state)
{
	struct ring largest = RING, over = RING, full = RING;
	struct xnet_rx_pkt pkt;

	(void)state;
	put_data(&largest, 0, 65553 - 16 * 4096, MORE);
	put_later(&largest, 16, 4096);
	expect_parsed(&pkt, &largest, XNET_RX_OK, 17, "largest packet");
	assert_int_equal(pkt.size, 65553);

	put_data(&over, 0, 65554 - 16 * 4096, MORE);
	put_later(&over, 16, 4096);
	expect_parsed(&pkt, &over, XNET_RX_ERR_SIZE, 17, "a byte over");

	put_data(&full, 0, 4096, MORE);
	put_later(&full, 17, 4096);
	expect_parsed(&pkt, &full, XNET_RX_ERR_SIZE, 18, "18 pages");
}

/* One bad slot spoils the packet wherever it is, and nothing but the packet. */
static void test_bad_slot_anywhere(void **state)
{
	static const struct {
		u16 offset;
		int status;
		enum xnet_rx_error error;
	} bad[] = {
		{ 0, -1, XNET_RX_ERR_STATUS },
		{ 4000, 97, XNET_RX_ERR_CROSSES_PAGE },
	};
	struct xnet_rx_pkt pkt;
	unsigned int i, where;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		for (where = 0; where < 5; where++) {
			struct ring ring = RING;
			struct xen_netif_rx_response *slot = &ring.slot[where];

			put_data(&ring, 0, 1000, MORE);
			put_later(&ring, 4, 1000);
			slot->offset = bad[i].offset;
			slot->status = bad[i].status;
			put_next_packet(&ring);
			expect_parsed(&pkt, &ring, bad[i].error, 5, "bad slot");
			/* The others can be told apart from it. */
			assert_int_equal(pkt.nr_slots, 4);

			assert_int_equal(parse(&pkt, &ring, 5), 1);
			assert_int_equal(pkt.error, XNET_RX_OK);
		}
	}
}

static void test_truncated(void **state)
{
	struct ring one = RING, many = RING, bad = RING;
	struct xnet_rx_pkt pkt;

	(void)state;
	put_data(&one, 0, 60, MORE);
	expect_parsed(&pkt, &one, XNET_RX_ERR_TRUNCATED, 1, "first slot");

	put_data(&many, 0, 60, MORE);
	put_data(&many, 0, 60, MORE);
	put_data(&many, 0, 60, MORE);
	expect_parsed(&pkt, &many, XNET_RX_ERR_TRUNCATED, 3, "third slot");

	put_data(&bad, 0, -1, MORE);
	expect_parsed(&pkt, &bad, XNET_RX_ERR_STATUS, 1, "the first error counts");
}

/* ---- Extra info --------------------------------------------------------- */

static void test_gso(void **state)
{
	static const struct {
		const char *name;
		u8 type;
		u16 size;
		enum xnet_rx_error error;
	} cases[] = {
		{ "TCPv4",		TCPV4, 1448,   XNET_RX_OK },
		{ "TCPv6",		TCPV6, 1428,   XNET_RX_OK },
		{ "smallest",		TCPV4, 1,      XNET_RX_OK },
		{ "largest",		TCPV4, 0xfffe, XNET_RX_OK },
		{ "size 0",		TCPV4, 0,      XNET_RX_ERR_GSO },
		{ "GSO_BY_FRAGS",	TCPV4, 0xffff, XNET_RX_ERR_GSO },
		{ "no type",		0,     1448,   XNET_RX_ERR_GSO },
		{ "type 3",		3,     1448,   XNET_RX_ERR_GSO },
		{ "type 255",		255,   1448,   XNET_RX_ERR_GSO },
	};
	struct xnet_rx_pkt pkt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring one = RING, more = RING;

		put_data(&one, 0, 4000, EXTRA);
		put_extra(&one, GSO, 0, cases[i].type, cases[i].size);
		put_next_packet(&one);
		expect_parsed(&pkt, &one, cases[i].error, 2, cases[i].name);

		put_data(&more, 0, 4000, EXTRA | MORE);
		put_extra(&more, GSO, 0, cases[i].type, cases[i].size);
		put_later(&more, 5, 4096);
		put_next_packet(&more);
		expect_parsed(&pkt, &more, cases[i].error, 7, cases[i].name);
		if (cases[i].error)
			continue;
		assert_int_equal(pkt.nr_slots, 6);
		assert_int_equal(pkt.extras, XNET_EXTRA(GSO));
		assert_int_equal(pkt.gso.type, cases[i].type);
		assert_int_equal(pkt.gso.size, cases[i].size);
	}
}

/* The extra flag means nothing in a later slot. */
static void test_extra_in_later_slot(void **state)
{
	struct ring ring = RING;
	struct xnet_rx_pkt pkt;

	(void)state;
	put_data(&ring, 0, 60, MORE);
	put_data(&ring, 0, 60, MORE | EXTRA);
	put_data(&ring, 0, 60, EXTRA);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_RX_OK, 3, "extra in later slots");
	assert_int_equal(pkt.extras, 0);
}

static void test_extra_type(void **state)
{
	struct xnet_rx_pkt pkt;
	unsigned int type;

	(void)state;
	for (type = 0; type <= 255; type++) {
		struct ring ring = RING;

		put_data(&ring, 0, 4000, EXTRA | MORE);
		put_extra(&ring, type, 0, TCPV4, 1448);
		put_later(&ring, 1, 4000);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, type == GSO ? XNET_RX_OK : XNET_RX_ERR_EXTRA_TYPE,
			      3, "extra type");
		assert_int_equal(pkt.nr_slots, 2);
	}
}

/* Extra info is good only where it was agreed upon, and then all of it is kept. */
static void test_extra_hash(void **state)
{
	struct xen_netif_extra_info extra = {
		.type = XEN_NETIF_EXTRA_TYPE_HASH,
		.u.hash = { .type = 1, .algorithm = 1, .value = { 4, 3, 2, 1 } },
	};
	struct xnet_rx_pkt pkt;
	unsigned int agreed;

	(void)state;
	for (agreed = 0; agreed <= 0xffff; agreed++) {
		bool hash = agreed & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH);
		bool gso = agreed & XNET_EXTRA(GSO);
		struct ring ring = RING;

		ring.agreed = agreed;
		put_data(&ring, 0, 4000, EXTRA);
		put_extra(&ring, GSO, AND_MORE, TCPV4, 1448);
		memcpy(&ring.slot[ring.nr++], &extra, sizeof(extra));
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, hash && gso ? XNET_RX_OK : XNET_RX_ERR_EXTRA_TYPE, 3,
			      "GSO and hash");
		assert_int_equal(!!(pkt.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH)), hash);
		if (!hash)
			continue;
		assert_int_equal(pkt.hash.type, 1);
		assert_int_equal(pkt.hash.algorithm, 1);
		assert_int_equal(xnet_hash_value(&pkt.hash), 0x01020304);
	}
}

/* All kinds of hash, with all that a packet can be. */
static void test_hash_layer(void **state)
{
	unsigned int type, algorithm, i;

	(void)state;
	for (algorithm = 0; algorithm < 256; algorithm++) {
		for (type = 0; type < 256; type++) {
			struct xnet_hash hash = { .type = type, .algorithm = algorithm };

			for (i = 0; i < 4; i++) {
				bool ipv4 = i & 1, ipv6 = i & 2;
				unsigned int layer = 0;

				if (algorithm == 1 && type < 4 && (type < 2 ? ipv4 : ipv6))
					layer = type % 2 ? 4 : 3;
				expect(xnet_hash_layer(&hash, ipv4, ipv6) == layer,
				       "algorithm %u, type %u, %u", algorithm, type, i);
			}
		}
	}
}

static void test_extra_chain(void **state)
{
	struct ring twice = RING, other = RING, endless = RING;
	struct xnet_rx_pkt pkt;
	unsigned int i;

	(void)state;
	put_data(&twice, 0, 4000, EXTRA);
	put_extra(&twice, GSO, AND_MORE, TCPV4, 1448);
	put_extra(&twice, GSO, 0, TCPV6, 1000);
	put_next_packet(&twice);
	expect_parsed(&pkt, &twice, XNET_RX_ERR_EXTRA_TWICE, 3, "GSO twice");
	assert_int_equal(pkt.gso.type, TCPV4);

	put_data(&other, 0, 4000, EXTRA);
	put_extra(&other, GSO, AND_MORE, TCPV4, 1448);
	put_extra(&other, XDP, 0, 0, 0);
	put_next_packet(&other);
	expect_parsed(&pkt, &other, XNET_RX_ERR_EXTRA_TYPE, 3, "XDP after GSO");

	put_data(&endless, 0, 4000, EXTRA);
	for (i = 1; i < RING_SLOTS; i++)
		put_extra(&endless, GSO, AND_MORE, TCPV4, 1448);
	expect_parsed(&pkt, &endless, XNET_RX_ERR_EXTRA_TWICE, RING_SLOTS, "extras without end");
}

static void test_extra_missing(void **state)
{
	struct ring first = RING, second = RING;
	struct xnet_rx_pkt pkt;

	(void)state;
	put_data(&first, 0, 4000, EXTRA);
	expect_parsed(&pkt, &first, XNET_RX_ERR_EXTRA_MISSING, 1, "the first");

	put_data(&second, 0, 4000, EXTRA | MORE);
	put_extra(&second, GSO, AND_MORE, TCPV4, 1448);
	expect_parsed(&pkt, &second, XNET_RX_ERR_EXTRA_MISSING, 2, "the second");
}

/* ---- Room for XDP ------------------------------------------------------- */

/* With room in front of packets, and its extra after one about segmentation. */
static struct ring headroom_ring(u16 offset, int first, u16 headroom, unsigned int later,
				 int size)
{
	struct ring ring = { .agreed = XNET_EXTRA(GSO) | XNET_EXTRA(XDP) };

	put_data(&ring, offset, first, EXTRA | (later ? MORE : 0));
	put_extra(&ring, GSO, AND_MORE, TCPV4, 1448);
	put_extra(&ring, XDP, 0, 0, headroom);
	put_later(&ring, later, size);

	return ring;
}

/* Ours tell where the data of the first slot is; there is no room in others. */
static void test_headroom_told(void **state)
{
	struct ring ring = headroom_ring(256, 3840, 256, 3, 4096);
	struct xnet_rx_pkt pkt;
	unsigned int i;

	(void)state;
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_RX_OK, 6, "told");
	assert_int_equal(pkt.extras, XNET_EXTRA(GSO) | XNET_EXTRA(XDP));
	assert_int_equal(pkt.size, 3840 + 3 * 4096);
	assert_int_equal(pkt.slot[0].offset, 256);
	for (i = 1; i < 4; i++)
		assert_int_equal(pkt.slot[i].offset, 0);
}

/* Linux' have room in each slot, tell of no offset, and count the room in. */
static void test_headroom_in_all_slots(void **state)
{
	struct ring ring = headroom_ring(0, 4096, 256, 17, 4096);
	struct ring empty = headroom_ring(0, 256 + 60, 256, 1, 256);
	struct ring mixed = headroom_ring(0, 256 + 60, 256, 0, 0);
	struct xnet_rx_pkt pkt;
	unsigned int i;

	(void)state;
	ring.slot[19].status = 256 + 273; /* the largest packet */
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_RX_OK, 20, "in all slots");
	assert_int_equal(pkt.nr_slots, 18);
	assert_int_equal(pkt.size, 65553);
	for (i = 0; i < 18; i++) {
		assert_int_equal(pkt.slot[i].offset, 256);
		assert_int_equal(pkt.slot[i].size, i == 17 ? 273 : 3840);
	}

	expect_parsed(&pkt, &empty, XNET_RX_OK, 4, "nothing but room in the second");
	assert_int_equal(pkt.nr_slots, 2);
	assert_int_equal(pkt.slot[1].size, 0);

	/* A later slot that does tell is believed. */
	mixed.slot[0].flags |= MORE;
	put_data(&mixed, 100, 50, 0);
	expect_parsed(&pkt, &mixed, XNET_RX_OK, 4, "told in the second");
	assert_int_equal(pkt.size, 60 + 50);
	assert_int_equal(pkt.slot[1].offset, 100);
}

static void test_headroom_absurd(void **state)
{
	static const struct {
		const char *name;
		int first, later;
		u16 headroom;
		enum xnet_rx_error error;
	} cases[] = {
		{ "none",			60,   60,   0,      XNET_RX_OK },
		{ "of the page",		4096, 4096, 4096,   XNET_RX_ERR_SHORT },
		{ "more than the first slot",	255,  4096, 256,    XNET_RX_ERR_HEADROOM },
		{ "more than a later slot",	4096, 255,  256,    XNET_RX_ERR_HEADROOM },
		{ "more than a page",		4096, 4096, 4097,   XNET_RX_ERR_HEADROOM },
		{ "all ones",			4096, 4096, 0xffff, XNET_RX_ERR_HEADROOM },
		{ "after an error",		-1,   4096, 256,    XNET_RX_ERR_STATUS },
	};
	struct xnet_rx_pkt pkt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring ring = headroom_ring(0, cases[i].first, cases[i].headroom, 2,
						 cases[i].later);

		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, cases[i].error, 5, cases[i].name);
	}
}

/* ---- Anything at all ---------------------------------------------------- */

/*
 * Rings of plausible slots with some noise. parse() has the checks; here it is
 * made sure that the packets of a ring follow one another without a gap, and
 * that the mixture reaches every error and good packets too.
 */
static void test_random(void **state)
{
	unsigned int seen[XNET_RX_ERRORS] = { 0 };
	struct xnet_rx_pkt pkt;
	unsigned int round, from, taken;

	(void)state;
	random_state = SEED;
	for (round = 0; round < 20000; round++) {
		struct ring ring = { .agreed = XNET_EXTRA(GSO) | XNET_EXTRA(XDP) };
		unsigned int more = random_below(100), pages = random_below(110);
		unsigned int bad = random_odds(50) ? 0 : random_below(20);

		while (ring.nr < RING_SLOTS - 1) {
			u16 flags = random_odds(more) ? MORE : 0;
			int status = random_odds(pages) ? 4096 : (int)random_below(1514);

			if (random_odds(bad))
				status = (s16)random_u32();
			if (random_odds(10))
				flags |= EXTRA;
			put_data(&ring, random_odds(bad) ? random_u32() : 0, status, flags);
			if ((flags & EXTRA) && !random_odds(bad))
				put_extra(&ring, random_odds(bad) ? random_below(8) : GSO,
					  random_odds(bad) ? AND_MORE : 0,
					  random_odds(bad) ? random_below(4) : TCPV4,
					  random_odds(bad) ? 0xffff : 1448);
		}
		for (from = 0; from < ring.nr; from += taken) {
			taken = parse(&pkt, &ring, from);
			assert_in_range(taken, 1, ring.nr - from);
			assert_true(pkt.error < XNET_RX_ERRORS);
			seen[pkt.error]++;
		}
	}
	for (round = 0; round < XNET_RX_ERRORS; round++)
		expect(seen[round], "error %u never seen", round);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_layout),
		cmocka_unit_test(test_one_slot),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_empty_slots),
		cmocka_unit_test(test_header_in_pieces),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_bad_slot_anywhere),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_gso),
		cmocka_unit_test(test_extra_in_later_slot),
		cmocka_unit_test(test_extra_type),
		cmocka_unit_test(test_extra_hash),
		cmocka_unit_test(test_hash_layer),
		cmocka_unit_test(test_extra_chain),
		cmocka_unit_test(test_extra_missing),
		cmocka_unit_test(test_headroom_told),
		cmocka_unit_test(test_headroom_in_all_slots),
		cmocka_unit_test(test_headroom_absurd),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("rx_parse", tests, NULL, NULL);
}
