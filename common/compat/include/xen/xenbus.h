/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_XEN_XENBUS_H
#define XNET_COMPAT_XEN_XENBUS_H

#include_next <xen/xenbus.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_XENBUS_READ_DRIVER_STATE_DEV
static inline enum xenbus_state
xnet_xenbus_read_driver_state(const struct xenbus_device *dev, const char *path)
{
	return xenbus_read_driver_state(path);
}
#define xenbus_read_driver_state xnet_xenbus_read_driver_state
#endif

/**
 * xnet_xenbus_uevent_arg - first parameter of xenbus_driver.uevent
 */
#ifdef XNET_HAVE_XENBUS_UEVENT_CONST
#define xnet_xenbus_uevent_arg const struct xenbus_device
#else
#define xnet_xenbus_uevent_arg struct xenbus_device
#endif

#endif
