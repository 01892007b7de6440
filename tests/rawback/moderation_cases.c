// SPDX-License-Identifier: GPL-2.0
/* How many events the guest wants when it moderates them, and what no event tells it of. */

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

#define RB_USECS	10000
#define RB_FRAMES	4

/* Answers, one at a time: packets to the guest, or slots of one from it, of this size. */
#define RB_ANSWERS	15
#define RB_PACKET	60000

/* A timer of RB_USECS has seen it by then, and the guest's watchdog has not. */
#define RB_TIMER_MS	1000

/**
 * struct rb_tally - what comes of answers that are given one at a time
 * @answers: so many
 * @events: so many of them with an event
 * @began: when, in ms
 * @took: until the last of them, in ms
 * @timed: the first that was without one was taken in nevertheless
 */
struct rb_tally {
	unsigned int answers;
	unsigned int events;
	long began;
	long took;
	bool timed;
};

static void rb_moderate(struct rb_back *b, const char *way, unsigned int usecs, unsigned int frames)
{
	rb_guest_must(b, "ethtool -C %s %s-usecs %u %s-frames %u", b->netdev, way, usecs, way,
		      frames);
}

/* After each answer, the guest asks for an event with one that is yet to come. */
static void rb_answered(struct rb_tally *tally, struct rb_queue *q, bool event,
			const volatile RING_IDX *rsp_event, RING_IDX prod)
{
	long now = rf_now_ms();

	tally->answers++;
	tally->events += event;
	if (!event && !tally->timed) {
		rb_queue_settle(q);
		RF_CHECK(rf_now_ms() - now < RB_TIMER_MS,
			 "an answer without an event was seen after %ld ms", rf_now_ms() - now);
		tally->timed = true;
	}
	while ((int)(*rsp_event - prod) <= 0) {
		RF_CHECK(rf_now_ms() - now < RB_TIMEOUT_MS, "the guest asks for no more events");
		rf_sleep_ms(1);
	}
	tally->took = rf_now_ms() - tally->began;
}

static struct rb_tally rb_answer_packet(struct rb_back *b)
{
	static struct rb_packet reply;
	struct rb_queue *q = rb_first(b);
	struct rb_tally tally = {};
	unsigned int i;

	rb_echo_request(q, RB_PACKET);
	rb_echo_reply(q, &reply);
	rb_queue_settle(q);
	tally.began = rf_now_ms();
	for (i = 0; i < reply.nr_slots; i++) {
		rb_tx_put(q, reply.slot[i].id, XEN_NETIF_RSP_OKAY);
		rb_answered(&tally, q, rb_tx_push(q), &q->tx.sring->rsp_event, q->tx.rsp_prod_pvt);
	}
	b->taken++;

	return tally;
}

static struct rb_tally rb_give_packets(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);
	struct rb_tally tally = {};
	u8 data[RB_ECHO_HEADERS];
	unsigned int i;

	rb_queue_settle(q);
	tally.began = rf_now_ms();
	for (i = 0; i < RB_ANSWERS; i++) {
		rb_rx_packet(q, data, rb_echo_make(data, sizeof(data)), 0, NULL);
		b->given++;
		rb_answered(&tally, q, rb_rx_push(q), &q->rx.sring->rsp_event, q->rx.rsp_prod_pvt);
	}
	/* The replies come before this one's. */
	rb_echo(q, RB_ECHO_HEADERS);

	return tally;
}

static void rb_few_events(const struct rb_tally *tally)
{
	long timers = tally->took * 1000 / RB_USECS;

	rf_note("%u events of %u answers, within %ld timers", tally->events, tally->answers,
		timers);
	RF_CHECK(tally->answers >= RB_ANSWERS, "only %u answers", tally->answers);
	/* Whatever a timer has looked for in vain comes with an event. */
	RF_CHECK(tally->events <= tally->answers / 2 + timers,
		 "%u events of %u answers, after %ld timers", tally->events, tally->answers,
		 timers);
	RF_CHECK(tally->timed, "each of %u answers had an event", tally->answers);
}

static void rb_each_event(const struct rb_tally *tally)
{
	RF_CHECK(tally->events == tally->answers, "%u events of %u answers, without moderation",
		 tally->events, tally->answers);
}

static void rb_tx_moderated(struct rb_back *b)
{
	struct rb_tally tally;

	rb_moderate(b, "tx", 0, 1);
	tally = rb_answer_packet(b);
	rb_each_event(&tally);
	rb_moderate(b, "tx", RB_USECS, RB_FRAMES);
	tally = rb_answer_packet(b);
	rb_few_events(&tally);
	rb_moderate(b, "tx", 250, 64);
}

static void rb_rx_moderated(struct rb_back *b)
{
	struct rb_tally tally = rb_give_packets(b);

	rb_each_event(&tally);
	rb_moderate(b, "rx", RB_USECS, RB_FRAMES);
	tally = rb_give_packets(b);
	rb_few_events(&tally);
	rb_moderate(b, "rx", 0, 1);
}

const struct rb_case rb_moderation_cases[] = {
	{ .name = "tx_moderated", .run = rb_tx_moderated },
	{ .name = "rx_moderated", .run = rb_rx_moderated },
	{ }
};
