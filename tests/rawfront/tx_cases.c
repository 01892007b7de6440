// SPDX-License-Identifier: GPL-2.0
/* Good packets to the backend, in every layout that netif.h allows. */

#include <string.h>

#include "case.h"
#include "frame.h"
#include "split.h"

/* Following slots that a backend must accept, and the first one. */
#define RF_SLOTS_MAX	(XEN_NETIF_NR_SLOTS_MIN + 1)

#define RF_BATCH	80

static u8 rf_data[RF_PACKET_MAX];

/* Around everything that could matter: headers, copy limits, pages. */
static const unsigned int rf_sizes[] = {
	14, 15, 16, 33, 42, 59, 60, 61, 64, 127, 128, 129, 130, 255, 256, 257, 511, 1000,
	1499, 1500, 1514, 1518, 2047, 2048, 2049, 2176, 4000, 4095, 4096, 4097, 4224, 4225,
	8191, 8192, 8193, 9014, 12288, 16384, 16385, 20000, 32767, 32768, 40000, 49152,
	61440, 65000, 65534, 65535,
};

#define RF_SIZES	(sizeof(rf_sizes) / sizeof(rf_sizes[0]))

static struct rf_packet rf_packet(unsigned int len)
{
	struct rf_packet packet = { .data = rf_data, .len = len };

	rf_make_frame(rf_data, len, rf_random());
	return packet;
}

static void rf_tx_plain(struct rf_front *f)
{
	struct rf_packet packet = rf_packet(60);

	rf_tx_send(&f->queue[0], &packet);
}

static void rf_tx_one_slot(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < RF_SIZES && rf_sizes[i] <= XEN_PAGE_SIZE; i++) {
		packet = rf_packet(rf_sizes[i]);
		rf_tx_send(&f->queue[0], &packet);

		/* The last byte of the packet is the last one of its page. */
		packet.nr_pieces = 1;
		packet.piece[0].size = packet.len;
		packet.piece[0].offset = XEN_PAGE_SIZE - packet.len;
		rf_tx_send(&f->queue[0], &packet);
	}
}

static void rf_tx_full_pages(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < RF_SIZES; i++) {
		packet = rf_packet(rf_sizes[i]);
		rf_split_front(&packet, NULL, 0);
		rf_tx_send(&f->queue[0], &packet);
	}
}

static void rf_tx_first_slot_1_byte(struct rf_front *f)
{
	static const u16 one[] = { 1 };
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < RF_SIZES; i++) {
		packet = rf_packet(rf_sizes[i]);
		rf_split_front(&packet, one, 1);
		rf_tx_send(&f->queue[0], &packet);
	}
}

/* The linear part of a packet ends in the middle of slots. */
static void rf_tx_headers_in_pieces(struct rf_front *f)
{
	static const struct {
		u16 sizes[4];
		unsigned int count;
	} layouts[] = {
		{ { 127 }, 1 }, { { 128 }, 1 }, { { 129 }, 1 }, { { 127, 1 }, 2 },
		{ { 127, 2 }, 2 }, { { 64, 64 }, 2 }, { { 64, 65 }, 2 }, { { 14, 20, 20 }, 3 },
		{ { 13, 1, 114 }, 3 }, { { 100, 28, 1 }, 3 }, { { 1, 1, 1, 126 }, 4 },
	};
	static const unsigned int sizes[] = { 200, 1514, 2049, 9014, 30000 };
	struct rf_packet packet;
	unsigned int i, j;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			packet = rf_packet(sizes[j]);
			rf_split_front(&packet, layouts[i].sizes, layouts[i].count);
			rf_tx_send(&f->queue[0], &packet);
		}
	}
}

static void rf_tx_even_slots(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int i, n;

	for (i = 0; i < RF_SIZES; i++) {
		for (n = 2; n <= RF_SLOTS_MAX; n += 1 + rf_random_below(4)) {
			if (rf_sizes[i] > n * XEN_PAGE_SIZE)
				continue;
			packet = rf_packet(rf_sizes[i]);
			rf_split_even(&packet, n);
			rf_tx_send(&f->queue[0], &packet);
		}
	}
}

static void rf_tx_most_slots(struct rf_front *f)
{
	static const unsigned int sizes[] = { 19, 60, 128, 200, 2049, 9014, 65535 };
	struct rf_packet packet;
	unsigned int i, n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (n = RF_SLOTS_MAX - 1; n <= RF_SLOTS_MAX; n++) {
			packet = rf_packet(sizes[i]);
			rf_split_even(&packet, n);
			rf_tx_send(&f->queue[0], &packet);
		}
	}
}

/* All but one of the slots hold a single byte: more slots than fragments. */
static void rf_tx_tiny_slots(struct rf_front *f)
{
	static const unsigned int rests[] = { 1, 110, 111, 1000, 4096 };
	struct rf_packet packet;
	unsigned int i, j, big;

	for (i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		for (big = 0; big < RF_SLOTS_MAX; big += 6) {
			packet = rf_packet(RF_SLOTS_MAX - 1 + rests[i]);
			packet.nr_pieces = RF_SLOTS_MAX;
			for (j = 0; j < RF_SLOTS_MAX; j++) {
				packet.piece[j].size = j == big ? rests[i] : 1;
				packet.piece[j].offset = j == big ? 0 : 4095;
			}
			rf_tx_send(&f->queue[0], &packet);
		}
	}
}

/* An empty slot may have no page at all (XSA-448). */
static void rf_tx_empty_slots(struct rf_front *f)
{
	static const unsigned int sizes[] = { 60, 300, 3000, 4096 };
	struct rf_packet packet;
	unsigned int i, j, full;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (full = 0; full < 4; full++) {
			packet = rf_packet(sizes[i]);
			packet.nr_pieces = 4;
			for (j = 0; j < 4; j++)
				packet.piece[j].size = j == full ? packet.len : 0;
			packet.bad = 0xf & ~(1U << full);
			rf_tx_send(&f->queue[0], &packet);
		}
	}

	/* In a large one, between fragments. */
	packet = rf_packet(9000);
	packet.nr_pieces = 7;
	packet.piece[1].size = 4000;
	packet.piece[3].size = 3000;
	packet.piece[5].size = 2000;
	packet.bad = 1 | 1 << 2 | 1 << 4 | 1 << 6;
	rf_tx_send(&f->queue[0], &packet);
}

static void rf_tx_random(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int i, pages;

	for (i = 0; i < 300; i++) {
		packet = rf_packet(14 + rf_random_below(i % 3 ? 3000 : 65522));
		pages = (packet.len + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;
		rf_split_random(&packet, pages + rf_random_below(RF_SLOTS_MAX - pages + 1));
		rf_tx_send(&f->queue[0], &packet);
	}
}

/* A ring full of packets with one push; they come out in order. */
static void rf_tx_full_ring(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static u8 data[RF_RING_SIZE][64];
	struct rf_packet packet = { .len = sizeof(data[0]) };
	unsigned int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < RF_RING_SIZE; i++) {
			rf_make_frame(data[i], sizeof(data[i]), rf_random());
			packet.data = data[i];
			rf_tx_queue(q, &packet);
		}
		rf_tx_push(q);
		for (i = 0; i < RF_RING_SIZE; i++)
			rf_netdev_expect(&f->netdev, data[i], sizeof(data[i]));
		rf_tx_settle(q);
		f->sent += RF_RING_SIZE;
	}
}

/* Packets of all sizes at once, with one push. */
static void rf_tx_batches(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static u8 data[RF_BATCH][9000];
	unsigned int len[RF_BATCH];
	unsigned int i, n, round;
	struct rf_packet packet;

	for (round = 0; round < 10; round++) {
		for (n = 0; n < RF_BATCH; n++) {
			len[n] = 14 + rf_random_below(n % 4 ? 400 : 8900);
			rf_make_frame(data[n], len[n], rf_random());
			packet = (struct rf_packet){ .data = data[n], .len = len[n] };
			rf_split_random(&packet, 3 + rf_random_below(3));
			if (RING_FREE_REQUESTS(&q->tx) < rf_tx_slots(&packet))
				break;
			rf_tx_queue(q, &packet);
		}
		rf_tx_push(q);
		for (i = 0; i < n; i++)
			rf_netdev_expect(&f->netdev, data[i], len[i]);
		rf_tx_settle(q);
		f->sent += n;
	}
}

/* A packet and its extra info at each place of the ring, and over its end. */
static void rf_tx_ring_end(struct rf_front *f)
{
	const struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_TCP, .sport = 1, .dport = 2,
		.payload = 3000, .blank = true,
	};
	struct rf_packet packet = { .data = rf_data };
	unsigned int i;

	packet.len = rf_make_ip(rf_data, &ip);
	packet.flags = XEN_NETTXF_csum_blank | XEN_NETTXF_data_validated;
	packet.nr_extras = 1;
	packet.extra[0] = rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	/* 5 slots: each place of the ring once after 256 packets. */
	for (i = 0; i < RF_RING_SIZE; i++) {
		rf_split_even(&packet, 4);
		rf_tx_send(&f->queue[0], &packet);
	}
}

/* The ids are the frontend's business, even when all are the same. */
static void rf_tx_same_ids(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		packet = rf_packet(5000);
		rf_split_even(&packet, 2);
		q->next_id = 0xffff;
		rf_tx_queue(q, &packet);
		rf_tx_push(q);
		rf_netdev_expect(&f->netdev, packet.data, packet.len);
		rf_tx_settle(q);
		f->sent++;
	}
}

/* Packets one after the other, indices beyond 2^32. */
static void rf_tx_indices_wrap(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		packet = rf_packet(100);
		rf_tx_send(&f->queue[0], &packet);
	}
}

/* Out to the wire: there a NIC, not a socket, lets go of the pages. */
static void rf_tx_through_bridge(struct rf_front *f)
{
	static const unsigned int sizes[] = { 60, 1514, 2100, 1514, 128 };
	struct rf_packet packet;
	unsigned int i, round;

	if (!rf_netdev_set_bridge(&f->netdev, "xenbr0", true))
		rf_skip("there is no bridge xenbr0");
	/* The bridge's own traffic comes to us from now on, and is not looked at. */
	for (round = 0; round < 20; round++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			/* What is larger than the NIC's MTU the bridge drops. */
			packet = rf_packet(sizes[i]);
			rf_split_even(&packet, 2);
			rf_tx_send(&f->queue[0], &packet);
		}
	}
	rf_netdev_set_bridge(&f->netdev, "xenbr0", false);
	/* Take what came from there, so that the numbers agree. */
	for (;;) {
		static struct rf_arrival a;

		if (!rf_rx_get(&f->queue[0], &a, 50))
			break;
	}
}

/* On each of several queues, with one and with two event channels. */
static void rf_tx_queues(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int i, j;

	for (i = 0; i < 40; i++) {
		for (j = 0; j < f->nr_queues; j++) {
			packet = rf_packet(60 + rf_random_below(8000));
			rf_split_random(&packet, 5);
			rf_tx_send(&f->queue[j], &packet);
		}
	}
}

const struct rf_case rf_tx_cases[] = {
	{ .name = "tx_plain", .run = rf_tx_plain },
	{ .name = "tx_one_slot", .run = rf_tx_one_slot },
	{ .name = "tx_full_pages", .run = rf_tx_full_pages },
	{ .name = "tx_first_slot_1_byte", .run = rf_tx_first_slot_1_byte },
	{ .name = "tx_headers_in_pieces", .run = rf_tx_headers_in_pieces },
	{ .name = "tx_even_slots", .run = rf_tx_even_slots },
	{ .name = "tx_most_slots", .run = rf_tx_most_slots },
	{ .name = "tx_tiny_slots", .run = rf_tx_tiny_slots },
	{ .name = "tx_empty_slots", .run = rf_tx_empty_slots },
	{ .name = "tx_random", .run = rf_tx_random },
	{ .name = "tx_full_ring", .run = rf_tx_full_ring },
	{ .name = "tx_batches", .run = rf_tx_batches },
	{ .name = "tx_ring_end", .run = rf_tx_ring_end },
	{ .name = "tx_same_ids", .run = rf_tx_same_ids },
	{
		.name = "tx_indices_wrap", .run = rf_tx_indices_wrap,
		.config = { .tx_start = 0U - 150, .rx_start = 0U - 10, .post = 20 },
	},
	{
		.name = "tx_through_bridge", .run = rf_tx_through_bridge,
		.config = { .post = 200 },
	},
	{ .name = "tx_shared_event_channel", .run = rf_tx_random, .config = { .shared = true } },
	{ .name = "tx_without_sg", .run = rf_tx_most_slots, .config = { .no_sg = true } },
	{ .name = "tx_queues", .run = rf_tx_queues, .config = { .queues = 4 } },
	{
		.name = "tx_queues_shared_event_channels", .run = rf_tx_queues,
		.config = { .queues = 3, .shared = true },
	},
	{ 0 }
};
