// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that are no good. A mistake in a packet costs that packet; one after
 * which the ring cannot be understood costs the connection.
 */

#include <string.h>

#include "case.h"
#include "frame.h"
#include "split.h"
#include "hostile.h"

/* A packet of more slots is refused, one of more than this stops the vif. */
#define RF_SLOTS_MAX	(XEN_NETIF_NR_SLOTS_MIN + 1)
#define RF_SLOTS_FATAL	(RF_SLOTS_MAX + 3)

static u8 rf_data[RF_PACKET_MAX];

static struct rf_packet rf_packet(unsigned int len)
{
	struct rf_packet packet = { .data = rf_data, .len = len };

	rf_make_frame(rf_data, len, rf_random());
	return packet;
}

static void rf_bad_short(struct rf_front *f)
{
	static const unsigned int sizes[] = { 0, 1, 2, 6, 12, 13 };
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		packet = rf_packet(sizes[i]);
		rf_tx_refused(&f->queue[0], &packet);
	}
}

static void rf_bad_short_in_pieces(struct rf_front *f)
{
	struct rf_packet packet = rf_packet(13);

	rf_split_even(&packet, 13);
	rf_tx_refused(&f->queue[0], &packet);
}

static void rf_bad_slots(struct rf_front *f)
{
	static const unsigned int sizes[] = { 60, 5000, 65535 };
	struct rf_packet packet;
	unsigned int i, n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (n = RF_SLOTS_MAX + 1; n <= RF_SLOTS_FATAL; n++) {
			packet = rf_packet(sizes[i]);
			rf_split_even(&packet, n);
			rf_tx_refused(&f->queue[0], &packet);
		}
	}
}

static void rf_bad_slots_fatal(struct rf_front *f)
{
	struct rf_packet packet = rf_packet(5000);

	rf_split_even(&packet, RF_SLOTS_FATAL + 1);
	rf_hostile_packet(f, &packet, "packet without end");
}

/* The first slot announces less than the others hold. */
static void rf_bad_size(struct rf_front *f)
{
	static const u16 announced[] = { 14, 100, 999, 1000, 1999 };
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(announced) / sizeof(announced[0]); i++) {
		packet = rf_packet(3000);
		rf_split_even(&packet, 3);
		packet.lies = true;
		packet.announced = announced[i];
		rf_tx_refused(&f->queue[0], &packet);
	}
}

/* More than it holds: then the first slot has the rest, and that may not fit. */
static void rf_bad_size_first_slot(struct rf_front *f)
{
	struct rf_packet packet = rf_packet(3000);

	rf_split_even(&packet, 3);
	packet.piece[0].offset = 3000;
	packet.lies = true;
	packet.announced = 2000 + XEN_PAGE_SIZE - 3000 + 1;
	rf_hostile_packet(f, &packet, "slot crosses its page");
}

static void rf_bad_crosses_page(struct rf_front *f)
{
	static const struct rf_piece piece[] = {
		{ 4000, 97 }, { 4096, 60 }, { 1, 4096 }, { 65535, 60 }, { 0, 4097 },
		{ 32768, 32768 }, { 65535, 65535 },
	};
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		packet = rf_packet(piece[i].size);
		packet.nr_pieces = 1;
		packet.piece[0] = piece[i];
		rf_hostile_packet(f, &packet, "slot crosses its page");
	}
}

static void rf_bad_crosses_page_later(struct rf_front *f)
{
	static const struct rf_piece piece[] = {
		{ 4000, 97 }, { 4096, 1 }, { 65535, 100 },
	};
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		packet = rf_packet(200 + piece[i].size);
		packet.nr_pieces = 3;
		packet.piece[0].size = 100;
		packet.piece[1] = piece[i];
		packet.piece[2].size = 100;
		rf_hostile_packet(f, &packet, "slot crosses its page");
	}
}

static void rf_bad_truncated(struct rf_front *f)
{
	struct rf_packet packet;
	unsigned int n;

	for (n = 1; n <= RF_SLOTS_MAX; n += 6) {
		packet = rf_packet(1000);
		rf_split_even(&packet, n);
		rf_hostile_truncated(f, &packet, XEN_NETTXF_more_data);
	}
}

static void rf_bad_grant(struct rf_front *f)
{
	struct rf_packet packet = rf_packet(1000);

	packet.bad = 1;
	rf_tx_refused(&f->queue[0], &packet);
}

/* In each place of a packet that is copied, and of one that is mapped. */
static void rf_bad_grant_in_packet(struct rf_front *f)
{
	static const unsigned int sizes[] = { 1000, 12000 };
	struct rf_packet packet;
	unsigned int i, bad;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (bad = 0; bad < 4; bad++) {
			packet = rf_packet(sizes[i]);
			rf_split_even(&packet, 4);
			packet.bad = 1U << bad;
			rf_tx_refused(&f->queue[0], &packet);
		}
	}
}

static void rf_bad_grants_all(struct rf_front *f)
{
	struct rf_packet packet = rf_packet(60000);

	rf_split_even(&packet, 17);
	packet.bad = ~0U;
	rf_tx_refused(&f->queue[0], &packet);
}

/* Bad and good packets in one batch: nobody pays for another's mistake. */
static void rf_bad_mixture(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static u8 data[40][3000];
	unsigned int i, round;
	bool bad;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 40; i++) {
			struct rf_packet packet = { .data = data[i], .len = sizeof(data[i]) };

			bad = i % 4 == round % 4;
			rf_make_frame(data[i], sizeof(data[i]), rf_random());
			rf_split_even(&packet, 1 + i % 5);
			if (bad) {
				packet.status = XEN_NETIF_RSP_ERROR;
				packet.bad = 1U << rf_random_below(packet.nr_pieces);
			}
			rf_tx_queue(q, &packet);
		}
		rf_tx_push(q);
		for (i = 0; i < 40; i++)
			if (i % 4 != round % 4)
				rf_netdev_expect(&f->netdev, data[i], sizeof(data[i]));
		rf_tx_settle(q);
		f->sent += 30;
	}
}

const struct rf_case rf_tx_bad_cases[] = {
	{
		.name = "bad_short", .run = rf_bad_short,
		.moves = { { "rx_err_short", 6 } },
	}, {
		.name = "bad_short_in_pieces", .run = rf_bad_short_in_pieces,
		.moves = { { "rx_err_short", 1 } },
	}, {
		.name = "bad_slots", .run = rf_bad_slots,
		.moves = { { "rx_err_slots", 9 } },
	}, {
		.name = "bad_slots_fatal", .run = rf_bad_slots_fatal,
		.moves = { { "rx_err_fatal", 1 } },
	}, {
		.name = "bad_size", .run = rf_bad_size,
		.moves = { { "rx_err_size", 5 } },
	}, {
		.name = "bad_size_first_slot", .run = rf_bad_size_first_slot,
		.moves = { { "rx_err_fatal", 1 } },
	}, {
		.name = "bad_crosses_page", .run = rf_bad_crosses_page,
		.moves = { { "rx_err_fatal", 7 } },
	}, {
		.name = "bad_crosses_page_later", .run = rf_bad_crosses_page_later,
		.moves = { { "rx_err_fatal", 3 } },
	}, {
		.name = "bad_truncated", .run = rf_bad_truncated,
		.moves = { { "rx_err_fatal", 4 } },
	}, {
		.name = "bad_grant", .run = rf_bad_grant,
		.moves = { { "rx_err_grant", 1 } },
	}, {
		.name = "bad_grant_in_packet", .run = rf_bad_grant_in_packet,
		.moves = { { "rx_err_grant", 8 } },
	}, {
		.name = "bad_grants_all", .run = rf_bad_grants_all,
		.moves = { { "rx_err_grant", 1 } },
	}, {
		.name = "bad_mixture", .run = rf_bad_mixture,
		.moves = { { "rx_err_grant", 50 } },
	},
	{ 0 }
};
