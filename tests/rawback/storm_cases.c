// SPDX-License-Identifier: GPL-2.0
/* Too much of everything: events without end, and bytes without sense. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* Of the guest's other interface, which is the control. */
#define RB_PEER		"10.77.0.2"
#define RB_PINGS	20

/* ---- events -------------------------------------------------------------- */

/**
 * struct rb_storm - a thread that sends events as fast as it can
 * @back: whose
 * @over: it is to end
 * @sent: how many it has sent
 * @thread: the thread
 */
struct rb_storm {
	struct rb_back *back;
	volatile bool over;
	unsigned long sent;
	pthread_t thread;
};

static void *rb_storm_blow(void *data)
{
	struct rb_storm *storm = data;
	struct rb_queue *q = &storm->back->queue[0];

	while (!storm->over) {
		rb_back_notify(storm->back, q->tx_port);
		rb_back_notify(storm->back, q->rx_port);
		storm->sent += 2;
	}

	return NULL;
}

/*
 * The longest that a reply on the guest's other interface has taken. The sender goes
 * on every 200 ms, so that is the longest gap too.
 */
static double rb_neighbour(struct rb_back *b)
{
	char out[RB_OUTPUT_MAX], *text;
	double longest;

	/* A guest without a network for this can be tested as well. */
	if (rb_guest_run(b, out, "ping -q -c %u -i 0.2 -W 10 " RB_PEER, RB_PINGS))
		rf_fail("the guest's other interface does not work: %s", out);
	RF_CHECK(strstr(out, " 0% packet loss"), "the guest's other interface has lost packets: %s",
		 out);
	text = strstr(out, "min/avg/max = ");
	RF_CHECK(text && sscanf(text, "min/avg/max = %*[^/]/%*[^/]/%lf", &longest) == 1,
		 "cannot read: %s", out);

	return longest;
}

/**
 * struct rb_measure - the neighbour, measured
 * @back: of the guest
 * @longest: what came of it
 */
struct rb_measure {
	struct rb_back *back;
	double longest;
};

static void rb_measure(void *subject)
{
	struct rb_measure *measure = subject;

	measure->longest = rb_neighbour(measure->back);
}

static void rb_event_storm(struct rb_back *b)
{
	struct rb_measure calm = { b, 0 }, loud = { b, 0 };
	struct rb_storm storm = { .back = b };
	char why[512];
	int failed;

	rb_measure(&calm);
	RF_CHECK(!pthread_create(&storm.thread, NULL, rb_storm_blow, &storm), "no thread");
	failed = rf_attempt(rb_measure, &loud, why, sizeof(why));
	storm.over = true;
	pthread_join(storm.thread, NULL);
	RF_CHECK(!failed, "%s", why);

	rf_note("%lu events; the neighbour's longest reply took %.0f ms, %.0f ms in calm",
		storm.sent, loud.longest, calm.longest);
	RF_CHECK(loud.longest < 1000 || loud.longest < 3 * calm.longest,
		 "the guest's other interface was held up for %.0f ms", loud.longest);
	rb_back_expect_working(b);
}

/* ---- bytes --------------------------------------------------------------- */

/* A number that could be taken for a good one, or not at all. */
static u32 rb_odd(void)
{
	static const u32 odd[] = { 0, 1, 2, 255, 256, 257, 4095, 4096, 0x7fff, 0x8000, 0xffff };

	switch (rf_random_below(4)) {
	case 0:
		return odd[rf_random_below(sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return rf_random_below(32);
	case 2:
		return rf_random_below(5000);
	default:
		return rf_random();
	}
}

/**
 * struct rb_grants - the grants of a queue's buffers, by their places on the ring
 * @ref: the grants
 *
 * They stay the same for a connection, and we write over the requests.
 */
struct rb_grants {
	u32 ref[RB_RING_SIZE];
};

static void rb_grants_note(struct rb_queue *q, struct rb_grants *grants)
{
	struct netif_rx_request request;
	unsigned int i;

	rb_rx_await(q, RB_RING_SIZE);
	for (i = 0; i < RB_RING_SIZE; i++) {
		RING_COPY_REQUEST(&q->rx, q->rx.req_cons + i, &request);
		grants->ref[(q->rx.req_cons + i) % RB_RING_SIZE] = request.gref;
	}
}

/* A response to a packet that is there, and now and then to one that is not. */
static void rb_fuzz_tx(struct rb_queue *q)
{
	struct netif_tx_request request = { .id = rb_odd() };

	if (rb_tx_waiting(q)) {
		RING_COPY_REQUEST(&q->tx, q->tx.req_cons, &request);
		q->tx.req_cons++;
	} else if (rf_random_below(300)) {
		return;
	}
	rb_tx_put(q, rf_random_below(200) ? request.id : rb_odd(),
		  rf_random_below(10) ? XEN_NETIF_RSP_OKAY : (s16)rb_odd());
}

/* A buffer with random bytes, of which random things are said. */
static void rb_fuzz_rx(struct rb_queue *q, const struct rb_grants *grants)
{
	unsigned int place = q->rx.req_cons % RB_RING_SIZE;
	struct netif_extra_info extra;
	u8 data[600];
	struct rb_slot slot = {
		.data = data, .len = rf_random_below(sizeof(data)), .offset = rf_random_below(3000),
		.lies = !rf_random_below(3), .status = rb_odd(),
		.flags = rf_random_below(3) ? rf_random_below(4) : rb_odd(),
		.id = rf_random_below(5) ? 0 : rb_odd(),
	};

	if (!rb_rx_posted(q))
		return;
	if (rf_random_below(4)) {
		if (slot.len < RB_ECHO_HEADERS || rf_random_below(2))
			rf_make_frame(data, slot.len, rf_random());
		else
			rb_echo_make(data, slot.len);
		RING_GET_REQUEST(&q->rx, q->rx.req_cons)->gref = grants->ref[place];
		rb_rx_put(q, &slot);
		return;
	}
	rf_fill((u8 *)&extra, sizeof(extra), rf_random());
	if (rf_random_below(2))
		extra.type = rf_random_below(6);
	if (rf_random_below(2))
		extra.flags = 0;
	rb_rx_put_extra(q, &extra);
}

/* The indices, and the latest responses while the guest may be reading them. */
static void rb_fuzz_ring(struct rb_queue *q)
{
	bool tx = rf_random_below(2);
	u32 *index = tx ? q->tx_page : q->rx_page;
	u32 odd = rb_odd(), was;
	u8 *slot;

	switch (rf_random_below(8)) {
	case 0:
		/* What the guest asks for, and is told: req_event, rsp_event. */
		index[rf_random_below(2) ? 1 : 3] = odd;
		break;
	case 1:
		/* The guest's own producer index, for a moment. */
		was = index[0];
		index[0] = odd;
		xen_mb();
		index[0] = was;
		break;
	case 2:
		if (!rf_random_below(100))
			index[2] = odd;
		break;
	default:
		slot = tx ? (void *)RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt - 1 - odd % 8) :
			    (void *)RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt - 1 - odd % 8);
		slot[rf_random_below(tx ? 4 : 8)] ^= 1 << rf_random_below(8);
		break;
	}
}

static void rb_fuzz_queue(struct rb_queue *q, const struct rb_grants *grants)
{
	unsigned int n;

	for (n = 1 + rf_random_below(20); n; n--)
		rb_fuzz_rx(q, grants);
	for (n = rf_random_below(20); n; n--)
		rb_fuzz_tx(q);
	rb_rx_push(q);
	rb_tx_push(q);
	for (n = rf_random_below(4); n; n--)
		rb_fuzz_ring(q);
	if (!rf_random_below(4)) {
		rb_back_notify(q->back, q->tx_port);
		rb_back_notify(q->back, q->rx_port);
	}
}

static void rb_fuzz_connection(struct rb_back *b)
{
	static struct rb_grants grants[RB_QUEUES_MAX];
	unsigned int i, n;

	for (n = 0; n < b->nr_queues; n++)
		rb_grants_note(&b->queue[n], &grants[n]);
	for (i = 0; i < 100; i++) {
		for (n = 0; n < b->nr_queues; n++)
			rb_fuzz_queue(&b->queue[n], &grants[n]);
		if (rf_random_below(5) == 0)
			rf_sleep_ms(rf_random_below(10));
		/* It has had enough. */
		if (i % 10 == 9 && rb_back_frontend_state(b) != XenbusStateConnected)
			return;
	}
	if (!rf_random_below(2))
		rb_back_write(b, b->backend, "state", "%u", rf_random_below(10));
}

/* Whatever comes of it, the guest lives, and the next connection is a good one. */
static void rb_fuzz(struct rb_back *b)
{
	long end = rf_now_ms() + rb_options.seconds * 1000;
	struct rb_config config = { 0 };
	unsigned int rounds = 0, stopped = 0;

	rb_guest_must(b, "ping -q -i 0.02 10.99.0.1 >/dev/null 2>&1 &");
	do {
		rb_fuzz_connection(b);
		rounds++;
		stopped += rb_back_frontend_state(b) == XenbusStateClosing;
		rb_back_close(b);
		config.queues = 1 + rf_random_below(2);
		config.shared = rf_random_below(2);
		config.untrusted = rf_random_below(2);
		rb_back_connect(b, &config);
		rb_back_expect_working(b);
	} while (rf_now_ms() < end);
	rb_guest_must(b, "killall ping; :");
	rf_note("%u connections, %u of them stopped by the frontend", rounds, stopped);
}

const struct rb_case rb_storm_cases[] = {
	{ .name = "event_storm", .run = rb_event_storm },
	{ .name = "fuzz", .run = rb_fuzz, .uncounted = true },
	{ }
};
