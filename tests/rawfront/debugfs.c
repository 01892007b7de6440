// SPDX-License-Identifier: GPL-2.0
/* What netback shows of a vif in debugfs; see debugfs.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "debugfs.h"
#include "files.h"

static const char *rf_debugfs_path(const struct rf_netdev *n, const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/debug/xen-netback/%s/%s", n->name, name);
	return path;
}

static FILE *rf_debugfs_open(const struct rf_netdev *n, const char *name)
{
	FILE *file = fopen(rf_debugfs_path(n, name), "re");

	if (!file)
		rf_skip("the backend has no debugfs file %s", name);
	return file;
}

/**
 * rf_debugfs_cpus() - what all CPUs have done for a vif
 * @n: its interface
 * @sum: where to put it
 *
 * Skips the case when the backend does not show it.
 */
void rf_debugfs_cpus(const struct rf_netdev *n, struct rf_cpu_work *sum)
{
	FILE *file = rf_debugfs_open(n, "cpus");
	unsigned long long c[5];
	unsigned int rows = 0;
	char line[256];

	memset(sum, 0, sizeof(*sum));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*u %llu %llu %llu %llu %llu", &c[0], &c[1], &c[2], &c[3],
			   &c[4]) != 5)
			continue;
		sum->interrupts += c[0];
		sum->runs += c[1];
		sum->run_ns += c[2];
		sum->released += c[3];
		sum->drained += c[4];
		rows++;
	}
	fclose(file);
	RF_CHECK(rows, "no CPU has a row in debugfs");
}

/**
 * rf_debugfs_home() - where a queue lives
 * @n: the interface
 * @queue: the queue's number
 * @action: where to put what runs its action
 *
 * Skips the case when the backend does not show it. Return: the CPU.
 */
int rf_debugfs_home(const struct rf_netdev *n, unsigned int queue, char action[16])
{
	FILE *file = rf_debugfs_open(n, "queues");
	unsigned int id;
	char line[512];
	int home = -1;

	while (home < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "%u %15s %*s %d", &id, action, &home) != 3 || id != queue)
			home = -1;
	fclose(file);
	RF_CHECK(home >= 0, "queue %u is not in debugfs", queue);

	return home;
}

/**
 * rf_debugfs_waiting() - packets to the guest that wait in a queue
 * @n: the interface
 * @queue: the queue's number
 *
 * Skips the case when the backend does not show it. Return: how many.
 */
unsigned int rf_debugfs_waiting(const struct rf_netdev *n, unsigned int queue)
{
	FILE *file = rf_debugfs_open(n, "queues");
	unsigned int id, waiting = 0;
	bool found = false;
	char line[512];

	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%u %*s %*s %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %u",
			       &id, &waiting) == 2 && id == queue;
	fclose(file);
	RF_CHECK(found, "queue %u is not in debugfs", queue);

	return waiting;
}

/**
 * rf_debugfs_fail_alloc() - have the backend's next allocations for packets fail
 * @n: the interface
 * @count: how many
 *
 * Skips the case when the backend cannot be brought to. It is bounded.
 */
void rf_debugfs_fail_alloc(const struct rf_netdev *n, unsigned int count)
{
	const char *path = rf_debugfs_path(n, "fail_alloc");
	char text[16];
	int err;

	if (rf_read_number(path, -1) < 0)
		rf_skip("the backend has no debugfs file fail_alloc");
	err = rf_write_file(path, "10001");
	RF_CHECK(err == -ERANGE, "fail_alloc takes 10001 (%d)", err);
	snprintf(text, sizeof(text), "%u", count);
	err = rf_write_file(path, text);
	RF_CHECK(!err && rf_read_number(path, -1) == count, "fail_alloc does not take %u: %s",
		 count, strerror(-err));
}

/** rf_debugfs_expect_failed() - all allocations that were to fail have failed */
void rf_debugfs_expect_failed(const struct rf_netdev *n)
{
	long left = rf_read_number(rf_debugfs_path(n, "fail_alloc"), -1);

	RF_CHECK(!left, "fail_alloc is %ld, expected 0", left);
}
