/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Echo requests to the guest, and its replies. Both carry the same bytes, so one
 * of them shows that packets pass in both directions, and unchanged.
 */
#ifndef RB_ECHO_H
#define RB_ECHO_H

#include "queue.h"

/* Bytes before the data of an echo request. */
#define RB_ECHO_HEADERS	(14 + 20 + 8)

unsigned int rb_echo_make(u8 *data, unsigned int len);
bool rb_echo_is_reply(const u8 *request, unsigned int len, const struct rb_packet *reply);
void rb_echo_request(struct rb_queue *q, unsigned int len);
void rb_echo_reply(struct rb_queue *q, struct rb_packet *reply);
void rb_echo(struct rb_queue *q, unsigned int len);
void rb_echo_replied(struct rb_back *b, const u8 *request, unsigned int len);

#endif /* RB_ECHO_H */
