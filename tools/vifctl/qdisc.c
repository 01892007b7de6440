// SPDX-License-Identifier: GPL-2.0
/* Queueing disciplines; see qdisc.h. */

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"
#include "qdisc.h"
#include "say.h"

struct found {
	struct vc_qdisc *qdiscs;
	size_t count;
};

static int on_stat(const struct nlattr *attr, void *data)
{
	const void *payload = mnl_attr_get_payload(attr);
	struct vc_qdisc *qdisc = data;
	struct gnet_stats_basic basic;
	struct tc_fq_codel_xstats codel;
	struct gnet_stats_queue queue;

	switch (mnl_attr_get_type(attr)) {
	case TCA_STATS_BASIC:
		/* As long as in the header but for padding, which kernels differ in. */
		if (mnl_attr_get_payload_len(attr) < offsetof(struct gnet_stats_basic, packets) +
						     sizeof(basic.packets))
			break;
		memcpy(&basic, payload, offsetof(struct gnet_stats_basic, packets) +
					sizeof(basic.packets));
		qdisc->bytes = basic.bytes;
		qdisc->packets = basic.packets;
		break;
	case TCA_STATS_QUEUE:
		if (mnl_attr_get_payload_len(attr) < sizeof(queue))
			break;
		memcpy(&queue, payload, sizeof(queue));
		qdisc->drops = queue.drops;
		qdisc->requeues = queue.requeues;
		qdisc->overlimits = queue.overlimits;
		qdisc->backlog_packets = queue.qlen;
		qdisc->backlog_bytes = queue.backlog;
		break;
	case TCA_STATS_APP:
		/* Kernels differ in what comes behind it. */
		if (strcmp(qdisc->kind, "fq_codel") || mnl_attr_get_payload_len(attr) <
		    offsetof(struct tc_fq_codel_xstats, qdisc_stats.ecn_mark))
			break;
		memcpy(&codel, payload, offsetof(struct tc_fq_codel_xstats, qdisc_stats.ecn_mark));
		if (codel.type == TCA_FQ_CODEL_XSTATS_QDISC)
			qdisc->full_drops = codel.qdisc_stats.drop_overlimit;
		break;
	}

	return MNL_CB_OK;
}

static int on_attr(const struct nlattr *attr, void *data)
{
	struct vc_qdisc *qdisc = data;

	switch (mnl_attr_get_type(attr)) {
	case TCA_KIND:
		snprintf(qdisc->kind, sizeof(qdisc->kind), "%s", mnl_attr_get_str(attr));
		break;
	case TCA_STATS2:
		return mnl_attr_parse_nested(attr, on_stat, qdisc);
	}

	return MNL_CB_OK;
}

/*
 * The outermost has the sums of those below, so all to know of them is their kind, and what only
 * that kind counts. The kernel tells of an interface's outermost one first.
 */
static int on_inner(const struct nlmsghdr *msg, const struct found *found)
{
	const struct tcmsg *info = mnl_nlmsg_get_payload(msg);
	struct vc_qdisc *outer = found->count ? &found->qdiscs[found->count - 1] : NULL;
	struct vc_qdisc inner = {};

	if (!outer || outer->ifindex != (unsigned int)info->tcm_ifindex || outer->ingress ||
	    TC_H_MAJ(info->tcm_parent) != outer->handle)
		return MNL_CB_OK;
	if (mnl_attr_parse(msg, sizeof(*info), on_attr, &inner) != MNL_CB_OK)
		return MNL_CB_ERROR;
	outer->full_drops += inner.full_drops;
	if (!outer->children++)
		snprintf(outer->child_kind, sizeof(outer->child_kind), "%s", inner.kind);
	else if (strcmp(outer->child_kind, inner.kind))
		outer->child_kind[0] = 0;

	return MNL_CB_OK;
}

static int on_qdisc(const struct nlmsghdr *msg, void *data)
{
	const struct tcmsg *info = mnl_nlmsg_get_payload(msg);
	struct found *found = data;
	struct vc_qdisc *qdisc;

	if (info->tcm_parent != TC_H_ROOT && info->tcm_parent != TC_H_INGRESS)
		return on_inner(msg, found);
	found->qdiscs = realloc(found->qdiscs, (found->count + 1) * sizeof(*qdisc));
	if (!found->qdiscs)
		vc_refuse("no memory");
	qdisc = &found->qdiscs[found->count++];
	memset(qdisc, 0, sizeof(*qdisc));
	qdisc->ifindex = info->tcm_ifindex;
	qdisc->handle = TC_H_MAJ(info->tcm_handle);
	qdisc->ingress = info->tcm_parent == TC_H_INGRESS;

	return mnl_attr_parse(msg, sizeof(*info), on_attr, qdisc);
}

/**
 * vc_qdiscs() - the outermost qdiscs of all interfaces
 * @count: set to how many there are
 *
 * Return: the qdiscs, for free().
 */
struct vc_qdisc *vc_qdiscs(size_t *count)
{
	struct found found = {};

	vc_netlink_dump(RTM_GETQDISC, sizeof(struct tcmsg), on_qdisc, &found, &found.count,
			"qdiscs");
	*count = found.count;

	return found.qdiscs;
}

/**
 * vc_qdisc_of() - the qdisc of an interface
 * @qdiscs: all
 * @count: how many
 * @ifindex: the interface
 * @ingress: for what comes in, not for what goes out
 *
 * Return: the qdisc, or NULL.
 */
const struct vc_qdisc *vc_qdisc_of(const struct vc_qdisc *qdiscs, size_t count,
				   unsigned int ifindex, bool ingress)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (qdiscs[i].ifindex == ifindex && qdiscs[i].ingress == ingress)
			return &qdiscs[i];

	return NULL;
}
