/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backend's network interface, seen from the domain that it is in: packets
 * in and out through a packet socket, counters, interrupts.
 */
#ifndef RF_NETDEV_H
#define RF_NETDEV_H

#include <linux/virtio_net.h>
#include <net/if.h>

#include "common/wire.h"

#include "counters.h"
#include "files.h"

#define RF_FRAME_MAX	(65536 + 64)

/**
 * struct rf_netdev - an interface
 * @name: its name
 * @bus_id: its device's name on the xen-backend bus
 * @index: its index
 * @sock: packet socket bound to it, with offload headers; -1 when there is none
 * @ready: the stack is known to have seen the carrier since the last connection
 */
struct rf_netdev {
	char name[IFNAMSIZ];
	char bus_id[32];
	int index;
	int sock;
	bool ready;
};

/**
 * struct rf_frame - a packet on the interface
 * @offload: what the stack knows of checksum and segments
 * @data: its bytes
 * @len: how many
 */
struct rf_frame {
	struct virtio_net_hdr offload;
	u8 data[RF_FRAME_MAX];
	unsigned int len;
};

void rf_netdev_attach(struct rf_netdev *n);
void rf_netdev_detach(struct rf_netdev *n);
bool rf_netdev_exists(const struct rf_netdev *n);
bool rf_netdev_set_mtu(struct rf_netdev *n, unsigned int mtu);
void rf_netdev_queue_by_flow(const struct rf_netdev *n, unsigned int queues);
void rf_netdev_set_up(struct rf_netdev *n, bool up);
void rf_netdev_await_carrier(struct rf_netdev *n, bool on);
bool rf_netdev_set_bridge(struct rf_netdev *n, const char *bridge, bool member);

void rf_netdev_send(struct rf_netdev *n, const void *data, unsigned int len,
		    const struct virtio_net_hdr *offload);
bool rf_netdev_receive(struct rf_netdev *n, struct rf_frame *frame, int timeout_ms);
void rf_netdev_expect(struct rf_netdev *n, const void *data, unsigned int len);
void rf_netdev_expect_nothing(struct rf_netdev *n, int ms);
void rf_netdev_drain(struct rf_netdev *n);

void rf_netdev_counters(struct rf_netdev *n, struct rf_counters *counters);
void rf_netdev_all_counters(struct rf_netdev *n, struct rf_counters *counters);
unsigned long rf_netdev_interrupts(const struct rf_netdev *n, const char *suffix);
long rf_netdev_bus_attribute(const struct rf_netdev *n, const char *attribute);

#endif /* RF_NETDEV_H */
