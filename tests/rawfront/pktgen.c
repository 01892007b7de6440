// SPDX-License-Identifier: GPL-2.0
/* The kernel's packet generator; see pktgen.h. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "files.h"
#include "frame.h"
#include "pktgen.h"

#define RF_PKTGEN	"/proc/net/pktgen/"
#define RF_THREAD	RF_PKTGEN "kpktgend_0"

static void rf_pktgen_say(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void rf_pktgen_say(const char *path, const char *fmt, ...)
{
	char text[64], line[sizeof(text) + 1];
	va_list args;
	int err;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* It takes the last character for the end of the line, whatever it is. */
	snprintf(line, sizeof(line), "%s\n", text);
	err = rf_write_file(path, line);
	RF_CHECK(!err, "pktgen does not take '%s': %s", text, strerror(-err));
}

/**
 * rf_pktgen_send() - send packets to the guest's first queue, and wait until they are
 * @n: the interface
 * @what: the packets
 *
 * Skips the case where there is no pktgen.
 */
void rf_pktgen_send(struct rf_netdev *n, const struct rf_pktgen *what)
{
	char device[sizeof(RF_PKTGEN) + IFNAMSIZ];

	if (!rf_load_module("pktgen"))
		rf_skip("there is no pktgen");
	rf_netdev_await_carrier(n, true);
	snprintf(device, sizeof(device), RF_PKTGEN "%s", n->name);
	rf_pktgen_say(RF_THREAD, "rem_device_all");
	rf_pktgen_say(RF_THREAD, "add_device %s", n->name);
	rf_pktgen_say(device, "dst_mac 02:00:00:00:00:02");
	rf_pktgen_say(device, "dst 192.0.2.2");
	rf_pktgen_say(device, "delay 0");
	rf_pktgen_say(device, "count %u", what->count);
	rf_pktgen_say(device, "pkt_size %u", what->size);
	if (what->shared) {
		/* It would refuse this for a vif, but does not remember it. */
		rf_pktgen_say(device, "xmit_mode netif_receive");
		rf_pktgen_say(device, "burst %u", what->shared);
		rf_pktgen_say(device, "xmit_mode start_xmit");
	}
	rf_pktgen_say(RF_PKTGEN "pgctrl", "start");
	/* It holds on to the interface until then. */
	rf_pktgen_say(RF_THREAD, "rem_device_all");
}
