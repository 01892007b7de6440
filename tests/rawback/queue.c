// SPDX-License-Identifier: GPL-2.0
/* A queue as its backend has it; see queue.h. */

#include <errno.h>
#include <string.h>

#include "back.h"
#include "frame.h"
#include "queue.h"
#include "tap.h"

/**
 * rb_queue_attach() - begin to use the rings of a connection
 * @q: the queue
 * @tx_page: the TX ring, mapped
 * @rx_page: the RX ring, mapped
 */
void rb_queue_attach(struct rb_queue *q, void *tx_page, void *rx_page)
{
	struct netif_tx_sring *tx = tx_page;
	struct netif_rx_sring *rx = rx_page;

	q->tx_page = tx_page;
	q->rx_page = rx_page;
	q->quiet = false;
	BACK_RING_ATTACH(&q->tx, tx, 0, XEN_PAGE_SIZE);
	BACK_RING_ATTACH(&q->rx, rx, 0, XEN_PAGE_SIZE);
}

/* ---- from the guest ------------------------------------------------------ */

/** rb_tx_waiting() - requests of the guest that were not taken yet */
unsigned int rb_tx_waiting(const struct rb_queue *q)
{
	RING_IDX prod = *(volatile RING_IDX *)&q->tx.sring->req_prod;

	xen_rmb();
	return prod - q->tx.req_cons;
}

static void rb_tx_next(struct rb_queue *q, void *request)
{
	RF_CHECK(rb_tx_waiting(q), "a packet of the guest goes on where the ring does not");
	RING_COPY_REQUEST(&q->tx, q->tx.req_cons, (struct netif_tx_request *)request);
	q->tx.req_cons++;
}

/* Copy out of the guest. Its grants are there until we have answered. */
static void rb_tx_copy(struct rb_queue *q, u32 gref, u16 offset, u8 *to, u16 len)
{
	struct rb_back *b = q->back;
	xengnttab_grant_copy_segment_t segment = {
		.source.foreign = { .ref = gref, .offset = offset, .domid = b->domid },
		.dest.virt = to,
		.len = len,
		.flags = GNTCOPY_source_gref,
	};

	RF_CHECK(!xengnttab_grant_copy(b->gnttab, 1, &segment) && segment.status == GNTST_okay,
		 "cannot copy %u bytes at %u from grant %u: %d", len, offset, gref,
		 segment.status);
}

/** rb_tx_copy_page() - look at all of a page that the guest has granted */
void rb_tx_copy_page(struct rb_queue *q, u32 gref, u8 page[XEN_PAGE_SIZE])
{
	rb_tx_copy(q, gref, 0, page, XEN_PAGE_SIZE);
}

static void rb_tx_get_extras(struct rb_queue *q, struct rb_packet *packet)
{
	struct netif_tx_request raw;
	struct netif_extra_info *extra;

	do {
		RF_CHECK(packet->nr_extras < RB_EXTRAS_MAX, "the guest sends extra info for ever");
		extra = &packet->extra[packet->nr_extras++];
		rb_tx_next(q, &raw);
		memcpy(extra, &raw, sizeof(*extra));
	} while (extra->flags & XEN_NETIF_EXTRA_FLAG_MORE);
}

static void rb_tx_get_now(struct rb_queue *q, struct rb_packet *packet)
{
	struct netif_tx_request *slot;
	unsigned int i, len, at;

	packet->queue = q;
	packet->nr_slots = 0;
	packet->nr_extras = 0;
	do {
		RF_CHECK(packet->nr_slots < RB_SLOTS_MAX, "the guest's packet has no end");
		slot = &packet->slot[packet->nr_slots++];
		rb_tx_next(q, slot);
		if (packet->nr_slots == 1 && slot->flags & XEN_NETTXF_extra_info)
			rb_tx_get_extras(q, packet);
	} while (slot->flags & XEN_NETTXF_more_data);

	packet->flags = packet->slot[0].flags;
	packet->len = packet->slot[0].size;
	for (i = 1, len = 0; i < packet->nr_slots; i++)
		len += packet->slot[i].size;
	RF_CHECK(len <= packet->len, "the guest's packet of %u bytes has %u in slots behind the first",
		 packet->len, len);
	packet->slot[0].size -= len;

	for (i = 0, at = 0; i < packet->nr_slots; i++) {
		slot = &packet->slot[i];
		rb_tx_copy(q, slot->gref, slot->offset, packet->data + at, slot->size);
		at += slot->size;
	}
}

/* As a driver does it: ask for an event, look again. */
static bool rb_tx_has(struct rb_queue *q)
{
	if (rb_tx_waiting(q))
		return true;
	q->tx.sring->req_event = q->tx.req_cons + 1;
	xen_mb();

	return rb_tx_waiting(q);
}

/**
 * rb_tx_get_any() - take a packet of the guest's from any queue; it is not answered
 * @b: the backend
 * @packet: where to put it
 * @timeout_ms: how long to wait for it
 *
 * Return: true, or false when none came.
 */
bool rb_tx_get_any(struct rb_back *b, struct rb_packet *packet, int timeout_ms)
{
	long deadline = rf_now_ms() + timeout_ms;
	unsigned int i;

	for (;;) {
		for (i = 0; i < b->nr_queues; i++) {
			if (!rb_tx_has(&b->queue[i]))
				continue;
			rb_tx_get_now(&b->queue[i], packet);
			return true;
		}
		timeout_ms = deadline - rf_now_ms();
		if (timeout_ms <= 0)
			return false;
		rb_back_wait(b, timeout_ms);
	}
}

/**
 * rb_tx_put() - write a response, whatever it says
 * @q: the queue
 * @id: of the request
 * @status: XEN_NETIF_RSP_*
 */
void rb_tx_put(struct rb_queue *q, u16 id, s16 status)
{
	struct netif_tx_response *response = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);

	response->id = id;
	response->status = status;
}

/**
 * rb_tx_answer() - write the responses of a packet, in the order of its requests
 * @packet: the packet
 * @status: of all its data slots
 */
void rb_tx_answer(const struct rb_packet *packet, s16 status)
{
	struct rb_queue *q = packet->queue;
	unsigned int i, n;

	for (i = 0; i < packet->nr_slots; i++) {
		rb_tx_put(q, packet->slot[i].id, status);
		for (n = 0; !i && n < packet->nr_extras; n++)
			rb_tx_put(q, 0, XEN_NETIF_RSP_NULL);
	}
	if (status == XEN_NETIF_RSP_OKAY)
		q->back->taken++;
}

/**
 * rb_tx_push() - show the guest all responses that were written
 * @q: the queue
 *
 * Return: whether it wanted an event with them.
 */
bool rb_tx_push(struct rb_queue *q)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify && !q->quiet)
		rb_back_notify(q->back, q->tx_port);

	return notify;
}

/* ---- to the guest -------------------------------------------------------- */

/** rb_rx_posted() - buffers of the guest's that were not used yet */
unsigned int rb_rx_posted(const struct rb_queue *q)
{
	RING_IDX prod = *(volatile RING_IDX *)&q->rx.sring->req_prod;

	xen_rmb();
	return prod - q->rx.req_cons;
}

/** rb_rx_await() - wait until the guest has posted so many buffers */
void rb_rx_await(struct rb_queue *q, unsigned int buffers)
{
	long deadline = rf_now_ms() + RB_TIMEOUT_MS;

	while (rb_rx_posted(q) < buffers) {
		RF_CHECK(rf_now_ms() < deadline, "the guest posts only %u of %u buffers",
			 rb_rx_posted(q), buffers);
		q->rx.sring->req_event = q->rx.req_cons + buffers;
		xen_mb();
		if (rb_rx_posted(q) < buffers)
			rb_back_wait(q->back, RB_TIMEOUT_MS);
	}
}

/**
 * rb_rx_put() - use a buffer of the guest's, and say whatever of it
 * @q: the queue
 * @slot: what to put there, and what to say
 */
void rb_rx_put(struct rb_queue *q, const struct rb_slot *slot)
{
	struct rb_back *b = q->back;
	struct netif_rx_response *response;
	struct netif_rx_request request;
	xengnttab_grant_copy_segment_t segment = {
		.source.virt = (void *)slot->data,
		.dest.foreign = { .offset = slot->offset, .domid = b->domid },
		.len = slot->len,
		.flags = GNTCOPY_dest_gref,
	};

	rb_rx_await(q, 1);
	RING_COPY_REQUEST(&q->rx, q->rx.req_cons, &request);
	q->rx.req_cons++;
	segment.dest.foreign.ref = request.gref;
	if (slot->data && slot->len)
		RF_CHECK(!xengnttab_grant_copy(b->gnttab, 1, &segment) &&
			 segment.status == GNTST_okay, "cannot copy %u bytes to grant %u: %d",
			 slot->len, request.gref, segment.status);

	response = RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);
	response->id = request.id + slot->id;
	response->offset = slot->offset;
	response->flags = slot->flags;
	response->status = slot->lies ? slot->status : slot->len;
}

/** rb_rx_put_extra() - write an extra-info slot, whatever it says */
void rb_rx_put_extra(struct rb_queue *q, const struct netif_extra_info *extra)
{
	void *slot;

	rb_rx_await(q, 1);
	q->rx.req_cons++;
	slot = RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);

	/* What the extra info leaves of the slot must not matter. */
	memset(slot, 0xff, sizeof(struct netif_rx_response));
	memcpy(slot, extra, sizeof(*extra));
}

/**
 * rb_rx_packet() - write the slots of a good packet
 * @q: the queue
 * @data: its bytes
 * @len: how many
 * @flags: XEN_NETRXF_* of the first slot, besides those that follow from here
 * @extra: an extra info, or NULL
 */
void rb_rx_packet(struct rb_queue *q, const void *data, unsigned int len, u16 flags,
		  const struct netif_extra_info *extra)
{
	const u8 *from = data;

	rb_rx_await(q, len / XEN_PAGE_SIZE + 2);
	if (extra)
		flags |= XEN_NETRXF_extra_info;
	do {
		struct rb_slot slot = {
			.data = from,
			.len = len < XEN_PAGE_SIZE ? len : XEN_PAGE_SIZE,
			.flags = flags,
		};

		/* Anywhere in the page. */
		slot.offset = rf_random_below(XEN_PAGE_SIZE - slot.len + 1);
		from += slot.len;
		len -= slot.len;
		if (len)
			slot.flags |= XEN_NETRXF_more_data;
		rb_rx_put(q, &slot);
		if (extra)
			rb_rx_put_extra(q, extra);
		extra = NULL;
		flags = 0;
	} while (len);
}

/**
 * rb_rx_push() - show the guest all responses that were written
 * @q: the queue
 *
 * Return: whether it wanted an event with them.
 */
bool rb_rx_push(struct rb_queue *q)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
	if (notify && !q->quiet)
		rb_back_notify(q->back, q->rx_port);

	return notify;
}

/* A frontend asks for an event with the next response when it has taken all others. */
static bool rb_settled(const struct rb_queue *q)
{
	return *(volatile RING_IDX *)&q->tx.sring->rsp_event == q->tx.rsp_prod_pvt + 1 &&
	       *(volatile RING_IDX *)&q->rx.sring->rsp_event == q->rx.rsp_prod_pvt + 1;
}

/** rb_queue_settle() - wait until the guest has taken in all responses */
void rb_queue_settle(struct rb_queue *q)
{
	long deadline = rf_now_ms() + RB_TIMEOUT_MS;

	while (!rb_settled(q)) {
		RF_CHECK(rf_now_ms() < deadline, "the guest does not take in what it was told");
		rf_sleep_ms(5);
	}
}
