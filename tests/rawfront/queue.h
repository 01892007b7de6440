/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue as its frontend has it: two rings, the pages for packets, a ledger of
 * what the backend owes. Every slot can be written by hand, so that a case can
 * say anything at all to the backend; what comes back is checked always.
 */
#ifndef RF_QUEUE_H
#define RF_QUEUE_H

#include <xen-barrier.h>
#include <xenevtchn.h>

#include "common/wire.h"

struct rf_front;

#define RF_RING_SIZE		256
#define RF_PACKET_MAX		65536
#define RF_PIECES_MAX		32
#define RF_EXTRAS_MAX		4

/* No domain has that many grants. */
#define RF_BAD_GREF		0x00fff000

/* In place of a status: the slot is never answered. */
#define RF_NO_ANSWER		0x7fff

/**
 * struct rf_piece - a data slot of a packet
 * @offset: of its bytes in their page
 * @size: how many
 */
struct rf_piece {
	u16 offset;
	u16 size;
};

/**
 * struct rf_packet - a packet to send
 * @data: its bytes
 * @len: how many
 * @nr_pieces: data slots; 0 is one slot with everything
 * @piece: how the bytes lie in them
 * @flags: XEN_NETTXF_* of the first slot, besides those that follow from here
 * @nr_extras: extra-info slots
 * @extra: type and content; the flags are set when they are sent
 * @lies: the first slot says @announced instead of @len
 * @announced: see @lies
 * @bad: bit N is set to give slot N a grant that does not exist
 * @status: what each data slot must be answered with
 */
struct rf_packet {
	const u8 *data;
	unsigned int len;
	unsigned int nr_pieces;
	struct rf_piece piece[RF_PIECES_MAX];
	u16 flags;
	unsigned int nr_extras;
	struct netif_extra_info extra[RF_EXTRAS_MAX];
	bool lies;
	u16 announced;
	u32 bad;
	s16 status;
};

/**
 * struct rf_arrival - a packet that came from the backend
 * @data: its bytes
 * @len: how many
 * @slots: ring slots, extra info included
 * @pieces: data slots
 * @flags: XEN_NETRXF_* of the first slot
 * @status: XEN_NETIF_RSP_OKAY, or the error of the data slots
 * @extras: set of XNET_EXTRA() bits
 * @order: their types, in the order they came in
 * @nr_extras: how many
 * @offset: of the bytes in the first slot
 * @headroom: from the extra info; 0 without it
 * @gso_size: ditto
 * @gso_type: ditto
 * @hash_type: ditto
 * @hash_algorithm: ditto
 * @hash: ditto
 */
struct rf_arrival {
	u8 data[RF_PACKET_MAX];
	unsigned int len;
	unsigned int slots;
	unsigned int pieces;
	u16 flags;
	s16 status;
	u32 extras;
	u8 order[RF_EXTRAS_MAX];
	unsigned int nr_extras;
	u16 offset;
	u16 headroom;
	u16 gso_size;
	u8 gso_type;
	u8 hash_type;
	u8 hash_algorithm;
	u32 hash;
};

/**
 * struct rf_pages - granted pages
 * @mem: the pages, one after the other
 * @ref: their grants
 * @count: how many
 */
struct rf_pages {
	u8 *mem;
	uint32_t *ref;
	unsigned int count;
};

/**
 * struct rf_owed - an answer that the backend owes
 * @id: of the slot
 * @status: which one
 */
struct rf_owed {
	u16 id;
	s16 status;
};

/**
 * struct rf_queue - a queue
 * @front: whose it is
 * @id: its number, from 0
 * @tx: the ring to the backend
 * @rx: the ring from it
 * @ring: the rings' pages
 * @tx_pages: what packets to the backend lie in; it may only read them
 * @rx_pages: what it puts packets into
 * @readonly: a page that the backend may not write
 * @tx_port: event channel of the TX ring
 * @rx_port: event channel of the RX ring; may be the same
 * @tx_events: events that came on it
 * @rx_events: ditto
 * @next_id: for the next slot
 * @owed: answers that the backend owes
 * @nr_owed: how many
 * @nulls: answers to extra info that it owes
 * @rx_id: id of each posted RX buffer, by its place on the ring
 * @rx_page: which page it is, or -1 for one that is not ours to look at
 */
struct rf_queue {
	struct rf_front *front;
	unsigned int id;
	struct netif_tx_front_ring tx;
	struct netif_rx_front_ring rx;
	struct rf_pages ring;
	struct rf_pages tx_pages;
	struct rf_pages rx_pages;
	struct rf_pages readonly;
	evtchn_port_t tx_port;
	evtchn_port_t rx_port;
	unsigned long tx_events;
	unsigned long rx_events;
	u16 next_id;
	struct rf_owed owed[RF_RING_SIZE];
	unsigned int nr_owed;
	unsigned int nulls;
	u16 rx_id[RF_RING_SIZE];
	int rx_page[RF_RING_SIZE];
};

void rf_queue_open(struct rf_queue *q, struct rf_front *f, unsigned int id);
void rf_queue_reset(struct rf_queue *q, RING_IDX tx_start, RING_IDX rx_start);

void rf_tx_put(struct rf_queue *q, const struct netif_tx_request *request, int answer);
void rf_tx_put_extra(struct rf_queue *q, const struct netif_extra_info *extra,
		     bool answered);
void rf_tx_queue(struct rf_queue *q, const struct rf_packet *packet);
void rf_tx_push(struct rf_queue *q);
void rf_tx_settle(struct rf_queue *q);
void rf_tx_forget(struct rf_queue *q);
void rf_tx_send(struct rf_queue *q, const struct rf_packet *packet);
void rf_tx_refused(struct rf_queue *q, struct rf_packet *packet);
unsigned int rf_tx_slots(const struct rf_packet *packet);

void rf_rx_put(struct rf_queue *q, u32 gref, int page);
void rf_rx_push(struct rf_queue *q);
void rf_rx_post(struct rf_queue *q, unsigned int count);
bool rf_rx_get(struct rf_queue *q, struct rf_arrival *arrival, int timeout_ms);
void rf_rx_expect(struct rf_queue *q, const void *data, unsigned int len,
		  struct rf_arrival *arrival);
void rf_rx_expect_nothing(struct rf_queue *q, int ms);
unsigned int rf_rx_posted(const struct rf_queue *q);

#endif /* RF_QUEUE_H */
