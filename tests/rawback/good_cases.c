// SPDX-License-Identifier: GPL-2.0
/* Backends that do nothing wrong: what passes, and how. */

#include "case.h"
#include "echo.h"
#include "frame.h"

/* Around everything that could matter: headers, copies, pages, slots. */
static const unsigned int rb_sizes[] = {
	RB_ECHO_HEADERS, 60, 64, 255, 256, 257, 300, 1514, 4095, 4096, 4097, 8192, 12289,
	16384, 30000, 40000, 61000, 65000,
};

static void rb_echo_sizes(struct rb_back *b)
{
	unsigned int i;

	for (i = 0; i < sizeof(rb_sizes) / sizeof(rb_sizes[0]); i++)
		rb_echo(rb_first(b), rb_sizes[i]);
}

static void rb_echo_queues(struct rb_back *b)
{
	unsigned int i;

	RF_CHECK(b->nr_queues == 2, "the frontend has %u queues, 2 were offered", b->nr_queues);
	for (i = 0; i < 40; i++)
		rb_echo(&b->queue[i % 2], RB_ECHO_HEADERS + rf_random_below(9000));
}

static void rb_reconnects(struct rb_back *b)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		rb_echo(rb_first(b), 1000);
		rb_back_reconnect(b);
	}
}

static const struct rb_config rb_two_queues = { .queues = 2 };
static const struct rb_config rb_shared = { .shared = true };
static const struct rb_config rb_untrusted = { .untrusted = true };

const struct rb_case rb_good_cases[] = {
	{ .name = "echo_sizes", .run = rb_echo_sizes },
	{ .name = "echo_queues", .run = rb_echo_queues, .config = &rb_two_queues },
	{ .name = "echo_shared_event_channel", .run = rb_echo_sizes, .config = &rb_shared },
	{ .name = "echo_untrusted", .run = rb_echo_sizes, .config = &rb_untrusted,
	  .moves = { { "tx_copied", RF_AT_LEAST(18) } } },
	{ .name = "reconnects", .run = rb_reconnects },
	{ }
};
