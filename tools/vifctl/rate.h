/* SPDX-License-Identifier: GPL-2.0 */
/* Rates as xl.cfg writes them (xl-network-configuration(5)). */
#ifndef VC_RATE_H
#define VC_RATE_H

#include <stdbool.h>

/**
 * struct vc_rate - what a vif may send
 * @bytes: so many bytes
 * @usecs: in so many microseconds
 */
struct vc_rate {
	unsigned long long bytes;
	unsigned long long usecs;
};

bool vc_rate_parse(const char *text, struct vc_rate *rate);
bool vc_rate_parse_key(const char *key, struct vc_rate *rate);

#endif /* VC_RATE_H */
