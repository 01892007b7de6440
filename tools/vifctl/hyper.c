// SPDX-License-Identifier: GPL-2.0
/* What the hypervisor says; see hyper.h. */

#include <stdio.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xentoollog.h>

#include "hyper.h"

/* Opened once; NULL where there is no Xen, or we are not the one to ask it. */
static xc_interface *hypervisor(void)
{
	static xc_interface *xc;
	static bool tried;
	xentoollog_logger_stdiostream *quiet;

	if (tried)
		return xc;
	tried = true;
	if (access("/dev/xen/privcmd", R_OK | W_OK))
		return NULL;
	quiet = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	xc = xc_interface_open((xentoollog_logger *)quiet, NULL, 0);

	return xc;
}

static void add_flag(struct json_object *info, const char *key, uint32_t flags, uint32_t flag)
{
	json_object_object_add(info, key, json_object_new_boolean(flags & flag));
}

/* Why a domain that is shut down is so, by the numbers of Xen's sched.h. */
static void add_reason(struct json_object *info, uint32_t flags)
{
	static const char *const reasons[] = {
		"poweroff", "reboot", "suspend", "crash", "watchdog", "soft-reset",
	};
	uint32_t reason = flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	if (flags & XEN_DOMINF_shutdown && reason < sizeof(reasons) / sizeof(reasons[0]))
		json_object_object_add(info, "shutdown_reason",
				       json_object_new_string(reasons[reason]));
}

/* Its share of the CPUs, as xl sets it; schedulers that know no weight refuse to say. */
static void add_weight(xc_interface *xc, struct json_object *info, unsigned int domid)
{
	struct xen_domctl_sched_credit2 credit2;
	struct xen_domctl_sched_credit credit;
	const char *scheduler;
	unsigned int weight;

	if (!xc_sched_credit2_domain_get(xc, domid, &credit2)) {
		scheduler = "credit2";
		weight = credit2.weight;
	} else if (!xc_sched_credit_domain_get(xc, domid, &credit)) {
		scheduler = "credit";
		weight = credit.weight;
	} else {
		return;
	}
	json_object_object_add(info, "scheduler", json_object_new_string(scheduler));
	json_object_object_add(info, "weight", json_object_new_int64(weight));
}

/**
 * vc_hyper_domain() - the state of a domain
 * @domid: its number
 *
 * Return: an object for json_object_put(); NULL when there is no such domain, without
 * Xen, and for those whom Xen does not answer.
 */
struct json_object *vc_hyper_domain(unsigned int domid)
{
	xc_interface *xc = hypervisor();
	struct json_object *info;
	xc_domaininfo_t domain;

	/* Not xc_domain_getinfo_single(), which Xen 4.17 does not have. */
	if (!xc || xc_domain_getinfolist(xc, domid, 1, &domain) != 1 || domain.domain != domid)
		return NULL;
	info = json_object_new_object();
	add_flag(info, "paused", domain.flags, XEN_DOMINF_paused);
	add_flag(info, "blocked", domain.flags, XEN_DOMINF_blocked);
	add_flag(info, "running", domain.flags, XEN_DOMINF_running);
	add_flag(info, "shutdown", domain.flags, XEN_DOMINF_shutdown);
	add_reason(info, domain.flags);
	add_flag(info, "dying", domain.flags, XEN_DOMINF_dying);
	json_object_object_add(info, "cpu_time_nsecs", json_object_new_int64(domain.cpu_time));
	json_object_object_add(info, "vcpus_online", json_object_new_int64(domain.nr_online_vcpus));
	json_object_object_add(info, "vcpus_max", json_object_new_int64(domain.max_vcpu_id + 1));
	add_weight(xc, info, domid);

	return info;
}
