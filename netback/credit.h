/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate of a vif: how much its guest may send.
 *
 * The toolstack writes `rate` ("BYTES,MICROSECONDS") in the backend's directory,
 * and may change it at any time. The credit belongs to the vif; its queues take
 * leases from it, see common/credit.h for how they share. A queue that has used
 * up its credit leaves its event channel masked and stands in the vif's line,
 * until the vif's timer has served it and scheduled its action.
 *
 * Without a rate all of this costs a queue one branch per packet.
 */
#ifndef XNB_CREDIT_H
#define XNB_CREDIT_H

#include <linux/compiler.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <xen/xenbus.h>

#include "common/credit.h"

struct xnb_queue;
struct xnb_vif;

/**
 * struct xnb_credit - the rate of a vif
 * @limited: there is one
 * @lock: of @shared and of its members while they wait; disables bottom halves
 * @shared: the credit
 * @timer: serves those who wait
 * @watch: on `rate`
 */
struct xnb_credit {
	bool limited;
	spinlock_t lock;
	struct xnet_credit shared;
	struct hrtimer timer;
	struct xenbus_watch watch;
};

/**
 * struct xnb_credit_share - a queue's part in it
 * @member: its balance; the queue's action owns it unless @waiting
 * @waiting: it stands in the line; cleared when it has been served
 */
struct xnb_credit_share {
	struct xnet_credit_member member;
	bool waiting;
};

void xnb_credit_init(struct xnb_vif *vif);
void xnb_credit_exit(struct xnb_vif *vif);
int xnb_credit_watch(struct xnb_vif *vif);
void xnb_credit_unwatch(struct xnb_vif *vif);

bool xnb_credit_ask(struct xnb_queue *queue);
void xnb_credit_rest(struct xnb_queue *queue);
void xnb_credit_leave(struct xnb_queue *queue);

/**
 * xnb_credit_charge() - a packet was taken
 * @share: the queue's
 * @bytes: its size
 *
 * Context: the queue's action, after xnb_credit_ask() has agreed.
 */
static inline void xnb_credit_charge(struct xnb_credit_share *share,
				     unsigned int bytes)
{
	share->member.balance -= bytes;
}

#endif /* XNB_CREDIT_H */
