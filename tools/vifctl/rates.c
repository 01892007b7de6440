// SPDX-License-Identifier: GPL-2.0
/* From two samples to rates; see rates.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "info.h"
#include "rates.h"
#include "sample.h"
#include "say.h"

/* A CPU with less time than this to spare has none. */
#define SATURATED	0.95

/*
 * The kernel counts interrupts with 32 bits. One that was near the end and is near the
 * beginning has gone round; any other that is less than it was has begun anew.
 */
#define WRAP_NEAR	(1u << 28)

/* What our netback has done on a CPU, in the names of its table and of ours. */
enum work { RUNS, RUN_NS, RELEASED, DRAINED, NR_WORK };

static const char *const work_columns[NR_WORK] = { "runs", "run_ns", "released", "drained" };

/**
 * struct strip - what is known of a CPU
 * @cpu: its number
 * @interrupts: of vifs
 * @nic_interrupts: of NICs
 * @work: our netback's, if any of the vifs is ours
 * @released: names of vifs for which packets were released here, away from home
 * @drained: names of those for which pages were unmapped here, away from home
 */
struct strip {
	unsigned int cpu;
	unsigned long long interrupts;
	unsigned long long nic_interrupts;
	unsigned long long work[NR_WORK];
	struct json_object *released;
	struct json_object *drained;
};

struct strips {
	size_t count;
	struct strip *strip;
	bool ours;
};

static void add_text(struct json_object *info, const char *key, const char *text)
{
	json_object_object_add(info, key, text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *info, const char *key, double value,
		       unsigned int digits)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", digits, value);
	json_object_object_add(info, key, json_object_new_double_s(value, text));
}

/* A rate, or null. */
static void add_rate(struct json_object *info, const char *key, bool known, double value)
{
	if (known)
		add_number(info, key, value, 1);
	else
		json_object_object_add(info, key, NULL);
}

static bool grown(const struct vc_counts *before, const struct vc_counts *after,
		  enum vc_count count, unsigned long long *by)
{
	if (!before || !(before->known & after->known & 1u << count) ||
	    after->value[count] < before->value[count])
		return false;
	*by = after->value[count] - before->value[count];

	return true;
}

static void add_batch(struct json_object *info, const char *key, const struct vc_counts *before,
		      const struct vc_counts *after, enum vc_count packets, enum vc_count batches)
{
	unsigned long long p = 0, b = 0;
	bool known = grown(before, after, packets, &p) && grown(before, after, batches, &b) && b;

	add_rate(info, key, known, known ? (double)p / b : 0);
}

static void add_rates(struct json_object *info, const struct vc_counts *before,
		      const struct vc_counts *after, double seconds)
{
	static const struct {
		const char *key;
		enum vc_count count;
		unsigned int times;
	} rates[] = {
		{ "rx_packets_per_s", VC_RX_PACKETS, 1 }, { "rx_bits_per_s", VC_RX_BYTES, 8 },
		{ "rx_drops_per_s", VC_RX_DROPS, 1 }, { "rx_errors_per_s", VC_RX_ERRORS, 1 },
		{ "tx_packets_per_s", VC_TX_PACKETS, 1 }, { "tx_bits_per_s", VC_TX_BYTES, 8 },
		{ "tx_drops_per_s", VC_TX_DROPS, 1 }, { "tx_errors_per_s", VC_TX_ERRORS, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		unsigned long long by = 0;
		bool known = grown(before, after, rates[i].count, &by);

		add_rate(info, rates[i].key, known, (double)by * rates[i].times / seconds);
	}
	add_batch(info, "rx_batch_packets", before, after, VC_RX_PACKETS, VC_RX_BATCHES);
	add_batch(info, "tx_batch_packets", before, after, VC_TX_PACKETS, VC_TX_BATCHES);
}

static struct strip *strip_of(const struct strips *strips, long long cpu)
{
	size_t i;

	/* Mostly all are online, and in order. */
	if (cpu >= 0 && (size_t)cpu < strips->count && strips->strip[cpu].cpu == cpu)
		return &strips->strip[cpu];
	for (i = 0; i < strips->count; i++)
		if (strips->strip[i].cpu == cpu)
			return &strips->strip[i];

	return NULL;
}

static struct strips make_strips(const struct vc_sample *sample)
{
	size_t count = json_object_object_length(sample->cpustat);
	struct strips strips = { .strip = calloc(count + 1, sizeof(*strips.strip)) };

	if (!strips.strip)
		vc_refuse("no memory");
	json_object_object_foreach(sample->cpustat, name, times) {
		(void)times;
		strips.strip[strips.count++] = (struct strip) {
			.cpu = strtoul(name, NULL, 10),
			.released = json_object_new_array(),
			.drained = json_object_new_array(),
		};
	}

	return strips;
}

/* How often an interrupt came on the CPU of a column; all that it ever did if it is new. */
static unsigned long long came(const struct vc_irqs *before, const struct vc_irq *was,
			       const struct vc_irqs *after, const struct vc_irq *is,
			       unsigned int column)
{
	unsigned int cpu = after->cpu[column], i = column;
	uint32_t by;

	if (!was)
		return is->per_cpu[column];
	/* CPUs may have gone offline or come online. */
	if (i >= before->nr_cpus || before->cpu[i] != cpu)
		for (i = 0; i < before->nr_cpus && before->cpu[i] != cpu; i++)
			;
	if (i == before->nr_cpus)
		return 0;
	if (is->per_cpu[column] >= was->per_cpu[i])
		return is->per_cpu[column] - was->per_cpu[i];
	by = (uint32_t)is->per_cpu[column] - (uint32_t)was->per_cpu[i];

	return by < WRAP_NEAR ? by : is->per_cpu[column];
}

/* A vif's interrupts, by queue; each also counts on its CPU. */
static unsigned long long count_events(const struct vc_sample *before,
				       const struct vc_sample *after,
				       const struct vc_sample_vif *vif,
				       unsigned long long *queue_events, struct strips *strips)
{
	unsigned long long sum = 0, by;
	unsigned int column;
	struct strip *strip;
	size_t i;
	int n;

	for (i = 0; i < after->irqs->count; i++) {
		const struct vc_irq *is = &after->irqs->irq[i], *was;

		n = vc_vif_irq(&vif->vif, is->name);
		if (n < 0)
			continue;
		was = vc_irqs_find(before->irqs, is->name);
		for (column = 0; column < after->irqs->nr_cpus; column++) {
			by = came(before->irqs, was, after->irqs, is, column);
			strip = strip_of(strips, after->irqs->cpu[column]);
			if (strip)
				strip->interrupts += by;
			if ((unsigned int)n < vif->nr_queues)
				queue_events[n] += by;
			sum += by;
		}
	}

	return sum;
}

/* Some have a name only while the NIC is up: the number tells, if it was a NIC's before. */
static const struct vc_irq *same_irq(const struct vc_irqs *irqs, const struct vc_irq *irq)
{
	size_t i;

	for (i = 0; i < irqs->count; i++)
		if (irqs->irq[i].number == irq->number &&
		    (irqs->irq[i].nic || !strcmp(irqs->irq[i].name, irq->name)))
			return &irqs->irq[i];

	return NULL;
}

static void count_nics(const struct vc_sample *before, const struct vc_sample *after,
		       struct strips *strips)
{
	const struct vc_irqs *irqs = after->irqs;
	const struct vc_irq *was;
	unsigned int column;
	struct strip *strip;
	size_t i;

	for (i = 0; i < irqs->count; i++) {
		if (!irqs->irq[i].nic)
			continue;
		was = same_irq(before->irqs, &irqs->irq[i]);
		for (column = 0; column < irqs->nr_cpus; column++) {
			strip = strip_of(strips, irqs->cpu[column]);
			if (strip)
				strip->nic_interrupts += came(before->irqs, was, irqs,
							      &irqs->irq[i], column);
		}
	}
}

/* Also where its queues lived at first: they may have moved in between. */
static void find_homes(const struct vc_sample_vif *vif, struct vc_cpus *homes)
{
	unsigned int n;

	for (n = 0; vif && n < vif->nr_queues; n++)
		if (vif->queue[n].home >= 0 && vif->queue[n].home < VC_CPUS_MAX)
			vc_cpus_add(homes, vif->queue[n].home);
}

static struct json_object *work_on(struct json_object *work, long long cpu)
{
	size_t i, count = json_object_array_length(work);
	struct json_object *row;

	if (cpu >= 0 && (size_t)cpu < count) {
		row = json_object_array_get_idx(work, cpu);
		if (vc_info_number(row, "cpu", -1) == cpu)
			return row;
	}
	for (i = 0; i < count; i++) {
		row = json_object_array_get_idx(work, i);
		if (vc_info_number(row, "cpu", -1) == cpu)
			return row;
	}

	return NULL;
}

static void add_work(const struct vc_sample_vif *before, const struct vc_sample_vif *after,
		     struct strips *strips)
{
	struct vc_cpus homes = {};
	size_t i;
	int w;

	if (!after->work)
		return;
	strips->ours = true;
	if (!before || !before->work)
		return;
	find_homes(before, &homes);
	find_homes(after, &homes);
	for (i = 0; i < json_object_array_length(after->work); i++) {
		struct json_object *is = json_object_array_get_idx(after->work, i);
		long long cpu = vc_info_number(is, "cpu", -1);
		struct json_object *was = work_on(before->work, cpu);
		struct strip *strip = strip_of(strips, cpu);
		long long by[NR_WORK];

		if (!strip || !was)
			continue;
		for (w = 0; w < NR_WORK; w++) {
			by[w] = vc_info_number(is, work_columns[w], 0) -
				vc_info_number(was, work_columns[w], 0);
			if (by[w] < 0)
				by[w] = 0;
			strip->work[w] += by[w];
		}
		/* Nobody is away from home who has none. */
		if (!vc_cpus_count(&homes) || vc_cpus_has(&homes, cpu))
			continue;
		if (by[RELEASED])
			json_object_array_add(strip->released,
					      json_object_new_string(after->vif.ifname));
		if (by[DRAINED])
			json_object_array_add(strip->drained,
					      json_object_new_string(after->vif.ifname));
	}
}

static void add_homes(struct json_object *info, const struct vc_sample_vif *vif)
{
	struct vc_cpus homes = {};
	char list[VC_CPUS_LIST];

	find_homes(vif, &homes);
	vc_cpus_print(&homes, list, sizeof(list));
	add_text(info, "home_cpus", *list ? list : NULL);
}

static void add_queues(struct json_object *info, const struct vc_sample_vif *before,
		       const struct vc_sample_vif *after, const unsigned long long *events,
		       double seconds)
{
	struct json_object *queues = json_object_new_array();
	unsigned int n;

	for (n = 0; n < after->nr_queues; n++) {
		struct json_object *queue = json_object_new_object();
		const struct vc_sample_queue *is = &after->queue[n];

		json_object_object_add(queue, "queue", json_object_new_int64(n));
		json_object_object_add(queue, "home_cpu",
				       is->home >= 0 ? json_object_new_int64(is->home) : NULL);
		add_rates(queue, before && n < before->nr_queues ? &before->queue[n].counts : NULL,
			  &is->counts, seconds);
		add_rate(queue, "events_per_s", before, events[n] / seconds);
		json_object_array_add(queues, queue);
	}
	json_object_object_add(info, "queues", queues);
}

static const struct vc_sample_vif *find(const struct vc_sample *sample,
					const struct vc_sample_vif *other)
{
	size_t i;

	for (i = 0; i < sample->nr_vifs; i++)
		if (sample->vif[i].ifindex == other->ifindex &&
		    sample->vif[i].vif.frontend == other->vif.frontend &&
		    !strcmp(sample->vif[i].vif.node, other->vif.node))
			return &sample->vif[i];

	return NULL;
}

static struct json_object *vif_rates(const struct vc_sample *before,
				     const struct vc_sample *after,
				     const struct vc_sample_vif *is, struct strips *strips,
				     double seconds)
{
	struct json_object *info = json_object_new_object();
	const struct vc_sample_vif *was = find(before, is);
	unsigned long long *queue_events, events;

	queue_events = calloc(is->nr_queues + 1, sizeof(*queue_events));
	if (!queue_events)
		vc_refuse("no memory");
	add_text(info, "vif", is->vif.ifname);
	add_text(info, "role", is->vif.frontend ? "frontend" : "backend");
	add_text(info, "domain", is->vif.domain);
	json_object_object_add(info, "domain_id", json_object_new_int64(is->vif.domid));
	json_object_object_add(info, "handle", json_object_new_int64(is->vif.handle));
	add_homes(info, is);
	add_rates(info, was ? &was->counts : NULL, &is->counts, seconds);
	events = count_events(before, after, is, queue_events, strips);
	add_rate(info, "events_per_s", was, events / seconds);
	add_queues(info, was, is, queue_events, seconds);
	add_work(was, is, strips);
	free(queue_events);

	return info;
}

/* Of the CPU's time: ticks that some kinds of it took. */
static bool share(struct json_object *before, struct json_object *after, const char *const kinds[],
		  double *part)
{
	long long all = 0, some = 0, by;
	int i;

	if (!before || !after)
		return false;
	json_object_object_foreach(after, kind, value) {
		by = json_object_get_int64(value) - vc_info_number(before, kind, 0);
		/* Idle times are said to go back a little at times. */
		if (by < 0)
			by = 0;
		all += by;
		for (i = 0; kinds[i]; i++)
			if (!strcmp(kind, kinds[i]))
				some += by;
	}
	if (!all)
		return false;
	*part = (double)some / all;

	return true;
}

static void add_share(struct json_object *info, const char *key, bool known, double part)
{
	if (known)
		add_number(info, key, part, 3);
	else
		json_object_object_add(info, key, NULL);
}

static void add_times(struct json_object *info, struct json_object *before,
		      struct json_object *after)
{
	static const char *const softirq[] = { "softirq_ticks", NULL };
	static const char *const steal[] = { "steal_ticks", NULL };
	static const char *const idle[] = { "idle_ticks", "iowait_ticks", NULL };
	double part = 0;
	bool known;

	known = share(before, after, softirq, &part);
	add_share(info, "softirq_share", known, part);
	known = share(before, after, steal, &part);
	add_share(info, "steal_share", known, part);
	/* Time that Xen gave to somebody else is none to spare, either. */
	known = share(before, after, idle, &part);
	add_share(info, "busy_share", known, 1 - part);
	json_object_object_add(info, "saturated", known ?
			       json_object_new_boolean(1 - part >= SATURATED) : NULL);
}

static struct json_object *cpu_rates(const struct vc_sample *before,
				     const struct vc_sample *after, const struct strip *strip,
				     bool ours, double seconds)
{
	struct json_object *info = json_object_new_object(), *was = NULL, *is = NULL;
	char name[16];

	snprintf(name, sizeof(name), "%u", strip->cpu);
	json_object_object_get_ex(before->cpustat, name, &was);
	json_object_object_get_ex(after->cpustat, name, &is);
	json_object_object_add(info, "cpu", json_object_new_int64(strip->cpu));
	add_number(info, "vif_interrupts_per_s", strip->interrupts / seconds, 1);
	add_number(info, "nic_interrupts_per_s", strip->nic_interrupts / seconds, 1);
	add_rate(info, "runs_per_s", ours, strip->work[RUNS] / seconds);
	add_share(info, "run_share", ours, strip->work[RUN_NS] / 1e9 / seconds);
	add_rate(info, "released_packets_per_s", ours, strip->work[RELEASED] / seconds);
	add_rate(info, "drained_pages_per_s", ours, strip->work[DRAINED] / seconds);
	json_object_object_add(info, "released_away_vifs", strip->released);
	json_object_object_add(info, "drained_away_vifs", strip->drained);
	add_times(info, was, is);

	return info;
}

/**
 * vc_rates() - what happens in a second
 * @before: a sample
 * @after: a later one
 *
 * Return: an object, for json_object_put(); see rates.h.
 */
struct json_object *vc_rates(const struct vc_sample *before, const struct vc_sample *after)
{
	struct json_object *rates = json_object_new_object(), *vifs = json_object_new_array();
	struct json_object *cpus = json_object_new_array();
	struct strips strips = make_strips(after);
	/* Two samples of the same microsecond would be a mistake, but no division by zero. */
	double seconds = after->usecs > before->usecs ? (after->usecs - before->usecs) / 1e6 : 1e-6;
	size_t i;

	for (i = 0; i < after->nr_vifs; i++)
		json_object_array_add(vifs, vif_rates(before, after, &after->vif[i], &strips,
						      seconds));
	count_nics(before, after, &strips);
	for (i = 0; i < strips.count; i++)
		json_object_array_add(cpus, cpu_rates(before, after, &strips.strip[i], strips.ours,
						      seconds));
	free(strips.strip);

	add_number(rates, "seconds", seconds, 3);
	add_number(rates, "unix_seconds", after->unix_usecs / 1e6, 3);
	json_object_object_add(rates, "vifs", vifs);
	json_object_object_add(rates, "cpus", cpus);

	return rates;
}
