/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: /sys/kernel/tracing/events/xen_netback/. A queue is named by its
 * guest's domain, the vif's handle and its number.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_netback

#if !defined(XNB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XNB_TRACE_H

#include <linux/tracepoint.h>

#include "queue.h"
#include "vif.h"

/* A packet was taken from the guest's ring. */
TRACE_EVENT(xnb_tx_request,
	TP_PROTO(const struct xnb_queue *queue, unsigned int slots, unsigned int size),
	TP_ARGS(queue, slots, size),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(u16, handle)
		__field(u16, queue)
		__field(u16, slots)
		__field(u32, size)
	),
	TP_fast_assign(
		__entry->domid = queue->vif->domid;
		__entry->handle = queue->vif->handle;
		__entry->queue = queue->id;
		__entry->slots = slots;
		__entry->size = size;
	),
	TP_printk("vif%u.%u-q%u slots=%u size=%u", __entry->domid, __entry->handle,
		  __entry->queue, __entry->slots, __entry->size)
);

/* A packet goes to the stack; @mapped of its bytes are in the guest's pages. */
TRACE_EVENT(xnb_tx_hand_over,
	TP_PROTO(const struct xnb_queue *queue, const struct sk_buff *skb),
	TP_ARGS(queue, skb),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(u16, handle)
		__field(u16, queue)
		__field(u32, len)
		__field(u32, mapped)
		__field(u16, gso_size)
	),
	TP_fast_assign(
		__entry->domid = queue->vif->domid;
		__entry->handle = queue->vif->handle;
		__entry->queue = queue->id;
		__entry->len = skb->len;
		__entry->mapped = skb->data_len;
		__entry->gso_size = skb_shinfo(skb)->gso_size;
	),
	TP_printk("vif%u.%u-q%u len=%u mapped=%u gso_size=%u", __entry->domid,
		  __entry->handle, __entry->queue, __entry->len, __entry->mapped,
		  __entry->gso_size)
);

/* The stack has let go of a packet, on this CPU. */
TRACE_EVENT(xnb_tx_release,
	TP_PROTO(const struct xnb_mapping *first),
	TP_ARGS(first),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(u16, handle)
		__field(u16, queue)
		__field(u16, id)
	),
	TP_fast_assign(
		__entry->domid = first->pool->domid;
		__entry->handle = first->pool->handle;
		__entry->queue = first->pool->id;
		__entry->id = first->id;
	),
	TP_printk("vif%u.%u-q%u id=%u", __entry->domid, __entry->handle,
		  __entry->queue, __entry->id)
);

/* Pages are unmapped and their slots answered. */
TRACE_EVENT(xnb_tx_drain,
	TP_PROTO(const struct xnb_queue *queue, unsigned int pages),
	TP_ARGS(queue, pages),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(u16, handle)
		__field(u16, queue)
		__field(u16, pages)
	),
	TP_fast_assign(
		__entry->domid = queue->vif->domid;
		__entry->handle = queue->vif->handle;
		__entry->queue = queue->id;
		__entry->pages = pages;
	),
	TP_printk("vif%u.%u-q%u pages=%u", __entry->domid, __entry->handle,
		  __entry->queue, __entry->pages)
);

/* A packet is discarded, in either direction; the reason is ethtool's name. */
TRACE_EVENT(xnb_drop,
	TP_PROTO(const struct xnb_vif *vif, unsigned int queue, enum xnb_stat reason),
	TP_ARGS(vif, queue, reason),
	TP_STRUCT__entry(
		__field(u16, domid)
		__field(u16, handle)
		__field(u16, queue)
		__array(char, reason, 32)
	),
	TP_fast_assign(
		__entry->domid = vif->domid;
		__entry->handle = vif->handle;
		__entry->queue = queue;
		strscpy(__entry->reason, xnb_stat_names[reason], sizeof(__entry->reason));
	),
	TP_printk("vif%u.%u-q%u %s", __entry->domid, __entry->handle, __entry->queue,
		  __entry->reason)
);

#endif /* XNB_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
