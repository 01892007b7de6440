/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rings of a vif's queues as the driver of this side sees them, from debugfs: our
 * drivers' `queues` table, or the in-tree netback's io_ring_qN.
 */
#ifndef VC_RINGS_H
#define VC_RINGS_H

#include <json-c/json.h>

struct vc_vif;

struct json_object *vc_rings_parse_table(const char *text);
struct json_object *vc_rings_parse_io_ring(const char *text);
struct json_object *vc_rings_read(const struct vc_vif *vif);
int vc_rings_hidden(const struct vc_vif *vif);

#endif /* VC_RINGS_H */
