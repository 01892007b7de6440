/* SPDX-License-Identifier: GPL-2.0 */
/* netback's tracepoints, in an instance of the tracing system of our own. */
#ifndef RF_TRACE_H
#define RF_TRACE_H

void rf_trace_begin(void);
void rf_trace_end(void);
unsigned int rf_trace_count(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void rf_trace_show(void);

#endif /* RF_TRACE_H */
