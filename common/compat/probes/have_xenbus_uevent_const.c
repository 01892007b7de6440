// SPDX-License-Identifier: GPL-2.0
// 6.3: xenbus_driver.uevent takes a const device
// for: xnet_xenbus_uevent_arg
#include <xen/xenbus.h>

void probe(struct xenbus_driver *drv,
	   int (*uevent)(const struct xenbus_device *, struct kobj_uevent_env *));
void probe(struct xenbus_driver *drv,
	   int (*uevent)(const struct xenbus_device *, struct kobj_uevent_env *))
{
	drv->uevent = uevent;
}
