/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_NET_PAGE_POOL_HELPERS_H
#define XNET_COMPAT_NET_PAGE_POOL_HELPERS_H

#include "../../../compat-config.h"

#ifdef XNET_HAVE_PAGE_POOL_TYPES_H
#include_next <net/page_pool/helpers.h>
#else
#include <net/page_pool/types.h>
#endif

#endif
