/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vifs that this domain serves (backends) or has (frontends), and how they are named.
 *
 * A vif is named by its interface (vif1.0, or what vifname= in xl.cfg has made of it) or
 * by DOMAIN/HANDLE, where the domain is a name or a number. In a guest, and for the
 * guest's own interfaces in a driver domain, it is the interface's name: eth0.
 */
#ifndef VC_VIF_H
#define VC_VIF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

/* The name of a domain that is longer is not told; its number is. */
#define VC_DOMAIN_LEN	128

/* Vifs and queues have numbers up to this; beyond it is a slip of the pen. */
#define VC_NUMBER_MAX	65535

/**
 * struct vc_vif - a vif
 * @frontend: this domain is the guest's side
 * @domid: the domain of the other side
 * @handle: the number of the vif in its guest
 * @domain: the name of the other side's domain, or its number
 * @named: it is the name; outside of dom0 XenStore does not tell those of others
 * @ifname: the interface here; empty if there is none (yet)
 * @node: this side's directory in XenStore
 * @otherend: that of the other side
 * @device: its name in sysfs
 */
struct vc_vif {
	bool frontend;
	unsigned int domid;
	unsigned int handle;
	char domain[VC_DOMAIN_LEN];
	bool named;
	char ifname[IFNAMSIZ];
	char node[128];
	char otherend[256];
	char device[32];
};

struct vc_vif *vc_vifs(size_t *count);
const struct vc_vif *vc_vif_find(const struct vc_vif *vifs, size_t count, const char *name);
bool vc_vif_number(const char *text, int *number);
bool vc_vif_is_handle(const char *text);
int vc_vif_queue(const char *word);
int vc_vif_irq(const struct vc_vif *vif, const char *name);
void vc_vif_print_name(const struct vc_vif *vif);
void vc_vif_lasting_name(const struct vc_vif *vif, char *name, size_t size);
struct vc_vif vc_vif_need(const char *name);
unsigned int vc_own_domid(void);

#endif /* VC_VIF_H */
