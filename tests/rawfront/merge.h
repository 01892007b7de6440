/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets in very many pieces. No socket makes them, but receiving does: the stack
 * merges a flow's segments, and hangs what is too much for one packet on it as a
 * list. They come from a TAP device, which is on a bridge with the vif.
 */
#ifndef RF_MERGE_H
#define RF_MERGE_H

#include "netdev.h"

/* What a packet is merged from: so many segments, each of so many fragments. */
#define RF_MERGE_SEGMENTS	20
#define RF_MERGE_FRAGMENTS	17
#define RF_MERGE_FRAGMENT	60
#define RF_MERGE_PAYLOAD	(RF_MERGE_FRAGMENTS * RF_MERGE_FRAGMENT)

void rf_merge_open(struct rf_netdev *n);
void rf_merge_close(struct rf_netdev *n);
unsigned int rf_merge_send(u8 *expected);

#endif /* RF_MERGE_H */
