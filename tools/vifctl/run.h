/* SPDX-License-Identifier: GPL-2.0 */
/* Other programs, without a shell. */
#ifndef VC_RUN_H
#define VC_RUN_H

#include <stdbool.h>
#include <stddef.h>

bool vc_run_there(const char *program);
int vc_run(char *const argv[], char *said, size_t size);

#endif /* VC_RUN_H */
