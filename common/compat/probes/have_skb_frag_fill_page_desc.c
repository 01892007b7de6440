// SPDX-License-Identifier: GPL-2.0
// 6.5: skb_frag_fill_page_desc replaced __skb_frag_set_page
// for: skb_frag_fill_page_desc
#include <linux/skbuff.h>

void probe(skb_frag_t *frag, struct page *page);
void probe(skb_frag_t *frag, struct page *page)
{
	skb_frag_fill_page_desc(frag, page, 0, 1);
}
