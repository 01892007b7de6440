// SPDX-License-Identifier: GPL-2.0
// 7.0, and 6.12 stable: kmalloc_obj, kzalloc_obj and their family
// for: kmalloc_obj kzalloc_obj kmalloc_objs kzalloc_objs kvmalloc_objs kvzalloc_objs kzalloc_flex kvzalloc_flex
#include <linux/slab.h>

void probe(int **p);
void probe(int **p)
{
	*p = kzalloc_obj(**p);
}
