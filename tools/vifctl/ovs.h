/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's part of Open vSwitch has counted, as `ovs-dpctl show` shows it. */
#ifndef VC_OVS_H
#define VC_OVS_H

#include <stdbool.h>

/**
 * struct vc_ovs - a datapath
 * @name: its interface
 * @missed: packets that ovs-vswitchd had to be asked about
 * @lost: those of them that did not get to it
 */
struct vc_ovs {
	const char *name;
	unsigned long long missed;
	unsigned long long lost;
};

bool vc_ovs_read(struct vc_ovs *ovs);

#endif /* VC_OVS_H */
