// SPDX-License-Identifier: GPL-2.0
/* Frontends, and backends, that come and go. */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "frame.h"
#include "split.h"

static u8 rf_data[5000];
static struct rf_arrival rf_arrival;

static const struct rf_config rf_config = { .post = 32 };

static void rf_both_ways(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data, .len = sizeof(rf_data) };

	rf_make_frame(rf_data, sizeof(rf_data), rf_random());
	rf_split_even(&packet, 3);
	rf_tx_send(q, &packet);
	rf_netdev_send(&f->netdev, rf_data, 1000, NULL);
	rf_rx_expect(q, rf_data, 1000, &rf_arrival);
}

/**
 * struct rf_held - what a vif holds in this domain
 * @threads: kernel threads named after it
 * @interrupts: interrupts, likewise
 */
struct rf_held {
	unsigned int threads;
	unsigned int interrupts;
};

static unsigned int rf_count_threads(const char *name)
{
	unsigned int count = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	char path[300], comm[32];
	FILE *file;

	RF_CHECK(dir, "no /proc");
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(comm, sizeof(comm), file) && !strncmp(comm, name, strlen(name)))
			count++;
		fclose(file);
	}
	closedir(dir);

	return count;
}

static unsigned int rf_count_interrupts(const char *name)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[4096];
	unsigned int count = 0;

	RF_CHECK(file, "no /proc/interrupts");
	while (fgets(line, sizeof(line), file))
		count += strstr(line, name) != NULL;
	fclose(file);

	return count;
}

static struct rf_held rf_held(struct rf_front *f)
{
	char name[IFNAMSIZ + 2];

	snprintf(name, sizeof(name), "%s-", f->netdev.name);
	return (struct rf_held){
		.threads = rf_count_threads(name),
		.interrupts = rf_count_interrupts(name),
	};
}

/* Once with each way of going; then nothing may be left that was not there before. */
static void rf_cycle(struct rf_front *f, void (*again)(struct rf_front *f))
{
	struct rf_held before, after;
	unsigned int i;

	rf_both_ways(f);
	before = rf_held(f);
	for (i = 0; i < rf_options.cycles; i++) {
		again(f);
		/* Every one of them works; some are put to use. */
		if (i % 5 == 0)
			rf_both_ways(f);
	}
	rf_both_ways(f);
	after = rf_held(f);
	RF_CHECK(after.threads == before.threads, "%u threads before, %u after",
		 before.threads, after.threads);
	RF_CHECK(after.interrupts == before.interrupts, "%u interrupts before, %u after",
		 before.interrupts, after.interrupts);
}

/* Closing, Closed, Initialising, with a wait for the backend each time. */
static void rf_again_windows(struct rf_front *f)
{
	rf_front_reconnect(f);
}

static void rf_life_windows(struct rf_front *f)
{
	rf_cycle(f, rf_again_windows);
}

/* From Connected straight to Initialising, as after a crash. */
static void rf_again_straight(struct rf_front *f)
{
	rf_front_set_state(f, XenbusStateInitialising);
	rf_front_await_state(f, XenbusStateInitWait);
	rf_front_forget(f);
	rf_front_connect(f, &rf_config);
}

static void rf_life_straight(struct rf_front *f)
{
	rf_cycle(f, rf_again_straight);
}

/* The directory goes, and comes back. */
static void rf_again_directory(struct rf_front *f)
{
	rf_front_remove_dir(f);
	rf_front_await_state(f, XenbusStateClosed);
	rf_front_forget(f);
	rf_front_create_dir(f);
	rf_front_await_state(f, XenbusStateInitWait);
	rf_front_connect(f, &rf_config);
}

static void rf_life_directory(struct rf_front *f)
{
	rf_cycle(f, rf_again_directory);
}

/* Closed at once, without Closing. */
static void rf_again_closed(struct rf_front *f)
{
	rf_front_set_state(f, XenbusStateClosed);
	rf_front_await_state(f, XenbusStateClosed);
	rf_front_forget(f);
	rf_front_set_state(f, XenbusStateInitialising);
	rf_front_await_state(f, XenbusStateInitWait);
	rf_front_connect(f, &rf_config);
}

static void rf_life_closed(struct rf_front *f)
{
	rf_cycle(f, rf_again_closed);
}

/* All states as fast as they can be written. */
static void rf_again_hurry(struct rf_front *f)
{
	static const enum xenbus_state states[] = {
		XenbusStateClosing, XenbusStateClosed, XenbusStateInitialising,
		XenbusStateConnected, XenbusStateInitialised, XenbusStateClosed,
	};
	unsigned int i;

	for (i = 0; i < 6; i++)
		rf_front_set_state(f, states[rf_random_below(6)]);
	rf_front_close(f);
	rf_front_connect(f, &rf_config);
}

static void rf_life_hurry(struct rf_front *f)
{
	rf_cycle(f, rf_again_hurry);
}

/* With packets on their way in both directions. */
static void rf_again_traffic(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	struct rf_packet packet = { .data = rf_data, .len = sizeof(rf_data) };
	unsigned int i;

	rf_make_frame(rf_data, sizeof(rf_data), rf_random());
	rf_split_even(&packet, 4);
	packet.status = RF_NO_ANSWER;
	for (i = 0; i < 50; i++) {
		rf_tx_queue(q, &packet);
		if (i % 5 == 0)
			rf_tx_push(q);
		rf_netdev_send(&f->netdev, rf_data, 1500, NULL);
	}
	rf_tx_push(q);
	rf_front_reconnect(f);
	rf_netdev_drain(&f->netdev);
	/* What the stack had kept comes now. */
	while (rf_rx_get(q, &rf_arrival, 50))
		rf_rx_post(q, rf_arrival.slots);
}

static void rf_life_traffic(struct rf_front *f)
{
	rf_cycle(f, rf_again_traffic);
}

/* The device goes, and a new one comes. */
static void rf_again_device(struct rf_front *f)
{
	rf_front_destroy(f);
	rf_front_create(f);
	rf_front_connect(f, &rf_config);
}

static void rf_life_device(struct rf_front *f)
{
	unsigned int cycles = rf_options.cycles;

	/* These take longer. */
	rf_options.cycles = (cycles + 4) / 5;
	rf_cycle(f, rf_again_device);
	rf_options.cycles = cycles;
}

/* Another number of queues, and another kind of event channel, each time. */
static void rf_life_queues(struct rf_front *f)
{
	struct rf_config config = { .post = 16 };
	struct rf_packet packet = { .data = rf_data, .len = 300 };
	unsigned int i, j;

	for (i = 0; i < rf_options.cycles; i++) {
		config.queues = 1 + rf_random_below(RF_QUEUES_MAX);
		config.shared = rf_random_below(2);
		rf_front_close(f);
		rf_front_connect(f, &config);
		for (j = 0; j < f->nr_queues; j++) {
			rf_make_frame(rf_data, 300, rf_random());
			rf_tx_send(&f->queue[j], &packet);
		}
	}
}

static void rf_write_driver(struct rf_front *f, const char *file)
{
	char path[96];
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/drivers/vif/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	RF_CHECK(fd >= 0, "there is no %s", path);
	ok = write(fd, f->netdev.bus_id, strlen(f->netdev.bus_id)) > 0;
	close(fd);
	RF_CHECK(ok, "cannot %s %s", file, f->netdev.bus_id);
}

/*
 * The backend's driver goes and comes back while we stay Connected. It goes on
 * with our rings where the first one left off, and we go on sending meanwhile.
 */
static void rf_life_rebind(struct rf_front *f)
{
	struct rf_queue *q = &f->queue[0];
	static u8 data[20][600];
	struct rf_packet packet = { .len = sizeof(data[0]) };
	unsigned int i, n;

	for (n = 0; n < 5; n++) {
		rf_both_ways(f);
		rf_rx_post(q, 1);
		rf_write_driver(f, "unbind");
		RF_CHECK(!rf_netdev_exists(&f->netdev), "%s is still there", f->netdev.name);

		/* Nobody takes these now. */
		for (i = 0; i < 20; i++) {
			rf_make_frame(data[i], sizeof(data[i]), rf_random());
			packet.data = data[i];
			rf_tx_queue(q, &packet);
		}
		rf_tx_push(q);
		rf_rx_post(q, 5);

		rf_write_driver(f, "bind");
		rf_netdev_attach(&f->netdev);
		rf_front_write(f, f->backend, "hotplug-status", "connected");
		rf_front_await_state(f, XenbusStateConnected);
		/* They came out before we could listen, or come now. */
		rf_tx_settle(q);
		rf_netdev_drain(&f->netdev);
		for (i = 0; i < 5; i++) {
			rf_netdev_send(&f->netdev, data[i], sizeof(data[i]), NULL);
			rf_rx_expect(q, data[i], sizeof(data[i]), &rf_arrival);
		}
	}
	rf_both_ways(f);
}

const struct rf_case rf_life_cases[] = {
	{ .name = "life_windows", .run = rf_life_windows, .config = { .post = 32 } },
	{ .name = "life_straight", .run = rf_life_straight, .config = { .post = 32 } },
	{ .name = "life_directory", .run = rf_life_directory, .config = { .post = 32 } },
	{ .name = "life_closed", .run = rf_life_closed, .config = { .post = 32 } },
	{ .name = "life_hurry", .run = rf_life_hurry, .config = { .post = 32 } },
	{
		.name = "life_traffic", .run = rf_life_traffic, .config = { .post = 32 },
		.uncounted = true,
	}, {
		.name = "life_queues", .run = rf_life_queues, .config = { .post = 16 },
	}, {
		.name = "life_rebind", .run = rf_life_rebind, .config = { .post = 32 },
		.uncounted = true,
	}, {
		.name = "life_device", .run = rf_life_device, .config = { .post = 32 },
		.uncounted = true,
	},
	{ 0 }
};
