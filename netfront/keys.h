/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys of XenStore that may change at any time, and have an effect at once.
 *
 * mtu, in our directory, is the toolstack's wish. When it changes, our MTU does; what
 * the user sets in between holds until it changes again. carrier, in the backend's
 * directory, is the state of the link behind the backend, 0 or 1; without it the
 * link is up.
 */
#ifndef XNF_KEYS_H
#define XNF_KEYS_H

struct xnf_dev;

void xnf_keys_read(struct xnf_dev *xnf);
void xnf_keys_watch(struct xnf_dev *xnf);
void xnf_keys_unwatch(struct xnf_dev *xnf);

#endif /* XNF_KEYS_H */
