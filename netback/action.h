/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue's action: one function, and the choice of what runs it.
 *
 * The function knows nothing of that choice. In either form it runs with
 * bottom halves disabled, never on two CPUs at once, and at least once after
 * every xnb_action_schedule() that came before.
 */
#ifndef XNB_ACTION_H
#define XNB_ACTION_H

#include <linux/interrupt.h>
#include <linux/types.h>

struct task_struct;

/**
 * enum xnb_action_mode - what runs an action
 * @XNB_ACTION_TASKLET: a tasklet, on the CPU that scheduled it
 * @XNB_ACTION_KTHREAD: a kernel thread of its own
 */
enum xnb_action_mode {
	XNB_ACTION_TASKLET,
	XNB_ACTION_KTHREAD,
};

/**
 * struct xnb_action - one action
 * @run: the work; returns true when it wants to run again at once
 * @arg: handed to @run
 * @mode: what runs it
 * @queued: bit 0 is set while a run is owed (kthread)
 * @task: the thread (kthread)
 * @tasklet: the tasklet (tasklet)
 * @paused: between xnb_action_pause() and xnb_action_resume(); a tasklet looks
 *	at it, since a disabled one that is scheduled would keep its CPU busy
 */
struct xnb_action {
	bool (*run)(void *arg);
	void *arg;
	enum xnb_action_mode mode;
	unsigned long queued;
	struct task_struct *task;
	struct tasklet_struct tasklet;
	bool paused;
};

int xnb_action_start(struct xnb_action *action, enum xnb_action_mode mode,
		     bool (*run)(void *arg), void *arg, const char *name);
void xnb_action_stop(struct xnb_action *action);
void xnb_action_schedule(struct xnb_action *action);
void xnb_action_pause(struct xnb_action *action);
void xnb_action_resume(struct xnb_action *action);

int xnb_action_parse(const char *name, enum xnb_action_mode *mode);
const char *xnb_action_name(enum xnb_action_mode mode);

#endif /* XNB_ACTION_H */
