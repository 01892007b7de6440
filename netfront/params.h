/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters. */
#ifndef XNF_PARAMS_H
#define XNF_PARAMS_H

#include <linux/types.h>

unsigned int xnf_params_max_queues(void);
bool xnf_params_trusted(void);
unsigned int xnf_params_watchdog_reconnect_secs(void);

#endif /* XNF_PARAMS_H */
