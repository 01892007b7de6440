// SPDX-License-Identifier: GPL-2.0
/* Packets to the guest that are no good, and cost themselves alone. */

#include <string.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* What Linux's frontends ever took. */
#define RB_SLOTS_MOST	XEN_NETIF_NR_SLOTS_MIN

static u8 rb_data[RB_PACKET_MAX + XEN_PAGE_SIZE];

/* After each packet that is no good, in the same batch, comes one that is. */
static void rb_lost(struct rb_back *b)
{
	rb_echo(rb_first(b), RB_ECHO_HEADERS + rf_random_below(300));
}

static void rb_put(struct rb_back *b, struct rb_slot slot)
{
	rb_rx_put(rb_first(b), &slot);
}

/* A slot with bytes of a packet of no protocol. */
static void rb_put_data(struct rb_back *b, u16 len, u16 flags)
{
	rf_make_frame(rb_data, len, rf_random());
	rb_put(b, (struct rb_slot){ .data = rb_data, .len = len, .flags = flags });
}

static void rb_put_extra(struct rb_back *b, u8 type, u8 flags, u8 gso_type, u16 gso_size)
{
	struct netif_extra_info extra = { .type = type, .flags = flags };

	extra.u.gso.type = gso_type;
	extra.u.gso.size = gso_size;
	rb_rx_put_extra(rb_first(b), &extra);
}

static void rb_status_negative(struct rb_back *b)
{
	static const s16 statuses[] = {
		XEN_NETIF_RSP_ERROR, XEN_NETIF_RSP_DROPPED, -4096, -0x8000,
	};
	unsigned int i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		rb_put(b, (struct rb_slot){ .lies = true, .status = statuses[i] });
		rb_lost(b);
		/* In the midst of a packet, whose end is still looked for. */
		rb_put_data(b, 100, XEN_NETRXF_more_data);
		rb_put(b, (struct rb_slot){ .lies = true, .status = statuses[i],
					    .flags = XEN_NETRXF_more_data });
		rb_put_data(b, 100, 0);
		rb_lost(b);
	}
}

static void rb_crosses_page(struct rb_back *b)
{
	static const struct {
		u16 offset;
		s16 size;
	} places[] = {
		{ 0, 4097 }, { 4096, 1 }, { 1, 4096 }, { 4095, 2 }, { 0xffff, 1 }, { 0, 0x7fff },
		{ 0xffff, 0x7fff }, { 0x8000, 100 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		rb_put(b, (struct rb_slot){ .offset = places[i].offset, .lies = true,
					    .status = places[i].size });
		rb_lost(b);
	}
}

static void rb_shorter_than_ethernet(struct rb_back *b)
{
	unsigned int len;

	for (len = 0; len < 14; len++) {
		rb_put_data(b, len, 0);
		rb_lost(b);
	}
	/* Also in pieces. */
	rb_put_data(b, 0, XEN_NETRXF_more_data);
	rb_put_data(b, 6, XEN_NETRXF_more_data);
	rb_put_data(b, 7, 0);
	rb_lost(b);
}

static void rb_more_data_to_the_end(struct rb_back *b)
{
	rb_put_data(b, 100, XEN_NETRXF_more_data);
	rb_rx_push(rb_first(b));
	/* The next one is no part of it, since a packet is published as a whole. */
	rb_queue_settle(rb_first(b));
	rb_lost(b);
}

static void rb_too_many_slots(struct rb_back *b)
{
	unsigned int n, i;

	for (n = RB_SLOTS_MOST + 1; n <= RB_SLOTS_MOST + 3; n++) {
		rb_rx_await(rb_first(b), n + 1);
		for (i = 0; i < n; i++)
			rb_put_data(b, 100, i + 1 < n ? XEN_NETRXF_more_data : 0);
		rb_lost(b);
	}
	/* As many as there are buffers, but for those that the next needs. */
	n = rb_rx_posted(rb_first(b)) - 2;
	for (i = 0; i < n; i++)
		rb_put_data(b, 100, i + 1 < n ? XEN_NETRXF_more_data : 0);
	rb_lost(b);
}

static void rb_too_large(struct rb_back *b)
{
	unsigned int i;

	rb_rx_await(rb_first(b), RB_SLOTS_MOST + 1);
	for (i = 0; i < 17; i++)
		rb_put_data(b, XEN_PAGE_SIZE, i < 16 ? XEN_NETRXF_more_data : 0);
	rb_lost(b);
}

static void rb_extra_missing(struct rb_back *b)
{
	rb_put_data(b, 100, XEN_NETRXF_extra_info);
	rb_rx_push(rb_first(b));
	rb_queue_settle(rb_first(b));
	rb_lost(b);

	/* Promised by the extra info before it. */
	rb_put_data(b, 100, XEN_NETRXF_extra_info);
	rb_put_extra(b, XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE,
		     XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	rb_rx_push(rb_first(b));
	rb_queue_settle(rb_first(b));
	rb_lost(b);
}

/* Types that nobody has asked for, or nobody knows. */
static void rb_extra_bad_type(struct rb_back *b)
{
	static const u8 types[] = {
		0, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, XEN_NETIF_EXTRA_TYPE_MCAST_DEL,
		6, 15, 16, 0xff,
	};
	unsigned int i;

	for (i = 0; i < sizeof(types); i++) {
		rb_put_data(b, 100, XEN_NETRXF_extra_info);
		rb_put_extra(b, types[i], 0, 0, 0);
		rb_lost(b);
	}
}

/* Taken: there are backends that do what an earlier connection had asked for. */
static void rb_extra_hash_unasked(struct rb_back *b)
{
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_HASH };
	unsigned int len = rb_echo_make(rb_data, RB_ECHO_HEADERS + 100);

	rb_rx_packet(rb_first(b), rb_data, len, 0, &extra);
	rb_echo_replied(b, rb_data, len);
}

static void rb_extra_twice(struct rb_back *b)
{
	rb_put_data(b, 100, XEN_NETRXF_extra_info);
	rb_put_extra(b, XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE,
		     XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	rb_put_extra(b, XEN_NETIF_EXTRA_TYPE_GSO, 0, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	rb_lost(b);
}

static void rb_extra_xdp_unasked(struct rb_back *b)
{
	static const u16 headrooms[] = { 0, 256, 0xffff };
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_XDP };
	unsigned int i;

	for (i = 0; i < sizeof(headrooms) / sizeof(headrooms[0]); i++) {
		memcpy(&extra.u, &headrooms[i], sizeof(headrooms[i]));
		rb_put_data(b, 100, XEN_NETRXF_extra_info);
		rb_rx_put_extra(rb_first(b), &extra);
		rb_lost(b);
	}
}

/* A packet of IP; what is said of it is another matter. */
static unsigned int rb_make(u8 protocol, int version)
{
	static const u8 guest_mac[] = RB_GUEST_MAC, our_ip[] = RB_OUR_IP, guest_ip[] = RB_GUEST_IP;
	struct rf_ip ip = {
		.version = version, .protocol = protocol, .sport = 4000, .dport = 9,
		.payload = 3000, .blank = true,
	};
	unsigned int len;

	if (version == 4) {
		memcpy(ip.saddr, our_ip, 4);
		memcpy(ip.daddr, guest_ip, 4);
	}
	len = rf_make_ip(rb_data, &ip);
	memcpy(rb_data, guest_mac, sizeof(guest_mac));

	return len;
}

static void rb_gso(struct rb_back *b, unsigned int len, u16 flags, u8 type, u16 size)
{
	struct netif_extra_info extra = rf_gso_extra(type, size);

	rb_rx_packet(rb_first(b), rb_data, len, flags, &extra);
	rb_lost(b);
}

static void rb_gso_bad_size(struct rb_back *b)
{
	unsigned int len = rb_make(IPPROTO_TCP, 4);

	rb_gso(b, len, XEN_NETRXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, 0);
	rb_gso(b, len, XEN_NETRXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, 0xffff);
}

static void rb_gso_bad_type(struct rb_back *b)
{
	static const u8 types[] = { XEN_NETIF_GSO_TYPE_NONE, 3, 0xff };
	unsigned int i, len = rb_make(IPPROTO_TCP, 4);

	for (i = 0; i < sizeof(types); i++)
		rb_gso(b, len, XEN_NETRXF_csum_blank, types[i], 1000);
}

static void rb_gso_not_what_it_says(struct rb_back *b)
{
	unsigned int len = rb_make(IPPROTO_UDP, 4);

	rb_gso(b, len, XEN_NETRXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	len = rb_make(IPPROTO_TCP, 4);
	rb_gso(b, len, XEN_NETRXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV6, 1000);
	len = rb_make(IPPROTO_TCP, 6);
	rb_gso(b, len, XEN_NETRXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
}

/* Segments that came with a finished checksum are taken; there are such backends. */
static void rb_gso_without_blank(struct rb_back *b)
{
	unsigned int len = rb_make(IPPROTO_TCP, 4);

	rb_gso(b, len, 0, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	rb_gso(b, len, XEN_NETRXF_data_validated, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	b->given += 2;
}

/* Segments of the packet's own size, of one byte, and of more than the packet has. */
static void rb_gso_odd_sizes(struct rb_back *b)
{
	static const u16 sizes[] = { 1, 8, 3000, 3001, 0xfffe };
	unsigned int i, len = rb_make(IPPROTO_TCP, 4);

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		rb_gso(b, len, XEN_NETRXF_csum_blank, XEN_NETIF_GSO_TYPE_TCPV4, sizes[i]);
	b->given += sizeof(sizes) / sizeof(sizes[0]);
}

static void rb_csum_on_garbage(struct rb_back *b)
{
	unsigned int len;

	/* No protocol at all, or none with such a checksum. */
	rb_put_data(b, 14, XEN_NETRXF_csum_blank);
	rb_lost(b);
	rb_put_data(b, 1500, XEN_NETRXF_csum_blank);
	rb_lost(b);
	len = rb_echo_make(rb_data, 200);
	rb_rx_packet(rb_first(b), rb_data, len, XEN_NETRXF_csum_blank, NULL);
	rb_lost(b);
	/* Cut off in its headers. */
	rb_make(IPPROTO_TCP, 4);
	rb_rx_packet(rb_first(b), rb_data, 14 + 20 + 10, XEN_NETRXF_csum_blank, NULL);
	rb_lost(b);
	rb_rx_packet(rb_first(b), rb_data, 14 + 10, XEN_NETRXF_csum_blank, NULL);
	rb_lost(b);
	/* A header that is said to be longer than the packet. */
	rb_data[14] = 0x4f;
	rb_rx_packet(rb_first(b), rb_data, 14 + 40, XEN_NETRXF_csum_blank, NULL);
	rb_lost(b);
}

/* The place on the ring says which buffer it is; the id is for the curious. */
static void rb_wrong_id(struct rb_back *b)
{
	u8 data[RB_ECHO_HEADERS + 500];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		rb_echo_make(data, sizeof(data));
		rb_put(b, (struct rb_slot){ .data = data, .len = sizeof(data),
					    .id = 1 + i * 0x7777 });
		rb_echo_replied(b, data, sizeof(data));
	}
}

/* In many small pieces, some of them empty, the headers split anywhere. */
static void rb_pieces(struct rb_back *b)
{
	static u8 data[40000];
	unsigned int round, len, left, slots, n, most;

	for (round = 0; round < 30; round++) {
		most = round % 2 ? 200 : sizeof(data) - RB_ECHO_HEADERS;
		len = RB_ECHO_HEADERS + rf_random_below(most);
		rb_echo_make(data, len);
		rb_rx_await(rb_first(b), RB_SLOTS_MOST);
		for (left = len, slots = RB_SLOTS_MOST; left; left -= n) {
			slots--;
			most = left < XEN_PAGE_SIZE ? left : XEN_PAGE_SIZE;
			n = rf_random_below(3) ? rf_random_below(most + 1) : rf_random_below(20);
			if (n > most)
				n = most;
			if (left - n > slots * XEN_PAGE_SIZE)
				n = left - slots * XEN_PAGE_SIZE;
			rb_put(b, (struct rb_slot){
				.data = data + len - left, .len = n,
				.offset = rf_random_below(XEN_PAGE_SIZE - n + 1),
				.flags = left > n ? XEN_NETRXF_more_data : 0,
			});
		}
		rb_echo_replied(b, data, len);
	}
}

static void rb_rsp_producer(struct rb_back *b)
{
	static const RING_IDX steps[] = { 1, RB_RING_SIZE, 0x80000000, -1 };
	struct rb_queue *q = rb_first(b);
	unsigned int i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		rb_lost(b);
		rb_queue_settle(q);
		q->rx.sring->rsp_prod = (steps[i] == (RING_IDX)-1 ? q->rx.rsp_prod_pvt :
					 q->rx.sring->req_prod) + steps[i];
		rb_back_notify(b, q->rx_port);
		rb_back_expect_stopped(b, "filled buffers that it was never given");
		rb_back_reconnect(b);
		rb_back_expect_working(b);
	}
}

static void rb_interface_down(struct rb_back *b)
{
	u8 data[200];
	unsigned int i;

	rb_guest_must(b, "ip link set %s down", b->netdev);
	for (i = 0; i < 3; i++) {
		rb_echo_make(data, sizeof(data));
		rb_rx_packet(rb_first(b), data, sizeof(data), 0, NULL);
		rb_rx_push(rb_first(b));
	}
	rb_queue_settle(rb_first(b));
	rb_guest_set_up(b);
}

const struct rb_case rb_rx_cases[] = {
	{ .name = "rx_rsp_producer", .run = rb_rsp_producer, .moves = { { "broken_rx_prod", 4 } } },
	{ .name = "rx_status_negative", .run = rb_status_negative,
	  .moves = { { "rx_err_status", 8 } } },
	{ .name = "rx_crosses_page", .run = rb_crosses_page,
	  .moves = { { "rx_err_crosses_page", 8 } } },
	{ .name = "rx_shorter_than_ethernet", .run = rb_shorter_than_ethernet,
	  .moves = { { "rx_err_short", 15 } } },
	{ .name = "rx_more_data_to_the_end", .run = rb_more_data_to_the_end,
	  .moves = { { "rx_err_truncated", 1 } } },
	{ .name = "rx_too_many_slots", .run = rb_too_many_slots,
	  .moves = { { "rx_err_slots", 4 } } },
	{ .name = "rx_too_large", .run = rb_too_large, .moves = { { "rx_err_size", 1 } } },
	{ .name = "rx_extra_missing", .run = rb_extra_missing,
	  .moves = { { "rx_err_extra_missing", 2 } } },
	{ .name = "rx_extra_bad_type", .run = rb_extra_bad_type,
	  .moves = { { "rx_err_extra_type", 7 } } },
	{ .name = "rx_extra_hash_unasked", .run = rb_extra_hash_unasked },
	{ .name = "rx_extra_twice", .run = rb_extra_twice,
	  .moves = { { "rx_err_extra_twice", 1 } } },
	{ .name = "rx_extra_xdp_unasked", .run = rb_extra_xdp_unasked,
	  .moves = { { "rx_err_extra_type", 3 } } },
	{ .name = "rx_gso_bad_size", .run = rb_gso_bad_size, .moves = { { "rx_err_gso", 2 } } },
	{ .name = "rx_gso_bad_type", .run = rb_gso_bad_type, .moves = { { "rx_err_gso", 3 } } },
	{ .name = "rx_gso_not_what_it_says", .run = rb_gso_not_what_it_says,
	  .moves = { { "rx_err_gso", 3 } } },
	{ .name = "rx_gso_without_blank", .run = rb_gso_without_blank,
	  .moves = { { "rx_gso_checksum_fixup", 2 } } },
	{ .name = "rx_gso_odd_sizes", .run = rb_gso_odd_sizes },
	{ .name = "rx_csum_on_garbage", .run = rb_csum_on_garbage,
	  .moves = { { "rx_err_csum", 6 } } },
	{ .name = "rx_wrong_id", .run = rb_wrong_id, .moves = { { "rx_id_mismatch", 3 } } },
	{ .name = "rx_pieces", .run = rb_pieces },
	{ .name = "rx_interface_down", .run = rb_interface_down,
	  .moves = { { "rx_drop_down", 3 } } },
	{ }
};
