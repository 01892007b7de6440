/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A frontend's device: its nodes in XenStore, its states, its queues.
 *
 * Both ends are in the domain that we run in. The frontend's directory is not
 * below device/, where this domain's own XenBus would look for a driver.
 */
#ifndef RF_FRONT_H
#define RF_FRONT_H

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/xenbus.h>

#include "common/wire.h"

#include "ctrl.h"
#include "netdev.h"
#include "queue.h"

#define RF_DOMID	0
#define RF_QUEUES_MAX	4

/* Longest time that anything ordinary may take, under emulation. */
#define RF_TIMEOUT_MS	10000

/* Keys that a configuration may name. */
#define RF_KEYS_MAX	3

/**
 * struct rf_key - a key in the frontend's directory
 * @key: which
 * @value: what it says; NULL is to be without it
 */
struct rf_key {
	const char *key;
	const char *value;
};

/**
 * struct rf_config - how a frontend connects; all zero is a good, modern one
 * @queues: how many; 0 and 1 are one queue with flat keys
 * @shared: one event channel per queue for both directions
 * @no_rx_notify: without feature-rx-notify, and without events for buffers
 * @no_sg: without feature-sg
 * @no_gso: without feature-gso-tcpv4 and -tcpv6
 * @no_csum: with feature-no-csum-offload, without the one for IPv6
 * @ctrl: with a control ring
 * @mcast: with request-multicast-control
 * @keys: written after all others, which they replace
 * @post: RX buffers posted before it is Connected, on each queue
 * @tx_start: where the TX ring's indices begin
 * @rx_start: where the RX ring's indices begin
 */
struct rf_config {
	unsigned int queues;
	bool shared;
	bool no_rx_notify;
	bool no_sg;
	bool no_gso;
	bool no_csum;
	bool ctrl;
	bool mcast;
	struct rf_key keys[RF_KEYS_MAX];
	unsigned int post;
	RING_IDX tx_start;
	RING_IDX rx_start;
};

/**
 * struct rf_front - a frontend
 * @xs: XenStore
 * @gntshr: grants
 * @evtchn: event channels
 * @handle: the device's number
 * @dir: the frontend's directory
 * @backend: the backend's
 * @error: the backend's error node
 * @config: how it connected last
 * @connected: it has queues that the backend may use
 * @nr_queues: how many of @queue are in use
 * @queue: the queues
 * @ctrl: the control ring
 * @netdev: the backend's interface, as seen from this domain
 * @sent: packets sent that the interface must have received
 * @got: packets that came on any queue
 * @late: times that an answer was there and its event was not
 */
struct rf_front {
	struct xs_handle *xs;
	xengntshr_handle *gntshr;
	xenevtchn_handle *evtchn;
	unsigned int handle;
	char dir[64];
	char backend[64];
	char error[80];
	struct rf_config config;
	bool connected;
	unsigned int nr_queues;
	struct rf_queue queue[RF_QUEUES_MAX];
	struct rf_ctrl ctrl;
	struct rf_netdev netdev;
	unsigned long sent;
	unsigned long got;
	unsigned long late;
};

void rf_front_open(struct rf_front *f, unsigned int handle);
void rf_front_create(struct rf_front *f);
void rf_front_destroy(struct rf_front *f);
void rf_front_prepare(struct rf_front *f, const struct rf_config *config);
void rf_front_connect(struct rf_front *f, const struct rf_config *config);
void rf_front_await_connection(struct rf_front *f);
void rf_front_close(struct rf_front *f);
void rf_front_reconnect(struct rf_front *f);
void rf_front_forget(struct rf_front *f);
void rf_front_remove_dir(struct rf_front *f);
void rf_front_create_dir(struct rf_front *f);

void rf_front_set_state(struct rf_front *f, enum xenbus_state state);
void rf_front_await_state(struct rf_front *f, enum xenbus_state state);
void rf_front_await_interface(struct rf_front *f);
enum xenbus_state rf_front_backend_state(struct rf_front *f);
bool rf_front_offered(struct rf_front *f, const char *key);
void rf_front_write(struct rf_front *f, const char *dir, const char *key,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
char *rf_front_read(struct rf_front *f, const char *dir, const char *key);
void rf_front_expect_error(struct rf_front *f, const char *text);

void *rf_front_share(struct rf_front *f, unsigned int count, bool writable,
		     uint32_t *refs);
evtchn_port_t rf_front_bind(struct rf_front *f);
void rf_front_notify(struct rf_front *f, evtchn_port_t port);
void rf_front_events(struct rf_front *f, int timeout_ms);

#endif /* RF_FRONT_H */
