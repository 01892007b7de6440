/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue as its backend has it: two rings, mapped. Every response can be written
 * by hand, so that a case can say anything at all to the frontend.
 */
#ifndef RB_QUEUE_H
#define RB_QUEUE_H

#include <xen-barrier.h>
#include <xenevtchn.h>

#include "common/wire.h"

struct rb_back;
struct rb_queue;

#define RB_RING_SIZE	256
#define RB_PACKET_MAX	65536
#define RB_SLOTS_MAX	32
#define RB_EXTRAS_MAX	4

/**
 * struct rb_packet - a packet of the guest's, taken from the ring
 * @queue: where it came from
 * @data: its bytes
 * @len: how many
 * @nr_slots: data slots
 * @slot: their requests; the size of the first is that of its own bytes
 * @nr_extras: extra-info slots
 * @extra: their content
 * @flags: XEN_NETTXF_* of the first slot
 */
struct rb_packet {
	struct rb_queue *queue;
	u8 data[RB_PACKET_MAX];
	unsigned int len;
	unsigned int nr_slots;
	struct netif_tx_request slot[RB_SLOTS_MAX];
	unsigned int nr_extras;
	struct netif_extra_info extra[RB_EXTRAS_MAX];
	u16 flags;
};

/**
 * struct rb_slot - what is said of a buffer of the guest's
 * @data: bytes for it; NULL to leave it as it is
 * @len: how many
 * @offset: where in the buffer, which is also what the response says
 * @status: what the response says instead of @len, if @lies
 * @lies: see @status
 * @flags: XEN_NETRXF_*
 * @id: added to the request's id
 */
struct rb_slot {
	const void *data;
	u16 len;
	u16 offset;
	s16 status;
	bool lies;
	u16 flags;
	u16 id;
};

/**
 * struct rb_queue - a queue
 * @back: whose it is
 * @id: its number, from 0
 * @tx: the ring from the guest
 * @rx: the ring to it
 * @tx_page: the ring's page, mapped
 * @rx_page: ditto
 * @tx_port: event channel of the TX ring
 * @rx_port: event channel of the RX ring; may be the same
 * @quiet: no event is sent, whatever the guest asks for
 */
struct rb_queue {
	struct rb_back *back;
	unsigned int id;
	struct netif_tx_back_ring tx;
	struct netif_rx_back_ring rx;
	void *tx_page;
	void *rx_page;
	evtchn_port_t tx_port;
	evtchn_port_t rx_port;
	bool quiet;
};

void rb_queue_attach(struct rb_queue *q, void *tx_page, void *rx_page);

bool rb_tx_get_any(struct rb_back *b, struct rb_packet *packet, int timeout_ms);
void rb_tx_copy_page(struct rb_queue *q, u32 gref, u8 page[XEN_PAGE_SIZE]);
void rb_tx_put(struct rb_queue *q, u16 id, s16 status);
void rb_tx_answer(const struct rb_packet *packet, s16 status);
bool rb_tx_push(struct rb_queue *q);
unsigned int rb_tx_waiting(const struct rb_queue *q);

unsigned int rb_rx_posted(const struct rb_queue *q);
void rb_rx_await(struct rb_queue *q, unsigned int buffers);
void rb_rx_put(struct rb_queue *q, const struct rb_slot *slot);
void rb_rx_put_extra(struct rb_queue *q, const struct netif_extra_info *extra);
void rb_rx_packet(struct rb_queue *q, const void *data, unsigned int len, u16 flags,
		  const struct netif_extra_info *extra);
bool rb_rx_push(struct rb_queue *q);

void rb_queue_settle(struct rb_queue *q);

#endif /* RB_QUEUE_H */
