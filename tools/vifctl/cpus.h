/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of CPUs, written as the kernel writes them: "0-3,8". */
#ifndef VC_CPUS_H
#define VC_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as NR_CPUS of distributions' kernels. */
#define VC_CPUS_MAX	8192

/* Bytes that any set takes as a list: at worst two of three CPUs, as "1000-1001,". */
#define VC_CPUS_LIST	((VC_CPUS_MAX / 3 + 1) * 10)

/**
 * struct vc_cpus - a set of CPUs
 * @bits: one each
 */
struct vc_cpus {
	uint64_t bits[VC_CPUS_MAX / 64];
};

bool vc_cpus_parse(const char *list, struct vc_cpus *cpus);
void vc_cpus_print(const struct vc_cpus *cpus, char *list, size_t size);
bool vc_cpus_has(const struct vc_cpus *cpus, unsigned int cpu);
void vc_cpus_add(struct vc_cpus *cpus, unsigned int cpu);
unsigned int vc_cpus_count(const struct vc_cpus *cpus);
int vc_cpus_nth(const struct vc_cpus *cpus, unsigned int n);
int vc_cpus_next(const struct vc_cpus *cpus, int cpu);

/* For each of them, as "cpu"; the set stays as it is meanwhile. */
#define vc_cpus_each(cpu, cpus) \
	for ((cpu) = vc_cpus_next(cpus, -1); (cpu) >= 0; (cpu) = vc_cpus_next(cpus, cpu))

bool vc_cpus_within(const struct vc_cpus *cpus, const struct vc_cpus *others);

#endif /* VC_CPUS_H */
