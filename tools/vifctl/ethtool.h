/* SPDX-License-Identifier: GPL-2.0 */
/* What ethtool knows of an interface, through the same door (SIOCETHTOOL). */
#ifndef VC_ETHTOOL_H
#define VC_ETHTOOL_H

#include <stddef.h>

/**
 * struct vc_driver - who serves an interface
 * @name: of the driver
 * @version: of the driver, or of the kernel for those without one
 * @bus: where the device is
 */
struct vc_driver {
	char name[32];
	char version[32];
	char bus[32];
};

/**
 * struct vc_counter - a counter of `ethtool -S`
 * @name: its name
 * @value: its value
 */
struct vc_counter {
	char name[33];
	unsigned long long value;
};

/**
 * struct vc_channels - numbers of queues
 * @combined: queues for both directions
 * @rx: those for the one only
 * @tx: and for the other
 * @max_combined: the most there can be
 */
struct vc_channels {
	unsigned int combined, rx, tx;
	unsigned int max_combined;
};

/**
 * struct vc_ring_sizes - how many slots a NIC's rings have
 * @rx: for packets that come in
 * @tx: for packets that go out
 * @rx_max: the most there can be
 * @tx_max: the same
 */
struct vc_ring_sizes {
	unsigned int rx, tx;
	unsigned int rx_max, tx_max;
};

int vc_ethtool_driver(const char *ifname, struct vc_driver *driver);
struct vc_counter *vc_ethtool_counters(const char *ifname, size_t *count);
int vc_ethtool_channels(const char *ifname, struct vc_channels *channels);
int vc_ethtool_set_combined(const char *ifname, unsigned int count);
int vc_ethtool_ring_sizes(const char *ifname, struct vc_ring_sizes *sizes);

#endif /* VC_ETHTOOL_H */
