// SPDX-License-Identifier: GPL-2.0
/* The control ring: what the guest asks for, and answers that are none. */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

#define RB_KEY_LEN	40
#define RB_TABLE	128
#define RB_TYPES	0xf

/* Longer than the guest waits for an answer, and long enough for no message to come. */
#define RB_ANSWER_MS	14000
#define RB_SILENCE_MS	1500

static const struct rb_config rb_ctrl = { .queues = 2, .ctrl = true };

static struct xen_netif_ctrl_back_ring rb_ring;
static void *rb_ring_page;
static evtchn_port_t rb_port;

/* What the guest sends to begin with hashing, in this order. */
static const u16 rb_begin_types[] = {
	XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM, XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS,
	XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE,
	XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS,
};

#define RB_BEGIN	(sizeof(rb_begin_types) / sizeof(rb_begin_types[0]))

static void rb_ctrl_attach(struct rb_back *b)
{
	long ref = rb_back_read_number(b, b->dir, "ctrl-ring-ref", -1);
	long remote = rb_back_read_number(b, b->dir, "event-channel-ctrl", -1);
	xenevtchn_port_or_error_t port;

	RF_CHECK(ref >= 0 && remote >= 0, "the guest has not published a control ring");
	rb_ring_page = xengnttab_map_grant_ref(b->gnttab, b->domid, ref, PROT_READ | PROT_WRITE);
	RF_CHECK(rb_ring_page, "cannot map ctrl-ring-ref %ld: %s", ref, strerror(errno));
	port = xenevtchn_bind_interdomain(b->evtchn, b->domid, remote);
	RF_CHECK(port > 0, "cannot bind to event-channel-ctrl %ld: %s", remote, strerror(errno));
	rb_port = port;
	BACK_RING_ATTACH(&rb_ring, (struct xen_netif_ctrl_sring *)rb_ring_page, 0, XEN_PAGE_SIZE);
}

static void rb_ctrl_detach(struct rb_back *b)
{
	xenevtchn_unbind(b->evtchn, rb_port);
	xengnttab_unmap(b->gnttab, rb_ring_page, 1);
}

static void rb_ctrl_again(struct rb_back *b)
{
	rb_ctrl_detach(b);
	rb_back_reconnect(b);
	rb_ctrl_attach(b);
}

static bool rb_ctrl_get(struct rb_back *b, struct xen_netif_ctrl_request *request, int timeout_ms)
{
	long deadline = rf_now_ms() + timeout_ms;

	while (*(volatile RING_IDX *)&rb_ring.sring->req_prod == rb_ring.req_cons) {
		if (rf_now_ms() > deadline)
			return false;
		rb_back_wait(b, 20);
	}
	xen_rmb();
	RING_COPY_REQUEST(&rb_ring, rb_ring.req_cons, request);
	rb_ring.req_cons++;

	return true;
}

static void rb_ctrl_await(struct rb_back *b, struct xen_netif_ctrl_request *request, u16 type)
{
	RF_CHECK(rb_ctrl_get(b, request, RB_TIMEOUT_MS), "control message %u did not come", type);
	RF_CHECK(request->type == type, "control message %u came, expected %u", request->type, type);
}

static void rb_ctrl_push(struct rb_back *b)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&rb_ring, notify);
	if (notify)
		rb_back_notify(b, rb_port);
}

static void rb_ctrl_answer(struct rb_back *b, const struct xen_netif_ctrl_request *request,
			   u32 status, u32 data)
{
	struct xen_netif_ctrl_response *response;

	response = RING_GET_RESPONSE(&rb_ring, rb_ring.rsp_prod_pvt++);
	response->id = request->id;
	response->type = request->type;
	response->status = status;
	response->data = data;
	rb_ctrl_push(b);
}

/* What a message brings along, of @len bytes. */
static void rb_ctrl_page(struct rb_back *b, u32 gref, u8 page[XEN_PAGE_SIZE])
{
	rb_tx_copy_page(rb_first(b), gref, page);
}

static void rb_ctrl_check(struct rb_back *b, const struct xen_netif_ctrl_request *request)
{
	static u8 page[XEN_PAGE_SIZE];
	u32 entry, i, sum = 0;

	switch (request->type) {
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		RF_CHECK(request->data[0] == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
			 "algorithm %u", request->data[0]);
		break;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		RF_CHECK(request->data[1] == RB_KEY_LEN, "a key of %u bytes", request->data[1]);
		rb_ctrl_page(b, request->data[0], page);
		for (i = 0; i < RB_KEY_LEN; i++)
			sum += page[i];
		RF_CHECK(sum, "a key of zeroes");
		break;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		RF_CHECK(request->data[0] == RB_TABLE, "a table of %u entries", request->data[0]);
		break;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		RF_CHECK(request->data[1] == RB_TABLE && !request->data[2],
			 "%u entries at %u", request->data[1], request->data[2]);
		rb_ctrl_page(b, request->data[0], page);
		for (i = 0; i < RB_TABLE; i++) {
			memcpy(&entry, page + i * sizeof(entry), sizeof(entry));
			RF_CHECK(entry == i % b->nr_queues, "entry %u is %u", i, entry);
		}
		break;
	}
}

/* The first @count messages, all of them done. */
static void rb_ctrl_serve(struct rb_back *b, unsigned int count, u32 types)
{
	struct xen_netif_ctrl_request request;
	unsigned int i;

	for (i = 0; i < count; i++) {
		rb_ctrl_await(b, &request, rb_begin_types[i]);
		rb_ctrl_check(b, &request);
		if (request.type == XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS)
			RF_CHECK(request.data[0] == types, "hash types %#x, expected %#x",
				 request.data[0], types);
		rb_ctrl_answer(b, &request, XEN_NETIF_CTRL_STATUS_SUCCESS,
			       request.type == XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS ? types : 0);
	}
}

static void rb_ctrl_served_none(struct rb_back *b)
{
	struct xen_netif_ctrl_request request;

	rb_ctrl_await(b, &request, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM);
	RF_CHECK(request.data[0] == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, "algorithm %u, expected none",
		 request.data[0]);
	rb_ctrl_answer(b, &request, XEN_NETIF_CTRL_STATUS_SUCCESS, 0);
}

static void rb_ctrl_quiet(struct rb_back *b)
{
	struct xen_netif_ctrl_request request;

	RF_CHECK(!rb_ctrl_get(b, &request, RB_SILENCE_MS), "control message %u came, expected none",
		 request.type);
}

static void rb_rxhash(struct rb_back *b, const char *value)
{
	rb_guest_must(b, "ethtool -K %s rxhash %s", b->netdev, value);
}

/* Whether ethtool -x names a function. */
static void rb_expect_function(struct rb_back *b, bool on)
{
	long deadline = rf_now_ms() + RB_TIMEOUT_MS;

	while (rb_guest_number(b, "ethtool -x %s | grep -c 'toeplitz: on'; :", b->netdev) != on)
		RF_CHECK(rf_now_ms() < deadline, "ethtool -x names %s function", on ? "no" : "a");
}

static void rb_ctrl_good(struct rb_back *b)
{
	rb_ctrl_attach(b);
	rb_ctrl_quiet(b);
	rb_rxhash(b, "on");
	rb_ctrl_serve(b, RB_BEGIN, RB_TYPES);
	rb_expect_function(b, true);
	rb_back_expect_working(b);
	rb_rxhash(b, "off");
	rb_ctrl_served_none(b);
	rb_expect_function(b, false);

	/* A backend with fewer types; and the next one is told, too. */
	rb_rxhash(b, "on");
	rb_ctrl_serve(b, RB_BEGIN, XEN_NETIF_CTRL_HASH_TYPE_IPV4);
	rb_ctrl_again(b);
	rb_ctrl_serve(b, RB_BEGIN, RB_TYPES);
	rb_rxhash(b, "off");
	rb_ctrl_served_none(b);
	rb_ctrl_detach(b);
}

/* Each of the messages in turn, with each status. */
static void rb_ctrl_refused(struct rb_back *b)
{
	struct xen_netif_ctrl_request request;
	unsigned int i;

	rb_ctrl_attach(b);
	for (i = 0; i < RB_BEGIN; i++) {
		rb_rxhash(b, "on");
		rb_ctrl_serve(b, i, RB_TYPES);
		rb_ctrl_await(b, &request, rb_begin_types[i]);
		rb_ctrl_answer(b, &request, 1 + i % 3, 0);
		rb_ctrl_served_none(b);
		rb_expect_function(b, false);
		rb_back_expect_working(b);
		rb_rxhash(b, "off");
		rb_ctrl_quiet(b);
	}
	rb_ctrl_detach(b);
}

/* After each of these the guest has no more to say, and packets pass. */
static void rb_ctrl_lost(struct rb_back *b)
{
	rb_expect_function(b, false);
	rb_back_expect_working(b);
	/* Numbers of two digits, which are as good in hexadecimal. */
	rb_guest_must(b, "ethtool -X %s hkey $(seq -s : 10 49)", b->netdev);
	rb_ctrl_quiet(b);
	rb_ctrl_again(b);
}

static void rb_ctrl_nonsense(struct rb_back *b)
{
	struct xen_netif_ctrl_request request;
	unsigned int i;

	rb_ctrl_attach(b);
	rb_rxhash(b, "on");
	for (i = 0; i < 7; i++) {
		rb_ctrl_await(b, &request, rb_begin_types[0]);
		switch (i) {
		case 0:
			request.id++;
			break;
		case 1:
			request.type++;
			break;
		case 4:
			/* One more than there are messages. */
			rb_ring.rsp_prod_pvt++;
			break;
		case 5:
			/* Far too many, and then less than none. */
			rb_ring.rsp_prod_pvt += 1000;
			break;
		case 6:
			rb_ring.rsp_prod_pvt -= 2;
			break;
		}
		rb_ctrl_answer(b, &request, i == 2 ? 4 : i == 3 ? 0xffffffff : 0, 0);
		/* Whatever the index is, the guest shall look. */
		rb_back_notify(b, rb_port);
		rb_ctrl_lost(b);
	}
	rb_ctrl_serve(b, RB_BEGIN, RB_TYPES);
	rb_rxhash(b, "off");
	rb_ctrl_served_none(b);
	rb_ctrl_detach(b);
}

/* No answer in time; one that comes later means nothing. */
static void rb_ctrl_silent(struct rb_back *b)
{
	struct xen_netif_ctrl_request request;

	rb_ctrl_attach(b);
	rb_rxhash(b, "on");
	rb_ctrl_await(b, &request, rb_begin_types[0]);
	rf_sleep_ms(RB_ANSWER_MS);
	rb_ctrl_answer(b, &request, XEN_NETIF_CTRL_STATUS_SUCCESS, 0);
	rb_ctrl_lost(b);
	rb_ctrl_serve(b, RB_BEGIN, RB_TYPES);
	rb_rxhash(b, "off");
	rb_ctrl_served_none(b);
	rb_ctrl_detach(b);
}

/* The guest that waits for an answer does not keep anybody. */
static void rb_ctrl_closes(struct rb_back *b)
{
	struct xen_netif_ctrl_request request;
	long start;

	rb_ctrl_attach(b);
	rb_rxhash(b, "on");
	rb_ctrl_await(b, &request, rb_begin_types[0]);
	start = rf_now_ms();
	rb_back_set_state(b, XenbusStateClosing);
	rb_back_await_state(b, XenbusStateClosed);
	RF_CHECK(rf_now_ms() - start < 5000, "the guest closed after %ld ms", rf_now_ms() - start);
	rb_ctrl_again(b);
	rb_ctrl_serve(b, RB_BEGIN, RB_TYPES);
	rb_rxhash(b, "off");
	rb_ctrl_served_none(b);
	rb_ctrl_detach(b);
}

/* Events for nothing: one of them is all that the guest handles. */
static void rb_ctrl_storm(struct rb_back *b)
{
	long before, after;
	unsigned int i;

	rb_ctrl_attach(b);
	before = rb_guest_number(b, "awk '/%s-ctrl$/ { for (i = 2; i <= 3; i++) n += $i } "
				 "END { print n + 0 }' /proc/interrupts", b->netdev);
	for (i = 0; i < 2000; i++)
		rb_back_notify(b, rb_port);
	after = rb_guest_number(b, "awk '/%s-ctrl$/ { for (i = 2; i <= 3; i++) n += $i } "
				"END { print n + 0 }' /proc/interrupts", b->netdev);
	rf_note("%ld interrupts for 2000 events", after - before);
	RF_CHECK(after - before <= 1, "%ld interrupts for events without an answer", after - before);
	rb_rxhash(b, "on");
	rb_ctrl_serve(b, RB_BEGIN, RB_TYPES);
	rb_rxhash(b, "off");
	rb_ctrl_served_none(b);
	rb_ctrl_detach(b);
}

#define RB_CTRL	.config = &rb_ctrl

const struct rb_case rb_ctrl_cases[] = {
	{ .name = "ctrl_good", .run = rb_ctrl_good, RB_CTRL, .moves = { { "ctrl_done", 20 } } },
	{ .name = "ctrl_refused", .run = rb_ctrl_refused, RB_CTRL,
	  .moves = { { "ctrl_err_refused", 6 }, { "ctrl_done", 21 } } },
	{ .name = "ctrl_nonsense", .run = rb_ctrl_nonsense, RB_CTRL,
	  .moves = { { "ctrl_err_nonsense", 7 }, { "ctrl_done", 7 } } },
	{ .name = "ctrl_silent", .run = rb_ctrl_silent, RB_CTRL,
	  .moves = { { "ctrl_err_timeout", 1 }, { "ctrl_done", 7 } } },
	{ .name = "ctrl_closes", .run = rb_ctrl_closes, RB_CTRL, .moves = { { "ctrl_done", 7 } } },
	{ .name = "ctrl_storm", .run = rb_ctrl_storm, RB_CTRL, .moves = { { "ctrl_done", 7 } } },
	{ }
};
