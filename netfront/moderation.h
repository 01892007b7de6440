/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many events the backend is to send.
 *
 * Of each ring, the backend is told with which response it is to send the next event.
 * That is the next one, as long as little happens. While the ring is busy, which it is
 * when a poll has found something, it is a later one; and for what the backend answers
 * before that, or never gets to, a timer polls when the time is up. A poll by the timer
 * that finds nothing goes back to the next response. So no packet waits longer than
 * the timer takes, the first one after a pause does not wait at all, and nothing runs
 * on a ring that is idle.
 */
#ifndef XNF_MODERATION_H
#define XNF_MODERATION_H

#include <linux/hrtimer.h>
#include <linux/types.h>
#include <xen/interface/io/ring.h>

struct napi_struct;

/* Half a ring, so that the other half is there while the event is on its way. */
#define XNF_MODERATION_FRAMES_MAX	128

#define XNF_MODERATION_USECS_MAX	10000

/**
 * struct xnf_moderation - how many events are wanted of the rings of one direction
 * @usecs: how long a response may wait for others; 0 for not at all
 * @frames: responses per event while a ring is busy; 0 and 1 for each its own
 */
struct xnf_moderation {
	unsigned int usecs;
	unsigned int frames;
};

/*
 * What new devices have. A packet that has been sent is in no hurry to be freed, unlike
 * one that has come.
 */
#define XNF_TX_MODERATION	((struct xnf_moderation) { .usecs = 250, .frames = 64 })
#define XNF_RX_MODERATION	((struct xnf_moderation) { .usecs = 0, .frames = 1 })

/**
 * struct xnf_moderator - when the next event of a ring is wanted
 * @timer: schedules the poll
 * @napi: which is this
 * @armed: @timer runs, and will say so when it no longer does
 * @seen: responses consumed when the last event was asked for
 */
struct xnf_moderator {
	struct hrtimer timer;
	struct napi_struct *napi;
	bool armed;
	RING_IDX seen;
};

void xnf_moderator_init(struct xnf_moderator *moderator, struct napi_struct *napi);
void xnf_moderator_stop(struct xnf_moderator *moderator);
unsigned int xnf_moderator_ahead(struct xnf_moderator *moderator,
				 const struct xnf_moderation *moderation, RING_IDX cons,
				 unsigned int most);

#endif /* XNF_MODERATION_H */
