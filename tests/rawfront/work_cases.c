// SPDX-License-Identifier: GPL-2.0
/* What the backend says of its work: counters, per CPU, in tracepoints. */

#include <stdio.h>
#include <string.h>

#include "case.h"
#include "debugfs.h"
#include "frame.h"
#include "split.h"
#include "trace.h"

/* Small packets are copied whole, of large ones that much. */
#define RF_HEADER	128

#define RF_SMALL	100
#define RF_LARGE	9000
#define RF_PIECES	3

static u8 rf_data[RF_PACKET_MAX];
static struct rf_arrival rf_arrival;

static void rf_await_index(volatile RING_IDX *index, RING_IDX wanted, const char *what)
{
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;

	while (*index != wanted) {
		RF_CHECK(rf_now_ms() < deadline, "%s did not come", what);
		rf_sleep_ms(1);
	}
	xen_rmb();
}

/* Will the next answer, whatever it is, be announced? */
static void rf_want_event(RING_IDX *rsp_event, RING_IDX rsp_cons, bool wanted)
{
	*(volatile RING_IDX *)rsp_event = rsp_cons + (wanted ? 1 : RF_RING_SIZE * 2);
	xen_mb();
}

/* Send a packet to the backend, alone; its answer comes with an event or not. */
static void rf_send_alone(struct rf_front *f, unsigned int len, bool event)
{
	struct rf_packet packet = { .data = rf_data, .len = len };
	struct rf_queue *q = &f->queue[0];

	rf_make_frame(rf_data, len, rf_random());
	if (len == RF_LARGE)
		rf_split_even(&packet, RF_PIECES);
	rf_want_event(&q->tx.sring->rsp_event, q->tx.rsp_cons, event);
	rf_tx_queue(q, &packet);
	rf_tx_push(q);
	rf_netdev_expect(&f->netdev, rf_data, len);
	rf_await_index(&q->tx.sring->rsp_prod, q->tx.req_prod_pvt, "an answer");
	rf_tx_settle(q);
	f->sent++;
}

/* By how much a counter has moved. */
static long rf_counted(struct rf_front *f, const struct rf_counters *before,
		       const char *name)
{
	static struct rf_counters now;
	u64 from, to;

	rf_netdev_counters(&f->netdev, &now);
	RF_CHECK(rf_counter(before, name, &from) && rf_counter(&now, name, &to),
		 "there is no counter %s", name);

	return to - from;
}

/* What is counted after the answer is given may be seen a little later. */
static void rf_await_counted(struct rf_front *f, const struct rf_counters *before,
			     const char *name, long wanted)
{
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;

	while (rf_counted(f, before, name) < wanted) {
		RF_CHECK(rf_now_ms() < deadline, "counter %s moved by %ld, expected %ld", name,
			 rf_counted(f, before, name), wanted);
		rf_sleep_ms(5);
	}
}

#define RF_SMALLS	20
#define RF_LARGES	10

/* 20 small packets, one copy each; 10 large ones, of which each page is mapped. */
static void rf_work_from_guest(struct rf_front *f)
{
	static struct rf_counters before;
	unsigned int i;
	long copies;

	rf_netdev_counters(&f->netdev, &before);
	for (i = 0; i < RF_SMALLS; i++)
		rf_send_alone(f, RF_SMALL, i % 2);
	for (i = 0; i < RF_LARGES; i++)
		rf_send_alone(f, RF_LARGE, i % 2);

	/* A copy is in two where its packet's memory goes over the end of a page. */
	copies = rf_counted(f, &before, "rx_copies");
	RF_CHECK(copies >= RF_SMALLS + RF_LARGES && copies <= 2 * (RF_SMALLS + RF_LARGES),
		 "%ld copies for %u packets", copies, RF_SMALLS + RF_LARGES);
	rf_await_counted(f, &before, "rx_notifies", (RF_SMALLS + RF_LARGES) / 2);
	rf_await_counted(f, &before, "rx_notifies_saved", (RF_SMALLS + RF_LARGES) / 2);
}

/* Shown with one push, they are carried as one: a hypercall, a push, an event. */
static void rf_work_from_guest_batch(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static struct rf_counters before;
	static u8 data[50][RF_SMALL];
	struct rf_packet packet = { .len = RF_SMALL };
	unsigned int i;

	rf_netdev_counters(&f->netdev, &before);
	rf_want_event(&q->tx.sring->rsp_event, q->tx.rsp_cons, true);
	for (i = 0; i < 50; i++) {
		rf_make_frame(data[i], RF_SMALL, i);
		packet.data = data[i];
		rf_tx_queue(q, &packet);
	}
	rf_tx_push(q);
	for (i = 0; i < 50; i++)
		rf_netdev_expect(&f->netdev, data[i], RF_SMALL);
	rf_await_index(&q->tx.sring->rsp_prod, q->tx.req_prod_pvt, "an answer");
	rf_tx_settle(q);
	f->sent += 50;
	rf_await_counted(f, &before, "rx_notifies", 1);
}

/*
 * Packets to the guest, one by one. Of their size, the memory that a socket puts
 * them in does not go over the end of a page.
 */
static void rf_work_to_guest(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static struct rf_counters before;
	unsigned int i;

	rf_netdev_counters(&f->netdev, &before);
	for (i = 0; i < 20; i++) {
		rf_make_frame(rf_data, 600, i);
		rf_want_event(&q->rx.sring->rsp_event, q->rx.rsp_cons, i % 2);
		rf_netdev_send(&f->netdev, rf_data, 600, NULL);
		rf_await_index(&q->rx.sring->rsp_prod, q->rx.rsp_cons + 1, "a packet");
		rf_rx_expect(q, rf_data, 600, &rf_arrival);
		rf_rx_post(q, 1);
	}
	rf_await_counted(f, &before, "tx_notifies", 10);
	rf_await_counted(f, &before, "tx_notifies_saved", 10);
}

/* The same work, as debugfs has it per CPU. */
static void rf_work_cpus(struct rf_front *f)
{
	const unsigned int least = RF_SMALLS + 2 * RF_LARGES;
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;
	struct rf_cpu_work before, after;
	unsigned long interrupts;
	unsigned int i;

	rf_debugfs_cpus(&f->netdev, &before);
	interrupts = rf_netdev_interrupts(&f->netdev, "");
	for (i = 0; i < RF_SMALLS; i++)
		rf_send_alone(f, RF_SMALL, false);
	for (i = 0; i < RF_LARGES; i++)
		rf_send_alone(f, RF_LARGE, false);

	/* A run is counted when it is over. A large packet's pages need one more. */
	do {
		rf_debugfs_cpus(&f->netdev, &after);
		if (after.runs - before.runs >= least)
			break;
		rf_sleep_ms(5);
	} while (rf_now_ms() < deadline);
	interrupts = rf_netdev_interrupts(&f->netdev, "") - interrupts;

	RF_CHECK(after.runs - before.runs >= least, "%lu runs, expected at least %u",
		 (unsigned long)(after.runs - before.runs), least);
	RF_CHECK(after.run_ns > before.run_ns, "they took no time");
	RF_CHECK(after.interrupts - before.interrupts == interrupts && interrupts,
		 "%lu interrupts, and %lu in /proc/interrupts",
		 (unsigned long)(after.interrupts - before.interrupts), interrupts);
	RF_CHECK(after.released - before.released == RF_LARGES,
		 "%lu packets were released, expected %u",
		 (unsigned long)(after.released - before.released), RF_LARGES);
	RF_CHECK(after.drained - before.drained == RF_LARGES * RF_PIECES,
		 "%lu pages were unmapped, expected %u",
		 (unsigned long)(after.drained - before.drained), RF_LARGES * RF_PIECES);
}

static void rf_expect_trace(unsigned int count, unsigned int expected, const char *what)
{
	if (count == expected)
		return;
	rf_trace_show();
	rf_fail("tracepoint %s was hit %u times with these values, expected %u", what, count,
		expected);
}

static void rf_traced(struct rf_front *f)
{
	const char *vif = f->netdev.name;
	struct rf_queue *q = &f->queue[0];
	struct rf_packet bad = {
		.data = rf_data, .len = 13, .status = XEN_NETIF_RSP_ERROR,
	};
	u16 id;

	rf_trace_begin();
	rf_send_alone(f, RF_SMALL, true);
	id = q->next_id;
	rf_send_alone(f, RF_LARGE, true);
	rf_tx_queue(q, &bad);
	rf_tx_push(q);
	rf_tx_settle(q);

	rf_expect_trace(rf_trace_count("xnb_tx_request: %s-q0 slots=1 size=%u", vif, RF_SMALL),
			1, "xnb_tx_request");
	rf_expect_trace(rf_trace_count("xnb_tx_request: %s-q0 slots=%u size=%u", vif, RF_PIECES,
				       RF_LARGE), 1, "xnb_tx_request");
	/* The stack has it without its Ethernet header. */
	rf_expect_trace(rf_trace_count("xnb_tx_hand_over: %s-q0 len=%u mapped=0 gso_size=0", vif,
				       RF_SMALL - 14), 1, "xnb_tx_hand_over");
	rf_expect_trace(rf_trace_count("xnb_tx_hand_over: %s-q0 len=%u mapped=%u gso_size=0", vif,
				       RF_LARGE - 14, RF_LARGE - RF_HEADER), 1,
			"xnb_tx_hand_over");
	rf_expect_trace(rf_trace_count("xnb_tx_release: %s-q0 id=%u", vif, id), 1,
			"xnb_tx_release");
	rf_expect_trace(rf_trace_count("xnb_tx_drain: %s-q0 pages=%u", vif, RF_PIECES), 1,
			"xnb_tx_drain");
	rf_expect_trace(rf_trace_count("xnb_drop: %s-q0 rx_err_short", vif), 1, "xnb_drop");
}

static void rf_work_traced(struct rf_front *f)
{
	char why[256];
	int how;

	how = rf_try(rf_traced, f, why, sizeof(why));
	rf_trace_end();
	if (how == 2)
		rf_skip("%s", why);
	RF_CHECK(!how, "%s", why);
}

/* What belongs to the vif has no rows per queue; of what has, the rows make the sum. */
static void rf_work_queues(struct rf_front *f)
{
	static struct rf_counters before, after;
	struct rf_packet packet = { .data = rf_data };
	unsigned int i, n, rows = 0;
	char name[48];

	rf_netdev_all_counters(&f->netdev, &before);
	for (i = 0; i < 5; i++) {
		for (n = 0; n <= i % f->nr_queues; n++) {
			packet.len = 100 + 4000 * n;
			packet.status = XEN_NETIF_RSP_OKAY;
			rf_make_frame(rf_data, packet.len, i);
			rf_split_front(&packet, NULL, 0);
			rf_tx_send(&f->queue[n], &packet);
			packet.len = 10;
			packet.nr_pieces = 0;
			rf_tx_refused(&f->queue[n], &packet);
		}
	}
	/* One that comes when the answer was already seen. */
	rf_sleep_ms(50);
	rf_netdev_all_counters(&f->netdev, &after);

	for (i = 0; i < after.count; i++) {
		u64 a, b, sum = 0, total = after.value[i] - before.value[i];

		if (!strncmp(after.name[i], "queue_", 6) || !strncmp(after.name[i], "link.", 5))
			continue;
		for (n = 0; n < f->nr_queues; n++) {
			snprintf(name, sizeof(name), "queue_%u_%s", n, after.name[i]);
			if (!rf_counter(&after, name, &a) || !rf_counter(&before, name, &b))
				break;
			sum += a - b;
		}
		RF_CHECK((n == 0) == (!strncmp(after.name[i], "ctrl_", 5) ||
				      !strcmp(after.name[i], "tx_drop_down")),
			 "%s has %u rows for queues", after.name[i], n);
		if (!n)
			continue;
		RF_CHECK(n == f->nr_queues && sum == total,
			 "%s moved by %lu, its %u rows for queues by %lu", after.name[i],
			 (unsigned long)total, n, (unsigned long)sum);
		rows++;
	}
	RF_CHECK(rows, "there are no rows for queues");
}

const struct rf_case rf_work_cases[] = {
	{
		.name = "work_from_guest", .run = rf_work_from_guest,
		.moves = {
			{ "rx_packets", 30 }, { "rx_bytes", 20 * 100 + 10 * 9000 },
			/* A large packet costs a copy, a map and an unmap. */
			{ "rx_batches", 30 }, { "rx_hypercalls", 20 + 10 * 3 },
			{ "rx_copies", RF_AT_LEAST(30) },
			{ "rx_copied_bytes", 20 * 100 + 10 * 128 },
			{ "rx_maps", 30 }, { "rx_unmaps", 30 },
			{ "rx_notifies", 15 }, { "rx_notifies_saved", 15 },
		},
	}, {
		.name = "work_from_guest_batch", .run = rf_work_from_guest_batch,
		.moves = {
			{ "rx_packets", 50 }, { "rx_batches", 1 }, { "rx_hypercalls", 1 },
			{ "rx_copied_bytes", 50 * 100 }, { "rx_maps", 0 },
			{ "rx_notifies", 1 }, { "rx_notifies_saved", 0 },
		},
	}, {
		.name = "work_to_guest", .run = rf_work_to_guest, .config = { .post = 32 },
		.moves = {
			{ "tx_packets", 20 }, { "tx_bytes", 20 * 600 }, { "tx_batches", 20 },
			{ "tx_hypercalls", 20 }, { "tx_copies", 20 },
			{ "tx_copied_bytes", 20 * 600 },
			{ "tx_notifies", 10 }, { "tx_notifies_saved", 10 },
		},
	}, {
		.name = "work_cpus", .run = rf_work_cpus,
	}, {
		.name = "work_traced", .run = rf_work_traced,
		.moves = { { "rx_err_short", 1 } },
	}, {
		.name = "work_queues", .run = rf_work_queues, .config = { .queues = 2 },
		.moves = { { "rx_err_short", 7 } },
	},
	{ 0 }
};
