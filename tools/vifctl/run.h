/* SPDX-License-Identifier: GPL-2.0 */
/* Other programs, without a shell. */
#ifndef VC_RUN_H
#define VC_RUN_H

#include <stdbool.h>
#include <stddef.h>

/* What vc_run() returns when a program has not ended in time. */
#define VC_RUN_LATE	-1

bool vc_run_there(const char *program);
int vc_run(char *const argv[], double seconds, char *said, size_t size);

#endif /* VC_RUN_H */
