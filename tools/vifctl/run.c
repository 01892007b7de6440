// SPDX-License-Identifier: GPL-2.0
/* Other programs; see run.h. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "say.h"

/**
 * vc_run_there() - is there such a program?
 * @program: its name, to be looked for in PATH
 *
 * Return: true or false.
 */
bool vc_run_there(const char *program)
{
	const char *dir = getenv("PATH") ?: "/usr/sbin:/usr/bin:/sbin:/bin";
	char path[PATH_MAX];
	size_t len;

	for (; *dir; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s/%s", (int)len, dir, program);
		if (!access(path, X_OK))
			return true;
	}

	return false;
}

/* All that comes until the end; the first line that is not empty is kept. */
static void keep_first_line(int fd, char *line, size_t size)
{
	size_t len = 0, i;
	bool whole = false;
	char text[512];
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0 || (n < 0 && errno == EINTR))
		for (i = 0; n > 0 && i < (size_t)n && !whole; i++) {
			if (text[i] == '\n')
				whole = len;
			else if (len + 1 < size)
				line[len++] = iscntrl((unsigned char)text[i]) ? '?' : text[i];
		}
	line[len] = 0;
}

/**
 * vc_run() - run a program, and wait for its end
 * @argv: its name, to be looked for in PATH, its arguments, and a NULL
 * @said: filled in with the first line of what it said, the cause of what comes after it
 * @size: bytes of @said
 *
 * Nothing else of what it says is to be seen: we have one line for the user.
 *
 * Return: its exit status; 128 and the number of the signal that ended it.
 */
int vc_run(char *const argv[], char *said, size_t size)
{
	int status, ends[2];
	pid_t pid;

	fflush(stdout);
	pid = pipe2(ends, O_CLOEXEC) ? -1 : fork();
	if (pid < 0)
		vc_refuse("cannot run %s: %s", argv[0], strerror(errno));
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	keep_first_line(ends[0], said, size);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			vc_refuse("waiting for %s: %s", argv[0], strerror(errno));

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
