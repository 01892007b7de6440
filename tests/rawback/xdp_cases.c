// SPDX-License-Identifier: GPL-2.0
/* XDP in the guest: the room that its packets have, or are said to have. */

#include <string.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* What netfront asks for, XDP_PACKET_HEADROOM. */
#define RB_HEADROOM	256

/* As long as the guest waits for a backend to be Reconfigured, and some more. */
#define RB_ANSWER_MIN_MS	3000
#define RB_ANSWER_MAX_MS	15000

/* Nothing from the guest for so long: it has sent all that it wanted to. */
#define RB_QUIET_MS	500

/* XDP frames that the TX ring takes: 19 slots of 256 are kept free for a large packet. */
#define RB_FRAMES	238
#define RB_FRAMES_LOST	22

#define RB_PORT		9

static u8 rb_data[RB_PACKET_MAX];
static struct rb_packet rb_reply;

/* ---- the program --------------------------------------------------------- */

static void rb_attach_program(struct rb_back *b, const char *program)
{
	rb_guest_must(b, "xdpset attach %s %s", b->netdev, program);
}

static void rb_detach_program(struct rb_back *b)
{
	rb_guest_must(b, "xdpset detach %s", b->netdev);
}

/* The guest asks for room, or for none. */
static void rb_await_asked(struct rb_back *b, long headroom)
{
	long asked;

	rb_back_await_state(b, XenbusStateReconfiguring);
	asked = rb_back_read_number(b, b->dir, "xdp-headroom", -1);
	RF_CHECK(asked == headroom, "xdp-headroom is %ld, expected %ld", asked, headroom);
}

/* And is answered. Both are Connected again then. */
static void rb_agree(struct rb_back *b, long headroom)
{
	rb_await_asked(b, headroom);
	rb_back_set_state(b, XenbusStateReconfigured);
	rb_back_await_state(b, XenbusStateConnected);
	rb_back_set_state(b, XenbusStateConnected);
}

/*
 * To a backend that stays Reconfigured, as Linux' do, the guest says the same, and does
 * not wait long for what cannot come.
 */
static void rb_await_told(struct rb_back *b, long headroom)
{
	long deadline = rf_now_ms() + RB_TIMEOUT_MS;

	while (rb_back_read_number(b, b->dir, "xdp-headroom", -1) != headroom) {
		RF_CHECK(rf_now_ms() < deadline, "xdp-headroom does not become %ld", headroom);
		rf_sleep_ms(20);
	}
	rb_back_await_state(b, XenbusStateConnected);
}

/* Without the offer no program can be attached, and the user is told why. */
static void rb_attach_refused(struct rb_back *b)
{
	char out[RB_OUTPUT_MAX];
	int status;

	status = rb_guest_run(b, out, "xdpset attach %s pass frags", b->netdev);
	RF_CHECK(status, "a program was attached without feature-xdp-headroom");
	RF_CHECK(strstr(out, "leaves no room for XDP"), "the user is told: %s", out);
}

/* ---- packets ------------------------------------------------------------- */

static void rb_put_extra(struct rb_back *b, u16 headroom)
{
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_XDP };

	memcpy(&extra.u, &headroom, sizeof(headroom));
	rb_rx_put_extra(rb_first(b), &extra);
}

static void rb_put(struct rb_back *b, const u8 *data, u16 offset, u16 len, u16 flags)
{
	struct rb_slot slot = { .data = data, .offset = offset, .len = len, .flags = flags };

	rb_rx_put(rb_first(b), &slot);
}

/* The room is in front of the data, and the offset says so: only in the first slot. */
static void rb_put_ours(struct rb_back *b, const u8 *data, u16 len, u16 split)
{
	rb_put(b, data, RB_HEADROOM, split ? split : len,
	       XEN_NETRXF_extra_info | (split ? XEN_NETRXF_more_data : 0));
	rb_put_extra(b, RB_HEADROOM);
	if (split)
		rb_put(b, data + split, 0, len - split, 0);
}

/* A slot that begins with room which is counted in, and of which the offset is 0. */
static void rb_put_counted(struct rb_back *b, const u8 *data, u16 headroom, u16 len, u16 flags)
{
	static u8 slot[XEN_PAGE_SIZE];

	memset(slot, 0xee, headroom);
	memcpy(slot + headroom, data, len);
	rb_put(b, slot, 0, headroom + len, flags);
}

/* As Linux' backends do it: room in every slot. */
static void rb_put_theirs(struct rb_back *b, const u8 *data, u16 headroom, u16 len, u16 first)
{
	bool more = first < len;

	rb_put_counted(b, data, headroom, first,
		       XEN_NETRXF_extra_info | (more ? XEN_NETRXF_more_data : 0));
	rb_put_extra(b, headroom);
	if (more)
		rb_put_counted(b, data + first, headroom, len - first, 0);
}

static void rb_echo_ours(struct rb_back *b, unsigned int len, u16 split)
{
	rb_echo_make(rb_data, len);
	rb_put_ours(b, rb_data, len, split);
	rb_echo_replied(b, rb_data, len);
}

static void rb_echo_theirs(struct rb_back *b, u16 headroom, unsigned int len, u16 first)
{
	rb_echo_make(rb_data, len);
	rb_put_theirs(b, rb_data, headroom, len, first);
	rb_echo_replied(b, rb_data, len);
}

/* Without room: the guest makes it, and counts that. */
static void rb_echo_plain(struct rb_back *b, unsigned int len)
{
	rb_echo_make(rb_data, len);
	rb_put(b, rb_data, 0, len, 0);
	rb_echo_replied(b, rb_data, len);
}

/* ---- cases --------------------------------------------------------------- */

static void rb_xdp_headroom(struct rb_back *b)
{
	rb_attach_program(b, "pass frags");
	rb_agree(b, RB_HEADROOM);

	rb_echo_ours(b, 200, 0);
	rb_echo_ours(b, 1500, 1000);
	rb_echo_theirs(b, RB_HEADROOM, 200, 200);
	rb_echo_theirs(b, RB_HEADROOM, 1500, 1000);
	/* All of it in the second slot. */
	rb_echo_theirs(b, RB_HEADROOM, 200, 0);

	/* Less room than was asked for, and none. */
	rb_echo_theirs(b, 100, 300, 300);
	rb_echo_theirs(b, 0, 300, 300);
	rb_echo_plain(b, 300);

	rb_back_set_state(b, XenbusStateReconfigured);
	rb_detach_program(b);
	rb_await_told(b, 0);
	/* Those that were on their way still have it. */
	rb_echo_theirs(b, RB_HEADROOM, 200, 200);
}

static void rb_put_lie(struct rb_back *b, u16 headroom, u16 size)
{
	rf_make_frame(rb_data, size, rf_random());
	rb_put(b, rb_data, 0, size, XEN_NETRXF_extra_info);
	rb_put_extra(b, headroom);
	rb_echo_ours(b, 200, 0);
}

static void rb_xdp_headroom_lies(struct rb_back *b)
{
	rb_attach_program(b, "pass frags");
	rb_agree(b, RB_HEADROOM);

	rb_put_lie(b, RB_HEADROOM, RB_HEADROOM - 1);
	rb_put_lie(b, 101, 100);
	rb_put_lie(b, XEN_PAGE_SIZE + 1, XEN_PAGE_SIZE);
	rb_put_lie(b, 0x8000, 1000);
	rb_put_lie(b, 0xffff, XEN_PAGE_SIZE);

	/* Only the second slot is too small. */
	rf_make_frame(rb_data, 1000, rf_random());
	rb_put_counted(b, rb_data, RB_HEADROOM, 300, XEN_NETRXF_extra_info | XEN_NETRXF_more_data);
	rb_put_extra(b, RB_HEADROOM);
	rb_put(b, rb_data, 0, RB_HEADROOM - 1, 0);
	rb_echo_ours(b, 200, 0);

	/* Room, and nothing behind it. */
	rb_put_lie(b, RB_HEADROOM, RB_HEADROOM);
	rb_put_lie(b, XEN_PAGE_SIZE, XEN_PAGE_SIZE);

	rb_detach_program(b);
	rb_agree(b, 0);
}

/* We never say that we have seen it: packets pass meanwhile, and it goes on by itself. */
static void rb_xdp_never_answered(struct rb_back *b)
{
	long start, took;

	rb_attach_program(b, "pass frags");
	rb_await_asked(b, RB_HEADROOM);
	start = rf_now_ms();
	rb_echo_plain(b, 300);
	rb_echo_ours(b, 300, 0);
	RF_CHECK(rb_back_wait_state(b, XenbusStateConnected, RB_ANSWER_MAX_MS),
		 "the guest still waits after %d ms", RB_ANSWER_MAX_MS);
	took = rf_now_ms() - start;
	rf_note("the guest waited for %ld ms", took);
	RF_CHECK(took >= RB_ANSWER_MIN_MS, "the guest waited for %ld ms only", took);
	rb_echo_plain(b, 300);

	rb_detach_program(b);
	rb_agree(b, 0);
}

/* The next backend leaves no room. The program stays; no other can be attached. */
static void rb_xdp_withdrawn(struct rb_back *b)
{
	char *key;

	rb_attach_program(b, "pass frags");
	rb_agree(b, RB_HEADROOM);
	rb_echo_ours(b, 200, 0);

	rb_back_close(b);
	rb_back_connect(b, &rb_config_good);
	key = rb_back_read(b, b->dir, "xdp-headroom");
	RF_CHECK(!key, "xdp-headroom is %s for a backend without the feature", key);
	rb_echo_plain(b, 300);
	rb_echo_plain(b, 3000);
	/* What was agreed with the last one no longer is. */
	rb_put_ours(b, rb_data, 200, 0);
	rb_echo_plain(b, 300);

	rb_attach_refused(b);
	rb_echo_plain(b, 300);
	rb_detach_program(b);
	rb_echo_plain(b, 300);
}

/* Take and answer whatever the guest sends. Return: how many packets. */
static unsigned int rb_answer_all(struct rb_back *b)
{
	unsigned int n = 0;

	while (rb_tx_get_any(b, &rb_reply, RB_QUIET_MS)) {
		rb_tx_answer(&rb_reply, XEN_NETIF_RSP_OKAY);
		rb_tx_push(rb_reply.queue);
		n++;
	}

	return n;
}

/* A program sends packets back to a backend that answers none, until the ring is full. */
static void rb_xdp_tx_full(struct rb_back *b)
{
	static const u8 guest_mac[] = RB_GUEST_MAC, our_mac[] = RB_OUR_MAC;
	static const u8 our_ip[] = RB_OUR_IP, guest_ip[] = RB_GUEST_IP;
	struct rf_ip ip = {
		.version = 4, .protocol = 17, .sport = 4000, .dport = RB_PORT, .payload = 100,
	};
	unsigned int i, len, sent;
	long deadline;

	rb_guest_must(b, "xdpset attach %s tx frags port=%u", b->netdev, RB_PORT);
	rb_agree(b, RB_HEADROOM);
	rb_answer_all(b);
	rb_queue_settle(rb_first(b));

	memcpy(ip.saddr, our_ip, 4);
	memcpy(ip.daddr, guest_ip, 4);
	len = rf_make_ip(rb_data, &ip);
	memcpy(rb_data, guest_mac, sizeof(guest_mac));
	memcpy(rb_data + sizeof(guest_mac), our_mac, sizeof(our_mac));
	for (i = 0; i < RB_FRAMES + RB_FRAMES_LOST; i++) {
		rb_put_ours(b, rb_data, len, 0);
		rb_rx_push(rb_first(b));
		b->given++;
	}

	/* Not before the guest has decided on all of them. */
	deadline = rf_now_ms() + RB_TIMEOUT_MS;
	while (*(volatile RING_IDX *)&rb_first(b)->rx.sring->rsp_event !=
	       rb_first(b)->rx.rsp_prod_pvt + 1) {
		RF_CHECK(rf_now_ms() < deadline, "the guest does not take in its packets");
		rf_sleep_ms(5);
	}
	RF_CHECK(rb_tx_waiting(rb_first(b)) == RB_FRAMES, "%u frames are on the ring, expected %d",
		 rb_tx_waiting(rb_first(b)), RB_FRAMES);

	sent = rb_answer_all(b);
	RF_CHECK(sent == RB_FRAMES, "%u frames came, expected %d", sent, RB_FRAMES);
	RF_CHECK(rb_reply.len == len && !memcmp(rb_reply.data, our_mac, sizeof(our_mac)) &&
		 rb_reply.data[36] == 4000 >> 8 && rb_reply.data[37] == (4000 & 0xff),
		 "what came back is not what was sent");
	rb_echo_ours(b, 200, 0);

	rb_detach_program(b);
	rb_agree(b, 0);
}

static const struct rb_config rb_roomy = { .headroom = true };

/* The guest closes the connection by itself, and comes back with its carrier on. */
static void rb_follow_again(struct rb_back *b, long headroom, long gso)
{
	long asked;

	rb_back_await_state(b, XenbusStateClosed);
	rb_back_forget(b);
	b->stayed = true;
	rb_back_set_state(b, XenbusStateClosed);
	rb_back_await_state(b, XenbusStateInitialising);
	rb_back_connect(b, &rb_roomy);
	if (headroom)
		rb_agree(b, headroom);
	asked = rb_back_read_number(b, b->dir, "feature-gso-tcpv4", -1);
	RF_CHECK(asked == gso, "feature-gso-tcpv4 is %ld, expected %ld", asked, gso);
}

/* A packet to be segmented cannot leave. The guest wants no more of them, until it can. */
static void rb_xdp_gso_leaves(struct rb_back *b)
{
	static const u8 guest_mac[] = RB_GUEST_MAC, our_ip[] = RB_OUR_IP, guest_ip[] = RB_GUEST_IP;
	struct rf_ip ip = {
		.version = 4, .protocol = 6, .sport = 4000, .dport = RB_PORT, .payload = 3000,
		.blank = true,
	};
	struct netif_extra_info extra = rf_gso_extra(XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	unsigned int len;

	rb_attach_program(b, "tx frags");
	rb_agree(b, RB_HEADROOM);
	memcpy(ip.saddr, our_ip, 4);
	memcpy(ip.daddr, guest_ip, 4);
	len = rf_make_ip(rb_data, &ip);
	memcpy(rb_data, guest_mac, sizeof(guest_mac));
	rb_rx_packet(rb_first(b), rb_data, len, XEN_NETRXF_csum_blank, &extra);
	rb_rx_push(rb_first(b));
	rb_follow_again(b, RB_HEADROOM, 0);

	rb_detach_program(b);
	rb_follow_again(b, 0, 1);
	rb_back_expect_working(b);
}

const struct rb_case rb_xdp_cases[] = {
	{ .name = "xdp_headroom", .run = rb_xdp_headroom, .config = &rb_roomy,
	  .moves = { { "rx_xdp_copied", 3 } } },
	{ .name = "xdp_headroom_lies", .run = rb_xdp_headroom_lies, .config = &rb_roomy,
	  .moves = { { "rx_err_headroom", 6 }, { "rx_err_short", 2 } } },
	{ .name = "xdp_never_answered", .run = rb_xdp_never_answered, .config = &rb_roomy,
	  .moves = { { "rx_xdp_copied", 2 } } },
	{ .name = "xdp_withdrawn", .run = rb_xdp_withdrawn, .config = &rb_roomy,
	  .moves = { { "rx_xdp_copied", 4 }, { "rx_err_extra_type", 1 } } },
	{ .name = "xdp_refused", .run = rb_attach_refused },
	{ .name = "xdp_tx_full", .run = rb_xdp_tx_full, .config = &rb_roomy,
	  .moves = { { "tx_drop_xdp", RB_FRAMES_LOST }, { "tx_xdp", RB_FRAMES },
		     { "rx_xdp_tx", RB_FRAMES + RB_FRAMES_LOST } } },
	{ .name = "xdp_gso_leaves", .run = rb_xdp_gso_leaves, .config = &rb_roomy,
	  .moves = { { "rx_drop_xdp_size", 1 } } },
	{ }
};
