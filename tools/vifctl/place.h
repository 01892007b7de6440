/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which interrupts belong to the queues of an interface, and moving them.
 *
 * The interrupt's affinity is the one truth: with our netback everything that a queue
 * does follows its TX interrupt.
 */
#ifndef VC_PLACE_H
#define VC_PLACE_H

#include <json-c/json.h>
#include <net/if.h>
#include <stdbool.h>

#include "cpus.h"
#include "irq.h"

struct vc_vif;

/**
 * struct vc_place_irq - an interrupt
 * @number: its number
 * @name: its name
 */
struct vc_place_irq {
	unsigned int number;
	char name[64];
};

/**
 * struct vc_place - the interrupts of one queue
 * @ifname: the interface
 * @queue: the number of the queue; -1 for what is of no queue
 * @ours: our netback serves it
 * @local: and its completion is local: what runs elsewhere is meant to
 * @count: how many interrupts
 * @irq: the interrupts
 */
struct vc_place {
	char ifname[IFNAMSIZ];
	int queue;
	bool ours;
	bool local;
	size_t count;
	struct vc_place_irq *irq;
};

struct vc_place *vc_places(const char *name, const char *queue, size_t *count);
struct vc_place *vc_places_of(const struct vc_vif *vif, size_t *count);
struct vc_place *vc_places_of_nic(const char *ifname, bool all, size_t *count);
struct vc_place *vc_places_all(size_t *count);
void vc_places_free(struct vc_place *places, size_t count);
void vc_online(struct vc_cpus *cpus);
void vc_need_online(const struct vc_cpus *cpus);
struct json_object *vc_place_move(const struct vc_place *place, const struct vc_cpus *cpus);
int vc_place_print(struct json_object *moves);

#endif /* VC_PLACE_H */
