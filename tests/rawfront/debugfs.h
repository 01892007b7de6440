/* SPDX-License-Identifier: GPL-2.0 */
/* What netback shows of a vif in debugfs, and what it takes there. */
#ifndef RF_DEBUGFS_H
#define RF_DEBUGFS_H

#include "netdev.h"

/**
 * struct rf_cpu_work - the columns of "cpus", summed up over all CPUs
 * @interrupts: events that came
 * @runs: runs of actions
 * @run_ns: time they took
 * @released: packets that the stack has let go of
 * @drained: pages unmapped
 */
struct rf_cpu_work {
	u64 interrupts;
	u64 runs;
	u64 run_ns;
	u64 released;
	u64 drained;
};

void rf_debugfs_cpus(const struct rf_netdev *n, struct rf_cpu_work *sum);
int rf_debugfs_home(const struct rf_netdev *n, unsigned int queue, char action[16]);
unsigned int rf_debugfs_waiting(const struct rf_netdev *n, unsigned int queue);
void rf_debugfs_fail_alloc(const struct rf_netdev *n, unsigned int count);
void rf_debugfs_expect_failed(const struct rf_netdev *n);

#endif /* RF_DEBUGFS_H */
