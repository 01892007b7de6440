/* SPDX-License-Identifier: GPL-2.0 */
/* What `vifctl top` was asked for; on the screen it changes by keys. */
#ifndef VC_TOP_H
#define VC_TOP_H

#include <stdbool.h>

/**
 * struct vc_top - how it is shown
 * @delay: seconds from one look to the next
 * @sort: the column by which vifs are sorted
 * @unfold: show queues
 */
struct vc_top {
	double delay;
	unsigned int sort;
	bool unfold;
};

#endif /* VC_TOP_H */
