// SPDX-License-Identifier: GPL-2.0
/* A frontend's device; see front.h. */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "frame.h"
#include "front.h"

#define RF_MAC	"00:16:3e:77:ee:01"

/* How often XenStore is looked at while we wait. */
#define RF_POLL_MS	5

/**
 * rf_front_write() - write a key
 * @f: the frontend
 * @dir: where
 * @key: which
 * @fmt: its value
 */
void rf_front_write(struct rf_front *f, const char *dir, const char *key,
		    const char *fmt, ...)
{
	char path[192], value[512];
	va_list args;
	int len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	va_start(args, fmt);
	len = vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	RF_CHECK(xs_write(f->xs, XBT_NULL, path, value, len),
		 "cannot write %s: %s", path, strerror(errno));
}

/**
 * rf_front_read() - read a key
 * @f: the frontend
 * @dir: where
 * @key: which
 *
 * Return: its value, to be freed, or NULL when there is none.
 */
char *rf_front_read(struct rf_front *f, const char *dir, const char *key)
{
	char path[192];
	unsigned int len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(f->xs, XBT_NULL, path, &len);
}

static long rf_front_read_number(struct rf_front *f, const char *dir,
				 const char *key, long otherwise)
{
	char *text = rf_front_read(f, dir, key);
	long value = otherwise;

	if (text && *text)
		value = strtol(text, NULL, 10);
	free(text);

	return value;
}

static void rf_front_remove(struct rf_front *f, const char *path)
{
	/* One that is not there is as good. */
	xs_rm(f->xs, XBT_NULL, path);
}

/** rf_front_offered() - does the backend offer a feature? */
bool rf_front_offered(struct rf_front *f, const char *key)
{
	return rf_front_read_number(f, f->backend, key, 0) > 0;
}

/** rf_front_backend_state() - the backend's state; Unknown when it has none */
enum xenbus_state rf_front_backend_state(struct rf_front *f)
{
	return rf_front_read_number(f, f->backend, "state", XenbusStateUnknown);
}

/** rf_front_set_state() - go to a state, whatever the backend thinks of it */
void rf_front_set_state(struct rf_front *f, enum xenbus_state state)
{
	rf_front_write(f, f->dir, "state", "%d", state);
}

static bool rf_front_wait_state(struct rf_front *f, enum xenbus_state state,
				enum xenbus_state or, int timeout_ms)
{
	long deadline = rf_now_ms() + timeout_ms;
	enum xenbus_state now;

	do {
		now = rf_front_backend_state(f);
		if (now == state || now == or)
			return true;
		rf_sleep_ms(RF_POLL_MS);
	} while (rf_now_ms() < deadline);

	return false;
}

/* What XenBus' thread is busy with, for whoever reads of a failure. */
static void rf_front_note_xenwatch(void)
{
	char line[128];
	FILE *stack;

	stack = popen("cat /proc/$(pgrep -x xenwatch)/stack 2>&1", "re");
	while (stack && fgets(line, sizeof(line), stack))
		rf_note("xenwatch: %.*s", (int)strcspn(line, "\n"), line);
	if (stack)
		pclose(stack);
}

/*
 * Under multi-threaded emulation an event gets lost now and then, and with it the
 * news of our state. Once per run it is told again; what is noted says whether the
 * backend had nothing to do or was stuck.
 */
static bool rf_front_nudge(struct rf_front *f, enum xenbus_state state)
{
	static bool nudged;
	char *own;

	rf_note("backend is not in state %d after %d ms", state, RF_TIMEOUT_MS);
	rf_front_note_xenwatch();
	own = rf_front_read(f, f->dir, "state");
	if (nudged || !own)
		return false;
	nudged = true;
	rf_front_write(f, f->dir, "state", "%s", own);
	free(own);

	return rf_front_wait_state(f, state, state, RF_TIMEOUT_MS);
}

/** rf_front_await_state() - wait until the backend is in a state */
void rf_front_await_state(struct rf_front *f, enum xenbus_state state)
{
	char *error;

	if (rf_front_wait_state(f, state, state, RF_TIMEOUT_MS) || rf_front_nudge(f, state))
		return;

	error = rf_front_read(f, f->error, "error");
	rf_fail("backend is in state %d after %d ms, expected %d; its error: %s",
		rf_front_backend_state(f), RF_TIMEOUT_MS, state, error ? error : "none");
}

/**
 * rf_front_expect_error() - the backend has stopped, and says why
 * @f: the frontend
 * @text: what the error node must contain
 */
void rf_front_expect_error(struct rf_front *f, const char *text)
{
	char *error;

	rf_front_await_state(f, XenbusStateClosing);
	error = rf_front_read(f, f->error, "error");
	RF_CHECK(error, "the backend stopped without an error node");
	RF_CHECK(strstr(error, text), "the error node says '%s', expected '%s'",
		 error, text);
	free(error);
}

/**
 * rf_front_share() - get pages and grant them to the backend
 * @f: the frontend
 * @count: how many
 * @writable: the backend may write them
 * @refs: where to put the grants
 *
 * Return: the pages, one after the other, for as long as the program runs.
 */
void *rf_front_share(struct rf_front *f, unsigned int count, bool writable,
		     uint32_t *refs)
{
	void *mem = xengntshr_share_pages(f->gntshr, RF_DOMID, count, refs, writable);

	RF_CHECK(mem, "cannot grant %u pages: %s (is the limit of xen_gntalloc too low?)",
		 count, strerror(errno));
	return mem;
}

/** rf_front_bind() - make an event channel that the backend can bind to */
evtchn_port_t rf_front_bind(struct rf_front *f)
{
	xenevtchn_port_or_error_t port;

	port = xenevtchn_bind_unbound_port(f->evtchn, RF_DOMID);
	RF_CHECK(port > 0, "no event channel: %s", strerror(errno));
	return port;
}

/** rf_front_notify() - send an event */
void rf_front_notify(struct rf_front *f, evtchn_port_t port)
{
	/* The backend may have gone meanwhile; that is for others to find out. */
	xenevtchn_notify(f->evtchn, port);
}

static void rf_front_event(struct rf_front *f, evtchn_port_t port)
{
	unsigned int i;

	for (i = 0; i < f->nr_queues; i++) {
		if (f->queue[i].tx_port == port)
			f->queue[i].tx_events++;
		if (f->queue[i].rx_port == port)
			f->queue[i].rx_events++;
	}
	if (f->ctrl.port == port)
		f->ctrl.events++;
}

/**
 * rf_front_events() - take in what events there are
 * @f: the frontend
 * @timeout_ms: how long to wait for the first one; 0 is not at all
 */
void rf_front_events(struct rf_front *f, int timeout_ms)
{
	struct pollfd fd = { .fd = xenevtchn_fd(f->evtchn), .events = POLLIN };
	xenevtchn_port_or_error_t port;

	while (poll(&fd, 1, timeout_ms) > 0) {
		port = xenevtchn_pending(f->evtchn);
		if (port < 0)
			return;
		rf_front_event(f, port);
		xenevtchn_unmask(f->evtchn, port);
		timeout_ms = 0;
	}
}

/**
 * rf_front_open() - open what a frontend needs
 * @f: the frontend, zeroed
 * @handle: the device's number
 */
void rf_front_open(struct rf_front *f, unsigned int handle)
{
	unsigned int i;

	f->handle = handle;
	snprintf(f->dir, sizeof(f->dir), "/local/domain/%d/rawfront/%u", RF_DOMID,
		 handle);
	snprintf(f->backend, sizeof(f->backend), "/local/domain/0/backend/vif/%d/%u",
		 RF_DOMID, handle);
	snprintf(f->error, sizeof(f->error),
		 "/local/domain/0/error/backend/vif/%d/%u", RF_DOMID, handle);
	snprintf(f->netdev.name, sizeof(f->netdev.name), "vif%d.%u", RF_DOMID, handle);
	snprintf(f->netdev.bus_id, sizeof(f->netdev.bus_id), "vif-%d-%u", RF_DOMID,
		 handle);
	f->netdev.sock = -1;

	f->xs = xs_open(0);
	RF_CHECK(f->xs, "cannot open XenStore: %s", strerror(errno));
	f->gntshr = xengntshr_open(NULL, 0);
	RF_CHECK(f->gntshr, "cannot open /dev/xen/gntalloc: %s", strerror(errno));
	f->evtchn = xenevtchn_open(NULL, 0);
	RF_CHECK(f->evtchn, "cannot open /dev/xen/evtchn: %s", strerror(errno));

	for (i = 0; i < RF_QUEUES_MAX; i++)
		rf_queue_open(&f->queue[i], f, i);
	rf_ctrl_open(&f->ctrl, f);
}

/** rf_front_create_dir() - make the frontend's directory, in state Initialising */
void rf_front_create_dir(struct rf_front *f)
{
	rf_front_write(f, f->dir, "backend", "%s", f->backend);
	rf_front_write(f, f->dir, "backend-id", "0");
	rf_front_write(f, f->dir, "handle", "%u", f->handle);
	rf_front_write(f, f->dir, "mac", RF_MAC);
	rf_front_set_state(f, XenbusStateInitialising);
}

/** rf_front_remove_dir() - take the frontend's directory away */
void rf_front_remove_dir(struct rf_front *f)
{
	rf_front_remove(f, f->dir);
}

/* The backend's driver looks at the directory as soon as there is one. */
static void rf_front_create_backend(struct rf_front *f)
{
	const struct {
		const char *key;
		const char *value;
	} nodes[] = {
		{ "frontend", f->dir },
		{ "frontend-id", "0" },
		{ "online", "1" },
		{ "mac", RF_MAC },
		{ "state", "1" },
	};
	char path[128], text[16];
	xs_transaction_t t;
	bool ok, done;
	unsigned int i;

	do {
		t = xs_transaction_start(f->xs);
		ok = t != XBT_NULL;
		for (i = 0; ok && i < sizeof(nodes) / sizeof(nodes[0]); i++) {
			snprintf(path, sizeof(path), "%s/%s", f->backend, nodes[i].key);
			ok = xs_write(f->xs, t, path, nodes[i].value,
				      strlen(nodes[i].value));
		}
		snprintf(path, sizeof(path), "%s/handle", f->backend);
		snprintf(text, sizeof(text), "%u", f->handle);
		ok = ok && xs_write(f->xs, t, path, text, strlen(text));
		done = xs_transaction_end(f->xs, t, !ok);
	} while (ok && !done && errno == EAGAIN);

	RF_CHECK(ok && done, "cannot make %s: %s", f->backend, strerror(errno));
}

/**
 * rf_front_await_interface() - make the backend's new interface ready
 * @f: the frontend
 *
 * What the toolstack's hotplug script would do.
 */
void rf_front_await_interface(struct rf_front *f)
{
	rf_front_await_state(f, XenbusStateInitWait);
	rf_netdev_attach(&f->netdev);
	rf_front_write(f, f->backend, "hotplug-status", "connected");
}

/**
 * rf_front_create() - make the device, up to the backend's InitWait
 * @f: the frontend, opened
 */
void rf_front_create(struct rf_front *f)
{
	/* What a run that was cut off has left behind. */
	if (rf_front_backend_state(f) != XenbusStateUnknown)
		rf_front_destroy(f);

	rf_front_create_dir(f);
	rf_front_create_backend(f);
	rf_front_await_interface(f);
}

/**
 * rf_front_destroy() - take the device away, from whatever state
 * @f: the frontend
 */
void rf_front_destroy(struct rf_front *f)
{
	long deadline = rf_now_ms() + RF_TIMEOUT_MS;

	rf_front_write(f, f->backend, "online", "0");
	rf_front_set_state(f, XenbusStateClosing);
	rf_front_set_state(f, XenbusStateClosed);
	while (rf_netdev_exists(&f->netdev) && rf_now_ms() < deadline)
		rf_sleep_ms(RF_POLL_MS);
	rf_netdev_detach(&f->netdev);
	rf_front_forget(f);

	/* Without its directory the bus takes the device away in any case. */
	rf_front_remove(f, f->backend);
	rf_front_remove(f, f->error);
	rf_front_remove(f, f->dir);
	while (rf_netdev_exists(&f->netdev) && rf_now_ms() < deadline)
		rf_sleep_ms(RF_POLL_MS);
	RF_CHECK(!rf_netdev_exists(&f->netdev), "%s does not go away", f->netdev.name);
}

static void rf_front_write_queue(struct rf_front *f, struct rf_queue *q,
				 const char *dir)
{
	rf_front_write(f, dir, "tx-ring-ref", "%u", q->ring.ref[0]);
	rf_front_write(f, dir, "rx-ring-ref", "%u", q->ring.ref[1]);
	if (q->tx_port == q->rx_port) {
		rf_front_write(f, dir, "event-channel", "%u", q->tx_port);
		return;
	}
	rf_front_write(f, dir, "event-channel-tx", "%u", q->tx_port);
	rf_front_write(f, dir, "event-channel-rx", "%u", q->rx_port);
}

static void rf_front_remove_key(struct rf_front *f, const char *key)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->dir, key);
	rf_front_remove(f, path);
}

/* Keys of the last connection must not speak for this one. */
static void rf_front_clear_keys(struct rf_front *f)
{
	static const char * const keys[] = {
		"tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx",
		"event-channel-rx", "multi-queue-num-queues", "feature-rx-notify",
		"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
		"feature-no-csum-offload", "feature-ipv6-csum-offload",
		"ctrl-ring-ref", "event-channel-ctrl", "request-multicast-control",
		"xdp-headroom",
		"queue-0", "queue-1", "queue-2", "queue-3",
	};
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		rf_front_remove_key(f, keys[i]);
}

static void rf_front_write_features(struct rf_front *f)
{
	const struct rf_config *c = &f->config;
	const struct rf_key *k;

	rf_front_write(f, f->dir, "request-rx-copy", "1");
	if (!c->no_rx_notify)
		rf_front_write(f, f->dir, "feature-rx-notify", "1");
	if (!c->no_sg)
		rf_front_write(f, f->dir, "feature-sg", "1");
	if (!c->no_gso) {
		rf_front_write(f, f->dir, "feature-gso-tcpv4", "1");
		rf_front_write(f, f->dir, "feature-gso-tcpv6", "1");
	}
	if (c->no_csum)
		rf_front_write(f, f->dir, "feature-no-csum-offload", "1");
	else
		rf_front_write(f, f->dir, "feature-ipv6-csum-offload", "1");
	if (c->mcast)
		rf_front_write(f, f->dir, "request-multicast-control", "1");
	if (c->ctrl) {
		rf_front_write(f, f->dir, "ctrl-ring-ref", "%u", f->ctrl.ref);
		rf_front_write(f, f->dir, "event-channel-ctrl", "%u", f->ctrl.port);
	}
	for (k = c->keys; k < c->keys + RF_KEYS_MAX && k->key; k++) {
		if (k->value)
			rf_front_write(f, f->dir, k->key, "%s", k->value);
		else
			rf_front_remove_key(f, k->key);
	}
}

/**
 * rf_front_prepare() - make rings and publish them, without being Connected
 * @f: the frontend
 * @config: how
 */
void rf_front_prepare(struct rf_front *f, const struct rf_config *config)
{
	char dir[96];
	unsigned int i, most;

	f->config = *config;
	f->nr_queues = config->queues ? config->queues : 1;
	most = rf_front_read_number(f, f->backend, "multi-queue-max-queues", 1);
	if (f->nr_queues > most)
		rf_skip("backend offers only %u queues", most);
	if (!config->shared && !rf_front_offered(f, "feature-split-event-channels"))
		rf_skip("backend does not offer feature-split-event-channels");

	rf_front_clear_keys(f);
	for (i = 0; i < f->nr_queues; i++) {
		struct rf_queue *q = &f->queue[i];

		rf_queue_reset(q, config->tx_start, config->rx_start);
		q->tx_port = rf_front_bind(f);
		q->rx_port = config->shared ? q->tx_port : rf_front_bind(f);
		if (config->post)
			rf_rx_post(q, config->post);

		if (f->nr_queues == 1) {
			rf_front_write_queue(f, q, f->dir);
			continue;
		}
		snprintf(dir, sizeof(dir), "%s/queue-%u", f->dir, i);
		rf_front_write_queue(f, q, dir);
	}
	if (f->nr_queues > 1)
		rf_front_write(f, f->dir, "multi-queue-num-queues", "%u", f->nr_queues);

	if (config->ctrl) {
		rf_ctrl_reset(&f->ctrl);
		f->ctrl.port = rf_front_bind(f);
	}
	rf_front_write_features(f);
}

/** rf_front_await_connection() - be Connected, and wait for the backend */
void rf_front_await_connection(struct rf_front *f)
{
	f->connected = true;
	rf_front_set_state(f, XenbusStateConnected);
	rf_front_await_state(f, XenbusStateConnected);
	f->netdev.ready = false;
}

/**
 * rf_front_connect() - go from Initialising to Connected
 * @f: the frontend; the backend is in InitWait
 * @config: how
 */
void rf_front_connect(struct rf_front *f, const struct rf_config *config)
{
	rf_front_prepare(f, config);
	rf_front_await_connection(f);
}

static void rf_front_unbind(struct rf_front *f, evtchn_port_t port)
{
	if (port)
		xenevtchn_unbind(f->evtchn, port);
}

/**
 * rf_front_forget() - give up what belongs to a connection
 * @f: the frontend, whose rings the backend does not use any more
 */
void rf_front_forget(struct rf_front *f)
{
	unsigned int i;

	for (i = 0; i < f->nr_queues; i++) {
		struct rf_queue *q = &f->queue[i];

		rf_front_unbind(f, q->tx_port);
		if (q->rx_port != q->tx_port)
			rf_front_unbind(f, q->rx_port);
		q->tx_port = 0;
		q->rx_port = 0;
	}
	rf_front_unbind(f, f->ctrl.port);
	f->ctrl.port = 0;
	f->connected = false;
}

/**
 * rf_front_close() - the orderly way back to Initialising, from any state
 * @f: the frontend
 *
 * In the order that Windows' drivers go, waiting for the backend at each step.
 */
void rf_front_close(struct rf_front *f)
{
	rf_front_set_state(f, XenbusStateClosing);
	if (!rf_front_wait_state(f, XenbusStateClosing, XenbusStateClosed, RF_TIMEOUT_MS))
		rf_front_await_state(f, XenbusStateClosing);
	rf_front_set_state(f, XenbusStateClosed);
	rf_front_await_state(f, XenbusStateClosed);
	rf_front_forget(f);
	rf_front_set_state(f, XenbusStateInitialising);
	rf_front_await_state(f, XenbusStateInitWait);
}

/** rf_front_reconnect() - close, and connect as before */
void rf_front_reconnect(struct rf_front *f)
{
	struct rf_config config = f->config;

	rf_front_close(f);
	rf_front_connect(f, &config);
}
