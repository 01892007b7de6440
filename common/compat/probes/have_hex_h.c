// SPDX-License-Identifier: GPL-2.0
// 6.4: mac_pton() and friends moved from linux/kernel.h to linux/hex.h
// for: linux/hex.h
#include <linux/hex.h>

void probe(u8 *mac);
void probe(u8 *mac)
{
	mac_pton("", mac);
}
