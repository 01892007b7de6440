// SPDX-License-Identifier: GPL-2.0
/* Pages that hold the frontend's rings; see shared.h. */

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>

#include "shared.h"
#include "vif.h"

/**
 * xnb_shared_map() - map a page that holds a ring
 * @shared: all zero; stays so when this fails
 * @vif: whose frontend has granted it
 * @gref: its grant, not trusted
 *
 * Says nothing; that is left to who knows what the page is for. Context: may sleep.
 *
 * Return: 0 or a negative errno.
 */
int xnb_shared_map(struct xnb_shared *shared, struct xnb_vif *vif,
		   grant_ref_t gref)
{
	struct gnttab_map_grant_ref op;
	struct page *page;
	int err;

	err = gnttab_alloc_pages(1, &page);
	if (err)
		return err;

	gnttab_set_map_op(&op, (unsigned long)page_address(page), GNTMAP_host_map,
			  gref, vif->domid);
	op.status = GNTST_general_error;
	err = gnttab_map_refs(&op, NULL, &page, 1);
	if (op.status != GNTST_okay) {
		gnttab_free_pages(1, &page);
		return -EINVAL;
	}

	shared->page = page;
	shared->handle = op.handle;
	if (err)
		xnb_shared_unmap(shared, vif);

	return err;
}

/**
 * xnb_shared_unmap() - let go of a ring's page
 * @shared: the page; all zero is fine, and what it is afterwards
 * @vif: whose frontend has granted it
 *
 * It fails only when Xen and we disagree about a handle. The page may then still
 * show the guest's memory and is never used again. Context: may sleep.
 */
void xnb_shared_unmap(struct xnb_shared *shared, struct xnb_vif *vif)
{
	struct gnttab_unmap_grant_ref op;

	if (!shared->page)
		return;

	gnttab_set_unmap_op(&op, (unsigned long)page_address(shared->page),
			    GNTMAP_host_map, shared->handle);
	op.status = GNTST_general_error;
	gnttab_unmap_refs(&op, NULL, &shared->page, 1);
	if (op.status == GNTST_okay)
		gnttab_free_pages(1, &shared->page);
	else if (__ratelimit(&vif->log_limit))
		netdev_err(vif->dev, "a ring's page cannot be unmapped (%d), given up\n",
			   op.status);

	shared->page = NULL;
}
