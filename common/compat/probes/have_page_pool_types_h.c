// SPDX-License-Identifier: GPL-2.0
// 6.6: net/page_pool.h split into net/page_pool/{types,helpers}.h; 6.8: params .netdev
// for: net/page_pool/types.h net/page_pool/helpers.h
#include <net/page_pool/types.h>

void probe(struct page_pool_params *p);
void probe(struct page_pool_params *p)
{
	p->napi = NULL;
	p->netdev = NULL;
}
