/* SPDX-License-Identifier: GPL-2.0 */
/* What a device shows in debugfs, under xen-netfront/. */
#ifndef XNF_DEBUGFS_H
#define XNF_DEBUGFS_H

struct xnf_dev;

void xnf_debugfs_init(void);
void xnf_debugfs_exit(void);

void xnf_debugfs_add(struct xnf_dev *xnf);
void xnf_debugfs_remove(struct xnf_dev *xnf);

#endif /* XNF_DEBUGFS_H */
