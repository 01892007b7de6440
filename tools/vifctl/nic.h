/* SPDX-License-Identifier: GPL-2.0 */
/* The interrupts of NICs: which they have, and which of their queues each is for. */
#ifndef VC_NIC_H
#define VC_NIC_H

#include <stdbool.h>

const char *vc_nic_device(const char *ifname);
bool vc_nic_has_irq(const char *ifname, unsigned int number);
char **vc_nic_irqs(const char *ifname);
int vc_nic_queue(const char *name);

#endif /* VC_NIC_H */
