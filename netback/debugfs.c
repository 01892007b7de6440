// SPDX-License-Identifier: GPL-2.0
/*
 * What a vif shows in debugfs, under xen-netback/: "cpus" has what each CPU has
 * done for it, "queues" the state of each queue. Columns are named in the first
 * line; more may be added at the end. "fail_alloc" is to be written; see inject.h.
 */

#include <linux/debugfs.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "inject.h"
#include "queue.h"
#include "vif.h"

static struct dentry *xnb_debugfs_root;

static int cpus_show(struct seq_file *seq, void *unused)
{
	struct xnb_vif *vif = seq->private;
	int cpu;

	seq_puts(seq, "cpu interrupts runs run_ns released drained\n");
	for_each_online_cpu(cpu) {
		const struct xnb_cpu_stats *stats = per_cpu_ptr(vif->cpu_stats, cpu);

		seq_printf(seq, "%d %llu %llu %llu %llu %llu\n", cpu,
			   READ_ONCE(stats->interrupts), READ_ONCE(stats->runs),
			   READ_ONCE(stats->run_ns), (u64)atomic64_read(&stats->released),
			   READ_ONCE(stats->drained));
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

/* Bytes that it may send at once; below zero what it has sent on account. */
static void xnb_debugfs_show_credit(struct seq_file *seq, const struct xnb_queue *queue)
{
	const struct xnb_credit_share *share = &queue->credit;

	if (READ_ONCE(queue->vif->credit.limited))
		seq_printf(seq, " %lld %s\n", READ_ONCE(share->member.balance),
			   READ_ONCE(share->waiting) ? "waits" : "ok");
	else
		seq_puts(seq, " - unlimited\n");
}

static void xnb_debugfs_show_queue(struct seq_file *seq, const struct xnb_queue *queue)
{
	const struct xen_netif_tx_back_ring *tx = &queue->tx.ring;
	const struct xen_netif_rx_back_ring *rx = &queue->rx.ring;

	seq_printf(seq, "%u %s %s %d %u %u", queue->id,
		   xnb_action_name(queue->action.mode),
		   xnb_completion_name(queue->vif->completion),
		   READ_ONCE(queue->action.home), xnb_pool_in_use(queue->pool),
		   READ_ONCE(queue->pool->nr_retired));
	seq_printf(seq, " %u %u %u %u", READ_ONCE(tx->sring->req_prod), tx->req_cons,
		   tx->rsp_prod_pvt, READ_ONCE(tx->sring->req_event));
	seq_printf(seq, " %u %u %u %u", READ_ONCE(rx->sring->req_prod), rx->req_cons,
		   rx->rsp_prod_pvt, READ_ONCE(rx->sring->req_event));
	seq_printf(seq, " %u %s", skb_queue_len(&queue->rx.waiting),
		   queue->rx.stalled ? "stalled" :
		   queue->rx.draining ? "draining" :
		   queue->rx.starved ? "starved" : "fed");
	xnb_debugfs_show_credit(seq, queue);
}

static int queues_show(struct seq_file *seq, void *unused)
{
	struct xnb_vif *vif = seq->private;
	unsigned int i;

	seq_puts(seq, "queue action completion home pages_out pages_retired tx_req_prod tx_req_cons tx_rsp_prod tx_req_event rx_req_prod rx_req_cons rx_rsp_prod rx_req_event rx_waiting rx_state credit credit_state\n");

	/* Rings are unmapped under the lock. */
	mutex_lock(&vif->lock);
	if (test_bit(XNB_VIF_CONNECTED, &vif->flags))
		for (i = 0; i < vif->nr_queues; i++)
			xnb_debugfs_show_queue(seq, vif->queues[i]);
	mutex_unlock(&vif->lock);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

static int fail_alloc_get(void *data, u64 *value)
{
	const struct xnb_vif *vif = data;

	*value = atomic_read(&vif->fail_alloc);
	return 0;
}

static int fail_alloc_set(void *data, u64 value)
{
	struct xnb_vif *vif = data;

	if (value > XNB_INJECT_MAX)
		return -ERANGE;

	atomic_set(&vif->fail_alloc, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_alloc_fops, fail_alloc_get, fail_alloc_set, "%llu\n");

/**
 * xnb_debugfs_init() - make the directory of all vifs
 *
 * As everywhere in debugfs, failing is no error.
 *
 * Context: the module is being loaded; may sleep.
 */
void __init xnb_debugfs_init(void)
{
	xnb_debugfs_root = debugfs_create_dir("xen-netback", NULL);
}

/**
 * xnb_debugfs_exit() - undo xnb_debugfs_init()
 *
 * Context: the module is being unloaded, all vifs are gone; may sleep.
 */
void xnb_debugfs_exit(void)
{
	debugfs_remove_recursive(xnb_debugfs_root);
}

/**
 * xnb_debugfs_add() - show a vif
 * @vif: the vif
 *
 * Context: may sleep.
 */
void xnb_debugfs_add(struct xnb_vif *vif)
{
	vif->debugfs = debugfs_create_dir(vif->dev->name, xnb_debugfs_root);
	debugfs_create_file("cpus", 0400, vif->debugfs, vif, &cpus_fops);
	debugfs_create_file("queues", 0400, vif->debugfs, vif, &queues_fops);
	debugfs_create_file("fail_alloc", 0600, vif->debugfs, vif, &fail_alloc_fops);
}

/**
 * xnb_debugfs_remove() - undo xnb_debugfs_add()
 * @vif: the vif, whose lock is not held
 *
 * Nobody reads the files any more when this returns. Context: may sleep.
 */
void xnb_debugfs_remove(struct xnb_vif *vif)
{
	debugfs_remove_recursive(vif->debugfs);
}
