// SPDX-License-Identifier: GPL-2.0
/* Echo requests to the guest, and its replies; see echo.h. */

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "back.h"
#include "echo.h"
#include "frame.h"
#include "tap.h"

/* Without a reply for so long the guest is sent its event again. */
#define RB_PATIENCE_MS	2000

static u8 rb_request[RB_PACKET_MAX];
static unsigned int rb_request_len;

static u16 rb_checksum(const u8 *data, unsigned int len)
{
	unsigned int i;
	u32 sum = 0;

	for (i = 0; i < len; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);

	return htons(~sum);
}

/**
 * rb_echo_make() - make an echo request
 * @data: where
 * @len: its size, at least RB_ECHO_HEADERS
 *
 * Return: its size.
 */
unsigned int rb_echo_make(u8 *data, unsigned int len)
{
	static const u8 our_mac[] = RB_OUR_MAC, guest_mac[] = RB_GUEST_MAC;
	static const u8 our_ip[] = RB_OUR_IP, guest_ip[] = RB_GUEST_IP;
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP,
		.tot_len = htons(len - ETH_HLEN),
	};
	struct icmphdr icmp = { .type = ICMP_ECHO };

	rf_fill(data, len, rf_random());
	memcpy(data, guest_mac, ETH_ALEN);
	memcpy(data + ETH_ALEN, our_mac, ETH_ALEN);
	data[12] = 8;
	data[13] = 0;
	memcpy(&ip.saddr, our_ip, 4);
	memcpy(&ip.daddr, guest_ip, 4);
	ip.check = rb_checksum((u8 *)&ip, sizeof(ip));
	memcpy(data + ETH_HLEN, &ip, sizeof(ip));

	icmp.un.echo.id = rf_random();
	icmp.un.echo.sequence = rf_random();
	memcpy(data + ETH_HLEN + sizeof(ip), &icmp, sizeof(icmp));
	icmp.checksum = rb_checksum(data + ETH_HLEN + sizeof(ip), len - ETH_HLEN - sizeof(ip));
	memcpy(data + ETH_HLEN + sizeof(ip), &icmp, sizeof(icmp));

	return len;
}

/**
 * rb_echo_is_reply() - is this the reply to an echo request?
 * @request: the request
 * @len: its size
 * @reply: the packet
 *
 * One that is must have the same bytes behind the headers, and a good checksum.
 *
 * Return: false when it is something else.
 */
bool rb_echo_is_reply(const u8 *request, unsigned int len, const struct rb_packet *reply)
{
	const u8 *a = request + ETH_HLEN + 20, *b = reply->data + ETH_HLEN + 20;
	unsigned int i;

	/* ICMP in IPv4 without options, a reply, of the same id and number. */
	if (reply->len < RB_ECHO_HEADERS || reply->data[12] != 8 || reply->data[13] ||
	    reply->data[14] != 0x45 || reply->data[23] != IPPROTO_ICMP || b[0] ||
	    memcmp(a + 4, b + 4, 4))
		return false;

	RF_CHECK(reply->len == len, "a reply of %u bytes to a request of %u", reply->len, len);
	for (i = RB_ECHO_HEADERS; i < len; i++)
		RF_CHECK(reply->data[i] == request[i], "byte %u of %u in the reply is %#x, not %#x",
			 i, len, reply->data[i], request[i]);
	RF_CHECK(!rb_checksum(b, len - ETH_HLEN - 20), "the reply's checksum is wrong");

	return true;
}

/**
 * rb_echo_request() - send an echo request
 * @q: on which queue
 * @len: its size, from RB_ECHO_HEADERS
 */
void rb_echo_request(struct rb_queue *q, unsigned int len)
{
	rb_request_len = rb_echo_make(rb_request, len);
	rb_rx_packet(q, rb_request, len, 0, NULL);
	rb_rx_push(q);
	q->back->given++;
}

/**
 * rb_echo_reply() - wait for the reply to the last request, and do not answer its slots
 * @q: the queue that the request was sent on
 * @reply: where to put it
 *
 * Whatever else the guest sends meanwhile is answered.
 */
void rb_echo_reply(struct rb_queue *q, struct rb_packet *reply)
{
	long start = rf_now_ms();
	bool again = false;

	for (;;) {
		if (rb_tx_get_any(q->back, reply, RB_PATIENCE_MS)) {
			if (rb_echo_is_reply(rb_request, rb_request_len, reply))
				return;
			rb_tx_answer(reply, XEN_NETIF_RSP_OKAY);
			rb_tx_push(reply->queue);
		}
		RF_CHECK(rf_now_ms() - start < RB_TIMEOUT_MS,
			 "no reply to an echo request of %u bytes on queue %u", rb_request_len,
			 q->id);
		/* Under multi-threaded emulation an event gets lost now and then. */
		if (!again && !q->quiet && rf_now_ms() - start >= RB_PATIENCE_MS) {
			again = true;
			q->back->late++;
			rb_back_notify(q->back, q->rx_port);
		}
	}
}

/**
 * rb_echo() - packets pass in both directions
 * @q: the queue to send the request on
 * @len: size of the request, and of the reply
 */
void rb_echo(struct rb_queue *q, unsigned int len)
{
	static struct rb_packet reply;

	rb_echo_request(q, len);
	rb_echo_reply(q, &reply);
	rb_tx_answer(&reply, XEN_NETIF_RSP_OKAY);
	rb_tx_push(reply.queue);
}

/**
 * rb_echo_replied() - push what is on the first queue, and wait for the reply to it
 * @b: the backend
 * @request: the echo request that was put there
 * @len: its size
 *
 * Whatever else the guest sends meanwhile is answered, and so is the reply.
 */
void rb_echo_replied(struct rb_back *b, const u8 *request, unsigned int len)
{
	static struct rb_packet reply;
	long deadline = rf_now_ms() + RB_TIMEOUT_MS;
	bool found = false;

	rb_rx_push(rb_first(b));
	b->given++;
	while (!found) {
		RF_CHECK(rb_tx_get_any(b, &reply, deadline - rf_now_ms()),
			 "no reply to an echo request of %u bytes", len);
		found = rb_echo_is_reply(request, len, &reply);
		rb_tx_answer(&reply, XEN_NETIF_RSP_OKAY);
		rb_tx_push(reply.queue);
	}
}
