/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_TIMER_H
#define XNET_COMPAT_LINUX_TIMER_H

#include_next <linux/timer.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_TIMER_CONTAINER_OF
#define timer_container_of(var, callback_timer, timer_fieldname)	\
	container_of(callback_timer, typeof(*var), timer_fieldname)
#endif

#endif
