// SPDX-License-Identifier: GPL-2.0
/* Files of the kernel's; see files.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

/**
 * rf_read_number() - read a file with a number in it
 * @path: the file
 * @otherwise: what to return when there is none
 *
 * Return: the number.
 */
long rf_read_number(const char *path, long otherwise)
{
	FILE *file = fopen(path, "re");
	long value;

	if (!file)
		return otherwise;
	if (fscanf(file, "%ld", &value) != 1)
		value = otherwise;
	fclose(file);

	return value;
}

/**
 * rf_write_file() - write to a file, with one call
 * @path: the file
 * @text: what to write
 *
 * Return: 0 or a negative errno.
 */
int rf_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);

	return err;
}

/** rf_load_module() - load a kernel module; false when that cannot be done */
bool rf_load_module(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "modprobe -q %s 2>/dev/null", name);
	return !system(command);
}
