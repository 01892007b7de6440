// SPDX-License-Identifier: GPL-2.0
// 6.13: xdp_buff_add_frag()
// for: xnet_xdp_buff_add_frag
#include <net/xdp.h>

bool probe(struct xdp_buff *xdp, netmem_ref netmem);
bool probe(struct xdp_buff *xdp, netmem_ref netmem)
{
	return xdp_buff_add_frag(xdp, netmem, 0, 1, 1);
}
