// SPDX-License-Identifier: GPL-2.0
/* Keep a CPU busy; see busy.h. */

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "busy.h"
#include "case.h"
#include "frame.h"

/* Whatever becomes of the case. The scheduler looks after others a little later. */
#define RF_BUSY_MS	600

static pthread_t rf_thread;
static volatile bool rf_busy, rf_enough;
static cpu_set_t rf_before;

static void *rf_spin(void *unused)
{
	long end = rf_now_ms() + RF_BUSY_MS;

	rf_busy = true;
	while (!rf_enough && rf_now_ms() < end)
		;
	return unused;
}

/* Return: 0 or an error of pthread's. */
static int rf_busy_start(int cpu)
{
	struct sched_param first = { .sched_priority = 50 };
	pthread_attr_t attr;
	cpu_set_t there;
	int err;

	CPU_ZERO(&there);
	CPU_SET(cpu, &there);
	pthread_attr_init(&attr);
	err = pthread_attr_setaffinity_np(&attr, sizeof(there), &there);
	if (!err)
		err = pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	if (!err)
		err = pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	if (!err)
		err = pthread_attr_setschedparam(&attr, &first);
	if (!err)
		err = pthread_create(&rf_thread, &attr, rf_spin, NULL);
	pthread_attr_destroy(&attr);

	return err;
}

/**
 * rf_busy_begin() - keep a CPU busy for a little, and stay away from it ourselves
 * @cpu: which one
 *
 * Skips the case where there is no other.
 */
void rf_busy_begin(int cpu)
{
	cpu_set_t others;
	int err;

	RF_CHECK(!sched_getaffinity(0, sizeof(rf_before), &rf_before), "no affinity");
	others = rf_before;
	CPU_CLR(cpu, &others);
	if (!CPU_COUNT(&others))
		rf_skip("there is only one CPU");

	rf_busy = false;
	rf_enough = false;
	err = rf_busy_start(cpu);
	RF_CHECK(!err, "cannot keep CPU%d busy: %s", cpu, strerror(err));
	sched_setaffinity(0, sizeof(others), &others);
	while (!rf_busy)
		sched_yield();
}

/** rf_busy_end() - let others have it */
void rf_busy_end(void)
{
	rf_enough = true;
	pthread_join(rf_thread, NULL);
	sched_setaffinity(0, sizeof(rf_before), &rf_before);
}
