// SPDX-License-Identifier: GPL-2.0
/* A guest that runs an XDP program: room in front of packets, and frames sent back. */

#include <string.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* What the guest's netfront asks for. */
#define RB_ROOM		256

/* More frames than a ring has slots. */
#define RB_FRAMES	300

static const struct rb_config rb_room = { .keys = { { "feature-xdp-headroom", "1" } } };

/* Connect to a guest that has a program from the start. */
static void rb_attach_program(struct rb_back *b, const char *program)
{
	rb_back_close(b);
	rb_guest_must(b, "xdpset attach %s %s frags", b->netdev, program);
	rb_back_connect(b, &rb_room);
	RF_CHECK(rb_back_read_number(b, b->dir, "xdp-headroom", 0) == RB_ROOM,
		 "the guest does not ask for %u bytes", RB_ROOM);
}

static void rb_detach_program(struct rb_back *b)
{
	rb_back_close(b);
	rb_guest_must(b, "xdpset detach %s", b->netdev);
}

/* A slot whose extra info tells of room in front of its data. */
static void rb_put_room(struct rb_back *b, const void *data, u16 len, u16 offset, u16 room)
{
	struct rb_slot slot = {
		.data = data, .len = len, .offset = offset, .flags = XEN_NETRXF_extra_info,
	};
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_XDP };

	memcpy(&extra.u, &room, sizeof(room));
	rb_rx_put(rb_first(b), &slot);
	rb_rx_put_extra(rb_first(b), &extra);
}

static void rb_echo_room(struct rb_back *b, bool counted_in)
{
	static u8 data[RB_ROOM + 1000];
	static struct rb_packet reply;

	rb_echo_make(data + RB_ROOM, 1000);
	if (counted_in)
		rb_put_room(b, data, sizeof(data), 0, RB_ROOM);
	else
		rb_put_room(b, data + RB_ROOM, 1000, RB_ROOM, RB_ROOM);
	rb_rx_push(rb_first(b));
	b->given++;
	RF_CHECK(rb_tx_get_any(b, &reply, RB_TIMEOUT_MS) &&
		 rb_echo_is_reply(data + RB_ROOM, 1000, &reply), "no reply");
	rb_tx_answer(&reply, XEN_NETIF_RSP_OKAY);
	rb_tx_push(reply.queue);
}

/* Told by the offset, counted in as Linux has it, not there; and larger than the slot. */
static void rb_headroom(struct rb_back *b)
{
	static const u16 rooms[] = { 101, RB_ROOM, 0xffff };
	static const u8 data[100];
	unsigned int i;

	rb_attach_program(b, "pass");
	rb_echo_room(b, false);
	rb_echo_room(b, true);
	rb_echo(rb_first(b), 20000);
	for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		rb_put_room(b, data, sizeof(data), 0, rooms[i]);
		rb_echo(rb_first(b), 1000);
	}
	rb_detach_program(b);
}

/* Frames that a program sends back come to a ring that nobody empties. */
static void rb_frames_no_room(struct rb_back *b)
{
	static const u8 guest_mac[] = RB_GUEST_MAC, our_ip[] = RB_OUR_IP, guest_ip[] = RB_GUEST_IP;
	struct rf_ip ip = { .version = 4, .protocol = IPPROTO_UDP, .sport = 4000, .dport = 9,
			    .payload = 200 };
	static struct rb_packet frame;
	unsigned int i, len, frames = 0;
	u8 data[300];

	rb_attach_program(b, "tx port=9");
	memcpy(ip.saddr, our_ip, 4);
	memcpy(ip.daddr, guest_ip, 4);
	len = rf_make_ip(data, &ip);
	memcpy(data, guest_mac, sizeof(guest_mac));
	for (i = 0; i < RB_FRAMES; i++) {
		rb_rx_packet(rb_first(b), data, len, 0, NULL);
		rb_rx_push(rb_first(b));
	}
	rb_queue_settle(rb_first(b));
	while (rb_tx_get_any(b, &frame, 500)) {
		RF_CHECK(frame.len == len && !memcmp(frame.data + 42, data + 42, len - 42),
			 "a frame has come back as another one");
		rb_tx_answer(&frame, XEN_NETIF_RSP_OKAY);
		rb_tx_push(frame.queue);
		frames++;
	}
	RF_CHECK(frames > RB_RING_SIZE / 2 && frames < RB_FRAMES, "%u of %u frames came back",
		 frames, RB_FRAMES);
	rb_back_expect_working(b);
	rb_detach_program(b);
}

const struct rb_case rb_xdp_cases[] = {
	{ .name = "rx_xdp_headroom", .run = rb_headroom, .moves = { { "rx_err_headroom", 3 } } },
	{ .name = "xdp_tx_no_room", .run = rb_frames_no_room, .uncounted = true,
	  .moves = { { "rx_xdp_tx", RB_FRAMES }, { "tx_drop_xdp", RF_AT_LEAST(1) } } },
	{ }
};
