// SPDX-License-Identifier: GPL-2.0
/* Packets to the guest, while it has buffers for them. */

#include <stdio.h>
#include <string.h>

#include "case.h"
#include "frame.h"

#define RF_MTU_MAX	65517
#define RF_SEGMENT	1400
#define RF_CSUM_FLAGS	(XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated)

static u8 rf_data[RF_PACKET_MAX];
static struct rf_arrival rf_arrival;

/* Send one to the guest, and give back as many buffers as it took. */
static void rf_round_trip(struct rf_front *f, unsigned int len)
{
	struct rf_queue *q = &f->queue[0];

	rf_make_frame(rf_data, len, rf_random());
	rf_netdev_send(&f->netdev, rf_data, len, NULL);
	rf_rx_expect(q, rf_data, len, &rf_arrival);
	RF_CHECK(!(rf_arrival.flags & ~XEN_NETRXF_more_data), "flags %#x",
		 rf_arrival.flags);
	rf_rx_post(q, rf_arrival.slots);
}

static void rf_rx_small(struct rf_front *f)
{
	static const unsigned int sizes[] = { 14, 15, 59, 60, 64, 127, 128, 1000, 1500, 1514 };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		rf_round_trip(f, sizes[i]);
}

static void rf_rx_large(struct rf_front *f)
{
	static const unsigned int sizes[] = {
		4082, 4095, 4096, 4097, 8191, 8192, 8193, 9014, 16384, 20000, 32768, 61440,
		61441, 65531,
	};
	unsigned int i;

	RF_CHECK(rf_netdev_set_mtu(&f->netdev, RF_MTU_MAX), "MTU %u is refused", RF_MTU_MAX);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		rf_round_trip(f, sizes[i]);
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/* One slot per packet: the interface must not have a larger MTU. */
static void rf_rx_without_sg(struct rf_front *f)
{
	RF_CHECK(!rf_netdev_set_mtu(&f->netdev, 1501), "MTU 1501 is not refused");
	rf_rx_small(f);
}

/* A guest that says nothing of scatter-gather gets a smaller MTU by itself. */
static void rf_rx_mtu_follows_sg(struct rf_front *f)
{
	struct rf_config config = { .post = 32, .no_sg = true };
	char path[64];
	long mtu;

	RF_CHECK(rf_netdev_set_mtu(&f->netdev, 9000), "MTU 9000 is refused");
	rf_front_close(f);
	rf_front_connect(f, &config);
	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", f->netdev.name);
	mtu = rf_read_number(path, 0);
	RF_CHECK(mtu == 1500, "the MTU is %ld", mtu);
	rf_round_trip(f, 1514);
}

/* Each place of the ring, and over its end; ids are random. */
static void rf_rx_ring_end(struct rf_front *f)
{
	unsigned int i;

	rf_netdev_set_mtu(&f->netdev, 9000);
	for (i = 0; i < RF_RING_SIZE + 20; i++)
		rf_round_trip(f, i % 3 ? 9014 : 60);
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/* Many in a row, more than the ring holds: all come, in order. */
static void rf_rx_order(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static u8 data[600][200];
	unsigned int sent = 0, received = 0, burst;

	while (received < 600) {
		for (burst = rf_random_below(40); burst && sent < 600; burst--, sent++) {
			rf_make_frame(data[sent], sizeof(data[sent]), sent);
			rf_netdev_send(&f->netdev, data[sent], sizeof(data[sent]), NULL);
		}
		for (burst = rf_random_below(40); burst && received < sent; burst--) {
			rf_rx_expect(q, data[received], sizeof(data[received]), &rf_arrival);
			received++;
			/* Never many buffers, and rarely none. */
			if (rf_rx_posted(q) < 20)
				rf_rx_post(q, 1 + rf_random_below(10));
		}
	}
}

/* A large packet, as the stack would send it. */
static unsigned int rf_send_large(struct rf_front *f, const struct rf_ip *ip)
{
	unsigned int len = rf_make_ip(rf_data, ip);
	struct virtio_net_hdr offload;

	rf_ip_offload(ip, RF_SEGMENT, &offload);
	rf_netdev_send(&f->netdev, rf_data, len, &offload);
	return len;
}

/* It comes as one; the values come along. */
static void rf_expect_large(struct rf_front *f, int version, unsigned int payload)
{
	const struct rf_ip ip = {
		.version = version, .protocol = IPPROTO_TCP, .sport = 5, .dport = 6,
		.payload = payload, .blank = true,
	};
	struct rf_queue *q = &f->queue[0];
	unsigned int len = rf_send_large(f, &ip);

	rf_rx_expect(q, rf_data, len, &rf_arrival);
	RF_CHECK(rf_arrival.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO),
		 "%u bytes came without their segment size", len);
	RF_CHECK(rf_arrival.gso_size == RF_SEGMENT &&
		 rf_arrival.gso_type == (version == 4 ? XEN_NETIF_GSO_TYPE_TCPV4 :
							XEN_NETIF_GSO_TYPE_TCPV6),
		 "segments of %u bytes, type %u", rf_arrival.gso_size, rf_arrival.gso_type);
	RF_CHECK((rf_arrival.flags & RF_CSUM_FLAGS) == RF_CSUM_FLAGS, "flags %#x",
		 rf_arrival.flags);
	rf_rx_post(q, rf_arrival.slots);
}

/* It comes cut up. */
static void rf_expect_segments(struct rf_front *f, int version, unsigned int payload)
{
	const struct rf_ip ip = {
		.version = version, .protocol = IPPROTO_TCP, .sport = 5, .dport = 6,
		.payload = payload, .blank = true,
	};
	unsigned int len = rf_send_large(f, &ip), header = rf_ip_header_len(&ip), at, n;
	struct rf_queue *q = &f->queue[0];

	for (at = header; at < len; at += n) {
		n = len - at < RF_SEGMENT ? len - at : RF_SEGMENT;
		RF_CHECK(rf_rx_get(q, &rf_arrival, RF_TIMEOUT_MS), "a segment is missing");
		RF_CHECK(rf_arrival.len == header + n && !rf_arrival.extras,
			 "IPv%d: a segment of %u bytes, expected %u", version, rf_arrival.len,
			 header + n);
		RF_CHECK(!memcmp(rf_arrival.data + header, rf_data + at, n),
			 "a segment is not what was sent");
		rf_rx_post(q, rf_arrival.slots);
	}
}

/* Large packets as one, to a guest that takes them; the values come along. */
static void rf_rx_gso(struct rf_front *f)
{
	static const unsigned int payloads[] = { 3000, 20000, 65000 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		rf_expect_large(f, 4, payloads[i]);
		rf_expect_large(f, 6, payloads[i]);
	}
}

/* Cut up by the stack, for a guest that does not take them. */
static void rf_rx_without_gso(struct rf_front *f)
{
	rf_expect_segments(f, 4, 5000);
	rf_expect_segments(f, 6, 5000);
}

static void rf_rx_without_gso_tcpv4(struct rf_front *f)
{
	rf_expect_segments(f, 4, 5000);
	rf_expect_large(f, 6, 5000);
}

static void rf_rx_without_gso_tcpv6(struct rf_front *f)
{
	rf_expect_segments(f, 6, 5000);
	rf_expect_large(f, 4, 5000);
}

/* A checksum that nobody has computed yet: for the guest, or filled in. */
static void rf_send_blank(struct rf_front *f, int version, u8 protocol, bool for_guest)
{
	const struct rf_ip ip = {
		.version = version, .protocol = protocol, .sport = 5, .dport = 6,
		.payload = 601, .blank = true,
	};
	unsigned int len = rf_make_ip(rf_data, &ip);
	struct virtio_net_hdr offload;

	rf_ip_offload(&ip, 0, &offload);
	rf_netdev_send(&f->netdev, rf_data, len, &offload);
	if (for_guest) {
		rf_rx_expect(&f->queue[0], rf_data, len, &rf_arrival);
		RF_CHECK(rf_arrival.flags == RF_CSUM_FLAGS, "IPv%d protocol %u: flags %#x",
			 version, protocol, rf_arrival.flags);
		return;
	}
	RF_CHECK(rf_rx_get(&f->queue[0], &rf_arrival, RF_TIMEOUT_MS), "a packet did not come");
	RF_CHECK(!(rf_arrival.flags & XEN_NETRXF_csum_blank),
		 "IPv%d protocol %u: flags %#x", version, protocol, rf_arrival.flags);
	RF_CHECK(rf_arrival.len == len && rf_ip_checksum_good(rf_arrival.data, len),
		 "IPv%d protocol %u: the checksum is wrong", version, protocol);
}

static void rf_rx_send_blanks(struct rf_front *f, bool ipv4_for_guest, bool ipv6_for_guest)
{
	rf_send_blank(f, 4, IPPROTO_TCP, ipv4_for_guest);
	rf_send_blank(f, 4, IPPROTO_UDP, ipv4_for_guest);
	rf_send_blank(f, 6, IPPROTO_TCP, ipv6_for_guest);
	rf_send_blank(f, 6, IPPROTO_UDP, ipv6_for_guest);
}

/* Left to the guest, which said that it would. */
static void rf_rx_csum(struct rf_front *f)
{
	rf_rx_send_blanks(f, true, true);
}

/* Filled in for a guest that wants it so. */
static void rf_rx_without_csum(struct rf_front *f)
{
	rf_rx_send_blanks(f, false, false);
}

static void rf_rx_without_csum_ipv4(struct rf_front *f)
{
	rf_rx_send_blanks(f, false, true);
}

static void rf_rx_without_csum_ipv6(struct rf_front *f)
{
	rf_rx_send_blanks(f, true, false);
}

/* Buffers that the backend cannot write: that packet is lost, and no other. */
static void rf_rx_bad_buffers(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	const u32 bad[] = { RF_BAD_GREF, 0xffffffff, 0, q->readonly.ref[0],
			    q->tx_pages.ref[3] };
	unsigned int i, page;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		page = q->rx.req_prod_pvt % q->rx_pages.count;
		rf_rx_put(q, q->rx_pages.ref[page], page);
		rf_rx_put(q, bad[i], -1);
		page = q->rx.req_prod_pvt % q->rx_pages.count;
		rf_rx_put(q, q->rx_pages.ref[page], page);
		rf_rx_push(q);

		rf_make_frame(rf_data, 100, rf_random());
		rf_netdev_send(&f->netdev, rf_data, 100, NULL);
		rf_rx_expect(q, rf_data, 100, &rf_arrival);

		rf_netdev_send(&f->netdev, rf_data, 100, NULL);
		RF_CHECK(rf_rx_get(q, &rf_arrival, RF_TIMEOUT_MS), "no answer to a bad buffer");
		RF_CHECK(rf_arrival.status == XEN_NETIF_RSP_ERROR, "status %d for a bad buffer",
			 rf_arrival.status);

		rf_make_frame(rf_data, 100, rf_random());
		rf_netdev_send(&f->netdev, rf_data, 100, NULL);
		rf_rx_expect(q, rf_data, 100, &rf_arrival);
	}
}

/* One bad buffer in the middle of a large packet: all its slots say so. */
static void rf_rx_bad_buffer_in_packet(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	unsigned int i, page, bad;

	rf_netdev_set_mtu(&f->netdev, 9000);
	for (bad = 0; bad < 3; bad++) {
		for (i = 0; i < 3; i++) {
			page = q->rx.req_prod_pvt % q->rx_pages.count;
			rf_rx_put(q, i == bad ? RF_BAD_GREF : q->rx_pages.ref[page], -1);
		}
		rf_rx_push(q);
		rf_make_frame(rf_data, 9000, rf_random());
		rf_netdev_send(&f->netdev, rf_data, 9000, NULL);
		RF_CHECK(rf_rx_get(q, &rf_arrival, RF_TIMEOUT_MS), "no answer to a bad buffer");
		RF_CHECK(rf_arrival.pieces == 3 && rf_arrival.status == XEN_NETIF_RSP_ERROR,
			 "status %d in %u slots", rf_arrival.status, rf_arrival.pieces);
		rf_rx_post(q, 3);
		rf_make_frame(rf_data, 9000, rf_random());
		rf_netdev_send(&f->netdev, rf_data, 9000, NULL);
		rf_rx_expect(q, rf_data, 9000, &rf_arrival);
	}
	rf_netdev_set_mtu(&f->netdev, 1500);
}

/* Many flows over several queues: each packet once, a flow on one queue, in order. */
static void rf_rx_queues(struct rf_front *f)
{
	enum { FLOWS = 20, ROUNDS = 3 };
	unsigned int i, n, used = 0, count[RF_QUEUES_MAX] = { 0 };
	unsigned int seen[FLOWS] = { 0 }, queue[FLOWS];
	u16 port;

	rf_netdev_queue_by_flow(&f->netdev, f->nr_queues);
	for (i = 0; i < FLOWS * ROUNDS; i++) {
		struct rf_ip ip = {
			.version = 4, .protocol = IPPROTO_UDP, .sport = 1000 + i % FLOWS,
			.dport = 7, .payload = 30 + i / FLOWS,
		};

		rf_netdev_send(&f->netdev, rf_data, rf_make_ip(rf_data, &ip), NULL);
	}

	for (n = 0; n < f->nr_queues; n++) {
		while (rf_rx_get(&f->queue[n], &rf_arrival, n ? 300 : 1500)) {
			port = (rf_arrival.data[34] << 8 | rf_arrival.data[35]) - 1000;
			RF_CHECK(port < FLOWS, "a packet of an unknown flow");
			if (!seen[port])
				queue[port] = n;
			RF_CHECK(queue[port] == n, "a flow came on two queues");
			RF_CHECK(rf_arrival.len == 42 + 30 + seen[port],
				 "packet %u of a flow did not come in order", seen[port]);
			seen[port]++;
			count[n]++;
			rf_rx_post(&f->queue[n], 1);
		}
		used += count[n] != 0;
	}
	for (i = 0; i < FLOWS; i++)
		RF_CHECK(seen[i] == ROUNDS, "%u packets of flow %u came, expected %u", seen[i],
			 i, ROUNDS);
	RF_CHECK(used > 1, "all flows came on one queue");
}

const struct rf_case rf_rx_cases[] = {
	{ .name = "rx_small", .run = rf_rx_small, .config = { .post = 32 } },
	{ .name = "rx_large", .run = rf_rx_large, .config = { .post = 64 } },
	{
		.name = "rx_without_sg", .run = rf_rx_without_sg,
		.config = { .post = 32, .no_sg = true },
	}, {
		.name = "rx_mtu_follows_sg", .run = rf_rx_mtu_follows_sg,
		.config = { .post = 32 },
	},
	{ .name = "rx_ring_end", .run = rf_rx_ring_end, .config = { .post = 100 } },
	{ .name = "rx_full_ring", .run = rf_rx_ring_end, .config = { .post = 256 } },
	{
		.name = "rx_indices_wrap", .run = rf_rx_ring_end,
		.config = { .post = 64, .rx_start = 0U - 100 },
	},
	{ .name = "rx_order", .run = rf_rx_order, .config = { .post = 16 } },
	{ .name = "rx_gso", .run = rf_rx_gso, .config = { .post = 64 } },
	{
		.name = "rx_without_gso", .run = rf_rx_without_gso,
		.config = { .post = 64, .no_gso = true },
	},
	{ .name = "rx_csum", .run = rf_rx_csum, .config = { .post = 64 } },
	{
		.name = "rx_without_csum", .run = rf_rx_without_csum,
		.config = { .post = 64, .no_csum = true },
	}, {
		.name = "rx_bad_buffers", .run = rf_rx_bad_buffers,
		.moves = { { "tx_err_grant", 5 } },
	}, {
		.name = "rx_bad_buffer_in_packet", .run = rf_rx_bad_buffer_in_packet,
		.moves = { { "tx_err_grant", 3 } },
	}, {
		.name = "rx_shared_event_channel", .run = rf_rx_order,
		.config = { .post = 16, .shared = true },
	},
	{ .name = "rx_queues", .run = rf_rx_queues, .config = { .queues = 4, .post = 60 } },
	{
		.name = "rx_queues_shared_event_channels", .run = rf_rx_queues,
		.config = { .queues = 2, .post = 64, .shared = true },
	}, {
		.name = "rx_without_gso_tcpv4", .run = rf_rx_without_gso_tcpv4,
		.config = { .post = 64, .keys = { { "feature-gso-tcpv4", NULL } } },
	}, {
		.name = "rx_without_gso_tcpv6", .run = rf_rx_without_gso_tcpv6,
		.config = { .post = 64, .keys = { { "feature-gso-tcpv6", NULL } } },
	}, {
		.name = "rx_without_csum_ipv4", .run = rf_rx_without_csum_ipv4,
		.config = { .post = 64, .keys = { { "feature-no-csum-offload", "1" } } },
	}, {
		.name = "rx_without_csum_ipv6", .run = rf_rx_without_csum_ipv6,
		.config = { .post = 64, .keys = { { "feature-ipv6-csum-offload", NULL } } },
	}, {
		/* What is not a number is as good as 0. */
		.name = "rx_nonsense_sg", .run = rf_rx_without_sg,
		.config = { .post = 32, .keys = { { "feature-sg", "x" } } },
	}, {
		.name = "rx_nonsense_gso", .run = rf_rx_without_gso,
		.config = {
			.post = 64,
			.keys = { { "feature-gso-tcpv4", "x" }, { "feature-gso-tcpv6", "" } },
		},
	}, {
		.name = "rx_nonsense_csum", .run = rf_rx_without_csum_ipv6,
		.config = {
			.post = 64,
			.keys = { { "feature-no-csum-offload", "x" },
				  { "feature-ipv6-csum-offload", "x" } },
		},
	},
	{ 0 }
};
