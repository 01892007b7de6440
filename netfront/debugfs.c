// SPDX-License-Identifier: GPL-2.0
/*
 * What a device shows in debugfs, under xen-netfront/ and its name on XenBus, which
 * unlike the interface's does not change. "queues" has the state of each queue, its
 * columns named in the first line; "health" what the watchdog thinks and has done.
 * "watchdog" turns it off. The rest is to be written, too; see inject.h:
 *
 *	drop_notify, drop_event		[tx|rx] N [every]
 *	delay_notify, delay_event	MSECS [tx|rx] N [every]
 *
 * The N-th event from now on, once or again and again; 0 for none. "fail_alloc" is how
 * many of the next allocations for packets and buffers fail.
 */

#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <xen/xenbus.h>

#include "debugfs.h"
#include "dev.h"
#include "event.h"
#include "inject.h"
#include "queue.h"
#include "watchdog.h"

static struct dentry *root;

/* ---- state --------------------------------------------------------------- */

static void show_queue(struct seq_file *seq, const struct xnf_queue *queue)
{
	const struct xnf_watches *watches = &queue->xnf->watchdog.queue[queue->id];
	const struct xen_netif_tx_front_ring *tx = &queue->tx.ring;
	const struct xen_netif_rx_front_ring *rx = &queue->rx.ring;
	const struct netdev_queue *txq = netdev_get_tx_queue(queue->xnf->netdev, queue->id);
	int events = atomic_read(&queue->events);
	unsigned int i, owed = 0;

	for (i = 0; i < XNF_EVENTS; i++)
		owed += !!(events & XNF_EVENT_OWED(i));

	seq_printf(seq, "%u %s %s %u", queue->id,
		   test_bit(NAPI_STATE_SCHED, &queue->napi.state) ? "runs" : "sleeps",
		   netif_xmit_stopped(txq) ? "stopped" : "open", owed);
	seq_printf(seq, " %u %u %u %u %u", READ_ONCE(queue->tx.pushed),
		   READ_ONCE(tx->sring->rsp_prod), READ_ONCE(tx->rsp_cons),
		   READ_ONCE(tx->sring->req_event), READ_ONCE(tx->sring->rsp_event));
	seq_printf(seq, " %u %s", jiffies_to_msecs(xnf_tx_oldest(&queue->tx)),
		   xnf_stage_names[READ_ONCE(watches->tx.stage)]);
	seq_printf(seq, " %u %u %u %u %u %s\n", READ_ONCE(rx->req_prod_pvt),
		   READ_ONCE(rx->sring->rsp_prod), READ_ONCE(rx->rsp_cons),
		   READ_ONCE(rx->sring->req_event), READ_ONCE(rx->sring->rsp_event),
		   xnf_stage_names[READ_ONCE(watches->rx.stage)]);
}

static int queues_show(struct seq_file *seq, void *unused)
{
	struct xnf_dev *xnf = seq->private;
	struct xnf_queues *queues;
	unsigned int i;

	seq_puts(seq, "queue poll stack eois_owed tx_req_prod tx_rsp_prod tx_rsp_cons tx_req_event tx_rsp_event tx_oldest_ms tx_stage rx_req_prod rx_rsp_prod rx_rsp_cons rx_req_event rx_rsp_event rx_stage\n");

	rcu_read_lock();
	queues = rcu_dereference(xnf->live);
	for (i = 0; queues && i < queues->count; i++)
		show_queue(seq, &queues->queue[i]);
	rcu_read_unlock();

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

static void show_recovery(struct seq_file *seq, unsigned int queue, const char *ring,
			  const struct xnf_watch *watch)
{
	const struct xnf_recovery *last = &watch->last;

	if (last->stage == XNF_STAGE_OK)
		return;
	seq_printf(seq, "queue %u %s: %s, %u slots after %u ms, %u s ago\n", queue, ring,
		   xnf_stage_names[last->stage], last->slots, last->msecs,
		   jiffies_to_msecs(jiffies - last->when) / 1000);
}

static int health_show(struct seq_file *seq, void *unused)
{
	struct xnf_dev *xnf = seq->private;
	const struct xnf_watchdog *watchdog = &xnf->watchdog;
	enum xnf_stage worst = XNF_STAGE_OK;
	unsigned int i;

	for (i = 0; i < xnf->max_queues; i++)
		worst = max3(worst, READ_ONCE(watchdog->queue[i].tx.stage),
			     READ_ONCE(watchdog->queue[i].rx.stage));

	seq_printf(seq, "stage: %s\n", xnf_stage_names[worst]);
	seq_printf(seq, "reconnects: %u\n", READ_ONCE(watchdog->reconnects));
	for (i = 0; i < xnf->max_queues; i++) {
		show_recovery(seq, i, "TX", &watchdog->queue[i].tx);
		show_recovery(seq, i, "RX", &watchdog->queue[i].rx);
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(health);

/* ---- faults -------------------------------------------------------------- */

static bool is_delay(enum xnf_fault fault)
{
	return fault == XNF_FAULT_DELAY_NOTIFY || fault == XNF_FAULT_DELAY_EVENT;
}

static int parse(char *text, enum xnf_fault fault, struct xnf_fault_plan *plan)
{
	unsigned int numbers[2] = {}, wanted = is_delay(fault) ? 2 : 1, n = 0;
	int rings = XNF_EVENT_TX | XNF_EVENT_RX;
	char *word;

	while ((word = strsep(&text, " \t\n"))) {
		if (!*word)
			continue;
		if (!strcmp(word, "tx"))
			rings = XNF_EVENT_TX;
		else if (!strcmp(word, "rx"))
			rings = XNF_EVENT_RX;
		else if (!strcmp(word, "every"))
			plan->every = true;
		else if (n == wanted || kstrtouint(word, 10, &numbers[n++]))
			return -EINVAL;
	}

	/* Never again. */
	if (n && !numbers[n - 1])
		return 0;
	if (n != wanted)
		return -EINVAL;
	plan->nth = numbers[n - 1];
	plan->msecs = is_delay(fault) ? numbers[0] : 0;
	if (plan->nth > XNF_INJECT_NTH_MAX || plan->msecs > XNF_INJECT_MSECS_MAX)
		return -ERANGE;
	plan->rings = rings;

	return 0;
}

static void show_fault(struct seq_file *seq, enum xnf_fault fault)
{
	static const char * const rings[] = {
		[XNF_EVENT_TX] = "tx ",
		[XNF_EVENT_RX] = "rx ",
		[XNF_EVENT_TX | XNF_EVENT_RX] = "",
	};
	struct xnf_dev *xnf = seq->private;
	struct xnf_fault_plan plan;

	xnf_inject_get(&xnf->inject, fault, &plan);
	if (!plan.rings) {
		seq_printf(seq, "0, %u done\n", plan.done);
		return;
	}
	if (is_delay(fault))
		seq_printf(seq, "%u ", plan.msecs);
	seq_printf(seq, "%s%u%s, %u to go, %u done\n", rings[plan.rings], plan.nth,
		   plan.every ? " every" : "", plan.left, plan.done);
}

static ssize_t write_fault(struct file *file, const char __user *from, size_t len,
			   enum xnf_fault fault)
{
	struct xnf_dev *xnf = ((struct seq_file *)file->private_data)->private;
	struct xnf_fault_plan plan = {};
	char text[64];
	int err;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	text[len] = '\0';

	err = parse(text, fault, &plan);
	if (err)
		return err;
	xnf_inject_set(&xnf->inject, fault, &plan);

	return len;
}

#define DEFINE_FAULT(name, fault)							\
static int name##_show(struct seq_file *seq, void *unused)				\
{											\
	show_fault(seq, fault);								\
	return 0;									\
}											\
											\
static int name##_open(struct inode *inode, struct file *file)				\
{											\
	return single_open(file, name##_show, inode->i_private);			\
}											\
											\
static ssize_t name##_write(struct file *file, const char __user *from, size_t len,	\
			    loff_t *pos)						\
{											\
	return write_fault(file, from, len, fault);					\
}											\
											\
static const struct file_operations name##_fops = {					\
	.owner = THIS_MODULE,								\
	.open = name##_open,								\
	.read = seq_read,								\
	.write = name##_write,								\
	.llseek = seq_lseek,								\
	.release = single_release,							\
}

DEFINE_FAULT(drop_notify, XNF_FAULT_DROP_NOTIFY);
DEFINE_FAULT(drop_event, XNF_FAULT_DROP_EVENT);
DEFINE_FAULT(delay_notify, XNF_FAULT_DELAY_NOTIFY);
DEFINE_FAULT(delay_event, XNF_FAULT_DELAY_EVENT);

static int fail_alloc_get(void *data, u64 *value)
{
	const struct xnf_dev *xnf = data;

	*value = atomic_read(&xnf->inject.fail_alloc);
	return 0;
}

static int fail_alloc_set(void *data, u64 value)
{
	struct xnf_dev *xnf = data;

	if (value > XNF_INJECT_ALLOC_MAX)
		return -ERANGE;

	atomic_set(&xnf->inject.fail_alloc, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_alloc_fops, fail_alloc_get, fail_alloc_set, "%llu\n");

/* ---- life ---------------------------------------------------------------- */

/**
 * xnf_debugfs_init() - make the directory of all devices
 *
 * As everywhere in debugfs, failing is no error.
 *
 * Context: the module is being loaded; may sleep.
 */
void __init xnf_debugfs_init(void)
{
	root = debugfs_create_dir("xen-netfront", NULL);
}

/**
 * xnf_debugfs_exit() - undo xnf_debugfs_init()
 *
 * Context: the module is being unloaded, all devices are gone; may sleep.
 */
void xnf_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}

/**
 * xnf_debugfs_add() - show a device
 * @xnf: the device
 *
 * Context: may sleep.
 */
void xnf_debugfs_add(struct xnf_dev *xnf)
{
	struct dentry *dir = debugfs_create_dir(dev_name(&xnf->xdev->dev), root);

	xnf->debugfs = dir;
	debugfs_create_file("queues", 0400, dir, xnf, &queues_fops);
	debugfs_create_file("health", 0400, dir, xnf, &health_fops);
	debugfs_create_bool("watchdog", 0600, dir, &xnf->watchdog.on);
	debugfs_create_file("drop_notify", 0600, dir, xnf, &drop_notify_fops);
	debugfs_create_file("drop_event", 0600, dir, xnf, &drop_event_fops);
	debugfs_create_file("delay_notify", 0600, dir, xnf, &delay_notify_fops);
	debugfs_create_file("delay_event", 0600, dir, xnf, &delay_event_fops);
	debugfs_create_file("fail_alloc", 0600, dir, xnf, &fail_alloc_fops);
}

/**
 * xnf_debugfs_remove() - undo xnf_debugfs_add()
 * @xnf: the device
 *
 * Nobody reads or writes the files any more when this returns. Context: may sleep.
 */
void xnf_debugfs_remove(struct xnf_dev *xnf)
{
	debugfs_remove_recursive(xnf->debugfs);
}
