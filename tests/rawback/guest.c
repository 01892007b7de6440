// SPDX-License-Identifier: GPL-2.0
/* The guest whose frontend is tested; see guest.h. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "back.h"
#include "frame.h"
#include "guest.h"
#include "tap.h"

/* A guest that has not answered by then does not answer any more. */
#define RB_GUEST_SECONDS	60

/* Where the bus of the guest has the device. */
#define RB_DEVICE		"/sys/bus/xen/devices/vif-%u"

/* In quotes for the shell, with the quotes in it too. */
static void rb_quote(char *to, const char *from, unsigned int size)
{
	unsigned int n = 0;

	to[n++] = '\'';
	for (; *from; from++) {
		RF_CHECK(n + 8 < size, "a command for the guest is too long");
		if (*from == '\'') {
			memcpy(to + n, "'\\''", 4);
			n += 4;
		} else {
			to[n++] = *from;
		}
	}
	to[n++] = '\'';
	to[n] = '\0';
}

static int rb_guest_vrun(struct rb_back *b, char out[RB_OUTPUT_MAX], const char *fmt,
			 va_list args)
{
	char command[1024], quoted[1200], line[1300];
	unsigned int n = 0;
	FILE *pipe;
	int status;

	vsnprintf(command, sizeof(command), fmt, args);
	rb_quote(quoted, command, sizeof(quoted));
	snprintf(line, sizeof(line), "timeout %u guest run %u %s 2>&1", RB_GUEST_SECONDS, b->guest,
		 quoted);
	fflush(stdout);
	pipe = popen(line, "re");
	RF_CHECK(pipe, "cannot start: %s", line);
	n = fread(out, 1, RB_OUTPUT_MAX - 1, pipe);
	out[n] = '\0';
	status = pclose(pipe);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	RF_CHECK(status != 124, "the guest does not answer within %u s: %s", RB_GUEST_SECONDS,
		 command);

	return status;
}

/**
 * rb_guest_run() - run a shell command in the guest
 * @b: the backend of its device
 * @out: where to put what it prints
 * @fmt: the command
 *
 * It goes through XenStore, and so needs no network. A guest that does not answer
 * fails the case.
 *
 * Return: the command's status.
 */
int rb_guest_run(struct rb_back *b, char out[RB_OUTPUT_MAX], const char *fmt, ...)
{
	va_list args;
	int status;

	va_start(args, fmt);
	status = rb_guest_vrun(b, out, fmt, args);
	va_end(args);

	return status;
}

/** rb_guest_must() - run a command that must not fail */
void rb_guest_must(struct rb_back *b, const char *fmt, ...)
{
	char out[RB_OUTPUT_MAX];
	va_list args;
	int status;

	va_start(args, fmt);
	status = rb_guest_vrun(b, out, fmt, args);
	va_end(args);
	RF_CHECK(!status, "in the guest, status %d: %s: %s", status, fmt, out);
}

/** rb_guest_number() - the number that a command prints */
long rb_guest_number(struct rb_back *b, const char *fmt, ...)
{
	char out[RB_OUTPUT_MAX], *end;
	va_list args;
	int status;
	long value;

	va_start(args, fmt);
	status = rb_guest_vrun(b, out, fmt, args);
	va_end(args);
	value = strtol(out, &end, 10);
	RF_CHECK(!status && end != out, "in the guest, status %d: %s: %s", status, fmt, out);

	return value;
}

/**
 * rb_guest_set_up() - give the interface an address, and set it up
 * @b: the backend, connected
 *
 * The guest sends nothing by itself then but its announcements: no IPv6, and our
 * address is known.
 */
void rb_guest_set_up(struct rb_back *b)
{
	static const u8 our_mac[] = RB_OUR_MAC;
	char out[RB_OUTPUT_MAX];
	int status;

	status = rb_guest_run(b, out,
		"cd " RB_DEVICE "/net && n=$(echo *) && "
		"echo 1 >/proc/sys/net/ipv6/conf/$n/disable_ipv6 && "
		"{ ip addr add 10.99.0.2/24 dev $n 2>/dev/null; ip link set $n mtu %s up; } && "
		"arp -i $n -s 10.99.0.1 %02x:%02x:%02x:%02x:%02x:%02x && echo $n",
		b->handle, RB_MTU, our_mac[0], our_mac[1], our_mac[2], our_mac[3], our_mac[4],
		our_mac[5]);
	RF_CHECK(!status && sscanf(out, "%15s", b->netdev) == 1,
		 "cannot set the interface up, status %d: %s", status, out);
	b->up = true;
}

/** rb_guest_await_gone() - wait until the guest has no such device any more */
void rb_guest_await_gone(struct rb_back *b)
{
	rb_guest_must(b, "for i in $(seq 100); do [ -e " RB_DEVICE " ] || exit 0; "
		      "usleep 100000; done; echo still there; exit 1", b->handle);
}

/* The standard counters are "name:value", those of ethtool "  name: value". */
static void rb_take_counter(struct rf_counters *c, const char *line)
{
	unsigned long long value;
	char name[40], full[48];

	if (sscanf(line, " %39[a-z0-9_]: %llu", name, &value) != 2)
		return;
	if (!strncmp(name, "queue_", 6))
		return;
	snprintf(full, sizeof(full), "%s%s", *line == ' ' ? "" : "link.", name);
	rf_counters_add(c, full, value);
}

/** rb_guest_counters() - read all counters of the interface, the sums over queues */
void rb_guest_counters(struct rb_back *b, struct rf_counters *counters)
{
	char out[RB_OUTPUT_MAX], copy[RB_OUTPUT_MAX], *line, *save;
	u64 value;
	int status;

	status = rb_guest_run(b, out,
		"ethtool -S %s | grep -v queue_ && cd /sys/class/net/%s/statistics && "
		"grep . rx_packets tx_packets rx_errors tx_errors rx_dropped tx_dropped",
		b->netdev, b->netdev);
	RF_CHECK(!status, "cannot read the counters of %s, status %d: %s", b->netdev, status, out);
	counters->count = 0;
	strcpy(copy, out);
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		rb_take_counter(counters, line);
	RF_CHECK(rf_counter(counters, "rx_err_status", &value) &&
		 rf_counter(counters, "link.tx_dropped", &value), "no counters of %s in: %s",
		 b->netdev, out);
}
