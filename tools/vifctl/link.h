/* SPDX-License-Identifier: GPL-2.0 */
/* Interfaces as rtnetlink has them. */
#ifndef VC_LINK_H
#define VC_LINK_H

#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct vc_link - an interface
 * @ifindex: its number
 * @master: that of the bridge or bond that it is in, or 0
 * @lower: that of the interface that it is made of, as a VLAN is, or 0
 * @ifname: its name
 * @up: it is up
 * @carrier: it has a carrier
 * @mtu: its MTU
 * @stats: its counters
 */
struct vc_link {
	unsigned int ifindex;
	unsigned int master;
	unsigned int lower;
	char ifname[IFNAMSIZ];
	bool up;
	bool carrier;
	unsigned int mtu;
	struct rtnl_link_stats64 stats;
};

struct vc_link *vc_links(size_t *count);
const struct vc_link *vc_link_find(const struct vc_link *links, size_t count, const char *ifname);
const struct vc_link *vc_link_nth(const struct vc_link *links, size_t count, unsigned int ifindex);

struct mnl_socket;

struct mnl_socket *vc_links_watch(void);
void vc_links_up(struct mnl_socket *socket, void (*on_up)(const char *ifname));
void vc_links_each_up(void (*on_up)(const char *ifname));

#endif /* VC_LINK_H */
