// SPDX-License-Identifier: GPL-2.0
/* A guest without memory: what it then gives up, and how it goes on. */

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* More packets than it has buffers beyond what it thinks of as few. */
#define RB_DROPS	240

/* Of the guest's next allocations for packets so many fail. */
static void rb_fail_alloc(struct rb_back *b, unsigned int count)
{
	rb_guest_must(b, "[ -d /sys/kernel/debug/xen-netfront ] || "
		      "mount -t debugfs debugfs /sys/kernel/debug; "
		      "echo %u >/sys/kernel/debug/xen-netfront/vif-%u/fail_alloc", count, b->handle);
}

static void rb_expect_failed(struct rb_back *b)
{
	long left = rb_guest_number(b, "cat /sys/kernel/debug/xen-netfront/vif-%u/fail_alloc",
				    b->handle);

	RF_CHECK(!left, "%ld allocations have not failed yet", left);
}

static void rb_give(struct rb_back *b, unsigned int count, unsigned int len)
{
	static u8 data[RB_PACKET_MAX];

	while (count--) {
		rb_echo_make(data, len);
		rb_rx_packet(rb_first(b), data, len, 0, NULL);
		rb_rx_push(rb_first(b));
	}
}

/* A packet is dropped, and then there is no page for the ring in its place. */
static void rb_drop_no_memory(struct rb_back *b)
{
	rb_fail_alloc(b, 2);
	rb_give(b, 1, 1000);
	rb_queue_settle(rb_first(b));
	rb_expect_failed(b);
	rb_echo(rb_first(b), 20000);
}

/*
 * Almost no buffer is left, and nobody sends an event: it is the guest that has to look
 * again whether there is memory.
 */
static void rb_no_buffers(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);

	rb_fail_alloc(b, 10000);
	rb_give(b, RB_DROPS, 100);
	rb_queue_settle(q);
	RF_CHECK(rb_rx_posted(q) < 2 * (RB_RING_SIZE - RB_DROPS), "the guest has posted %u buffers",
		 rb_rx_posted(q));
	rb_fail_alloc(b, 0);
	rb_rx_await(q, RB_RING_SIZE);
	rb_echo(q, 20000);
}

/* What has to be copied is dropped when there is nothing to copy it to. */
static void rb_copy_no_memory(struct rb_back *b)
{
	rb_fail_alloc(b, 3);
	rb_guest_must(b, "ping -q -c 3 -i 0.1 -W 1 10.99.0.1 >/dev/null; :");
	rb_expect_failed(b);
}

static const struct rb_config rb_untrusted = { .untrusted = true };

const struct rb_case rb_memory_cases[] = {
	{ .name = "rx_no_memory", .run = rb_drop_no_memory,
	  .moves = { { "rx_drop_nomem", 1 }, { "rx_alloc_fail", 1 } } },
	{ .name = "rx_no_buffers", .run = rb_no_buffers,
	  .moves = { { "rx_drop_nomem", RB_DROPS }, { "rx_alloc_fail", RF_AT_LEAST(2) } } },
	{ .name = "tx_no_memory", .run = rb_copy_no_memory, .config = &rb_untrusted,
	  .moves = { { "tx_drop_nomem", 3 }, { "tx_copied", RF_AT_LEAST(1) } } },
	{ }
};
