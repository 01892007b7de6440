// SPDX-License-Identifier: GPL-2.0
// 6.10: skb_frag_unref and friends moved to linux/skbuff_ref.h
// for: linux/skbuff_ref.h
#include <linux/skbuff_ref.h>
