// SPDX-License-Identifier: GPL-2.0
/* Other programs; see run.h. */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
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

/* The first line of a file that is not empty. */
static void first_line(int fd, char *line, size_t size)
{
	ssize_t n = pread(fd, line, size - 1, 0);
	char *begin;

	line[n > 0 ? n : 0] = 0;
	begin = line + strspn(line, "\n");
	memmove(line, begin, strlen(begin) + 1);
	line[strcspn(line, "\n")] = 0;
	vc_say_safely(line);
}

/* Return: true when the program has ended within so many seconds. */
static bool ends_in_time(pid_t pid, double seconds)
{
	struct pollfd fd = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int ready;

	if (fd.fd < 0)
		vc_refuse("waiting for a program: %s", strerror(errno));
	do
		ready = poll(&fd, 1, seconds * 1000 + 1);
	while (ready < 0 && errno == EINTR);
	close(fd.fd);

	return ready > 0;
}

/**
 * vc_run() - run a program, and wait for its end
 * @argv: its name, to be looked for in PATH, its arguments, and a NULL
 * @seconds: for so long; then it is left to itself
 * @said: filled in with the first line of what it said, the cause of what comes after it
 * @size: bytes of @said
 *
 * Nothing else of what it says is to be seen: we have one line for the user.
 *
 * Return: its exit status; 128 and the number of the signal that ended it; VC_RUN_LATE when it has
 * not ended in time.
 */
int vc_run(char *const argv[], double seconds, char *said, size_t size)
{
	/* No pipe: what it leaves running may hold that for long. */
	int status, fd = memfd_create(argv[0], MFD_CLOEXEC);
	pid_t pid;

	fflush(stdout);
	pid = fd < 0 ? -1 : fork();
	if (pid < 0)
		vc_refuse("cannot run %s: %s", argv[0], strerror(errno));
	if (!pid) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		signal(SIGPIPE, SIG_DFL);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (!ends_in_time(pid, seconds)) {
		close(fd);
		*said = 0;
		return VC_RUN_LATE;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			vc_refuse("waiting for %s: %s", argv[0], strerror(errno));
	first_line(fd, said, size);
	close(fd);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
