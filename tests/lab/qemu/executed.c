// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU: how many instructions each CPU of the machine has executed, and where.
 *
 * -plugin executed.so,socket=PATH
 *
 * Whoever connects to the socket gets what was executed since somebody did so last: records
 * of a 64-bit address and of a 64-bit number for each CPU, as this machine has them in
 * memory. An address stands for the PLACE bytes from there on, and for the whole blocks of
 * code that begin in them. Blocks are counted as wholes when they begin; one that an
 * exception ends is counted to its end.
 *
 * Counting is an addition at the beginning of each block, in the code that QEMU generates.
 * The machine does not know of it, nor does its clock where that counts instructions.
 */

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * The part of QEMU's interface for plugins that is used here (docs/devel/tcg-plugins.rst).
 * It comes with QEMU's source, and Debian has no package of it. Version 2 is the first with
 * counters for each CPU; QEMU says which ones it can serve, and refuses others.
 */
#define PLUGIN_VERSION	2

struct qemu_plugin_tb;
struct qemu_plugin_scoreboard;
typedef struct { struct qemu_plugin_scoreboard *score; size_t offset; } qemu_plugin_u64;
typedef struct {
	const char *target_name;
	struct { int min, cur; } version;
	bool system_emulation;
	struct { int smp_vcpus, max_vcpus; } system;
} qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score, unsigned int vcpu);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *tb,
						       enum qemu_plugin_op op,
						       qemu_plugin_u64 entry, uint64_t imm);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#define EXPORT	__attribute__((visibility("default")))

EXPORT int qemu_plugin_version = PLUGIN_VERSION;
EXPORT int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc, char **argv);

/* Functions are aligned to this. */
#define PLACE	16
/* Of different places at most, all that a kernel and a hypervisor run in hours fits in. */
#define PLACES	(1 << 19)
/* All programs are one place; below this address there are only they. */
#define PROGRAMS_END	0xffff800000000000ULL
/* One for programs, and for what found no place any more. */
#define REST	0

static uint64_t place[PLACES];
static unsigned int nr_places = 1;
/* What each CPU had executed when somebody asked last. */
static uint64_t *asked;
static struct qemu_plugin_scoreboard *score;
static unsigned int nr_cpus;
static int listener;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The index of an address's place: a hash table that only grows. */
static unsigned int find_place(uint64_t address)
{
	unsigned int i;

	if (address < PROGRAMS_END)
		return REST;
	address -= address % PLACE;
	i = (address / PLACE * 0x9e3779b97f4a7c15ULL) >> 45;
	for (;; i = (i + 1) % PLACES) {
		if (i == REST)
			continue;
		if (place[i] == address)
			return i;
		if (place[i])
			continue;
		if (nr_places >= PLACES / 4 * 3)
			return REST;
		place[i] = address;
		nr_places++;
		return i;
	}
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	qemu_plugin_u64 entry = { .score = score };

	(void)id;
	pthread_mutex_lock(&lock);
	entry.offset = sizeof(uint64_t) * find_place(qemu_plugin_tb_vaddr(tb));
	pthread_mutex_unlock(&lock);
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, QEMU_PLUGIN_INLINE_ADD_U64, entry,
							  qemu_plugin_tb_n_insns(tb));
}

/* CPUs go on meanwhile, so a number may be of a moment later than another. */
static void answer(FILE *to)
{
	uint64_t record[1 + nr_cpus], now, *before = asked;
	unsigned int i, cpu;
	bool any;

	for (i = 0; i < PLACES; i++) {
		record[0] = place[i];
		any = false;
		for (cpu = 0; cpu < nr_cpus; cpu++, before++) {
			now = ((volatile uint64_t *)qemu_plugin_scoreboard_find(score, cpu))[i];
			record[1 + cpu] = now - *before;
			any |= now != *before;
			*before = now;
		}
		if (any)
			fwrite(record, sizeof(record), 1, to);
	}
}

static void *serve(void *unused)
{
	FILE *to;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		to = fdopen(fd, "w");
		if (!to) {
			close(fd);
			continue;
		}
		answer(to);
		fclose(to);
	}

	return unused;
}

int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sigset_t all, before;
	pthread_t thread;
	int err;

	if (argc != 1 || strncmp(argv[0], "socket=", 7) || !argv[0][7] ||
	    strlen(argv[0] + 7) >= sizeof(address.sun_path)) {
		fprintf(stderr, "executed: say where to listen: socket=PATH\n");
		return -1;
	}
	strcpy(address.sun_path, argv[0] + 7);

	nr_cpus = info->system.smp_vcpus;
	score = qemu_plugin_scoreboard_new(PLACES * sizeof(uint64_t));
	asked = calloc((size_t)PLACES * nr_cpus, sizeof(*asked));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(address.sun_path);
	if (!asked || listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1)) {
		perror("executed");
		return -1;
	}
	/* Signals are for QEMU's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, NULL, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		fprintf(stderr, "executed: no thread\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);

	return 0;
}
