// SPDX-License-Identifier: GPL-2.0
// 6.13: hrtimer_setup takes the function; 6.15: hrtimer_init gone
// for: hrtimer_setup
#include <linux/hrtimer.h>

void probe(struct hrtimer *t, enum hrtimer_restart (*f)(struct hrtimer *));
void probe(struct hrtimer *t, enum hrtimer_restart (*f)(struct hrtimer *))
{
	hrtimer_setup(t, f, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
