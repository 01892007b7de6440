// SPDX-License-Identifier: GPL-2.0
/* Other programs; see run.h. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "say.h"

/* What a shell would not leave as it is. */
#define PLAIN	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"

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

/**
 * vc_run() - run a program, and wait for its end
 * @argv: its name, to be looked for in PATH, its arguments, and a NULL
 *
 * What it says goes to stderr: stdout is for what we say.
 *
 * Return: its exit status; 128 and the number of the signal that ended it.
 */
int vc_run(char *const argv[])
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		vc_refuse("cannot run %s: %s", argv[0], strerror(errno));
	if (!pid) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			vc_refuse("waiting for %s: %s", argv[0], strerror(errno));

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/**
 * vc_run_print() - print what would be run, for a shell
 * @argv: as for vc_run()
 */
void vc_run_print(char *const argv[])
{
	const char *c;
	size_t i;

	for (i = 0; argv[i]; i++) {
		if (i)
			putchar(' ');
		if (*argv[i] && !argv[i][strspn(argv[i], PLAIN)]) {
			fputs(argv[i], stdout);
			continue;
		}
		putchar('\'');
		for (c = argv[i]; *c; c++)
			fputs(*c == '\'' ? "'\\''" : (char[]) { *c, 0 }, stdout);
		putchar('\'');
	}
	putchar('\n');
}
