// SPDX-License-Identifier: GPL-2.0
/* XenStore; see store.h. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "file.h"
#include "say.h"
#include "store.h"

/* XENSTORE_ABS_PATH_MAX, and a little. */
#define PATH_LEN	3100

/* An answer takes milliseconds, on a machine that is very busy a second. */
#define SILENT_SECONDS	5

/* Its service has another name on Debian. */
#define IS_IT_RUNNING	"is xenstored running? (systemctl status xen, or xenstored)"

static struct xs_handle *store;
static bool is_optional;

static void make_path(char *path, const char *fmt, va_list args)
{
	vsnprintf(path, PATH_LEN, fmt, args);
}

#define PATH(path, fmt)				\
	do {					\
		va_list args;			\
						\
		va_start(args, fmt);		\
		make_path(path, fmt, args);	\
		va_end(args);			\
	} while (0)

/* libxenstore waits for an answer for ever, and goes on waiting after a signal. */
static void is_silent(int signal)
{
	static const char said[] = "vifctl: XenStore does not answer: " IS_IT_RUNNING "\n";

	(void)signal;
	vc_say_soon();
	if (write(STDERR_FILENO, said, sizeof(said) - 1) < 0)
		_exit(VC_REFUSED + 1);
	_exit(VC_REFUSED);
}

/* Before each question. */
static void ask(void)
{
	signal(SIGALRM, is_silent);
	alarm(SILENT_SECONDS);
}

/* As xs_open(0), but if there is a socket it is the socket's reason why not. */
static struct xs_handle *open_store(void)
{
	struct xs_handle *opened = xs_open(XS_OPEN_SOCKETONLY);
	int err = errno;

	if (opened)
		return opened;
	opened = xs_open(0);
	if (!opened && err != ENOENT)
		errno = err;

	return opened;
}

/* Open it if it is not, and ask. Ends the program when there is no answer at all. */
static bool answers(void)
{
	char *path = NULL;
	bool there;
	int err;

	ask();
	if (!store)
		store = open_store();
	/* The door may be there without anybody behind it. This is answered to everyone. */
	if (store)
		path = xs_get_domain_path(store, 0);
	err = errno;
	alarm(0);
	there = path;
	free(path);
	errno = err;

	return there;
}

/**
 * vc_store_check() - is XenStore still there?
 *
 * For who waits: nothing wakes one up when it goes. Ends the program when it is gone.
 */
void vc_store_check(void)
{
	if (!answers())
		vc_refuse("XenStore has gone away: " IS_IT_RUNNING);
}

/*
 * Behind each question: who took nobody's answer for "there is no such key" would see everything
 * gone. Which error that is depends on whether there are watches.
 */
static void heard(bool fine)
{
	int err = errno;

	alarm(0);
	if (!fine && err != ENOENT && !is_optional)
		vc_store_check();
	errno = err;
}

/**
 * vc_store_optional() - go on when XenStore goes away
 *
 * For who asks again, with vc_store_open(), whether what was read is to be believed. Everybody
 * else is ended by the first question without an answer.
 */
void vc_store_optional(void)
{
	is_optional = true;
}

/**
 * vc_store_open() - is there a XenStore? Connects to it once
 *
 * Return: whether there is one that answers, and has not gone away since; if not, errno is set.
 */
bool vc_store_open(void)
{
	int err;

	if (!answers() && store) {
		err = errno;
		xs_close(store);
		store = NULL;
		errno = err;
	}

	return store;
}

/**
 * vc_store_need() - end the program, with the reason, when there is no XenStore, or no longer
 */
void vc_store_need(void)
{
	if (store) {
		vc_store_check();
		return;
	}
	if (vc_store_open())
		return;
	/* It is not for everyone. */
	if (errno == EACCES || errno == EPERM)
		vc_need_root();
	if (!vc_file_exists("/sys/hypervisor/type"))
		vc_refuse("this machine does not run on Xen (no /sys/hypervisor/type)");
	if (!vc_file_exists("/proc/xen/xenbus") && !vc_file_exists("/dev/xen/xenbus"))
		vc_refuse("no way to XenStore: mount xenfs on /proc/xen");
	vc_refuse("XenStore does not answer: " IS_IT_RUNNING);
}

static char *read_key(xs_transaction_t transaction, const char *path)
{
	unsigned int len;
	char *text;

	ask();
	text = xs_read(store, transaction, path, &len);
	heard(text);

	return text;
}

/**
 * vc_store_read() - a key's value
 * @fmt: its path
 *
 * Return: text for free(), or NULL.
 */
char *vc_store_read(const char *fmt, ...)
{
	char path[PATH_LEN];

	PATH(path, fmt);
	return store ? read_key(XBT_NULL, path) : NULL;
}

/**
 * vc_store_number() - a key's value, when it is a number
 * @fallback: for when it is none
 * @fmt: its path
 *
 * Return: the number.
 */
long long vc_store_number(long long fallback, const char *fmt, ...)
{
	char path[PATH_LEN];
	char *text, *end;
	long long value;

	PATH(path, fmt);
	text = store ? read_key(XBT_NULL, path) : NULL;
	if (!text)
		return fallback;
	value = strtoll(text, &end, 10);
	if (end == text || *end)
		value = fallback;
	free(text);

	return value;
}

static int write_in(xs_transaction_t transaction, const char *value, const char *dir,
		    const char *key)
{
	char path[PATH_LEN];
	char *there = read_key(transaction, dir);
	bool done;

	if (!there)
		return -errno;
	free(there);
	snprintf(path, sizeof(path), "%s/%s", dir, key);
	ask();
	done = xs_write(store, transaction, path, value, strlen(value));
	heard(done);

	return done ? 0 : -errno;
}

/**
 * vc_store_write() - set a key of a directory that is there
 * @value: its value
 * @dir: the directory's path
 * @key: the key
 *
 * XenStore makes directories that are missing, and a vif that has just gone would be back.
 *
 * Return: 0 or a negative errno.
 */
int vc_store_write(const char *value, const char *dir, const char *key)
{
	xs_transaction_t transaction;
	bool done;
	int err;

	do {
		ask();
		transaction = xs_transaction_start(store);
		heard(transaction);
		if (!transaction)
			return -errno;
		err = write_in(transaction, value, dir, key);
		ask();
		done = xs_transaction_end(store, transaction, err);
		heard(done);
		if (!done && !err)
			err = -errno;
	} while (err == -EAGAIN);

	return err;
}

/**
 * vc_store_remove() - remove a key; one that is not there is fine
 * @fmt: its path
 *
 * Return: 0 or a negative errno.
 */
int vc_store_remove(const char *fmt, ...)
{
	char path[PATH_LEN];
	bool done;

	PATH(path, fmt);
	ask();
	done = xs_rm(store, XBT_NULL, path);
	heard(done);

	return done || errno == ENOENT ? 0 : -errno;
}

/**
 * vc_store_list() - what is in a directory
 * @count: set to how many there are
 * @fmt: its path
 *
 * Return: names, all together for one free(); NULL with 0 of them when there are none.
 */
char **vc_store_list(unsigned int *count, const char *fmt, ...)
{
	char path[PATH_LEN];
	char **names;

	PATH(path, fmt);
	*count = 0;
	if (!store)
		return NULL;
	ask();
	names = xs_directory(store, XBT_NULL, path, count);
	heard(names);
	if (!names)
		*count = 0;

	return names;
}

/**
 * vc_store_state() - the name of a XenBus state
 * @state: its number
 *
 * Return: the name, as xenbus.h has it without the prefix.
 */
const char *vc_store_state(int state)
{
	static const char * const names[] = {
		"Unknown", "Initialising", "InitWait", "Initialised", "Connected",
		"Closing", "Closed", "Reconfiguring", "Reconfigured",
	};

	return state >= 0 && state < (int)(sizeof(names) / sizeof(names[0])) ? names[state] :
	       "Unknown";
}

/**
 * vc_store_watch() - be told when something below a path changes
 * @path: the path
 * @token: to tell watches apart
 */
void vc_store_watch(const char *path, const char *token)
{
	bool done;

	ask();
	done = xs_watch(store, path, token);
	heard(done);
	if (!done)
		vc_refuse("XenStore refuses a watch on %s: %s", path, strerror(errno));
}

/**
 * vc_store_fd() - what can be read when a watched path changes, with vc_store_wait()
 *
 * Return: a file descriptor.
 */
int vc_store_fd(void)
{
	return xs_fileno(store);
}

/**
 * vc_store_wait() - wait until a watched path changes
 * @path: filled in with it, or empty when the time is over
 * @size: bytes of @path
 * @timeout_ms: how long
 */
void vc_store_wait(char path[], unsigned int size, int timeout_ms)
{
	struct pollfd fd = { .fd = xs_fileno(store), .events = POLLIN };
	char **event;

	path[0] = 0;
	event = xs_check_watch(store);
	if (!event && poll(&fd, 1, timeout_ms) > 0)
		event = xs_check_watch(store);
	if (!event)
		return;
	snprintf(path, size, "%s", event[XS_WATCH_PATH]);
	free(event);
}
