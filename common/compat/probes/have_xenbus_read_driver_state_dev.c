// SPDX-License-Identifier: GPL-2.0
// 7.1: xenbus_read_driver_state takes the device first
// for: xenbus_read_driver_state
#include <xen/xenbus.h>

enum xenbus_state probe(const struct xenbus_device *dev);
enum xenbus_state probe(const struct xenbus_device *dev)
{
	return xenbus_read_driver_state(dev, dev->otherend);
}
