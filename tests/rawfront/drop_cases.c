// SPDX-License-Identifier: GPL-2.0
/* Packets that the backend gives up by itself: no memory, too large, too many. */

#include <stdio.h>
#include <string.h>

#include "busy.h"
#include "case.h"
#include "debugfs.h"
#include "files.h"
#include "frame.h"
#include "split.h"
#include "pktgen.h"
#include "trace.h"

#define RF_MTU_MAX	65517

/* Bytes that packets of a queue may take up while they wait, and one more. */
#define RF_WAITING_BYTES	(512 * 1024)

static u8 rf_data[RF_PACKET_MAX];
static struct rf_arrival rf_arrival;

/* Nothing stays behind of a packet that there was no memory for. */
static void rf_nomem_from_guest(struct rf_front *f)
{
	static const unsigned int sizes[] = { 60, 1514, 9000, 65535, 100 };
	struct rf_packet packet = { .data = rf_data, .status = XEN_NETIF_RSP_ERROR };
	struct rf_queue *q = &f->queue[0];
	unsigned int i;

	rf_debugfs_fail_alloc(&f->netdev, 4);
	for (i = 0; i < 5; i++) {
		packet.len = sizes[i];
		if (i == 4)
			packet.status = XEN_NETIF_RSP_OKAY;
		rf_make_frame(rf_data, packet.len, i);
		rf_split_front(&packet, NULL, 0);
		rf_tx_queue(q, &packet);
	}
	rf_tx_push(q);
	rf_netdev_expect(&f->netdev, rf_data, 100);
	rf_tx_settle(q);
	f->sent++;
	rf_debugfs_expect_failed(&f->netdev);
}

static void rf_expect_sized(struct rf_front *f, unsigned int count, unsigned int size)
{
	struct rf_queue *q = &f->queue[0];

	while (count--) {
		RF_CHECK(rf_rx_get(q, &rf_arrival, RF_TIMEOUT_MS), "%u packets did not come",
			 count + 1);
		RF_CHECK(!rf_arrival.status && rf_arrival.len == size,
			 "%u bytes came with status %d, expected %u", rf_arrival.len,
			 rf_arrival.status, size);
		rf_rx_post(q, rf_arrival.slots);
	}
}

/* A packet that others hold on to needs a copy of its head, to wait on a list. */
static void rf_nomem_shared(struct rf_front *f)
{
	const struct rf_pktgen what = { .count = 32, .size = 200, .shared = 16 };

	rf_debugfs_fail_alloc(&f->netdev, 5);
	rf_pktgen_send(&f->netdev, &what);
	rf_expect_sized(f, 27, 200);
	rf_debugfs_expect_failed(&f->netdev);
}

/* Run what makes things outside of the vif, and have them taken away. */
static void rf_tidily(struct rf_front *f, void (*run)(struct rf_front *f),
		      void (*end)(struct rf_front *f))
{
	char why[256];
	int how;

	how = rf_try(run, f, why, sizeof(why));
	end(f);
	if (how == 2)
		rf_skip("%s", why);
	RF_CHECK(!how, "%s", why);
}

/* The stack cuts up what is too large, but not by what one slot holds. */
static void rf_too_big_without_sg(struct rf_front *f)
{
	struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_TCP, .sport = 5, .dport = 6,
		.payload = 12000, .blank = true,
	};
	unsigned int len = rf_make_ip(rf_data, &ip);
	struct virtio_net_hdr offload;

	rf_ip_offload(&ip, 5000, &offload);
	rf_netdev_send(&f->netdev, rf_data, len, &offload);
	rf_expect_sized(f, 1, rf_ip_header_len(&ip) + 2000);

	/* To the byte: one slot is full, or there is one more. */
	ip.payload = XEN_PAGE_SIZE - rf_ip_header_len(&ip) + 1;
	len = rf_make_ip(rf_data, &ip);
	rf_ip_offload(&ip, ip.payload - 1, &offload);
	rf_netdev_send(&f->netdev, rf_data, len, &offload);
	rf_expect_sized(f, 1, XEN_PAGE_SIZE);
	rf_expect_sized(f, 1, rf_ip_header_len(&ip) + 1);
}

/* Beyond what the protocol's 17 slots hold. */
static void rf_too_big(struct rf_front *f)
{
	const struct rf_pktgen large = { .count = 3, .size = 70000 };
	const struct rf_pktgen small = { .count = 2, .size = 300 };

	rf_pktgen_send(&f->netdev, &large);
	rf_pktgen_send(&f->netdev, &small);
	rf_expect_sized(f, 2, 300);
}

#define RF_MANY_PACKETS	60
#define RF_MANY_BYTES	60000

static unsigned int rf_most_waiting;

static void rf_send_many(struct rf_front *f)
{
	unsigned int i, waiting;

	for (i = 0; i < RF_MANY_PACKETS; i++) {
		rf_netdev_send(&f->netdev, rf_data, RF_MANY_BYTES, NULL);
		waiting = rf_debugfs_waiting(&f->netdev, 0);
		if (waiting > rf_most_waiting)
			rf_most_waiting = waiting;
	}
}

static void rf_busy_over(struct rf_front *f)
{
	(void)f;
	rf_busy_end();
}

static void rf_set_action(struct rf_front *f, const char *action)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vif-0-%u/tx_action", f->handle);
	if (rf_write_file(path, action))
		rf_skip("the backend does not let us choose what runs its action");
}

/*
 * The queue's home is busy with something more important, and its guest's packets
 * come on another CPU: a few of them wait, the others stay with the stack, and
 * nothing is lost.
 */
static void rf_busy_home(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int came = 0;
	char action[16];
	int home;

	home = rf_debugfs_home(&f->netdev, 0, action);
	/* Nothing is more important than the others. */
	rf_set_action(f, "kthread");
	RF_CHECK(rf_netdev_set_mtu(&f->netdev, RF_MTU_MAX), "MTU %u is refused", RF_MTU_MAX);
	rf_make_frame(rf_data, RF_MANY_BYTES, 1);
	/* The carrier has been seen before the CPU is gone. */
	rf_netdev_send(&f->netdev, rf_data, RF_MANY_BYTES, NULL);
	rf_expect_sized(f, 1, RF_MANY_BYTES);

	rf_most_waiting = 0;
	rf_busy_begin(home);
	rf_tidily(f, rf_send_many, rf_busy_over);
	for (; came < RF_MANY_PACKETS && rf_rx_get(q, &rf_arrival, RF_TIMEOUT_MS); came++) {
		RF_CHECK(!rf_arrival.status && rf_arrival.len == RF_MANY_BYTES &&
			 !memcmp(rf_arrival.data, rf_data, RF_MANY_BYTES),
			 "a packet of %u bytes came with status %d", rf_arrival.len,
			 rf_arrival.status);
		rf_rx_post(q, rf_arrival.slots);
	}
	RF_CHECK(came == RF_MANY_PACKETS, "%u packets of %u came", came, RF_MANY_PACKETS);
	RF_CHECK(rf_most_waiting > 1, "no packets had to wait: the home CPU was not busy");
	RF_CHECK((rf_most_waiting - 1) * RF_MANY_BYTES <= RF_WAITING_BYTES,
		 "%u packets of %u bytes waited", rf_most_waiting, RF_MANY_BYTES);
	rf_set_action(f, action);
	rf_netdev_set_mtu(&f->netdev, 1500);
}

static void rf_send_after_close(struct rf_front *f)
{
	struct rf_config config = { .post = 8 };
	struct rf_counters now;
	unsigned int round, i;
	u64 before, after;

	rf_netdev_counters(&f->netdev, &now);
	RF_CHECK(rf_counter(&now, "tx_drop_down", &before), "there is no tx_drop_down");
	rf_trace_begin();
	for (round = 0, after = before; round < 20 && after == before; round++) {
		rf_front_connect(f, &config);
		rf_make_frame(rf_data, 100, round);
		rf_netdev_send(&f->netdev, rf_data, 100, NULL);
		/* The stack's own queue may have kept some of the last round. */
		do
			RF_CHECK(rf_rx_get(&f->queue[0], &rf_arrival, RF_TIMEOUT_MS),
				 "nothing comes after a reconnection");
		while (memcmp(rf_arrival.data, rf_data, 100));
		rf_front_close(f);
		for (i = 0; i < 5; i++)
			rf_netdev_send(&f->netdev, rf_data, 100, NULL);
		rf_netdev_counters(&f->netdev, &now);
		rf_counter(&now, "tx_drop_down", &after);
	}
	i = rf_trace_count("xnb_drop: %s-q0 tx_drop_down", f->netdev.name);
	RF_CHECK(i == after - before, "%u drops in the trace, %lu counted", i,
		 (unsigned long)(after - before));
}

static void rf_trace_over(struct rf_front *f)
{
	(void)f;
	rf_trace_end();
}

/*
 * The stack learns a little later that the guest is gone. The change of the carrier
 * is held back for up to a second when it is the second one within a second.
 */
static void rf_down(struct rf_front *f)
{
	rf_tidily(f, rf_send_after_close, rf_trace_over);
}

const struct rf_case rf_drop_cases[] = {
	{
		.name = "drop_nomem_from_guest", .run = rf_nomem_from_guest,
		.moves = { { "rx_drop_nomem", 4 } },
	}, {
		.name = "drop_nomem_shared", .run = rf_nomem_shared, .config = { .post = 64 },
		.moves = { { "tx_drop_nomem", 5 } },
	}, {
		.name = "drop_too_big_without_sg", .run = rf_too_big_without_sg,
		.config = { .post = 32, .no_sg = true },
		.moves = { { "tx_err_too_big", 2 } },
	}, {
		.name = "drop_too_big", .run = rf_too_big, .config = { .post = 64 },
		.moves = { { "tx_err_too_big", 3 } },
	}, {
		.name = "drop_nothing_when_busy", .run = rf_busy_home, .config = { .post = 256 },
	}, {
		.name = "drop_down", .run = rf_down, .connects_itself = true,
		/* Once the stack has learnt it, it drops packets by itself. */
		.moves = { { "tx_drop_down", RF_AT_LEAST(1) }, { "link.tx_dropped", RF_AT_LEAST(1) },
			   { "tx_drop_purged", RF_AT_LEAST(0) } },
	},
	{ 0 }
};
