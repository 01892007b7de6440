/* SPDX-License-Identifier: GPL-2.0 */
/* What --dry-run prints where else a command of the shell would do the same. */
#ifndef VC_DRYRUN_H
#define VC_DRYRUN_H

int vc_dry_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vc_dry_run_program(char *const argv[]);

#endif /* VC_DRYRUN_H */
