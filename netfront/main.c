// SPDX-License-Identifier: GPL-2.0
/* Module: parameters, init and exit. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "debugfs.h"
#include "dev.h"
#include "limbo.h"
#include "params.h"
#include "watchdog.h"
#include "xenbus.h"

#define MAX_QUEUES_DEFAULT	8
#define MAX_QUEUES_LIMIT	64
#define RECONNECT_SECS_LIMIT	86400

static unsigned int max_queues;
static bool trusted = true;
static unsigned int watchdog_reconnect_secs;

static int set_max_queues(const char *val, const struct kernel_param *kp)
{
	unsigned int n;

	if (kstrtouint(val, 0, &n) || n > MAX_QUEUES_LIMIT) {
		pr_err("max_queues=%s is not a number from 0 to %u\n", val, MAX_QUEUES_LIMIT);
		return -EINVAL;
	}

	return param_set_uint(val, kp);
}

static const struct kernel_param_ops max_queues_ops = {
	.set = set_max_queues,
	.get = param_get_uint,
};

static int set_reconnect_secs(const char *val, const struct kernel_param *kp)
{
	unsigned int n;

	if (kstrtouint(val, 0, &n) || n > RECONNECT_SECS_LIMIT || (n && n < XNF_WATCHDOG_REPORT)) {
		pr_err("watchdog_reconnect_secs=%.*s is neither 0 nor a number from %u to %u\n",
		       (int)strcspn(val, "\n"), val, XNF_WATCHDOG_REPORT, RECONNECT_SECS_LIMIT);
		return -EINVAL;
	}

	return param_set_uint(val, kp);
}

static const struct kernel_param_ops reconnect_secs_ops = {
	.set = set_reconnect_secs,
	.get = param_get_uint,
};

module_param_cb(max_queues, &max_queues_ops, &max_queues, 0644);
MODULE_PARM_DESC(max_queues, "Queues per device at most, 1 to 64, of which there are as many as CPUs to begin with; 0 for as many as CPUs, up to 8 (default 0)");
module_param(trusted, bool, 0644);
MODULE_PARM_DESC(trusted, "Whether backends may see memory next to packets; if not, packets are copied before they are granted (default 1)");
module_param_cb(watchdog_reconnect_secs, &reconnect_secs_ops, &watchdog_reconnect_secs, 0644);
MODULE_PARM_DESC(watchdog_reconnect_secs, "Seconds without any answer, 30 to 86400, after which a new connection is made; 0 for never (default 0)");

/**
 * xnf_params_max_queues() - queues that a new device may have
 *
 * Any context.
 *
 * Return: at least 1.
 */
unsigned int xnf_params_max_queues(void)
{
	return READ_ONCE(max_queues) ?: min(MAX_QUEUES_DEFAULT, num_online_cpus());
}

/**
 * xnf_params_trusted() - are backends trusted unless XenStore says otherwise?
 *
 * Any context.
 *
 * Return: the value of the parameter.
 */
bool xnf_params_trusted(void)
{
	return READ_ONCE(trusted);
}

/**
 * xnf_params_watchdog_reconnect_secs() - after how much silence to connect again
 *
 * Any context.
 *
 * Return: seconds, 0 for never.
 */
unsigned int xnf_params_watchdog_reconnect_secs(void)
{
	return READ_ONCE(watchdog_reconnect_secs);
}

static int __init init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_nic_devices())
		return -ENODEV;

	err = xnf_dev_setup();
	if (err)
		return err;

	xnf_debugfs_init();
	err = xnf_xenbus_setup();
	if (err) {
		xnf_debugfs_exit();
		xnf_dev_teardown();
	}

	return err;
}
module_init(init);

static void __exit cleanup(void)
{
	xnf_xenbus_teardown();
	xnf_debugfs_exit();
	xnf_dev_teardown();
	xnf_limbo_exit();
}
module_exit(cleanup);

MODULE_DESCRIPTION("Xen network frontend (vifwire)");
MODULE_AUTHOR("The vifwire developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XNET_VERSION);
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
