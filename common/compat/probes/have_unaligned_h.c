// SPDX-License-Identifier: GPL-2.0
// 6.12: asm/unaligned.h became linux/unaligned.h
// for: linux/unaligned.h
#include <linux/unaligned.h>

int probe(const int *p);
int probe(const int *p)
{
	return get_unaligned(p);
}
