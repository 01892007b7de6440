// SPDX-License-Identifier: GPL-2.0
/* Module parameters, load and unload. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>
#include <xen/xen.h>

#include "action.h"
#include "carrier.h"
#include "debugfs.h"
#include "pool.h"
#include "queue.h"
#include "steer.h"
#include "vif.h"

/* Without a max_queues it is the number of CPUs, but not more than this. */
#define XNB_QUEUES_DEFAULT	8
#define XNB_QUEUES_LIMIT	64

/* An unsigned number whose range is checked when it is set. */
struct xnb_ranged_param {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
};

static int xnb_ranged_set(const char *val, const struct kernel_param *kp)
{
	const struct xnb_ranged_param *param = kp->arg;
	unsigned int value;

	if (kstrtouint(val, 0, &value) || value < param->min || value > param->max) {
		pr_err("%s=%s: must be a number from %u to %u\n", kp->name, val,
		       param->min, param->max);
		return -EINVAL;
	}

	WRITE_ONCE(*param->value, value);
	return 0;
}

static int xnb_ranged_get(char *buffer, const struct kernel_param *kp)
{
	const struct xnb_ranged_param *param = kp->arg;

	return sysfs_emit(buffer, "%u\n", *param->value);
}

static const struct kernel_param_ops xnb_ranged_ops = {
	.set = xnb_ranged_set,
	.get = xnb_ranged_get,
};

#define XNB_RANGED_PARAM(name, var, lowest, highest, mode)		\
	static const struct xnb_ranged_param xnb_param_##name = {	\
		.value = &(var), .min = (lowest), .max = (highest),	\
	};								\
	module_param_cb(name, &xnb_ranged_ops, (void *)&xnb_param_##name, mode)

static unsigned int xnb_max_queues;
XNB_RANGED_PARAM(max_queues, xnb_max_queues, 0, XNB_QUEUES_LIMIT, 0644);
MODULE_PARM_DESC(max_queues, "Most queues of new vifs, 1 to 64; 0 for as many as CPUs, up to 8 (default: 0)");

bool xnb_separate_tx_rx_irq = true;
module_param_named(separate_tx_rx_irq, xnb_separate_tx_rx_irq, bool, 0644);
MODULE_PARM_DESC(separate_tx_rx_irq, "Offer guests one event channel per direction (default: Y)");

unsigned int xnb_rx_drain_timeout_msecs = 10000;
XNB_RANGED_PARAM(rx_drain_timeout_msecs, xnb_rx_drain_timeout_msecs, 0, 3600000, 0444);
MODULE_PARM_DESC(rx_drain_timeout_msecs, "Milliseconds without buffers from the guest until packets to it are dropped (default: 10000)");

unsigned int xnb_rx_stall_timeout_msecs = 60000;
XNB_RANGED_PARAM(rx_stall_timeout_msecs, xnb_rx_stall_timeout_msecs, 0, 3600000, 0444);
MODULE_PARM_DESC(rx_stall_timeout_msecs, "Milliseconds without buffers from the guest until a queue counts as dead, 0 for never (default: 60000)");

unsigned int xnb_tx_copy_max = 2048;
XNB_RANGED_PARAM(tx_copy_max, xnb_tx_copy_max, 0, XEN_PAGE_SIZE, 0644);
MODULE_PARM_DESC(tx_copy_max, "Bytes up to which a guest's packet is copied whole; of larger ones the rest is mapped (0 to 4096, default: 2048)");

enum xnb_action_mode xnb_tx_action_mode = XNB_ACTION_NAPI;

static int xnb_tx_action_set(const char *val, const struct kernel_param *kp)
{
	int err = xnb_action_parse(val, &xnb_tx_action_mode);

	if (err)
		pr_err("tx_action=%s: must be napi, kthread or tasklet\n", val);

	return err;
}

static int xnb_tx_action_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", xnb_action_name(xnb_tx_action_mode));
}

static const struct kernel_param_ops xnb_tx_action_ops = {
	.set = xnb_tx_action_set,
	.get = xnb_tx_action_get,
};

module_param_cb(tx_action, &xnb_tx_action_ops, NULL, 0644);
MODULE_PARM_DESC(tx_action, "What carries the packets of new vifs: napi, kthread or tasklet (default: napi)");

enum xnb_completion xnb_completion_mode = XNB_COMPLETION_HOME;

static int xnb_completion_set(const char *val, const struct kernel_param *kp)
{
	int err = xnb_completion_parse(val, &xnb_completion_mode);

	if (err)
		pr_err("completion=%s: must be home or local\n", val);

	return err;
}

static int xnb_completion_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", xnb_completion_name(xnb_completion_mode));
}

static const struct kernel_param_ops xnb_completion_ops = {
	.set = xnb_completion_set,
	.get = xnb_completion_get,
};

module_param_cb(completion, &xnb_completion_ops, NULL, 0644);
MODULE_PARM_DESC(completion, "Where the pages of new vifs are given back: home, the CPU of the queue's interrupt, or local, wherever the stack lets go of them (default: home)");

/**
 * xnb_queues_max() - queues that a new vif may have
 *
 * Any context.
 *
 * Return: 1 to 64.
 */
unsigned int xnb_queues_max(void)
{
	return READ_ONCE(xnb_max_queues) ?:
	       min_t(unsigned int, XNB_QUEUES_DEFAULT, num_online_cpus());
}

static int __init xnb_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;

	err = xnb_pools_init();
	if (err)
		return err;

	err = xnb_steer_init();
	if (err)
		goto pools;

	err = xnb_carrier_setup();
	if (err)
		goto steer;

	xnb_debugfs_init();
	err = xnb_xenbus_init();
	if (err)
		goto debugfs;

	return 0;

debugfs:
	xnb_debugfs_exit();
	xnb_carrier_teardown();
steer:
	xnb_steer_exit();
pools:
	xnb_pools_exit();
	return err;
}
module_init(xnb_init);

static void __exit xnb_exit(void)
{
	xnb_xenbus_exit();
	xnb_debugfs_exit();
	xnb_carrier_teardown();
	xnb_steer_exit();
	xnb_pools_exit();
}
module_exit(xnb_exit);

MODULE_DESCRIPTION("Xen network backend (vifwire)");
MODULE_AUTHOR("The vifwire developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(XNET_VERSION);
MODULE_ALIAS("xen-backend:vif");
