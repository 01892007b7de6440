// SPDX-License-Identifier: GPL-2.0
/* Where a queue lives; see steer.h. */

#include <linux/cpumask.h>
#include <linux/irq.h>
#include <linux/kernel_stat.h>
#include <linux/math64.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "queue.h"
#include "steer.h"
#include "vif.h"

/* How often the CPUs' load is looked at; it is averaged over a few of these. */
#define XNB_STEER_PERIOD	HZ

/*
 * A queue that is new has caused no load yet. This much (in per mille of a CPU)
 * is expected of each, so that queues made together are spread.
 */
#define XNB_STEER_QUEUE_LOAD	100

/**
 * struct xnb_steer_cpu - what a CPU has had to do
 * @busy_ns: not idle, since boot
 * @load: per mille, averaged
 */
struct xnb_steer_cpu {
	u64 busy_ns;
	unsigned int load;
};

static struct xnb_steer_cpu *xnb_steer_cpus;
static u64 xnb_steer_looked_ns;

/* All queues, to see how many live on a CPU. */
static LIST_HEAD(xnb_steer_queues);
static DEFINE_SPINLOCK(xnb_steer_lock);

static u64 xnb_steer_busy_ns(int cpu)
{
	struct kernel_cpustat stat;

	kcpustat_cpu_fetch(&stat, cpu);

	return stat.cpustat[CPUTIME_USER] + stat.cpustat[CPUTIME_NICE] +
	       stat.cpustat[CPUTIME_SYSTEM] + stat.cpustat[CPUTIME_IRQ] +
	       stat.cpustat[CPUTIME_SOFTIRQ];
}

static void xnb_steer_look(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(xnb_steer_work, xnb_steer_look);

static void xnb_steer_look(struct work_struct *work)
{
	u64 now = ktime_get_ns(), busy, passed;
	int cpu;

	passed = max_t(u64, now - xnb_steer_looked_ns, 1);
	xnb_steer_looked_ns = now;

	for_each_possible_cpu(cpu) {
		struct xnb_steer_cpu *c = &xnb_steer_cpus[cpu];
		u64 permille;

		busy = xnb_steer_busy_ns(cpu);
		/* The kernel's readings can step back a little. */
		permille = busy < c->busy_ns ? 0 :
			   min_t(u64, div64_u64((busy - c->busy_ns) * 1000, passed), 1000);
		c->busy_ns = busy;
		WRITE_ONCE(c->load, (3 * c->load + permille) / 4);
	}

	schedule_delayed_work(&xnb_steer_work, XNB_STEER_PERIOD);
}

/**
 * xnb_steer_init() - begin to watch the CPUs
 *
 * Context: the module is being loaded; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int __init xnb_steer_init(void)
{
	xnb_steer_cpus = kcalloc(nr_cpu_ids, sizeof(*xnb_steer_cpus), GFP_KERNEL);
	if (!xnb_steer_cpus)
		return -ENOMEM;

	schedule_delayed_work(&xnb_steer_work, 0);
	return 0;
}

/**
 * xnb_steer_exit() - undo xnb_steer_init()
 *
 * Context: the module is being unloaded, all vifs are gone; may sleep.
 */
void xnb_steer_exit(void)
{
	cancel_delayed_work_sync(&xnb_steer_work);
	kfree(xnb_steer_cpus);
}

static unsigned int xnb_steer_cost(int cpu)
{
	unsigned int cost = READ_ONCE(xnb_steer_cpus[cpu].load);
	struct xnb_queue *queue;

	list_for_each_entry(queue, &xnb_steer_queues, steer.list)
		if (queue->action.home == cpu)
			cost += XNB_STEER_QUEUE_LOAD;

	return cost;
}

/* Choose among the CPUs that the interrupt may go to. */
static int xnb_steer_choose(const struct cpumask *allowed)
{
	unsigned int cost, least = UINT_MAX;
	int cpu, best = -1;

	for_each_cpu_and(cpu, allowed, cpu_online_mask) {
		cost = xnb_steer_cost(cpu);
		if (cost < least) {
			least = cost;
			best = cpu;
		}
	}

	return best;
}

static bool xnb_steer_is_split(const struct xnb_queue *queue)
{
	return queue->rx.event != queue->tx.event;
}

/**
 * xnb_steer_set_xps() - have what is sent on the home CPU go to a queue
 * @queue: the queue
 *
 * Context: may sleep.
 */
void xnb_steer_set_xps(struct xnb_queue *queue)
{
	netif_set_xps_queue(queue->vif->dev, cpumask_of(READ_ONCE(queue->action.home)),
			    queue->id);
}

/*
 * Somebody has changed the TX interrupt's affinity. The action notices by
 * itself; the rest is brought along here.
 */
static void xnb_steer_changed(struct irq_affinity_notify *notify, const cpumask_t *mask)
{
	struct xnb_queue *queue = container_of(notify, struct xnb_queue, steer.notify);
	const struct cpumask *home;

	xnb_steer_refresh(queue);
	home = cpumask_of(READ_ONCE(queue->action.home));

	/* Neither is more than a convenience: the work goes home in any case. */
	if (xnb_steer_is_split(queue))
		irq_set_affinity(queue->rx.event->irq, home);
	xnb_steer_set_xps(queue);
}

/* The notifier lives in the queue, which outlives it. */
static void xnb_steer_released(struct kref *kref)
{
}

/**
 * xnb_steer_attach() - find a place for a queue and have it follow its interrupt
 * @queue: the queue, with its events bound and its action not running yet
 *
 * Context: may sleep; the vif's lock.
 */
void xnb_steer_attach(struct xnb_queue *queue)
{
	struct xnb_steer *steer = &queue->steer;
	int irq = queue->tx.event->irq;
	int cpu;

	WRITE_ONCE(steer->data, irq_get_irq_data(irq));
	steer->notify.notify = xnb_steer_changed;
	steer->notify.release = xnb_steer_released;
	if (irq_set_affinity_notifier(irq, &steer->notify) &&
	    __ratelimit(&queue->vif->log_limit))
		netdev_warn(queue->vif->dev, "queue %u does not notice when its interrupt is moved\n",
			    queue->id);

	spin_lock(&xnb_steer_lock);
	cpu = xnb_steer_choose(irq_data_get_affinity_mask(steer->data));
	if (cpu >= 0)
		WRITE_ONCE(queue->action.home, cpu);
	list_add(&steer->list, &xnb_steer_queues);
	spin_unlock(&xnb_steer_lock);

	/* The notifier sees to the rest; without it, the first interrupt does. */
	if (cpu >= 0) {
		irq_set_affinity_and_hint(irq, cpumask_of(cpu));
		if (xnb_steer_is_split(queue))
			irq_set_affinity_and_hint(queue->rx.event->irq, cpumask_of(cpu));
	}
	xnb_steer_refresh(queue);
}

/**
 * xnb_steer_detach() - undo xnb_steer_attach()
 * @queue: the queue, with its events still bound; one that was never attached
 *	is fine
 *
 * Context: may sleep.
 */
void xnb_steer_detach(struct xnb_queue *queue)
{
	struct xnb_steer *steer = &queue->steer;
	int irq = queue->tx.event->irq;

	if (!steer->data)
		return;

	/* When this returns the notifier does not run any more. */
	irq_set_affinity_notifier(irq, NULL);
	irq_update_affinity_hint(irq, NULL);
	if (xnb_steer_is_split(queue))
		irq_update_affinity_hint(queue->rx.event->irq, NULL);

	spin_lock(&xnb_steer_lock);
	list_del(&steer->list);
	spin_unlock(&xnb_steer_lock);
}

/**
 * xnb_steer_refresh() - look where the TX interrupt is delivered to now
 * @queue: the queue
 *
 * Nobody is told when a CPU goes offline and its interrupts are moved: the
 * interrupt itself has to look. Any context.
 */
void xnb_steer_refresh(struct xnb_queue *queue)
{
	struct irq_data *data = READ_ONCE(queue->steer.data);
	unsigned int cpu;

	if (!data)
		return;

	cpu = cpumask_first(irq_data_get_effective_affinity_mask(data));
	if (cpu < nr_cpu_ids && cpu != READ_ONCE(queue->action.home))
		WRITE_ONCE(queue->action.home, cpu);
}
