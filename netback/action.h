/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue's action: one function, and the choice of what runs it and where.
 *
 * The function knows nothing of that choice. In every form it runs with bottom
 * halves disabled, never on two CPUs at once, and at least once after every
 * xnb_action_schedule() that came before.
 *
 * Where it runs is the home CPU, whoever schedules it. An action that roams
 * runs where it is scheduled instead.
 */
#ifndef XNB_ACTION_H
#define XNB_ACTION_H

#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/smp.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct task_struct;

/**
 * enum xnb_action_mode - what runs an action
 * @XNB_ACTION_TASKLET: a tasklet
 * @XNB_ACTION_KTHREAD: a kernel thread of its own
 * @XNB_ACTION_NAPI: a NAPI instance, in softirq or, with the interface's
 *	"threaded" switch, in a thread
 */
enum xnb_action_mode {
	XNB_ACTION_TASKLET,
	XNB_ACTION_KTHREAD,
	XNB_ACTION_NAPI,
};

/**
 * struct xnb_action - one action
 * @run: the work; returns true when it wants to run again at once
 * @arg: handed to @run
 * @name: of the thread, as seen in ps
 * @dev: the network interface that a NAPI instance belongs to
 * @mode: what runs it; changes only while paused
 * @home: the CPU to run on
 * @roams: run where scheduled instead
 * @paused: between xnb_action_pause() and xnb_action_resume()
 * @state: bits of action.c's own
 * @task: the thread (kthread)
 * @tasklet: the tasklet (tasklet)
 * @napi: the NAPI instance (napi)
 * @call: carries a request to run to the home CPU
 * @stray: a NAPI thread on the wrong CPU
 * @recall: sends it home
 */
struct xnb_action {
	bool (*run)(void *arg);
	void *arg;
	const char *name;
	struct net_device *dev;
	enum xnb_action_mode mode;
	int home;
	bool roams;
	bool paused;
	unsigned long state;
	struct task_struct *task;
	struct tasklet_struct tasklet;
	struct napi_struct napi;
	call_single_data_t call;
	struct task_struct *stray;
	struct work_struct recall;
};

int xnb_action_start(struct xnb_action *action, enum xnb_action_mode mode,
		     bool (*run)(void *arg), void *arg, const char *name,
		     struct net_device *dev);
void xnb_action_stop(struct xnb_action *action);
void xnb_action_schedule(struct xnb_action *action);
void xnb_action_pause(struct xnb_action *action);
void xnb_action_resume(struct xnb_action *action);
int xnb_action_set_mode(struct xnb_action *action, enum xnb_action_mode mode);

/**
 * xnb_action_is_home() - would the action, scheduled here, run here?
 * @action: the action
 *
 * Context: preemption is disabled.
 *
 * Return: true when it would. The home may change right after that.
 */
static inline bool xnb_action_is_home(const struct xnb_action *action)
{
	return READ_ONCE(action->roams) ||
	       READ_ONCE(action->home) == smp_processor_id();
}

int xnb_action_parse(const char *name, enum xnb_action_mode *mode);
const char *xnb_action_name(enum xnb_action_mode mode);

#endif /* XNB_ACTION_H */
