// SPDX-License-Identifier: GPL-2.0
/*
 * vifctl: see and steer the network interfaces of Xen guests.
 *
 *	vifctl [OPTIONS] COMMAND [ARGUMENT]...
 *
 * Exit status: 0 when it was done, 1 when the command line makes no sense, 2 when it was
 * refused.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "options.h"
#include "say.h"

#ifndef VIFCTL_VERSION
#define VIFCTL_VERSION "unknown"
#endif

struct vc_options vc_options;

static const struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *arguments;
	const char *help;
} commands[] = {
	{ "list", vc_cmd_list, "", "the vifs there are" },
	{ "show", vc_cmd_show, "[VIF]...", "all about vifs, with their queues" },
	{ "top", vc_cmd_top, "[-d SECONDS] [-s COLUMN] [-f] [-b [-n N]]",
	  "what vifs, queues and CPUs do, live" },
	{ "pin", vc_cmd_pin, "VIF|NIC [qN|all] to CPUS | near NIC | node N",
	  "bind interrupts, and with them the work" },
	{ "unpin", vc_cmd_unpin, "VIF|NIC [qN|all]", "let them go anywhere" },
	{ "spread", vc_cmd_spread, "[over CPUS]", "one CPU after the other for all queues of vifs" },
	{ "policy", vc_cmd_policy,
	  "[show | set VIF|NIC [qN|all] to CPUS [mode=MODE] | delete VIF|NIC [qN|all] |\n"
	  "             apply [VIF|NIC] | watch | covers IRQ]",
	  "where queues live whenever their vif connects, or their NIC comes up" },
	{ "mode", vc_cmd_mode, "VIF [napi|kthread|tasklet]", "what carries the packets" },
	{ "completion", vc_cmd_completion, "VIF [home|local]", "where pages are given back" },
	{ "queues", vc_cmd_queues, "VIF [N]", "how many queues packets to the guest use" },
	{ "rate", vc_cmd_rate, "VIF [RATE[@INTERVAL]|none]", "what a guest may send" },
	{ "attach", vc_cmd_attach, "DOMAIN 'mac=MAC,bridge=BRIDGE,...' [-t SECONDS]",
	  "a new vif, as in xl.cfg; wait until it is connected" },
	{ "detach", vc_cmd_detach, "VIF [-t SECONDS]", "remove it; wait until it is gone" },
	{ "diagnose", vc_cmd_diagnose, "[VIF|NIC|BRIDGE] [-t SECONDS] [--save FILE | --from FILE]",
	  "where packets are lost or held up" },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
	size_t i;

	printf("usage: vifctl [-j [-p]] [-n] COMMAND [ARGUMENT]...\n"
	       "  -j, --json      print JSON; -p, --pretty: of many lines\n"
	       "  -n, --dry-run   change nothing, only say what would be changed\n"
	       "  -V, --version   the version\n"
	       "commands:\n");
	for (i = 0; i < NR_COMMANDS; i++)
		printf("  %-10s %s\n%13s%s\n", commands[i].name, commands[i].arguments, "",
		       commands[i].help);
	printf("A VIF is an interface (vif1.0) or DOMAIN/HANDLE. See vifctl(8).\n");
}

/* The letter may mean something else to a command; this does not. */
#define DRY_RUN		0x100

static const struct option common[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "dry-run", no_argument, NULL, DRY_RUN },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

#define COMMON_LETTERS	"jpnVh"
#define NR_COMMON	(sizeof(common) / sizeof(common[0]) - 1)
#define OWN_MAX		8

/* What was to be printed may be lost until the end: on a disk that is full. */
static int end(int status)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		vc_refuse("not all could be printed%s%s", errno ? ": " : "",
			  errno ? strerror(errno) : "");

	return status;
}

static bool is_common(int option)
{
	switch (option) {
	case 'j':
		vc_options.json = true;
		return true;
	case 'p':
		vc_options.pretty = true;
		return true;
	case 'n':
	case DRY_RUN:
		vc_options.dry_run = true;
		return true;
	case 'V':
		printf("vifctl %s\n", VIFCTL_VERSION);
		exit(end(VC_OK));
	case 'h':
		help();
		exit(end(VC_OK));
	}

	return false;
}

static bool is_own(int option, const char *own)
{
	return option < 0 || (option < DRY_RUN && strchr(own, option));
}

/* Of several letters behind one dash only getopt() knows which it is. */
static void refuse_option(const char *last)
{
	if (!optopt || (!strncmp(last, "--", 2) && strchr(last, '=')))
		vc_usage("no option %s; see vifctl --help", last);
	vc_usage("no option -%c; see vifctl --help", optopt);
}

static int next_option(int argc, char *argv[], const char *how, const char *own,
		       const struct option *options)
{
	char letters[64];
	int option;

	/* Of two that are the same, getopt() takes the first. */
	snprintf(letters, sizeof(letters), "%s:%s%s", how, own, COMMON_LETTERS);
	do {
		option = getopt_long(argc, argv, letters, options, NULL);
		if (option == ':')
			vc_usage("%s needs a value; see vifctl --help", argv[optind - 1]);
		if (option == '?')
			refuse_option(argv[optind - 1]);
	} while (!is_own(option, own) && is_common(option));

	return option;
}

/**
 * vc_option() - the next option of a command that has some of its own
 * @argc: arguments behind the command
 * @argv: the arguments
 * @letters: of its own options, as for getopt(); they may be some that others share
 * @own: long ones, for getopt_long(); up to OWN_MAX
 *
 * What all commands know is seen to.
 *
 * Return: the option's letter; -1 behind the last one, when optind is the place of the
 * first argument that is none.
 */
int vc_option(int argc, char *argv[], const char *letters, const struct option *own)
{
	struct option options[NR_COMMON + OWN_MAX + 1] = {};
	int option;
	size_t i;

	memcpy(options, common, sizeof(common));
	for (i = 0; i < OWN_MAX && own[i].name; i++)
		options[NR_COMMON + i] = own[i];
	/* getopt() skips the first, which is the command. */
	option = next_option(argc + 1, argv - 1, "", letters, options);
	if (option < 0)
		optind--;

	return option;
}

/**
 * vc_print_json() - print an object as the user wants it, and let go of it
 * @object: the object
 */
void vc_print_json(struct json_object *object)
{
	int how = JSON_C_TO_STRING_NOSLASHESCAPE;

	how |= vc_options.pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
	       JSON_C_TO_STRING_PLAIN;
	puts(json_object_to_json_string_ext(object, how));
	json_object_put(object);
}

/* Does it have options that others do not? It reads them with vc_option() then. */
static bool has_own_options(const struct command *command)
{
	return command->run == vc_cmd_diagnose || command->run == vc_cmd_top ||
	       command->run == vc_cmd_attach || command->run == vc_cmd_detach;
}

static int run(const struct command *command, int argc, char *argv[])
{
	static const struct option none[] = { {} };

	/* Anew, with other arguments. */
	optind = 0;
	if (!has_own_options(command)) {
		vc_option(argc, argv, "", none);
		argc -= optind;
		argv += optind;
	}

	return command->run(argc, argv);
}

/*
 * What is opened first would get the number of one that is closed, and all that is printed:
 * XenStore's connection. Printing is to fail instead.
 */
static void fill_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char *argv[])
{
	size_t i;

	opterr = 0;
	fill_descriptors();
	vc_options.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	/* Those before the command; a command may have others. */
	next_option(argc, argv, "+", "", common);
	argc -= optind;
	argv += optind;
	if (!argc)
		vc_usage("say what to do; see vifctl --help");
	if (!strcmp(argv[0], "help")) {
		help();
		return end(VC_OK);
	}
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[0], commands[i].name))
			return end(run(&commands[i], argc - 1, argv + 1));
	vc_usage("no command %s; see vifctl --help", argv[0]);
}
