/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The watchdog: what to do when nothing comes any more.
 *
 * Both sides sleep until the other one's event, so a single event that gets lost
 * stops a ring for good, although nothing is broken. One work item per device looks
 * at the indices of all its rings and goes, ring by ring, no further than it has to:
 *
 *	poll		responses are there and nobody has taken them for a second: the
 *			backend's event is lost. The poll takes them, and asks for the
 *			next event.
 *	notify		our event is lost: the backend has asked for one and has not
 *			looked since, or it simply does not answer. It is sent again,
 *			and then more and more seldom.
 *	report		nothing at all was answered, or none of the answers taken, for half
 *			a minute: one line in the log. The stack waits, for the ring is
 *			full.
 *	reconnect	a new connection, if the administrator wants that; see the
 *			parameter watchdog_reconnect_secs. Packets in flight are lost.
 *
 * A packet that the backend keeps while it answers others is none of our business.
 *
 * Time is what the guest has seen pass. When a look comes later than it should have,
 * the guest was paused, or its CPUs were taken away, and perhaps the events are yet
 * to be delivered: all ages are forgotten and begin anew.
 *
 * The look is taken every second while something is on its way, every other second
 * when nothing moves. It cannot stop altogether: that packets have come without an
 * event is to be seen in no other way. Nothing of it is on the way of a packet, but
 * for the time that is noted in its slot.
 */
#ifndef XNF_WATCHDOG_H
#define XNF_WATCHDOG_H

#include <linux/ratelimit_types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "common/wire.h"

struct xnf_dev;

/* New connections at most, in this many seconds. */
#define XNF_WATCHDOG_RECONNECTS	3
#define XNF_WATCHDOG_WINDOW	600

/* Lines in the log at most, a minute and device. What is counted is counted all the same. */
#define XNF_WATCHDOG_LINES	60

/* What counts as no answer at all, in seconds; none reconnects sooner. */
#define XNF_WATCHDOG_REPORT	30

/**
 * enum xnf_stage - how far the watchdog has gone
 * @XNF_STAGE_OK: nothing is the matter
 * @XNF_STAGE_POLL: the poll was scheduled in place of an event
 * @XNF_STAGE_NOTIFY: the backend was notified again
 * @XNF_STAGE_REPORT: the backend was reported
 * @XNF_STAGE_RECONNECT: a new connection was asked for
 */
enum xnf_stage {
	XNF_STAGE_OK,
	XNF_STAGE_POLL,
	XNF_STAGE_NOTIFY,
	XNF_STAGE_REPORT,
	XNF_STAGE_RECONNECT,
};

/**
 * struct xnf_recovery - what the watchdog has put right
 * @stage: by what, XNF_STAGE_OK for nothing yet
 * @slots: responses that were taken, or requests that were answered, by that
 * @msecs: how long they had waited
 * @when: jiffies
 */
struct xnf_recovery {
	enum xnf_stage stage;
	unsigned int slots;
	unsigned int msecs;
	unsigned long when;
};

/**
 * struct xnf_watch - a ring, as it was seen last
 * @rsp_prod: the backend's producer index
 * @rsp_cons: our consumer index
 * @req_prod: our producer index
 * @req_event: the request that the backend wants an event for
 * @settled: and the last such that is of no interest any more
 * @moved: when @rsp_prod was first seen as it is
 * @unseen: there were responses that nobody had taken
 * @unseen_since: when that, with this @rsp_cons, was first seen
 * @untaken: the same, even if the poll is on its way
 * @untaken_since: when that, with this @rsp_cons, was first seen
 * @deaf: the backend has asked for an event, and not looked at the ring since
 * @deaf_since: when that was first seen
 * @renewed: this is the connection that the watchdog wanted, nothing has come yet
 * @stage: how far we have gone
 * @taking: it is for us to go on, and not for the backend
 * @mark: @rsp_cons if it is, or else @rsp_prod, when we did
 * @slots: what was waiting then
 * @began: since when it had waited
 * @acted: when we did
 * @again: when the backend may be notified again
 * @pause: time between that and the next time
 * @notified: how often it was
 * @missed: the last time, because it was @deaf
 * @last: the last success
 */
struct xnf_watch {
	RING_IDX rsp_prod;
	RING_IDX rsp_cons;
	RING_IDX req_prod;
	RING_IDX req_event;
	RING_IDX settled;
	unsigned long moved;
	bool unseen;
	unsigned long unseen_since;
	bool untaken;
	unsigned long untaken_since;
	bool deaf;
	unsigned long deaf_since;
	bool renewed;
	enum xnf_stage stage;
	bool taking;
	RING_IDX mark;
	unsigned int slots;
	unsigned long began;
	unsigned long acted;
	unsigned long again;
	unsigned long pause;
	unsigned int notified;
	bool missed;
	struct xnf_recovery last;
};

/**
 * struct xnf_watches - the two rings of a queue
 * @tx: guest to backend
 * @rx: backend to guest
 */
struct xnf_watches {
	struct xnf_watch tx;
	struct xnf_watch rx;
};

/**
 * struct xnf_watchdog - the watchdog of a device
 * @look: looks at all rings; the only one who writes what follows
 * @on: it acts. For tests, which want to see what happens without.
 * @fresh: the queues are new
 * @due: when the next look is to be taken
 * @epoch: nothing is older
 * @log: limits what is said
 * @reconnects: new connections ever asked for
 * @reconnect_at: when the last few were, by that number
 * @queue: by queue number
 */
struct xnf_watchdog {
	struct delayed_work look;
	bool on;
	bool fresh;
	unsigned long due;
	unsigned long epoch;
	struct ratelimit_state log;
	unsigned int reconnects;
	unsigned long reconnect_at[XNF_WATCHDOG_RECONNECTS];
	struct xnf_watches *queue;
};

extern const char * const xnf_stage_names[];

int xnf_watchdog_init(struct xnf_dev *xnf);
void xnf_watchdog_exit(struct xnf_dev *xnf);
void xnf_watchdog_renew(struct xnf_dev *xnf);
void xnf_watchdog_stop(struct xnf_dev *xnf);
void xnf_watchdog_hurry(struct xnf_dev *xnf);

#endif /* XNF_WATCHDOG_H */
