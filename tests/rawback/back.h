/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A backend's device: its nodes in XenStore, its states, its queues.
 *
 * The frontend is that of a guest. The backend's directory is of a type that no
 * driver of this domain binds to, so the netback that is loaded has no part in it.
 */
#ifndef RB_BACK_H
#define RB_BACK_H

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/xenbus.h>

#include "common/wire.h"

#include "queue.h"

#define RB_QUEUES_MAX	2

/* Longest time that anything ordinary may take, under emulation. */
#define RB_TIMEOUT_MS	20000

/* Keys that a configuration may name. */
#define RB_KEYS_MAX	3

/* Ethernet and IP, on both ends of the device. */
#define RB_OUR_MAC	{ 0x02, 0x00, 0x00, 0x77, 0x0b, 0x01 }
#define RB_GUEST_MAC	{ 0x00, 0x16, 0x3e, 0x77, 0x0b, 0x02 }
#define RB_OUR_IP	{ 10, 99, 0, 1 }
#define RB_GUEST_IP	{ 10, 99, 0, 2 }

/* The MTU that the guest is told, so that it sends packets of many slots. */
#define RB_MTU		"65000"

/**
 * struct rb_key - a key in the backend's directory
 * @key: which
 * @value: what it says; NULL is to be without it
 */
struct rb_key {
	const char *key;
	const char *value;
};

/**
 * struct rb_config - what a backend offers; all zero is a good, modern one
 * @queues: how many; 0 is one
 * @shared: without feature-split-event-channels
 * @no_sg: without feature-sg
 * @no_gso: without feature-gso-tcpv4 and -tcpv6
 * @no_csum6: without feature-ipv6-csum-offload
 * @ctrl: with feature-ctrl-ring; the case maps the ring itself
 * @headroom: with feature-xdp-headroom
 * @untrusted: the frontend is told not to trust us
 * @keys: written after all others, which they replace
 */
struct rb_config {
	unsigned int queues;
	bool shared;
	bool no_sg;
	bool no_gso;
	bool no_csum6;
	bool ctrl;
	bool headroom;
	bool untrusted;
	struct rb_key keys[RB_KEYS_MAX];
};

extern const struct rb_config rb_config_good;

/**
 * struct rb_back - a backend
 * @xs: XenStore
 * @gnttab: the guest's grants
 * @evtchn: event channels
 * @guest: the number of the guest, as the lab names it
 * @domid: its domain
 * @handle: the device's number
 * @dir: the frontend's directory
 * @backend: the backend's
 * @error: the frontend's error node
 * @netdev: what the guest calls the interface
 * @config: what was offered last
 * @exists: the guest has the device
 * @up: its interface is up, so that it announces itself with each connection
 * @stayed: but not with the next one, since it left its carrier on meanwhile
 * @connected: the rings are mapped
 * @nr_queues: how many of @queue are in use
 * @queue: the queues
 * @given: good packets given to the guest
 * @taken: packets of the guest that were answered with XEN_NETIF_RSP_OKAY
 * @late: times that the guest had to be sent an event twice
 */
struct rb_back {
	struct xs_handle *xs;
	xengnttab_handle *gnttab;
	xenevtchn_handle *evtchn;
	unsigned int guest;
	unsigned int domid;
	unsigned int handle;
	char dir[64];
	char backend[64];
	char error[80];
	char netdev[16];
	struct rb_config config;
	bool exists;
	bool up;
	bool stayed;
	bool connected;
	unsigned int nr_queues;
	struct rb_queue queue[RB_QUEUES_MAX];
	unsigned long given;
	unsigned long taken;
	unsigned long late;
};

void rb_back_open(struct rb_back *b, unsigned int guest, unsigned int handle);
void rb_back_create(struct rb_back *b);
void rb_back_destroy(struct rb_back *b);
void rb_back_offer(struct rb_back *b, const struct rb_config *config);
void rb_back_attach(struct rb_back *b);
void rb_back_connect(struct rb_back *b, const struct rb_config *config);
void rb_back_close(struct rb_back *b);
void rb_back_reconnect(struct rb_back *b);
void rb_back_forget(struct rb_back *b);
void rb_back_remove_dir(struct rb_back *b);
void rb_back_create_dir(struct rb_back *b, enum xenbus_state state);

void rb_back_set_state(struct rb_back *b, enum xenbus_state state);
void rb_back_await_state(struct rb_back *b, enum xenbus_state state);
bool rb_back_wait_state(struct rb_back *b, enum xenbus_state state, int timeout_ms);
enum xenbus_state rb_back_frontend_state(struct rb_back *b);
void rb_back_write(struct rb_back *b, const char *dir, const char *key,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));
char *rb_back_read(struct rb_back *b, const char *dir, const char *key);
long rb_back_read_number(struct rb_back *b, const char *dir, const char *key, long otherwise);
void rb_back_expect_stopped(struct rb_back *b, const char *reason);
void rb_back_expect_working(struct rb_back *b);

void rb_back_notify(struct rb_back *b, evtchn_port_t port);
void rb_back_wait(struct rb_back *b, int timeout_ms);

/** rb_first() - the queue that a case uses unless it is about several */
static inline struct rb_queue *rb_first(struct rb_back *b)
{
	return &b->queue[0];
}

#endif /* RB_BACK_H */
