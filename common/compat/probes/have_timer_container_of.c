// SPDX-License-Identifier: GPL-2.0
// 6.16: from_timer became timer_container_of
// for: timer_container_of
#include <linux/timer.h>

struct x { struct timer_list t; };

struct x *probe(struct timer_list *t);
struct x *probe(struct timer_list *t)
{
	struct x *x = timer_container_of(x, t, t);

	return x;
}
