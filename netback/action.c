// SPDX-License-Identifier: GPL-2.0
/* A queue's action and what runs it; see action.h. */

#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "action.h"

#define XNB_ACTION_QUEUED	0

static const char * const xnb_action_names[] = {
	[XNB_ACTION_TASKLET] = "tasklet",
	[XNB_ACTION_KTHREAD] = "kthread",
};

/**
 * xnb_action_parse() - find the mode that a name stands for
 * @name: as the administrator wrote it, a trailing newline is allowed
 * @mode: where to put the answer
 *
 * Return: 0, or -EINVAL for a name that is none.
 */
int xnb_action_parse(const char *name, enum xnb_action_mode *mode)
{
	int i = sysfs_match_string(xnb_action_names, name);

	if (i < 0)
		return i;

	*mode = i;
	return 0;
}

/**
 * xnb_action_name() - the name of a mode
 * @mode: the mode
 *
 * Return: a constant string.
 */
const char *xnb_action_name(enum xnb_action_mode mode)
{
	return xnb_action_names[mode];
}

static void xnb_action_tasklet(struct tasklet_struct *t)
{
	struct xnb_action *action = from_tasklet(action, t, tasklet);

	if (!READ_ONCE(action->paused) && action->run(action->arg))
		tasklet_schedule(t);
}

static int xnb_action_thread(void *data)
{
	struct xnb_action *action = data;
	bool again;

	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}

		/* Pairs with the order in xnb_action_schedule(). */
		set_current_state(TASK_IDLE);
		if (!test_and_clear_bit(XNB_ACTION_QUEUED, &action->queued)) {
			if (!kthread_should_stop() && !kthread_should_park())
				schedule();
			__set_current_state(TASK_RUNNING);
			continue;
		}
		__set_current_state(TASK_RUNNING);

		local_bh_disable();
		again = action->run(action->arg);
		local_bh_enable();

		if (again)
			set_bit(XNB_ACTION_QUEUED, &action->queued);
		cond_resched();
	}

	return 0;
}

/**
 * xnb_action_start() - bring an action to life, paused
 * @action: the action, zeroed
 * @mode: what shall run it
 * @run: the work, see &struct xnb_action
 * @arg: handed to @run
 * @name: of the thread, as seen in ps
 *
 * The action may be scheduled when this has returned, and runs once it is
 * resumed. Context: may sleep.
 *
 * Return: 0, or a negative errno when no thread could be made.
 */
int xnb_action_start(struct xnb_action *action, enum xnb_action_mode mode,
		     bool (*run)(void *arg), void *arg, const char *name)
{
	struct task_struct *task;

	action->arg = arg;
	action->mode = mode;
	action->paused = true;

	if (mode == XNB_ACTION_TASKLET) {
		tasklet_setup(&action->tasklet, xnb_action_tasklet);
		action->run = run;
		return 0;
	}

	task = kthread_create(xnb_action_thread, action, "%s", name);
	if (IS_ERR(task))
		return PTR_ERR(task);

	kthread_park(task);
	action->task = task;
	action->run = run;
	return 0;
}

/**
 * xnb_action_stop() - end an action
 * @action: the action; one that was never started is fine
 *
 * Whoever could schedule it must have been silenced before. When this returns
 * @run is not running and will not run again; a paused one does not run at all
 * in between. Context: may sleep.
 */
void xnb_action_stop(struct xnb_action *action)
{
	if (!action->run)
		return;

	if (action->mode == XNB_ACTION_TASKLET)
		tasklet_kill(&action->tasklet);
	else
		kthread_stop(action->task);

	action->run = NULL;
}

/**
 * xnb_action_schedule() - ask for a run
 * @action: the action
 *
 * Any context, hard interrupt included.
 */
void xnb_action_schedule(struct xnb_action *action)
{
	if (action->mode == XNB_ACTION_TASKLET) {
		tasklet_schedule(&action->tasklet);
		return;
	}

	if (!test_and_set_bit(XNB_ACTION_QUEUED, &action->queued))
		wake_up_process(action->task);
}

/**
 * xnb_action_pause() - hold an action back
 * @action: the action; one that was never started is fine
 *
 * When this returns @run is not running; what is scheduled meanwhile is run
 * after xnb_action_resume(). Calls do not nest. Context: may sleep; callers
 * are serialised by rtnl, or alone with the queue.
 */
void xnb_action_pause(struct xnb_action *action)
{
	if (!action->run || action->paused)
		return;

	WRITE_ONCE(action->paused, true);
	if (action->mode == XNB_ACTION_TASKLET) {
		/* Waits for a run that has not seen the flag. */
		tasklet_disable(&action->tasklet);
		tasklet_enable(&action->tasklet);
	} else {
		kthread_park(action->task);
	}
}

/**
 * xnb_action_resume() - let a held-back action go on
 * @action: a started action
 *
 * It is scheduled, for whatever was asked of it meanwhile.
 * Context: as xnb_action_pause().
 */
void xnb_action_resume(struct xnb_action *action)
{
	if (!action->paused)
		return;

	WRITE_ONCE(action->paused, false);
	if (action->mode == XNB_ACTION_KTHREAD)
		kthread_unpark(action->task);
	xnb_action_schedule(action);
}
