// SPDX-License-Identifier: GPL-2.0
/*
 * Proofs about common/tx_parse.c for every packet there can be, with CBMC.
 *
 * The parser takes one slot per step and has no loop, so one step from any
 * state that xnet_tx_begin() and earlier steps can have left, with any slot,
 * stands for packets of any length and contents. good_so_far() describes those
 * states.
 *
 * `make proof` runs prove_begin (1 s) and prove_step (10 s). By hand, from the top of
 * the tree:
 *
 *	cbmc -I. --function prove_step tests/models/tx_parse_cbmc.c
 *
 * CBMC 6 checks memory accesses and arithmetic by default.
 */
#include <assert.h>

#include "common/tx_parse.c"

struct xnet_tx_pkt nondet_pkt(void);
struct xen_netif_tx_request nondet_slot(void);
unsigned int nondet_uint(void);

/*
 * What is said of all slots is said of slot @any, which may be any of them; the
 * sum over all slots but the first is carried along in @claimed.
 */
static unsigned int any;
static u32 claimed;

static bool within_page(const struct xnet_tx_slot *slot)
{
	return slot->offset + slot->size <= XEN_PAGE_SIZE;
}

static bool same_slot(const struct xnet_tx_slot *a, const struct xnet_tx_slot *b)
{
	return a->gref == b->gref && a->offset == b->offset &&
	       a->size == b->size && a->id == b->id;
}

static bool gso_ok(const struct xnet_tx_pkt *pkt)
{
	return !(pkt->extras & XNET_EXTRA(XEN_NETIF_EXTRA_TYPE_GSO)) ||
	       xnet_gso_valid(pkt->gso.type, pkt->gso.size);
}

/* The invariant: a packet that begin() or a step with more to come has left. */
static bool good_so_far(const struct xnet_tx_pkt *pkt)
{
	if (pkt->expect == EXPECT_FIRST)
		return !pkt->nr_slots && !pkt->nr_extras && !pkt->extras &&
		       !pkt->error && !pkt->slot[0].size && !claimed;

	if (pkt->error >= XNET_TX_FATAL_CROSSES_PAGE ||
	    pkt->extras & ~XNET_TX_EXTRAS ||
	    pkt->nr_extras != __builtin_popcount(pkt->extras) ||
	    pkt->nr_slots < 1 || pkt->nr_slots > XNET_TX_SLOTS_FATAL ||
	    claimed > (pkt->nr_slots - 1) * XEN_PAGE_SIZE)
		return false;

	if (pkt->slot[0].size ||
	    (any && any < pkt->nr_slots && !within_page(&pkt->slot[any])))
		return false;

	/* Without error each byte is claimed by one slot or left over. */
	if (!pkt->error && (pkt->size < ETH_HLEN || !gso_ok(pkt) ||
			    pkt->nr_slots > XNET_TX_SLOTS_MAX ||
			    claimed + pkt->left != pkt->size))
		return false;

	if (pkt->expect == EXPECT_EXTRA)
		return pkt->nr_slots == 1 && pkt->left == pkt->size;

	return pkt->expect == EXPECT_DATA && !(pkt->extras & XNET_TX_MESSAGES);
}

/* What a caller may count on when the packet is complete and without error. */
static bool good(const struct xnet_tx_pkt *pkt)
{
	if (claimed + pkt->slot[0].size != pkt->size)
		return false;

	if (pkt->extras & XNET_TX_MESSAGES)
		return pkt->nr_slots == 1 && !pkt->size;

	return pkt->size >= ETH_HLEN && gso_ok(pkt) &&
	       pkt->nr_slots >= 1 && pkt->nr_slots <= XNET_TX_SLOTS_MAX &&
	       (any >= pkt->nr_slots || within_page(&pkt->slot[any]));
}

/* Whatever was there before. */
void prove_begin(void)
{
	struct xnet_tx_pkt pkt = nondet_pkt();

	any = nondet_uint();
	claimed = 0;
	xnet_tx_begin(&pkt);
	assert(pkt.expect == EXPECT_FIRST);
	assert(good_so_far(&pkt));
}

/* Whatever came before and whatever comes now. */
void prove_step(void)
{
	struct xnet_tx_pkt pkt = nondet_pkt(), before;
	struct xen_netif_tx_request slot = nondet_slot();
	enum xnet_tx_verdict verdict;
	bool not_noted;

	any = nondet_uint();
	claimed = nondet_uint();
	__CPROVER_assume(any < XNET_TX_SLOTS_FATAL);
	__CPROVER_assume(good_so_far(&pkt));

	before = pkt;
	verdict = xnet_tx_step(&pkt, &slot);

	/*
	 * Each slot taken is counted, but for the one there is no room for. The
	 * count is bounded by the invariant: every packet comes to an end.
	 */
	not_noted = pkt.error == XNET_TX_FATAL_SLOTS;
	assert(xnet_tx_ring_slots(&pkt) + not_noted == xnet_tx_ring_slots(&before) + 1);

	/* What earlier steps have noted stays. */
	if (any && any < before.nr_slots)
		assert(same_slot(&pkt.slot[any], &before.slot[any]));
	if (before.nr_slots && pkt.nr_slots > before.nr_slots)
		claimed += pkt.slot[before.nr_slots].size;

	switch (verdict) {
	case XNET_TX_MORE:
		assert(pkt.expect != EXPECT_FIRST);
		assert(good_so_far(&pkt));
		break;
	case XNET_TX_DONE:
		assert(pkt.error < XNET_TX_FATAL_CROSSES_PAGE);
		assert(pkt.error || good(&pkt));
		break;
	default:
		assert(verdict == XNET_TX_FATAL);
		assert(pkt.error >= XNET_TX_FATAL_CROSSES_PAGE);
		assert(pkt.error < XNET_TX_FATAL_TRUNCATED);
		break;
	}
}
