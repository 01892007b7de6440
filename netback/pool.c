// SPDX-License-Identifier: GPL-2.0
/* The frontend's mapped pages and their way back; see pool.h. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <xen/interface/io/netif.h>

#include "pool.h"
#include "queue.h"
#include "trace.h"
#include "tx.h"
#include "vif.h"

/*
 * Parked pools are drained on a workqueue of our own: a parked pool holds a
 * module reference which its work drops as one of the last things it does, and
 * destroying the workqueue in xnb_pools_exit() waits for the very last ones.
 */
static struct workqueue_struct *xnb_pools_wq;

static void xnb_tx_idx_release(struct sk_buff *skb, struct ubuf_info *ubuf,
			       bool zerocopy)
{
	/* A packet may have been cloned or split: the last reference counts. */
	if (refcount_dec_and_test(&ubuf->refcnt))
		xnb_pool_release(container_of(ubuf, struct xnb_mapping, ubuf));
}

XNET_UBUF_OPS(xnb_pool_ubuf_ops, xnb_tx_idx_release);

/* All parked pools; a domain cannot have any number of them. */
static LIST_HEAD(xnb_pools_parked);
static DEFINE_SPINLOCK(xnb_pools_lock);

/* Their pages, for the administrator to see. */
static atomic_t xnb_pool_parked_pages = ATOMIC_INIT(0);

static int xnb_pool_get_parked(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&xnb_pool_parked_pages));
}

static const struct kernel_param_ops xnb_pool_parked_ops = {
	.get = xnb_pool_get_parked,
};

module_param_cb(parked_pages, &xnb_pool_parked_ops, NULL, 0444);
MODULE_PARM_DESC(parked_pages, "Pages of vifs that are gone, still held by a qdisc or socket (read only)");

static void xnb_pool_free(struct xnb_pool *pool)
{
	spin_lock(&xnb_pools_lock);
	list_del(&pool->parked_list);
	spin_unlock(&xnb_pools_lock);

	/* A retired page may still show the guest's memory: give up all. */
	if (!pool->nr_retired)
		gnttab_free_pages(XNB_POOL_SIZE, pool->page);
	kvfree(pool);
	module_put(THIS_MODULE);
}

static void xnb_pool_parked_work(struct work_struct *work)
{
	struct xnb_pool *pool = container_of(work, struct xnb_pool, work);

	/* Scheduled between detach and destroy: there is another owner yet. */
	if (!smp_load_acquire(&pool->parked))
		return;

	atomic_sub(xnb_pool_drain(pool, NULL), &xnb_pool_parked_pages);
	if (xnb_pool_in_use(pool))
		return;

	/*
	 * All are back. The releases that brought them may still be looking at
	 * the pool, and may have asked for one more run: leave it to that one.
	 */
	synchronize_rcu();
	if (!work_pending(work))
		xnb_pool_free(pool);
}

/**
 * xnb_pools_init() - make ready for pools
 *
 * Context: the module is being loaded; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int __init xnb_pools_init(void)
{
	xnb_pools_wq = alloc_workqueue("xnb-parked", WQ_UNBOUND, 0);

	return xnb_pools_wq ? 0 : -ENOMEM;
}

/**
 * xnb_pools_exit() - undo xnb_pools_init()
 *
 * No pool exists any more: each holds a reference to the module.
 *
 * Context: the module is being unloaded; may sleep.
 */
void xnb_pools_exit(void)
{
	destroy_workqueue(xnb_pools_wq);
}

/**
 * xnb_pools_exhausted() - has a domain left too much behind?
 * @domid: the domain
 *
 * A guest that reconnects again and again while its packets are stuck in this
 * domain leaves a parked pool each time. Context: may sleep.
 *
 * Return: true when XNB_POOLS_PARKED_MAX of its pools are parked.
 */
bool xnb_pools_exhausted(domid_t domid)
{
	unsigned int count = 0;
	struct xnb_pool *pool;

	spin_lock(&xnb_pools_lock);
	list_for_each_entry(pool, &xnb_pools_parked, parked_list)
		if (pool->domid == domid)
			count++;
	spin_unlock(&xnb_pools_lock);

	return count >= XNB_POOLS_PARKED_MAX;
}

/**
 * xnb_pool_create() - make a pool with every mapping free
 * @queue: the queue whose action will own it
 * @domid: the frontend's domain
 *
 * Context: may sleep.
 *
 * Return: the pool, or NULL without memory, and when the module is being unloaded.
 */
struct xnb_pool *xnb_pool_create(struct xnb_queue *queue, domid_t domid)
{
	struct xnb_pool *pool = kvzalloc(sizeof(*pool), GFP_KERNEL);
	int i;

	if (!pool)
		return NULL;

	/* Not while the module is going: what is parked then would outlive it. */
	if (!try_module_get(THIS_MODULE))
		goto free;
	if (gnttab_alloc_pages(XNB_POOL_SIZE, pool->page))
		goto put;

	strscpy(pool->name, queue->name, sizeof(pool->name));
	pool->domid = domid;
	pool->handle = queue->vif->handle;
	pool->id = queue->id;
	INIT_LIST_HEAD(&pool->parked_list);
	init_llist_head(&pool->released);
	INIT_WORK(&pool->work, xnb_pool_parked_work);
	for (i = 0; i < XNB_POOL_SIZE; i++) {
		pool->mapping[i].pool = pool;
		pool->free[i] = i;
	}
	pool->nr_free = XNB_POOL_SIZE;
	rcu_assign_pointer(pool->queue, queue);

	return pool;

put:
	module_put(THIS_MODULE);
free:
	kvfree(pool);
	return NULL;
}

/**
 * xnb_pool_detach() - let releases no longer schedule the queue's action
 * @pool: the pool; NULL is fine
 *
 * What is released from now on waits for xnb_pool_destroy(). A release that has
 * seen the queue may be under way until the next RCU grace period has passed:
 * the action is stopped after that. Any context.
 */
void xnb_pool_detach(struct xnb_pool *pool)
{
	if (!pool)
		return;

	rcu_assign_pointer(pool->queue, NULL);
}

/**
 * xnb_pool_destroy() - end a pool, now or when its last page comes back
 * @pool: the pool; NULL is fine
 * @queue: where to answer the slots of what has come back meanwhile
 *
 * It was detached, and the queue's action has stopped for good. When the stack
 * still holds pages the pool is parked: its work becomes the owner, and frees
 * it later. Context: may sleep.
 *
 * Return: the number of pages that are parked.
 */
unsigned int xnb_pool_destroy(struct xnb_pool *pool, struct xnb_queue *queue)
{
	unsigned int drained, pages;

	if (!pool)
		return 0;

	drained = xnb_pool_drain(pool, queue);
	pages = xnb_pool_in_use(pool);
	if (!pages) {
		/* The last releases may be about to ask for the work, in vain. */
		if (drained)
			synchronize_rcu();
		cancel_work_sync(&pool->work);
		xnb_pool_free(pool);
		return 0;
	}

	atomic_add(pages, &xnb_pool_parked_pages);
	spin_lock(&xnb_pools_lock);
	list_add(&pool->parked_list, &xnb_pools_parked);
	spin_unlock(&xnb_pools_lock);

	/* The work may free the pool at once, but not before we unlock. */
	rcu_read_lock();
	smp_store_release(&pool->parked, true);
	queue_work(xnb_pools_wq, &pool->work);
	rcu_read_unlock();

	return pages;
}

/**
 * xnb_pool_get() - take a free mapping
 * @pool: the pool
 *
 * Context: the pool's owner.
 *
 * Return: a mapping to be filled by xnb_pool_set_map_op(), or NULL when all
 * are in use.
 */
struct xnb_mapping *xnb_pool_get(struct xnb_pool *pool)
{
	if (!pool->nr_free)
		return NULL;

	return &pool->mapping[pool->free[--pool->nr_free]];
}

/**
 * xnb_pool_put() - give back a mapping under which nothing is mapped
 * @mapping: from xnb_pool_get()
 *
 * Context: the pool's owner.
 */
void xnb_pool_put(struct xnb_mapping *mapping)
{
	struct xnb_pool *pool = mapping->pool;

	pool->free[pool->nr_free++] = xnb_pool_index(mapping);
}

static unsigned long xnb_pool_vaddr(const struct xnb_mapping *mapping)
{
	return (unsigned long)page_address(xnb_pool_page(mapping));
}

/**
 * xnb_pool_set_map_op() - an operation that maps a frontend's page
 * @mapping: from xnb_pool_get()
 * @op: the operation to fill in
 * @domid: the frontend's domain
 * @gref: the frontend's grant
 *
 * Read-only: the stack has no business writing to the guest's packet.
 *
 * Context: the queue's action.
 */
void xnb_pool_set_map_op(struct xnb_mapping *mapping,
			 struct gnttab_map_grant_ref *op, domid_t domid,
			 grant_ref_t gref)
{
	gnttab_set_map_op(op, xnb_pool_vaddr(mapping),
			  GNTMAP_host_map | GNTMAP_readonly, gref, domid);
}

/**
 * xnb_pool_chain() - add a mapping to those of a packet
 * @first: the packet's first mapping, alone or with others chained to it
 * @next: the one to add; equal to @first to begin the chain
 *
 * Context: the pool's owner.
 */
void xnb_pool_chain(struct xnb_mapping *first, struct xnb_mapping *next)
{
	if (first != next)
		first->last->node.next = &next->node;
	next->node.next = NULL;
	next->cpu = XNB_CPU_NONE;
	first->last = next;
}

/**
 * xnb_pool_release() - a packet's pages are no longer used
 * @first: the packet's first mapping, with the others chained to it
 *
 * Any context and CPU, as often as the stack likes. One atomic exchange per
 * packet; only the release that finds the list empty wakes whoever drains it.
 */
void xnb_pool_release(struct xnb_mapping *first)
{
	struct xnb_pool *pool = first->pool;
	struct xnb_queue *queue;

	first->cpu = raw_smp_processor_id();
	trace_xnb_tx_release(first);

	/*
	 * Once the mappings are on the list a parked pool's work can find that
	 * they were the last: it waits for this section before it frees.
	 */
	rcu_read_lock();
	if (llist_add_batch(&first->node, &first->last->node, &pool->released)) {
		queue = rcu_dereference(pool->queue);
		if (queue)
			xnb_action_schedule(&queue->action);
		else
			queue_work(xnb_pools_wq, &pool->work);
	}
	rcu_read_unlock();
}

/**
 * xnb_pool_attach() - let an skb report when it is done with its pages
 * @skb: whose fragments are the mapped pages of one packet
 * @first: the packet's first mapping, with the others chained to it
 *
 * Context: the pool's owner, which must not touch the mappings again until
 * they come back through xnb_pool_drain().
 */
void xnb_pool_attach(struct sk_buff *skb, struct xnb_mapping *first)
{
	xnet_ubuf_init(&first->ubuf, &xnb_pool_ubuf_ops);
	skb_zcopy_init(skb, &first->ubuf);
}

/*
 * An unmap fails only when Xen and we disagree about a handle. The page may
 * then still show the guest's memory: it is never used again, and neither is
 * its place in the pool.
 */
static void xnb_pool_retire(struct xnb_mapping *mapping, int status)
{
	mapping->pool->nr_retired++;
	pr_err_ratelimited("%s: page %u cannot be unmapped (%d), given up\n",
			   mapping->pool->name, xnb_pool_index(mapping), status);
}

/*
 * Count what is drained, and releases where they happened; most of a batch come
 * from one CPU.
 */
static void xnb_pool_count(struct xnb_pool *pool, struct xnb_queue *queue,
			   unsigned int count)
{
	struct xnb_cpu_stats __percpu *stats = queue->vif->cpu_stats;
	unsigned int i, released = 0;
	u16 cpu = XNB_CPU_NONE;

	for (i = 0; i < count; i++) {
		if (pool->unmapped[i]->cpu == XNB_CPU_NONE)
			continue;
		if (pool->unmapped[i]->cpu != cpu && released) {
			atomic64_add(released, &per_cpu_ptr(stats, cpu)->released);
			released = 0;
		}
		cpu = pool->unmapped[i]->cpu;
		released++;
	}
	if (released)
		atomic64_add(released, &per_cpu_ptr(stats, cpu)->released);
	this_cpu_add(stats->drained, count);
	xnb_work_add(&queue->tx.traffic, XNB_WORK_HYPERCALLS, 1);
	xnb_work_add(&queue->tx.traffic, XNB_WORK_UNMAPS, count);
}

/**
 * xnb_pool_drain() - take back what the stack has let go of
 * @pool: the pool
 * @queue: where to answer the slots; NULL when nobody waits for answers
 *
 * One hypercall unmaps all of it. Responses are written, not pushed.
 * Context: the pool's owner.
 *
 * Return: the number of mappings taken back.
 */
unsigned int xnb_pool_drain(struct xnb_pool *pool, struct xnb_queue *queue)
{
	struct llist_node *list = llist_del_all(&pool->released);
	struct xnb_mapping *mapping;
	unsigned int i, count = 0;

	if (!list)
		return 0;

	llist_for_each_entry(mapping, list, node) {
		gnttab_set_unmap_op(&pool->unmap[count], xnb_pool_vaddr(mapping),
				    GNTMAP_host_map, mapping->handle);
		pool->unmap[count].status = GNTST_general_error;
		pool->unmap_page[count] = xnb_pool_page(mapping);
		pool->unmapped[count++] = mapping;
	}

	if (queue) {
		xnb_pool_count(pool, queue, count);
		trace_xnb_tx_drain(queue, count);
	}

	/* What it returns adds nothing to the statuses: they are set above. */
	gnttab_unmap_refs(pool->unmap, NULL, pool->unmap_page, count);

	for (i = 0; i < count; i++) {
		mapping = pool->unmapped[i];
		if (queue)
			xnb_tx_respond(queue, mapping->id, mapping->status);
		if (pool->unmap[i].status != GNTST_okay)
			xnb_pool_retire(mapping, pool->unmap[i].status);
		else
			xnb_pool_put(mapping);
	}

	return count;
}
