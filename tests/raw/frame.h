/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of packets, and what is random about them. */
#ifndef RF_FRAME_H
#define RF_FRAME_H

#include <linux/virtio_net.h>
#include <netinet/in.h>

#include "common/wire.h"

/* For experiments; nobody in the kernel listens to it. */
#define RF_ETHERTYPE	0x88b5

/**
 * struct rf_ip - an IP packet
 * @version: 4 or 6
 * @protocol: IPPROTO_*
 * @sport: source port
 * @dport: destination port
 * @payload: bytes behind the transport header
 * @blank: leave the transport checksum to be filled in; the field then holds
 *	the sum of the pseudo header, as Linux has it
 * @saddr: source address, for version 4 the first 4 bytes; zeros for the default
 * @daddr: destination address
 */
struct rf_ip {
	int version;
	u8 protocol;
	u16 sport;
	u16 dport;
	unsigned int payload;
	bool blank;
	u8 saddr[16];
	u8 daddr[16];
};

u32 rf_random(void);
u32 rf_random_below(u32 limit);
void rf_random_seed(u32 seed);

void rf_fill(u8 *data, unsigned int len, u32 seed);
void rf_make_frame(u8 *data, unsigned int len, u32 seed);
unsigned int rf_make_ip(u8 *data, const struct rf_ip *ip);
unsigned int rf_ip_header_len(const struct rf_ip *ip);
void rf_ip_offload(const struct rf_ip *ip, u16 gso_size, struct virtio_net_hdr *offload);
bool rf_ip_checksum_good(const u8 *data, unsigned int len);
struct netif_extra_info rf_gso_extra(u8 type, u16 size);

long rf_now_ms(void);
void rf_sleep_ms(unsigned int ms);

#endif /* RF_FRAME_H */
