/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Grant copy, batched.
 *
 * The kernel's gnttab_batch_copy() retries an operation on a paged-out page
 * with msleep(), which the data path cannot do: here such an operation has
 * simply failed. (gnttab_map_refs() does the same, and there is no other way to
 * map. A copy from that page comes first and fails, but pages that are mapped
 * only remain: guests with xenpaging, which Xen does not support for dom0's
 * network path, are not served well.) Both the return code of the hypercall and the status of every
 * operation are checked (XSA-361 and its kin): statuses are set to an error
 * beforehand, and a failed hypercall makes all of them one.
 */
#ifndef XNB_GRANT_H
#define XNB_GRANT_H

#include <xen/grant_table.h>

struct xnb_traffic;

void xnb_grant_copy(struct gnttab_copy *ops, unsigned int count,
		    struct xnb_traffic *traffic);

/**
 * xnb_grant_copy_from() - an operation from a frontend's page to our memory
 * @op: the operation to fill in
 * @domid: the frontend's domain
 * @gref: the frontend's grant
 * @offset: first byte in its page
 * @to: where to copy to, linear kernel memory
 * @len: bytes, within one page on both sides
 *
 * Any context.
 */
static inline void xnb_grant_copy_from(struct gnttab_copy *op, domid_t domid,
				       grant_ref_t gref, u16 offset,
				       const void *to, u16 len)
{
	op->source.u.ref = gref;
	op->source.domid = domid;
	op->source.offset = offset;
	op->dest.u.gmfn = virt_to_gfn(to);
	op->dest.domid = DOMID_SELF;
	op->dest.offset = xen_offset_in_page(to);
	op->len = len;
	op->flags = GNTCOPY_source_gref;
	op->status = GNTST_general_error;
}

#endif /* XNB_GRANT_H */
