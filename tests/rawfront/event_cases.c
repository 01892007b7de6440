// SPDX-License-Identifier: GPL-2.0
/* Event channels: that they are used, that they are not needed, that a storm does no harm. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "frame.h"

/* Events without work, for this long, this often. */
#define RF_STORM_MS		2000
#define RF_STORM_EVENTS		20000

/*
 * The core keeps a port masked for a jiffy after spurious events, and begins anew
 * then: two interrupts in two jiffies, which are at least a millisecond each.
 */
#define RF_STORM_INTERRUPTS	RF_STORM_MS

static u8 rf_data[200];
static struct rf_arrival rf_arrival;

/* One packet each way, both announced by their events. */
static void rf_both_ways(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data, .len = sizeof(rf_data) };

	rf_make_frame(rf_data, sizeof(rf_data), rf_random());
	rf_tx_send(q, &packet);
	rf_netdev_send(&f->netdev, rf_data, sizeof(rf_data), NULL);
	rf_rx_expect(q, rf_data, sizeof(rf_data), &rf_arrival);
	rf_rx_post(q, 1);
}

static void rf_events_come(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int i;

	/* They are on their way also when the answers were quicker than we. */
	for (i = 0; i < 100; i++) {
		rf_both_ways(f);
		rf_front_events(f, 20);
	}
	RF_CHECK(q->tx_events || q->rx_events, "no event came for 200 packets");
	RF_CHECK(f->late <= 3, "%lu answers of 200 came without their event", f->late);
}

/* The names by which an administrator finds a vif's interrupts. */
static void rf_events_names(struct rf_front *f)
{
	bool shared = f->config.shared;

	rf_both_ways(f);
	RF_CHECK(!rf_netdev_interrupts(&f->netdev, "-q0") != shared, "%s-q0 is %s",
		 f->netdev.name, shared ? "missing" : "there");
	RF_CHECK(!rf_netdev_interrupts(&f->netdev, "-q0-tx") == shared, "%s-q0-tx is %s",
		 f->netdev.name, shared ? "there" : "missing");
}

/* Responses come while nobody wants to hear of them. */
static void rf_events_held_off(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data, .len = sizeof(rf_data) };
	unsigned long before;
	unsigned int i;

	/* Whatever is under way has come. */
	rf_sleep_ms(100);
	rf_front_events(f, 0);
	before = q->tx_events;
	q->tx.sring->rsp_event = q->tx.rsp_cons + 1000;
	for (i = 0; i < 30; i++) {
		rf_make_frame(rf_data, sizeof(rf_data), rf_random());
		rf_tx_queue(q, &packet);
		rf_tx_push(q);
		rf_netdev_expect(&f->netdev, rf_data, sizeof(rf_data));
		f->sent++;
	}
	rf_sleep_ms(100);
	rf_front_events(f, 0);
	RF_CHECK(q->tx_events == before, "%lu events came that nobody had asked for",
		 q->tx_events - before);
	rf_tx_settle(q);
}

/* Requests of which the backend is told some time later. */
static void rf_events_late(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data, .len = sizeof(rf_data) };
	unsigned int i;

	for (i = 0; i < 5; i++) {
		rf_make_frame(rf_data, sizeof(rf_data), rf_random());
		rf_tx_queue(q, &packet);
		RING_PUSH_REQUESTS(&q->tx);
		rf_sleep_ms(50);
		rf_front_notify(f, q->tx_port);
		rf_netdev_expect(&f->netdev, rf_data, sizeof(rf_data));
		rf_tx_settle(q);
		f->sent++;
	}
}

static void rf_storm(struct rf_front *f, evtchn_port_t port, const char *suffix)
{
	long before = rf_netdev_bus_attribute(&f->netdev, "spurious_events");
	unsigned long interrupts = rf_netdev_interrupts(&f->netdev, suffix);
	unsigned int sent = 0, i;
	long start = rf_now_ms();

	while (rf_now_ms() - start < RF_STORM_MS) {
		for (i = 0; i < RF_STORM_EVENTS / (RF_STORM_MS / 10); i++, sent++)
			rf_front_notify(f, port);
		rf_sleep_ms(5);
	}
	interrupts = rf_netdev_interrupts(&f->netdev, suffix) - interrupts;
	rf_note("%u events, %lu interrupts on %s%s, %ld spurious", sent, interrupts,
		f->netdev.name, suffix,
		rf_netdev_bus_attribute(&f->netdev, "spurious_events") - before);
	RF_CHECK(interrupts <= RF_STORM_INTERRUPTS,
		 "%u events without work made %lu interrupts", sent, interrupts);
	RF_CHECK(before < 0 ||
		 rf_netdev_bus_attribute(&f->netdev, "spurious_events") > before,
		 "no event counted as spurious");

	/* It is held back for a second at most, and serves. */
	for (i = 0; i < 20; i++)
		rf_both_ways(f);
}

static void rf_storm_tx(struct rf_front *f)
{
	rf_storm(f, f->queue[0].tx_port, "-q0-tx");
}

static void rf_storm_rx(struct rf_front *f)
{
	rf_storm(f, f->queue[0].rx_port, "-q0-rx");
}

static void rf_storm_shared(struct rf_front *f)
{
	rf_storm(f, f->queue[0].tx_port, "-q0");
}

/* A storm while the interface is down, and one on a vif that has stopped. */
static void rf_storm_down(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int i;

	rf_netdev_set_up(&f->netdev, false);
	for (i = 0; i < 2000; i++) {
		rf_front_notify(f, q->tx_port);
		rf_front_notify(f, q->rx_port);
	}
	rf_netdev_set_up(&f->netdev, true);
	rf_netdev_await_carrier(&f->netdev, true);
	for (i = 0; i < 20; i++)
		rf_both_ways(f);

	q->tx.sring->req_prod += 1000;
	for (i = 0; i < 2000; i++)
		rf_front_notify(f, q->tx_port);
	rf_front_expect_error(f, "TX producer index makes no sense");
	for (i = 0; i < 2000; i++)
		rf_front_notify(f, q->tx_port);
	rf_front_reconnect(f);
	for (i = 0; i < 20; i++)
		rf_both_ways(f);
}

static void rf_offer_split(bool offer)
{
	int fd = open("/sys/module/xen_netback/parameters/separate_tx_rx_irq",
		      O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, offer ? "Y" : "N", 1) == 1;

	if (fd >= 0)
		close(fd);
	RF_CHECK(ok, "cannot set separate_tx_rx_irq: %s", strerror(errno));
}

/* What is offered, what is used then, and that both ways work. */
static void rf_connect_again(struct rf_front *f, bool split)
{
	struct rf_config config = { .post = 32, .shared = !split };
	char *offered;
	unsigned int i;

	rf_front_close(f);
	offered = rf_front_read(f, f->backend, "feature-split-event-channels");
	RF_CHECK(offered && !strcmp(offered, split ? "1" : "0"),
		 "feature-split-event-channels is %s, expected %d", offered ? offered : "missing",
		 split);
	free(offered);
	rf_front_connect(f, &config);
	rf_events_names(f);
	for (i = 0; i < 20; i++)
		rf_both_ways(f);
}

static void rf_connect_not_split(struct rf_front *f)
{
	rf_connect_again(f, false);
}

/* One event channel per queue is all that is offered while the parameter says so. */
static void rf_events_not_split(struct rf_front *f)
{
	char why[256];
	int how;

	rf_both_ways(f);
	rf_offer_split(false);
	how = rf_try(rf_connect_not_split, f, why, sizeof(why));
	rf_offer_split(true);
	RF_CHECK(!how, "%s", why);
	rf_connect_again(f, true);
}

const struct rf_case rf_event_cases[] = {
	{ .name = "events_come", .run = rf_events_come, .config = { .post = 32 } },
	{
		.name = "events_come_shared", .run = rf_events_come,
		.config = { .post = 32, .shared = true },
	},
	{ .name = "events_names", .run = rf_events_names, .config = { .post = 32 } },
	{
		.name = "events_names_shared", .run = rf_events_names,
		.config = { .post = 32, .shared = true },
	},
	{ .name = "events_held_off", .run = rf_events_held_off },
	{
		.name = "events_held_off_shared", .run = rf_events_held_off,
		.config = { .shared = true },
	},
	{ .name = "events_late", .run = rf_events_late },
	{ .name = "storm_tx", .run = rf_storm_tx, .config = { .post = 32 } },
	{ .name = "storm_rx", .run = rf_storm_rx, .config = { .post = 32 } },
	{
		.name = "storm_shared", .run = rf_storm_shared,
		.config = { .post = 32, .shared = true },
	}, {
		.name = "storm_down", .run = rf_storm_down, .config = { .post = 32 },
		.moves = { { "rx_err_fatal", 1 } },
	}, {
		.name = "events_not_split", .run = rf_events_not_split, .config = { .post = 32 },
	},
	{ 0 }
};
