// SPDX-License-Identifier: GPL-2.0
/* The control ring: all messages about hashing, and what hashing then does. */

#include <pthread.h>
#include <string.h>

#include "case.h"
#include "frame.h"

#define RF_KEY_LEN	40
#define RF_TYPES	(XEN_NETIF_CTRL_HASH_TYPE_IPV4 | XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP | \
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6 | XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

/* The key that everybody verifies Toeplitz hashes with. */
static const u8 rf_key[RF_KEY_LEN] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static u8 rf_data[1500];
static struct rf_arrival rf_arrival;

static void rf_expect_status(u32 status, u32 expected, const char *what)
{
	RF_CHECK(status == expected, "%s: %s (%u), expected %s", what,
		 rf_ctrl_status_str(status), status, rf_ctrl_status_str(expected));
}

/* Send a request and know its answer. */
#define RF_CALL(f, expected, type, data0, data1, data2, answer)				\
	rf_expect_status(rf_ctrl_call(f, XEN_NETIF_CTRL_TYPE_##type, data0, data1,	\
				      data2, answer),					\
			 XEN_NETIF_CTRL_STATUS_##expected, #type " " #data0 " " #data1 " " #data2)

static void rf_use_toeplitz(struct rf_front *f)
{
	RF_CALL(f, SUCCESS, SET_HASH_ALGORITHM, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0, 0,
		NULL);
}

static void rf_ctrl_algorithm(struct rf_front *f)
{
	RF_CALL(f, SUCCESS, SET_HASH_ALGORITHM, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, 0, 0, NULL);
	RF_CALL(f, SUCCESS, SET_HASH_ALGORITHM, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0, 0,
		NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_ALGORITHM, 2, 0, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_ALGORITHM, 0xffffffff, 0, 0, NULL);
	RF_CALL(f, SUCCESS, SET_HASH_ALGORITHM, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, 0, 0, NULL);
}

static void rf_ctrl_flags(struct rf_front *f)
{
	u32 types = 0;

	/* Only with an algorithm. */
	RF_CALL(f, NOT_SUPPORTED, GET_HASH_FLAGS, 0, 0, 0, NULL);
	RF_CALL(f, NOT_SUPPORTED, SET_HASH_FLAGS, XEN_NETIF_CTRL_HASH_TYPE_IPV4, 0, 0, NULL);

	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, GET_HASH_FLAGS, 0, 0, 0, &types);
	RF_CHECK(types == RF_TYPES, "hash types %#x are supported, expected %#x", types,
		 RF_TYPES);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, XEN_NETIF_CTRL_HASH_TYPE_IPV6, 0, 0, NULL);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, 0, 0, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_FLAGS, RF_TYPES + 1, 0, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_FLAGS, 0x80000000, 0, 0, NULL);
}

static void rf_ctrl_key(struct rf_front *f)
{
	rf_use_toeplitz(f);
	rf_expect_status(rf_ctrl_send_key(f, rf_key, RF_KEY_LEN),
			 XEN_NETIF_CTRL_STATUS_SUCCESS, "a key");
	rf_expect_status(rf_ctrl_send_key(f, rf_key, 1), XEN_NETIF_CTRL_STATUS_SUCCESS,
			 "a key of 1 byte");
	RF_CALL(f, SUCCESS, SET_HASH_KEY, f->ctrl.data_ref, 0, 0, NULL);
	RF_CALL(f, BUFFER_OVERFLOW, SET_HASH_KEY, f->ctrl.data_ref, XEN_PAGE_SIZE, 0, NULL);
	RF_CALL(f, BUFFER_OVERFLOW, SET_HASH_KEY, f->ctrl.data_ref, 0xffffffff, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_KEY, RF_BAD_GREF, RF_KEY_LEN, 0, NULL);
}

/* Either word will do for a table that does not fit. */
static void rf_expect_refused(u32 status, const char *what)
{
	RF_CHECK(status == XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER ||
		 status == XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW, "%s: %s (%u)", what,
		 rf_ctrl_status_str(status), status);
}

static void rf_ctrl_mapping(struct rf_front *f)
{
	u32 size = 0, mapping[128], i;

	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, GET_HASH_MAPPING_SIZE, 0, 0, 0, &size);
	RF_CHECK(size >= 128, "a mapping has at most %u entries", size);

	RF_CALL(f, SUCCESS, SET_HASH_MAPPING_SIZE, size, 0, 0, NULL);
	RF_CALL(f, SUCCESS, SET_HASH_MAPPING_SIZE, 0, 0, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_MAPPING_SIZE, size + 1, 0, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_MAPPING_SIZE, 0xffffffff, 0, 0, NULL);

	RF_CALL(f, SUCCESS, SET_HASH_MAPPING_SIZE, 128, 0, 0, NULL);
	for (i = 0; i < 128; i++)
		mapping[i] = i % f->nr_queues;
	rf_expect_status(rf_ctrl_send_mapping(f, mapping, 128, 0),
			 XEN_NETIF_CTRL_STATUS_SUCCESS, "a whole mapping");
	rf_expect_status(rf_ctrl_send_mapping(f, mapping, 28, 100),
			 XEN_NETIF_CTRL_STATUS_SUCCESS, "the end of a mapping");

	rf_expect_refused(rf_ctrl_send_mapping(f, mapping, 29, 100), "beyond its end");
	rf_expect_refused(rf_ctrl_send_mapping(f, mapping, 1, 128), "behind its end");
	rf_expect_refused(rf_ctrl_send_mapping(f, mapping, 2, 0xffffffff),
			  "an offset that wraps around");
	rf_expect_refused(rf_ctrl_call(f, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
				       f->ctrl.data_ref, 0xffffffff, 2, NULL),
			  "a length that wraps around");
	rf_expect_refused(rf_ctrl_call(f, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
				       f->ctrl.data_ref, 0x40000001, 0, NULL),
			  "a length in bytes that wraps around");
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_MAPPING, RF_BAD_GREF, 10, 0, NULL);

	/* A queue that does not exist. */
	mapping[5] = f->nr_queues;
	rf_expect_status(rf_ctrl_send_mapping(f, mapping, 10, 0),
			 XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER, "a queue too many");
	mapping[5] = 0xffffffff;
	rf_expect_status(rf_ctrl_send_mapping(f, mapping, 10, 0),
			 XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER, "a queue far too many");
}

static void rf_ctrl_unknown(struct rf_front *f)
{
	static const u16 types[] = { 0, 8, 9, 10, 11, 255, 256, 0x8001, 0xffff };
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		rf_expect_status(rf_ctrl_call(f, types[i], 1, 2, 3, NULL),
				 XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED, "a type that nobody knows");
}

/* More requests than the ring has slots, one by one; then many with one event. */
static void rf_ctrl_many(struct rf_front *f)
{
	struct rf_ctrl *c = &f->ctrl;
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;
	struct xen_netif_ctrl_request *request;
	unsigned int i, size;

	for (i = 0; i < 600; i++)
		rf_use_toeplitz(f);

	size = RING_SIZE(&c->ring);
	for (i = 0; i < size; i++) {
		request = RING_GET_REQUEST(&c->ring, c->ring.req_prod_pvt++);
		memset(request, 0, sizeof(*request));
		request->id = i;
		request->type = XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS;
	}
	RING_PUSH_REQUESTS(&c->ring);
	rf_front_notify(f, c->port);
	while (*(volatile RING_IDX *)&c->ring.sring->rsp_prod != c->ring.req_prod_pvt) {
		RF_CHECK(rf_now_ms() < deadline, "%u requests of %u were answered",
			 c->ring.sring->rsp_prod - c->ring.rsp_cons, size);
		rf_sleep_ms(5);
	}
	c->ring.rsp_cons = c->ring.req_prod_pvt;
	rf_use_toeplitz(f);
}

/* Indices that make no sense stop the vif, as on the other rings. */
static void rf_ctrl_producer(struct rf_front *f)
{
	static const int by[] = { 1000, -2, 0x40000000 };
	unsigned int i;

	for (i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		rf_use_toeplitz(f);
		f->ctrl.ring.sring->req_prod = f->ctrl.ring.req_prod_pvt + by[i];
		xen_mb();
		rf_front_notify(f, f->ctrl.port);
		rf_front_expect_error(f, "");
		rf_front_reconnect(f);
	}
	rf_use_toeplitz(f);
}

/* A frontend that has a grant for a ring, and nothing sensible in it. */
static void rf_ctrl_bad_keys(struct rf_front *f)
{
	struct rf_config config = { .ctrl = true, .post = 8 };

	rf_front_prepare(f, &config);
	rf_front_write(f, f->dir, "ctrl-ring-ref", "%u", RF_BAD_GREF);
	rf_front_set_state(f, XenbusStateConnected);
	rf_front_expect_error(f, "");
	rf_front_close(f);

	rf_front_prepare(f, &config);
	rf_front_write(f, f->dir, "event-channel-ctrl", "99999");
	rf_front_set_state(f, XenbusStateConnected);
	rf_front_expect_error(f, "");
	rf_front_close(f);

	rf_front_connect(f, &config);
	rf_use_toeplitz(f);
}

/* The definition, bit by bit. */
static u32 rf_toeplitz(const u8 *key, unsigned int key_len, const u8 *data,
		       unsigned int len)
{
	u32 hash = 0, window = 0;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		window = window << 1 |
			 (bit / 8 < key_len ? key[bit / 8] >> (7 - bit % 8) & 1 : 0);
	for (bit = 0; bit < len * 8; bit++) {
		unsigned int next = bit + 32;

		if (data[bit / 8] >> (7 - bit % 8) & 1)
			hash ^= window;
		window = window << 1 |
			 (next / 8 < key_len ? key[next / 8] >> (7 - next % 8) & 1 : 0);
	}

	return hash;
}

/* What a packet's hash must be, and of which type; type -1 is none. */
static u32 rf_expected_hash(const u8 *packet, const struct rf_ip *ip, u32 types, int *type)
{
	unsigned int addresses = ip->version == 4 ? 8 : 32;
	unsigned int at = ip->version == 4 ? 14 + 12 : 14 + 8;
	int plain = ip->version == 4 ? _XEN_NETIF_CTRL_HASH_TYPE_IPV4 :
				       _XEN_NETIF_CTRL_HASH_TYPE_IPV6;
	int tcp = ip->version == 4 ? _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP :
				     _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP;

	if (ip->protocol == IPPROTO_TCP && types & 1U << tcp) {
		/* The ports follow the addresses in both. */
		*type = tcp;
		return rf_toeplitz(rf_key, RF_KEY_LEN, packet + at, addresses + 4);
	}
	if (types & 1U << plain) {
		*type = plain;
		return rf_toeplitz(rf_key, RF_KEY_LEN, packet + at, addresses);
	}

	*type = -1;
	return 0;
}

static void rf_hash_packet(struct rf_front *f, const struct rf_ip *ip, u32 types,
			   const u32 *mapping, unsigned int size)
{
	unsigned int len = rf_make_ip(rf_data, ip), queue;
	struct rf_queue *q;
	int type;
	u32 hash = rf_expected_hash(rf_data, ip, types, &type);

	queue = type < 0 ? 0 : size ? mapping[hash % size] : hash % f->nr_queues;
	rf_netdev_send(&f->netdev, rf_data, len, NULL);
	if (type < 0) {
		/* Anywhere, without a hash. */
		for (queue = 0; ; queue++) {
			RF_CHECK(queue < 50 * f->nr_queues, "a packet did not come");
			q = &f->queue[queue % f->nr_queues];
			if (rf_rx_get(q, &rf_arrival, 20))
				break;
		}
		RF_CHECK(!(rf_arrival.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH)),
			 "a hash came with a packet of no chosen type");
	} else {
		q = &f->queue[queue];
		RF_CHECK(rf_rx_get(q, &rf_arrival, 2000),
			 "IPv%d, protocol %u: hash %#x did not come on queue %u", ip->version,
			 ip->protocol, hash, queue);
		RF_CHECK(rf_arrival.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH),
			 "no hash came with the packet");
		RF_CHECK(rf_arrival.hash == hash && rf_arrival.hash_type == type &&
			 rf_arrival.hash_algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
			 "hash %#x of type %u, algorithm %u, expected %#x of type %d",
			 rf_arrival.hash, rf_arrival.hash_type, rf_arrival.hash_algorithm, hash,
			 type);
	}
	RF_CHECK(rf_arrival.len == len && !memcmp(rf_arrival.data, rf_data, len),
		 "the packet is not what was sent");
	rf_rx_post(q, rf_arrival.slots);
}

static void rf_hash_packets(struct rf_front *f, u32 types, const u32 *mapping,
			    unsigned int size)
{
	static const u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct rf_ip ip = { .payload = 50 };
	unsigned int i, n;

	for (n = 0; n < 4; n++) {
		for (i = 0; i < 15; i++) {
			ip.version = n < 2 ? 4 : 6;
			ip.protocol = protocols[n % 2];
			ip.sport = rf_random();
			ip.dport = rf_random();
			rf_fill(ip.saddr, sizeof(ip.saddr), rf_random());
			rf_fill(ip.daddr, sizeof(ip.daddr), rf_random());
			/* Not a group's, which the stack would treat otherwise. */
			ip.saddr[0] = 10;
			ip.daddr[0] = 10;
			rf_hash_packet(f, &ip, types, mapping, size);
		}
	}
}

static void rf_hash_known_answers(struct rf_front *f)
{
	/* The published pair of addresses and ports, and its two hashes. */
	struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_TCP, .sport = 2794, .dport = 1766,
		.payload = 20, .saddr = { 66, 9, 149, 187 }, .daddr = { 161, 142, 100, 80 },
	};
	int type;
	u32 hash;

	rf_make_ip(rf_data, &ip);
	hash = rf_expected_hash(rf_data, &ip, RF_TYPES, &type);
	RF_CHECK(hash == 0x51ccc178, "our own hash is %#x, expected 0x51ccc178", hash);
	hash = rf_expected_hash(rf_data, &ip, XEN_NETIF_CTRL_HASH_TYPE_IPV4, &type);
	RF_CHECK(hash == 0x323e8fc2, "our own hash is %#x, expected 0x323e8fc2", hash);

	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	rf_hash_packet(f, &ip, RF_TYPES, NULL, 0);
}

static void rf_hash_modulo(struct rf_front *f)
{
	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	rf_hash_packets(f, RF_TYPES, NULL, 0);
}

static void rf_hash_mapping(struct rf_front *f)
{
	u32 mapping[128];
	unsigned int i;

	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	RF_CALL(f, SUCCESS, SET_HASH_MAPPING_SIZE, 128, 0, 0, NULL);
	for (i = 0; i < 128; i++)
		mapping[i] = rf_random_below(f->nr_queues);
	rf_expect_status(rf_ctrl_send_mapping(f, mapping, 128, 0),
			 XEN_NETIF_CTRL_STATUS_SUCCESS, "a whole mapping");
	rf_hash_packets(f, RF_TYPES, mapping, 128);

	/* A part of it; the rest stays. */
	for (i = 40; i < 80; i++)
		mapping[i] = rf_random_below(f->nr_queues);
	rf_expect_status(rf_ctrl_send_mapping(f, mapping + 40, 40, 40),
			 XEN_NETIF_CTRL_STATUS_SUCCESS, "a part of a mapping");
	rf_hash_packets(f, RF_TYPES, mapping, 128);

	/* A new size begins with zeros. */
	RF_CALL(f, SUCCESS, SET_HASH_MAPPING_SIZE, 7, 0, 0, NULL);
	memset(mapping, 0, sizeof(mapping));
	rf_hash_packets(f, RF_TYPES, mapping, 7);
}

static void rf_hash_types(struct rf_front *f)
{
	static const u32 types[] = {
		XEN_NETIF_CTRL_HASH_TYPE_IPV4, XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP,
		XEN_NETIF_CTRL_HASH_TYPE_IPV6 | XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP, 0,
	};
	unsigned int i;

	rf_use_toeplitz(f);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		RF_CALL(f, SUCCESS, SET_HASH_FLAGS, types[i], 0, 0, NULL);
		rf_hash_packets(f, types[i], NULL, 0);
	}

	/* No algorithm, no hash. */
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	RF_CALL(f, SUCCESS, SET_HASH_ALGORITHM, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, 0, 0, NULL);
	rf_hash_packets(f, 0, NULL, 0);
}

/* Both extras of a large packet, in a ring with just enough room. */
static void rf_hash_and_gso(struct rf_front *f)
{
	struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_TCP, .sport = 5, .dport = 6, .payload = 1400,
		.blank = true,
	};
	static u8 data[RF_PACKET_MAX];
	struct virtio_net_hdr offload;
	unsigned int len, i;

	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	for (i = 0; i < 5; i++) {
		ip.payload = 5000 + i * 10000;
		len = rf_make_ip(data, &ip);
		rf_ip_offload(&ip, 1400, &offload);
		rf_rx_post(&f->queue[0], 2 + (len + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE);
		rf_netdev_send(&f->netdev, data, len, &offload);
		rf_rx_expect(&f->queue[0], data, len, &rf_arrival);
		RF_CHECK(rf_arrival.extras == (XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO) |
					       XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH)),
			 "extras %#x", rf_arrival.extras);
		RF_CHECK(!rf_rx_posted(&f->queue[0]), "%u buffers are left over",
			 rf_rx_posted(&f->queue[0]));
	}
}

/* Hashing set up by one connection is not there in the next. */
static void rf_hash_forgotten(struct rf_front *f)
{
	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	rf_hash_packets(f, RF_TYPES, NULL, 0);
	rf_front_reconnect(f);
	RF_CALL(f, NOT_SUPPORTED, GET_HASH_FLAGS, 0, 0, 0, NULL);
	rf_hash_packets(f, 0, NULL, 0);
}

/* Packets while keys and mappings change: each has the one key's hash, or the other's. */
static volatile bool rf_stop;
static unsigned long rf_fed;

static void *rf_feed(void *arg)
{
	struct rf_front *f = arg;
	struct rf_ip ip = { .version = 4, .protocol = IPPROTO_TCP, .payload = 20 };
	static u8 data[1500];
	unsigned int len, n = 0;

	while (!rf_stop) {
		n++;
		ip.sport = n * 7;
		ip.dport = n * 13;
		memcpy(ip.saddr, &n, 4);
		memcpy(ip.daddr, &n, 4);
		ip.saddr[0] = 10;
		ip.daddr[0] = 11;
		len = rf_make_ip(data, &ip);
		rf_netdev_send(&f->netdev, data, len, NULL);
		rf_fed++;
		rf_sleep_ms(1);
	}

	return NULL;
}

static void rf_look(struct rf_front *f, const u8 *other, const u32 *map, const u32 *other_map,
		    unsigned long *seen)
{
	struct rf_queue *q;
	unsigned int i;
	u32 a, b;

	for (i = 0; i < f->nr_queues; i++) {
		q = &f->queue[i];
		while (rf_rx_get(q, &rf_arrival, 0)) {
			a = rf_toeplitz(rf_key, RF_KEY_LEN, rf_arrival.data + 26, 12);
			b = rf_toeplitz(other, RF_KEY_LEN, rf_arrival.data + 26, 12);
			RF_CHECK(rf_arrival.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH),
				 "a packet without hash");
			RF_CHECK(rf_arrival.hash == a || rf_arrival.hash == b,
				 "hash %#x, expected %#x or %#x", rf_arrival.hash, a, b);
			RF_CHECK(i == map[a % 128] || i == map[b % 128] ||
				 i == other_map[a % 128] || i == other_map[b % 128],
				 "queue %u is in no mapping", i);
			seen[rf_arrival.hash == a]++;
			rf_rx_post(q, rf_arrival.slots);
		}
	}
}

static void rf_hash_changes(struct rf_front *f)
{
	u32 map[128], other_map[128];
	unsigned long seen[2] = { 0 };
	unsigned int i, rounds = 0;
	u8 other[RF_KEY_LEN];
	pthread_t thread;
	long until;

	for (i = 0; i < RF_KEY_LEN; i++)
		other[i] = rf_key[RF_KEY_LEN - 1 - i];
	for (i = 0; i < 128; i++) {
		map[i] = i % 2;
		other_map[i] = 2 + i % 2;
	}
	rf_use_toeplitz(f);
	rf_ctrl_send_key(f, rf_key, RF_KEY_LEN);
	RF_CALL(f, SUCCESS, SET_HASH_MAPPING_SIZE, 128, 0, 0, NULL);
	rf_ctrl_send_mapping(f, map, 128, 0);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);

	rf_stop = false;
	rf_fed = 0;
	RF_CHECK(!pthread_create(&thread, NULL, rf_feed, f), "no thread");
	until = rf_now_ms() + 8000;
	while (rf_now_ms() < until) {
		rf_ctrl_send_key(f, rounds % 2 ? rf_key : other, RF_KEY_LEN);
		rf_look(f, other, map, other_map, seen);
		rf_ctrl_send_mapping(f, rounds % 3 ? map : other_map, 128, 0);
		rf_look(f, other, map, other_map, seen);
		rounds++;
	}
	rf_stop = true;
	pthread_join(thread, NULL);
	rf_sleep_ms(200);
	rf_look(f, other, map, other_map, seen);
	rf_note("%u rounds, %lu packets sent, %lu with one key, %lu with the other", rounds,
		rf_fed, seen[0], seen[1]);
	RF_CHECK(seen[0] && seen[1] && seen[0] + seen[1] == rf_fed, "packets are missing");
}

/* As fast as can be, with the counters to be seen: what an answer costs. */
static void rf_ctrl_counted(struct rf_front *f)
{
	long start = rf_now_ms();
	unsigned int i;

	for (i = 0; i < 100; i++)
		RF_CALL(f, SUCCESS, GET_HASH_MAPPING_SIZE, 0, 0, 0, NULL);
	rf_note("100 messages that change nothing: %ld ms", rf_now_ms() - start);
	rf_use_toeplitz(f);
	RF_CALL(f, SUCCESS, SET_HASH_FLAGS, RF_TYPES, 0, 0, NULL);
	start = rf_now_ms();
	for (i = 0; i < 20; i++)
		rf_use_toeplitz(f);
	rf_note("20 messages that change something: %ld ms", rf_now_ms() - start);
	RF_CALL(f, NOT_SUPPORTED, INVALID, 0, 0, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_ALGORITHM, 2, 0, 0, NULL);
	RF_CALL(f, BUFFER_OVERFLOW, SET_HASH_KEY, f->ctrl.data_ref, 41, 0, NULL);
	RF_CALL(f, INVALID_PARAMETER, SET_HASH_KEY, RF_BAD_GREF, 40, 0, NULL);
}

#define RF_CTRL		.needs = "feature-ctrl-ring", .config = { .ctrl = true, .post = 32 }
#define RF_CTRL_QUEUES	.needs = "feature-ctrl-ring", \
			.config = { .ctrl = true, .post = 32, .queues = 4 }

const struct rf_case rf_ctrl_cases[] = {
	{ .name = "ctrl_algorithm", .run = rf_ctrl_algorithm, RF_CTRL },
	{ .name = "ctrl_flags", .run = rf_ctrl_flags, RF_CTRL },
	{ .name = "ctrl_key", .run = rf_ctrl_key, RF_CTRL },
	{ .name = "ctrl_mapping", .run = rf_ctrl_mapping, RF_CTRL_QUEUES },
	{ .name = "ctrl_unknown", .run = rf_ctrl_unknown, RF_CTRL },
	{ .name = "ctrl_many", .run = rf_ctrl_many, RF_CTRL },
	{ .name = "ctrl_producer", .run = rf_ctrl_producer, RF_CTRL, .moves = { { "ctrl_err_fatal", 3 } } },
	{
		.name = "ctrl_bad_keys", .run = rf_ctrl_bad_keys, .connects_itself = true,
		.needs = "feature-ctrl-ring",
	},
	{
		.name = "ctrl_counted", .run = rf_ctrl_counted, RF_CTRL,
		.moves = { { "ctrl_done", 122 }, { "ctrl_err_unsupported", 1 },
			   { "ctrl_err_invalid", 1 }, { "ctrl_err_too_large", 1 },
			   { "ctrl_err_grant", 1 }, { "ctrl_err_fatal", 0 } },
	},
	{ .name = "hash_changes", .run = rf_hash_changes, RF_CTRL_QUEUES },
	{ .name = "hash_known_answers", .run = rf_hash_known_answers, RF_CTRL_QUEUES },
	{ .name = "hash_modulo", .run = rf_hash_modulo, RF_CTRL_QUEUES },
	{ .name = "hash_mapping", .run = rf_hash_mapping, RF_CTRL_QUEUES },
	{ .name = "hash_types", .run = rf_hash_types, RF_CTRL_QUEUES },
	{
		.name = "hash_and_gso", .run = rf_hash_and_gso, .needs = "feature-ctrl-ring",
		.config = { .ctrl = true },
	},
	{ .name = "hash_forgotten", .run = rf_hash_forgotten, RF_CTRL_QUEUES },
	{ 0 }
};
