/* SPDX-License-Identifier: GPL-2.0 */
/* Files of the kernel's, with a word or a number in them. */
#ifndef RF_FILES_H
#define RF_FILES_H

#include <stdbool.h>

long rf_read_number(const char *path, long otherwise);
int rf_write_file(const char *path, const char *text);
bool rf_load_module(const char *name);

#endif /* RF_FILES_H */
