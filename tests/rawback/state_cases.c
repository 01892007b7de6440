// SPDX-License-Identifier: GPL-2.0
/* States and keys: in any order, and of any kind. */

#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "echo.h"
#include "frame.h"
#include "guest.h"

/* How long the frontend waits for a backend when it goes: twice 5 s, and its own work. */
#define RB_UNBIND_SECONDS	20

#define RB_DRIVER		"/sys/bus/xen/drivers/vif"

/* The second attempt in a row is made after two seconds, the third after four. */
#define RB_LATE_MS	3000
#define RB_RETRIED_MS	6000

/* The device's driver comes back from its removal in time, and takes it again. */
static void rb_unbind(struct rb_back *b)
{
	long start = rf_now_ms();

	rb_guest_must(b, "echo vif-%u >" RB_DRIVER "/unbind", b->handle);
	rf_note("unbound in %ld ms", rf_now_ms() - start);
	RF_CHECK(rf_now_ms() - start < RB_UNBIND_SECONDS * 1000, "the driver let go after %ld ms",
		 rf_now_ms() - start);
	rb_back_forget(b);
	b->up = false;
}

static void rb_bind(struct rb_back *b)
{
	rb_back_set_state(b, XenbusStateClosed);
	rb_guest_must(b, "echo vif-%u >" RB_DRIVER "/bind", b->handle);
	rb_back_await_state(b, XenbusStateInitialising);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
}

static void rb_rebind(struct rb_back *b)
{
	rb_unbind(b);
	rb_bind(b);
}

/* InitWait and Closed in turn, slower and faster than the frontend can follow. */
static void rb_loops(struct rb_back *b)
{
	unsigned int i;

	rb_back_close(b);
	for (i = 0; i < 30; i++) {
		rb_back_set_state(b, i % 2 ? XenbusStateClosed : XenbusStateInitWait);
		rf_sleep_ms(rf_random_below(i < 10 ? 300 : 20));
	}
	rb_back_close(b);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
}

/* The same, with whatever the connection is by then. */
static void rb_loops_connected(struct rb_back *b)
{
	static const enum xenbus_state states[] = {
		XenbusStateInitWait, XenbusStateConnected, XenbusStateClosing, XenbusStateClosed,
		XenbusStateInitialising, XenbusStateInitialised,
	};
	unsigned int i;

	for (i = 0; i < 60; i++) {
		rb_back_set_state(b, states[rf_random_below(6)]);
		rf_sleep_ms(rf_random_below(i < 20 ? 200 : 20));
	}
	rb_back_close(b);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
}

/*
 * We never get Connected: an attempt that has failed, as often as that happens. Closed
 * comes late, when the next attempt is already due.
 */
static void rb_refuse(struct rb_back *b, unsigned int late_ms)
{
	rb_back_offer(b, &rb_config_good);
	rb_back_set_state(b, XenbusStateInitWait);
	rb_back_await_state(b, XenbusStateConnected);
	rb_back_set_state(b, XenbusStateClosing);
	rb_back_await_state(b, XenbusStateClosed);
	rf_sleep_ms(late_ms);
	rb_back_set_state(b, XenbusStateClosed);
}

/* The frontend tries again by itself, unless the toolstack wants it gone. */
static void rb_refused(struct rb_back *b)
{
	long start;
	unsigned int i;

	rb_back_close(b);
	for (i = 0; i < 2; i++) {
		rb_refuse(b, i * RB_LATE_MS);
		start = rf_now_ms();
		rb_back_await_state(b, XenbusStateInitialising);
		rf_note("tried again after %ld ms", rf_now_ms() - start);
	}

	rb_refuse(b, 0);
	rb_back_write(b, b->backend, "online", "0");
	rf_sleep_ms(RB_RETRIED_MS);
	RF_CHECK(rb_back_frontend_state(b) == XenbusStateClosed,
		 "tried again for a device that is to go");
	rb_back_write(b, b->backend, "online", "1");

	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
}

/* What the guest's administrator asks for, who may ask for the number that there was, too. */
static void rb_set_queues(struct rb_back *b, unsigned int count)
{
	rb_guest_must(b, "ethtool -L %s combined %u", b->netdev, count);
}

static const struct rb_config rb_two_queues = { .queues = 2 };

static void rb_expect_queues(struct rb_back *b, unsigned int count)
{
	RF_CHECK(b->nr_queues == count, "%u queues, the guest wanted %u", b->nr_queues, count);
	rb_back_expect_working(b);
}

/* The frontend has closed to have a connection with other queues. */
static void rb_come_back(struct rb_back *b, unsigned int count)
{
	rb_back_forget(b);
	rb_back_set_state(b, XenbusStateClosed);
	rb_back_await_state(b, XenbusStateInitialising);
	rb_back_connect(b, &rb_two_queues);
	rb_expect_queues(b, count);
}

/* A connection with other queues, because the guest wants it. */
static void rb_requeue(struct rb_back *b, unsigned int count)
{
	rb_set_queues(b, count);
	rb_back_await_state(b, XenbusStateClosed);
	b->stayed = true;
	rb_come_back(b, count);
}

/* We wait and do not answer; then the guest wants another connection, and we still wait. */
static void rb_waits_on(struct rb_back *b)
{
	rb_back_close(b);
	rb_back_set_state(b, XenbusStateInitWait);
	rb_back_await_state(b, XenbusStateConnected);
	rb_set_queues(b, 1);
	rb_back_await_state(b, XenbusStateClosed);
	/* By itself: our state must not be told again. */
	RF_CHECK(rb_back_wait_state(b, XenbusStateConnected, RB_TIMEOUT_MS),
		 "the frontend does not come back to a backend that waits");
	rb_back_attach(b);
	rb_expect_queues(b, 1);
	rb_requeue(b, 2);
}

/* A device that was stopped is wanted again before we have closed: before or while we do. */
static void rb_wanted(struct rb_back *b, bool early)
{
	rb_queue_settle(rb_first(b));
	rb_first(b)->tx.sring->rsp_prod = rb_first(b)->tx.sring->req_prod + 1000;
	rb_back_notify(b, rb_first(b)->tx_port);
	rb_back_expect_stopped(b, "answered transmissions that were never made");
	if (early)
		rb_set_queues(b, 1);
	rf_sleep_ms(500);
	rb_back_set_state(b, XenbusStateClosing);
	rb_back_await_state(b, XenbusStateClosed);
	if (!early)
		rb_set_queues(b, 1);
	rf_sleep_ms(500);
	rb_come_back(b, 1);
	rb_requeue(b, 2);
}

static void rb_wanted_while_closing(struct rb_back *b)
{
	rb_wanted(b, true);
	rb_wanted(b, false);
}

/*
 * Another one in our place waits when the frontend closes. It may have found the frontend
 * Connected before, so there are no new rings until it has shown that it has seen this.
 */
static void rb_replaced_unseen(struct rb_back *b)
{
	rb_back_set_state(b, XenbusStateInitWait);
	rb_set_queues(b, 1);
	rb_back_await_state(b, XenbusStateClosed);
	rb_back_set_state(b, XenbusStateInitWait);
	RF_CHECK(!rb_back_wait_state(b, XenbusStateConnected, 2000),
		 "new rings for a backend that may be at the old ones");
	rb_come_back(b, 1);
	rb_requeue(b, 2);
}

static void rb_never_leaves(struct rb_back *b, enum xenbus_state state)
{
	rb_back_destroy(b);
	rb_back_create(b);
	rb_back_set_state(b, state);
	/* It is probed by then, and waits for us without holding anybody up. */
	rb_back_await_state(b, XenbusStateInitialising);
	rf_sleep_ms(300);
	rb_guest_must(b, "[ -e " RB_DRIVER "/vif-%u ]", b->handle);
	rb_rebind(b);
}

static void rb_never_leaves_initialising(struct rb_back *b)
{
	rb_never_leaves(b, XenbusStateInitialising);
}

/* The toolstack wants it to go on, so the state is a thing of the past. */
static void rb_closing_at_probe(struct rb_back *b)
{
	rb_never_leaves(b, XenbusStateClosing);
}

static void rb_unknown_at_probe(struct rb_back *b)
{
	rb_never_leaves(b, XenbusStateUnknown);
}

static void rb_closing_at_probe_not_online(struct rb_back *b)
{
	rb_back_destroy(b);
	rb_back_create(b);
	rb_back_write(b, b->backend, "online", "0");
	rb_back_set_state(b, XenbusStateClosing);
	rb_back_await_state(b, XenbusStateClosed);
	rb_back_write(b, b->backend, "online", "1");
	rb_rebind(b);
}

/* From Connected to anything, and on from there. */
static void rb_jumps(struct rb_back *b)
{
	static const char * const states[] = {
		"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-1", "4294967295",
		"99999999999999999999", "", "nonsense",
	};
	unsigned int i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		rb_back_write(b, b->backend, "state", "%s", states[i]);
		rf_sleep_ms(100 + rf_random_below(200));
		rb_back_close(b);
		rb_back_connect(b, &rb_config_good);
		rb_back_expect_working(b);
	}
}

static void rb_unbind_in_each_state(struct rb_back *b)
{
	static const enum xenbus_state states[] = {
		XenbusStateUnknown, XenbusStateInitialising, XenbusStateInitWait,
		XenbusStateConnected, XenbusStateClosing, XenbusStateClosed, 9,
	};
	unsigned int i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		rb_back_set_state(b, states[i]);
		rf_sleep_ms(300);
		rb_rebind(b);
	}
}

/* After a mistake it is not different. */
static void rb_unbind_stopped(struct rb_back *b)
{
	rb_queue_settle(rb_first(b));
	rb_first(b)->tx.sring->rsp_prod = rb_first(b)->tx.sring->req_prod + 1000;
	rb_back_notify(b, rb_first(b)->tx_port);
	rb_back_expect_stopped(b, "answered transmissions that were never made");
	rb_rebind(b);
}

/* The backend is gone without a word: its directory is. */
static void rb_gone(struct rb_back *b)
{
	long deadline = rf_now_ms() + RB_TIMEOUT_MS;

	rb_back_remove_dir(b);
	while (rb_guest_number(b, "cat /sys/class/net/%s/carrier", b->netdev))
		RF_CHECK(rf_now_ms() < deadline, "the carrier is still there");
	rb_unbind(b);
	rb_back_create_dir(b, XenbusStateClosed);
	rb_back_offer(b, &rb_config_good);
	rb_bind(b);
}

/* It comes back, and the frontend was never unbound. */
static void rb_gone_and_back(struct rb_back *b)
{
	rb_back_remove_dir(b);
	rf_sleep_ms(500);
	rb_back_create_dir(b, XenbusStateClosing);
	rb_back_await_state(b, XenbusStateClosed);
	rb_back_forget(b);
	rb_back_set_state(b, XenbusStateClosed);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
}

/* A device with all of its directories taken away, under traffic. */
static void rb_device_gone(struct rb_back *b)
{
	rb_echo_request(rb_first(b), 60000);
	rb_back_remove_dir(b);
	xs_rm(b->xs, XBT_NULL, b->dir);
	rb_guest_await_gone(b);
	rb_back_forget(b);
	b->exists = false;
	rb_back_create(b);
	rb_back_connect(b, &rb_config_good);
	rb_back_expect_working(b);
}

static void rb_offer_queues(struct rb_back *b, const char *value, unsigned int expected)
{
	struct rb_config config = { .keys = { { "multi-queue-max-queues", value } } };

	rb_back_close(b);
	rb_back_connect(b, &config);
	RF_CHECK(b->nr_queues == expected, "%s queues were offered, the frontend has %u, expected %u",
		 value ? value : "no", b->nr_queues, expected);
	rb_back_expect_working(b);
}

/* As many as the guest has CPUs, whatever we offer beyond that; and never none. */
static void rb_queues(struct rb_back *b)
{
	static const struct {
		const char *value;
		unsigned int expected;
	} offers[] = {
		{ "2", 2 }, { "0", 1 }, { "4294967295", 2 }, { "1", 1 }, { "nonsense", 1 },
		{ "64", 2 }, { NULL, 1 }, { "", 1 }, { "4294967296", 1 }, { "2", 2 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		rb_offer_queues(b, offers[i].value, offers[i].expected);
}

static void rb_expect_features(struct rb_back *b, const char *features, const char *mtu)
{
	char out[RB_OUTPUT_MAX];
	int status;

	status = rb_guest_run(b, out,
		"for f in scatter-gather tcp-segmentation-offload tx-tcp6-segmentation "
		"tx-checksum-ipv6; do ethtool -k %s | "
		"sed -n \"s/^[[:space:]]*$f: \\([a-z]*\\).*/\\1/p\"; done | "
		"tr '\\n' ' '; cat /sys/class/net/%s/mtu", b->netdev, b->netdev);
	RF_CHECK(!status && !strncmp(out, features, strlen(features)) &&
		 !strncmp(out + strlen(features), mtu, strlen(mtu)),
		 "features and MTU are %s, expected %s%s", out, features, mtu);
}

/* Features that go and come with the backend, and the MTU that hangs on one. */
static void rb_features_vanish(struct rb_back *b)
{
	static const struct rb_config none = { .no_sg = true, .no_gso = true, .no_csum6 = true };
	static const struct rb_config no_gso = { .no_gso = true };

	rb_expect_features(b, "on on on on ", RB_MTU);
	rb_back_close(b);
	rb_back_connect(b, &none);
	rb_expect_features(b, "off off off off ", "1500");
	rb_echo(rb_first(b), 1500);
	rb_back_close(b);
	rb_back_connect(b, &no_gso);
	rb_expect_features(b, "on off off on ", RB_MTU);
	rb_back_close(b);
	rb_back_connect(b, &rb_config_good);
	rb_guest_set_up(b);
	rb_expect_features(b, "on on on on ", RB_MTU);
	rb_echo(rb_first(b), 60000);
}

/* Without the one that no frontend can do without. */
static void rb_no_rx_copy(struct rb_back *b)
{
	struct rb_config config = { .keys = { { "feature-rx-copy", "0" } } };

	rb_back_close(b);
	rb_back_offer(b, &config);
	rb_back_set_state(b, XenbusStateInitWait);
	rb_back_expect_stopped(b, "does not copy received packets");
	rb_back_close(b);
	rb_back_connect(b, &rb_config_good);
}

static void rb_nonsense_features(struct rb_back *b)
{
	struct rb_config config = { .keys = {
		{ "feature-sg", "yes" }, { "feature-split-event-channels", "" },
		{ "feature-gso-tcpv4", "-1" },
	} };

	rb_back_close(b);
	config.shared = true;
	rb_back_connect(b, &config);
	rb_back_expect_working(b);
	rb_back_close(b);
	rb_back_connect(b, &rb_config_good);
	rb_guest_set_up(b);
}

const struct rb_case rb_state_cases[] = {
	{ .name = "state_loops", .run = rb_loops },
	{ .name = "state_loops_connected", .run = rb_loops_connected, .uncounted = true },
	{ .name = "state_jumps", .run = rb_jumps },
	{ .name = "refused_connection", .run = rb_refused },
	{ .name = "waits_on", .config = &rb_two_queues, .run = rb_waits_on },
	{ .name = "wanted_while_closing", .config = &rb_two_queues, .run = rb_wanted_while_closing,
	  .moves = { { "broken_tx_prod", 2 } } },
	{ .name = "replaced_unseen", .config = &rb_two_queues, .run = rb_replaced_unseen },
	{ .name = "never_leaves_initialising", .run = rb_never_leaves_initialising,
	  .uncounted = true },
	{ .name = "closing_at_probe", .run = rb_closing_at_probe, .uncounted = true },
	{ .name = "unknown_at_probe", .run = rb_unknown_at_probe, .uncounted = true },
	{ .name = "closing_at_probe_not_online", .run = rb_closing_at_probe_not_online,
	  .uncounted = true },
	{ .name = "unbind_in_each_state", .run = rb_unbind_in_each_state, .uncounted = true },
	{ .name = "unbind_stopped", .run = rb_unbind_stopped, .uncounted = true },
	{ .name = "backend_gone", .run = rb_gone, .uncounted = true },
	{ .name = "backend_gone_and_back", .run = rb_gone_and_back },
	{ .name = "device_gone", .run = rb_device_gone, .uncounted = true },
	{ .name = "queues_offered", .run = rb_queues },
	{ .name = "features_vanish", .run = rb_features_vanish },
	{ .name = "features_nonsense", .run = rb_nonsense_features },
	{ .name = "no_rx_copy", .run = rb_no_rx_copy },
	{ }
};
