/* SPDX-License-Identifier: GPL-2.0 */
/* Bridges of this domain: Linux's own, and those of Open vSwitch. */
#ifndef VC_BRIDGE_H
#define VC_BRIDGE_H

struct vc_vifspec;

void vc_bridge_need(const struct vc_vifspec *spec);

#endif /* VC_BRIDGE_H */
