/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hypervisor says of domains. libxenctrl has another soname with each release of
 * Xen; all of it that is used is used in hyper.c.
 */
#ifndef VC_HYPER_H
#define VC_HYPER_H

#include <json-c/json.h>

struct json_object *vc_hyper_domain(unsigned int domid);

#endif /* VC_HYPER_H */
