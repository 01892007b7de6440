/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a backend cannot put up with: it stops the connection, says why, and
 * serves again once the frontend has reconnected.
 */
#ifndef RF_HOSTILE_H
#define RF_HOSTILE_H

#include "front.h"

void rf_hostile_stopped(struct rf_front *f, const char *reason);
void rf_hostile_packet(struct rf_front *f, struct rf_packet *packet,
		       const char *reason);
void rf_hostile_truncated(struct rf_front *f, struct rf_packet *packet, u16 flag);

#endif /* RF_HOSTILE_H */
