/* SPDX-License-Identifier: GPL-2.0 */
/* What can be believed of a ring's indices. */
#ifndef XNET_RING_H
#define XNET_RING_H

#include "wire.h"

/**
 * xnet_ring_unconsumed() - how many requests wait on a ring, if that makes sense
 * @prod: the frontend's producer index, copied once from the shared page
 * @cons: our private consumer index
 * @answered: our private producer index of responses
 * @size: slots of the ring
 * @count: where to put the number of requests
 *
 * A frontend can never have more requests out than the ring has slots, and what
 * was consumed but not answered still takes up its slot. ring.h's own check
 * compares with @answered alone, and so lets an index pass that was moved back
 * behind @cons: the difference then is a number near 2^32. Pure, any context.
 *
 * Return: true when the index makes sense.
 */
static inline bool xnet_ring_unconsumed(u32 prod, u32 cons, u32 answered,
					u32 size, u32 *count)
{
	*count = prod - cons;

	return *count <= size - (cons - answered);
}

#endif /* XNET_RING_H */
