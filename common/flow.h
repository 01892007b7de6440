/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which bytes of a packet its hash is made of: netif.h, "Hash types".
 *
 * A packet is hashed by the best of the types that the guest has asked for:
 * with ports when it is TCP, else by its addresses. Fragments of a packet must
 * not go separate ways, and only the first one has ports: the ports of a
 * fragmented packet are never used. VLAN tags are stepped over.
 */
#ifndef XNET_FLOW_H
#define XNET_FLOW_H

#include "toeplitz.h"
#include "wire.h"

/* Types of hash that there are. */
#define XNET_FLOW_TYPES	(XEN_NETIF_CTRL_HASH_TYPE_IPV4 |	\
			 XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP |	\
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6 |	\
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

/* Headers between IPv6's and TCP's that are stepped over. */
#define XNET_FLOW_EXTENSIONS_MAX	8

/*
 * No more than this of a packet is worth copying for its hash. Two VLAN tags,
 * an IPv4 header with all options and the ports end far before; so do IPv6
 * headers with any sane extensions.
 */
#define XNET_FLOW_BYTES_MAX	192

/**
 * struct xnet_flow - what of a packet is hashed
 * @addresses: source and destination, in the packet
 * @ports: ditto, or NULL when they are not part of the hash
 * @addresses_len: bytes of @addresses
 * @type: _XEN_NETIF_CTRL_HASH_TYPE_*
 * @cut: the packet's bytes ended before its headers did; with more of them the
 *	answer may be better
 */
struct xnet_flow {
	const u8 *addresses;
	const u8 *ports;
	u8 addresses_len;
	u8 type;
	bool cut;
};

bool xnet_flow_find(struct xnet_flow *flow, u32 types, const u8 *packet,
		    unsigned int len);
u32 xnet_flow_hash(const struct xnet_flow *flow,
		   const struct xnet_toeplitz *toeplitz);

#endif /* XNET_FLOW_H */
