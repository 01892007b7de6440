// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of common/tx_parse: packets of a TX ring, well-formed and hostile.
 *
 * Each test writes a ring as a frontend would and has the parser take slots
 * until it says stop. The invariants that hold after every slot and for every
 * packet are checked in one place, parse(), whatever else a test looks at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>

#include "common/tx_parse.h"

#include "random.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Types of extra info that the parser lets through: 1..NR_TYPES. */
#define NR_TYPES	4

/* More than the parser may take: first slot, extras, slots after the first. */
#define RING_SLOTS	32

#define SEED		0x76696677u	/* of every random sequence in here */

#define EXTRA		XEN_NETTXF_extra_info
#define MORE		XEN_NETTXF_more_data
#define GSO		XEN_NETIF_EXTRA_TYPE_GSO
#define MCAST_ADD	XEN_NETIF_EXTRA_TYPE_MCAST_ADD
#define MCAST_DEL	XEN_NETIF_EXTRA_TYPE_MCAST_DEL
#define HASH		XEN_NETIF_EXTRA_TYPE_HASH

/* Like assert_true(), with what is needed to find the case that failed. */
#define expect(cond, fmt, ...)						\
	do {								\
		if (!(cond))						\
			fail_msg("%s:%d: %s: " fmt, __FILE__, __LINE__,	\
				 #cond, __VA_ARGS__);			\
	} while (0)

/* ---- The frontend: a ring and what it writes there ---------------------- */

struct ring {
	struct xen_netif_tx_request slot[RING_SLOTS];
	unsigned int nr;
};

static void put_data(struct ring *ring, u16 offset, u16 size, u16 flags)
{
	unsigned int i = ring->nr++;

	assert_true(i < RING_SLOTS);
	ring->slot[i] = (struct xen_netif_tx_request) {
		.gref = 0xfeed0000 + i,
		.offset = offset,
		.flags = flags,
		.id = 0xffff - i,
		.size = size,
	};
}

static void put_extra(struct ring *ring, const struct xen_netif_extra_info *extra)
{
	unsigned int i = ring->nr++;

	assert_true(i < RING_SLOTS);
	/* The padding is the frontend's and may hold anything. */
	memset(&ring->slot[i], 0xff, sizeof(ring->slot[i]));
	memcpy(&ring->slot[i], extra, sizeof(*extra));
}

static void put_gso(struct ring *ring, u8 type, u16 size, u8 flags)
{
	put_extra(ring, &(struct xen_netif_extra_info) {
		.type = GSO,
		.flags = flags,
		.u.gso = { .size = size, .type = type },
	});
}

static const u8 hash_value[4] = { 0xde, 0xad, 0xbe, 0xef };

static void put_hash(struct ring *ring, u8 flags)
{
	struct xen_netif_extra_info extra = {
		.type = HASH,
		.flags = flags,
		.u.hash = { .type = 3, .algorithm = 1 },
	};

	memcpy(extra.u.hash.value, hash_value, sizeof(hash_value));
	put_extra(ring, &extra);
}

/* A group address that ends in @last. */
static void put_mcast(struct ring *ring, u8 type, u8 last, u8 flags)
{
	put_extra(ring, &(struct xen_netif_extra_info) {
		.type = type,
		.flags = flags,
		.u.mcast.addr = { 0x01, 0x00, 0x5e, 0x00, 0x00, last },
	});
}

/* An extra of any type, its contents good if the type is. */
static void put_type(struct ring *ring, u8 type, u8 flags)
{
	switch (type) {
	case GSO:
		put_gso(ring, XEN_NETIF_GSO_TYPE_TCPV4, 1448, flags);
		break;
	case HASH:
		put_hash(ring, flags);
		break;
	default:
		put_mcast(ring, type, type, flags);
		break;
	}
}

/* @nr slots of @size bytes each after a first one, the last ends the packet. */
static void put_later(struct ring *ring, unsigned int nr, u16 size)
{
	while (nr--)
		put_data(ring, 0, size, nr ? MORE : 0);
}

/* What a frontend sends next; never to be taken for part of a packet. */
static void put_next_packet(struct ring *ring)
{
	put_data(ring, 0, 60, 0);
}

/* ---- The backend, and what holds for whatever it is fed ----------------- */

static bool is_fatal(enum xnet_tx_error error)
{
	return error >= XNET_TX_FATAL_CROSSES_PAGE;
}

static bool is_message(const struct xnet_tx_pkt *pkt)
{
	return pkt->extras & XNET_TX_MESSAGES;
}

/* Bytes in the data slots from @from on. */
static unsigned int sum_sizes(const struct xnet_tx_pkt *pkt, unsigned int from)
{
	unsigned int i, sum = 0;

	for (i = from; i < pkt->nr_slots; i++)
		sum += pkt->slot[i].size;

	return sum;
}

static bool crosses_page(const struct xnet_tx_slot *slot)
{
	return slot->offset + slot->size > 4096;
}

static void check_step(const struct xnet_tx_pkt *pkt,
		       enum xnet_tx_verdict verdict, unsigned int taken)
{
	/* There is no room to note the one slot that is too many. */
	unsigned int not_noted = pkt->error == XNET_TX_FATAL_SLOTS;

	assert_int_equal(xnet_tx_ring_slots(pkt) + not_noted, taken);
	assert_in_range(pkt->nr_slots, 1, XNET_TX_SLOTS_FATAL);
	assert_in_range(pkt->nr_extras, 0, NR_TYPES + 1);
	assert_int_equal(pkt->extras & ~XNET_TX_EXTRAS, 0);
	assert_true(pkt->left <= pkt->size);
	assert_int_equal(verdict == XNET_TX_FATAL, is_fatal(pkt->error));
}

/* Are the answers going to carry the right ids, the copies the right bytes? */
static void check_slots(const struct xnet_tx_pkt *pkt, const struct ring *ring)
{
	const struct xen_netif_tx_request *req;
	unsigned int i;

	for (i = 0; i < pkt->nr_slots; i++) {
		req = &ring->slot[i ? pkt->nr_extras + i : 0];
		assert_int_equal(pkt->slot[i].gref, req->gref);
		assert_int_equal(pkt->slot[i].id, req->id);
		assert_int_equal(pkt->slot[i].offset, req->offset);
		if (i)
			assert_int_equal(pkt->slot[i].size, req->size);
	}
}

static void check_good(const struct xnet_tx_pkt *pkt)
{
	unsigned int i;

	assert_int_equal(sum_sizes(pkt, 0), pkt->size);
	if (is_message(pkt)) {
		assert_int_equal(pkt->size, 0);
		assert_int_equal(pkt->nr_slots, 1);
		return;
	}

	assert_true(pkt->size >= 14);
	assert_true(pkt->nr_slots <= 19);
	for (i = 0; i < pkt->nr_slots; i++)
		assert_false(crosses_page(&pkt->slot[i]));
	if (pkt->extras & XNET_EXTRA(GSO))
		assert_true(xnet_gso_valid(pkt->gso.type, pkt->gso.size));
}

/* A packet is only refused, and a vif only stopped, for what it did. */
static void check_error(const struct xnet_tx_pkt *pkt)
{
	unsigned int i;

	switch (pkt->error) {
	case XNET_TX_OK:
		check_good(pkt);
		break;
	case XNET_TX_ERR_SHORT:
		assert_true(pkt->size < 14);
		break;
	case XNET_TX_ERR_SLOTS:
		assert_true(pkt->nr_slots > 19);
		break;
	case XNET_TX_ERR_SIZE:
		assert_true(sum_sizes(pkt, 1) > pkt->size);
		break;
	case XNET_TX_ERR_GSO:
		assert_true(pkt->extras & XNET_EXTRA(GSO));
		assert_false(xnet_gso_valid(pkt->gso.type, pkt->gso.size));
		break;
	case XNET_TX_FATAL_CROSSES_PAGE:
		i = crosses_page(&pkt->slot[0]) ? 0 : pkt->nr_slots - 1;
		assert_true(crosses_page(&pkt->slot[i]));
		break;
	case XNET_TX_FATAL_SLOTS:
		assert_int_equal(pkt->nr_slots, 22);
		break;
	case XNET_TX_FATAL_EXTRA_TYPE:
	case XNET_TX_FATAL_EXTRA_TWICE:
		assert_int_equal(pkt->nr_slots, 1);
		assert_true(pkt->nr_extras > 0);
		break;
	default:
		fail_msg("error %d is not the parser's to find", pkt->error);
	}
}

/*
 * Take slots until the parser says stop or the ring is empty. The copy that the
 * parser sees is spoilt after each step, as a frontend does to its own memory.
 */
static enum xnet_tx_verdict parse(struct xnet_tx_pkt *pkt, const struct ring *ring,
				  unsigned int *taken)
{
	enum xnet_tx_verdict verdict = XNET_TX_MORE;
	struct xen_netif_tx_request copy;
	unsigned int i;

	xnet_tx_begin(pkt);
	for (i = 0; i < ring->nr && verdict == XNET_TX_MORE; i++) {
		copy = ring->slot[i];
		verdict = xnet_tx_step(pkt, &copy);
		assert_memory_equal(&copy, &ring->slot[i], sizeof(copy));
		memset(&copy, 0xa5, sizeof(copy));
		check_step(pkt, verdict, i + 1);
	}
	check_slots(pkt, ring);
	if (verdict != XNET_TX_MORE)
		check_error(pkt);

	*taken = i;
	return verdict;
}

/*
 * Parse and compare: @taken ring slots, then the packet complete with @error,
 * or the end of the ring if @error is a fatal one.
 */
static void expect_parsed(struct xnet_tx_pkt *pkt, const struct ring *ring,
			  enum xnet_tx_error error, unsigned int taken,
			  const char *name)
{
	enum xnet_tx_verdict verdict, want = is_fatal(error) ? XNET_TX_FATAL : XNET_TX_DONE;
	unsigned int got;

	verdict = parse(pkt, ring, &got);
	expect(pkt->error == error, "%s: got \"%s\", want \"%s\"", name,
	       xnet_tx_error_str(pkt->error), xnet_tx_error_str(error));
	expect(verdict == want, "%s: got %d, want %d", name, verdict, want);
	expect(got == taken, "%s: took %u slots, want %u", name, got, taken);
}

/* ---- wire.h ------------------------------------------------------------- */

static void test_wire_layout(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct xen_netif_tx_request), 12);
	assert_int_equal(sizeof(struct xen_netif_tx_response), 4);
	assert_int_equal(sizeof(struct xen_netif_extra_info), 8);
	assert_int_equal(ETH_HLEN, 14);
	assert_int_equal(XEN_PAGE_SIZE, 4096);
	assert_int_equal(XNET_TX_SLOTS_MAX, 19);
	assert_int_equal(XNET_TX_SLOTS_FATAL, 22);
}

static void test_gso_valid(void **state)
{
	static const u16 sizes[] = { 0, 1, 2, 536, 1448, 0x7fff, 0x8000, 0xfffe, 0xffff };
	unsigned int type, i;
	bool valid;

	(void)state;
	for (type = 0; type <= 255; type++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			valid = (type == 1 || type == 2) &&
				sizes[i] >= 1 && sizes[i] <= 0xfffe;
			expect(xnet_gso_valid(type, sizes[i]) == valid,
			       "type %u size %u", type, sizes[i]);
		}
	}
}

/* ---- Packets of one slot ------------------------------------------------ */

static void test_one_slot(void **state)
{
	static const struct {
		const char *name;
		u16 offset, size;
		enum xnet_tx_error error;
	} cases[] = {
		{ "no bytes",			0,     0,     XNET_TX_ERR_SHORT },
		{ "one byte",			0,     1,     XNET_TX_ERR_SHORT },
		{ "a byte short of a header",	0,     13,    XNET_TX_ERR_SHORT },
		{ "short and off its page",	65535, 13,    XNET_TX_ERR_SHORT },
		{ "empty and off its page",	65535, 0,     XNET_TX_ERR_SHORT },
		{ "just a header",		0,     14,    XNET_TX_OK },
		{ "ordinary",			256,   1514,  XNET_TX_OK },
		{ "a page",			0,     4096,  XNET_TX_OK },
		{ "to the end of the page",	4082,  14,    XNET_TX_OK },
		{ "a byte over the page",	4083,  14,    XNET_TX_FATAL_CROSSES_PAGE },
		{ "a page and a byte",		0,     4097,  XNET_TX_FATAL_CROSSES_PAGE },
		{ "a page, shifted",		1,     4096,  XNET_TX_FATAL_CROSSES_PAGE },
		{ "starts behind the page",	4096,  14,    XNET_TX_FATAL_CROSSES_PAGE },
		{ "largest offset",		65535, 14,    XNET_TX_FATAL_CROSSES_PAGE },
		{ "largest size",		0,     65535, XNET_TX_FATAL_CROSSES_PAGE },
		{ "sum wraps 16 bits to 0",	65522, 14,    XNET_TX_FATAL_CROSSES_PAGE },
		{ "both largest",		65535, 65535, XNET_TX_FATAL_CROSSES_PAGE },
	};
	struct xnet_tx_pkt pkt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring ring = { 0 };

		put_data(&ring, cases[i].offset, cases[i].size, 0);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, cases[i].error, 1, cases[i].name);
		assert_int_equal(pkt.size, cases[i].size);
	}
}

/* Flags that are not the parser's are kept and change nothing. */
static void test_flags(void **state)
{
	const u16 flags = 0xffff & ~(EXTRA | MORE);
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;

	(void)state;
	put_data(&ring, 0, 60, flags);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 1, "one slot");
	assert_int_equal(pkt.flags, flags);

	/* Extra info follows the first slot or none. */
	ring = (struct ring) { 0 };
	put_data(&ring, 0, 60, MORE);
	put_data(&ring, 0, 20, flags | EXTRA | MORE);
	put_data(&ring, 0, 20, flags | EXTRA);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 3, "three slots");
	assert_int_equal(pkt.flags, MORE);
	assert_int_equal(pkt.nr_extras, 0);
}

/* ---- Packets of several slots ------------------------------------------- */

/* F10: 19 are the most that are served, 22 the most that are answered. */
static void test_slot_counts(void **state)
{
	enum xnet_tx_error error;
	struct xnet_tx_pkt pkt;
	unsigned int nr;
	char name[16];

	(void)state;
	for (nr = 1; nr <= 22; nr++) {
		struct ring ring = { 0 };

		error = nr <= 19 ? XNET_TX_OK : XNET_TX_ERR_SLOTS;
		snprintf(name, sizeof(name), "%u slots", nr);
		put_data(&ring, 0, 60 + 100 * (nr - 1), nr > 1 ? MORE : 0);
		put_later(&ring, nr - 1, 100);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, error, nr, name);
		assert_int_equal(pkt.nr_slots, nr);
		if (!error)
			assert_int_equal(pkt.slot[0].size, 60);
	}
}

/* The 23rd is beyond repair, be it the last one or not; so is all after it. */
static void test_packet_without_end(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;
	unsigned int i;

	(void)state;
	put_data(&ring, 0, 60 + 22, MORE);
	put_later(&ring, 22, 1);
	expect_parsed(&pkt, &ring, XNET_TX_FATAL_SLOTS, 23, "ends with slot 23");

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 60, MORE);
	for (i = 0; i < 24; i++)
		put_data(&ring, 0, 0, MORE);
	expect_parsed(&pkt, &ring, XNET_TX_FATAL_SLOTS, 23, "never ends");

	/* Nobody should go on, but memory is safe if somebody does: 255 slots. */
	for (i = 23; i < 255; i++)
		assert_int_equal(xnet_tx_step(&pkt, &ring.slot[1]), XNET_TX_FATAL);
	assert_int_equal(pkt.nr_slots, 22);
}

/* F7, XSA-448: empty slots are slots, wherever they stand. */
static void test_empty_slots(void **state)
{
	struct xnet_tx_pkt pkt;
	unsigned int nr, full, i;
	char name[32];

	(void)state;
	for (nr = 2; nr <= 19; nr++) {
		/* All bytes are in slot @full, every other slot is empty. */
		for (full = 0; full < nr; full++) {
			struct ring ring = { 0 };

			snprintf(name, sizeof(name), "slot %u of %u full", full, nr);
			put_data(&ring, full ? 4096 : 0, 4096, MORE);
			for (i = 1; i < nr; i++)
				put_data(&ring, i == full ? 0 : 4096,
					 i == full ? 4096 : 0, i < nr - 1 ? MORE : 0);
			put_next_packet(&ring);
			expect_parsed(&pkt, &ring, XNET_TX_OK, nr, name);
			assert_int_equal(pkt.nr_slots, nr);
			for (i = 0; i < nr; i++)
				assert_int_equal(pkt.slot[i].size, i == full ? 4096 : 0);
		}
	}
}

/*
 * Packets of up to three slots: sizes that add up or do not, and slots on the
 * edge of their page.
 */
static void test_sizes_and_pages(void **state)
{
	static const struct {
		const char *name;
		struct { u16 offset, size; } slot[3];
		unsigned int taken;	/* slots before the parser stops */
		enum xnet_tx_error error;
	} cases[] = {
		{ "later slots claim part",
		  { { 0, 60 }, { 0, 20 }, { 0, 10 } }, 3, XNET_TX_OK },
		{ "later slots claim all",
		  { { 0, 60 }, { 0, 20 }, { 0, 40 } }, 3, XNET_TX_OK },
		{ "largest packet of whole pages",
		  { { 0, 12288 }, { 0, 4096 }, { 0, 4096 } }, 3, XNET_TX_OK },

		{ "a byte too many in the second",
		  { { 0, 60 }, { 0, 61 } }, 2, XNET_TX_ERR_SIZE },
		{ "a byte too many in the third",
		  { { 0, 60 }, { 0, 20 }, { 0, 41 } }, 3, XNET_TX_ERR_SIZE },
		{ "too many, then none",
		  { { 0, 60 }, { 0, 61 }, { 0, 0 } }, 3, XNET_TX_ERR_SIZE },
		{ "too many in each",
		  { { 0, 60 }, { 0, 4096 }, { 0, 4096 } }, 3, XNET_TX_ERR_SIZE },
		{ "too many, first slot off its page",
		  { { 65535, 60 }, { 0, 61 } }, 2, XNET_TX_ERR_SIZE },
		{ "short packet, later slots fit",
		  { { 0, 13 }, { 0, 13 } }, 2, XNET_TX_ERR_SHORT },
		{ "short packet and too many: first error stays",
		  { { 0, 13 }, { 0, 14 } }, 2, XNET_TX_ERR_SHORT },

		{ "first slot fits only after subtraction",
		  { { 4000, 196 }, { 0, 100 } }, 2, XNET_TX_OK },
		{ "first slot fits only after two subtractions",
		  { { 4095, 201 }, { 0, 100 }, { 0, 100 } }, 3, XNET_TX_OK },
		{ "first slot crosses after subtraction",
		  { { 4000, 197 }, { 0, 100 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "first slot keeps more than a page",
		  { { 0, 65535 }, { 0, 4096 }, { 0, 4096 } }, 3, XNET_TX_FATAL_CROSSES_PAGE },
		{ "first slot empty at the end of its page",
		  { { 4096, 60 }, { 0, 60 } }, 2, XNET_TX_OK },
		{ "first slot empty behind its page",
		  { { 4097, 60 }, { 0, 60 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "first slot empty at the largest offset",
		  { { 65535, 60 }, { 0, 60 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },

		{ "later slot to the end of its page",
		  { { 0, 60 }, { 4076, 20 } }, 2, XNET_TX_OK },
		{ "later slot crosses, last",
		  { { 0, 60 }, { 4077, 20 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot crosses, not last",
		  { { 0, 60 }, { 4077, 20 }, { 0, 20 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "third slot crosses",
		  { { 0, 60 }, { 0, 20 }, { 4077, 20 } }, 3, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot larger than a page",
		  { { 0, 8000 }, { 0, 4097 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot empty at the end of its page",
		  { { 0, 60 }, { 4096, 0 } }, 2, XNET_TX_OK },
		{ "later slot empty behind its page",
		  { { 0, 60 }, { 4097, 0 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot, largest offset",
		  { { 0, 60 }, { 65535, 1 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot, largest size, all of the packet",
		  { { 0, 65535 }, { 0, 65535 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot, both largest",
		  { { 0, 60 }, { 65535, 65535 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "later slot, sum wraps 16 bits to 0",
		  { { 0, 60 }, { 65516, 20 } }, 2, XNET_TX_FATAL_CROSSES_PAGE },
		{ "a fatal error hides a milder one",
		  { { 0, 13 }, { 0, 13 }, { 4096, 1 } }, 3, XNET_TX_FATAL_CROSSES_PAGE },
	};
	unsigned int i, j, last;
	struct xnet_tx_pkt pkt;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring ring = { 0 };

		/* Cases that stop in the middle have data in what follows. */
		last = cases[i].taken - 1;
		while (last < 2 && cases[i].slot[last + 1].size)
			last++;
		for (j = 0; j <= last; j++)
			put_data(&ring, cases[i].slot[j].offset,
				 cases[i].slot[j].size, j < last ? MORE : 0);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, cases[i].error, cases[i].taken,
			      cases[i].name);
	}
}

/* F9: later slots of 64 KiB and more, whose 16-bit sum looks all right. */
static void test_size_wraps(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;

	(void)state;
	put_data(&ring, 0, 18 * 4096 - 65536, MORE);
	put_later(&ring, 18, 4096);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_ERR_SIZE, 19, "sum is size modulo 64 KiB");
}

/* The largest packet there is takes 16 pages and is served. */
static void test_largest_packet(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;

	(void)state;
	put_data(&ring, 1, 65535, MORE);
	put_later(&ring, 15, 4096);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 16, "65535 bytes");
	assert_int_equal(pkt.slot[0].size, 4095);
}

/* In a packet that is refused anyway, slots are still checked and counted. */
static void test_refused_and_fatal(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;
	unsigned int i;

	(void)state;
	put_data(&ring, 0, 10, MORE);
	for (i = 1; i < 21; i++)
		put_data(&ring, 0, 100, MORE);
	put_data(&ring, 4000, 100, 0);
	expect_parsed(&pkt, &ring, XNET_TX_FATAL_CROSSES_PAGE, 22, "slot 22 crosses");

	/* Too long, and too much in its last slot: the length came first. */
	ring = (struct ring) { 0 };
	put_data(&ring, 0, 60, MORE);
	for (i = 1; i < 20; i++)
		put_data(&ring, 0, 0, MORE);
	put_data(&ring, 0, 61, 0);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_ERR_SLOTS, 21, "too long, then too much");
}

/* F11: where the ring ends the parser waits; truncation is the caller's call. */
static void test_truncated(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;
	unsigned int taken;

	(void)state;
	put_data(&ring, 0, 60, EXTRA | MORE);
	assert_int_equal(parse(&pkt, &ring, &taken), XNET_TX_MORE);
	put_type(&ring, GSO, XEN_NETIF_EXTRA_FLAG_MORE);
	assert_int_equal(parse(&pkt, &ring, &taken), XNET_TX_MORE);
	put_type(&ring, HASH, 0);
	assert_int_equal(parse(&pkt, &ring, &taken), XNET_TX_MORE);
	put_data(&ring, 0, 20, MORE);
	assert_int_equal(parse(&pkt, &ring, &taken), XNET_TX_MORE);
	assert_int_equal(taken, 4);
	assert_int_equal(pkt.error, XNET_TX_OK);
	put_data(&ring, 0, 20, 0);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 5, "the rest came");
}

/* ---- Every split of a frame --------------------------------------------- */

#define FRAME_LEN	60
#define TCP4_HEADERS	54

static u8 pages[RING_SLOTS][4096];

/* Spread a frame over @nr slots, @part bytes in each, anywhere in their pages. */
static void put_frame(struct ring *ring, const u8 *part, unsigned int nr)
{
	unsigned int i, j, offset;
	u8 byte = 1;

	for (i = 0; i < nr; i++) {
		offset = random_below(4096 - part[i] + 1);
		for (j = 0; j < part[i]; j++)
			pages[i][offset + j] = byte++;
		put_data(ring, offset, i ? part[i] : FRAME_LEN, i < nr - 1 ? MORE : 0);
	}
	assert_int_equal(byte, FRAME_LEN + 1);
}

/* F12, XSA-423: however it is cut, the frame and its headers are put together. */
static void check_split(const u8 *part, unsigned int nr)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;
	unsigned int i, j;
	u8 byte = 1;

	memset(pages, 0, sizeof(pages[0]) * nr);
	put_frame(&ring, part, nr);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, nr, "split frame");

	for (i = 0; i < nr; i++)
		for (j = 0; j < pkt.slot[i].size; j++)
			assert_int_equal(pages[i][pkt.slot[i].offset + j], byte++);
	assert_int_equal(byte, FRAME_LEN + 1);

	assert_int_equal(xnet_tx_linear_len(&pkt, 128, 0, 17), FRAME_LEN);
	assert_int_equal(xnet_tx_linear_len(&pkt, 0, 128, 17), FRAME_LEN);
	assert_in_range(xnet_tx_linear_len(&pkt, TCP4_HEADERS, 0, 17),
			TCP4_HEADERS, FRAME_LEN);
}

static void test_splits_in_two(void **state)
{
	unsigned int a;

	(void)state;
	random_state = SEED;
	for (a = 0; a <= FRAME_LEN; a++)
		check_split((u8[]) { a, FRAME_LEN - a }, 2);
}

static void test_splits_in_three(void **state)
{
	unsigned int a, b;

	(void)state;
	random_state = SEED;
	for (a = 0; a <= FRAME_LEN; a++)
		for (b = 0; a + b <= FRAME_LEN; b++)
			check_split((u8[]) { a, b, FRAME_LEN - a - b }, 3);
}

static void test_splits_at_random(void **state)
{
	unsigned int round, i, nr, rest;
	u8 part[19];

	(void)state;
	random_state = SEED;
	for (round = 0; round < 5000; round++) {
		nr = 4 + random_below(ARRAY_SIZE(part) - 4 + 1);
		memset(part, 0, sizeof(part));
		/* Now in lumps, now byte by byte. */
		for (rest = FRAME_LEN; rest; rest -= i) {
			i = 1 + random_below(round % 2 ? rest : 1);
			part[random_below(nr)] += i;
		}
		check_split(part, nr);
	}
}

/* F12, XSA-432: headers cut into single bytes in as many slots as can be. */
static void test_splits_into_bytes(void **state)
{
	u8 part[19];

	(void)state;
	random_state = SEED;
	memset(part, 1, sizeof(part));
	part[0] = FRAME_LEN - 18;
	check_split(part, 19);

	memset(part, 1, sizeof(part));
	part[18] = FRAME_LEN - 18;
	check_split(part, 19);
}

/* ---- Extra info --------------------------------------------------------- */

/* F13: all types there can be, as the only extra and after a good one. */
static void test_extra_types(void **state)
{
	struct xnet_tx_pkt pkt;
	unsigned int type;
	char name[16];
	bool known;

	(void)state;
	for (type = 0; type <= 255; type++) {
		struct ring first = { 0 }, second = { 0 };

		known = type >= 1 && type <= NR_TYPES;
		snprintf(name, sizeof(name), "type %u", type);

		put_data(&first, 0, 60, EXTRA);
		put_type(&first, type, 0);
		put_next_packet(&first);
		expect_parsed(&pkt, &first,
			      known ? XNET_TX_OK : XNET_TX_FATAL_EXTRA_TYPE, 2, name);
		assert_int_equal(pkt.extras, known ? 1u << type : 0);

		if (known)
			continue; /* sequences of those are another test */
		put_data(&second, 0, 13, EXTRA | MORE);
		put_type(&second, HASH, XEN_NETIF_EXTRA_FLAG_MORE);
		put_type(&second, type, XEN_NETIF_EXTRA_FLAG_MORE);
		expect_parsed(&pkt, &second, XNET_TX_FATAL_EXTRA_TYPE, 3, name);
	}
}

/*
 * Extras of @types in this order; what the parser should make of them is
 * worked out on the side.
 */
static void check_extras(const u8 *types, unsigned int nr, bool more_data)
{
	enum xnet_tx_error error = XNET_TX_OK;
	unsigned int i, seen = 0, taken;
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;
	char name[32];

	put_data(&ring, 0, 200, EXTRA | (more_data ? MORE : 0));
	for (i = 0; i < nr; i++)
		put_type(&ring, types[i], i < nr - 1 ? XEN_NETIF_EXTRA_FLAG_MORE : 0);
	put_data(&ring, 0, 100, 0);	/* the packet's, or the next packet */

	for (i = 0; i < nr && !(seen & 1u << types[i]); i++)
		seen |= 1u << types[i];
	taken = 1 + nr;
	if (i < nr) {
		error = XNET_TX_FATAL_EXTRA_TWICE;
		taken = 1 + i + 1;
	} else if (more_data && !(seen & XNET_TX_MESSAGES)) {
		taken++;
	}

	snprintf(name, sizeof(name), "extras %u %u %u %u %u",
		 types[0], types[1], types[2], types[3], types[4]);
	expect_parsed(&pkt, &ring, error, taken, name);
	assert_int_equal(pkt.extras, seen);
	if (seen & 1u << GSO)
		assert_int_equal(pkt.gso.size, 1448);
	if (seen & 1u << HASH)
		assert_memory_equal(pkt.hash.value, hash_value, sizeof(hash_value));
}

/* F13: every sequence of one to five good types; of five, one comes twice. */
static void test_extra_sequences(void **state)
{
	unsigned int nr, code, i;
	u8 types[NR_TYPES + 1];

	(void)state;
	for (nr = 1; nr <= ARRAY_SIZE(types); nr++) {
		for (code = 0; code < 1u << 2 * nr; code++) {
			memset(types, 0, sizeof(types));
			for (i = 0; i < nr; i++)
				types[i] = 1 + (code >> 2 * i) % NR_TYPES;
			check_extras(types, nr, false);
			check_extras(types, nr, true);
		}
	}
}

/* Extras are no data slots: 19 of those may follow, and the limits hold. */
static void test_extras_and_slots(void **state)
{
	static const struct {
		const char *name;
		unsigned int slots, taken;
		enum xnet_tx_error error;
	} cases[] = {
		{ "1 slot",	1,	3,	XNET_TX_OK },
		{ "2 slots",	2,	4,	XNET_TX_OK },
		{ "19 slots",	19,	21,	XNET_TX_OK },
		{ "20 slots",	20,	22,	XNET_TX_ERR_SLOTS },
		{ "22 slots",	22,	24,	XNET_TX_ERR_SLOTS },
		{ "23 slots",	23,	25,	XNET_TX_FATAL_SLOTS },
	};
	struct xnet_tx_pkt pkt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring ring = { 0 };

		put_data(&ring, 0, 4000, EXTRA | (cases[i].slots > 1 ? MORE : 0));
		put_hash(&ring, XEN_NETIF_EXTRA_FLAG_MORE);
		/* Flags of extras that nobody has given a meaning do nothing. */
		put_gso(&ring, XEN_NETIF_GSO_TYPE_TCPV6, 1428,
			0xff & ~XEN_NETIF_EXTRA_FLAG_MORE);
		put_later(&ring, cases[i].slots - 1, 100);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, cases[i].error, cases[i].taken, cases[i].name);
		assert_int_equal(pkt.gso.type, XEN_NETIF_GSO_TYPE_TCPV6);
		assert_int_equal(pkt.gso.size, 1428);
		assert_int_equal(pkt.hash.type, 3);
		assert_int_equal(pkt.hash.algorithm, 1);
	}
}

/* F14: GSO values that the stack must never see cost the packet, not the vif. */
static void test_gso(void **state)
{
	static const struct {
		const char *name;
		u8 type;
		u16 size;
		enum xnet_tx_error error;
	} cases[] = {
		{ "IPv4, ordinary",	1,   1448,   XNET_TX_OK },
		{ "IPv6, ordinary",	2,   1428,   XNET_TX_OK },
		{ "smallest",		1,   1,      XNET_TX_OK },
		{ "largest",		2,   0xfffe, XNET_TX_OK },
		{ "size 0",		1,   0,      XNET_TX_ERR_GSO },
		{ "GSO_BY_FRAGS, IPv4",	1,   0xffff, XNET_TX_ERR_GSO },
		{ "GSO_BY_FRAGS, IPv6",	2,   0xffff, XNET_TX_ERR_GSO },
		{ "type none",		0,   1448,   XNET_TX_ERR_GSO },
		{ "type 3",		3,   1448,   XNET_TX_ERR_GSO },
		{ "type 255",		255, 1448,   XNET_TX_ERR_GSO },
		{ "nothing at all",	0,   0,      XNET_TX_ERR_GSO },
	};
	struct xnet_tx_pkt pkt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ring ring = { 0 };

		put_data(&ring, 0, 4000, EXTRA | MORE);
		put_gso(&ring, cases[i].type, cases[i].size, 0);
		put_later(&ring, 2, 1000);
		put_next_packet(&ring);
		expect_parsed(&pkt, &ring, cases[i].error, 4, cases[i].name);
		assert_int_equal(pkt.gso.type, cases[i].type);
		assert_int_equal(pkt.gso.size, cases[i].size);
	}
}

/* The first thing that is wrong is the one that is reported. */
static void test_gso_among_errors(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;

	(void)state;
	put_data(&ring, 0, 13, EXTRA);
	put_gso(&ring, 0, 0, 0);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_ERR_SHORT, 2, "short, then bad GSO");

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 60, EXTRA | MORE);
	put_gso(&ring, 0, 0, 0);
	put_later(&ring, 1, 61);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_ERR_GSO, 3, "bad GSO, then too much");
}

/* ---- Messages ----------------------------------------------------------- */

/* A message has no data: its size, offset and more_data are of no account. */
static void test_messages(void **state)
{
	static const struct { u16 offset, size, flags; } first[] = {
		{ 0, 0, 0 }, { 0, 13, 0 }, { 0, 14, 0 }, { 0, 60, 0 },
		{ 0, 60, MORE }, { 0, 0, MORE }, { 0, 65535, 0 },
		{ 65535, 0, 0 }, { 65535, 65535, MORE },
	};
	static const u8 types[] = { MCAST_ADD, MCAST_DEL };
	struct xnet_tx_pkt pkt;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (j = 0; j < ARRAY_SIZE(first); j++) {
			struct ring ring = { 0 };

			put_data(&ring, first[j].offset, first[j].size,
				 EXTRA | first[j].flags);
			put_mcast(&ring, types[i], 0xfb, 0);
			put_next_packet(&ring);
			expect_parsed(&pkt, &ring, XNET_TX_OK, 2, "message");
			assert_int_equal(pkt.extras, 1u << types[i]);
			assert_memory_equal(pkt.mcast, "\x01\x00\x5e\x00\x00\xfb", 6);
			assert_int_equal(pkt.size, 0);
			assert_int_equal(xnet_tx_linear_len(&pkt, 128, 0, 17), 0);
		}
	}
}

/* What else is attached to a message does not matter either. */
static void test_messages_with_extras(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;

	(void)state;
	put_data(&ring, 0, 0, EXTRA);
	put_gso(&ring, 7, 0, XEN_NETIF_EXTRA_FLAG_MORE);
	put_mcast(&ring, MCAST_ADD, 1, 0);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 3, "bad GSO, then message");

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 0, EXTRA);
	put_mcast(&ring, MCAST_DEL, 1, XEN_NETIF_EXTRA_FLAG_MORE);
	put_gso(&ring, 7, 0, 0);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 3, "message, then bad GSO");

	/* Both at once makes no sense; the last address is what counts. */
	ring = (struct ring) { 0 };
	put_data(&ring, 0, 0, EXTRA);
	put_mcast(&ring, MCAST_ADD, 1, XEN_NETIF_EXTRA_FLAG_MORE);
	put_mcast(&ring, MCAST_DEL, 2, 0);
	put_next_packet(&ring);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 3, "add and delete");
	assert_int_equal(pkt.extras, XNET_TX_MESSAGES);
	assert_int_equal(pkt.mcast[5], 2);

	/* A message does not excuse extras that make no sense. */
	ring = (struct ring) { 0 };
	put_data(&ring, 0, 0, EXTRA);
	put_mcast(&ring, MCAST_ADD, 1, XEN_NETIF_EXTRA_FLAG_MORE);
	put_mcast(&ring, MCAST_ADD, 2, 0);
	expect_parsed(&pkt, &ring, XNET_TX_FATAL_EXTRA_TWICE, 3, "message twice");
}

/* ---- From one packet to the next ---------------------------------------- */

/* After anything at all, an ordinary packet looks as if it were the first. */
static void check_no_trace(struct xnet_tx_pkt *used)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt fresh;
	unsigned int i;

	put_data(&ring, 0, 60, 0);
	memset(&fresh, 0x5a, sizeof(fresh));
	expect_parsed(&fresh, &ring, XNET_TX_OK, 1, "fresh");
	expect_parsed(used, &ring, XNET_TX_OK, 1, "used");
	assert_memory_equal(used, &fresh, sizeof(fresh));

	assert_int_equal(used->nr_extras, 0);
	assert_int_equal(used->extras, 0);
	assert_int_equal(used->gso.size, 0);
	assert_int_equal(used->gso.type, 0);
	assert_memory_equal(used->hash.value, "\0\0\0\0", 4);
	assert_memory_equal(used->mcast, "\0\0\0\0\0\0", 6);
	for (i = 1; i < ARRAY_SIZE(used->slot); i++)
		assert_int_equal(used->slot[i].gref | used->slot[i].size, 0);
}

static void test_no_trace(void **state)
{
	struct ring ring = { 0 };
	struct xnet_tx_pkt pkt;
	unsigned int taken;

	(void)state;
	put_data(&ring, 7, 4000, 0xffff);
	put_gso(&ring, 1, 1448, XEN_NETIF_EXTRA_FLAG_MORE);
	put_hash(&ring, 0);
	put_later(&ring, 18, 200);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 21, "full packet");
	check_no_trace(&pkt);

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 0, EXTRA);
	put_mcast(&ring, MCAST_ADD, 1, 0);
	expect_parsed(&pkt, &ring, XNET_TX_OK, 2, "message");
	check_no_trace(&pkt);

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 13, MORE);
	put_later(&ring, 21, 4096);
	expect_parsed(&pkt, &ring, XNET_TX_ERR_SHORT, 22, "refused");
	check_no_trace(&pkt);

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 60, MORE);
	put_later(&ring, 22, 4096);
	expect_parsed(&pkt, &ring, XNET_TX_FATAL_SLOTS, 23, "fatal");
	check_no_trace(&pkt);

	ring = (struct ring) { 0 };
	put_data(&ring, 0, 60, EXTRA | MORE);
	put_gso(&ring, 1, 1448, XEN_NETIF_EXTRA_FLAG_MORE);
	assert_int_equal(parse(&pkt, &ring, &taken), XNET_TX_MORE);
	check_no_trace(&pkt);
}

/* ---- Linear area -------------------------------------------------------- */

/* Non-empty parts of slots after the first @linear bytes. */
static unsigned int frags_beyond(const struct xnet_tx_pkt *pkt, unsigned int linear)
{
	unsigned int i, end = 0, frags = 0;

	for (i = 0; i < pkt->nr_slots; i++) {
		end += pkt->slot[i].size;
		if (pkt->slot[i].size && end > linear)
			frags++;
	}

	return frags;
}

/* All that is asked for, and not a byte more than that takes. */
static void check_linear(const struct xnet_tx_pkt *pkt, unsigned int header_len,
			 unsigned int copy_max, unsigned int max_frags)
{
	unsigned int least = header_len < pkt->size ? header_len : pkt->size;
	unsigned int linear;

	linear = xnet_tx_linear_len(pkt, header_len, copy_max, max_frags);
	if (pkt->size <= copy_max)
		least = pkt->size;

	expect(linear >= least && linear <= pkt->size &&
	       frags_beyond(pkt, linear) <= max_frags &&
	       (linear == least || frags_beyond(pkt, linear - 1) > max_frags),
	       "%u of %u bytes, header_len %u, copy_max %u, max_frags %u",
	       linear, pkt->size, header_len, copy_max, max_frags);
}

static void lay_out(struct xnet_tx_pkt *pkt, const u16 *sizes, unsigned int nr)
{
	unsigned int i;

	xnet_tx_begin(pkt);
	pkt->nr_slots = nr;
	for (i = 0; i < nr; i++) {
		pkt->slot[i].size = sizes[i];
		pkt->size += sizes[i];
	}
}

static void test_linear_len(void **state)
{
	static const struct {
		const char *name;
		u16 sizes[4];
		unsigned int header_len, copy_max, max_frags, linear;
	} cases[] = {
		{ "small: all",			{ 60 },			128, 0, 17, 60 },
		{ "size is header_len: all",	{ 128 },		128, 0, 17, 128 },
		{ "up to copy_max: all",	{ 100, 100, 56 },	128, 256, 17, 256 },
		{ "a byte over copy_max",	{ 100, 100, 57 },	128, 256, 17, 128 },
		{ "just the headers",		{ 1514 },		128, 0, 17, 128 },
		{ "headers reach into slot 2",	{ 66, 1448 },		128, 0, 17, 128 },
		{ "no header at all",		{ 1514 },		0, 0, 17, 0 },
		{ "frags just fit",		{ 100, 100, 100, 100 },	50, 0, 4, 50 },
		{ "one slot too many",		{ 100, 100, 100, 100 },	50, 0, 3, 100 },
		{ "two too many",		{ 100, 100, 100, 100 },	50, 0, 2, 200 },
		{ "header beyond those",	{ 100, 100, 100, 100 },	150, 0, 3, 150 },
		{ "no frags: all",		{ 100, 100, 100, 100 },	50, 0, 0, 400 },
		{ "empty ones do not count",	{ 0, 100, 0, 100 },	50, 0, 2, 50 },
		{ "empty ones in front",	{ 0, 0, 0, 100 },	0, 0, 1, 0 },
		{ "empty ones behind",		{ 100, 0, 0, 0 },	0, 0, 1, 0 },
		{ "header_len beyond any size",	{ 100 },		UINT_MAX, 0, 17, 100 },
		{ "copy_max beyond any size",	{ 100 },		0, UINT_MAX, 0, 100 },
		{ "any number of frags",	{ 100, 100 },		0, 0, UINT_MAX, 0 },
		{ "no bytes",			{ 0 },			0, 0, 0, 0 },
	};
	struct xnet_tx_pkt pkt;
	unsigned int i, linear;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		lay_out(&pkt, cases[i].sizes, ARRAY_SIZE(cases[i].sizes));
		linear = xnet_tx_linear_len(&pkt, cases[i].header_len,
					    cases[i].copy_max, cases[i].max_frags);
		expect(linear == cases[i].linear, "%s: got %u, want %u",
		       cases[i].name, linear, cases[i].linear);
		check_linear(&pkt, cases[i].header_len, cases[i].copy_max,
			     cases[i].max_frags);
	}
}

/* Every layout of up to five small slots, with every limit that matters. */
static void test_linear_len_exhaustive(void **state)
{
	static const u16 size_of[] = { 0, 1, 2, 5 };
	unsigned int nr, code, i, header_len, copy_max, max_frags;
	struct xnet_tx_pkt pkt;
	u16 sizes[5];

	(void)state;
	for (nr = 1; nr <= ARRAY_SIZE(sizes); nr++) {
		for (code = 0; code < 1u << 2 * nr; code++) {
			for (i = 0; i < nr; i++)
				sizes[i] = size_of[(code >> 2 * i) % ARRAY_SIZE(size_of)];
			lay_out(&pkt, sizes, nr);
			for (header_len = 0; header_len <= pkt.size + 1u; header_len++)
				for (max_frags = 0; max_frags <= nr + 1; max_frags++)
					check_linear(&pkt, header_len, 0, max_frags);
			for (copy_max = 0; copy_max <= pkt.size + 1u; copy_max++)
				check_linear(&pkt, 2, copy_max, nr / 2);
		}
	}
}

/* ---- Any sequence of slots at all --------------------------------------- */

/* Values on an edge, or any. */
static u16 odd_u16(void)
{
	static const u16 edges[] = {
		0, 1, 13, 14, 4095, 4096, 4097, 0x7fff, 0x8000, 0xfffe, 0xffff,
	};

	return random_odds(70) ? edges[random_below(ARRAY_SIZE(edges))] : random_u32();
}

static void put_odd(struct ring *ring)
{
	u8 *raw = (u8 *)&ring->slot[ring->nr++];
	unsigned int i;

	for (i = 0; i < sizeof(ring->slot[0]); i++)
		raw[i] = random_u32();
}

/*
 * What a good frontend would send, then spoilt here and there: @evil is how
 * many of a hundred fields are.
 */
static void put_random(struct ring *ring, unsigned int evil)
{
	unsigned int extras, later, rest, size, i;
	struct xen_netif_tx_request *req;

	extras = random_odds(40) ? 1 + random_below(2) : 0;
	later = random_below(random_odds(evil) ? 24 : 19);
	rest = ETH_HLEN + random_below(9000);
	size = random_below(rest < 4096 ? rest : 4096);

	put_data(ring, random_below(4096 - size), rest,
		 (extras ? EXTRA : 0) | (later ? MORE : 0));
	rest -= size;
	for (i = 0; i < extras; i++) {
		put_type(ring, random_odds(evil) ? random_below(7) : i ? HASH : GSO,
			 i < extras - 1 || random_odds(evil / 4) ?
			 XEN_NETIF_EXTRA_FLAG_MORE : 0);
		if (random_odds(evil))
			ring->slot[ring->nr - 1].gref |= 0xffff0000; /* GSO size */
	}
	for (i = 0; i < later; i++) {
		size = random_odds(30) ? 0 : random_below(rest / (later - i) + 1);
		size = size < 4096 ? size : 4096;
		rest -= size;
		put_data(ring, random_below(4096 - size + 1), size,
			 i < later - 1 || random_odds(evil / 4) ? MORE : 0);
	}
	for (i = 0; i < ring->nr; i++) {
		req = &ring->slot[i];
		if (i >= 1 && i <= extras)
			continue;
		if (random_odds(evil / 8))
			req->offset = odd_u16();
		if (random_odds(evil / 8))
			req->size = odd_u16();
		if (random_odds(evil / 16))
			req->flags = odd_u16();
	}
	while (ring->nr < RING_SLOTS)
		put_odd(ring);
}

static void test_any_sequence(void **state)
{
	static const unsigned int evils[] = { 0, 10, 30, 100 };
	unsigned int seen[XNET_TX_FATAL_TRUNCATED] = { 0 };
	struct xnet_tx_pkt pkt, fresh;
	enum xnet_tx_verdict verdict;
	unsigned int round, i, taken;

	(void)state;
	random_state = SEED;
	memset(&pkt, 0xa5, sizeof(pkt));
	for (round = 0; round < 200000; round++) {
		struct ring ring = { 0 };

		put_random(&ring, evils[round % ARRAY_SIZE(evils)]);
		verdict = parse(&pkt, &ring, &taken);
		expect(verdict != XNET_TX_MORE, "round %u never ends", round);
		seen[pkt.error]++;
		if (!pkt.error)
			check_linear(&pkt, random_below(257), random_below(512),
				     random_below(19));

		/* Once more, in memory that never saw the packets before. */
		memset(&fresh, 0x5a, sizeof(fresh));
		parse(&fresh, &ring, &taken);
		assert_memory_equal(&pkt, &fresh, sizeof(pkt));
	}

	/* The sequences were good for something: all that can happen did. */
	for (i = 0; i < ARRAY_SIZE(seen); i++)
		expect(seen[i] > 100, "\"%s\" seen %u times",
		       xnet_tx_error_str(i), seen[i]);
}

/* ---- Words -------------------------------------------------------------- */

static void test_error_str(void **state)
{
	static const char *const strings[] = {
		[XNET_TX_OK] = "no error",
		[XNET_TX_ERR_SHORT] = "packet shorter than an Ethernet header",
		[XNET_TX_ERR_SLOTS] = "too many slots in one packet",
		[XNET_TX_ERR_SIZE] = "slots hold more than the packet's size",
		[XNET_TX_ERR_GSO] = "bad GSO size or type",
		[XNET_TX_FATAL_CROSSES_PAGE] = "slot crosses its page",
		[XNET_TX_FATAL_SLOTS] = "packet without end",
		[XNET_TX_FATAL_EXTRA_TYPE] = "unknown type of extra info",
		[XNET_TX_FATAL_EXTRA_TWICE] = "same extra info twice",
		[XNET_TX_FATAL_TRUNCATED] = "packet continues beyond the ring's producer",
		"unknown error",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(strings); i++)
		assert_string_equal(xnet_tx_error_str(i), strings[i]);
	assert_string_equal(xnet_tx_error_str(INT_MAX), "unknown error");
	assert_string_equal(xnet_tx_error_str(-1), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_layout),
		cmocka_unit_test(test_gso_valid),
		cmocka_unit_test(test_one_slot),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_slot_counts),
		cmocka_unit_test(test_packet_without_end),
		cmocka_unit_test(test_empty_slots),
		cmocka_unit_test(test_sizes_and_pages),
		cmocka_unit_test(test_size_wraps),
		cmocka_unit_test(test_largest_packet),
		cmocka_unit_test(test_refused_and_fatal),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_splits_in_two),
		cmocka_unit_test(test_splits_in_three),
		cmocka_unit_test(test_splits_at_random),
		cmocka_unit_test(test_splits_into_bytes),
		cmocka_unit_test(test_extra_types),
		cmocka_unit_test(test_extra_sequences),
		cmocka_unit_test(test_extras_and_slots),
		cmocka_unit_test(test_gso),
		cmocka_unit_test(test_gso_among_errors),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_messages_with_extras),
		cmocka_unit_test(test_no_trace),
		cmocka_unit_test(test_linear_len),
		cmocka_unit_test(test_linear_len_exhaustive),
		cmocka_unit_test(test_any_sequence),
		cmocka_unit_test(test_error_str),
	};

	return cmocka_run_group_tests_name("tx_parse", tests, NULL, NULL);
}
