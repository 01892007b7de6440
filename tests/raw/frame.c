// SPDX-License-Identifier: GPL-2.0
/* Bytes of packets; see frame.h. */

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "frame.h"

static u32 rf_random_state = 1;

/** rf_random_seed() - make what follows repeatable */
void rf_random_seed(u32 seed)
{
	rf_random_state = seed ? seed : 1;
}

static u32 rf_step(u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/** rf_random() - a random number */
u32 rf_random(void)
{
	return rf_step(&rf_random_state);
}

/** rf_random_below() - a random number below a limit, which is not 0 */
u32 rf_random_below(u32 limit)
{
	return rf_random() % limit;
}

/** rf_now_ms() - a clock that never goes back */
long rf_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

/** rf_sleep_ms() - sleep */
void rf_sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/** rf_fill() - fill memory with bytes that follow from a seed */
void rf_fill(u8 *data, unsigned int len, u32 seed)
{
	u32 state = seed * 2654435761U + 1;
	unsigned int i;

	if (!state)
		state = 1;
	for (i = 0; i < len; i++)
		data[i] = rf_step(&state) >> 8;
}

static void rf_make_ethernet(u8 *data, u16 type)
{
	static const u8 addresses[2 * ETH_ALEN] = {
		0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01,
	};

	memcpy(data, addresses, sizeof(addresses));
	data[12] = type >> 8;
	data[13] = type;
}

/**
 * rf_make_frame() - make a packet of no protocol
 * @data: where
 * @len: its size; less than an Ethernet header is all random
 * @seed: of what is in it
 */
void rf_make_frame(u8 *data, unsigned int len, u32 seed)
{
	rf_fill(data, len, seed);
	if (len >= ETH_HLEN)
		rf_make_ethernet(data, RF_ETHERTYPE);
}

static u32 rf_sum(const u8 *data, unsigned int len, u32 sum)
{
	unsigned int i;

	for (i = 0; i + 1 < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	if (len & 1)
		sum += data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);

	return sum;
}

static unsigned int rf_transport_len(const struct rf_ip *ip)
{
	switch (ip->protocol) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	default:
		return 0;
	}
}

/** rf_ip_header_len() - bytes of all headers of a packet */
unsigned int rf_ip_header_len(const struct rf_ip *ip)
{
	return ETH_HLEN + (ip->version == 4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr)) +
	       rf_transport_len(ip);
}

static u32 rf_pseudo_sum(const u8 *addresses, unsigned int len, u8 protocol,
			 unsigned int bytes)
{
	return rf_sum(addresses, len, protocol + (bytes & 0xffff) + (bytes >> 16));
}

static void rf_make_transport(u8 *to, const struct rf_ip *ip, u32 pseudo)
{
	unsigned int len = rf_transport_len(ip) + ip->payload;
	struct tcphdr tcp = {
		.source = htons(ip->sport), .dest = htons(ip->dport),
		.seq = htonl(1000), .ack_seq = htonl(2000), .doff = sizeof(tcp) / 4,
		.ack = 1, .window = htons(65535),
	};
	struct udphdr udp = {
		.source = htons(ip->sport), .dest = htons(ip->dport), .len = htons(len),
	};
	unsigned int field;
	u16 check;

	if (ip->protocol == IPPROTO_TCP) {
		memcpy(to, &tcp, sizeof(tcp));
		field = offsetof(struct tcphdr, check);
	} else if (ip->protocol == IPPROTO_UDP) {
		memcpy(to, &udp, sizeof(udp));
		field = offsetof(struct udphdr, check);
	} else {
		return;
	}

	check = ip->blank ? pseudo : ~rf_sum(to, len, pseudo);
	to[field] = check >> 8;
	to[field + 1] = check;
}

/**
 * rf_make_ip() - make an IP packet
 * @data: where
 * @ip: what it is
 *
 * Return: its size, the Ethernet header included.
 */
unsigned int rf_make_ip(u8 *data, const struct rf_ip *ip)
{
	unsigned int transport = rf_transport_len(ip) + ip->payload;
	static const u8 nowhere[16];
	u8 *header = data + ETH_HLEN;
	u8 addresses[32];
	u32 pseudo;
	u16 check;

	rf_fill(data, rf_ip_header_len(ip) + ip->payload, ip->sport + 1);
	memcpy(addresses, ip->saddr, 16);
	memcpy(addresses + (ip->version == 4 ? 4 : 16), ip->daddr, 16);

	if (ip->version == 4) {
		struct iphdr ip4 = {
			.version = 4, .ihl = 5, .ttl = 64, .protocol = ip->protocol,
			.tot_len = htons(sizeof(ip4) + transport),
		};

		if (!memcmp(ip->saddr, nowhere, 4))
			memcpy(addresses, (u8 []){ 192, 0, 2, 1, 192, 0, 2, 2 }, 8);
		memcpy(&ip4.saddr, addresses, 8);
		check = ~rf_sum((u8 *)&ip4, sizeof(ip4), 0);
		ip4.check = htons(check);
		rf_make_ethernet(data, ETHERTYPE_IP);
		memcpy(header, &ip4, sizeof(ip4));
		header += sizeof(ip4);
		pseudo = rf_pseudo_sum(addresses, 8, ip->protocol, transport);
	} else {
		struct ip6_hdr ip6 = {
			.ip6_flow = htonl(6U << 28), .ip6_plen = htons(transport),
			.ip6_nxt = ip->protocol, .ip6_hlim = 64,
		};

		if (!memcmp(ip->saddr, nowhere, 16)) {
			memset(addresses, 0, sizeof(addresses));
			memcpy(addresses, (u8 []){ 0x20, 1, 0xd, 0xb8 }, 4);
			memcpy(addresses + 16, (u8 []){ 0x20, 1, 0xd, 0xb8 }, 4);
			addresses[15] = 1;
			addresses[31] = 2;
		}
		memcpy(&ip6.ip6_src, addresses, 16);
		memcpy(&ip6.ip6_dst, addresses + 16, 16);
		rf_make_ethernet(data, ETHERTYPE_IPV6);
		memcpy(header, &ip6, sizeof(ip6));
		header += sizeof(ip6);
		pseudo = rf_pseudo_sum(addresses, 32, ip->protocol, transport);
	}
	rf_make_transport(header, ip, pseudo);

	return rf_ip_header_len(ip) + ip->payload;
}

/**
 * rf_ip_offload() - what the stack must be told of a packet
 * @ip: the packet; its checksum is blank
 * @gso_size: bytes per segment, 0 for none
 * @offload: where to put it
 */
void rf_ip_offload(const struct rf_ip *ip, u16 gso_size, struct virtio_net_hdr *offload)
{
	unsigned int header = rf_ip_header_len(ip);

	memset(offload, 0, sizeof(*offload));
	offload->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	offload->csum_start = header - rf_transport_len(ip);
	offload->csum_offset = ip->protocol == IPPROTO_TCP ? offsetof(struct tcphdr, check) :
							     offsetof(struct udphdr, check);
	if (!gso_size)
		return;
	offload->gso_type = ip->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 :
					       VIRTIO_NET_HDR_GSO_TCPV6;
	offload->gso_size = gso_size;
	offload->hdr_len = header;
}

/**
 * rf_ip_checksum_good() - is the transport checksum of a packet right?
 * @data: TCP or UDP over IP without options or extension headers
 * @len: its size
 */
bool rf_ip_checksum_good(const u8 *data, unsigned int len)
{
	const u8 *ip = data + ETH_HLEN;
	bool v4 = ip[0] >> 4 == 4;
	unsigned int start = ETH_HLEN + (v4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr));
	u32 pseudo = v4 ? rf_pseudo_sum(ip + 12, 8, ip[9], len - start) :
			  rf_pseudo_sum(ip + 8, 32, ip[6], len - start);

	return rf_sum(data + start, len - start, pseudo) == 0xffff;
}

/** rf_gso_extra() - extra info for segmentation */
struct netif_extra_info rf_gso_extra(u8 type, u16 size)
{
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

	extra.u.gso.type = type;
	extra.u.gso.size = size;
	return extra;
}
