/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verification suite that Microsoft publishes for receive-side scaling: a
 * key, flows, and what they hash to.
 */
#ifndef XNET_TEST_RSS_H
#define XNET_TEST_RSS_H

#include "common/wire.h"

static const u8 rss_key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/**
 * struct rss_flow - a flow and its hashes
 * @version: of IP
 * @from: its source address, in words
 * @to: its destination address, in words
 * @from_port: where it comes from
 * @to_port: where it goes
 * @plain: its hash without ports
 * @tcp: its hash with them
 */
struct rss_flow {
	int version;
	const char *from;
	const char *to;
	u16 from_port;
	u16 to_port;
	u32 plain;
	u32 tcp;
};

static const struct rss_flow rss_flows[] = {
	{ 4, "66.9.149.187", "161.142.100.80", 2794, 1766, 0x323e8fc2, 0x51ccc178 },
	{ 4, "199.92.111.2", "65.69.140.83", 14230, 4739, 0xd718262a, 0xc626b0ea },
	{ 4, "24.19.198.95", "12.22.207.184", 12898, 38024, 0xd2d0a5de, 0x5c2b394a },
	{ 4, "38.27.205.30", "209.142.163.6", 48228, 2217, 0x82989176, 0xafc7327f },
	{ 4, "153.39.163.191", "202.188.127.2", 44251, 1303, 0x5d1809c5, 0x10e828a2 },
	{ 6, "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766,
	  0x2cc18cd5, 0x40207d3d },
	{ 6, "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739,
	  0x0f0c461c, 0xdde51bbf },
	{ 6, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf",
	  44251, 38024, 0x4b61e985, 0x02d1feef },
};

#endif /* XNET_TEST_RSS_H */
