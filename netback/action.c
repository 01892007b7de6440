// SPDX-License-Identifier: GPL-2.0
/* A queue's action, what runs it and where; see action.h. */

#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "action.h"

/* A run is owed by the thread. */
#define XNB_ACTION_QUEUED	0
/* A call to the home CPU is on its way. */
#define XNB_ACTION_CALLED	1
/* A stray thread is being sent home. */
#define XNB_ACTION_RECALLED	2

/**
 * struct xnb_runner - a way to run actions
 * @name: as the administrator knows it
 * @start: make what it needs, paused; may sleep
 * @stop: undo @start; nobody kicks any more; may sleep
 * @pause: hold it; when this returns it is not running; may sleep
 * @resume: undo @pause; a kick follows; may sleep
 * @kick: have it run, on this CPU if that means anything to it; any context,
 *	preemption is disabled
 */
struct xnb_runner {
	const char *name;
	int (*start)(struct xnb_action *action);
	void (*stop)(struct xnb_action *action);
	void (*pause)(struct xnb_action *action);
	void (*resume)(struct xnb_action *action);
	void (*kick)(struct xnb_action *action);
};

/* Is this the wrong CPU, with the right one there to go to? */
static bool xnb_action_is_astray(const struct xnb_action *action)
{
	return !xnb_action_is_home(action) && cpu_online(READ_ONCE(action->home));
}

/* ---- tasklet ------------------------------------------------------------- */

static void xnb_tasklet_run(struct tasklet_struct *t)
{
	struct xnb_action *action = from_tasklet(action, t, tasklet);

	/*
	 * A disabled tasklet that is scheduled would keep its CPU busy, so a
	 * held one looks at the flag. One that was scheduled before the home CPU
	 * changed goes there first.
	 */
	if (READ_ONCE(action->paused))
		return;
	if (xnb_action_is_astray(action) || action->run(action->arg))
		xnb_action_schedule(action);
}

static int xnb_tasklet_start(struct xnb_action *action)
{
	tasklet_setup(&action->tasklet, xnb_tasklet_run);
	return 0;
}

static void xnb_tasklet_stop(struct xnb_action *action)
{
	tasklet_kill(&action->tasklet);
}

static void xnb_tasklet_pause(struct xnb_action *action)
{
	/* Waits for a run that has not seen that the action is paused. */
	tasklet_disable(&action->tasklet);
	tasklet_enable(&action->tasklet);
}

static void xnb_tasklet_resume(struct xnb_action *action)
{
}

static void xnb_tasklet_kick(struct xnb_action *action)
{
	tasklet_schedule(&action->tasklet);
}

/* ---- kthread ------------------------------------------------------------- */

/*
 * Go home. While home is offline the scheduler has found another place, and has
 * forgotten the old one.
 */
static void xnb_thread_place(const struct xnb_action *action)
{
	int cpu = READ_ONCE(action->home);
	const struct cpumask *mask;

	mask = READ_ONCE(action->roams) || !cpu_online(cpu) ? cpu_possible_mask :
							      cpumask_of(cpu);
	if (!cpumask_equal(current->cpus_ptr, mask))
		set_cpus_allowed_ptr(current, mask);
}

static int xnb_thread(void *data)
{
	struct xnb_action *action = data;
	bool again;

	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}

		/* Pairs with the order in xnb_thread_kick(). */
		set_current_state(TASK_IDLE);
		if (!test_and_clear_bit(XNB_ACTION_QUEUED, &action->state)) {
			if (!kthread_should_stop() && !kthread_should_park())
				schedule();
			__set_current_state(TASK_RUNNING);
			continue;
		}
		__set_current_state(TASK_RUNNING);

		xnb_thread_place(action);
		local_bh_disable();
		again = action->run(action->arg);
		local_bh_enable();

		if (again)
			set_bit(XNB_ACTION_QUEUED, &action->state);
		/* A guest that never stops must not hold up RCU-tasks (tracing, BPF). */
		cond_resched_tasks_rcu_qs();
		cond_resched();
	}

	return 0;
}

static int xnb_thread_start(struct xnb_action *action)
{
	struct task_struct *task;

	task = kthread_create(xnb_thread, action, "%s", action->name);
	if (IS_ERR(task))
		return PTR_ERR(task);

	kthread_park(task);
	action->task = task;
	return 0;
}

static void xnb_thread_stop(struct xnb_action *action)
{
	kthread_stop(action->task);
	action->task = NULL;
}

static void xnb_thread_pause(struct xnb_action *action)
{
	kthread_park(action->task);
}

static void xnb_thread_resume(struct xnb_action *action)
{
	kthread_unpark(action->task);
}

static void xnb_thread_kick(struct xnb_action *action)
{
	if (!test_and_set_bit(XNB_ACTION_QUEUED, &action->state))
		wake_up_process(action->task);
}

/* ---- NAPI ---------------------------------------------------------------- */

static bool xnb_napi_is_threaded(const struct xnb_action *action)
{
	return test_bit(NAPI_STATE_THREADED, &action->napi.state);
}

/* From where one may sleep: a NAPI thread is bound from outside. */
static void xnb_napi_recall(struct work_struct *work)
{
	struct xnb_action *action = container_of(work, struct xnb_action, recall);
	struct task_struct *task = action->stray;

	set_cpus_allowed_ptr(task, READ_ONCE(action->roams) ?
				   cpu_possible_mask :
				   cpumask_of(READ_ONCE(action->home)));
	put_task_struct(task);
	clear_bit_unlock(XNB_ACTION_RECALLED, &action->state);
}

static void xnb_napi_stray(struct xnb_action *action)
{
	if (test_and_set_bit_lock(XNB_ACTION_RECALLED, &action->state))
		return;

	/* The poll runs in this very thread; it may end before the work runs. */
	action->stray = current;
	get_task_struct(action->stray);
	schedule_work(&action->recall);
}

static int xnb_napi_poll(struct napi_struct *napi, int budget)
{
	struct xnb_action *action = container_of(napi, struct xnb_action, napi);

	/* Netpoll wants transmit completions only, and we have none. */
	if (!budget)
		return 0;

	if (unlikely(xnb_action_is_astray(action))) {
		/* A thread goes on meanwhile. */
		if (READ_ONCE(napi->thread) == current) {
			xnb_napi_stray(action);
		} else {
			/* If not, it has been asked for again, and is polled again. */
			if (napi_complete_done(napi, 0))
				xnb_action_schedule(action);
			return 0;
		}
	}

	if (action->run(action->arg))
		return budget;

	/* Whatever was asked for meanwhile has us polled again. */
	napi_complete_done(napi, 0);
	return 0;
}

static int xnb_napi_start(struct xnb_action *action)
{
	/* Disabled until it is resumed. */
	netif_napi_add(action->dev, &action->napi, xnb_napi_poll);
	return 0;
}

static void xnb_napi_stop(struct xnb_action *action)
{
	netif_napi_del(&action->napi);
	cancel_work_sync(&action->recall);
	if (test_and_clear_bit(XNB_ACTION_RECALLED, &action->state))
		put_task_struct(action->stray);
}

static void xnb_napi_pause(struct xnb_action *action)
{
	napi_disable(&action->napi);
}

static void xnb_napi_resume(struct xnb_action *action)
{
	napi_enable(&action->napi);
}

static void xnb_napi_kick(struct xnb_action *action)
{
	/* A softirq that a process raises waits for the next interrupt otherwise. */
	if (in_interrupt() || irqs_disabled()) {
		napi_schedule(&action->napi);
	} else {
		local_bh_disable();
		napi_schedule(&action->napi);
		local_bh_enable();
	}
}

/* ---- the action ---------------------------------------------------------- */

static const struct xnb_runner xnb_runners[] = {
	[XNB_ACTION_TASKLET] = {
		.name = "tasklet",
		.start = xnb_tasklet_start,
		.stop = xnb_tasklet_stop,
		.pause = xnb_tasklet_pause,
		.resume = xnb_tasklet_resume,
		.kick = xnb_tasklet_kick,
	},
	[XNB_ACTION_KTHREAD] = {
		.name = "kthread",
		.start = xnb_thread_start,
		.stop = xnb_thread_stop,
		.pause = xnb_thread_pause,
		.resume = xnb_thread_resume,
		.kick = xnb_thread_kick,
	},
	[XNB_ACTION_NAPI] = {
		.name = "napi",
		.start = xnb_napi_start,
		.stop = xnb_napi_stop,
		.pause = xnb_napi_pause,
		.resume = xnb_napi_resume,
		.kick = xnb_napi_kick,
	},
};

/**
 * xnb_action_parse() - find the mode that a name stands for
 * @name: as the administrator wrote it, a trailing newline is allowed
 * @mode: where to put the answer
 *
 * Any context.
 *
 * Return: 0, or -EINVAL for a name that is none.
 */
int xnb_action_parse(const char *name, enum xnb_action_mode *mode)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(xnb_runners); i++) {
		if (sysfs_streq(name, xnb_runners[i].name)) {
			*mode = i;
			return 0;
		}
	}

	return -EINVAL;
}

/**
 * xnb_action_name() - the name of a mode
 * @mode: the mode
 *
 * Any context.
 *
 * Return: a constant string.
 */
const char *xnb_action_name(enum xnb_action_mode mode)
{
	return xnb_runners[mode].name;
}

/* Context: any; what is read here is valid until the next grace period. */
static void xnb_action_kick(struct xnb_action *action)
{
	xnb_runners[READ_ONCE(action->mode)].kick(action);
}

/* On the home CPU, in hard interrupt context. */
static void xnb_action_called(void *data)
{
	struct xnb_action *action = data;

	clear_bit(XNB_ACTION_CALLED, &action->state);
	/* Later requests make a call of their own, earlier ones are ours. */
	smp_mb__after_atomic();
	xnb_action_kick(action);
}

/* A thread is woken from anywhere, and sees to its place itself. */
static bool xnb_action_is_thread(const struct xnb_action *action)
{
	switch (READ_ONCE(action->mode)) {
	case XNB_ACTION_KTHREAD:
		return true;
	case XNB_ACTION_NAPI:
		return xnb_napi_is_threaded(action);
	default:
		return false;
	}
}

/**
 * xnb_action_schedule() - ask for a run
 * @action: the action
 *
 * Any context, hard interrupt included. From another CPU than its home this
 * costs one interrupt to there, however many ask at the same time.
 */
void xnb_action_schedule(struct xnb_action *action)
{
	rcu_read_lock();
	preempt_disable();

	if (xnb_action_is_home(action) || xnb_action_is_thread(action))
		xnb_action_kick(action);
	else if (!test_and_set_bit(XNB_ACTION_CALLED, &action->state) &&
		 smp_call_function_single_async(READ_ONCE(action->home), &action->call)) {
		/* It has just gone offline: here is as good as anywhere. */
		clear_bit(XNB_ACTION_CALLED, &action->state);
		xnb_action_kick(action);
	}

	preempt_enable();
	rcu_read_unlock();
}

/**
 * xnb_action_start() - bring an action to life, paused
 * @action: the action, zeroed but for @home and @roams
 * @mode: what shall run it
 * @run: the work, see &struct xnb_action
 * @arg: handed to @run
 * @name: of its thread, as seen in ps; must live as long as the action
 * @dev: the network interface it works for
 *
 * The action may be scheduled when this has returned, and runs once it is
 * resumed. Context: may sleep; rtnl, for the sake of NAPI.
 *
 * Return: 0, or a negative errno when no thread could be made.
 */
int xnb_action_start(struct xnb_action *action, enum xnb_action_mode mode,
		     bool (*run)(void *arg), void *arg, const char *name,
		     struct net_device *dev)
{
	int err;

	action->arg = arg;
	action->name = name;
	action->dev = dev;
	action->mode = mode;
	action->paused = true;
	INIT_CSD(&action->call, xnb_action_called, action);
	INIT_WORK(&action->recall, xnb_napi_recall);

	err = xnb_runners[mode].start(action);
	if (!err)
		action->run = run;

	return err;
}

/**
 * xnb_action_stop() - end an action
 * @action: the action, paused; one that was never started is fine
 *
 * Whoever could schedule it must have been silenced before. When this returns
 * @run is not running and will not run again. Context: may sleep; rtnl.
 */
void xnb_action_stop(struct xnb_action *action)
{
	if (!action->run)
		return;

	/* A call on its way arrives; one that has arrived is an RCU reader. */
	while (test_bit(XNB_ACTION_CALLED, &action->state))
		msleep(1);
	synchronize_net();

	xnb_runners[action->mode].stop(action);
	action->run = NULL;
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
	xnb_runners[action->mode].pause(action);
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
	xnb_runners[action->mode].resume(action);
	xnb_action_schedule(action);
}

/**
 * xnb_action_set_mode() - have something else run an action
 * @action: a started action
 * @mode: what shall run it from now on
 *
 * Nothing is lost: what is asked for during the change is run after it. That
 * takes a grace period. Context: as xnb_action_pause().
 *
 * Return: 0, or a negative errno with nothing changed.
 */
int xnb_action_set_mode(struct xnb_action *action, enum xnb_action_mode mode)
{
	enum xnb_action_mode old = action->mode;
	bool paused = action->paused;
	int err;

	if (mode == old)
		return 0;

	err = xnb_runners[mode].start(action);
	if (err)
		return err;

	xnb_action_pause(action);
	WRITE_ONCE(action->mode, mode);
	/* Whoever has seen the old mode has kicked it by then. */
	synchronize_net();
	xnb_runners[old].stop(action);

	if (!paused)
		xnb_action_resume(action);

	return 0;
}
