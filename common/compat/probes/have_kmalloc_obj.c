// SPDX-License-Identifier: GPL-2.0
// 7.0, and 6.12 stable: kmalloc_obj, kzalloc_obj and their family
#include <linux/slab.h>

void probe(int **p);
void probe(int **p)
{
	*p = kzalloc_obj(**p);
}
