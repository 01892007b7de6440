/* SPDX-License-Identifier: GPL-2.0 */
/* Keep a CPU busy, so that nothing else runs on it but interrupts. */
#ifndef RF_BUSY_H
#define RF_BUSY_H

void rf_busy_begin(int cpu);
void rf_busy_end(void);

#endif /* RF_BUSY_H */
