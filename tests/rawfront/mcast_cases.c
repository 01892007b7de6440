// SPDX-License-Identifier: GPL-2.0
/* Multicast control: messages that fill the backend's list, and what it lets through. */

#include <net/ethernet.h>
#include <string.h>

#include "case.h"
#include "frame.h"

/* No backend keeps that many. */
#define RF_GROUPS_TOO_MANY	5000

static u8 rf_data[100];
static struct rf_arrival rf_arrival;

static void rf_group(u8 *address, unsigned int number)
{
	const u8 group[ETH_ALEN] = { 0x33, 0x33, 0, number >> 16, number >> 8, number };

	memcpy(address, group, ETH_ALEN);
}

/* Send a message. Return: what it was answered with. */
static s16 rf_message(struct rf_front *f, u8 type, const u8 *address)
{
	struct rf_queue *q = &f->queue[0];
	struct netif_tx_request request = {
		/* Nothing but the flag means anything. */
		.gref = RF_BAD_GREF, .offset = 4000, .size = 0xffff, .id = 77,
		.flags = XEN_NETTXF_extra_info,
	};
	struct netif_extra_info extra = { .type = type };
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;
	struct netif_tx_response response;
	unsigned int nulls = 0, answers = 0;
	s16 status = 0;

	memcpy(extra.u.mcast.addr, address, ETH_ALEN);
	rf_tx_put(q, &request, RF_NO_ANSWER);
	rf_tx_put_extra(q, &extra, false);
	rf_tx_push(q);

	while (nulls + answers < 2) {
		if (*(volatile RING_IDX *)&q->tx.sring->rsp_prod == q->tx.rsp_cons) {
			q->tx.sring->rsp_event = q->tx.rsp_cons + 1;
			RF_CHECK(rf_now_ms() < deadline, "a message was not answered");
			rf_front_events(f, 20);
			continue;
		}
		xen_rmb();
		RING_COPY_RESPONSE(&q->tx, q->tx.rsp_cons, &response);
		q->tx.rsp_cons++;
		if (response.status == XEN_NETIF_RSP_NULL) {
			nulls++;
			continue;
		}
		RF_CHECK(response.id == 77, "answer to id %u, which is not out", response.id);
		status = response.status;
		answers++;
	}
	RF_CHECK(nulls == 1, "%u of 2 answers are for extra info", nulls);

	return status;
}

static void rf_add(struct rf_front *f, unsigned int number)
{
	u8 address[ETH_ALEN];
	s16 status;

	rf_group(address, number);
	status = rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, address);
	RF_CHECK(status == XEN_NETIF_RSP_OKAY, "adding a group was answered with %d", status);
}

static void rf_del(struct rf_front *f, unsigned int number)
{
	u8 address[ETH_ALEN];
	s16 status;

	rf_group(address, number);
	status = rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, address);
	RF_CHECK(status == XEN_NETIF_RSP_OKAY, "deleting a group was answered with %d", status);
}

static void rf_send_to(struct rf_front *f, const u8 *address)
{
	rf_make_frame(rf_data, sizeof(rf_data), rf_random());
	memcpy(rf_data, address, ETH_ALEN);
	rf_netdev_send(&f->netdev, rf_data, sizeof(rf_data), NULL);
}

static void rf_passes(struct rf_front *f, const u8 *address)
{
	rf_send_to(f, address);
	rf_rx_expect(&f->queue[0], rf_data, sizeof(rf_data), &rf_arrival);
	rf_rx_post(&f->queue[0], 1);
}

static void rf_group_passes(struct rf_front *f, unsigned int number)
{
	u8 address[ETH_ALEN];

	rf_group(address, number);
	rf_passes(f, address);
}

/* What is sent after it comes, and it does not. */
static void rf_group_stays(struct rf_front *f, unsigned int number)
{
	static const u8 unicast[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x02 };
	u8 address[ETH_ALEN];

	rf_group(address, number);
	rf_send_to(f, address);
	rf_passes(f, unicast);
}

static void rf_mcast_filter(struct rf_front *f)
{
	static const u8 broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	rf_group_stays(f, 1);
	rf_passes(f, broadcast);

	rf_add(f, 1);
	rf_group_passes(f, 1);
	rf_group_stays(f, 2);
	rf_add(f, 2);
	rf_group_passes(f, 1);
	rf_group_passes(f, 2);

	rf_del(f, 1);
	rf_group_stays(f, 1);
	rf_group_passes(f, 2);
	rf_passes(f, broadcast);
}

/* Twice is as good as once, and what is not there cannot be deleted. */
static void rf_mcast_twice(struct rf_front *f)
{
	u8 address[ETH_ALEN];

	rf_add(f, 1);
	rf_add(f, 1);
	rf_group_passes(f, 1);
	rf_del(f, 1);
	rf_group_stays(f, 1);
	rf_group(address, 99);
	/* Some say that this is an error, some that it is done. */
	rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, address);
	rf_add(f, 99);
	rf_group_passes(f, 99);
}

/* The list has an end, and a guest that comes to it hears of that. */
static void rf_mcast_too_many(struct rf_front *f)
{
	u8 address[ETH_ALEN];
	unsigned int n;

	for (n = 0; n < RF_GROUPS_TOO_MANY; n++) {
		rf_group(address, n);
		if (rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, address))
			break;
	}
	rf_note("the backend takes %u groups", n);
	RF_CHECK(n < RF_GROUPS_TOO_MANY, "the list has no end");
	RF_CHECK(n >= 64, "the list ends after %u groups", n);
	rf_group_passes(f, 0);
	rf_group_passes(f, n - 1);
	rf_group_stays(f, n);
	rf_del(f, 5);
	rf_add(f, n);
	rf_group_passes(f, n);
}

/* A new connection begins with an empty list. */
static void rf_mcast_forgotten(struct rf_front *f)
{
	rf_add(f, 1);
	rf_group_passes(f, 1);
	rf_front_reconnect(f);
	rf_group_stays(f, 1);
}

/* Without the request everything passes; the list may be filled all the same. */
static void rf_mcast_not_requested(struct rf_front *f)
{
	rf_group_passes(f, 1);
	rf_add(f, 1);
	rf_group_passes(f, 1);
	rf_group_passes(f, 2);
}

/* The request comes and goes while the vif is connected. */
static void rf_mcast_dynamic(struct rf_front *f)
{
	u8 address[ETH_ALEN];
	long deadline;

	rf_add(f, 1);
	rf_group_passes(f, 2);

	rf_front_write(f, f->dir, "request-multicast-control", "1");
	/* The backend hears of it through XenStore. */
	rf_sleep_ms(500);
	rf_group_stays(f, 2);
	rf_group_passes(f, 1);

	rf_front_write(f, f->dir, "request-multicast-control", "0");
	deadline = rf_now_ms() + RF_TIMEOUT_MS;
	rf_group(address, 2);
	do {
		RF_CHECK(rf_now_ms() < deadline, "the filter stays on");
		rf_send_to(f, address);
	} while (!rf_rx_get(&f->queue[0], &rf_arrival, 200));
}

/* A message in the middle of packets; it costs none of them. */
static void rf_mcast_among_packets(struct rf_front *f)
{
	struct rf_packet packet = { .data = rf_data, .len = sizeof(rf_data) };
	unsigned int i;

	for (i = 0; i < 20; i++) {
		rf_make_frame(rf_data, sizeof(rf_data), rf_random());
		rf_tx_send(&f->queue[0], &packet);
		rf_add(f, i);
	}
}

/* A message to a backend that has not offered to take any. */
static void rf_mcast_not_offered(struct rf_front *f)
{
	u8 address[ETH_ALEN];
	s16 status;

	rf_group(address, 1);
	status = rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, address);
	RF_CHECK(status == XEN_NETIF_RSP_ERROR, "the message was answered with %d", status);
	status = rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, address);
	RF_CHECK(status == XEN_NETIF_RSP_ERROR, "the message was answered with %d", status);
	rf_group_passes(f, 1);
}

/* Stations are not groups, and a message says one thing. */
static void rf_mcast_bad(struct rf_front *f)
{
	static const u8 station[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x02 };
	struct netif_tx_request request = {
		.gref = RF_BAD_GREF, .id = 78, .flags = XEN_NETTXF_extra_info,
	};
	struct netif_extra_info add = { .type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD };
	struct netif_extra_info del = { .type = XEN_NETIF_EXTRA_TYPE_MCAST_DEL };
	struct rf_queue *q = &f->queue[0];
	s16 status;

	status = rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, station);
	RF_CHECK(status == XEN_NETIF_RSP_ERROR, "adding a station: %d", status);
	status = rf_message(f, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, station);
	RF_CHECK(status == XEN_NETIF_RSP_ERROR, "deleting a station: %d", status);

	rf_group(add.u.mcast.addr, 1);
	rf_group(del.u.mcast.addr, 1);
	add.flags = XEN_NETIF_EXTRA_FLAG_MORE;
	rf_tx_put(q, &request, XEN_NETIF_RSP_ERROR);
	rf_tx_put_extra(q, &add, true);
	rf_tx_put_extra(q, &del, true);
	rf_tx_push(q);
	rf_tx_settle(q);
	rf_group_stays(f, 1);
}

#define RF_FILTERED	{ .mcast = true, .post = 32 }

const struct rf_case rf_mcast_cases[] = {
	{
		.name = "mcast_not_offered", .run = rf_mcast_not_offered,
		.config = { .post = 32 }, .unless = "feature-multicast-control",
		.moves = { { "rx_err_message", 2 } },
	}, {
		.name = "mcast_filter", .run = rf_mcast_filter, .moves = { { "tx_drop_multicast", 3 } }, .config = RF_FILTERED,
		.needs = "feature-multicast-control",
	}, {
		.name = "mcast_twice", .run = rf_mcast_twice, .moves = { { "tx_drop_multicast", 1 } }, .config = RF_FILTERED,
		.needs = "feature-multicast-control",
	}, {
		.name = "mcast_too_many", .run = rf_mcast_too_many, .moves = { { "tx_drop_multicast", 1 }, { "rx_err_mcast_full", 1 } }, .config = RF_FILTERED,
		.needs = "feature-multicast-control",
	}, {
		.name = "mcast_forgotten", .run = rf_mcast_forgotten, .moves = { { "tx_drop_multicast", 1 } }, .config = RF_FILTERED,
		.needs = "feature-multicast-control",
	}, {
		.name = "mcast_not_requested", .run = rf_mcast_not_requested,
		.config = { .post = 32 }, .needs = "feature-multicast-control",
	}, {
		.name = "mcast_dynamic", .run = rf_mcast_dynamic, .moves = { { "tx_drop_multicast", RF_AT_LEAST(1) } }, .config = { .post = 32 },
		.needs = "feature-dynamic-multicast-control",
	}, {
		.name = "mcast_bad", .run = rf_mcast_bad, .config = RF_FILTERED,
		.needs = "feature-multicast-control",
		.moves = { { "tx_drop_multicast", 1 }, { "rx_err_mcast_address", 2 }, { "rx_err_message", 1 } },
	}, {
		.name = "mcast_among_packets", .run = rf_mcast_among_packets,
		.config = RF_FILTERED, .needs = "feature-multicast-control",
	},
	{ 0 }
};
