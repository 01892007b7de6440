/* SPDX-License-Identifier: GPL-2.0 */
/* Bridges of this domain: Linux's own, and those of Open vSwitch. */
#ifndef VC_BRIDGE_H
#define VC_BRIDGE_H

#include <stdbool.h>

struct vc_vifspec;

void vc_bridge_need(const struct vc_vifspec *spec, bool here);

#endif /* VC_BRIDGE_H */
