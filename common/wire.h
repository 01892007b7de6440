/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netif protocol as this tree sees it.
 *
 * In the kernel the structures and constants are those of the header that the
 * kernel ships. In user space (unit tests, tools) they are those of Xen's own
 * public header, whose names differ; the names of the kernel are used in both.
 * What both headers lack is declared at the end of this file, and nowhere else.
 */
#ifndef XNET_WIRE_H
#define XNET_WIRE_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/if_ether.h>
#include <linux/string.h>
#include <linux/types.h>
#include <xen/interface/io/netif.h>
#include <xen/page.h>

#else /* user space */

#include <net/ethernet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/netif.h>

#define XEN_PAGE_SIZE	4096U

typedef uint8_t u8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define xen_netif_tx_request	netif_tx_request
#define xen_netif_tx_response	netif_tx_response
#define xen_netif_rx_request	netif_rx_request
#define xen_netif_rx_response	netif_rx_response
#define xen_netif_extra_info	netif_extra_info

#define XEN_NETTXF_csum_blank		NETTXF_csum_blank
#define XEN_NETTXF_data_validated	NETTXF_data_validated
#define XEN_NETTXF_more_data		NETTXF_more_data
#define XEN_NETTXF_extra_info		NETTXF_extra_info

#define XEN_NETRXF_data_validated	NETRXF_data_validated
#define XEN_NETRXF_csum_blank		NETRXF_csum_blank
#define XEN_NETRXF_more_data		NETRXF_more_data
#define XEN_NETRXF_extra_info		NETRXF_extra_info

#define XEN_NETIF_RSP_DROPPED		NETIF_RSP_DROPPED
#define XEN_NETIF_RSP_ERROR		NETIF_RSP_ERROR
#define XEN_NETIF_RSP_OKAY		NETIF_RSP_OKAY
#define XEN_NETIF_RSP_NULL		NETIF_RSP_NULL

#endif

#ifndef XEN_NETIF_NR_SLOTS_MIN
#define XEN_NETIF_NR_SLOTS_MIN	18
#endif

/* Linux's header knows the XDP extra, Xen's does not. */
#ifndef XEN_NETIF_EXTRA_TYPE_XDP
#define XEN_NETIF_EXTRA_TYPE_XDP	5
#endif

/**
 * xnet_xdp_headroom() - bytes that an extra of type XDP speaks of
 * @extra: the extra
 *
 * Linux names them u.xdp.headroom, Xen's header not at all. Pure, any context.
 *
 * Return: bytes, whatever the peer has written.
 */
static inline u16 xnet_xdp_headroom(const struct xen_netif_extra_info *extra)
{
	return extra->u.pad[0];
}

/* The bit that stands for an extra-info type in a set of types. */
#define XNET_EXTRA(type)	(1U << (type))

/*
 * A gso_size of all ones means GSO_BY_FRAGS inside Linux: never let a peer
 * smuggle it in.
 */
#define XNET_GSO_SIZE_RESERVED	0xffff

/**
 * xnet_gso_valid() - can the stack be given these GSO values?
 * @type: XEN_NETIF_GSO_TYPE_* as the peer wrote it
 * @size: segment size in bytes as the peer wrote it
 *
 * Whether the packet really is TCP over that version of IP is for the caller
 * to check against the packet. Pure, any context.
 *
 * Return: true when @type is one of netif.h's and @size is usable.
 */
static inline bool xnet_gso_valid(u8 type, u16 size)
{
	if (type != XEN_NETIF_GSO_TYPE_TCPV4 && type != XEN_NETIF_GSO_TYPE_TCPV6)
		return false;

	return size != 0 && size != XNET_GSO_SIZE_RESERVED;
}

/**
 * struct xnet_hash - extra info of type XEN_NETIF_EXTRA_TYPE_HASH
 * @type: _XEN_NETIF_CTRL_HASH_TYPE_*, a number and not a bit
 * @algorithm: XEN_NETIF_CTRL_HASH_ALGORITHM_*
 * @value: least significant byte first
 */
struct xnet_hash {
	u8 type;
	u8 algorithm;
	u8 value[4];
};

/**
 * xnet_hash_value() - the number that a hash extra carries
 * @hash: the extra
 *
 * In netif.h an array of bytes, least significant first. Pure, any context.
 *
 * Return: the hash, in this machine's byte order.
 */
static inline u32 xnet_hash_value(const struct xnet_hash *hash)
{
	return hash->value[0] | (u32)hash->value[1] << 8 |
	       (u32)hash->value[2] << 16 | (u32)hash->value[3] << 24;
}

/**
 * xnet_hash_set_value() - undo xnet_hash_value()
 * @hash: the extra
 * @value: the hash, in this machine's byte order
 *
 * Pure, any context.
 */
static inline void xnet_hash_set_value(struct xnet_hash *hash, u32 value)
{
	hash->value[0] = value;
	hash->value[1] = value >> 8;
	hash->value[2] = value >> 16;
	hash->value[3] = value >> 24;
}

/**
 * xnet_hash_layer() - what a packet's hash was made of
 * @hash: the extra, as the peer wrote it
 * @ipv4: the packet may be IPv4
 * @ipv6: the packet may be IPv6
 *
 * Pure, any context.
 *
 * Return: 3 for addresses, 4 for addresses and ports; 0 when it is of a kind
 * unknown, or of one that does not fit the packet.
 */
static inline unsigned int xnet_hash_layer(const struct xnet_hash *hash, bool ipv4, bool ipv6)
{
	if (hash->algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return 0;

	switch (hash->type) {
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV4:
		return ipv4 ? 3 : 0;
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP:
		return ipv4 ? 4 : 0;
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV6:
		return ipv6 ? 3 : 0;
	case _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP:
		return ipv6 ? 4 : 0;
	default:
		return 0;
	}
}

#endif /* XNET_WIRE_H */
