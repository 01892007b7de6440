// SPDX-License-Identifier: GPL-2.0
// guard: must compile with every kernel
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

int probe(struct net_device *dev);
int probe(struct net_device *dev)
{
	return is_valid_ether_addr(dev->dev_addr);
}
