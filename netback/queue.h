/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue: one pair of rings, one or two event channels, one action.
 *
 * Nothing on the data path is shared between queues but the vif's settings,
 * which do not change while a queue exists.
 */
#ifndef XNB_QUEUE_H
#define XNB_QUEUE_H

#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <xen/grant_table.h>
#include <xen/interface/io/netif.h>
#include <xen/xenbus.h>

#include "common/tx_parse.h"

#include "action.h"
#include "credit.h"
#include "event.h"
#include "pool.h"
#include "shared.h"
#include "steer.h"
#include "stats.h"

struct xnb_vif;

/* One page per ring, as netif.h has it. */
#define XNB_RING_SIZE	256

/* Packets taken from the TX ring per run of the action. */
#define XNB_TX_BATCH	64

/*
 * Copies for one packet: one per slot, and one more wherever the linear area
 * crosses a page. That area is at most what two slots hold beyond the header.
 */
#define XNB_TX_COPIES_PER_PACKET	(XNET_TX_SLOTS_MAX + 4)
#define XNB_TX_COPIES			(4 * XNB_TX_BATCH)

#define XNB_RX_COPIES			512

/**
 * struct xnb_tx_packet - a packet between being taken and being handed over
 * @skb: with its linear area allocated, and fragments not yet mapped
 * @copies: copies staged up to and including this packet
 * @maps: maps staged up to and including this packet
 * @answers: answers staged up to and including this packet
 * @flags: XEN_NETTXF_* of its first slot
 * @gso_size: bytes per segment, 0 for none
 * @gso_type: XEN_NETIF_GSO_TYPE_*
 * @hashed: the guest has sent a hash with it
 * @hash: that hash
 */
struct xnb_tx_packet {
	struct sk_buff *skb;
	u16 copies;
	u16 maps;
	u16 answers;
	u16 flags;
	u16 gso_size;
	u8 gso_type;
	bool hashed;
	struct xnet_hash hash;
};

/**
 * struct xnb_tx - guest to host
 * @ring: the shared ring and our private indices
 * @shared: its page
 * @event: its event channel
 * @unpushed: responses were written since the last push
 * @pkt: the packet being parsed
 * @packets: packets of this run
 * @nr_packets: how many
 * @copy: copies of this run
 * @nr_copies: how many
 * @map: map operations of this run
 * @map_pages: the pages they map at
 * @mapping: their mappings
 * @nr_maps: how many
 * @answer: slots that were wholly copied, to be answered with their packet
 * @nr_answers: how many
 * @traffic: what was handed to the stack
 *
 * Owned by the queue's action.
 */
struct xnb_tx {
	struct xen_netif_tx_back_ring ring;
	struct xnb_shared shared;
	struct xnb_event *event;
	bool unpushed;
	struct xnet_tx_pkt pkt;
	struct xnb_tx_packet packets[XNB_TX_BATCH];
	unsigned int nr_packets;
	struct gnttab_copy copy[XNB_TX_COPIES];
	unsigned int nr_copies;
	struct gnttab_map_grant_ref map[XNB_POOL_SIZE];
	struct page *map_pages[XNB_POOL_SIZE];
	struct xnb_mapping *mapping[XNB_POOL_SIZE];
	unsigned int nr_maps;
	u16 answer[XNB_RING_SIZE];
	unsigned int nr_answers;
	struct xnb_traffic traffic;
};

/**
 * struct xnb_rx_slot - a slot of the RX ring that this batch will answer
 * @id: the frontend's name for the slot, echoed
 * @gref: its buffer
 * @flags: XEN_NETRXF_* to answer with, or XEN_NETIF_EXTRA_FLAG_*
 * @size: bytes in the buffer
 * @offset: of the first byte in the buffer
 * @extra: XEN_NETIF_EXTRA_TYPE_* of the extra info that it carries instead of
 *	data, or 0
 */
struct xnb_rx_slot {
	u16 id;
	u16 flags;
	u16 size;
	u16 offset;
	u8 extra;
	grant_ref_t gref;
};

/**
 * struct xnb_rx - host to guest
 * @ring: the shared ring and our private indices
 * @shared: its page
 * @event: its event channel
 * @lock: held by whoever moves packets from @waiting to the ring; only ever
 *	tried, see xnb_rx_look()
 * @kicked: bit 0 is set while a look at @waiting is owed
 * @waiting: packets the stack has handed over
 * @waiting_bytes: memory they take up
 * @waiting_max: with more than that, the stack's queue is stopped
 * @headroom: bytes left free at the beginning of each packet of this batch
 * @most_posted: the most buffers that the guest was ever seen to have posted
 * @small: it does not post enough for every packet, see xnb_rx_beyond()
 * @needed: ring slots that end @starved: as many as the first of them needs,
 *	or 1 once all were dropped
 * @starved: the guest has posted too few buffers; the stack's queue is stopped
 * @starved_since: since when, in jiffies
 * @oldest: when the first of them came, in jiffies; valid while @starved
 * @draining: starved for so long that packets are dropped instead of kept
 * @stalled: starved for so long that the queue counts as dead
 * @event_prod: the guest's producer index at its last event
 * @timer: moves a starved queue on to draining and stalled
 * @copy: copies of this batch
 * @nr_copies: how many
 * @slot: ring slots of this batch
 * @nr_slots: how many
 * @batch: packets of this batch
 * @traffic: what the guest was given
 */
struct xnb_rx {
	struct xen_netif_rx_back_ring ring;
	struct xnb_shared shared;
	struct xnb_event *event;
	spinlock_t lock;
	unsigned long kicked;
	struct sk_buff_head waiting;
	atomic_t waiting_bytes;
	int waiting_max;
	u16 headroom;
	bool small;
	unsigned int most_posted;
	unsigned int needed;
	bool starved;
	unsigned long starved_since;
	unsigned long oldest;
	bool draining;
	bool stalled;
	RING_IDX event_prod;
	struct timer_list timer;
	struct gnttab_copy copy[XNB_RX_COPIES];
	unsigned int nr_copies;
	struct xnb_rx_slot slot[XNB_RING_SIZE];
	unsigned int nr_slots;
	struct sk_buff_head batch;
	struct xnb_traffic traffic;
};

/**
 * struct xnb_queue - a queue
 * @vif: its vif
 * @id: its number, from 0
 * @name: "vifD.H-qN"
 * @closing: take nothing new from the rings; set once, before the teardown
 * @action: runs both halves
 * @steer: keeps the action where its TX interrupt is
 * @pool: the frontend's pages that are mapped
 * @event: the bound ports; the second is used with split event channels only
 * @tx: guest to host
 * @rx: host to guest
 * @credit: its share of the vif's rate
 * @counters: rare events
 */
struct xnb_queue {
	struct xnb_vif *vif;
	unsigned int id;
	char name[IFNAMSIZ + 8];
	bool closing;
	struct xnb_action action;
	struct xnb_steer steer;
	struct xnb_pool *pool;
	struct xnb_event event[2];
	struct xnb_tx tx;
	struct xnb_rx rx;
	struct xnb_credit_share credit;
	struct xnb_counters counters;
};

/**
 * struct xnb_queue_keys - what a frontend publishes for a queue
 * @tx_ring_ref: grant of the TX ring's page
 * @rx_ring_ref: grant of the RX ring's page
 * @tx_port: event channel of the TX ring
 * @rx_port: event channel of the RX ring; the same for a shared one
 */
struct xnb_queue_keys {
	grant_ref_t tx_ring_ref;
	grant_ref_t rx_ring_ref;
	evtchn_port_t tx_port;
	evtchn_port_t rx_port;
};

struct xnb_queue *xnb_queue_create(struct xnb_vif *vif, unsigned int id,
				   const struct xnb_queue_keys *keys);
bool xnb_queue_inherited(const struct xnb_queue *queue);
bool xnb_queue_serves(const struct xnb_queue *queue);
void xnb_queue_drop(struct xnb_queue *queue, enum xnb_stat reason);
void xnb_queue_show_napi(struct xnb_queue *queue, bool show);
bool xnb_queues_stop(struct xnb_queue **queues, unsigned int count,
		     unsigned int settle_msecs);
void xnb_queues_free(struct xnb_queue **queues, unsigned int count);

#endif /* XNB_QUEUE_H */
