/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page of the frontend's that holds a ring, mapped for a connection's time.
 *
 * The kernel's xenbus_map_ring_valloc() would do, but for one thing: a grant that
 * cannot be mapped is an error line in the log, each time, and a guest can name
 * such grants as often as it likes.
 */
#ifndef XNB_SHARED_H
#define XNB_SHARED_H

#include <linux/types.h>
#include <xen/grant_table.h>

struct xnb_vif;

/**
 * struct xnb_shared - a ring's page; all zero is none
 * @page: where it is mapped
 * @handle: Xen's name for the mapping
 */
struct xnb_shared {
	struct page *page;
	grant_handle_t handle;
};

int xnb_shared_map(struct xnb_shared *shared, struct xnb_vif *vif,
		   grant_ref_t gref);
void xnb_shared_unmap(struct xnb_shared *shared, struct xnb_vif *vif);

/**
 * xnb_shared_addr() - where a ring is
 * @shared: its page, mapped
 *
 * Any context.
 *
 * Return: its address; what is there can change at any time.
 */
static inline void *xnb_shared_addr(const struct xnb_shared *shared)
{
	return page_address(shared->page);
}

#endif /* XNB_SHARED_H */
