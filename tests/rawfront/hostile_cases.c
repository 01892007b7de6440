// SPDX-License-Identifier: GPL-2.0
/* Rings that make no sense, and memory that changes while it is read. */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "case.h"
#include "frame.h"
#include "split.h"
#include "hostile.h"

static u8 rf_data[RF_PACKET_MAX];

static void rf_send_some(struct rf_front *f, unsigned int count)
{
	struct rf_packet packet = { .data = rf_data, .len = 80 };

	while (count--) {
		rf_make_frame(rf_data, 80, rf_random());
		rf_tx_send(&f->queue[0], &packet);
	}
}

static void rf_tx_index(struct rf_front *f, int by)
{
	struct rf_queue *q = &f->queue[0];

	rf_send_some(f, 10);
	q->tx.sring->req_prod = q->tx.req_prod_pvt + by;
	xen_mb();
	rf_front_notify(f, q->tx_port);
	rf_hostile_stopped(f, "TX producer index makes no sense");
}

static void rf_tx_producer(struct rf_front *f)
{
	static const int by[] = { RF_RING_SIZE + 1, -1, -10, 1000, 0x40000000, -0x7fffffff };
	unsigned int i;

	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		rf_tx_index(f, by[i]);
}

/* Moved back behind what the backend has taken and not answered. */
static void rf_tx_producer_back(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data, .len = 80 };

	rf_make_frame(rf_data, 80, rf_random());
	rf_tx_queue(q, &packet);
	rf_tx_push(q);
	rf_netdev_expect(&f->netdev, rf_data, 80);
	f->sent++;
	rf_tx_settle(q);
	q->tx.sring->req_prod--;
	xen_mb();
	rf_front_notify(f, q->tx_port);
	rf_hostile_stopped(f, "TX producer index makes no sense");
}

static void rf_rx_index(struct rf_front *f, int by)
{
	struct rf_queue *q = &f->queue[0];
	static struct rf_arrival a;

	/* In order first, so that there is something behind the consumer. */
	rf_make_frame(rf_data, 100, rf_random());
	rf_netdev_send(&f->netdev, rf_data, 100, NULL);
	rf_rx_expect(q, rf_data, 100, &a);

	q->rx.sring->req_prod = q->rx.req_prod_pvt + by;
	xen_mb();
	rf_front_notify(f, q->rx_port);
	/* The backend looks at the index when it has a packet. */
	rf_netdev_send(&f->netdev, rf_data, 100, NULL);
	rf_hostile_stopped(f, "RX producer index makes no sense");
}

static void rf_rx_producer(struct rf_front *f)
{
	static const int by[] = { RF_RING_SIZE, -32, 1000, 0x40000000, -0x7fffffff };
	unsigned int i;

	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		rf_rx_index(f, by[i]);
}

/* Indices that no backend can have left behind. */
static void rf_attach(struct rf_front *f, struct rf_config *config, bool tx, RING_IDX req,
		      RING_IDX rsp)
{
	struct rf_queue *q = &f->queue[0];

	rf_front_prepare(f, config);
	if (tx) {
		q->tx.sring->req_prod = req;
		q->tx.sring->rsp_prod = rsp;
	} else {
		q->rx.sring->req_prod = req;
		q->rx.sring->rsp_prod = rsp;
	}
	f->connected = true;
	rf_front_set_state(f, XenbusStateConnected);
	rf_hostile_stopped(f, "ring indices make no sense");
	rf_front_close(f);
}

static void rf_attach_nonsense(struct rf_front *f)
{
	struct rf_config config = { .post = 8 };

	rf_attach(f, &config, true, RF_RING_SIZE + 1, 0);
	rf_attach(f, &config, true, 0, 1);
	rf_attach(f, &config, true, 5, 0x80000000);
	rf_attach(f, &config, false, RF_RING_SIZE + 1, 0);
	rf_attach(f, &config, false, 0, 1);
	rf_front_connect(f, &config);
	rf_send_some(f, 3);
}

/**
 * struct rf_nonsense - a connection that cannot come about
 * @key: what is wrong in the frontend's directory
 * @value: what it says
 * @reason: what the error node must contain
 */
struct rf_nonsense {
	const char *key;
	const char *value;
	const char *reason;
};

/* Connect again, with one thing wrong. */
static void rf_refused(struct rf_front *f, const struct rf_nonsense *nonsense)
{
	struct rf_config config = f->config;

	rf_front_close(f);
	rf_front_prepare(f, &config);
	rf_front_write(f, f->dir, nonsense->key, "%s", nonsense->value);
	f->connected = true;
	rf_front_set_state(f, XenbusStateConnected);
	rf_hostile_stopped(f, nonsense->reason);
}

/*
 * A guest may make mistakes as often as it likes. The lab counts the lines in
 * the log, and looks at the neighbours meanwhile.
 */
static void rf_over_and_over(struct rf_front *f)
{
	static const struct rf_nonsense nonsense[] = {
		{ "tx-ring-ref", "100001", "tx-ring-ref 100001 cannot be mapped" },
		{ "rx-ring-ref", "100001", "rx-ring-ref 100001 cannot be mapped" },
		{ "event-channel-rx", "100001", "cannot bind event channel 100001" },
		{ "multi-queue-num-queues", "0", "must be a number from 1" },
	};
	unsigned int i;

	for (i = 0; i < rf_options.cycles; i++) {
		if (i % 2)
			rf_tx_index(f, RF_RING_SIZE + 1);
		else
			rf_refused(f, &nonsense[i / 2 % 4]);
		rf_netdev_drain(&f->netdev);
	}
}

/* Whatever comes of it: the backend answers, or stops, and serves again. */
static void rf_survive(struct rf_front *f)
{
	rf_tx_forget(&f->queue[0]);
	rf_netdev_drain(&f->netdev);
	rf_front_reconnect(f);
	rf_netdev_drain(&f->netdev);
	rf_send_some(f, 1);
}

/* Slots of random bytes, a few bits of which now and then make sense. */
static void rf_random_slots(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct netif_tx_request request;
	unsigned int round, i;

	for (round = 0; round < 60; round++) {
		for (i = 1 + rf_random_below(60); i; i--) {
			rf_fill((u8 *)&request, sizeof(request), rf_random());
			if (rf_random_below(4))
				request.gref = q->tx_pages.ref[rf_random_below(RF_RING_SIZE)];
			if (rf_random_below(4))
				request.flags &= 0xf;
			if (rf_random_below(4))
				request.offset &= 0x7ff;
			if (rf_random_below(4))
				request.size &= 0x7ff;
			/* Bytes of extra info, as it may follow. */
			if (!rf_random_below(3)) {
				request.gref &= 0xffff0000;
				request.gref |= rf_random_below(6) |
						rf_random_below(2) << 8;
			}
			*RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt++) = request;
		}
		rf_tx_push(q);
		rf_front_notify(f, q->tx_port);
		rf_sleep_ms(10);
		/* Only a connection that still stands can go on. */
		if (rf_front_backend_state(f) != XenbusStateConnected ||
		    RING_FREE_REQUESTS(&q->tx) < 60 || round % 8 == 7)
			rf_survive(f);
		else
			q->tx.rsp_cons = q->tx.sring->rsp_prod;
	}
	rf_survive(f);
}

/* Buffers of random grants: the backend writes to our pages, or gets an error. */
static void rf_random_buffers(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int round, i;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 20; i++)
			rf_rx_put(q, rf_random() & (rf_random_below(2) ? 0xfff : ~0U), -1);
		rf_rx_push(q);
		for (i = 0; i < 20; i++) {
			rf_make_frame(rf_data, 1000, rf_random());
			rf_netdev_send(&f->netdev, rf_data, 1000, NULL);
		}
		rf_sleep_ms(50);
		rf_survive(f);
	}
}

static atomic_bool rf_flipping;

/* Writes over the ring's slots and over packets while the backend reads them. */
static void *rf_flip(void *arg)
{
	struct rf_queue *q = arg;
	u32 state = 12345;
	unsigned int i;

	while (atomic_load(&rf_flipping)) {
		for (i = 0; i < 500; i++) {
			struct netif_tx_request *slot;

			state = state * 1103515245 + 12345;
			slot = RING_GET_REQUEST(&q->tx, state >> 8);
			slot->size ^= 1 << (state >> 24) % 16;
			slot->flags ^= 1 << (state >> 16) % 4;
			slot->offset ^= 1 << (state >> 20) % 12;
		}
		rf_sleep_ms(1);
	}

	return NULL;
}

static void rf_flipped_round(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data };
	unsigned int i;

	for (i = 0; i < 20; i++) {
		packet.len = 60 + rf_random_below(9000);
		rf_make_frame(rf_data, packet.len, rf_random());
		rf_split_random(&packet, 5);
		packet.status = RF_NO_ANSWER;
		if (RING_FREE_REQUESTS(&q->tx) < rf_tx_slots(&packet))
			break;
		rf_tx_queue(q, &packet);
		rf_tx_push(q);
	}
	rf_sleep_ms(10);
	rf_netdev_drain(&f->netdev);
}

static void rf_changing_slots(struct rf_front *f)
{
	pthread_t thread;
	unsigned int round;
	char why[256];
	int failed = 0;

	for (round = 0; round < 20 && !failed; round++) {
		atomic_store(&rf_flipping, true);
		RF_CHECK(!pthread_create(&thread, NULL, rf_flip, &f->queue[0]), "no thread");
		failed = rf_try(rf_flipped_round, f, why, sizeof(why));
		atomic_store(&rf_flipping, false);
		pthread_join(thread, NULL);
		if (!failed)
			rf_survive(f);
	}
	RF_CHECK(!failed, "%s", why);
}

#define RF_ANY	RF_AT_LEAST(0)

const struct rf_case rf_hostile_cases[] = {
	{
		.name = "hostile_tx_producer", .run = rf_tx_producer,
		.moves = { { "rx_err_fatal", 6 } },
	}, {
		.name = "hostile_tx_producer_back", .run = rf_tx_producer_back,
		.moves = { { "rx_err_fatal", 1 } },
	}, {
		.name = "hostile_rx_producer", .run = rf_rx_producer, .config = { .post = 32 },
		.moves = { { "tx_drop_purged", 5 }, { "tx_fatal", 5 } },
	}, {
		.name = "hostile_attach", .run = rf_attach_nonsense, .connects_itself = true,
	}, {
		.name = "hostile_over_and_over", .run = rf_over_and_over, .config = { .post = 8 },
		.uncounted = true,
	}, {
		.name = "hostile_random_slots", .run = rf_random_slots, .uncounted = true,
	}, {
		.name = "hostile_random_buffers", .run = rf_random_buffers, .uncounted = true,
	}, {
		.name = "hostile_changing_slots", .run = rf_changing_slots, .uncounted = true,
	},
	{ 0 }
};
