// SPDX-License-Identifier: GPL-2.0
/* Layouts of packets; see split.h. */

#include "frame.h"
#include "split.h"

/* Where in its page a slot of this size begins: anywhere that it fits. */
static u16 rf_random_offset(unsigned int size)
{
	switch (rf_random_below(3)) {
	case 0:
		return 0;
	case 1:
		return XEN_PAGE_SIZE - size;
	default:
		return rf_random_below(XEN_PAGE_SIZE - size + 1);
	}
}

static void rf_add_piece(struct rf_packet *packet, unsigned int size)
{
	struct rf_piece *piece = &packet->piece[packet->nr_pieces++];

	piece->size = size;
	piece->offset = rf_random_offset(size);
}

/**
 * rf_split_even() - lay a packet out in slots of about the same size
 * @packet: the packet; its length is set, its layout is not
 * @pieces: how many slots
 */
void rf_split_even(struct rf_packet *packet, unsigned int pieces)
{
	unsigned int left = packet->len, n;

	packet->nr_pieces = 0;
	for (; pieces; pieces--) {
		n = (left + pieces - 1) / pieces;
		rf_add_piece(packet, n);
		left -= n;
	}
}

/**
 * rf_split_front() - lay a packet out with slots of given sizes in front
 * @packet: the packet
 * @sizes: of the first slots; the packet is at least that long
 * @count: how many these are; full pages follow
 */
void rf_split_front(struct rf_packet *packet, const u16 *sizes, unsigned int count)
{
	unsigned int left = packet->len, n, i;

	packet->nr_pieces = 0;
	for (i = 0; i < count; i++) {
		rf_add_piece(packet, sizes[i]);
		left -= sizes[i];
	}
	while (left) {
		n = left < XEN_PAGE_SIZE ? left : XEN_PAGE_SIZE;
		rf_add_piece(packet, n);
		left -= n;
	}
}

/**
 * rf_split_random() - lay a packet out at random
 * @packet: the packet
 * @max_pieces: most slots; enough for it, if all were full
 *
 * With a liking for slots that are empty, tiny, or full.
 */
void rf_split_random(struct rf_packet *packet, unsigned int max_pieces)
{
	unsigned int left = packet->len, least, most, n;

	packet->nr_pieces = 0;
	while (left || !packet->nr_pieces) {
		max_pieces--;
		/* The slots to come must be able to hold what this one leaves. */
		least = left > max_pieces * XEN_PAGE_SIZE ?
			left - max_pieces * XEN_PAGE_SIZE : 0;
		most = left < XEN_PAGE_SIZE ? left : XEN_PAGE_SIZE;
		switch (rf_random_below(5)) {
		case 0:
			n = least;
			break;
		case 1:
			n = most;
			break;
		case 2:
			n = 1 + rf_random_below(200);
			break;
		default:
			n = least + rf_random_below(most - least + 1);
			break;
		}
		n = n < least ? least : n > most ? most : n;
		rf_add_piece(packet, n);
		left -= n;
	}
}
