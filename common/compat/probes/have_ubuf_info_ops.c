// SPDX-License-Identifier: GPL-2.0
// 6.10: ubuf_info.callback became ubuf_info.ops->complete
// for: XNET_UBUF_OPS xnet_ubuf_init
#include <linux/skbuff.h>

const struct ubuf_info_ops *probe(struct ubuf_info *uarg);
const struct ubuf_info_ops *probe(struct ubuf_info *uarg)
{
	return uarg->ops;
}
