// SPDX-License-Identifier: GPL-2.0
// 6.2, 6.1.162: xenbus_driver.remove returns void (was int)
#include <xen/xenbus.h>

void probe(struct xenbus_driver *drv, void (*remove)(struct xenbus_device *));
void probe(struct xenbus_driver *drv, void (*remove)(struct xenbus_device *))
{
	drv->remove = remove;
}
