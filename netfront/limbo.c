// SPDX-License-Identifier: GPL-2.0
/* Where packets go whose grants do not end; see limbo.h. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/xdp.h>
#include <xen/grant_table.h>

#include "limbo.h"
#include "tx.h"

#define EXIT_TIMEOUT	(5 * HZ)

static void look(struct work_struct *work);

static LIST_HEAD(tables);
static DEFINE_MUTEX(lock);	/* of @tables; one look at a time */
static LIST_HEAD(pages);
static DEFINE_SPINLOCK(pages_lock);	/* of @pages, which grows in a poll too */
static DECLARE_DELAYED_WORK(look_again, look);

static void free_packet(unsigned long packet)
{
	if (packet & XNF_TX_FRAME)
		xdp_return_frame(xnf_tx_frame_of(packet));
	else
		kfree_skb(xnf_tx_skb_of(packet));
}

/**
 * xnf_limbo_end() - end the grants of a table as far as they can be ended
 * @table: the table; nobody else knows of it any more
 *
 * Grant references go back to the kernel's pool one by one, and a packet is freed
 * with its last slot. Context: process, may sleep.
 *
 * Return: grants that the backend still uses, in &xnf_tx_table.held too. When it
 * is 0 the table is done with and can be freed.
 */
unsigned int xnf_limbo_end(struct xnf_tx_table *table)
{
	unsigned int i, left = 0;

	for (i = 0; i < ARRAY_SIZE(table->slot); i++) {
		struct xnf_tx_slot *slot = &table->slot[i];

		if (slot->ref == INVALID_GRANT_REF)
			continue;
		if (!slot->packet) {
			gnttab_free_grant_reference(slot->ref);
		} else if (gnttab_try_end_foreign_access(slot->ref)) {
			if (!--xnf_tx_cb(slot->packet)->slots)
				free_packet(slot->packet);
			slot->packet = 0;
		} else {
			left++;
			continue;
		}
		slot->ref = INVALID_GRANT_REF;
	}
	table->held = left;

	return left;
}

/*
 * Such a page is ours alone, so what waits for the end of its grant is noted in itself:
 * which grant that is, and whose.
 */
static grant_ref_t ref_of(const struct page *page)
{
	return lower_32_bits(page_private(page));
}

static domid_t backend_of(const struct page *page)
{
	return upper_32_bits(page_private(page));
}

/* Return: the pages that are left. Nobody else takes any off the list. */
static unsigned int look_through_pages(void)
{
	struct page *page, *next;
	unsigned int left = 0;
	LIST_HEAD(kept);
	LIST_HEAD(mine);

	spin_lock_bh(&pages_lock);
	list_splice_init(&pages, &mine);
	spin_unlock_bh(&pages_lock);

	list_for_each_entry_safe(page, next, &mine, lru) {
		list_del(&page->lru);
		if (!gnttab_try_end_foreign_access(ref_of(page))) {
			list_add_tail(&page->lru, &kept);
			left++;
			continue;
		}
		set_page_private(page, 0);
		put_page(page);
	}

	spin_lock_bh(&pages_lock);
	list_splice(&kept, &pages);
	spin_unlock_bh(&pages_lock);

	return left;
}

static unsigned int look_through(void)
{
	struct xnf_tx_table *table, *next;
	unsigned int busy, left;

	mutex_lock(&lock);
	left = look_through_pages();
	list_for_each_entry_safe(table, next, &tables, limbo) {
		busy = xnf_limbo_end(table);
		left += busy;
		if (busy)
			continue;
		list_del(&table->limbo);
		kvfree(table);
	}
	mutex_unlock(&lock);

	return left;
}

static void look(struct work_struct *work)
{
	if (look_through())
		schedule_delayed_work(&look_again, HZ);
}

/**
 * xnf_limbo_add() - keep a table until its last grant has ended
 * @table: a table that xnf_limbo_end() could not bring to an end; owned by limbo
 *	from here on
 *
 * Context: process, may sleep.
 */
void xnf_limbo_add(struct xnf_tx_table *table)
{
	mutex_lock(&lock);
	list_add_tail(&table->limbo, &tables);
	mutex_unlock(&lock);

	schedule_delayed_work(&look_again, HZ);
}

/**
 * xnf_limbo_page() - keep a page until its grant has ended
 * @backend: the domain that has it
 * @ref: the grant, which is owned by limbo from here on
 * @page: the page, of order 0, with the only reference to it
 *
 * Context: any but hard interrupt.
 */
void xnf_limbo_page(domid_t backend, grant_ref_t ref, struct page *page)
{
	BUILD_BUG_ON(BITS_PER_LONG < 64);

	set_page_private(page, (unsigned long)backend << 32 | ref);
	spin_lock_bh(&pages_lock);
	list_add_tail(&page->lru, &pages);
	spin_unlock_bh(&pages_lock);

	schedule_delayed_work(&look_again, HZ);
}

/**
 * xnf_limbo_held() - how much a backend keeps
 * @backend: its domain
 *
 * Context: process, may sleep.
 *
 * Return: pages in limbo that it has mapped.
 */
unsigned int xnf_limbo_held(domid_t backend)
{
	const struct xnf_tx_table *table;
	const struct page *page;
	unsigned int held = 0;

	/* We may have moved since the last look, and the same number be another's. */
	look_through();

	mutex_lock(&lock);
	list_for_each_entry(table, &tables, limbo)
		if (table->backend == backend)
			held += table->held;
	spin_lock_bh(&pages_lock);
	list_for_each_entry(page, &pages, lru)
		held += backend_of(page) == backend;
	spin_unlock_bh(&pages_lock);
	mutex_unlock(&lock);

	return held;
}

/* Pages are something that the kernel can wait for by itself. Return: how many. */
static unsigned int hand_over_pages(void)
{
	struct page *page, *next;
	unsigned int n = 0;
	grant_ref_t ref;

	list_for_each_entry_safe(page, next, &pages, lru) {
		ref = ref_of(page);
		list_del(&page->lru);
		set_page_private(page, 0);
		gnttab_end_foreign_access(ref, page);
		n++;
	}

	return n;
}

/**
 * xnf_limbo_exit() - stop looking, because the module goes away
 *
 * Backends get a few seconds more. Packets that are in use even then stay allocated for
 * good: memory that a backend can read may not become anybody else's.
 *
 * Context: process, may sleep. There are no devices any more.
 */
void xnf_limbo_exit(void)
{
	unsigned long deadline = jiffies + EXIT_TIMEOUT;
	unsigned int left;

	cancel_delayed_work_sync(&look_again);
	for (;;) {
		left = look_through();
		if (!left)
			return;
		if (time_after(jiffies, deadline) || msleep_interruptible(100))
			break;
	}

	left -= hand_over_pages();
	if (left)
		pr_warn("leaking %u pages that a backend never unmapped\n", left);
}
