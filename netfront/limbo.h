/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where packets go whose grants do not end.
 *
 * A grant cannot be taken back while the backend has the page mapped. The page
 * must not be freed then, and for the linear area of an skb no page reference
 * helps: it is slab memory, whose objects are reused one by one. So the skb
 * stays, and with it the queue's whole table of what is in flight. XDP frames stay
 * likewise, until they are returned to whom their pages belong. The table is looked
 * at once a second until the last grant has ended.
 *
 * A receive buffer or a ring is a page of its own, and waits here by itself.
 *
 * A backend can have good reason for that, when some packet of ours is stuck in
 * a queue of its own and it does not wait for it.
 */
#ifndef XNF_LIMBO_H
#define XNF_LIMBO_H

#include <linux/types.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>

struct page;
struct xnf_tx_table;

unsigned int xnf_limbo_end(struct xnf_tx_table *table);
void xnf_limbo_add(struct xnf_tx_table *table);
void xnf_limbo_page(domid_t backend, grant_ref_t ref, struct page *page);
unsigned int xnf_limbo_held(domid_t backend);
void xnf_limbo_exit(void);

#endif /* XNF_LIMBO_H */
