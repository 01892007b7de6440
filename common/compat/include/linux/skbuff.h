/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_SKBUFF_H
#define XNET_COMPAT_LINUX_SKBUFF_H

#include_next <linux/skbuff.h>
#include "../../compat-config.h"

/**
 * XNET_UBUF_OPS() - name the release callback of zero-copy skbs
 * @name: what xnet_ubuf_init() takes the address of
 * @complete: void (*)(struct sk_buff *, struct ubuf_info *, bool success)
 */
#ifdef XNET_HAVE_UBUF_INFO_OPS
#define xnet_ubuf_ops ubuf_info_ops
#define XNET_UBUF_OPS(name, fn)						\
	static const struct ubuf_info_ops name = { .complete = (fn) }
#else
struct xnet_ubuf_ops {
	void (*complete)(struct sk_buff *skb, struct ubuf_info *uarg, bool success);
};
#define XNET_UBUF_OPS(name, fn)						\
	static const struct xnet_ubuf_ops name = { .complete = (fn) }
#endif

/**
 * xnet_ubuf_init() - prepare a ubuf_info with one reference
 * @uarg: the ubuf_info
 * @ops: made by XNET_UBUF_OPS()
 *
 * Hand it to an skb with skb_zcopy_init() (no reference taken) or
 * skb_zcopy_set(); the callback then runs for each reference dropped.
 */
static inline void xnet_ubuf_init(struct ubuf_info *uarg,
				  const struct xnet_ubuf_ops *ops)
{
#ifdef XNET_HAVE_UBUF_INFO_OPS
	uarg->ops = ops;
#else
	uarg->callback = ops->complete;
#endif
	refcount_set(&uarg->refcnt, 1);
	uarg->flags = SKBFL_ZEROCOPY_FRAG;
}

#ifndef XNET_HAVE_SKB_FRAG_FILL_PAGE_DESC
static inline void skb_frag_fill_page_desc(skb_frag_t *frag, struct page *page,
					   int off, int size)
{
	frag->bv_page = page;
	frag->bv_offset = off;
	skb_frag_size_set(frag, size);
}
#endif

#endif
