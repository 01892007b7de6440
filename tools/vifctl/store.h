/* SPDX-License-Identifier: GPL-2.0 */
/* XenStore, as far as vifs need it. What is read is read outside transactions. */
#ifndef VC_STORE_H
#define VC_STORE_H

#include <stdbool.h>

bool vc_store_open(void);
void vc_store_need(void);
void vc_store_optional(void);
char *vc_store_read(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
long long vc_store_number(long long fallback, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int vc_store_write(const char *value, const char *dir, const char *key);
int vc_store_remove(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char **vc_store_list(unsigned int *count, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *vc_store_state(int state);
void vc_store_watch(const char *path, const char *token);
void vc_store_check(void);
int vc_store_fd(void);
void vc_store_wait(char path[], unsigned int size, int timeout_ms);

#endif /* VC_STORE_H */
