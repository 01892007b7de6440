// SPDX-License-Identifier: GPL-2.0
/* netback's tracepoints; see trace.h. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "files.h"
#include "trace.h"

#define RF_INSTANCE	"rawfront"

/* The second is where it mounts itself. */
static const char * const rf_roots[] = {
	"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
};

static char rf_instance[64];

static const char *rf_trace_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", rf_instance, name);
	return path;
}

/**
 * rf_trace_begin() - record all of netback's tracepoints from now on
 *
 * Skips the case where there is no tracing.
 */
void rf_trace_begin(void)
{
	char events[128];
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(rf_roots) / sizeof(rf_roots[0]); i++) {
		snprintf(rf_instance, sizeof(rf_instance), "%s/instances/" RF_INSTANCE,
			 rf_roots[i]);
		snprintf(events, sizeof(events), "%s/events/xen_netback", rf_roots[i]);
		if (!access(events, F_OK))
			break;
	}
	if (i == sizeof(rf_roots) / sizeof(rf_roots[0]))
		rf_skip("there are no tracepoints of xen_netback");

	/* What a run that was cut off has left behind. */
	rmdir(rf_instance);
	RF_CHECK(!mkdir(rf_instance, 0700), "cannot make %s: %s", rf_instance, strerror(errno));
	err = rf_write_file(rf_trace_path("events/xen_netback/enable"), "1");
	RF_CHECK(!err, "cannot enable tracepoints: %s", strerror(-err));
}

/** rf_trace_end() - stop, and forget what was recorded */
void rf_trace_end(void)
{
	rf_write_file(rf_trace_path("events/enable"), "0");
	rmdir(rf_instance);
}

/**
 * rf_trace_count() - how often a tracepoint was hit with certain values
 * @fmt: the end of its line, from the tracepoint's name on
 */
unsigned int rf_trace_count(const char *fmt, ...)
{
	FILE *file = fopen(rf_trace_path("trace"), "re");
	char line[512], wanted[256];
	unsigned int count = 0;
	va_list args;
	char *at;

	va_start(args, fmt);
	vsnprintf(wanted, sizeof(wanted), fmt, args);
	va_end(args);
	RF_CHECK(file, "no trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		at = strstr(line, ": xnb_");
		if (at && !strcmp(at + 2, wanted))
			count++;
	}
	fclose(file);

	return count;
}

/** rf_trace_show() - print what was recorded, for people */
void rf_trace_show(void)
{
	FILE *file = fopen(rf_trace_path("trace"), "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line != '#')
			rf_note("%s", line);
	}
	if (file)
		fclose(file);
}
