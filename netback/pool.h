/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frontend's pages that are mapped into this domain, and their way back.
 *
 * A large packet is handed to the stack with the frontend's own pages as
 * fragments. When the stack, a NIC, a socket or another vif lets go of them is
 * out of our hands, and so is the CPU on which that happens. What runs there,
 * xnb_tx_idx_release(), does a few instructions and no more: it puts the
 * packet's pages on a lock-free list. Everything else (unmap, response) is
 * done later, in batches, by the queue's own action.
 *
 * This is the one object of a queue that can outlive it: packets may sit in a
 * qdisc or in a socket for minutes, and a vif must be gone within seconds. A
 * pool whose queue is gone is "parked": it keeps the pages mapped, unmaps them
 * by itself as they come back, and goes when the last one has.
 */
#ifndef XNB_POOL_H
#define XNB_POOL_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>

struct xnb_queue;

/* As many as the TX ring has slots: mapping never waits for a pool entry. */
#define XNB_POOL_SIZE	256

/*
 * With so many mappings that can never be used again, a queue is given up. Half
 * of the pool may be in use and there must be enough left for a packet.
 */
#define XNB_POOL_RETIRED_MAX	64

/* Parked pools that a domain may have before it is no longer served. */
#define XNB_POOLS_PARKED_MAX	64

/* Not the first mapping of its packet. */
#define XNB_CPU_NONE		U16_MAX

/**
 * struct xnb_mapping - one mapped page of the frontend
 * @ubuf: what the stack calls when it lets go of a packet; used in the first
 *	mapping of each packet
 * @node: next mapping of the same packet; then the list of released ones
 * @last: last mapping of the packet, valid in its first one
 * @pool: where it belongs
 * @handle: Xen's name for the mapping
 * @cpu: where the packet was released, valid in its first one, else
 *	XNB_CPU_NONE
 * @id: the frontend's name for the slot, to be answered
 * @status: XEN_NETIF_RSP_* to answer with
 */
struct xnb_mapping {
	struct ubuf_info ubuf;
	struct llist_node node;
	struct xnb_mapping *last;
	struct xnb_pool *pool;
	grant_handle_t handle;
	u16 cpu;
	u16 id;
	s16 status;
};

/**
 * struct xnb_pool - all mappings of a queue
 * @released: what the stack has let go of; any CPU adds, the owner takes all
 * @queue: whose action drains @released; NULL once parked
 * @work: drains it when parked
 * @name: of the queue, which may be gone
 * @domid: whose pages these are
 * @handle: through which of its interfaces they came
 * @id: on which of that interface's queues
 * @parked: the queue is gone and @work is the owner
 * @parked_list: all parked pools
 * @nr_free: entries of @free that are valid
 * @nr_retired: mappings that will never be free again
 * @free: indices of unused mappings; owner only
 * @mapping: the mappings
 * @page: where each one is mapped
 * @unmap: space for a batch of unmap operations; owner only
 * @unmap_page: its pages
 * @unmapped: its mappings
 *
 * The owner is the queue's action, then the teardown once the action has
 * stopped, then @work once the pool is parked: always one at a time.
 */
struct xnb_pool {
	struct llist_head released;
	struct xnb_queue __rcu *queue;
	struct work_struct work;
	char name[IFNAMSIZ + 8];
	domid_t domid;
	u16 handle;
	u16 id;
	bool parked;
	struct list_head parked_list;
	unsigned int nr_free;
	unsigned int nr_retired;
	u16 free[XNB_POOL_SIZE];
	struct xnb_mapping mapping[XNB_POOL_SIZE];
	struct page *page[XNB_POOL_SIZE];
	struct gnttab_unmap_grant_ref unmap[XNB_POOL_SIZE];
	struct page *unmap_page[XNB_POOL_SIZE];
	struct xnb_mapping *unmapped[XNB_POOL_SIZE];
};

int xnb_pools_init(void);
void xnb_pools_exit(void);

bool xnb_pools_exhausted(domid_t domid);

struct xnb_pool *xnb_pool_create(struct xnb_queue *queue, domid_t domid);
void xnb_pool_detach(struct xnb_pool *pool);
unsigned int xnb_pool_destroy(struct xnb_pool *pool, struct xnb_queue *queue);

struct xnb_mapping *xnb_pool_get(struct xnb_pool *pool);
void xnb_pool_put(struct xnb_mapping *mapping);
void xnb_pool_set_map_op(struct xnb_mapping *mapping,
			 struct gnttab_map_grant_ref *op, domid_t domid,
			 grant_ref_t gref);
void xnb_pool_chain(struct xnb_mapping *first, struct xnb_mapping *next);
void xnb_pool_release(struct xnb_mapping *first);
void xnb_pool_attach(struct sk_buff *skb, struct xnb_mapping *first);
unsigned int xnb_pool_drain(struct xnb_pool *pool, struct xnb_queue *queue);

/**
 * xnb_pool_in_use() - mappings that will come back and have not
 * @pool: the pool
 *
 * Exact for the pool's owner, a hint for anybody else.
 *
 * Any context in which the pool cannot go.
 *
 * Return: how many there are.
 */
static inline unsigned int xnb_pool_in_use(const struct xnb_pool *pool)
{
	return XNB_POOL_SIZE - READ_ONCE(pool->nr_free) - READ_ONCE(pool->nr_retired);
}

/**
 * xnb_pool_index() - the place of a mapping in its pool
 * @mapping: the mapping
 *
 * Any context in which the pool cannot go.
 *
 * Return: an index of &xnb_pool.mapping and &xnb_pool.page.
 */
static inline unsigned int xnb_pool_index(const struct xnb_mapping *mapping)
{
	return mapping - mapping->pool->mapping;
}

/**
 * xnb_pool_page() - the page at which a mapping maps the frontend's
 * @mapping: the mapping, in use or not
 *
 * Any context in which the pool cannot go.
 *
 * Return: our page; its contents are the frontend's while mapped.
 */
static inline struct page *xnb_pool_page(const struct xnb_mapping *mapping)
{
	return mapping->pool->page[xnb_pool_index(mapping)];
}

#endif /* XNB_POOL_H */
