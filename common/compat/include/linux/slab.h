/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XNET_COMPAT_LINUX_SLAB_H
#define XNET_COMPAT_LINUX_SLAB_H

#include_next <linux/slab.h>
#include "../../compat-config.h"

#ifndef XNET_HAVE_KMALLOC_OBJ

#include <linux/overflow.h>

/* The GFP flags may be left out and are GFP_KERNEL then. */
#define xnet_gfp(...) xnet_gfp_(, ##__VA_ARGS__, GFP_KERNEL)
#define xnet_gfp_(empty, gfp, ...) gfp

#define xnet_alloc_objs(alloc, p, n, gfp)				\
	((typeof(p) *)alloc(size_mul(sizeof(typeof(p)), n), gfp))
#define xnet_alloc_flex(alloc, p, member, n, gfp)			\
	((typeof(p) *)alloc(struct_size_t(typeof(p), member, n), gfp))

#define kmalloc_obj(p, ...) xnet_alloc_objs(kmalloc, p, 1, xnet_gfp(__VA_ARGS__))
#define kzalloc_obj(p, ...) xnet_alloc_objs(kzalloc, p, 1, xnet_gfp(__VA_ARGS__))
#define kmalloc_objs(p, n, ...) xnet_alloc_objs(kmalloc, p, n, xnet_gfp(__VA_ARGS__))
#define kzalloc_objs(p, n, ...) xnet_alloc_objs(kzalloc, p, n, xnet_gfp(__VA_ARGS__))
#define kvmalloc_objs(p, n, ...) xnet_alloc_objs(kvmalloc, p, n, xnet_gfp(__VA_ARGS__))
#define kvzalloc_obj(p, ...) xnet_alloc_objs(kvzalloc, p, 1, xnet_gfp(__VA_ARGS__))
#define kvzalloc_objs(p, n, ...) xnet_alloc_objs(kvzalloc, p, n, xnet_gfp(__VA_ARGS__))
#define kzalloc_flex(p, member, n, ...)					\
	xnet_alloc_flex(kzalloc, p, member, n, xnet_gfp(__VA_ARGS__))
#define kvzalloc_flex(p, member, n, ...)				\
	xnet_alloc_flex(kvzalloc, p, member, n, xnet_gfp(__VA_ARGS__))

#endif

#endif
