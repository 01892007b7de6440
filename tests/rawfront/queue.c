// SPDX-License-Identifier: GPL-2.0
/* A queue as its frontend has it; see queue.h. */

#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "frame.h"
#include "front.h"
#include "queue.h"

/* What an RX buffer holds before the backend writes to it. */
#define RF_POISON	0xa5

/* How long to sleep at most without looking at the ring. */
#define RF_SLICE_MS	200

/* The first queue can fill its rings; the others have fewer pages. */
#define RF_PAGES_FIRST	RF_RING_SIZE
#define RF_PAGES_OTHER	64

static void rf_pages_open(struct rf_front *f, struct rf_pages *pages,
			  unsigned int count, bool writable)
{
	pages->count = count;
	pages->ref = calloc(count, sizeof(*pages->ref));
	RF_CHECK(pages->ref, "no memory");
	pages->mem = rf_front_share(f, count, writable, pages->ref);
}

/**
 * rf_queue_open() - get the pages of a queue
 * @q: the queue, zeroed
 * @f: its frontend
 * @id: its number
 */
void rf_queue_open(struct rf_queue *q, struct rf_front *f, unsigned int id)
{
	unsigned int count = id ? RF_PAGES_OTHER : RF_PAGES_FIRST;

	q->front = f;
	q->id = id;
	rf_pages_open(f, &q->ring, 2, true);
	rf_pages_open(f, &q->tx_pages, count, false);
	rf_pages_open(f, &q->rx_pages, count, true);
	rf_pages_open(f, &q->readonly, 1, false);
}

/**
 * rf_queue_reset() - make a queue's rings anew
 * @q: the queue; no backend uses its rings
 * @tx_start: where the TX ring's indices begin
 * @rx_start: ditto RX
 */
void rf_queue_reset(struct rf_queue *q, RING_IDX tx_start, RING_IDX rx_start)
{
	struct netif_tx_sring *tx = (void *)q->ring.mem;
	struct netif_rx_sring *rx = (void *)(q->ring.mem + XEN_PAGE_SIZE);

	memset(q->ring.mem, 0, 2 * XEN_PAGE_SIZE);
	SHARED_RING_INIT(tx);
	tx->req_prod = tx_start;
	tx->rsp_prod = tx_start;
	tx->req_event = tx_start + 1;
	tx->rsp_event = tx_start + 1;
	FRONT_RING_ATTACH(&q->tx, tx, tx_start, XEN_PAGE_SIZE);

	SHARED_RING_INIT(rx);
	rx->req_prod = rx_start;
	rx->rsp_prod = rx_start;
	rx->req_event = rx_start + 1;
	rx->rsp_event = rx_start + 1;
	FRONT_RING_ATTACH(&q->rx, rx, rx_start, XEN_PAGE_SIZE);

	q->nr_owed = 0;
	q->nulls = 0;
	q->tx_events = 0;
	q->rx_events = 0;
}

/**
 * rf_tx_put() - write a request, whatever it says
 * @q: the queue
 * @request: the request
 * @answer: the status it must get, or RF_NO_ANSWER
 */
void rf_tx_put(struct rf_queue *q, const struct netif_tx_request *request, int answer)
{
	*RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt++) = *request;

	if (answer == RF_NO_ANSWER)
		return;
	RF_CHECK(q->nr_owed < RF_RING_SIZE, "the case sends too much at once");
	q->owed[q->nr_owed].id = request->id;
	q->owed[q->nr_owed++].status = answer;
}

/**
 * rf_tx_put_extra() - write an extra-info slot, whatever it says
 * @q: the queue
 * @extra: the extra info
 * @answered: it must be answered with XEN_NETIF_RSP_NULL
 */
void rf_tx_put_extra(struct rf_queue *q, const struct netif_extra_info *extra,
		     bool answered)
{
	struct netif_tx_request *slot = RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt++);

	/* What the extra info leaves of the slot must not matter. */
	memset(slot, 0xff, sizeof(*slot));
	memcpy(slot, extra, sizeof(*extra));
	if (answered)
		q->nulls++;
}

/** rf_tx_slots() - ring slots that a packet takes */
unsigned int rf_tx_slots(const struct rf_packet *packet)
{
	return (packet->nr_pieces ? packet->nr_pieces : 1) + packet->nr_extras;
}

static void rf_tx_queue_extras(struct rf_queue *q, const struct rf_packet *packet)
{
	struct netif_extra_info extra;
	unsigned int i;

	for (i = 0; i < packet->nr_extras; i++) {
		extra = packet->extra[i];
		extra.flags = i + 1 < packet->nr_extras ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
		rf_tx_put_extra(q, &extra, packet->status != RF_NO_ANSWER);
	}
}

/**
 * rf_tx_queue() - write a packet's slots
 * @q: the queue
 * @packet: the packet
 *
 * Its bytes are copied to the pages that go with the ring's slots; the rest of
 * these pages holds something else.
 */
void rf_tx_queue(struct rf_queue *q, const struct rf_packet *packet)
{
	const struct rf_piece whole = { 0, packet->len };
	const struct rf_piece *piece = packet->nr_pieces ? packet->piece : &whole;
	unsigned int n = packet->nr_pieces ? packet->nr_pieces : 1;
	const u8 *from = packet->data;
	unsigned int i;

	RF_CHECK(RING_FREE_REQUESTS(&q->tx) >= rf_tx_slots(packet),
		 "the case sends too much at once");

	for (i = 0; i < n; i++, piece++) {
		unsigned int page = q->tx.req_prod_pvt % q->tx_pages.count;
		u8 *to = q->tx_pages.mem + page * XEN_PAGE_SIZE;
		struct netif_tx_request request = {
			.gref = packet->bad & (1U << i) ? RF_BAD_GREF + i :
							  q->tx_pages.ref[page],
			.offset = piece->offset,
			.size = piece->size,
			.id = q->next_id++,
			.flags = i + 1 < n ? XEN_NETTXF_more_data : 0,
		};

		if (piece->offset + piece->size <= XEN_PAGE_SIZE) {
			memset(to, 0xee, XEN_PAGE_SIZE);
			memcpy(to + piece->offset, from, piece->size);
		}
		from += piece->size;

		if (!i) {
			request.size = packet->lies ? packet->announced : packet->len;
			request.flags |= packet->flags;
			if (packet->nr_extras)
				request.flags |= XEN_NETTXF_extra_info;
		}
		rf_tx_put(q, &request, packet->status);
		if (!i)
			rf_tx_queue_extras(q, packet);
	}
}

/** rf_tx_push() - show the backend all requests that were written */
void rf_tx_push(struct rf_queue *q)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		rf_front_notify(q->front, q->tx_port);
}

static void rf_tx_answered(struct rf_queue *q, const struct netif_tx_response *response)
{
	unsigned int i;

	if (response->status == XEN_NETIF_RSP_NULL) {
		RF_CHECK(q->nulls, "an answer to extra info that was not sent");
		q->nulls--;
		return;
	}

	for (i = 0; i < q->nr_owed; i++)
		if (q->owed[i].id == response->id)
			break;
	RF_CHECK(i < q->nr_owed, "answer to id %u, which is not out", response->id);
	RF_CHECK(q->owed[i].status == response->status,
		 "slot %u was answered with %d, expected %d", response->id,
		 response->status, q->owed[i].status);
	q->owed[i] = q->owed[--q->nr_owed];
}

static bool rf_tx_take_answers(struct rf_queue *q)
{
	RING_IDX prod = *(volatile RING_IDX *)&q->tx.sring->rsp_prod;
	struct netif_tx_response response;
	bool any = prod != q->tx.rsp_cons;

	xen_rmb();
	RF_CHECK(prod - q->tx.rsp_cons <= q->nr_owed + q->nulls,
		 "%u answers where %u slots are out", prod - q->tx.rsp_cons,
		 q->nr_owed + q->nulls);
	while (q->tx.rsp_cons != prod) {
		RING_COPY_RESPONSE(&q->tx, q->tx.rsp_cons, &response);
		q->tx.rsp_cons++;
		rf_tx_answered(q, &response);
	}

	return any;
}

/**
 * rf_tx_settle() - wait until every slot has been answered as it must be
 * @q: the queue
 */
void rf_tx_settle(struct rf_queue *q)
{
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;
	unsigned long events;

	while (q->nr_owed || q->nulls) {
		if (rf_tx_take_answers(q))
			continue;

		/* As a driver does it: ask for an event, look again, sleep. */
		events = q->tx_events;
		q->tx.sring->rsp_event = q->tx.rsp_cons + 1;
		xen_mb();
		if (rf_tx_take_answers(q))
			continue;
		RF_CHECK(rf_now_ms() < deadline,
			 "queue %u: %u slots and %u extras were not answered in %d ms",
			 q->id, q->nr_owed, q->nulls, RF_TIMEOUT_MS);
		rf_front_events(q->front, RF_SLICE_MS);
		if (events == q->tx_events && rf_tx_take_answers(q))
			q->front->late++;
	}
}

/** rf_tx_forget() - what is out will not be answered, and need not be */
void rf_tx_forget(struct rf_queue *q)
{
	q->nr_owed = 0;
	q->nulls = 0;
}

/**
 * rf_tx_send() - send a good packet, and see it come out
 * @q: the queue
 * @packet: the packet
 */
void rf_tx_send(struct rf_queue *q, const struct rf_packet *packet)
{
	rf_tx_queue(q, packet);
	rf_tx_push(q);
	rf_netdev_expect(&q->front->netdev, packet->data, packet->len);
	rf_tx_settle(q);
	q->front->sent++;
}

/**
 * rf_tx_refused() - send a packet that costs only itself
 * @q: the queue
 * @packet: the packet; its status becomes XEN_NETIF_RSP_ERROR
 *
 * A good packet on each side of it must not notice.
 */
void rf_tx_refused(struct rf_queue *q, struct rf_packet *packet)
{
	struct rf_netdev *netdev = &q->front->netdev;
	u8 before[80], after[300];
	struct rf_packet good[2] = {
		{ .data = before, .len = sizeof(before) },
		{ .data = after, .len = sizeof(after) },
	};

	rf_make_frame(before, sizeof(before), rf_random());
	rf_make_frame(after, sizeof(after), rf_random());
	packet->status = XEN_NETIF_RSP_ERROR;

	rf_tx_queue(q, &good[0]);
	rf_tx_queue(q, packet);
	rf_tx_queue(q, &good[1]);
	rf_tx_push(q);
	rf_netdev_expect(netdev, before, sizeof(before));
	rf_netdev_expect(netdev, after, sizeof(after));
	rf_tx_settle(q);
	q->front->sent += 2;
}

/**
 * rf_rx_put() - write a request for a buffer, whatever it says
 * @q: the queue
 * @gref: its grant
 * @page: which of &rf_queue.rx_pages that is, or -1
 */
void rf_rx_put(struct rf_queue *q, u32 gref, int page)
{
	unsigned int place = q->rx.req_prod_pvt % RF_RING_SIZE;
	struct netif_rx_request *request;

	if (page >= 0)
		memset(q->rx_pages.mem + page * XEN_PAGE_SIZE, RF_POISON, XEN_PAGE_SIZE);

	/* Nothing follows from an id but that it comes back. */
	q->rx_id[place] = rf_random();
	q->rx_page[place] = page;
	request = RING_GET_REQUEST(&q->rx, q->rx.req_prod_pvt++);
	request->id = q->rx_id[place];
	request->pad = 0xffff;
	request->gref = gref;
}

/** rf_rx_push() - show the backend all buffers that were posted */
void rf_rx_push(struct rf_queue *q)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->rx, notify);
	if (notify && q->rx_port && !q->front->config.no_rx_notify)
		rf_front_notify(q->front, q->rx_port);
}

/**
 * rf_rx_post() - give the backend empty buffers
 * @q: the queue
 * @count: how many
 */
void rf_rx_post(struct rf_queue *q, unsigned int count)
{
	RF_CHECK(rf_rx_posted(q) + count <= q->rx_pages.count,
		 "the case posts too many buffers");
	while (count--) {
		unsigned int page = q->rx.req_prod_pvt % q->rx_pages.count;

		rf_rx_put(q, q->rx_pages.ref[page], page);
	}
	rf_rx_push(q);
}

/** rf_rx_posted() - buffers that the backend has and has not answered */
unsigned int rf_rx_posted(const struct rf_queue *q)
{
	return q->rx.req_prod_pvt - q->rx.rsp_cons;
}

/* How many answers there are that were not looked at. */
static unsigned int rf_rx_waiting(struct rf_queue *q)
{
	RING_IDX prod = *(volatile RING_IDX *)&q->rx.sring->rsp_prod;

	xen_rmb();
	RF_CHECK(prod - q->rx.rsp_cons <= rf_rx_posted(q),
		 "%u buffers answered where %u are out", prod - q->rx.rsp_cons,
		 rf_rx_posted(q));
	return prod - q->rx.rsp_cons;
}

static bool rf_rx_wait(struct rf_queue *q, int timeout_ms)
{
	long deadline = rf_now_ms() + timeout_ms;
	unsigned long events;
	long left;

	for (;;) {
		if (rf_rx_waiting(q))
			return true;
		events = q->rx_events;
		q->rx.sring->rsp_event = q->rx.rsp_cons + 1;
		xen_mb();
		if (rf_rx_waiting(q))
			return true;
		left = deadline - rf_now_ms();
		if (left <= 0)
			return false;
		rf_front_events(q->front, left < RF_SLICE_MS ? left : RF_SLICE_MS);
		if (events == q->rx_events && left >= RF_SLICE_MS && rf_rx_waiting(q))
			q->front->late++;
	}
}

static struct netif_rx_response rf_rx_take(struct rf_queue *q)
{
	struct netif_rx_response response;

	RF_CHECK(rf_rx_waiting(q), "a packet goes on beyond the ring's producer");
	RING_COPY_RESPONSE(&q->rx, q->rx.rsp_cons, &response);
	q->rx.rsp_cons++;
	return response;
}

static void rf_rx_take_extras(struct rf_queue *q, struct rf_arrival *a)
{
	struct netif_rx_response response;
	struct netif_extra_info extra;

	do {
		response = rf_rx_take(q);
		memcpy(&extra, &response, sizeof(extra));
		a->slots++;
		RF_CHECK(extra.type && extra.type < 16, "extra info of type %u", extra.type);
		RF_CHECK(!(a->extras & XNET_EXTRA(extra.type)),
			 "extra info of type %u twice", extra.type);
		RF_CHECK(!(extra.flags & ~XEN_NETIF_EXTRA_FLAG_MORE),
			 "extra info with flags %#x", extra.flags);
		a->extras |= XNET_EXTRA(extra.type);
		RF_CHECK(a->nr_extras < RF_EXTRAS_MAX, "more than %u extra infos", RF_EXTRAS_MAX);
		a->order[a->nr_extras++] = extra.type;

		/* What an extra info leaves of its slot is nobody's memory. */
		if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO) {
			RF_CHECK(!extra.u.gso.pad && !extra.u.gso.features,
				 "extra info with something in its padding");
			a->gso_size = extra.u.gso.size;
			a->gso_type = extra.u.gso.type;
		} else if (extra.type == XEN_NETIF_EXTRA_TYPE_HASH) {
			a->hash_type = extra.u.hash.type;
			a->hash_algorithm = extra.u.hash.algorithm;
			a->hash = extra.u.hash.value[0] | extra.u.hash.value[1] << 8 |
				  extra.u.hash.value[2] << 16 |
				  (u32)extra.u.hash.value[3] << 24;
		} else if (extra.type == XEN_NETIF_EXTRA_TYPE_XDP) {
			/* Xen's header does not have it. */
			memcpy(&a->headroom, &extra.u, sizeof(a->headroom));
			RF_CHECK(!extra.u.pad[1] && !extra.u.pad[2],
				 "extra info with something in its padding");
			RF_CHECK(a->headroom, "extra info that there is no headroom");
		}
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
}

/* Take over a slot's bytes; what lies around them must be as we left it. */
static void rf_rx_take_bytes(struct rf_queue *q, struct rf_arrival *a, int page,
			     unsigned int offset, unsigned int size)
{
	const u8 *mem = q->rx_pages.mem + page * XEN_PAGE_SIZE;
	unsigned int i;

	RF_CHECK(offset + size <= XEN_PAGE_SIZE, "%u bytes at %u of a page", size, offset);
	RF_CHECK(a->len + size <= sizeof(a->data), "a packet of more than 64 KiB");
	for (i = 0; i < XEN_PAGE_SIZE; i++)
		RF_CHECK((i >= offset && i < offset + size) || mem[i] == RF_POISON,
			 "the backend wrote at %u of a buffer, and says %u bytes at %u",
			 i, size, offset);
	memcpy(a->data + a->len, mem + offset, size);
	a->len += size;
}

/**
 * rf_rx_get() - take the next packet from the backend
 * @q: the queue
 * @a: where to put it
 * @timeout_ms: how long to wait for it
 *
 * Return: true, or false when none came.
 */
bool rf_rx_get(struct rf_queue *q, struct rf_arrival *a, int timeout_ms)
{
	struct netif_rx_response response;
	unsigned int place;

	if (!rf_rx_wait(q, timeout_ms))
		return false;

	a->len = 0;
	a->slots = 0;
	a->pieces = 0;
	a->extras = 0;
	a->nr_extras = 0;
	a->headroom = 0;
	a->gso_size = 0;
	a->status = XEN_NETIF_RSP_OKAY;
	do {
		place = q->rx.rsp_cons % RF_RING_SIZE;
		response = rf_rx_take(q);
		RF_CHECK(response.id == q->rx_id[place],
			 "place %u is answered with id %u, expected %u", place,
			 response.id, q->rx_id[place]);
		if (!a->pieces) {
			a->flags = response.flags;
			a->offset = response.offset;
		} else {
			RF_CHECK(!(response.flags & ~XEN_NETRXF_more_data),
				 "flags %#x in a later slot", response.flags);
		}
		a->slots++;
		a->pieces++;
		if (response.status < 0)
			a->status = response.status;
		else
			RF_CHECK(response.status, "an empty slot");
		if (response.status > 0 && q->rx_page[place] >= 0)
			rf_rx_take_bytes(q, a, q->rx_page[place], response.offset,
					 response.status);
		if (a->pieces == 1 && response.flags & XEN_NETRXF_extra_info)
			rf_rx_take_extras(q, a);
	} while (response.flags & XEN_NETRXF_more_data);

	if (!a->status)
		q->front->got++;
	return true;
}

/**
 * rf_rx_expect() - the next packet is this one
 * @q: the queue
 * @data: its bytes
 * @len: how many
 * @a: where to put the packet, for more to be checked
 */
void rf_rx_expect(struct rf_queue *q, const void *data, unsigned int len,
		  struct rf_arrival *a)
{
	RF_CHECK(rf_rx_get(q, a, RF_TIMEOUT_MS), "queue %u: a packet of %u bytes did not come",
		 q->id, len);
	RF_CHECK(!a->status, "a packet of %u bytes came with status %d", len, a->status);
	RF_CHECK(a->len == len, "a packet of %u bytes came, expected %u", a->len, len);
	RF_CHECK(!memcmp(a->data, data, len), "a packet of %u bytes is not what was sent",
		 len);
	RF_CHECK(a->offset == a->headroom, "bytes at %u of the first slot, with headroom %u",
		 a->offset, a->headroom);
	RF_CHECK(a->pieces == (a->offset + len + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE,
		 "%u bytes at %u came in %u slots", len, a->offset, a->pieces);
}

/** rf_rx_expect_nothing() - no packet comes within this time */
void rf_rx_expect_nothing(struct rf_queue *q, int ms)
{
	static struct rf_arrival a;

	RF_CHECK(!rf_rx_get(q, &a, ms), "a packet of %u bytes came, expected none", a.len);
}
