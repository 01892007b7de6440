// SPDX-License-Identifier: GPL-2.0
/* XDP; see xdp.h. */

#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/flow_dissector.h>
#include <net/xdp.h>
#include <xen/xenbus.h>

#include "dev.h"
#include "queue.h"
#include "xdp.h"
#include "xenbus.h"

/* How long a backend may take to say that it has seen what we ask for. */
#define ANSWER_TIMEOUT	(5 * HZ)

/* How long it has to see it, when it cannot say so: it is Reconfigured already. */
#define SILENT_TIMEOUT	HZ

/* With less than this in its first slot a packet is as good as without headers. */
#define HEADERS_MIN	256

/* ---- a packet with room around it ---------------------------------------- */

static bool has_room(const struct xnet_rx_pkt *pkt)
{
	const struct xnet_rx_slot *first = &pkt->slot[0];

	return first->offset >= XDP_PACKET_HEADROOM &&
	       first->offset + first->size <= XDP_PACKET_HEADROOM + XNF_XDP_LINEAR_MAX &&
	       (pkt->nr_slots == 1 ||
		(first->size >= HEADERS_MIN && pkt->nr_slots <= 1 + MAX_SKB_FRAGS));
}


/* Slots without data are no fragments. What is left begins with one that has some. */
static void drop_empty_slots(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	unsigned int i, n = 0;

	for (i = 0; i < rx->pkt.nr_slots; i++) {
		if (!rx->pkt.slot[i].size) {
			xnf_buffers_put(queue, rx->page[i]);
			continue;
		}
		rx->pkt.slot[n] = rx->pkt.slot[i];
		rx->page[n++] = rx->page[i];
	}
	rx->pkt.nr_slots = n;
}

/*
 * Fill @page from @offset on with the next bytes of the packet, which are in slot
 * *@next. Slots that nothing is left of are given back.
 */
static void gather(struct xnf_queue *queue, unsigned int *next, struct page *page,
		   unsigned int offset, unsigned int len)
{
	struct xnf_rx *rx = &queue->rx;

	while (len) {
		struct xnet_rx_slot *slot = &rx->pkt.slot[*next];
		unsigned int copy = min_t(unsigned int, len, slot->size);

		memcpy(page_address(page) + offset,
		       page_address(rx->page[*next]) + slot->offset, copy);
		slot->offset += copy;
		slot->size -= copy;
		offset += copy;
		len -= copy;
		if (!slot->size)
			xnf_buffers_put(queue, rx->page[(*next)++]);
	}
}

/* Slots in which a packet has more than its first @len bytes. */
static unsigned int slots_beyond(const struct xnet_rx_pkt *pkt, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < pkt->nr_slots && len >= pkt->slot[i].size; i++)
		len -= pkt->slot[i].size;

	return pkt->nr_slots - i;
}

/*
 * Move the first bytes of a packet to a page with room around them, as many as it
 * takes. The others stay where they are, unless they are in more slots than there
 * can be fragments: then all is moved. Return: false without memory, nothing moved.
 */
static bool give_room(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	unsigned int linear = min_t(unsigned int, rx->pkt.size, XNF_XDP_LINEAR_MAX);
	unsigned int left = rx->pkt.size - linear;
	unsigned int i, next = 0, nr = 1;
	struct xnet_rx_slot slot[1 + MAX_SKB_FRAGS];
	struct page *page[1 + MAX_SKB_FRAGS];

	BUILD_BUG_ON(XNF_XDP_LINEAR_MAX + MAX_SKB_FRAGS * PAGE_SIZE < XNET_RX_SIZE_MAX);

	if (slots_beyond(&rx->pkt, linear) >= min(ARRAY_SIZE(slot), ARRAY_SIZE(rx->page)))
		nr += DIV_ROUND_UP(left, PAGE_SIZE);
	for (i = 0; i < nr; i++) {
		page[i] = xnf_buffers_get(queue);
		if (!page[i]) {
			while (i--)
				xnf_buffers_put(queue, page[i]);
			return false;
		}
	}

	slot[0].offset = XDP_PACKET_HEADROOM;
	slot[0].size = linear;
	gather(queue, &next, page[0], slot[0].offset, linear);
	for (i = 1; i < nr; i++) {
		slot[i].offset = 0;
		slot[i].size = min_t(unsigned int, left, PAGE_SIZE);
		left -= slot[i].size;
		gather(queue, &next, page[i], 0, slot[i].size);
	}

	for (; next < rx->pkt.nr_slots; next++, nr++) {
		slot[nr] = rx->pkt.slot[next];
		page[nr] = rx->page[next];
	}
	memcpy(rx->pkt.slot, slot, nr * sizeof(*slot));
	memcpy(rx->page, page, nr * sizeof(*page));
	rx->pkt.nr_slots = nr;

	return true;
}

/*
 * Fill in a checksum that was left blank. Programs read and change packets, and send
 * them to where nobody would do it later; in the stack it would have to be known what
 * a program has done to them. Return: false when there is no place for a checksum.
 */
static bool fill_checksum(struct xnf_queue *queue)
{
	const struct net *net = dev_net(queue->xnf->netdev);
	struct xnf_rx *rx = &queue->rx;
	const struct xnet_rx_slot *slot = &rx->pkt.slot[0];
	void *data = page_address(rx->page[0]) + slot->offset;
	const struct ethhdr *eth = data;
	struct flow_keys_basic keys;
	unsigned int i, at, done;
	__wsum csum;

	if (slot->size < ETH_HLEN ||
	    !skb_flow_dissect_flow_keys_basic(net, NULL, &keys, data, eth->h_proto, ETH_HLEN,
					      slot->size, FLOW_DISSECTOR_F_STOP_AT_ENCAP) ||
	    keys.control.flags & FLOW_DIS_IS_FRAGMENT)
		return false;

	at = keys.control.thoff;
	if (keys.basic.ip_proto == IPPROTO_TCP)
		at += offsetof(struct tcphdr, check);
	else if (keys.basic.ip_proto == IPPROTO_UDP)
		at += offsetof(struct udphdr, check);
	else
		return false;
	if (at + sizeof(__sum16) > slot->size)
		return false;

	done = slot->size - keys.control.thoff;
	csum = csum_partial(data + keys.control.thoff, done, 0);
	for (i = 1; i < rx->pkt.nr_slots; i++) {
		slot = &rx->pkt.slot[i];
		csum = csum_block_add(csum, csum_partial(page_address(rx->page[i]) + slot->offset,
							 slot->size, 0), done);
		done += slot->size;
	}
	put_unaligned(csum_fold(csum) ?: CSUM_MANGLED_0, (__sum16 *)(data + at));
	rx->pkt.flags &= ~XEN_NETRXF_csum_blank;

	return true;
}

/* ---- the program --------------------------------------------------------- */

static void to_buff(struct xnf_queue *queue, struct xdp_buff *xdp)
{
	struct xnf_rx *rx = &queue->rx;
	const struct xnet_rx_slot *slot = &rx->pkt.slot[0];
	unsigned int i;

	xdp_init_buff(xdp, PAGE_SIZE, &rx->xdp.rxq);
	xdp_prepare_buff(xdp, page_address(rx->page[0]), slot->offset, slot->size, true);
	for (i = 1; i < rx->pkt.nr_slots; i++) {
		slot = &rx->pkt.slot[i];
		xnet_xdp_buff_add_frag(xdp, rx->page[i], slot->offset, slot->size, PAGE_SIZE);
	}
}

/* Have the queue's packet be what the program has made of it. */
static void from_buff(struct xnf_queue *queue, struct xdp_buff *xdp)
{
	const struct skb_shared_info *shinfo = xdp_get_shared_info_from_buff(xdp);
	struct xnf_rx *rx = &queue->rx;
	unsigned int i;

	rx->pkt.slot[0].offset = xdp->data - xdp->data_hard_start;
	rx->pkt.slot[0].size = xdp->data_end - xdp->data;
	rx->pkt.nr_slots = 1;
	rx->pkt.size = xdp_get_buff_len(xdp);
	rx->xdp.meta = xdp->data - xdp->data_meta;
	if (!xdp_buff_has_frags(xdp))
		return;

	for (i = 0; i < shinfo->nr_frags; i++) {
		rx->pkt.slot[1 + i].offset = skb_frag_off(&shinfo->frags[i]);
		rx->pkt.slot[1 + i].size = skb_frag_size(&shinfo->frags[i]);
		rx->page[1 + i] = skb_frag_page(&shinfo->frags[i]);
	}
	rx->pkt.nr_slots += i;
}

static void send_back(struct xnf_queue *queue, struct bpf_prog *prog, struct xdp_buff *xdp)
{
	struct net_device *netdev = queue->xnf->netdev;
	struct netdev_queue *txq = netdev_get_tx_queue(netdev, queue->id);
	struct xdp_frame *frame = xdp_convert_buff_to_frame(xdp);
	bool sent = false;

	if (frame) {
		__netif_tx_lock(txq, smp_processor_id());
		sent = xnf_tx_frame(queue, frame);
		__netif_tx_unlock(txq);
	}
	if (sent) {
		queue->rx.xdp.sent = true;
		return;
	}

	xnf_count(queue->stats, XNF_TX_DROP_XDP);
	trace_xdp_exception(netdev, prog, XDP_TX);
	if (frame)
		xdp_return_frame_rx_napi(frame);
	else
		xdp_return_buff(xdp);
}

/*
 * A packet that is to be segmented cannot leave by way of XDP, which knows nothing of
 * that. The sender would send it again and again, so the backend is told to segment
 * what it has for a program that does this.
 */
static bool is_whole(const struct xnf_queue *queue)
{
	struct xnf_dev *xnf = queue->xnf;

	if (likely(!(queue->rx.pkt.extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO))))
		return true;

	if (!READ_ONCE(xnf->xdp.no_gso)) {
		WRITE_ONCE(xnf->xdp.no_gso, true);
		xnf_xdp_settle(xnf);
	}
	return false;
}

static bool fits(const struct xnf_queue *queue, struct xdp_buff *xdp)
{
	return xdp_get_buff_len(xdp) <= READ_ONCE(queue->xnf->netdev->mtu) + VLAN_ETH_HLEN;
}

/* What the backend has said holds for the packet as it was. */
static void forget_what_was(struct xnet_rx_pkt *pkt)
{
	/* Of a packet to be segmented the checksum is set up from scratch then. */
	pkt->flags &= ~(XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated);
	pkt->extras &= ~XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_HASH);
}

static enum xnf_xdp_fate drop(struct xnf_queue *queue, enum xnf_stat why)
{
	xnf_count(queue->stats, why);
	return XNF_XDP_FREE;
}

/**
 * xnf_xdp_run() - have a program decide on the packet that was read
 * @queue: the queue
 * @prog: the program
 *
 * Context: the queue's NAPI poll, which calls xnf_xdp_flush() before it ends.
 *
 * Return: what has become of the packet.
 */
enum xnf_xdp_fate xnf_xdp_run(struct xnf_queue *queue, struct bpf_prog *prog)
{
	struct net_device *netdev = queue->xnf->netdev;
	struct xnf_rx *rx = &queue->rx;
	struct xnet_rx_pkt *pkt = &rx->pkt;
	unsigned int size = pkt->size;
	struct xdp_buff xdp;
	void *data, *end;
	u32 verdict;

	if (unlikely(!prog->aux->xdp_has_frags && size > XNF_XDP_LINEAR_MAX))
		return drop(queue, XNF_RX_DROP_XDP_SIZE);

	if (pkt->nr_slots > 1)
		drop_empty_slots(queue);
	if (!has_room(pkt) || (!prog->aux->xdp_has_frags && pkt->nr_slots > 1)) {
		if (!give_room(queue))
			return drop(queue, XNF_RX_DROP_NOMEM);
		xnf_count(queue->stats, XNF_RX_XDP_COPIED);
	}
	if (pkt->flags & XEN_NETRXF_csum_blank &&
	    !(pkt->extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO)) && !fill_checksum(queue))
		return drop(queue, XNF_RX_ERR_CSUM);

	to_buff(queue, &xdp);
	data = xdp.data;
	end = xdp.data_end;
	verdict = bpf_prog_run_xdp(prog, &xdp);

	switch (verdict) {
	case XDP_PASS:
		from_buff(queue, &xdp);
		if (xdp.data != data || xdp.data_end != end || pkt->size != size)
			forget_what_was(pkt);
		return XNF_XDP_PASS;

	case XDP_DROP:
		from_buff(queue, &xdp);
		xnf_traffic_add(&queue->stats->rx, 1, size);
		return drop(queue, XNF_RX_XDP_DROP);

	case XDP_TX:
		if (!is_whole(queue) || !fits(queue, &xdp)) {
			trace_xdp_exception(netdev, prog, verdict);
			from_buff(queue, &xdp);
			return drop(queue, XNF_RX_DROP_XDP_SIZE);
		}
		xnf_traffic_add(&queue->stats->rx, 1, size);
		xnf_count(queue->stats, XNF_RX_XDP_TX);
		send_back(queue, prog, &xdp);
		return XNF_XDP_GONE;

	case XDP_REDIRECT:
		/* Where it goes to has an MTU of its own, and looks at that. */
		if (!is_whole(queue)) {
			trace_xdp_exception(netdev, prog, verdict);
			from_buff(queue, &xdp);
			return drop(queue, XNF_RX_DROP_XDP_SIZE);
		}
		if (!xdp_do_redirect(netdev, &xdp, prog)) {
			rx->xdp.redirected = true;
			xnf_traffic_add(&queue->stats->rx, 1, size);
			xnf_count(queue->stats, XNF_RX_XDP_REDIRECT);
			return XNF_XDP_GONE;
		}
		break;

	case XDP_ABORTED:
		break;

	default:
		bpf_warn_invalid_xdp_action(netdev, prog, verdict);
		break;
	}

	trace_xdp_exception(netdev, prog, verdict);
	from_buff(queue, &xdp);
	return drop(queue, XNF_RX_DROP_XDP_ABORTED);
}

/**
 * xnf_xdp_flush() - send on what programs have sent
 * @queue: the queue, broken or not
 *
 * Context: the queue's NAPI poll.
 */
void xnf_xdp_flush(struct xnf_queue *queue)
{
	struct xnf_xdp_rx *xdp = &queue->rx.xdp;
	struct netdev_queue *txq;

	if (xdp->redirected) {
		xdp->redirected = false;
		xdp_do_flush();
	}
	if (xdp->sent) {
		xdp->sent = false;
		txq = netdev_get_tx_queue(queue->xnf->netdev, queue->id);
		__netif_tx_lock(txq, smp_processor_id());
		if (!READ_ONCE(queue->broken))
			xnf_tx_push(queue);
		__netif_tx_unlock(txq);
	}
}

/* ---- frames from elsewhere ----------------------------------------------- */

static void count_drops(struct xnf_queue_stats *stats, enum xnf_stat why, int n)
{
	while (n-- > 0)
		xnf_count(stats, why);
}

/**
 * xnf_xdp_xmit() - .ndo_xdp_xmit
 * @netdev: the device
 * @n: frames
 * @frames: the frames
 * @flags: XDP_XMIT_*
 *
 * Context: BH disabled, in some other device's NAPI poll or the like.
 *
 * Return: how many were taken, the first ones; the others are the caller's. Or a
 * negative errno, and all are.
 */
int xnf_xdp_xmit(struct net_device *netdev, int n, struct xdp_frame **frames, u32 flags)
{
	struct xnf_dev *xnf = netdev_priv(netdev);
	unsigned int cpu = smp_processor_id();
	struct xnf_queues *queues;
	struct netdev_queue *txq;
	struct xnf_queue *queue;
	int sent = 0;

	if (flags & ~XDP_XMIT_FLAGS_MASK)
		return -EINVAL;

	queues = rcu_dereference_bh(xnf->live);
	if (unlikely(!queues || !netif_running(netdev) || !netif_carrier_ok(netdev))) {
		count_drops(&xnf->stats[0], XNF_TX_DROP_DOWN, n);
		return -ENETDOWN;
	}

	queue = &queues->queue[cpu % queues->count];
	txq = netdev_get_tx_queue(netdev, queue->id);
	__netif_tx_lock(txq, cpu);
	while (sent < n && xnf_tx_frame(queue, frames[sent]))
		sent++;
	if (flags & XDP_XMIT_FLUSH && !READ_ONCE(queue->broken))
		xnf_tx_push(queue);
	__netif_tx_unlock(txq);
	count_drops(queue->stats, XNF_TX_DROP_XDP, n - sent);

	return sent;
}

/* ---- programs come and go ------------------------------------------------ */

/**
 * xnf_xdp_mtu_fits() - would the program do with an MTU?
 * @xnf: the device
 * @mtu: the MTU
 *
 * Context: rtnl.
 *
 * Return: true, or that there is no program.
 */
bool xnf_xdp_mtu_fits(const struct xnf_dev *xnf, unsigned int mtu)
{
	return !xnf->xdp.single || mtu <= XNF_XDP_SINGLE_MTU;
}

/**
 * xnf_xdp_set_features() - have users see what XDP can do here
 * @xnf: the device
 *
 * Frames can always be sent. Programs can be attached when the backend leaves room;
 * one that is there already works with any backend, but cannot be replaced then.
 *
 * Context: rtnl.
 */
void xnf_xdp_set_features(struct xnf_dev *xnf)
{
	xdp_features_t features = NETDEV_XDP_ACT_NDO_XMIT;

	if (xnf->offer.sg)
		features |= NETDEV_XDP_ACT_NDO_XMIT_SG;
	if (xnf->offer.xdp_headroom)
		features |= NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT | NETDEV_XDP_ACT_RX_SG;
	xdp_set_features_flag(xnf->netdev, features);
}

static int set_prog(struct xnf_dev *xnf, struct bpf_prog *prog, struct netlink_ext_ack *extack)
{
	bool single = prog && !prog->aux->xdp_has_frags;
	struct bpf_prog *old;

	if (prog && !xnf->offer.xdp_headroom) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the backend leaves no room for XDP (no feature-xdp-headroom)");
		return -EOPNOTSUPP;
	}
	if (single && xnf->netdev->mtu > XNF_XDP_SINGLE_MTU) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the MTU is too large for a program that takes no fragments");
		return -EINVAL;
	}

	WRITE_ONCE(xnf->xdp.single, single);
	WRITE_ONCE(xnf->xdp.no_gso, single);
	WRITE_ONCE(xnf->xdp.headroom, prog ? XDP_PACKET_HEADROOM : 0);
	old = rtnl_dereference(xnf->xdp.prog);
	rcu_assign_pointer(xnf->xdp.prog, prog);
	/* It stays for as long as a poll may still run it. */
	if (old)
		bpf_prog_put(old);
	queue_work(xnf_wq, &xnf->xdp.settle);

	return 0;
}

/**
 * xnf_xdp_bpf() - .ndo_bpf
 * @netdev: the device
 * @bpf: what is wanted
 *
 * Context: rtnl.
 *
 * Return: 0, or a negative errno with the reason in the extack.
 */
int xnf_xdp_bpf(struct net_device *netdev, struct netdev_bpf *bpf)
{
	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;

	return set_prog(netdev_priv(netdev), bpf->prog, bpf->extack);
}

/* ---- the backend is told ------------------------------------------------- */

/*
 * The key is there when the backend sees the state: one that reads it on that occasion
 * finds it, and one that watches it has the answer a little later.
 */
static void ask(struct xnf_dev *xnf, unsigned int headroom, enum xenbus_state backend)
{
	struct xenbus_device *xdev = xnf->xdev;
	int err;

	/* From now on the extra may come, also after it is no longer wanted. */
	if (headroom)
		WRITE_ONCE(xnf->xdp.extra, true);

	err = xenbus_printf(XBT_NIL, xdev->nodename, "xdp-headroom", "%u", headroom);
	if (err) {
		/* The next connection tries again. */
		xnf->told = false;
		if (__ratelimit(&xnf->log))
			netdev_warn(xnf->netdev, "writing xdp-headroom: error %d\n", err);
		return;
	}
	xnf->xdp.told_headroom = headroom;
	xnf->xdp.asked_headroom = headroom;
	xenbus_switch_state(xdev, XenbusStateReconfiguring);
	mod_delayed_work(xnf_wq, &xnf->xdp.late,
			 backend == XenbusStateReconfigured ? SILENT_TIMEOUT : ANSWER_TIMEOUT);
}

static void settle(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(work, struct xnf_dev, xdp.settle);
	struct xenbus_device *xdev = xnf->xdev;
	enum xenbus_state backend;
	unsigned int headroom;

	mutex_lock(&xnf->lock);
	/* It is asked nothing before we have seen it connected: either of us might miss that. */
	if (xnf->removing || xdev->state != XenbusStateConnected || !xnf->connected)
		goto unlock;

	/* Linux' stay Reconfigured, once they were asked. */
	backend = xenbus_read_driver_state(xdev, xdev->otherend);
	headroom = READ_ONCE(xnf->xdp.headroom);
	if (xnf->xdp.told_no_gso != xnf_xdp_wants_no_gso(xnf))
		xnf_xenbus_reconnect(xnf);
	else if (xnf->offer.xdp_headroom && xnf->xdp.asked_headroom != headroom)
		ask(xnf, headroom, backend);

unlock:
	mutex_unlock(&xnf->lock);
}

/**
 * xnf_xdp_wants_no_gso() - is the backend to segment what it has for us?
 * @xnf: the device
 *
 * Context: any.
 *
 * Return: whether there is a program that can do nothing with packets to be segmented.
 */
bool xnf_xdp_wants_no_gso(const struct xnf_dev *xnf)
{
	/* What a poll has found out about a program may come after its end. */
	return rcu_access_pointer(xnf->xdp.prog) && READ_ONCE(xnf->xdp.no_gso);
}

/**
 * xnf_xdp_settle() - the backend is there: tell it what has changed since
 * @xnf: the device
 *
 * Context: any.
 */
void xnf_xdp_settle(struct xnf_dev *xnf)
{
	queue_work(xnf_wq, &xnf->xdp.settle);
}

/**
 * xnf_xdp_answered() - wait no longer for the backend
 * @xnf: the device; nothing happens unless it is Reconfiguring
 *
 * Context: may sleep. @xnf->lock is held.
 */
void xnf_xdp_answered(struct xnf_dev *xnf)
{
	if (xnf->xdev->state != XenbusStateReconfiguring)
		return;

	cancel_delayed_work(&xnf->xdp.late);
	xenbus_switch_state(xnf->xdev, XenbusStateConnected);
	/* Something else may be wanted by now. */
	xnf_xdp_settle(xnf);
}

static void late(struct work_struct *work)
{
	struct xnf_dev *xnf = container_of(to_delayed_work(work), struct xnf_dev, xdp.late);
	struct xenbus_device *xdev = xnf->xdev;

	mutex_lock(&xnf->lock);
	/* One that was Reconfigured before has nothing new to say. */
	if (!xnf->removing && xdev->state == XenbusStateReconfiguring &&
	    xenbus_read_driver_state(xdev, xdev->otherend) != XenbusStateReconfigured &&
	    __ratelimit(&xnf->log))
		netdev_warn(xnf->netdev,
			    "the backend does not say that it leaves room for XDP, going on\n");
	if (!xnf->removing)
		xnf_xdp_answered(xnf);
	mutex_unlock(&xnf->lock);
}

/**
 * xnf_xdp_init() - prepare a device: no program
 * @xnf: the device, zeroed
 *
 * Any context; nobody else knows of the device yet.
 */
void xnf_xdp_init(struct xnf_dev *xnf)
{
	INIT_WORK(&xnf->xdp.settle, settle);
	INIT_DELAYED_WORK(&xnf->xdp.late, late);
}

/**
 * xnf_xdp_exit() - end what was begun
 * @xnf: the device, being removed and not registered any more
 *
 * Context: may sleep. @xnf->lock is not held.
 */
void xnf_xdp_exit(struct xnf_dev *xnf)
{
	cancel_work_sync(&xnf->xdp.settle);
	cancel_delayed_work_sync(&xnf->xdp.late);
}
