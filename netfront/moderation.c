// SPDX-License-Identifier: GPL-2.0
/* How many events the backend is to send; see moderation.h. */

#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>

#include "moderation.h"

static enum hrtimer_restart expired(struct hrtimer *timer)
{
	struct xnf_moderator *moderator = container_of(timer, struct xnf_moderator, timer);

	/* The poll that this schedules, or the next after the one that runs, sees it. */
	WRITE_ONCE(moderator->armed, false);
	napi_schedule(moderator->napi);

	return HRTIMER_NORESTART;
}

/**
 * xnf_moderator_init() - begin with an event for each response
 * @moderator: of a ring that is not polled yet
 * @napi: what polls it
 *
 * Any context.
 */
void xnf_moderator_init(struct xnf_moderator *moderator, struct napi_struct *napi)
{
	moderator->napi = napi;
	hrtimer_setup(&moderator->timer, expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}

/**
 * xnf_moderator_stop() - stop the timer
 * @moderator: of a ring that is not polled any more
 *
 * Context: may sleep.
 */
void xnf_moderator_stop(struct xnf_moderator *moderator)
{
	hrtimer_cancel(&moderator->timer);
}

/**
 * xnf_moderator_ahead() - with which response an event is wanted
 * @moderator: of the ring
 * @moderation: the user's settings
 * @cons: responses of the ring that have been consumed
 * @most: not with a later one than this, whatever the settings
 *
 * Context: the queue's NAPI poll, before it completes.
 *
 * Return: 1 for the next response, 2 for the one after it and so on. Whoever asks the
 * backend for that has to look afterwards whether it is there already. 0: the event
 * asked for last is still ahead, and nothing is to be done.
 */
unsigned int xnf_moderator_ahead(struct xnf_moderator *moderator,
				 const struct xnf_moderation *moderation, RING_IDX cons,
				 unsigned int most)
{
	unsigned int usecs = READ_ONCE(moderation->usecs);
	unsigned int n = 1;

	if (cons == moderator->seen)
		return READ_ONCE(moderator->armed) ? 0 : 1;
	moderator->seen = cons;

	if (usecs)
		n = clamp(most, 1U, max(READ_ONCE(moderation->frames), 1U));
	/*
	 * One that runs is early for this response. Starting it anew would cost more
	 * than to look too early once.
	 */
	if (n > 1 && !READ_ONCE(moderator->armed)) {
		WRITE_ONCE(moderator->armed, true);
		hrtimer_start(&moderator->timer, ns_to_ktime((u64)usecs * NSEC_PER_USEC),
			      HRTIMER_MODE_REL);
	}

	return n;
}
