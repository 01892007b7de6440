// SPDX-License-Identifier: GPL-2.0
/* Grant copy, batched; see grant.h. */

#include <asm/xen/hypercall.h>
#include <xen/interface/grant_table.h>

#include "grant.h"
#include "stats.h"

static void xnb_grant_count(const struct gnttab_copy *ops, unsigned int count,
			    struct xnb_traffic *traffic)
{
	unsigned int i, bytes = 0;

	for (i = 0; i < count; i++)
		bytes += ops[i].len;
	xnb_work_add(traffic, XNB_WORK_HYPERCALLS, 1);
	xnb_work_add(traffic, XNB_WORK_COPIES, count);
	xnb_work_add(traffic, XNB_WORK_COPIED_BYTES, bytes);
}

/**
 * xnb_grant_copy() - carry out a batch of copies with one hypercall
 * @ops: the operations
 * @count: how many; 0 is fine
 * @traffic: where to count them, NULL for nowhere
 *
 * Afterwards every status is true: GNTST_okay where the bytes were copied and
 * something else where not. Any context.
 */
void xnb_grant_copy(struct gnttab_copy *ops, unsigned int count,
		    struct xnb_traffic *traffic)
{
	unsigned int i;

	if (!count)
		return;

	if (traffic)
		xnb_grant_count(ops, count, traffic);

	if (!HYPERVISOR_grant_table_op(GNTTABOP_copy, ops, count))
		return;

	for (i = 0; i < count; i++)
		ops[i].status = GNTST_general_error;
}
