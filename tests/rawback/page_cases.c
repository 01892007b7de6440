// SPDX-License-Identifier: GPL-2.0
/* Pages of the guest's: kept by us, and what else can be seen in them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* As long as the guest looks again whether it has got them back. */
#define RB_LIMBO_MS	2500

/* From here on the guest does not connect to us again. */
#define RB_HELD_MAX	4096

static struct rb_packet rb_reply;

static u8 *rb_map(struct rb_back *b, u32 gref, bool writable)
{
	u8 *page = xengnttab_map_grant_ref(b->gnttab, b->domid, gref,
					   writable ? PROT_READ | PROT_WRITE : PROT_READ);

	RF_CHECK(page, "cannot map grant %u: %s", gref, strerror(errno));
	return page;
}

static void rb_unmap(struct rb_back *b, u8 *page)
{
	xengnttab_unmap(b->gnttab, page, 1);
}

/* Packets of all sizes both ways, for what the guest might use again. */
static void rb_traffic(struct rb_back *b)
{
	unsigned int i;

	for (i = 0; i < 40; i++)
		rb_echo(rb_first(b), RB_ECHO_HEADERS + rf_random_below(i % 4 ? 3000 : 40000));
}

/*
 * Answer a packet whose pages are still mapped. What we see of it afterwards must
 * stay as it is: the packet, or all of the page when it holds nothing else.
 */
static void rb_tx_kept(struct rb_back *b, bool whole)
{
	static u8 was[XEN_PAGE_SIZE];
	const struct netif_tx_request *slot;
	unsigned int from, to;
	u8 *page;

	rb_echo_request(rb_first(b), 9000);
	rb_echo_reply(rb_first(b), &rb_reply);
	RF_CHECK(rb_reply.nr_slots > 1, "9000 bytes came in one slot");
	slot = &rb_reply.slot[1];
	page = rb_map(b, slot->gref, false);
	memcpy(was, page, sizeof(was));

	rb_tx_answer(&rb_reply, XEN_NETIF_RSP_OKAY);
	b->taken--;
	rb_tx_push(rb_first(b));
	rb_back_expect_stopped(b, "answered a transmission but keeps its page");
	rb_back_reconnect(b);
	rb_traffic(b);
	rf_sleep_ms(RB_LIMBO_MS);
	rb_traffic(b);

	from = whole ? 0 : slot->offset;
	to = whole ? XEN_PAGE_SIZE : slot->offset + slot->size;
	RF_CHECK(!memcmp(page + from, was + from, to - from),
		 "a page that we have kept holds something else now");
	rb_unmap(b, page);
	rf_sleep_ms(RB_LIMBO_MS);
	rb_traffic(b);
}

static void rb_tx_page_kept(struct rb_back *b)
{
	rb_tx_kept(b, false);
}

static void rb_tx_page_kept_untrusted(struct rb_back *b)
{
	rb_tx_kept(b, true);
}

/* Give the guest a packet in buffers of which we keep one, mapped. */
static u8 *rb_rx_keep(struct rb_back *b, unsigned int slots, unsigned int kept)
{
	static u8 data[XEN_PAGE_SIZE];
	struct rb_queue *q = rb_first(b);
	struct netif_rx_request request;
	u8 *page = NULL;
	unsigned int i;

	rf_make_frame(data, sizeof(data), rf_random());
	rb_rx_await(q, slots);
	for (i = 0; i < slots; i++) {
		struct rb_slot slot = {
			.data = data, .len = 1000,
			.flags = i + 1 < slots ? XEN_NETRXF_more_data : 0,
		};

		RING_COPY_REQUEST(&q->rx, q->rx.req_cons, &request);
		if (i == kept)
			page = rb_map(b, request.gref, true);
		rb_rx_put(q, &slot);
	}
	rb_rx_push(q);

	return page;
}

/* We go on writing to a buffer after we have said that it is the guest's. */
static void rb_rx_page_kept(struct rb_back *b)
{
	u8 *page[3];
	unsigned int i, n;

	for (i = 0; i < 3; i++) {
		page[i] = rb_rx_keep(b, i + 1, i);
		rb_back_expect_stopped(b, "filled a buffer but keeps its page");
		rb_back_reconnect(b);
		rb_back_expect_working(b);
	}
	for (n = 0; n < 5; n++) {
		for (i = 0; i < 3; i++)
			rf_fill(page[i], XEN_PAGE_SIZE, n * 3 + i);
		rb_traffic(b);
		for (i = 0; i < 3; i++) {
			u8 wrote[XEN_PAGE_SIZE];

			rf_fill(wrote, XEN_PAGE_SIZE, n * 3 + i);
			RF_CHECK(!memcmp(page[i], wrote, XEN_PAGE_SIZE),
				 "somebody else writes to a buffer that we have kept");
		}
	}
	for (i = 0; i < 3; i++)
		rb_unmap(b, page[i]);
	rb_traffic(b);
}

/* Buffers that we still have when the connection ends. */
static void rb_rx_pages_not_given_back(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);
	struct netif_rx_request request;
	u8 *page[8];
	unsigned int i;

	rb_rx_await(q, 8);
	for (i = 0; i < 8; i++) {
		RING_COPY_REQUEST(&q->rx, q->rx.req_cons + i, &request);
		page[i] = rb_map(b, request.gref, true);
	}
	rb_back_reconnect(b);
	for (i = 0; i < 8; i++)
		rf_fill(page[i], XEN_PAGE_SIZE, i);
	rb_traffic(b);
	for (i = 0; i < 8; i++) {
		rf_fill(page[i], XEN_PAGE_SIZE, i);
		rb_unmap(b, page[i]);
	}
	rb_traffic(b);
}

/* And the rings themselves. */
static void rb_rings_kept(struct rb_back *b)
{
	void *tx = rb_first(b)->tx_page, *rx = rb_first(b)->rx_page;

	rb_first(b)->tx_page = NULL;
	rb_first(b)->rx_page = NULL;
	rb_back_reconnect(b);
	memset(tx, 0xff, XEN_PAGE_SIZE);
	memset(rx, 0xff, XEN_PAGE_SIZE);
	rb_traffic(b);
	rb_unmap(b, tx);
	rb_unmap(b, rx);
	rb_traffic(b);
}

/* Page after page is kept, until the guest will have no more of it. */
static void rb_kept_by_thousands(struct rb_back *b)
{
	static void *kept[RB_HELD_MAX / RB_RING_SIZE + 2];
	struct rb_queue *q = rb_first(b);
	struct netif_rx_request request;
	u32 refs[RB_RING_SIZE];
	unsigned int rounds, n, i;
	bool stopped = false;
	char *error;

	for (rounds = 0; !stopped && rounds < sizeof(kept) / sizeof(kept[0]); rounds++) {
		rb_rx_await(q, RB_RING_SIZE);
		n = rb_rx_posted(q);
		for (i = 0; i < n; i++) {
			RING_COPY_REQUEST(&q->rx, q->rx.req_cons + i, &request);
			refs[i] = request.gref;
		}
		kept[rounds] = xengnttab_map_domain_grant_refs(b->gnttab, n, b->domid, refs,
							       PROT_READ | PROT_WRITE);
		RF_CHECK(kept[rounds], "cannot map %u pages: %s", n, strerror(errno));
		rb_back_close(b);
		rb_back_set_state(b, XenbusStateInitWait);
		stopped = !rb_back_wait_state(b, XenbusStateConnected, RB_TIMEOUT_MS / 2);
		if (!stopped)
			rb_back_attach(b);
	}
	error = rb_back_read(b, b->error, "error");
	for (i = 0; i < rounds; i++)
		xengnttab_unmap(b->gnttab, kept[i], RB_RING_SIZE);

	RF_CHECK(stopped, "the guest goes on after %u pages were kept",
		 rounds * RB_RING_SIZE);
	RF_CHECK(error && strstr(error, "of our pages, not connecting again"),
		 "the error node says '%s'", error ? error : "nothing");
	free(error);

	/* What counts is what is kept, not what has been. */
	rb_back_reconnect(b);
	rb_traffic(b);
}

/*
 * What is in a page beside the packet is for nobody to see, when we are not trusted:
 * zeroes and nothing else. When we are, it is noted what there was.
 */
static void rb_look_beside(struct rb_back *b, bool zero)
{
	static const unsigned int sizes[] = {
		RB_ECHO_HEADERS, 60, 100, 255, 256, 257, 1000, 1514, 2000, 4000, 4095, 4096,
		4097, 8000, 9000, 20000, 33000, 65000,
	};
	unsigned long other = 0, looked = 0;
	const struct netif_tx_request *slot;
	static u8 page[XEN_PAGE_SIZE];
	unsigned int i, n, at;

	for (i = 0; i < 3 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		rb_echo_request(rb_first(b), sizes[i % (sizeof(sizes) / sizeof(sizes[0]))]);
		rb_echo_reply(rb_first(b), &rb_reply);
		for (n = 0; n < rb_reply.nr_slots; n++) {
			slot = &rb_reply.slot[n];
			rb_tx_copy_page(rb_first(b), slot->gref, page);
			for (at = 0; at < XEN_PAGE_SIZE; at++) {
				if (at >= slot->offset && at < slot->offset + slot->size)
					continue;
				looked++;
				if (!page[at])
					continue;
				other++;
				RF_CHECK(!zero, "byte %u of a page beside %u bytes at %u of a packet is %#x",
					 at, slot->size, slot->offset, page[at]);
			}
		}
		rb_tx_answer(&rb_reply, XEN_NETIF_RSP_OKAY);
		rb_tx_push(rb_first(b));
	}
	rf_note("%lu of %lu bytes beside packets were not zero", other, looked);
}

static void rb_beside_trusted(struct rb_back *b)
{
	rb_look_beside(b, false);
}

/* Packets that the guest makes by itself, in fragments, and its fresh buffers too. */
static void rb_beside_untrusted(struct rb_back *b)
{
	struct rb_queue *q = rb_first(b);
	struct netif_rx_request request;
	static u8 page[XEN_PAGE_SIZE];
	unsigned int i, at, n;

	rb_look_beside(b, true);
	rb_rx_await(q, RB_RING_SIZE / 2);
	n = rb_rx_posted(q);
	for (i = 0; i < n; i++) {
		u8 *mapped;

		RING_COPY_REQUEST(&q->rx, q->rx.req_cons + i, &request);
		mapped = rb_map(b, request.gref, true);
		memcpy(page, mapped, sizeof(page));
		rb_unmap(b, mapped);
		for (at = 0; at < XEN_PAGE_SIZE; at++)
			RF_CHECK(!page[at], "byte %u of buffer %u is %#x", at, i, page[at]);
	}
}

static const struct rb_config rb_untrusted = { .untrusted = true };

const struct rb_case rb_page_cases[] = {
	{ .name = "tx_page_kept", .run = rb_tx_page_kept,
	  .moves = { { "broken_tx_grant", 1 }, { "tx_drop_purged", 1 } } },
	{ .name = "tx_page_kept_untrusted", .run = rb_tx_page_kept_untrusted,
	  .config = &rb_untrusted,
	  .moves = { { "broken_tx_grant", 1 }, { "tx_drop_purged", 1 } } },
	{ .name = "rx_page_kept", .run = rb_rx_page_kept,
	  .moves = { { "broken_rx_grant", 3 }, { "rx_err_broken", 3 } } },
	{ .name = "rx_pages_not_given_back", .run = rb_rx_pages_not_given_back },
	{ .name = "rings_kept", .run = rb_rings_kept },
	{ .name = "kept_by_thousands", .run = rb_kept_by_thousands, .uncounted = true },
	{ .name = "beside_packets_trusted", .run = rb_beside_trusted },
	{ .name = "beside_packets_untrusted", .run = rb_beside_untrusted,
	  .config = &rb_untrusted, .moves = { { "tx_copied", RF_AT_LEAST(54) } } },
	{ }
};
