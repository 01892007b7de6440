/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's packet generator: packets that no socket would let through. */
#ifndef RF_PKTGEN_H
#define RF_PKTGEN_H

#include "netdev.h"

/**
 * struct rf_pktgen - what to send
 * @count: packets
 * @size: bytes of each; nobody compares it with the MTU
 * @shared: bring it to send each packet this many times, while it holds on to it;
 *	0 for a new one each time
 */
struct rf_pktgen {
	unsigned int count;
	unsigned int size;
	unsigned int shared;
};

void rf_pktgen_send(struct rf_netdev *n, const struct rf_pktgen *what);

#endif /* RF_PKTGEN_H */
