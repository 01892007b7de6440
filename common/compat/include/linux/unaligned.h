/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_UNALIGNED_H
#define XNET_COMPAT_LINUX_UNALIGNED_H

#include "../../compat-config.h"

#ifdef XNET_HAVE_UNALIGNED_H
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif
