/* SPDX-License-Identifier: GPL-2.0 */
/* What the interfaces' queueing disciplines have done, as `tc -s qdisc` shows it. */
#ifndef VC_QDISC_H
#define VC_QDISC_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct vc_qdisc - the outermost qdisc of an interface, in one direction
 * @ifindex: the interface
 * @ingress: it is for what comes in
 * @handle: what those below it call it
 * @kind: mq, fq_codel, ...
 * @children: how many are right below it, as one for each queue is below mq
 * @child_kind: what all of these are, or "" if they differ or there are none
 * @bytes: gone through
 * @packets: the same
 * @drops: packets dropped, here and in those below it
 * @requeues: packets that the driver did not take at once
 * @overlimits: packets that had to wait for a limit
 * @full_drops: those of fq_codel's drops, here and right below, that found it full
 * @backlog_packets: there now
 * @backlog_bytes: the same
 */
struct vc_qdisc {
	unsigned int ifindex;
	bool ingress;
	unsigned int handle;
	char kind[16];
	unsigned int children;
	char child_kind[16];
	unsigned long long bytes;
	unsigned int packets;
	unsigned int drops;
	unsigned int requeues;
	unsigned int overlimits;
	unsigned int full_drops;
	unsigned int backlog_packets;
	unsigned int backlog_bytes;
};

struct vc_qdisc *vc_qdiscs(size_t *count);
const struct vc_qdisc *vc_qdisc_of(const struct vc_qdisc *qdiscs, size_t count,
				   unsigned int ifindex, bool ingress);

#endif /* VC_QDISC_H */
