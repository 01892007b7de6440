// SPDX-License-Identifier: GPL-2.0
/* The backend's network interface; see netdev.h. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "case.h"
#include "frame.h"
#include "netdev.h"

#define RF_SOCKET_BYTES		(16 * 1024 * 1024)
#define RF_CARRIER_MS		8000

/* Some of these files are not there on every kernel. */
static void rf_netdev_write(const char *path, const char *text)
{
	int err = rf_write_file(path, text);

	if (err && err != -ENOENT)
		rf_note("cannot write %s: %s", path, strerror(-err));
}

static int rf_netdev_ioctl(const struct rf_netdev *n, unsigned long request,
			   struct ifreq *ifr)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	RF_CHECK(sock >= 0, "no socket: %s", strerror(errno));
	memcpy(ifr->ifr_name, n->name, IFNAMSIZ);
	rc = ioctl(sock, request, ifr);
	if (rc < 0)
		rc = -errno;
	close(sock);

	return rc;
}

/** rf_netdev_exists() - is the interface there? */
bool rf_netdev_exists(const struct rf_netdev *n)
{
	return if_nametoindex(n->name) != 0;
}

/** rf_netdev_set_up() - set the interface up or down */
void rf_netdev_set_up(struct rf_netdev *n, bool up)
{
	struct ifreq ifr = { 0 };
	int err;

	err = rf_netdev_ioctl(n, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
	if (!err)
		err = rf_netdev_ioctl(n, SIOCSIFFLAGS, &ifr);
	RF_CHECK(!err, "cannot set %s %s: %s", n->name, up ? "up" : "down", strerror(-err));

	/* Going down leaves an error on the socket, for whoever uses it next. */
	if (n->sock >= 0)
		getsockopt(n->sock, SOL_SOCKET, SO_ERROR, &err, &(socklen_t){ sizeof(err) });
}

/**
 * rf_netdev_queue_by_flow() - have the stack choose queues by flow
 * @n: the interface
 * @queues: how many it has
 *
 * By itself the backend has each of its CPUs use the queue that lives there.
 */
void rf_netdev_queue_by_flow(const struct rf_netdev *n, unsigned int queues)
{
	char path[96];
	unsigned int i;

	for (i = 0; i < queues; i++) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/queues/tx-%u/xps_cpus", n->name, i);
		rf_netdev_write(path, "0");
	}
}

/** rf_netdev_set_mtu() - set the MTU; false when that is refused */
bool rf_netdev_set_mtu(struct rf_netdev *n, unsigned int mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };

	return !rf_netdev_ioctl(n, SIOCSIFMTU, &ifr);
}

/** rf_netdev_set_bridge() - join or leave a bridge; false without that bridge */
bool rf_netdev_set_bridge(struct rf_netdev *n, const char *bridge, bool member)
{
	struct rf_netdev master = { 0 };
	struct ifreq ifr = { .ifr_ifindex = n->index };

	snprintf(master.name, sizeof(master.name), "%s", bridge);
	return !rf_netdev_ioctl(&master, member ? SIOCBRADDIF : SIOCBRDELIF, &ifr);
}

static void rf_netdev_open_socket(struct rf_netdev *n)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = n->index,
	};
	int on = 1, bytes = RF_SOCKET_BYTES;
	bool ok;

	n->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	RF_CHECK(n->sock >= 0, "no packet socket: %s", strerror(errno));
	ok = !setsockopt(n->sock, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) &&
	     !setsockopt(n->sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) &&
	     !setsockopt(n->sock, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) &&
	     !setsockopt(n->sock, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) &&
	     !bind(n->sock, (struct sockaddr *)&addr, sizeof(addr));
	RF_CHECK(ok, "cannot listen on %s: %s", n->name, strerror(errno));
}

/**
 * rf_netdev_attach() - find an interface, set it up and listen on it
 * @n: the interface; its name is set
 *
 * This domain must not send anything on it by itself: without IPv6 it does not.
 */
void rf_netdev_attach(struct rf_netdev *n)
{
	char path[96];

	rf_netdev_detach(n);
	n->index = if_nametoindex(n->name);
	RF_CHECK(n->index, "there is no %s", n->name);
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", n->name);
	rf_netdev_write(path, "1");
	rf_netdev_open_socket(n);
	rf_netdev_set_up(n, true);
	n->ready = false;
}

/** rf_netdev_detach() - listen no longer */
void rf_netdev_detach(struct rf_netdev *n)
{
	if (n->sock >= 0)
		close(n->sock);
	n->sock = -1;
}

/**
 * rf_netdev_await_carrier() - wait for the stack to see the carrier
 * @n: the interface
 * @on: or that it has gone
 *
 * Until then the stack drops what is sent on it.
 */
void rf_netdev_await_carrier(struct rf_netdev *n, bool on)
{
	long deadline = rf_now_ms() + RF_CARRIER_MS;
	char path[96], state[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", n->name);
	do {
		file = fopen(path, "re");
		if (file) {
			if (fscanf(file, "%15s", state) != 1)
				state[0] = '\0';
			fclose(file);
			if (!strcmp(state, on ? "up" : "down"))
				return;
		}
		rf_sleep_ms(5);
	} while (rf_now_ms() < deadline);

	rf_fail("%s is %s after %d ms, expected %s", n->name, state, RF_CARRIER_MS,
		on ? "up" : "down");
}

/**
 * rf_netdev_send() - send a packet to the guest
 * @n: the interface
 * @data: the packet
 * @len: how many bytes
 * @offload: what is left to be done with it; NULL for nothing
 *
 * After a connection it waits for the carrier first.
 */
void rf_netdev_send(struct rf_netdev *n, const void *data, unsigned int len,
		    const struct virtio_net_hdr *offload)
{
	static const struct virtio_net_hdr none;
	struct iovec iov[2] = {
		{ (void *)(offload ? offload : &none), sizeof(none) },
		{ (void *)data, len },
	};
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };

	if (!n->ready)
		rf_netdev_await_carrier(n, true);
	n->ready = true;
	RF_CHECK(sendmsg(n->sock, &message, MSG_DONTWAIT) >= 0,
		 "cannot send %u bytes on %s: %s", len, n->name, strerror(errno));
}

/**
 * rf_netdev_receive() - take the next packet that came from the guest
 * @n: the interface
 * @frame: where to put it
 * @timeout_ms: how long to wait for it
 *
 * Return: true, or false when none came.
 */
bool rf_netdev_receive(struct rf_netdev *n, struct rf_frame *frame, int timeout_ms)
{
	struct iovec iov[2] = {
		{ &frame->offload, sizeof(frame->offload) },
		{ frame->data, sizeof(frame->data) },
	};
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
	struct pollfd fd = { .fd = n->sock, .events = POLLIN };
	ssize_t len;

	if (poll(&fd, 1, timeout_ms) <= 0)
		return false;
	len = recvmsg(n->sock, &message, MSG_DONTWAIT);
	if (len < 0)
		return false;
	RF_CHECK(len >= (ssize_t)sizeof(frame->offload) && !(message.msg_flags & MSG_TRUNC),
		 "a packet on %s that we cannot take", n->name);
	frame->len = len - sizeof(frame->offload);

	return true;
}

/** rf_netdev_expect() - the next packet from the guest has these bytes */
void rf_netdev_expect(struct rf_netdev *n, const void *data, unsigned int len)
{
	static struct rf_frame frame;
	const u8 *wanted = data;
	unsigned int i;

	RF_CHECK(rf_netdev_receive(n, &frame, RF_TIMEOUT_MS),
		 "a packet of %u bytes did not come out of %s", len, n->name);
	RF_CHECK(frame.len == len, "a packet of %u bytes came out, expected %u", frame.len,
		 len);
	for (i = 0; i < len; i++)
		RF_CHECK(frame.data[i] == wanted[i],
			 "byte %u of %u is %#x, expected %#x", i, len, frame.data[i],
			 wanted[i]);
}

/** rf_netdev_expect_nothing() - no packet comes out within this time */
void rf_netdev_expect_nothing(struct rf_netdev *n, int ms)
{
	static struct rf_frame frame;

	RF_CHECK(!rf_netdev_receive(n, &frame, ms),
		 "a packet of %u bytes came out, expected none", frame.len);
}

/** rf_netdev_drain() - throw away what has come out */
void rf_netdev_drain(struct rf_netdev *n)
{
	static struct rf_frame frame;

	while (n->sock >= 0 && rf_netdev_receive(n, &frame, 0))
		;
}

static void rf_netdev_link_counters(struct rf_netdev *n, struct rf_counters *c)
{
	static const char * const names[] = {
		"rx_packets", "tx_packets", "rx_bytes", "tx_bytes",
		"rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
	};
	char path[96], name[40];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", n->name,
			 names[i]);
		snprintf(name, sizeof(name), "link.%s", names[i]);
		rf_counters_add(c, name, rf_read_number(path, 0));
	}
}

static void rf_netdev_ethtool_counters(struct rf_netdev *n, struct rf_counters *c,
				       bool queues)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (void *)&info };
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;
	char name[ETH_GSTRING_LEN + 1];
	unsigned int i, count;
	int err;

	err = rf_netdev_ioctl(n, SIOCETHTOOL, &ifr);
	count = err ? 0 : info.n_stats;
	names = calloc(1, sizeof(*names) + count * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + count * sizeof(u64));
	if (names && values && count) {
		names->cmd = ETHTOOL_GSTRINGS;
		names->string_set = ETH_SS_STATS;
		names->len = count;
		ifr.ifr_data = (void *)names;
		err = rf_netdev_ioctl(n, SIOCETHTOOL, &ifr);
		values->cmd = ETHTOOL_GSTATS;
		values->n_stats = count;
		ifr.ifr_data = (void *)values;
		err = err ? err : rf_netdev_ioctl(n, SIOCETHTOOL, &ifr);
	}

	for (i = 0; !err && i < count; i++) {
		snprintf(name, sizeof(name), "%.*s", ETH_GSTRING_LEN,
			 (char *)names->data + i * ETH_GSTRING_LEN);
		/* The sums come first, and are what a case is about. */
		if (!queues && !strncmp(name, "queue_", 6))
			continue;
		rf_counters_add(c, name, values->data[i]);
	}
	free(names);
	free(values);
	RF_CHECK(!err, "cannot read the counters of %s: %s", n->name, strerror(-err));
}

/** rf_netdev_counters() - read all counters, the sums over queues of those that have them */
void rf_netdev_counters(struct rf_netdev *n, struct rf_counters *c)
{
	c->count = 0;
	rf_netdev_link_counters(n, c);
	rf_netdev_ethtool_counters(n, c, false);
}

/** rf_netdev_all_counters() - read all counters, and those of each queue */
void rf_netdev_all_counters(struct rf_netdev *n, struct rf_counters *c)
{
	c->count = 0;
	rf_netdev_link_counters(n, c);
	rf_netdev_ethtool_counters(n, c, true);
}

/**
 * rf_netdev_interrupts() - how often the guest interrupted us
 * @n: the interface
 * @suffix: "-q0-tx" and the like; "" for all of its interrupts
 *
 * Return: the sum over all CPUs.
 */
unsigned long rf_netdev_interrupts(const struct rf_netdev *n, const char *suffix)
{
	char line[4096], wanted[64], *word, *last, *save;
	unsigned long sum, total = 0;
	FILE *file = fopen("/proc/interrupts", "re");

	RF_CHECK(file, "no /proc/interrupts");
	snprintf(wanted, sizeof(wanted), "%s%s", n->name, suffix);
	while (fgets(line, sizeof(line), file)) {
		sum = 0;
		last = "";
		word = strtok_r(line, " \n", &save);
		while ((word = strtok_r(NULL, " \n", &save))) {
			if (strspn(word, "0123456789") == strlen(word))
				sum += strtoul(word, NULL, 10);
			last = word;
		}
		if (*suffix ? !strcmp(last, wanted) : !strncmp(last, wanted, strlen(wanted)))
			total += sum;
	}
	fclose(file);

	return total;
}

/** rf_netdev_bus_attribute() - a number that XenBus shows of the device, or -1 */
long rf_netdev_bus_attribute(const struct rf_netdev *n, const char *attribute)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s/xenbus/%s", n->bus_id,
		 attribute);
	return rf_read_number(path, -1);
}
