/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_HEX_H
#define XNET_COMPAT_LINUX_HEX_H

#include "../../compat-config.h"

#ifdef XNET_HAVE_HEX_H
#include_next <linux/hex.h>
#else
#include <linux/kernel.h>
#endif

#endif
