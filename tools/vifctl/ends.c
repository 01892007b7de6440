// SPDX-License-Identifier: GPL-2.0
/* The two ends of a vif; see ends.h. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "ends.h"
#include "say.h"
#include "store.h"

static bool is_there(const char *dir)
{
	char *value = vc_store_read("%s", dir);

	free(value);

	return value;
}

/* /local/domain/0/backend/vif/1/0 has its errors in /local/domain/0/error/backend/vif/1/0. */
static char *read_error(const char *dir)
{
	unsigned int domid;
	int at = 0;

	if (sscanf(dir, "/local/domain/%u/%n", &domid, &at) != 1 || !at)
		return NULL;

	return vc_store_read("/local/domain/%u/error/%s/error", domid, dir + at);
}

/**
 * vc_ends_read() - look at both ends
 * @backend: the backend's directory
 * @frontend: that of the frontend
 * @ends: filled in, for vc_ends_free()
 */
void vc_ends_read(const char *backend, const char *frontend, struct vc_ends *ends)
{
	ends->backend_there = is_there(backend);
	ends->frontend_there = is_there(frontend);
	ends->backend_state = vc_store_number(0, "%s/state", backend);
	ends->frontend_state = vc_store_number(0, "%s/state", frontend);
	ends->hotplug_status = vc_store_read("%s/hotplug-status", backend);
	ends->hotplug_error = vc_store_read("%s/hotplug-error", backend);
	ends->script = vc_store_read("%s/script", backend);
	ends->backend_error = read_error(backend);
	ends->frontend_error = read_error(frontend);
}

/**
 * vc_ends_free() - free what was read
 * @ends: the ends
 */
void vc_ends_free(struct vc_ends *ends)
{
	free(ends->hotplug_status);
	free(ends->hotplug_error);
	free(ends->script);
	free(ends->backend_error);
	free(ends->frontend_error);
}

/**
 * vc_ends_connected() - is it done?
 * @ends: the ends
 *
 * Return: true or false.
 */
bool vc_ends_connected(const struct vc_ends *ends)
{
	return ends->backend_state == XenbusStateConnected &&
	       ends->frontend_state == XenbusStateConnected;
}

static bool has_failed(const struct vc_ends *ends)
{
	return ends->hotplug_status && !strcmp(ends->hotplug_status, "error");
}

/**
 * vc_ends_hopeless() - will it not be done, however long one waits?
 * @ends: the ends
 *
 * Return: true or false.
 */
bool vc_ends_hopeless(const struct vc_ends *ends)
{
	return !ends->backend_there || !ends->frontend_there || has_failed(ends);
}

static bool is_closed(int state)
{
	return state == XenbusStateClosing || state == XenbusStateClosed;
}

static void say(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list args;

	if (len && len < size)
		len += snprintf(text + len, size - len, "; ");
	if (len >= size)
		return;
	va_start(args, fmt);
	vsnprintf(text + len, size - len, fmt, args);
	va_end(args);
}

/* The end that has to do the next step, by the states. */
static void say_state(const struct vc_ends *ends, char *text, size_t size)
{
	if (is_closed(ends->frontend_state))
		say(text, size, "the guest's driver has closed it");
	else if (is_closed(ends->backend_state))
		say(text, size, "the backend's driver has closed it");
	else if (ends->backend_state < XenbusStateInitWait)
		say(text, size, "no driver has taken the backend: is xen-netback loaded?");
	else if (ends->frontend_state <= XenbusStateInitialising)
		say(text, size,
		    "no driver in the guest has taken it: is the guest up, and has it xen-netfront?");
	else if (ends->frontend_state < XenbusStateInitialised)
		say(text, size, "the guest's driver has not said where its rings are");
	else if (ends->backend_state == XenbusStateConnected)
		say(text, size, "the guest's driver has not gone on from there");
	else if (ends->hotplug_status && !strcmp(ends->hotplug_status, "connected"))
		say(text, size, "the backend's driver has not taken up the guest's rings");
}

/**
 * vc_ends_missing() - why they are not connected
 * @ends: the ends
 * @text: filled in: states, and what is missing, in one line
 * @size: bytes of @text
 */
void vc_ends_missing(const struct vc_ends *ends, char *text, size_t size)
{
	const char *script = ends->script ?: "(unnamed)";

	snprintf(text, size, "backend %s, frontend %s",
		 ends->backend_there ? vc_store_state(ends->backend_state) : "gone",
		 ends->frontend_there ? vc_store_state(ends->frontend_state) : "gone");
	if (has_failed(ends))
		say(text, size, "the hotplug script %s failed: %s", script,
		    ends->hotplug_error ?: "see /var/log/xen/xen-hotplug.log");
	else if (!ends->backend_there || !ends->frontend_there)
		say(text, size, "the toolstack has taken it back");
	else if (!vc_ends_connected(ends))
		say_state(ends, text, size);
	/* The script is waited for by the backend, whatever the guest does. */
	if (ends->backend_there && !ends->hotplug_status)
		say(text, size, "the hotplug script %s has not said that it is done", script);
	if (ends->backend_error)
		say(text, size, "the backend's error: %s", ends->backend_error);
	if (ends->frontend_error)
		say(text, size, "the frontend's error: %s", ends->frontend_error);
	/* Some of it is the guest's, who must not control the terminal. */
	vc_say_safely(text);
}
