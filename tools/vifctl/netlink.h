/* SPDX-License-Identifier: GPL-2.0 */
/* Asking rtnetlink for all there is of a kind. */
#ifndef VC_NETLINK_H
#define VC_NETLINK_H

#include <libmnl/libmnl.h>
#include <stddef.h>

void vc_netlink_dump(int type, size_t header, mnl_cb_t on_message, void *data, size_t *count,
		     const char *what);

#endif /* VC_NETLINK_H */
