// SPDX-License-Identifier: GPL-2.0
/* What a backend cannot put up with; see hostile.h. */

#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "frame.h"
#include "hostile.h"

/**
 * rf_hostile_stopped() - the backend has stopped, and serves again
 * @f: the frontend, whose mistake it was
 * @reason: what the error node must contain
 */
void rf_hostile_stopped(struct rf_front *f, const char *reason)
{
	u8 data[100];
	struct rf_packet good = { .data = data, .len = sizeof(data) };
	char *error;

	rf_front_expect_error(f, reason);
	rf_tx_forget(&f->queue[0]);
	rf_front_reconnect(f);

	error = rf_front_read(f, f->error, "error");
	RF_CHECK(!error, "the error node is still there: %s", error);
	rf_make_frame(data, sizeof(data), rf_random());
	rf_tx_send(&f->queue[0], &good);
}

/**
 * rf_hostile_packet() - send a packet that stops the vif
 * @f: the frontend
 * @packet: the packet
 * @reason: what the error node must contain
 *
 * A good packet before it in the same batch comes through.
 */
void rf_hostile_packet(struct rf_front *f, struct rf_packet *packet,
		       const char *reason)
{
	struct rf_queue *q = &f->queue[0];
	u8 data[100];
	struct rf_packet good = { .data = data, .len = sizeof(data) };

	rf_make_frame(data, sizeof(data), rf_random());
	packet->status = RF_NO_ANSWER;
	rf_tx_queue(q, &good);
	rf_tx_queue(q, packet);
	rf_tx_push(q);
	rf_netdev_expect(&f->netdev, data, sizeof(data));
	f->sent++;
	rf_tx_settle(q);

	rf_hostile_stopped(f, reason);
}

/**
 * rf_hostile_truncated() - send a packet that goes on where the ring does not
 * @f: the frontend
 * @packet: the packet
 * @flag: what its last slot has set: more data or extra info to follow
 */
void rf_hostile_truncated(struct rf_front *f, struct rf_packet *packet, u16 flag)
{
	struct rf_queue *q = &f->queue[0];

	packet->status = RF_NO_ANSWER;
	rf_tx_queue(q, packet);
	RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt - 1)->flags |= flag;
	rf_tx_push(q);
	rf_hostile_stopped(f, "packet continues beyond the ring's producer");
}
