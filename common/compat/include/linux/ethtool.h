/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_ETHTOOL_H
#define XNET_COMPAT_LINUX_ETHTOOL_H

#include_next <linux/ethtool.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_ETHTOOL_PUTS
#define ethtool_puts(data, str) ethtool_sprintf(data, "%s", str)
#endif

#endif
