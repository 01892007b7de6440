// SPDX-License-Identifier: GPL-2.0
/* A backend's device; see back.h. */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "back.h"
#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* How often XenStore is looked at while we wait. */
#define RB_POLL_MS	20

/* How long to sleep at most without looking at the rings. */
#define RB_SLICE_MS	100

#define RB_FRONTEND_MAC	"00:16:3e:77:0b:02"

/* A good, modern backend. */
const struct rb_config rb_config_good;

/**
 * rb_back_write() - write a key
 * @b: the backend
 * @dir: where
 * @key: which
 * @fmt: its value
 */
void rb_back_write(struct rb_back *b, const char *dir, const char *key, const char *fmt, ...)
{
	char path[192], value[256];
	va_list args;
	int len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	va_start(args, fmt);
	len = vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	RF_CHECK(xs_write(b->xs, XBT_NULL, path, value, len), "cannot write %s: %s", path,
		 strerror(errno));
}

/**
 * rb_back_read() - read a key
 * @b: the backend
 * @dir: where
 * @key: which
 *
 * Return: its value, to be freed, or NULL when there is none.
 */
char *rb_back_read(struct rb_back *b, const char *dir, const char *key)
{
	char path[192];
	unsigned int len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(b->xs, XBT_NULL, path, &len);
}

/** rb_back_read_number() - read a key with a number in it */
long rb_back_read_number(struct rb_back *b, const char *dir, const char *key, long otherwise)
{
	char *text = rb_back_read(b, dir, key);
	long value = otherwise;

	if (text && *text)
		value = strtol(text, NULL, 10);
	free(text);

	return value;
}

static void rb_back_remove(struct rb_back *b, const char *dir, const char *key)
{
	char path[192];

	/* One that is not there is as good. */
	snprintf(path, sizeof(path), "%s/%s", dir, key);
	xs_rm(b->xs, XBT_NULL, path);
}

/** rb_back_frontend_state() - the frontend's state; Unknown when it has none */
enum xenbus_state rb_back_frontend_state(struct rb_back *b)
{
	return rb_back_read_number(b, b->dir, "state", XenbusStateUnknown);
}

/** rb_back_set_state() - go to a state, whatever the frontend thinks of it */
void rb_back_set_state(struct rb_back *b, enum xenbus_state state)
{
	rb_back_write(b, b->backend, "state", "%d", state);
}

/** rb_back_wait_state() - wait for the frontend; false when it takes too long */
bool rb_back_wait_state(struct rb_back *b, enum xenbus_state state, int timeout_ms)
{
	long deadline = rf_now_ms() + timeout_ms;

	do {
		if (rb_back_frontend_state(b) == state)
			return true;
		rf_sleep_ms(RB_POLL_MS);
	} while (rf_now_ms() < deadline);

	return false;
}

/*
 * Under multi-threaded emulation an event gets lost now and then, and with it the
 * news of our state. Once per run it is told again.
 */
static bool rb_back_nudge(struct rb_back *b, enum xenbus_state state)
{
	static bool nudged;
	char *own = rb_back_read(b, b->backend, "state");

	if (nudged || !own)
		return false;
	rf_note("frontend is not in state %d after %d ms, telling it again", state, RB_TIMEOUT_MS);
	nudged = true;
	rb_back_write(b, b->backend, "state", "%s", own);
	free(own);

	return rb_back_wait_state(b, state, RB_TIMEOUT_MS);
}

/** rb_back_await_state() - wait until the frontend is in a state */
void rb_back_await_state(struct rb_back *b, enum xenbus_state state)
{
	char *error;

	if (rb_back_wait_state(b, state, RB_TIMEOUT_MS) || rb_back_nudge(b, state))
		return;

	error = rb_back_read(b, b->error, "error");
	rf_fail("frontend is in state %d after %d ms, expected %d; its error: %s",
		rb_back_frontend_state(b), RB_TIMEOUT_MS, state, error ? error : "none");
}

/**
 * rb_back_expect_stopped() - the frontend has stopped, and says why
 * @b: the backend
 * @reason: what the error node must contain
 */
void rb_back_expect_stopped(struct rb_back *b, const char *reason)
{
	char *error;

	rb_back_await_state(b, XenbusStateClosing);
	error = rb_back_read(b, b->error, "error");
	RF_CHECK(error, "the frontend stopped without an error node");
	RF_CHECK(strstr(error, reason), "the error node says '%s', expected '%s'", error, reason);
	free(error);
	xs_rm(b->xs, XBT_NULL, b->error);
}

/** rb_back_notify() - send an event */
void rb_back_notify(struct rb_back *b, evtchn_port_t port)
{
	/* The frontend may have gone meanwhile; that is for others to find out. */
	xenevtchn_notify(b->evtchn, port);
}

/**
 * rb_back_wait() - sleep until the guest may have done something to the rings
 * @b: the backend
 * @timeout_ms: how long at most; the caller looks at the rings and comes back
 *
 * An event that gets lost costs a moment, not the case.
 */
void rb_back_wait(struct rb_back *b, int timeout_ms)
{
	struct pollfd fd = { .fd = xenevtchn_fd(b->evtchn), .events = POLLIN };
	xenevtchn_port_or_error_t port;

	if (timeout_ms > RB_SLICE_MS)
		timeout_ms = RB_SLICE_MS;
	while (poll(&fd, 1, timeout_ms) > 0) {
		port = xenevtchn_pending(b->evtchn);
		if (port < 0)
			return;
		xenevtchn_unmask(b->evtchn, port);
		timeout_ms = 0;
	}
}

/**
 * rb_back_open() - open what a backend needs
 * @b: the backend, zeroed
 * @guest: the guest's number
 * @handle: the device's number
 */
void rb_back_open(struct rb_back *b, unsigned int guest, unsigned int handle)
{
	char command[64];
	unsigned int i;
	FILE *domid;

	b->guest = guest;
	b->handle = handle;
	snprintf(command, sizeof(command), "xl domid g%u", guest);
	domid = popen(command, "re");
	RF_CHECK(domid && fscanf(domid, "%u", &b->domid) == 1 && !pclose(domid),
		 "there is no guest g%u", guest);

	snprintf(b->dir, sizeof(b->dir), "/local/domain/%u/device/vif/%u", b->domid, handle);
	snprintf(b->backend, sizeof(b->backend), "/local/domain/0/backend/rawvif/%u/%u",
		 b->domid, handle);
	snprintf(b->error, sizeof(b->error), "/local/domain/%u/error/device/vif/%u", b->domid,
		 handle);

	b->xs = xs_open(0);
	RF_CHECK(b->xs, "cannot open XenStore: %s", strerror(errno));
	b->gnttab = xengnttab_open(NULL, 0);
	RF_CHECK(b->gnttab, "cannot open /dev/xen/gntdev: %s", strerror(errno));
	b->evtchn = xenevtchn_open(NULL, 0);
	RF_CHECK(b->evtchn, "cannot open /dev/xen/evtchn: %s", strerror(errno));

	for (i = 0; i < RB_QUEUES_MAX; i++) {
		b->queue[i].back = b;
		b->queue[i].id = i;
	}
}

/* A directory of one domain that another one may read. */
static void rb_back_make_dir(struct rb_back *b, const char *dir, unsigned int owner,
			     unsigned int reader)
{
	struct xs_permissions perms[2] = {
		{ .id = owner, .perms = XS_PERM_NONE },
		{ .id = reader, .perms = XS_PERM_READ },
	};

	RF_CHECK(xs_mkdir(b->xs, XBT_NULL, dir) &&
		 xs_set_permissions(b->xs, XBT_NULL, dir, perms, 2), "cannot make %s: %s", dir,
		 strerror(errno));
}

/** rb_back_remove_dir() - take the backend's directory away */
void rb_back_remove_dir(struct rb_back *b)
{
	xs_rm(b->xs, XBT_NULL, b->backend);
}

/**
 * rb_back_create_dir() - make the backend's directory
 * @b: the backend
 * @state: what its state is from the start
 */
void rb_back_create_dir(struct rb_back *b, enum xenbus_state state)
{
	rb_back_make_dir(b, b->backend, 0, b->domid);
	rb_back_write(b, b->backend, "frontend", "%s", b->dir);
	rb_back_write(b, b->backend, "frontend-id", "%u", b->domid);
	rb_back_write(b, b->backend, "online", "1");
	rb_back_set_state(b, state);
}

/**
 * rb_back_create() - make the device; the frontend is Initialising then
 * @b: the backend, opened
 *
 * The backend is Closed, which says nothing to a frontend that begins.
 */
void rb_back_create(struct rb_back *b)
{
	/* What a run that was cut off has left behind. */
	if (rb_back_frontend_state(b) != XenbusStateUnknown) {
		b->exists = true;
		rb_back_destroy(b);
	}

	rb_back_create_dir(b, XenbusStateClosed);
	rb_back_make_dir(b, b->dir, b->domid, 0);
	rb_back_write(b, b->dir, "backend-id", "0");
	rb_back_write(b, b->dir, "handle", "%u", b->handle);
	rb_back_write(b, b->dir, "mac", RB_FRONTEND_MAC);
	rb_back_write(b, b->dir, "mtu", RB_MTU);
	rb_back_write(b, b->dir, "backend", "%s", b->backend);
	rb_back_write(b, b->dir, "state", "%d", XenbusStateInitialising);
	b->exists = true;
	b->up = false;
}

/**
 * rb_back_destroy() - take the device away, from whatever state
 * @b: the backend
 */
void rb_back_destroy(struct rb_back *b)
{
	if (!b->exists)
		return;

	/* In case the directory has gone. */
	rb_back_create_dir(b, XenbusStateClosing);
	rb_back_write(b, b->backend, "online", "0");
	rb_back_wait_state(b, XenbusStateClosed, RB_TIMEOUT_MS / 2);
	rb_back_set_state(b, XenbusStateClosed);
	rb_back_forget(b);
	xs_rm(b->xs, XBT_NULL, b->dir);
	rb_guest_await_gone(b);
	xs_rm(b->xs, XBT_NULL, b->error);
	rb_back_remove_dir(b);
	b->exists = false;
	b->up = false;
}

static void rb_back_offer_key(struct rb_back *b, const char *key, bool offered)
{
	if (offered)
		rb_back_write(b, b->backend, key, "1");
	else
		rb_back_remove(b, b->backend, key);
}

/**
 * rb_back_offer() - write what the backend can do
 * @b: the backend
 * @config: what that is
 */
void rb_back_offer(struct rb_back *b, const struct rb_config *config)
{
	const struct rb_key *k;

	b->config = *config;
	rb_back_offer_key(b, "feature-rx-copy", true);
	rb_back_offer_key(b, "feature-sg", !config->no_sg);
	rb_back_offer_key(b, "feature-gso-tcpv4", !config->no_gso);
	rb_back_offer_key(b, "feature-gso-tcpv6", !config->no_gso);
	rb_back_offer_key(b, "feature-ipv6-csum-offload", !config->no_csum6);
	rb_back_offer_key(b, "feature-ctrl-ring", config->ctrl);
	rb_back_offer_key(b, "feature-xdp-headroom", config->headroom);
	rb_back_offer_key(b, "feature-split-event-channels", !config->shared);
	rb_back_write(b, b->backend, "multi-queue-max-queues", "%u",
		      config->queues ? config->queues : 1);
	for (k = config->keys; k < config->keys + RB_KEYS_MAX && k->key; k++) {
		if (k->value)
			rb_back_write(b, b->backend, k->key, "%s", k->value);
		else
			rb_back_remove(b, b->backend, k->key);
	}
	if (config->untrusted)
		rb_back_write(b, b->dir, "trusted", "0");
	else
		rb_back_remove(b, b->dir, "trusted");
}

static void *rb_back_map(struct rb_back *b, const char *dir, const char *key)
{
	long ref = rb_back_read_number(b, dir, key, -1);
	void *page;

	RF_CHECK(ref >= 0, "the frontend has no %s/%s", dir, key);
	page = xengnttab_map_grant_ref(b->gnttab, b->domid, ref, PROT_READ | PROT_WRITE);
	RF_CHECK(page, "cannot map %s %ld: %s", key, ref, strerror(errno));

	return page;
}

static evtchn_port_t rb_back_bind(struct rb_back *b, const char *dir, const char *key)
{
	long remote = rb_back_read_number(b, dir, key, -1);
	xenevtchn_port_or_error_t port;

	RF_CHECK(remote >= 0, "the frontend has no %s/%s", dir, key);
	port = xenevtchn_bind_interdomain(b->evtchn, b->domid, remote);
	RF_CHECK(port > 0, "cannot bind to %s %ld: %s", key, remote, strerror(errno));

	return port;
}

static void rb_back_attach_queue(struct rb_back *b, struct rb_queue *q)
{
	char dir[96];

	if (b->nr_queues == 1)
		snprintf(dir, sizeof(dir), "%s", b->dir);
	else
		snprintf(dir, sizeof(dir), "%s/queue-%u", b->dir, q->id);

	rb_queue_attach(q, rb_back_map(b, dir, "tx-ring-ref"), rb_back_map(b, dir, "rx-ring-ref"));
	if (b->config.shared) {
		q->tx_port = rb_back_bind(b, dir, "event-channel");
		q->rx_port = q->tx_port;
		return;
	}
	q->tx_port = rb_back_bind(b, dir, "event-channel-tx");
	q->rx_port = rb_back_bind(b, dir, "event-channel-rx");
}

/* With each connection an interface that is up, and was not left on, tells where it is. */
static void rb_back_await_announcement(struct rb_back *b)
{
	static struct rb_packet packet;

	do {
		RF_CHECK(rb_tx_get_any(b, &packet, RB_TIMEOUT_MS),
			 "the guest did not announce itself within %d ms", RB_TIMEOUT_MS);
		rb_tx_answer(&packet, XEN_NETIF_RSP_OKAY);
		rb_tx_push(packet.queue);
	} while (packet.len < 14 || packet.data[12] != 8 || packet.data[13] != 6);
}

/**
 * rb_back_attach() - map the rings of a frontend that is Connected, and be Connected
 * @b: the backend
 */
void rb_back_attach(struct rb_back *b)
{
	unsigned int i;

	b->nr_queues = rb_back_read_number(b, b->dir, "multi-queue-num-queues", 1);
	RF_CHECK(b->nr_queues && b->nr_queues <= RB_QUEUES_MAX, "the frontend has %u queues",
		 b->nr_queues);
	b->connected = true;
	for (i = 0; i < b->nr_queues; i++)
		rb_back_attach_queue(b, &b->queue[i]);
	rb_back_set_state(b, XenbusStateConnected);
	if (b->up && !b->stayed)
		rb_back_await_announcement(b);
	b->stayed = false;
}

/**
 * rb_back_connect() - go from Closed to Connected
 * @b: the backend; the frontend is Initialising or Closed
 * @config: what we offer
 *
 * The guest's interface is up afterwards.
 */
void rb_back_connect(struct rb_back *b, const struct rb_config *config)
{
	rb_back_offer(b, config);
	rb_back_set_state(b, XenbusStateInitWait);
	rb_back_await_state(b, XenbusStateConnected);
	rb_back_attach(b);
	if (!b->up)
		rb_guest_set_up(b);
}

/**
 * rb_back_forget() - give up what belongs to a connection
 * @b: the backend
 */
void rb_back_forget(struct rb_back *b)
{
	unsigned int i;

	for (i = 0; i < RB_QUEUES_MAX; i++) {
		struct rb_queue *q = &b->queue[i];

		if (q->tx_port)
			xenevtchn_unbind(b->evtchn, q->tx_port);
		if (q->rx_port && q->rx_port != q->tx_port)
			xenevtchn_unbind(b->evtchn, q->rx_port);
		if (q->tx_page)
			xengnttab_unmap(b->gnttab, q->tx_page, 1);
		if (q->rx_page)
			xengnttab_unmap(b->gnttab, q->rx_page, 1);
		q->tx_port = 0;
		q->rx_port = 0;
		q->tx_page = NULL;
		q->rx_page = NULL;
	}
	b->connected = false;
}

/**
 * rb_back_close() - the orderly way to Closed, with a frontend in whatever state
 * @b: the backend
 */
void rb_back_close(struct rb_back *b)
{
	rb_back_set_state(b, XenbusStateClosing);
	/* A frontend that has come back by itself has nothing to close any more. */
	if (rb_back_frontend_state(b) != XenbusStateInitialising)
		rb_back_await_state(b, XenbusStateClosed);
	rb_back_forget(b);
	rb_back_set_state(b, XenbusStateClosed);
}

/** rb_back_reconnect() - close, and offer the same again */
void rb_back_reconnect(struct rb_back *b)
{
	struct rb_config config = b->config;

	rb_back_close(b);
	rb_back_connect(b, &config);
}

/** rb_back_expect_working() - packets pass on all queues, in both directions */
void rb_back_expect_working(struct rb_back *b)
{
	rb_echo(&b->queue[0], 100 + rf_random_below(1000));
	if (b->nr_queues > 1)
		rb_echo(&b->queue[1], 100 + rf_random_below(1000));
}
