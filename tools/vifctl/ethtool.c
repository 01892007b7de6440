// SPDX-License-Identifier: GPL-2.0
/* What ethtool knows; see ethtool.h. */

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ethtool.h"
#include "say.h"

/* Room for counters that come while we ask: for all queues that a vif can have, and more. */
#define MORE_COUNTERS	65536

static int ask(const char *ifname, void *question)
{
	struct ifreq request = { .ifr_data = question };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		err = -errno;
	close(fd);

	return err;
}

/**
 * vc_ethtool_driver() - who serves an interface
 * @ifname: the interface
 * @driver: filled in
 *
 * Return: 0 or a negative errno.
 */
int vc_ethtool_driver(const char *ifname, struct vc_driver *driver)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int err = ask(ifname, &info);

	memset(driver, 0, sizeof(*driver));
	if (err)
		return err;
	snprintf(driver->name, sizeof(driver->name), "%s", info.driver);
	snprintf(driver->version, sizeof(driver->version), "%s", info.version);
	snprintf(driver->bus, sizeof(driver->bus), "%s", info.bus_info);

	return 0;
}

static unsigned int counters_there_are(const char *ifname)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_STATS } };

	return ask(ifname, &set) || !set.info.sset_mask ? 0 : set.count;
}

/**
 * vc_ethtool_counters() - the counters of `ethtool -S`
 * @ifname: the interface
 * @count: set to how many there are
 *
 * A guest that connects again, with another number of queues, changes how many there are between
 * our questions. Older kernels copy as many names and values as there are by then, however many
 * were asked for; newer ones none. Neither is of use then.
 *
 * Return: the counters, for free(), or NULL when there are none.
 */
struct vc_counter *vc_ethtool_counters(const char *ifname, size_t *count)
{
	unsigned int n = counters_there_are(ifname), i;
	struct vc_counter *counters = NULL;
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;

	*count = 0;
	if (!n)
		return NULL;
	names = calloc(1, sizeof(*names) + ((size_t)n + MORE_COUNTERS) * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + ((size_t)n + MORE_COUNTERS) * sizeof(__u64));
	counters = calloc(n, sizeof(*counters));
	if (!names || !values || !counters)
		vc_refuse("no memory");

	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = n;
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = n;
	if (!ask(ifname, names) && !ask(ifname, values) && names->len == n &&
	    values->n_stats == n) {
		for (i = 0; i < n; i++) {
			snprintf(counters[i].name, sizeof(counters[i].name), "%.*s",
				 ETH_GSTRING_LEN, (char *)names->data + i * ETH_GSTRING_LEN);
			counters[i].value = values->data[i];
		}
		*count = i;
	}
	free(names);
	free(values);
	if (!*count) {
		free(counters);
		counters = NULL;
	}

	return counters;
}

static int read_channels(const char *ifname, struct ethtool_channels *channels)
{
	*channels = (struct ethtool_channels) { .cmd = ETHTOOL_GCHANNELS };
	return ask(ifname, channels);
}

/**
 * vc_ethtool_channels() - how many queues there are
 * @ifname: the interface
 * @channels: filled in
 *
 * Return: 0 or a negative errno.
 */
int vc_ethtool_channels(const char *ifname, struct vc_channels *channels)
{
	struct ethtool_channels found;
	int err = read_channels(ifname, &found);

	memset(channels, 0, sizeof(*channels));
	if (err)
		return err;
	channels->combined = found.combined_count;
	channels->rx = found.rx_count;
	channels->tx = found.tx_count;
	channels->max_combined = found.max_combined;

	return 0;
}

/**
 * vc_ethtool_set_combined() - have another number of queues for both directions
 * @ifname: the interface
 * @count: how many
 *
 * Return: 0 or a negative errno.
 */
int vc_ethtool_set_combined(const char *ifname, unsigned int count)
{
	struct ethtool_channels channels;
	int err = read_channels(ifname, &channels);

	if (err)
		return err;
	channels.cmd = ETHTOOL_SCHANNELS;
	channels.combined_count = count;

	return ask(ifname, &channels);
}

/**
 * vc_ethtool_ring_sizes() - how many slots the rings have
 * @ifname: the interface
 * @sizes: filled in
 *
 * Return: 0 or a negative errno.
 */
int vc_ethtool_ring_sizes(const char *ifname, struct vc_ring_sizes *sizes)
{
	struct ethtool_ringparam found = { .cmd = ETHTOOL_GRINGPARAM };
	int err = ask(ifname, &found);

	memset(sizes, 0, sizeof(*sizes));
	if (err)
		return err;
	sizes->rx = found.rx_pending;
	sizes->tx = found.tx_pending;
	sizes->rx_max = found.rx_max_pending;
	sizes->tx_max = found.tx_max_pending;

	return 0;
}
