// SPDX-License-Identifier: GPL-2.0
/* Extra info, checksums and segments of packets to the backend. */

#include <string.h>

#include "case.h"
#include "frame.h"
#include "split.h"
#include "hostile.h"
#include "skbhash.h"

#define RF_BLANK	(XEN_NETTXF_csum_blank | XEN_NETTXF_data_validated)

static u8 rf_data[RF_PACKET_MAX];

static struct rf_packet rf_ip_packet(int version, u8 protocol, unsigned int payload,
				     bool blank)
{
	const struct rf_ip ip = {
		.version = version, .protocol = protocol, .sport = 1024 + rf_random_below(60000),
		.dport = 9, .payload = payload, .blank = blank,
	};
	struct rf_packet packet = { .data = rf_data, .flags = blank ? RF_BLANK : 0 };

	packet.len = rf_make_ip(rf_data, &ip);
	return packet;
}

static void rf_add_extra(struct rf_packet *packet, struct netif_extra_info extra)
{
	packet->extra[packet->nr_extras++] = extra;
}

/* Send a packet that must come out, and have the stack say what it is. */
static void rf_send_and_look(struct rf_front *f, const struct rf_packet *packet,
			     struct rf_frame *frame)
{
	struct rf_queue *q = &f->queue[0];

	rf_tx_queue(q, packet);
	rf_tx_push(q);
	RF_CHECK(rf_netdev_receive(&f->netdev, frame, RF_TIMEOUT_MS),
		 "a packet of %u bytes did not come out", packet->len);
	RF_CHECK(frame->len == packet->len, "%u bytes came out, expected %u", frame->len,
		 packet->len);
	rf_tx_settle(q);
	f->sent++;
}

/* Send a packet that is answered, as all of it is there, and then discarded. */
static void rf_send_in_vain(struct rf_front *f, const struct rf_packet *packet)
{
	struct rf_queue *q = &f->queue[0];
	u8 data[90];
	struct rf_packet good = { .data = data, .len = sizeof(data) };

	rf_tx_queue(q, packet);
	rf_make_frame(data, sizeof(data), rf_random());
	rf_tx_send(q, &good);
}

static void rf_gso(struct rf_front *f)
{
	static const struct {
		int version;
		u8 type;
		u8 virtio;
	} kinds[] = {
		{ 4, XEN_NETIF_GSO_TYPE_TCPV4, VIRTIO_NET_HDR_GSO_TCPV4 },
		{ 6, XEN_NETIF_GSO_TYPE_TCPV6, VIRTIO_NET_HDR_GSO_TCPV6 },
	};
	static const unsigned int payloads[] = { 1449, 3000, 20000, 65000 };
	static struct rf_frame frame;
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < 4; j++) {
			struct rf_packet packet = rf_ip_packet(kinds[i].version, IPPROTO_TCP,
							       payloads[j], true);

			rf_split_random(&packet, 19);
			rf_add_extra(&packet, rf_gso_extra(kinds[i].type, 1448));
			rf_send_and_look(f, &packet, &frame);
			RF_CHECK(!memcmp(frame.data, rf_data, packet.len),
				 "%u bytes are not what was sent", packet.len);
			RF_CHECK(frame.offload.gso_type == kinds[i].virtio,
				 "segment type %u came out", frame.offload.gso_type);
			RF_CHECK(frame.offload.gso_size == 1448,
				 "segment size %u came out", frame.offload.gso_size);
			RF_CHECK(frame.offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM,
				 "the checksum is not asked for");
		}
	}
}

/* A single segment is an ordinary packet. */
static void rf_gso_single_segment(struct rf_front *f)
{
	struct rf_packet packet = rf_ip_packet(4, IPPROTO_TCP, 1448, true);
	static struct rf_frame frame;

	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1448));
	rf_send_and_look(f, &packet, &frame);
	RF_CHECK(!frame.offload.gso_type, "segment type %u came out", frame.offload.gso_type);
}

/* Some frontends forget to ask for the checksum of what will be cut up. */
static void rf_gso_without_blank(struct rf_front *f)
{
	struct rf_packet packet = rf_ip_packet(4, IPPROTO_TCP, 5000, false);
	static struct rf_frame frame;

	rf_split_even(&packet, 3);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_send_and_look(f, &packet, &frame);
	RF_CHECK(frame.offload.gso_size == 1000, "segment size %u came out",
		 frame.offload.gso_size);
	RF_CHECK(frame.offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM,
		 "the checksum is not asked for");
	/* Everything but the checksum itself. */
	memset(frame.data + 50, 0, 2);
	memset(rf_data + 50, 0, 2);
	RF_CHECK(!memcmp(frame.data, rf_data, packet.len), "the bytes are not what was sent");
}

static void rf_gso_bad_values(struct rf_front *f)
{
	static const struct {
		u8 type;
		u16 size;
	} bad[] = {
		{ XEN_NETIF_GSO_TYPE_TCPV4, 0 }, { XEN_NETIF_GSO_TYPE_TCPV6, 0 },
		{ XEN_NETIF_GSO_TYPE_TCPV4, 0xffff }, { XEN_NETIF_GSO_TYPE_NONE, 1000 },
		{ 3, 1000 }, { 255, 1000 },
	};
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		packet = rf_ip_packet(4, IPPROTO_TCP, 3000, true);
		rf_split_even(&packet, 2);
		rf_add_extra(&packet, rf_gso_extra(bad[i].type, bad[i].size));
		rf_tx_refused(&f->queue[0], &packet);
	}
}

/* The values are good, and the packet is another one. */
static void rf_gso_other_packet(struct rf_front *f)
{
	struct rf_packet packet;

	packet = rf_ip_packet(6, IPPROTO_TCP, 3000, true);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_send_in_vain(f, &packet);

	packet = rf_ip_packet(4, IPPROTO_TCP, 3000, true);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV6, 1000));
	rf_send_in_vain(f, &packet);

	packet = rf_ip_packet(4, IPPROTO_UDP, 3000, true);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_send_in_vain(f, &packet);

	/* A TCP header longer than the packet. */
	packet = rf_ip_packet(4, IPPROTO_TCP, 20, true);
	rf_data[14 + 20 + 12] = 0xf0;
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 10));
	rf_send_in_vain(f, &packet);

	/* One shorter than a TCP header. */
	packet = rf_ip_packet(4, IPPROTO_TCP, 3000, true);
	rf_data[14 + 20 + 12] = 0x40;
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_send_in_vain(f, &packet);
}

static void rf_csum_blank(struct rf_front *f)
{
	static const struct {
		int version;
		u8 protocol;
	} kinds[] = {
		{ 4, IPPROTO_TCP }, { 4, IPPROTO_UDP }, { 6, IPPROTO_TCP }, { 6, IPPROTO_UDP },
	};
	static struct rf_frame frame;
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct rf_ip ip = { .version = kinds[i].version, .protocol = kinds[i].protocol };
		struct virtio_net_hdr wanted;

		packet = rf_ip_packet(ip.version, ip.protocol, 700, true);
		rf_send_and_look(f, &packet, &frame);
		RF_CHECK(!memcmp(frame.data, rf_data, packet.len), "not what was sent");
		rf_ip_offload(&ip, 0, &wanted);
		RF_CHECK(frame.offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
			 frame.offload.csum_start == wanted.csum_start &&
			 frame.offload.csum_offset == wanted.csum_offset,
			 "checksum at %u+%u of IPv%d protocol %u", frame.offload.csum_start,
			 frame.offload.csum_offset, ip.version, ip.protocol);
	}
}

static void rf_csum_validated(struct rf_front *f)
{
	struct rf_packet packet = rf_ip_packet(4, IPPROTO_UDP, 100, false);
	static struct rf_frame frame;

	packet.flags = XEN_NETTXF_data_validated;
	rf_send_and_look(f, &packet, &frame);
	RF_CHECK(frame.offload.flags & VIRTIO_NET_HDR_F_DATA_VALID,
		 "the packet does not count as validated");
}

/* A checksum is to be filled in where there is none. */
static void rf_csum_bad(struct rf_front *f)
{
	struct rf_packet packet;

	packet = rf_ip_packet(4, IPPROTO_ICMP, 100, true);
	rf_send_in_vain(f, &packet);
	packet = rf_ip_packet(6, IPPROTO_ICMPV6, 100, true);
	rf_send_in_vain(f, &packet);

	/* Not IP. */
	packet.len = 100;
	rf_make_frame(rf_data, packet.len, rf_random());
	rf_send_in_vain(f, &packet);

	/* It ends within the IP header, and within TCP's. */
	packet = rf_ip_packet(4, IPPROTO_TCP, 0, true);
	packet.len = 14 + 12;
	rf_send_in_vain(f, &packet);
	packet = rf_ip_packet(4, IPPROTO_TCP, 0, true);
	packet.len = 14 + 20 + 10;
	rf_send_in_vain(f, &packet);

	/* A fragment, of which nobody knows where its checksum is. */
	packet = rf_ip_packet(4, IPPROTO_UDP, 100, true);
	rf_data[14 + 6] = 0x20;
	rf_send_in_vain(f, &packet);
}

static void rf_extra_unknown(struct rf_front *f)
{
	static const u8 types[] = {
		XEN_NETIF_EXTRA_TYPE_NONE, XEN_NETIF_EXTRA_TYPE_XDP, 6, 15, 16, 31, 32, 255,
	};
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(types); i++) {
		packet = rf_ip_packet(4, IPPROTO_TCP, 100, false);
		packet.nr_extras = 1;
		memset(&packet.extra[0], 0, sizeof(packet.extra[0]));
		packet.extra[0].type = types[i];
		rf_hostile_packet(f, &packet, "unknown type of extra info");
	}
}

static void rf_extra_twice(struct rf_front *f)
{
	struct netif_extra_info hash = { .type = XEN_NETIF_EXTRA_TYPE_HASH };
	struct rf_packet packet;

	packet = rf_ip_packet(4, IPPROTO_TCP, 3000, true);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_hostile_packet(f, &packet, "same extra info twice");

	packet = rf_ip_packet(4, IPPROTO_TCP, 3000, true);
	rf_add_extra(&packet, hash);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000));
	rf_add_extra(&packet, hash);
	rf_hostile_packet(f, &packet, "same extra info twice");
}

/* Announced, and the ring ends; announced by the extra before it, likewise. */
static void rf_extra_missing(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct netif_extra_info extra = rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	struct netif_tx_request request = {
		.gref = q->tx_pages.ref[0], .size = 100, .flags = XEN_NETTXF_extra_info,
	};
	struct rf_packet packet = rf_ip_packet(4, IPPROTO_TCP, 100, false);

	rf_hostile_truncated(f, &packet, XEN_NETTXF_extra_info);

	extra.flags = XEN_NETIF_EXTRA_FLAG_MORE;
	rf_tx_put(q, &request, RF_NO_ANSWER);
	rf_tx_put_extra(q, &extra, false);
	rf_tx_push(q);
	rf_hostile_stopped(f, "packet continues beyond the ring's producer");
}

/* Extra info that nobody announced is a packet, and a bad one. */
static void rf_extra_unannounced(struct rf_front *f)
{
	struct netif_extra_info extra = rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	struct rf_queue *q = &f->queue[0];
	struct netif_tx_request request = { 0 };
	u8 data[90];
	struct rf_packet good = { .data = data, .len = sizeof(data) };

	memcpy(&request, &extra, sizeof(extra));
	request.id = 777;
	rf_tx_put(q, &request, XEN_NETIF_RSP_ERROR);
	rf_make_frame(data, sizeof(data), rf_random());
	rf_tx_send(q, &good);
}

/* The other way round: a data slot where extra info was announced. */
static void rf_extra_is_data(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct netif_tx_request request = {
		.gref = 0x00ffffff, .size = 100, .flags = XEN_NETTXF_extra_info,
	};

	rf_tx_put(q, &request, RF_NO_ANSWER);
	request.flags = 0;
	rf_tx_put(q, &request, RF_NO_ANSWER);
	rf_tx_push(q);
	rf_hostile_stopped(f, "unknown type of extra info");
}

/* A hash that the guest has computed, alone and together with segments. */
static void rf_extra_hash(struct rf_front *f)
{
	struct netif_extra_info hash = { .type = XEN_NETIF_EXTRA_TYPE_HASH };
	static struct rf_frame frame;
	struct rf_packet packet;

	hash.u.hash.type = _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP;
	hash.u.hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
	memset(hash.u.hash.value, 0x5a, sizeof(hash.u.hash.value));

	packet = rf_ip_packet(4, IPPROTO_TCP, 100, false);
	rf_add_extra(&packet, hash);
	rf_tx_send(&f->queue[0], &packet);

	packet = rf_ip_packet(4, IPPROTO_TCP, 6000, true);
	rf_split_even(&packet, 4);
	rf_add_extra(&packet, rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1400));
	rf_add_extra(&packet, hash);
	rf_send_and_look(f, &packet, &frame);
	RF_CHECK(frame.offload.gso_size == 1400, "segment size %u came out",
		 frame.offload.gso_size);

	/* Of a kind that nobody knows: it is of no use, and does no harm. */
	hash.u.hash.type = 200;
	hash.u.hash.algorithm = 99;
	packet = rf_ip_packet(4, IPPROTO_TCP, 100, false);
	rf_add_extra(&packet, hash);
	rf_tx_send(&f->queue[0], &packet);
}

static u64 rf_ignored(struct rf_front *f)
{
	static struct rf_counters counters;
	u64 value;

	rf_netdev_counters(&f->netdev, &counters);
	RF_CHECK(rf_counter(&counters, "rx_hash_ignored", &value), "no rx_hash_ignored");
	return value;
}

/* Give a packet some hash. Return: the hash. */
static u32 rf_add_hash(struct rf_packet *packet, u8 algorithm, u8 type)
{
	struct netif_extra_info hash = { .type = XEN_NETIF_EXTRA_TYPE_HASH };
	u32 value = rf_random() | 1;

	hash.u.hash.type = type;
	hash.u.hash.algorithm = algorithm;
	memcpy(hash.u.hash.value, (u8 []){ value, value >> 8, value >> 16, value >> 24 }, 4);
	rf_add_extra(packet, hash);

	return value;
}

/* Send a packet with a hash; the stack has it, or has none and it was counted. */
static void rf_send_hashed(struct rf_front *f, struct rf_packet *packet, u8 algorithm, u8 type,
			   bool believed)
{
	u32 value = rf_add_hash(packet, algorithm, type);
	u64 before = rf_ignored(f), ignored;

	rf_hash_only(&f->netdev, believed ? value : 0);
	rf_tx_send(&f->queue[0], packet);
	rf_hash_any(&f->netdev);

	ignored = rf_ignored(f) - before;
	RF_CHECK(ignored == !believed, "type %u, algorithm %u: rx_hash_ignored moved by %lu", type,
		 algorithm, (unsigned long)ignored);
}

/* It becomes the packet's hash in the stack. */
static void rf_extra_hash_value(struct rf_front *f)
{
	static const struct {
		int version;
		u8 type;
		bool flow;
	} kinds[] = {
		{ 4, _XEN_NETIF_CTRL_HASH_TYPE_IPV4, false },
		{ 4, _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP, true },
		{ 6, _XEN_NETIF_CTRL_HASH_TYPE_IPV6, false },
		{ 6, _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP, true },
	};
	struct rf_flow_hash look;
	struct rf_packet packet;
	unsigned int i;
	u32 value, used;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		packet = rf_ip_packet(kinds[i].version, IPPROTO_TCP, 100, false);
		rf_send_hashed(f, &packet, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, kinds[i].type,
			       true);

		/* One of addresses only is not taken for that of the flow. */
		packet = rf_ip_packet(kinds[i].version, IPPROTO_TCP, 100, false);
		value = rf_add_hash(&packet, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
				    kinds[i].type);
		rf_flow_hash_begin(&look, &f->netdev);
		rf_tx_send(&f->queue[0], &packet);
		used = rf_flow_hash_end(&look);
		RF_CHECK((used == value) == kinds[i].flow, "type %u: hash %#x, %#x was sent",
			 kinds[i].type, used, value);
	}

	/* None is what a packet has that came without. */
	packet = rf_ip_packet(4, IPPROTO_TCP, 100, false);
	rf_hash_only(&f->netdev, 0);
	rf_tx_send(&f->queue[0], &packet);
	rf_hash_any(&f->netdev);
}

/* It is of another kind of packet, or of a kind that nobody knows. */
static void rf_extra_hash_ignored(struct rf_front *f)
{
	static const struct {
		int version;
		u8 algorithm;
		u8 type;
	} kinds[] = {
		{ 6, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP },
		{ 6, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, _XEN_NETIF_CTRL_HASH_TYPE_IPV4 },
		{ 4, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP },
		{ 4, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, _XEN_NETIF_CTRL_HASH_TYPE_IPV6 },
		{ 4, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 200 },
		{ 4, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP },
		{ 4, 99, _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP },
	};
	struct rf_packet packet;
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		packet = rf_ip_packet(kinds[i].version, IPPROTO_TCP, 100, false);
		rf_send_hashed(f, &packet, kinds[i].algorithm, kinds[i].type, false);
	}

	/* Not IP. */
	packet = (struct rf_packet){ .data = rf_data, .len = 100 };
	rf_make_frame(rf_data, packet.len, rf_random());
	rf_send_hashed(f, &packet, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
		       _XEN_NETIF_CTRL_HASH_TYPE_IPV4, false);
}

const struct rf_case rf_offload_cases[] = {
	{ .name = "gso", .run = rf_gso },
	{ .name = "gso_single_segment", .run = rf_gso_single_segment },
	{
		.name = "gso_without_blank", .run = rf_gso_without_blank,
		.moves = { { "rx_gso_checksum_fixup", 1 } },
	}, {
		.name = "gso_bad_values", .run = rf_gso_bad_values,
		.moves = { { "rx_err_gso", 6 } },
	}, {
		.name = "gso_other_packet", .run = rf_gso_other_packet,
		.moves = { { "rx_err_gso", 5 } },
	},
	{ .name = "csum_blank", .run = rf_csum_blank },
	{ .name = "csum_validated", .run = rf_csum_validated },
	{
		.name = "csum_bad", .run = rf_csum_bad,
		.moves = { { "rx_err_csum", 6 } },
	}, {
		.name = "extra_unknown", .run = rf_extra_unknown,
		.moves = { { "rx_err_fatal", 8 } },
	}, {
		.name = "extra_twice", .run = rf_extra_twice,
		.moves = { { "rx_err_fatal", 2 } },
	}, {
		.name = "extra_missing", .run = rf_extra_missing,
		.moves = { { "rx_err_fatal", 2 } },
	}, {
		.name = "extra_unannounced", .run = rf_extra_unannounced,
		.moves = { { "rx_err_short", 1 } },
	}, {
		.name = "extra_is_data", .run = rf_extra_is_data,
		.moves = { { "rx_err_fatal", 1 } },
	},
	{ .name = "extra_hash", .run = rf_extra_hash, .moves = { { "rx_hash_ignored", 1 } } },
	{
		.name = "extra_hash_value", .run = rf_extra_hash_value,
		.moves = { { "rx_hash_ignored", 0 } },
	}, {
		.name = "extra_hash_ignored", .run = rf_extra_hash_ignored,
		.moves = { { "rx_hash_ignored", 8 } },
	},
	{ 0 }
};
