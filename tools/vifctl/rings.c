// SPDX-License-Identifier: GPL-2.0
/* Rings, from debugfs; see rings.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "rings.h"
#include "vif.h"

static struct json_object *cell(const char *text)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	return end != text && !*end ? json_object_new_int64(value) : json_object_new_string(text);
}

/**
 * vc_rings_parse_table() - read a table with a head, as our drivers have it
 * @text: a line with names, and a line with values for each queue
 *
 * Return: an array with an object per queue.
 */
struct json_object *vc_rings_parse_table(const char *text)
{
	struct json_object *queues = json_object_new_array();
	char *copy = strdup(text), *rest = copy, *head = strsep(&rest, "\n"), *line;

	while (head && (line = strsep(&rest, "\n"))) {
		struct json_object *queue;
		char *names = strdup(head), *name_rest = names, *name, *value;

		if (*line) {
			queue = json_object_new_object();
			while ((name = strsep(&name_rest, " ")) && (value = strsep(&line, " ")))
				json_object_object_add(queue, name, cell(value));
			json_object_array_add(queues, queue);
		}
		free(names);
	}
	free(copy);

	return queues;
}

/* "req prod 12 (4) cons 8 (0) event 9 (1)": the number behind a word, after a place. */
static void add(struct json_object *queue, const char *name, const char *from, const char *first,
		const char *word)
{
	const char *line = from ? strstr(from, first) : NULL;
	const char *at = line ? strstr(line, word) : NULL;

	if (at)
		json_object_object_add(queue, name, json_object_new_int64(strtoul(at + strlen(word),
										   NULL, 10)));
}

/**
 * vc_rings_parse_io_ring() - read what the in-tree netback says of a queue
 * @text: the text of io_ring_qN
 *
 * Return: an object with the names that our own table has.
 */
struct json_object *vc_rings_parse_io_ring(const char *text)
{
	struct json_object *queue = json_object_new_object();
	const char *tx = strstr(text, "TX:"), *rx = strstr(text, "RX:");

	add(queue, "queue", text, "Queue ", "Queue ");
	add(queue, "tx_req_prod", tx, "req prod", "prod ");
	add(queue, "tx_req_cons", tx, "req prod", "cons ");
	add(queue, "tx_req_event", tx, "req prod", "event ");
	add(queue, "tx_rsp_prod", tx, "rsp prod", "pvt ");
	add(queue, "pages_out", tx, "pending prod", "nr_pending_reqs ");
	add(queue, "rx_req_prod", rx, "req prod", "prod ");
	add(queue, "rx_req_cons", rx, "req prod", "cons ");
	add(queue, "rx_req_event", rx, "req prod", "event ");
	add(queue, "rx_rsp_prod", rx, "rsp prod", "pvt ");

	return queue;
}

static struct json_object *read_io_rings(const struct vc_vif *vif)
{
	struct json_object *queues = json_object_new_array();
	unsigned int n;
	char *text;

	for (n = 0; ; n++) {
		text = vc_file_read("/sys/kernel/debug/xen-netback/%s/io_ring_q%u", vif->ifname, n);
		if (!text)
			break;
		json_object_array_add(queues, vc_rings_parse_io_ring(text));
		free(text);
	}

	return queues;
}

static char *read_table(const struct vc_vif *vif)
{
	return vif->frontend ? vc_file_read("/sys/kernel/debug/xen-netfront/%s/queues", vif->device) :
	       vc_file_read("/sys/kernel/debug/xen-netback/%s/queues", vif->ifname);
}

/**
 * vc_rings_read() - the rings of a vif
 * @vif: the vif
 *
 * Return: an array with an object per queue; empty when debugfs does not say.
 */
struct json_object *vc_rings_read(const struct vc_vif *vif)
{
	char *text = read_table(vif);
	struct json_object *queues;

	if (!text)
		return vif->frontend ? json_object_new_array() : read_io_rings(vif);
	queues = vc_rings_parse_table(text);
	free(text);

	return queues;
}

/**
 * vc_rings_hidden() - does something keep us from the rings of a vif?
 * @vif: the vif
 *
 * Return: 0 when they can be read, and when there are none; a negative errno when debugfs is not
 * mounted (-ENOENT), not for us (-EACCES), or locked down (-EPERM).
 */
int vc_rings_hidden(const struct vc_vif *vif)
{
	char *text;
	int err;

	/* The in-tree netfront shows none. */
	if (!*vif->ifname ||
	    (vif->frontend && !vc_file_exists("/sys/module/xen_netfront/version")))
		return 0;
	if (!vc_file_exists("/sys/kernel/debug/%s", vif->frontend ? "xen-netfront" : "xen-netback"))
		return -errno;
	text = read_table(vif);
	if (!text && errno == ENOENT && !vif->frontend)
		text = vc_file_read("/sys/kernel/debug/xen-netback/%s/io_ring_q0", vif->ifname);
	/* Without a connection there is no such file. */
	err = text || errno == ENOENT ? 0 : -errno;
	free(text);

	return err;
}
