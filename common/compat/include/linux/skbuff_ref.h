/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_SKBUFF_REF_H
#define XNET_COMPAT_LINUX_SKBUFF_REF_H

#include "../../compat-config.h"

#ifdef XNET_HAVE_SKBUFF_REF_H
#include_next <linux/skbuff_ref.h>
#else
#include <linux/skbuff.h>
#endif

#endif
