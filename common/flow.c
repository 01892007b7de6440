// SPDX-License-Identifier: GPL-2.0
/* Which bytes of a packet its hash is made of; see flow.h. */

#ifdef __KERNEL__
#include <linux/in.h>
#include <linux/in6.h>
#else
#include <netinet/in.h>
#endif

#include "flow.h"

#define VLAN_TAGS_MAX	2
#define VLAN_TAG_LEN	4

#define IPV4_LEN	20
#define IPV4_FLAGS	6	/* and the fragment's offset */
#define IPV4_PROTOCOL	9
#define IPV4_ADDRESSES	12
#define IPV4_FRAGMENT	0x3fff	/* more fragments, or an offset */

#define IPV6_LEN	40
#define IPV6_NEXT	6
#define IPV6_ADDRESSES	8

#define PORTS_LEN	4

static u16 get_be16(const u8 *from)
{
	return from[0] << 8 | from[1];
}

static const u8 *find_ports(struct xnet_flow *flow, const u8 *ip,
			    unsigned int at, unsigned int len)
{
	if (len < at + PORTS_LEN) {
		flow->cut = true;
		return NULL;
	}

	return ip + at;
}

static const u8 *find_ipv4_ports(struct xnet_flow *flow, const u8 *ip,
				 unsigned int len)
{
	if (ip[IPV4_PROTOCOL] != IPPROTO_TCP ||
	    get_be16(ip + IPV4_FLAGS) & IPV4_FRAGMENT)
		return NULL;

	return find_ports(flow, ip, (ip[0] & 15) * 4, len);
}

/* Past all headers that may come before TCP's, within reason. */
static const u8 *find_ipv6_ports(struct xnet_flow *flow, const u8 *ip,
				 unsigned int len)
{
	unsigned int at = IPV6_LEN, unit, extra, i;
	u8 next = ip[IPV6_NEXT];

	for (i = 0; i <= XNET_FLOW_EXTENSIONS_MAX; i++) {
		switch (next) {
		case IPPROTO_TCP:
			return find_ports(flow, ip, at, len);
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			unit = 8;
			extra = 1;
			break;
		case IPPROTO_AH:
			unit = 4;
			extra = 2;
			break;
		default: /* a fragment's header too */
			return NULL;
		}

		if (len < at + 2) {
			flow->cut = true;
			return NULL;
		}
		next = ip[at];
		at += (ip[at + 1] + extra) * unit;
	}

	return NULL;
}

static bool find_ipv4(struct xnet_flow *flow, u32 types, const u8 *ip,
		      unsigned int len)
{
	if (len < IPV4_LEN) {
		flow->cut = true;
		return false;
	}
	if (ip[0] >> 4 != 4 || (ip[0] & 15) * 4 < IPV4_LEN)
		return false;

	if (types & XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP)
		flow->ports = find_ipv4_ports(flow, ip, len);

	flow->addresses = ip + IPV4_ADDRESSES;
	flow->addresses_len = 8;
	flow->type = flow->ports ? _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP :
				   _XEN_NETIF_CTRL_HASH_TYPE_IPV4;
	return types & 1U << flow->type;
}

static bool find_ipv6(struct xnet_flow *flow, u32 types, const u8 *ip,
		      unsigned int len)
{
	if (len < IPV6_LEN) {
		flow->cut = true;
		return false;
	}
	if (ip[0] >> 4 != 6)
		return false;

	if (types & XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)
		flow->ports = find_ipv6_ports(flow, ip, len);

	flow->addresses = ip + IPV6_ADDRESSES;
	flow->addresses_len = 32;
	flow->type = flow->ports ? _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP :
				   _XEN_NETIF_CTRL_HASH_TYPE_IPV6;
	return types & 1U << flow->type;
}

/**
 * xnet_flow_find() - find what of a packet is hashed
 * @flow: where to put the answer; it points into @packet
 * @types: set of XEN_NETIF_CTRL_HASH_TYPE_* that may be used
 * @packet: from the Ethernet header on
 * @len: bytes of it, which need not be all
 *
 * Pure, any context.
 *
 * Return: true when the packet has a hash of one of @types. &xnet_flow.cut is
 * valid in any case.
 */
bool xnet_flow_find(struct xnet_flow *flow, u32 types, const u8 *packet,
		    unsigned int len)
{
	unsigned int at = ETH_HLEN - 2, tags;
	u16 protocol;

	memset(flow, 0, sizeof(*flow));
	for (tags = 0; tags <= VLAN_TAGS_MAX; tags++, at += VLAN_TAG_LEN) {
		if (len < at + 2) {
			flow->cut = true;
			return false;
		}
		protocol = get_be16(packet + at);
		if (protocol != ETH_P_8021Q && protocol != ETH_P_8021AD)
			break;
	}
	at += 2;

	if (protocol == ETH_P_IP)
		return find_ipv4(flow, types, packet + at, len - at);
	if (protocol == ETH_P_IPV6)
		return find_ipv6(flow, types, packet + at, len - at);
	return false;
}

/**
 * xnet_flow_hash() - the hash of what was found
 * @flow: as xnet_flow_find() left it when it returned true
 * @toeplitz: the key
 *
 * Pure, any context.
 *
 * Return: the hash.
 */
u32 xnet_flow_hash(const struct xnet_flow *flow,
		   const struct xnet_toeplitz *toeplitz)
{
	u32 hash = xnet_toeplitz_hash(toeplitz, 0, flow->addresses,
				      flow->addresses_len);

	if (flow->ports)
		hash ^= xnet_toeplitz_hash(toeplitz, flow->addresses_len,
					   flow->ports, PORTS_LEN);

	return hash;
}
