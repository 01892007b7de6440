// SPDX-License-Identifier: GPL-2.0
/* Packets in very many pieces; see merge.h. */

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "case.h"
#include "files.h"
#include "frame.h"
#include "merge.h"

#define RF_BRIDGE	"rawbr0"
#define RF_TAP		"rawtap0"

static int rf_tap = -1;
static u16 rf_number;

/* A request of the network stack about a bridge as such. */
static int rf_bridge_request(unsigned long request)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	RF_CHECK(sock >= 0, "no socket: %s", strerror(errno));
	err = ioctl(sock, request, RF_BRIDGE) < 0 ? -errno : 0;
	close(sock);

	return err;
}

static struct rf_netdev rf_device(const char *name)
{
	struct rf_netdev n = { .sock = -1 };

	strcpy(n.name, name);
	n.index = if_nametoindex(name);
	return n;
}

static void rf_tap_open(void)
{
	struct ifreq ifr = {
		.ifr_name = RF_TAP,
		/* Each write a packet, each piece of it a fragment, straight to GRO. */
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS,
	};

	if (!rf_load_module("tun"))
		rf_skip("there is no TAP driver");
	rf_tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	RF_CHECK(rf_tap >= 0, "cannot open /dev/net/tun: %s", strerror(errno));
	RF_CHECK(!ioctl(rf_tap, TUNSETIFF, &ifr), "cannot make %s: %s", RF_TAP,
		 strerror(errno));
}

/**
 * rf_merge_open() - make what merges packets for a vif
 * @n: its interface
 *
 * Skips the case where that cannot be made.
 */
void rf_merge_open(struct rf_netdev *n)
{
	struct rf_netdev tap, bridge;
	int err;

	if (!rf_load_module("bridge"))
		rf_skip("there are no bridges");
	rf_tap_open();
	err = rf_bridge_request(SIOCBRADDBR);
	RF_CHECK(!err || err == -EEXIST, "cannot make %s: %s", RF_BRIDGE, strerror(-err));

	/* So that nobody but us sends anything: no IPv6, no word of multicast groups. */
	rf_write_file("/sys/class/net/" RF_BRIDGE "/bridge/multicast_snooping", "0");
	rf_write_file("/proc/sys/net/ipv6/conf/" RF_BRIDGE "/disable_ipv6", "1");
	rf_write_file("/proc/sys/net/ipv6/conf/" RF_TAP "/disable_ipv6", "1");
	tap = rf_device(RF_TAP);
	bridge = rf_device(RF_BRIDGE);
	RF_CHECK(rf_netdev_set_bridge(&tap, RF_BRIDGE, true) &&
		 rf_netdev_set_bridge(n, RF_BRIDGE, true), "cannot join %s", RF_BRIDGE);
	rf_netdev_set_up(&tap, true);
	rf_netdev_set_up(&bridge, true);
	rf_netdev_await_carrier(n, true);
}

/** rf_merge_close() - take it away, however much of it there is */
void rf_merge_close(struct rf_netdev *n)
{
	struct rf_netdev bridge = rf_device(RF_BRIDGE);

	if (rf_tap >= 0)
		close(rf_tap);
	rf_tap = -1;
	if (!rf_netdev_exists(&bridge))
		return;
	rf_netdev_set_bridge(n, RF_BRIDGE, false);
	rf_netdev_set_up(&bridge, false);
	rf_bridge_request(SIOCBRDELBR);
}

/* One segment, its headers and each fragment a piece of its own. */
static void rf_send_segment(u8 *segment, unsigned int header)
{
	struct iovec iov[1 + RF_MERGE_FRAGMENTS];
	unsigned int i;
	ssize_t sent;

	iov[0] = (struct iovec){ segment, header };
	for (i = 0; i < RF_MERGE_FRAGMENTS; i++)
		iov[1 + i] = (struct iovec){ segment + header + i * RF_MERGE_FRAGMENT,
					     RF_MERGE_FRAGMENT };
	sent = writev(rf_tap, iov, 1 + RF_MERGE_FRAGMENTS);
	RF_CHECK(sent == (ssize_t)(header + RF_MERGE_PAYLOAD), "cannot write to %s: %s", RF_TAP,
		 strerror(errno));
}

/**
 * rf_merge_send() - send one packet to the guest, in very many pieces
 * @expected: where to put what must come behind its headers
 *
 * Return: bytes of its headers.
 */
unsigned int rf_merge_send(u8 *expected)
{
	static u8 segment[2048];
	struct rf_ip ip = {
		.version = 4, .protocol = IPPROTO_TCP, .sport = 5, .dport = 6,
		.payload = RF_MERGE_PAYLOAD,
	};
	unsigned int header = rf_ip_header_len(&ip), i;

	for (i = 0; i < RF_MERGE_SEGMENTS; i++) {
		ip.number = ++rf_number;
		ip.seq = i * RF_MERGE_PAYLOAD;
		/* The end of what can be merged. */
		ip.push = i == RF_MERGE_SEGMENTS - 1;
		rf_make_ip(segment, &ip);
		memcpy(expected + i * RF_MERGE_PAYLOAD, segment + header, RF_MERGE_PAYLOAD);
		rf_send_segment(segment, header);
	}

	return header;
}
