/* SPDX-License-Identifier: GPL-2.0 */
/* The commands; each is in the file of its name. */
#ifndef VC_COMMANDS_H
#define VC_COMMANDS_H

int vc_cmd_list(int argc, char *argv[]);
int vc_cmd_show(int argc, char *argv[]);
int vc_cmd_top(int argc, char *argv[]);
int vc_cmd_pin(int argc, char *argv[]);
int vc_cmd_unpin(int argc, char *argv[]);
int vc_cmd_spread(int argc, char *argv[]);
int vc_cmd_mode(int argc, char *argv[]);
int vc_cmd_completion(int argc, char *argv[]);
int vc_cmd_queues(int argc, char *argv[]);
int vc_cmd_rate(int argc, char *argv[]);
int vc_cmd_policy(int argc, char *argv[]);
int vc_cmd_attach(int argc, char *argv[]);
int vc_cmd_detach(int argc, char *argv[]);
int vc_cmd_diagnose(int argc, char *argv[]);

#endif /* VC_COMMANDS_H */
