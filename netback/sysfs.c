// SPDX-License-Identifier: GPL-2.0
/* What an administrator can change at run time: attributes of the XenBus device. */

#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/sysfs.h>

#include "vif.h"

static struct xnb_vif *xnb_sysfs_vif(struct device *dev)
{
	/* The driver core removes the attributes before the vif goes. */
	return dev_get_drvdata(dev);
}

static ssize_t tx_action_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct xnb_vif *vif = xnb_sysfs_vif(dev);

	return sysfs_emit(buf, "%s\n", xnb_action_name(READ_ONCE(vif->action_mode)));
}

static ssize_t tx_action_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t len)
{
	struct xnb_vif *vif = xnb_sysfs_vif(dev);
	enum xnb_action_mode mode;
	int err;

	err = xnb_action_parse(buf, &mode);
	if (err) {
		netdev_err(vif->dev, "tx_action refused: must be napi, kthread or tasklet\n");
		return err;
	}

	mutex_lock(&vif->lock);
	err = xnb_vif_set_action_mode(vif, mode);
	mutex_unlock(&vif->lock);

	return err ?: len;
}
static DEVICE_ATTR_RW(tx_action);

static ssize_t completion_show(struct device *dev, struct device_attribute *attr,
			       char *buf)
{
	struct xnb_vif *vif = xnb_sysfs_vif(dev);

	return sysfs_emit(buf, "%s\n", xnb_completion_name(READ_ONCE(vif->completion)));
}

static ssize_t completion_store(struct device *dev, struct device_attribute *attr,
				const char *buf, size_t len)
{
	struct xnb_vif *vif = xnb_sysfs_vif(dev);
	enum xnb_completion completion;
	int err;

	err = xnb_completion_parse(buf, &completion);
	if (err) {
		netdev_err(vif->dev, "completion refused: must be home or local\n");
		return err;
	}

	mutex_lock(&vif->lock);
	xnb_vif_set_completion(vif, completion);
	mutex_unlock(&vif->lock);

	return len;
}
static DEVICE_ATTR_RW(completion);

static struct attribute *xnb_sysfs_attrs[] = {
	&dev_attr_tx_action.attr,
	&dev_attr_completion.attr,
	NULL
};

static const struct attribute_group xnb_sysfs_group = {
	.attrs = xnb_sysfs_attrs,
};

const struct attribute_group *xnb_sysfs_groups[] = {
	&xnb_sysfs_group,
	NULL
};
