// SPDX-License-Identifier: GPL-2.0
/* What --dry-run prints; see dryrun.h. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dryrun.h"
#include "options.h"
#include "say.h"

/* What a shell would leave as it is. */
#define PLAIN	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"

static int tell(char *command)
{
	struct json_object *object;

	if (vc_options.json) {
		object = json_object_new_object();
		json_object_object_add(object, "dry_run", json_object_new_boolean(true));
		json_object_object_add(object, "command", json_object_new_string(command));
		vc_print_json(object);
	} else {
		puts(command);
	}
	free(command);

	return VC_OK;
}

/**
 * vc_dry_run() - print what would do what is not done
 * @fmt: a command of the shell, as for printf
 *
 * Return: the exit status.
 */
int vc_dry_run(const char *fmt, ...)
{
	va_list args;
	char *command;
	int len;

	va_start(args, fmt);
	len = vasprintf(&command, fmt, args);
	va_end(args);
	if (len < 0)
		vc_refuse("no memory");

	return tell(command);
}

static void quote(FILE *text, const char *word)
{
	const char *c;

	if (*word && !word[strspn(word, PLAIN)]) {
		fputs(word, text);
		return;
	}
	putc('\'', text);
	for (c = word; *c; c++)
		fputs(*c == '\'' ? "'\\''" : (char[]) { *c, 0 }, text);
	putc('\'', text);
}

/**
 * vc_dry_run_program() - print which program would be run
 * @argv: as for vc_run()
 *
 * Return: the exit status.
 */
int vc_dry_run_program(char *const argv[])
{
	char *command = NULL;
	size_t size, i;
	FILE *text;

	text = open_memstream(&command, &size);
	if (!text)
		vc_refuse("no memory");
	for (i = 0; argv[i]; i++) {
		if (i)
			putc(' ', text);
		quote(text, argv[i]);
	}
	if (fclose(text))
		vc_refuse("no memory");

	return tell(command);
}
