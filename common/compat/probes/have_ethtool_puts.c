// SPDX-License-Identifier: GPL-2.0
// 6.8: ethtool_puts
// for: ethtool_puts
#include <linux/ethtool.h>

void probe(u8 **data);
void probe(u8 **data)
{
	ethtool_puts(data, "");
}
