/* SPDX-License-Identifier: GPL-2.0 */
/* What a vif shows in debugfs, under xen-netback/. */
#ifndef XNB_DEBUGFS_H
#define XNB_DEBUGFS_H

struct xnb_vif;

void xnb_debugfs_init(void);
void xnb_debugfs_exit(void);

void xnb_debugfs_add(struct xnb_vif *vif);
void xnb_debugfs_remove(struct xnb_vif *vif);

#endif /* XNB_DEBUGFS_H */
