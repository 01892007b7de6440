// SPDX-License-Identifier: GPL-2.0
/* Answers to the guest's packets: late, wrong, absurd, or none at all. */

#include <string.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

#define RB_BAD_PROD	"answered transmissions that were never made"
#define RB_BAD_ID	"answered a transmission that is not in flight"
#define RB_BAD_EXTRA	"answered extra info that is not in flight"

/* Packets in flight at once; the guest is told to have no limit of its own. */
#define RB_FLIGHT	8

/* By then the guest's watchdog has found what lies on a ring. */
#define RB_WATCHDOG_MS	5000

/* By then it has said that we do not answer. */
#define RB_UNRESPONSIVE_MS	34000

static struct rb_packet rb_reply[RB_FLIGHT];

/* A packet of the guest's, which is not answered. */
static void rb_in_flight(struct rb_back *b, struct rb_packet *packet, unsigned int len)
{
	rb_echo_request(rb_first(b), len);
	rb_echo_reply(rb_first(b), packet);
}

/* More than one at a time: until one is answered the stack may hold back others. */
static void rb_no_limit(struct rb_back *b)
{
	rb_guest_must(b, "for limit in /sys/class/net/%s/queues/tx-*/byte_queue_limits/limit_min; "
		      "do echo 1000000 >$limit; done", b->netdev);
	rb_echo(rb_first(b), 100);
}

/* The frontend has stopped, says why, and serves again. */
static void rb_stopped(struct rb_back *b, const char *reason)
{
	rb_back_expect_stopped(b, reason);
	rb_back_reconnect(b);
	rb_back_expect_working(b);
}

/* An index that makes no sense, by itself. */
static void rb_say_producer(struct rb_queue *q, RING_IDX prod)
{
	rb_queue_settle(q);
	q->tx.rsp_prod_pvt = prod;
	xen_wmb();
	q->tx.sring->rsp_prod = prod;
	rb_back_notify(q->back, q->tx_port);
}

static void rb_rsp_producer_ahead(struct rb_back *b)
{
	static const RING_IDX ahead[] = { 1, RB_RING_SIZE, 0x7fffffff };
	unsigned int i;

	for (i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
		rb_echo(rb_first(b), 100);
		rb_say_producer(rb_first(b), rb_first(b)->tx.sring->req_prod + ahead[i]);
		rb_stopped(b, RB_BAD_PROD);
	}
}

static void rb_rsp_producer_back(struct rb_back *b)
{
	static const RING_IDX back[] = { 1, RB_RING_SIZE, 0x80000000 };
	unsigned int i;

	for (i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
		rb_echo(rb_first(b), 100);
		rb_say_producer(rb_first(b), rb_first(b)->tx.rsp_prod_pvt - back[i]);
		rb_stopped(b, RB_BAD_PROD);
	}
}

static void rb_tx_id_beyond(struct rb_back *b)
{
	static const u16 ids[] = { RB_RING_SIZE, 0xffff };
	unsigned int i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		rb_in_flight(b, &rb_reply[0], 100);
		rb_tx_put(rb_first(b), ids[i], XEN_NETIF_RSP_OKAY);
		rb_tx_push(rb_first(b));
		rb_stopped(b, RB_BAD_ID);
	}
}

static void rb_tx_id_twice(struct rb_back *b)
{
	rb_no_limit(b);
	rb_in_flight(b, &rb_reply[0], 100);
	rb_in_flight(b, &rb_reply[1], 100);
	rb_tx_answer(&rb_reply[0], XEN_NETIF_RSP_OKAY);
	rb_tx_put(rb_first(b), rb_reply[0].slot[0].id, XEN_NETIF_RSP_OKAY);
	rb_tx_push(rb_first(b));
	rb_stopped(b, RB_BAD_ID);
}

static void rb_tx_id_not_in_flight(struct rb_back *b)
{
	rb_in_flight(b, &rb_reply[0], 100);
	rb_tx_put(rb_first(b), rb_reply[0].slot[0].id ^ 1, XEN_NETIF_RSP_OKAY);
	rb_tx_push(rb_first(b));
	rb_stopped(b, RB_BAD_ID);
}

/* Extra info that was never sent is answered, in the place of a slot. */
static void rb_tx_null_unasked(struct rb_back *b)
{
	rb_in_flight(b, &rb_reply[0], 100);
	rb_tx_put(rb_first(b), rb_reply[0].slot[0].id, XEN_NETIF_RSP_NULL);
	rb_tx_push(rb_first(b));
	rb_stopped(b, RB_BAD_EXTRA);
}

/* And as many as there are requests, each by itself with an event. */
static void rb_tx_null_endless(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);
	unsigned int i;

	rb_in_flight(b, &rb_reply[0], 60000);
	for (i = 0; i < 10000; i++) {
		rb_tx_put(q, 0, XEN_NETIF_RSP_NULL);
		xen_wmb();
		q->tx.sring->rsp_prod = q->tx.rsp_prod_pvt;
		if (i % 100 == 0)
			rb_back_notify(b, q->tx_port);
	}
	rb_stopped(b, "answered");
}

/* A packet counts as failed when any of its slots has. */
static void rb_tx_refused(struct rb_back *b)
{
	static const s16 statuses[] = {
		XEN_NETIF_RSP_ERROR, XEN_NETIF_RSP_DROPPED, 2, 0x7fff, -0x8000,
	};
	unsigned int i, n;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		rb_in_flight(b, &rb_reply[0], 9000);
		RF_CHECK(rb_reply[0].nr_slots > 1, "9000 bytes came in one slot");
		for (n = 0; n < rb_reply[0].nr_slots; n++)
			rb_tx_put(rb_first(b), rb_reply[0].slot[n].id,
				  n == i % rb_reply[0].nr_slots ? statuses[i] : XEN_NETIF_RSP_OKAY);
		rb_tx_push(rb_first(b));
		rb_echo(rb_first(b), 9000);
	}
}

/* Any order is good, also across packets, and so are answers in pieces. */
static void rb_tx_any_order(struct rb_back *b)
{
	u16 ids[RB_FLIGHT * RB_SLOTS_MAX], swap;
	unsigned int i, n, count, round;

	rb_no_limit(b);
	for (round = 0; round < 5; round++) {
		count = 0;
		for (i = 0; i < RB_FLIGHT; i++) {
			rb_in_flight(b, &rb_reply[i], 60 + rf_random_below(20000));
			for (n = 0; n < rb_reply[i].nr_slots; n++)
				ids[count++] = rb_reply[i].slot[n].id;
		}
		for (i = count; i > 1; i--) {
			n = rf_random_below(i);
			swap = ids[n];
			ids[n] = ids[i - 1];
			ids[i - 1] = swap;
		}
		for (i = 0; i < count; i++) {
			rb_tx_put(rb_first(b), ids[i], XEN_NETIF_RSP_OKAY);
			if (!rf_random_below(4))
				rb_tx_push(rb_first(b));
		}
		rb_tx_push(rb_first(b));
		b->taken += RB_FLIGHT;
	}
}

/*
 * The guest waits for as long as it takes. All that its packets are lost with is the
 * connection; the next one is as good as any.
 */
static void rb_tx_never_answered(struct rb_back *b)
{
	unsigned int i;

	rb_no_limit(b);
	for (i = 0; i < RB_FLIGHT; i++)
		rb_in_flight(b, &rb_reply[i], 1000);
	rf_sleep_ms(rb_options.seconds * 1000);
	RF_CHECK(rb_guest_number(b, "cat /sys/class/net/%s/carrier", b->netdev) == 1,
		 "the carrier has gone");
	rb_back_reconnect(b);
	rb_back_expect_working(b);
}

/* For so long that the guest's watchdog sends its event again, and then says so. */
static void rb_tx_unresponsive(struct rb_back *b)
{
	rb_in_flight(b, &rb_reply[0], 1000);
	rf_sleep_ms(RB_UNRESPONSIVE_MS);
	rb_tx_answer(&rb_reply[0], XEN_NETIF_RSP_OKAY);
	rb_tx_push(rb_first(b));
	rb_back_expect_working(b);
	rf_sleep_ms(RB_WATCHDOG_MS);
}

static void rb_reconnect_secs(struct rb_back *b, unsigned int secs)
{
	rb_guest_must(b, "echo %u >/sys/module/xen_netfront/parameters/watchdog_reconnect_secs", secs);
}

/* And, if that is wanted, for so long that it makes a new connection. */
static void rb_tx_given_up(struct rb_back *b)
{
	rb_reconnect_secs(b, 30);
	rb_in_flight(b, &rb_reply[0], 1000);
	RF_CHECK(rb_back_wait_state(b, XenbusStateClosed, RB_UNRESPONSIVE_MS + RB_WATCHDOG_MS),
		 "the guest did not give the connection up");
	/* It comes back by itself: we have but to follow, soon. Its carrier stays that long. */
	rb_back_forget(b);
	b->stayed = true;
	rb_back_set_state(b, XenbusStateClosed);
	rb_back_await_state(b, XenbusStateInitialising);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
	rb_reconnect_secs(b, 0);
}

static void rb_tx_answered_late(struct rb_back *b)
{
	unsigned int i;

	rb_no_limit(b);
	for (i = 0; i < RB_FLIGHT; i++)
		rb_in_flight(b, &rb_reply[i], 1000);
	rf_sleep_ms(rb_options.seconds * 1000);
	for (i = 0; i < RB_FLIGHT; i++)
		rb_tx_answer(&rb_reply[i], XEN_NETIF_RSP_OKAY);
	rb_tx_push(rb_first(b));
}

/* What nobody has told the guest of is found with the next event, whatever for. */
static void rb_tx_never_notified(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);

	rb_in_flight(b, &rb_reply[0], 100);
	q->quiet = true;
	rb_tx_answer(&rb_reply[0], XEN_NETIF_RSP_OKAY);
	rb_tx_push(q);
	rf_sleep_ms(500);
	q->quiet = false;
	rb_echo(q, 100);
}

static void rb_rx_never_notified(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);

	q->quiet = true;
	rb_echo_request(q, 100);
	rf_sleep_ms(500);
	q->quiet = false;
	rb_back_notify(b, q->rx_port);
	rb_echo_reply(q, &rb_reply[0]);
	rb_tx_answer(&rb_reply[0], XEN_NETIF_RSP_OKAY);
	rb_tx_push(q);
}

/* No event at all: the guest's watchdog finds what is there. */
static void rb_never_notified(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);

	q->quiet = true;
	rb_echo_request(q, 100);
	rb_echo_reply(q, &rb_reply[0]);
	rb_tx_answer(&rb_reply[0], XEN_NETIF_RSP_OKAY);
	rb_tx_push(q);
	rf_sleep_ms(RB_WATCHDOG_MS);
	q->quiet = false;
}

/*
 * What the stack sends between the mistake and its hearing of the carrier. From then on
 * it counts as dropped by the interface what it has not even given it.
 */
static void rb_tx_while_stopped(struct rb_back *b)
{
	rb_no_limit(b);
	rb_guest_must(b, "ping -q -i 0.01 10.99.0.1 >/dev/null 2>&1 &");
	rb_back_reconnect(b);
	rb_echo(rb_first(b), 100);
	RF_CHECK(rb_tx_get_any(b, &rb_reply[0], RB_TIMEOUT_MS), "the guest sends nothing");
	rb_say_producer(rb_first(b), rb_first(b)->tx.sring->req_prod + RB_RING_SIZE);
	rb_back_expect_stopped(b, RB_BAD_PROD);
	rb_guest_must(b, "sleep 1; killall ping; :");
	rb_back_reconnect(b);
	rb_back_expect_working(b);
}

const struct rb_case rb_tx_cases[] = {
	{ .name = "rsp_producer_ahead", .run = rb_rsp_producer_ahead,
	  .moves = { { "broken_tx_prod", 3 } } },
	{ .name = "rsp_producer_back", .run = rb_rsp_producer_back,
	  .moves = { { "broken_tx_prod", 3 } } },
	{ .name = "tx_id_beyond", .run = rb_tx_id_beyond,
	  .moves = { { "broken_tx_id", 2 }, { "tx_drop_purged", 2 } } },
	{ .name = "tx_id_twice", .run = rb_tx_id_twice,
	  .moves = { { "broken_tx_id", 1 }, { "tx_drop_purged", 1 } } },
	{ .name = "tx_id_not_in_flight", .run = rb_tx_id_not_in_flight,
	  .moves = { { "broken_tx_id", 1 }, { "tx_drop_purged", 1 } } },
	{ .name = "tx_null_unasked", .run = rb_tx_null_unasked,
	  .moves = { { "broken_tx_extra", 1 }, { "tx_drop_purged", 1 } } },
	{ .name = "tx_null_endless", .run = rb_tx_null_endless,
	  .moves = { { "broken_tx_extra", RF_AT_LEAST(0) }, { "broken_tx_prod", RF_AT_LEAST(0) },
		     { "tx_drop_purged", 1 } } },
	{ .name = "tx_refused", .run = rb_tx_refused, .moves = { { "tx_err_backend", 5 } } },
	{ .name = "tx_any_order", .run = rb_tx_any_order },
	{ .name = "tx_never_answered", .run = rb_tx_never_answered,
	  .moves = { { "tx_drop_purged", RB_FLIGHT } } },
	{ .name = "tx_unresponsive", .run = rb_tx_unresponsive,
	  .moves = { { "wd_unresponsive", 1 }, { "wd_kick_resent", RF_AT_LEAST(1) },
		     { "wd_recovered", RF_AT_LEAST(1) } } },
	{ .name = "tx_given_up", .run = rb_tx_given_up,
	  .moves = { { "wd_reconnect", 1 }, { "tx_drop_purged", 1 } } },
	{ .name = "tx_answered_late", .run = rb_tx_answered_late },
	{ .name = "tx_never_notified", .run = rb_tx_never_notified },
	{ .name = "rx_never_notified", .run = rb_rx_never_notified },
	{ .name = "never_notified", .run = rb_never_notified,
	  .moves = { { "wd_lost_event", RF_AT_LEAST(2) }, { "wd_recovered", RF_AT_LEAST(1) } } },
	{ .name = "tx_while_stopped", .run = rb_tx_while_stopped,
	  .moves = { { "broken_tx_prod", 1 }, { "tx_drop_down", RF_AT_LEAST(1) },
		     { "tx_drop_purged", RF_AT_LEAST(1) } },
	  .uncounted = true },
	{ }
};
