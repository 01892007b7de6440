// SPDX-License-Identifier: GPL-2.0
// guard: must not compile with any kernel
#include <linux/netdevice.h>

int probe(void);
int probe(void)
{
	return xnet_no_such_function();
}
