// SPDX-License-Identifier: GPL-2.0
/* Small files of the kernel; see file.h. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

/* Who changes a file of ours needs milliseconds. */
#define LOCK_USECS	50000
#define LOCK_TRIES	100

static void make_path(char *path, size_t size, const char *fmt, va_list args)
{
	const char *root = getenv("VIFCTL_ROOT");
	int n = snprintf(path, size, "%s", root ? root : "");

	vsnprintf(path + n, size - n, fmt, args);
}

#define PATH(path, fmt)						\
	do {							\
		va_list args;					\
								\
		va_start(args, fmt);				\
		make_path(path, sizeof(path), fmt, args);	\
		va_end(args);					\
	} while (0)

static char *read_all(const char *path, size_t *length)
{
	size_t size = 4096, len = 0;
	char *text;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = malloc(size + 1);
	while (text && (n = read(fd, text + len, size - len)) != 0) {
		if (n < 0) {
			free(text);
			text = NULL;
			break;
		}
		len += n;
		if (len == size) {
			char *more = realloc(text, 2 * size + 1);

			if (!more) {
				free(text);
				text = NULL;
				break;
			}
			text = more;
			size *= 2;
		}
	}
	if (text)
		text[len] = 0;
	if (length)
		*length = len;
	close(fd);

	return text;
}

/**
 * vc_file_read() - all of a file
 * @fmt: its path
 *
 * Return: text for free(), or NULL with errno set: EBADMSG when it is no text, for it would
 * be cut off at the first zero byte.
 */
char *vc_file_read(const char *fmt, ...)
{
	char path[PATH_MAX];
	size_t len;
	char *text;

	PATH(path, fmt);
	text = read_all(path, &len);
	if (text && strlen(text) != len) {
		free(text);
		text = NULL;
		errno = EBADMSG;
	}

	return text;
}

/**
 * vc_file_word() - the first line of a file, without the newline
 * @fmt: its path
 *
 * Return: text for free(), or NULL with errno set.
 */
char *vc_file_word(const char *fmt, ...)
{
	char path[PATH_MAX];
	char *text;

	PATH(path, fmt);
	text = read_all(path, NULL);
	if (text)
		text[strcspn(text, "\n")] = 0;

	return text;
}

/**
 * vc_file_words() - a file of words with a zero behind each, as a process's arguments are
 * @fmt: its path
 *
 * Return: the words with a space behind each, for free(), or NULL with errno set.
 */
char *vc_file_words(const char *fmt, ...)
{
	char path[PATH_MAX];
	size_t len, i;
	char *text;

	PATH(path, fmt);
	text = read_all(path, &len);
	for (i = 0; text && i < len; i++)
		if (!text[i])
			text[i] = ' ';

	return text;
}

/**
 * vc_file_number() - the number that a file begins with
 * @fallback: for when there is none
 * @fmt: its path
 *
 * Return: the number.
 */
long long vc_file_number(long long fallback, const char *fmt, ...)
{
	char path[PATH_MAX];
	long long value;
	char *text, *end;

	PATH(path, fmt);
	text = read_all(path, NULL);
	if (!text)
		return fallback;
	value = strtoll(text, &end, 10);
	if (end == text)
		value = fallback;
	free(text);

	return value;
}

/**
 * vc_file_exists() - is there such a file or directory?
 * @fmt: its path
 *
 * Return: true or false.
 */
bool vc_file_exists(const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH(path, fmt);
	return !access(path, F_OK);
}

/**
 * vc_file_target() - the last part of what a symbolic link points to
 * @fmt: its path
 *
 * Return: text for free(), or NULL.
 */
char *vc_file_target(const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t n;

	PATH(path, fmt);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return NULL;
	target[n] = 0;
	last = strrchr(target, '/');

	return strdup(last ? last + 1 : target);
}

/**
 * vc_file_write() - write to a file of the kernel, which must be there
 * @text: what to write
 * @fmt: its path
 *
 * Return: 0 or a negative errno.
 */
int vc_file_write(const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd, err = 0;

	PATH(path, fmt);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);

	return err;
}

/* That of a file. Return: its descriptor, or a negative errno. */
static int open_directory(char *path)
{
	char *slash = strrchr(path, '/');
	int fd;

	*slash = 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';

	return fd < 0 ? -errno : fd;
}

/* Return: 0 or a negative errno. */
static int sync_directory(char *path)
{
	int fd = open_directory(path), err;

	if (fd < 0)
		return fd;
	err = fsync(fd) ? -errno : 0;
	close(fd);

	return err;
}

/* @like: whose owner and mode it is to have. Return: 0 or a negative errno. */
static int write_all(int fd, const char *text, const struct stat *like)
{
	FILE *file = fdopen(fd, "w");
	bool ok;

	if (!file) {
		close(fd);
		return -errno;
	}
	/* The mode comes last, as a new owner takes some of it away. */
	ok = !fchown(fileno(file), like->st_uid, like->st_gid) &&
	     !fchmod(fileno(file), like->st_mode & 07777) &&
	     fputs(text, file) >= 0 && !fflush(file) && !fsync(fileno(file));
	ok = !fclose(file) && ok;

	return ok ? 0 : -errno;
}

/* That of a file of our own, if there is none. Return: 0 or a negative errno. */
static int make_directory(char *path)
{
	char *slash = strrchr(path, '/');
	int err;

	*slash = 0;
	err = mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
	*slash = '/';

	return err;
}

/**
 * vc_file_lock() - have nobody else who locks it replace a file of our own
 * @fmt: its path; its directory is made if there is none, and it is what is locked
 *
 * Others have it for moments. Return: what is to be closed for them to go on, or a negative errno;
 * -EWOULDBLOCK when it takes somebody seconds.
 */
int vc_file_lock(const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd, err, tries;

	PATH(path, fmt);
	err = make_directory(path);
	if (err)
		return err;
	fd = open_directory(path);
	if (fd < 0)
		return fd;
	for (tries = LOCK_TRIES; flock(fd, LOCK_EX | LOCK_NB); tries--) {
		err = -errno;
		if (!tries || (err != -EWOULDBLOCK && err != -EINTR)) {
			close(fd);
			return err;
		}
		usleep(LOCK_USECS);
	}

	return fd;
}

/**
 * vc_file_save() - write a file, as a whole or not at all
 * @text: what it is to have
 * @path: its path, from wherever we are
 * @mode: who may read and write a new one
 *
 * Owner and mode of an old one stay as they are. If it is a link, what it points to is replaced.
 *
 * Return: 0 or a negative errno.
 */
int vc_file_save(const char *text, const char *path, mode_t mode)
{
	struct stat like = { .st_uid = geteuid(), .st_gid = getegid(), .st_mode = mode };
	char real[PATH_MAX], fresh[PATH_MAX + 8];
	int err, fd;

	if (realpath(path, real)) {
		if (stat(real, &like))
			return -errno;
	} else if (errno == ENOENT && readlink(path, real, 1) < 0) {
		if (snprintf(real, sizeof(real), "%s%s", strchr(path, '/') ? "" : "./", path) >=
		    (int)sizeof(real))
			return -ENAMETOOLONG;
	} else {
		return -errno;
	}
	/* Under a name that nobody has or can foresee. */
	snprintf(fresh, sizeof(fresh), "%s.XXXXXX", real);
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, &like);
	if (!err && rename(fresh, real))
		err = -errno;
	if (err)
		unlink(fresh);

	return err ?: sync_directory(real);
}

/**
 * vc_file_replace() - write a file of our own, as vc_file_save() does
 * @text: what it is to have
 * @fmt: its path; its directory is made if there is none
 *
 * Everybody may read a new one.
 *
 * Return: 0 or a negative errno.
 */
int vc_file_replace(const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	int err;

	PATH(path, fmt);
	err = make_directory(path);

	return err ?: vc_file_save(text, path, 0644);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/**
 * vc_file_list() - names in a directory, in the order of a person who counts
 * @fmt: its path
 *
 * Return: names with a NULL behind the last one, for vc_file_list_free(). An absent
 * directory is an empty one; NULL without memory.
 */
char **vc_file_list(const char *fmt, ...)
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	char **names;
	int n, i;

	PATH(path, fmt);
	n = scandir(path, &entries, not_hidden, versionsort);
	if (n < 0)
		n = 0;
	names = calloc(n + 1, sizeof(*names));
	for (i = 0; i < n; i++) {
		if (names)
			names[i] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);

	return names;
}

/**
 * vc_file_list_free() - free what vc_file_list() has made
 * @names: the names, or NULL
 */
void vc_file_list_free(char **names)
{
	size_t i;

	for (i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}
