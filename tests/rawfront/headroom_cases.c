// SPDX-License-Identifier: GPL-2.0
/* Room in front of packets to the guest, for its XDP programs. */

#include <string.h>

#include "case.h"
#include "frame.h"

#define RF_MTU_MAX	65517

/* netback answers a frontend that does not write the key within 300 ms. */
#define RF_LATE_MS	300

static u8 rf_data[RF_PACKET_MAX];
static struct rf_arrival rf_arrival;

/* Reconfiguring it is already; the backend answers, and both are Connected again. */
static void rf_reconfigured(struct rf_front *f)
{
	rf_front_await_state(f, XenbusStateReconfigured);
	rf_front_set_state(f, XenbusStateConnected);
	rf_front_await_state(f, XenbusStateConnected);
}

/* As Linux' netfront does it: first the state, then the key. */
static void rf_ask(struct rf_front *f, const char *headroom)
{
	rf_front_set_state(f, XenbusStateReconfiguring);
	rf_front_write(f, f->dir, "xdp-headroom", "%s", headroom);
	rf_reconfigured(f);
}

static unsigned int rf_slots(unsigned int len, unsigned int headroom)
{
	return (headroom + len + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;
}

static void rf_check_headroom(unsigned int headroom, u32 others)
{
	u32 extras = others | (headroom ? XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_XDP) : 0);

	RF_CHECK(rf_arrival.headroom == headroom, "the extra info says %u, expected %u",
		 rf_arrival.headroom, headroom);
	RF_CHECK(rf_arrival.offset == headroom, "bytes at %u of the first slot, expected %u",
		 rf_arrival.offset, headroom);
	RF_CHECK(rf_arrival.extras == extras, "extras %#x, expected %#x", rf_arrival.extras,
		 extras);
}

/* One packet, with as many buffers as it needs and none more. */
static void rf_round_trip(struct rf_front *f, unsigned int len, unsigned int headroom)
{
	unsigned int slots = rf_slots(len, headroom) + (headroom != 0);
	struct rf_queue *q = &f->queue[0];

	rf_make_frame(rf_data, len, rf_random());
	rf_rx_post(q, slots);
	rf_netdev_send(&f->netdev, rf_data, len, NULL);
	rf_rx_expect(q, rf_data, len, &rf_arrival);
	rf_check_headroom(headroom, 0);
	RF_CHECK(!rf_rx_posted(q), "%u bytes with headroom %u left %u buffers over", len,
		 headroom, rf_rx_posted(q));
}

/* Up to what a number of slots holds, and a byte more. */
static void rf_sizes(struct rf_front *f, unsigned int headroom)
{
	static const unsigned int slots[] = { 1, 2, 3, 15 };
	unsigned int i;

	rf_round_trip(f, 14, headroom);
	rf_round_trip(f, 1514, headroom);
	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		rf_round_trip(f, slots[i] * XEN_PAGE_SIZE - headroom - 1, headroom);
		rf_round_trip(f, slots[i] * XEN_PAGE_SIZE - headroom, headroom);
		rf_round_trip(f, slots[i] * XEN_PAGE_SIZE - headroom + 1, headroom);
	}
	rf_round_trip(f, 65531 - headroom, headroom);
}

/* As much as an XDP program wants, as much as can be, and none again. */
static void rf_xdp_headroom(struct rf_front *f)
{
	RF_CHECK(rf_netdev_set_mtu(&f->netdev, RF_MTU_MAX), "MTU %u is refused", RF_MTU_MAX);
	rf_sizes(f, 0);
	rf_ask(f, "256");
	rf_sizes(f, 256);
	rf_ask(f, "2048");
	rf_sizes(f, 2048);
	/* The largest packet of all takes a slot more than without. */
	rf_round_trip(f, 65531, 2048);
	rf_ask(f, "1");
	rf_sizes(f, 1);
	rf_ask(f, "0");
	rf_sizes(f, 0);
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/* The backend waits for the key, but not for ever. */
static void rf_ask_without_key(struct rf_front *f)
{
	long start = rf_now_ms();

	rf_front_set_state(f, XenbusStateReconfiguring);
	rf_reconfigured(f);
	start = rf_now_ms() - start;
	RF_CHECK(start >= RF_LATE_MS, "answered after %ld ms, without the key", start);
}

/* The key and the states in other orders. */
static void rf_xdp_headroom_states(struct rf_front *f)
{
	/* First the key, which is in effect at once; then only the state. */
	rf_front_write(f, f->dir, "xdp-headroom", "256");
	rf_front_set_state(f, XenbusStateReconfiguring);
	rf_reconfigured(f);
	rf_round_trip(f, 1000, 256);

	/* The state, and nothing that has changed: answered all the same. */
	rf_ask_without_key(f);
	rf_round_trip(f, 1000, 256);
	/* Nor does it matter how long ago the last answer was. */
	rf_ask(f, "512");
	rf_ask_without_key(f);
	rf_round_trip(f, 1000, 512);

	/* Once more before the backend has seen us Connected. */
	rf_front_set_state(f, XenbusStateReconfiguring);
	rf_front_write(f, f->dir, "xdp-headroom", "512");
	rf_front_await_state(f, XenbusStateReconfigured);
	rf_front_set_state(f, XenbusStateReconfiguring);
	rf_front_await_state(f, XenbusStateConnected);
	rf_front_write(f, f->dir, "xdp-headroom", "1024");
	rf_reconfigured(f);
	rf_round_trip(f, 1000, 1024);

	/* Closed while the backend has not answered yet. */
	rf_front_set_state(f, XenbusStateReconfiguring);
	rf_front_reconnect(f);
	rf_round_trip(f, 1000, 0);
	rf_sleep_ms(RF_LATE_MS + 200);
	rf_front_await_state(f, XenbusStateConnected);
}

/* Asked for before the connection; the next one does not ask. */
static void rf_xdp_headroom_connect(struct rf_front *f)
{
	static const struct rf_config config;

	rf_round_trip(f, 1514, 256);
	rf_front_close(f);
	rf_front_connect(f, &config);
	rf_round_trip(f, 1514, 0);
}

/* More than there may be, or no number: none. */
static void rf_xdp_headroom_nonsense(struct rf_front *f)
{
	static const char * const values[] = { "2049", "4096", "65792", "-1", "x", "" };
	unsigned int i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		rf_ask(f, "256");
		rf_round_trip(f, 1514, 256);
		rf_ask(f, values[i]);
		rf_round_trip(f, 1514, 0);
	}
}

/* It fits into the one slot that a packet has without scatter-gather. */
static void rf_xdp_headroom_without_sg(struct rf_front *f)
{
	rf_ask(f, "2048");
	rf_round_trip(f, 60, 2048);
	rf_round_trip(f, 1514, 2048);
}

/* Packets that waited for buffers meanwhile get what was asked for last. */
static void rf_xdp_headroom_waiting(struct rf_front *f)
{
	enum { PACKETS = 5, LEN = 4000 };
	static u8 data[PACKETS][LEN];
	struct rf_queue *q = &f->queue[0];
	unsigned int i;

	RF_CHECK(rf_netdev_set_mtu(&f->netdev, LEN), "MTU %u is refused", LEN);
	for (i = 0; i < PACKETS; i++) {
		rf_make_frame(data[i], LEN, rf_random());
		rf_netdev_send(&f->netdev, data[i], LEN, NULL);
	}
	rf_rx_expect_nothing(q, 100);
	rf_ask(f, "256");
	for (i = 0; i < PACKETS; i++) {
		rf_rx_post(q, rf_slots(LEN, 256) + 1);
		rf_rx_expect(q, data[i], LEN, &rf_arrival);
		rf_check_headroom(256, 0);
		RF_CHECK(!rf_rx_posted(q), "%u buffers are left over", rf_rx_posted(q));
	}
	rf_netdev_set_mtu(&f->netdev, 1500);
}

static void rf_set_hash(struct rf_front *f, u16 type, u32 value)
{
	u32 status = rf_ctrl_call(f, type, value, 0, 0, NULL);

	RF_CHECK(status == XEN_NETIF_CTRL_STATUS_SUCCESS, "control message %u: %s", type,
		 rf_ctrl_status_str(status));
}

static void rf_check_large(unsigned int headroom)
{
	static const u8 order[] = {
		XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_TYPE_HASH, XEN_NETIF_EXTRA_TYPE_XDP,
	};

	rf_check_headroom(headroom, XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO) |
				    XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH));
	RF_CHECK(!memcmp(rf_arrival.order, order, rf_arrival.nr_extras),
		 "extra info of types %u, %u, %u, in this order", rf_arrival.order[0],
		 rf_arrival.order[1], rf_arrival.order[2]);
	RF_CHECK(rf_arrival.gso_size == 1400 &&
		 rf_arrival.gso_type == XEN_NETIF_GSO_TYPE_TCPV4,
		 "segments of %u bytes, type %u", rf_arrival.gso_size, rf_arrival.gso_type);
	RF_CHECK(rf_arrival.hash_algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ &&
		 rf_arrival.hash_type == _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP,
		 "hash of type %u", rf_arrival.hash_type);
}

/* All extras that there are, and as many buffers as the packet needs. */
static void rf_xdp_headroom_and_extras(struct rf_front *f)
{
	static const unsigned int payloads[] = { 3000, 20000, 65000 };
	static const char * const values[] = { "256", "2048", "0" };
	struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_TCP, .sport = 5, .dport = 6, .blank = true,
	};
	unsigned int headroom[] = { 256, 2048, 0 }, i, j, len;
	struct rf_queue *q = &f->queue[0];
	struct virtio_net_hdr offload;

	rf_set_hash(f, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
		    XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ);
	rf_set_hash(f, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP);
	for (i = 0; i < 3; i++) {
		rf_ask(f, values[i]);
		for (j = 0; j < 3; j++) {
			ip.payload = payloads[j];
			len = rf_make_ip(rf_data, &ip);
			rf_ip_offload(&ip, 1400, &offload);
			rf_rx_post(q, rf_slots(len, headroom[i]) + (headroom[i] ? 3 : 2));
			rf_netdev_send(&f->netdev, rf_data, len, &offload);
			rf_rx_expect(q, rf_data, len, &rf_arrival);
			rf_check_large(headroom[i]);
			RF_CHECK(!rf_rx_posted(q), "%u buffers are left over", rf_rx_posted(q));
		}
	}
}

#define RF_HEADROOM	.needs = "feature-xdp-headroom"

const struct rf_case rf_headroom_cases[] = {
	{ .name = "xdp_headroom", .run = rf_xdp_headroom, RF_HEADROOM },
	{ .name = "xdp_headroom_states", .run = rf_xdp_headroom_states, RF_HEADROOM },
	{
		.name = "xdp_headroom_connect", .run = rf_xdp_headroom_connect, RF_HEADROOM,
		.config = { .keys = { { "xdp-headroom", "256" } } },
	},
	{ .name = "xdp_headroom_nonsense", .run = rf_xdp_headroom_nonsense, RF_HEADROOM },
	{
		.name = "xdp_headroom_without_sg", .run = rf_xdp_headroom_without_sg, RF_HEADROOM,
		.config = { .no_sg = true },
	},
	{ .name = "xdp_headroom_waiting", .run = rf_xdp_headroom_waiting, RF_HEADROOM },
	{
		.name = "xdp_headroom_and_extras", .run = rf_xdp_headroom_and_extras, RF_HEADROOM,
		.config = { .ctrl = true },
	},
	{ 0 }
};
