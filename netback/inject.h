/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on purpose. What a vif does without memory can be seen on any kernel:
 * the administrator says how many of its next allocations shall fail, in debugfs'
 * fail_alloc. Nothing is ever injected that could not happen by itself.
 */
#ifndef XNB_INJECT_H
#define XNB_INJECT_H

#include <linux/atomic.h>
#include <linux/compiler.h>

#include "vif.h"

/* A slip of the hand must not cut a vif off for long. */
#define XNB_INJECT_MAX	10000

/**
 * xnb_inject_alloc() - shall this allocation fail?
 * @vif: the vif that it is for
 *
 * Asked where a packet's memory is allocated, and where the answer is yes the
 * packet is dropped as if there were none. Any context.
 *
 * Return: true for as many calls as the administrator has asked for.
 */
static inline bool xnb_inject_alloc(struct xnb_vif *vif)
{
	if (likely(!atomic_read(&vif->fail_alloc)))
		return false;

	return atomic_dec_if_positive(&vif->fail_alloc) >= 0;
}

#endif /* XNB_INJECT_H */
