// SPDX-License-Identifier: GPL-2.0
/* Packets to a guest that posts few buffers, or none. */

#include <stdio.h>
#include <string.h>

#include "case.h"
#include "frame.h"

/* The cases wait for both timeouts of netback; longer ones are too long. */
#define RF_DRAIN_MAX	3000

#define RF_PARAMETERS	"/sys/module/xen_netback/parameters/"

static u8 rf_data[RF_PACKET_MAX];
static struct rf_arrival rf_arrival;

static unsigned int rf_drain_ms(void)
{
	return rf_read_number(RF_PARAMETERS "rx_drain_timeout_msecs", 10000);
}

static unsigned int rf_stall_ms(void)
{
	return rf_read_number(RF_PARAMETERS "rx_stall_timeout_msecs", 60000);
}

static void rf_send(struct rf_front *f, unsigned int len, u32 seed)
{
	rf_make_frame(rf_data, len, seed);
	rf_netdev_send(&f->netdev, rf_data, len, NULL);
}

static void rf_expect(struct rf_front *f, unsigned int len, u32 seed)
{
	static u8 wanted[RF_PACKET_MAX];

	rf_make_frame(wanted, len, seed);
	rf_rx_expect(&f->queue[0], wanted, len, &rf_arrival);
}

static void rf_expect_carrier(struct rf_front *f, bool on)
{
	char path[64];
	long carrier;

	snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", f->netdev.name);
	carrier = rf_read_number(path, -1);
	RF_CHECK(carrier == on, "the carrier is %ld, expected %d", carrier, on);
}

/* Four buffers and no more, given back one by one. */
static void rf_starved_4_small(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < 60; i++)
		rf_send(f, 60 + i, i);
	for (i = 0; i < 60; i++) {
		rf_expect(f, 60 + i, i);
		rf_rx_post(&f->queue[0], 1);
	}
}

/* The same, but they come back four at a time. */
static void rf_starved_4_at_once(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < 60; i++)
		rf_send(f, 60 + i, i);
	for (i = 0; i < 60; i++) {
		rf_expect(f, 60 + i, i);
		if (i % 4 == 3)
			rf_rx_post(&f->queue[0], 4);
	}
}

/* Packets that need two, three and four of the four. */
static void rf_starved_4_large(struct rf_front *f)
{
	static const unsigned int sizes[] = { 9014, 16000, 5000, 60, 12000 };
	unsigned int i;

	RF_CHECK(rf_netdev_set_mtu(&f->netdev, 16000), "MTU 16000 is refused");
	for (i = 0; i < 20; i++)
		rf_send(f, sizes[i % 5], i);
	for (i = 0; i < 20; i++) {
		rf_expect(f, sizes[i % 5], i);
		rf_rx_post(&f->queue[0], rf_arrival.slots);
	}
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/*
 * A packet that needs more buffers than the guest ever posts. It is dropped some
 * time later; after that the guest is served again with what it can take.
 */
static void rf_starved_4_too_large(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int i;

	RF_CHECK(rf_netdev_set_mtu(&f->netdev, 30000), "MTU 30000 is refused");
	rf_send(f, 20000, 1);
	rf_rx_expect_nothing(q, rf_drain_ms() + 500);
	for (i = 0; i < 20; i++) {
		rf_send(f, 1000, i);
		rf_expect(f, 1000, i);
		rf_rx_post(q, 1);
	}
	/* Not once: nothing of it stays. */
	rf_send(f, 20000, 2);
	rf_rx_expect_nothing(q, rf_drain_ms() + 500);
	rf_send(f, 16000, 3);
	rf_expect(f, 16000, 3);
	rf_expect_carrier(f, true);
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/* No buffers at all, and then some, before anything is dropped. */
static void rf_starved_briefly(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < 30; i++)
		rf_send(f, 100, i);
	rf_rx_expect_nothing(&f->queue[0], rf_drain_ms() / 3);
	rf_rx_post(&f->queue[0], 60);
	for (i = 0; i < 30; i++)
		rf_expect(f, 100, i);
}

/* Dropped after the drain timeout; served again with the first buffer. */
static void rf_starved_drain(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < 30; i++)
		rf_send(f, 100, i);
	rf_rx_expect_nothing(&f->queue[0], rf_drain_ms() + 300);
	/* Now at once. */
	for (i = 0; i < 10; i++)
		rf_send(f, 100, i);
	rf_sleep_ms(100);
	rf_expect_carrier(f, true);
	rf_rx_post(&f->queue[0], 60);
	for (i = 0; i < 5; i++) {
		rf_send(f, 100, 1000 + i);
		rf_expect(f, 100, 1000 + i);
	}
}

/*
 * What was dropped needs no buffers any more: a guest that then has fewer than
 * that packet would have taken is served with what fits.
 */
static void rf_starved_fewer(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int i;

	RF_CHECK(rf_netdev_set_mtu(&f->netdev, 16000), "MTU 16000 is refused");
	for (i = 0; i < 8; i++) {
		rf_send(f, 100, i);
		rf_expect(f, 100, i);
	}

	/* They come after it was dropped. */
	rf_send(f, 16000, 100);
	rf_rx_expect_nothing(q, rf_drain_ms() + 300);
	rf_rx_post(q, 2);
	for (i = 0; i < 2; i++) {
		rf_send(f, 100, 200 + i);
		rf_expect(f, 100, 200 + i);
	}

	/* They are there before. */
	rf_rx_post(q, 2);
	rf_send(f, 16000, 300);
	rf_rx_expect_nothing(q, rf_drain_ms() + 300);
	for (i = 0; i < 2; i++) {
		rf_send(f, 100, 400 + i);
		rf_expect(f, 100, 400 + i);
	}
	rf_expect_carrier(f, true);
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/* Long enough for the queue to count as dead: no carrier; it comes back. */
static void rf_starved_stall(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		rf_send(f, 100, i);
	rf_netdev_await_carrier(&f->netdev, false);
	rf_rx_post(&f->queue[0], 60);
	rf_netdev_await_carrier(&f->netdev, true);
	for (i = 0; i < 5; i++) {
		rf_send(f, 100, 1000 + i);
		rf_expect(f, 100, 1000 + i);
	}
}

static void rf_send_flow(struct rf_front *f, u16 flow)
{
	struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_UDP, .sport = flow, .dport = 7, .payload = 50,
	};

	rf_netdev_send(&f->netdev, rf_data, rf_make_ip(rf_data, &ip), NULL);
}

/* Which flow comes on which of two queues? */
static void rf_find_flows(struct rf_front *f, u16 *flow)
{
	unsigned int i, n;

	flow[0] = 0;
	flow[1] = 0;
	rf_netdev_queue_by_flow(&f->netdev, f->nr_queues);
	for (i = 1; i < 60 && (!flow[0] || !flow[1]); i++) {
		rf_send_flow(f, i);
		for (n = 0; n < 200; n++) {
			if (rf_rx_get(&f->queue[n % 2], &rf_arrival, 10))
				break;
		}
		RF_CHECK(n < 200, "a packet of flow %u did not come", i);
		flow[n % 2] = i;
		rf_rx_post(&f->queue[n % 2], 1);
	}
	RF_CHECK(flow[0] && flow[1], "all flows come on one queue");
}

/* A queue's buffers are used up, and some packets more wait for others. */
static void rf_use_up(struct rf_front *f, unsigned int id, u16 flow, unsigned int waiting)
{
	unsigned int left = rf_rx_posted(&f->queue[id]), i;

	for (i = 0; i < left + waiting; i++)
		rf_send_flow(f, flow);
	for (i = 0; i < left; i++)
		RF_CHECK(rf_rx_get(&f->queue[id], &rf_arrival, RF_TIMEOUT_MS),
			 "a packet did not come");
}

/* Long enough for the first queue to count as dead. */
static void rf_second_goes_on(struct rf_front *f, u16 flow)
{
	unsigned int i;

	for (i = 0; i < (rf_stall_ms() + 500) / 100; i++) {
		rf_send_flow(f, flow);
		RF_CHECK(rf_rx_get(&f->queue[1], &rf_arrival, RF_TIMEOUT_MS),
			 "queue 1 does not go on while queue 0 is dead");
		rf_rx_post(&f->queue[1], 1);
		rf_sleep_ms(100);
	}
	rf_expect_carrier(f, true);
}

/* One queue of two is dead: the other one goes on, and the carrier stays. */
static void rf_starved_one_queue(struct rf_front *f)
{
	u16 flow[2];

	rf_find_flows(f, flow);
	rf_use_up(f, 0, flow[0], 10);
	rf_second_goes_on(f, flow[1]);

	rf_rx_post(&f->queue[0], 10);
	rf_send_flow(f, flow[0]);
	RF_CHECK(rf_rx_get(&f->queue[0], &rf_arrival, RF_TIMEOUT_MS),
		 "queue 0 does not come back");
}

static u64 rf_stalls(struct rf_front *f)
{
	static struct rf_counters counters;
	u64 value;

	rf_netdev_counters(&f->netdev, &counters);
	RF_CHECK(rf_counter(&counters, "tx_stalled", &value), "no tx_stalled");
	return value;
}

/* Both of two: the carrier goes only then, and either one brings it back at once. */
static void rf_starved_all_queues(struct rf_front *f)
{
	u64 before = rf_stalls(f);
	unsigned int fed;
	u16 flow[2];
	long start;

	rf_find_flows(f, flow);
	for (fed = 0; fed < 2; fed++) {
		rf_use_up(f, 0, flow[0], 10);
		rf_second_goes_on(f, flow[1]);
		RF_CHECK(rf_stalls(f) == before + 1, "queue 0 does not count as dead");

		start = rf_now_ms();
		rf_use_up(f, 1, flow[1], 5);
		rf_netdev_await_carrier(&f->netdev, false);
		RF_CHECK(rf_now_ms() - start >= rf_stall_ms(),
			 "the carrier went after %ld ms", rf_now_ms() - start);
		RF_CHECK(rf_stalls(f) == before + 2, "queue 1 does not count as dead");

		start = rf_now_ms();
		rf_rx_post(&f->queue[fed], 10);
		rf_netdev_await_carrier(&f->netdev, true);
		rf_send_flow(f, flow[fed]);
		RF_CHECK(rf_rx_get(&f->queue[fed], &rf_arrival, RF_TIMEOUT_MS),
			 "queue %u does not come back", fed);
		start = rf_now_ms() - start;
		RF_CHECK(start < 1000, "the first packet came %ld ms after the buffers", start);
		rf_note("%s: the first packet came %ld ms after the buffers", f->netdev.name,
			start);

		/* The other one may stay as it is for as long as it likes. */
		rf_expect_carrier(f, true);
		rf_rx_post(&f->queue[!fed], 10);
		rf_send_flow(f, flow[!fed]);
		RF_CHECK(rf_rx_get(&f->queue[!fed], &rf_arrival, RF_TIMEOUT_MS),
			 "queue %u does not come back", !fed);
		before = rf_stalls(f);
	}
}

/* Without feature-rx-notify nobody tells the backend of new buffers. */
static void rf_starved_without_notify(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int i, n;
	long start;

	/* With buffers it is as always. */
	for (i = 0; i < 4; i++) {
		rf_send(f, 100, i);
		rf_expect(f, 100, i);
	}

	for (n = 0; n < 5; n++) {
		for (i = 0; i < 4; i++)
			rf_send(f, 100, i);
		rf_rx_expect_nothing(q, 100);
		rf_rx_post(q, 4);
		start = rf_now_ms();
		for (i = 0; i < 4; i++)
			rf_expect(f, 100, i);
		RF_CHECK(rf_now_ms() - start < 1000, "buffers were found after %ld ms",
			 rf_now_ms() - start);
	}
}

/* And it may just be slow: what waits is dropped, but the queue is not dead. */
static void rf_starved_without_notify_drain(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];

	rf_send(f, 100, 1);
	rf_rx_expect_nothing(q, rf_stall_ms() + 1000);
	rf_expect_carrier(f, true);
	rf_rx_post(q, 4);
	/* Found by the backend itself. */
	rf_sleep_ms(500);
	rf_send(f, 100, 2);
	rf_expect(f, 100, 2);
}

/* Down while packets wait, and up again. */
static void rf_starved_down(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		rf_send(f, 100, i);
	rf_netdev_set_up(&f->netdev, false);
	rf_sleep_ms(100);
	rf_netdev_set_up(&f->netdev, true);
	rf_netdev_await_carrier(&f->netdev, true);
	rf_rx_post(&f->queue[0], 30);
	/* What was in the stack's own queue is gone; what we held may have come. */
	while (rf_rx_get(&f->queue[0], &rf_arrival, 300))
		;
	for (i = 0; i < 5; i++) {
		rf_send(f, 200, 100 + i);
		rf_expect(f, 200, 100 + i);
	}
}

/* Closing while packets wait: they are counted, and nothing holds it up. */
static void rf_starved_close(struct rf_front *f)
{
	struct rf_config config = { .post = 8 };
	long start = rf_now_ms();
	unsigned int i;

	for (i = 0; i < 10; i++)
		rf_send(f, 100, i);
	rf_front_close(f);
	RF_CHECK(rf_now_ms() - start < 5000, "closing took %ld ms", rf_now_ms() - start);
	rf_front_connect(f, &config);
	for (i = 0; i < 5; i++) {
		rf_send(f, 200, 100 + i);
		/* The stack's own queue may have kept some over the reconnection. */
		do
			RF_CHECK(rf_rx_get(&f->queue[0], &rf_arrival, RF_TIMEOUT_MS),
				 "nothing comes after the reconnection");
		while (rf_arrival.len != 200);
		rf_rx_post(&f->queue[0], 8 - rf_rx_posted(&f->queue[0]));
	}
}

const struct rf_case rf_rx_starved_cases[] = {
	{ .name = "starved_4_small", .run = rf_starved_4_small, .config = { .post = 4 } },
	{ .name = "starved_4_at_once", .run = rf_starved_4_at_once, .config = { .post = 4 } },
	{ .name = "starved_4_large", .run = rf_starved_4_large, .config = { .post = 4 } },
	{
		.name = "starved_4_shared_event_channel", .run = rf_starved_4_large,
		.config = { .post = 4, .shared = true },
	}, {
		.name = "starved_4_too_large", .run = rf_starved_4_too_large,
		.config = { .post = 4 }, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_small_ring", 2 } },
	}, {
		.name = "starved_briefly", .run = rf_starved_briefly,
		.max_drain = RF_DRAIN_MAX,
	}, {
		.name = "starved_drain", .run = rf_starved_drain, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_expired", 40 } },
	}, {
		.name = "starved_fewer", .run = rf_starved_fewer, .config = { .post = 8 },
		.max_drain = RF_DRAIN_MAX, .moves = { { "tx_drop_expired", 2 } },
	}, {
		.name = "starved_stall", .run = rf_starved_stall, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_expired", 5 }, { "tx_stalled", 1 } },
	}, {
		.name = "starved_stall_shared_event_channel", .run = rf_starved_stall,
		.config = { .shared = true }, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_expired", 5 }, { "tx_stalled", 1 } },
	}, {
		.name = "starved_one_queue", .run = rf_starved_one_queue,
		.config = { .queues = 2, .post = 20 }, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_expired", 10 }, { "tx_stalled", 1 } },
	}, {
		.name = "starved_without_notify", .run = rf_starved_without_notify,
		.config = { .post = 4, .no_rx_notify = true },
	}, {
		.name = "starved_without_notify_drain", .run = rf_starved_without_notify_drain,
		.config = { .no_rx_notify = true }, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_expired", 1 }, { "tx_stalled", 0 } },
	}, {
		.name = "starved_down", .run = rf_starved_down,
		.moves = { { "tx_drop_purged", RF_AT_LEAST(0) }, { "tx_drop_expired", RF_AT_LEAST(0) } },
	}, {
		.name = "starved_close", .run = rf_starved_close,
		.moves = { { "tx_drop_purged", RF_AT_LEAST(1) }, { "tx_drop_down", RF_AT_LEAST(0) } },
	}, {
		.name = "starved_all_queues", .run = rf_starved_all_queues,
		.config = { .queues = 2, .post = 20 }, .max_drain = RF_DRAIN_MAX,
		.moves = { { "tx_drop_expired", 30 }, { "tx_stalled", 4 } },
	}, {
		.name = "starved_nonsense_notify", .run = rf_starved_without_notify,
		.config = {
			.post = 4, .no_rx_notify = true,
			.keys = { { "feature-rx-notify", "x" } },
		},
	},
	{ 0 }
};
