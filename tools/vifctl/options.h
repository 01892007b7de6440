/* SPDX-License-Identifier: GPL-2.0 */
/* The options that every command knows, and what is printed by them. */
#ifndef VC_OPTIONS_H
#define VC_OPTIONS_H

#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>

/**
 * struct vc_options - what was asked for on the command line
 * @json: print JSON
 * @pretty: of many lines
 * @dry_run: change nothing, say what would be changed
 * @colour: stdout is a terminal that may have colours
 */
struct vc_options {
	bool json;
	bool pretty;
	bool dry_run;
	bool colour;
};

extern struct vc_options vc_options;

int vc_option(int argc, char *argv[], const char *letters, const struct option *own);
void vc_print_json(struct json_object *object);

#endif /* VC_OPTIONS_H */
