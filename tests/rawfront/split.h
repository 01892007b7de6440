/* SPDX-License-Identifier: GPL-2.0 */
/* Layouts of packets: which bytes lie in which slot, and where in its page. */
#ifndef RF_SPLIT_H
#define RF_SPLIT_H

#include "queue.h"

void rf_split_even(struct rf_packet *packet, unsigned int pieces);
void rf_split_front(struct rf_packet *packet, const u16 *sizes, unsigned int count);
void rf_split_random(struct rf_packet *packet, unsigned int max_pieces);

#endif /* RF_SPLIT_H */
