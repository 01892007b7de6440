/* SPDX-License-Identifier: GPL-2.0 */
/* Domains, by name or by number. */
#ifndef VC_DOMAIN_H
#define VC_DOMAIN_H

unsigned int vc_domain_need(const char *name);

#endif /* VC_DOMAIN_H */
