/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of the kernel: /proc, /sys and debugfs; and those of our own.
 *
 * Paths are printf formats and absolute. With VIFCTL_ROOT in the environment they are
 * looked for below that directory, which is how recorded trees are read in tests. That of
 * vc_file_save() is the user's, and taken as it is.
 */
#ifndef VC_FILE_H
#define VC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

char *vc_file_read(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vc_file_word(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vc_file_words(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
long long vc_file_number(long long fallback, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool vc_file_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vc_file_target(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vc_file_write(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int vc_file_lock(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vc_file_save(const char *text, const char *path, mode_t mode);
int vc_file_replace(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char **vc_file_list(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vc_file_list_free(char **names);

#endif /* VC_FILE_H */
