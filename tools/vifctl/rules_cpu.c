// SPDX-License-Identifier: GPL-2.0
/* Rules about CPUs: their time, hard interrupts, softirqs and the backlog. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "rules.h"

/* From here on, in percent of a CPU's time. */
#define STEAL_MUCH	10
#define SOFTIRQ_MOST	50
#define IDLE_BUSY	10

/* Whoever has fewer is not what keeps a CPU busy. */
#define IRQS_PER_SECOND		10
#define PACKETS_PER_SECOND	100

/* Fewer are noise: each CPU has one now and then. */
#define SQUEEZES_PER_SECOND	2

/* The kernel's default. */
#define MAX_BACKLOG_DEFAULT	1000

/* A queue whose interrupts come to a CPU; -1 is that of an interface with one interrupt. */
struct resident {
	const char *ifname;
	int queue;
	long long weight;
};

/*
 * Is it a queue's interrupt? Others of an interface (a change of its link, and the like) have
 * next to nothing to do, and moving them is no help; a single one does all there is to do.
 */
static bool is_of_queue(const struct vc_case *c, struct json_object *irq)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL);
	const char *ifname = vc_info_text(irq, "interface", "");
	size_t i;

	if (vc_number_at(irq, "queue") >= 0)
		return true;
	for (i = 0; i < vc_length(irqs); i++)
		if (vc_item(irqs, i) != irq && vc_says(vc_item(irqs, i), "interface", ifname))
			return false;

	return true;
}

/* What of a kind ("nic", "vif") a CPU has most to do with; with none the weight is 0. */
static struct resident busiest(const struct vc_case *c, const char *kind, unsigned int cpu)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL);
	struct resident found = {};
	long long weight;
	size_t i;

	for (i = 0; i < vc_length(irqs); i++) {
		struct json_object *irq = vc_item(irqs, i);
		const char *ifname = vc_info_text(irq, "interface", NULL);
		int queue = vc_number_at(irq, "queue");

		if (!vc_plain(ifname) || !is_of_queue(c, irq) ||
		    !vc_says(vc_at(c->after, "links", ifname, NULL), "kind", kind))
			continue;
		weight = vc_weight_on(c, ifname, queue, cpu);
		if (weight > found.weight)
			found = (struct resident) { ifname, queue, weight };
	}

	return found;
}

/* How many queues of NICs and vifs a CPU serves; 2 is as good as more. */
static unsigned int count_residents(const struct vc_case *c, unsigned int cpu)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL), *first = NULL;
	size_t i;

	for (i = 0; i < vc_length(irqs); i++) {
		struct json_object *irq = vc_item(irqs, i);
		const char *ifname = vc_info_text(irq, "interface", "");

		if (!is_of_queue(c, irq) ||
		    !vc_weight_on(c, ifname, vc_number_at(irq, "queue"), cpu))
			continue;
		if (first && (!vc_says(first, "interface", ifname) ||
			      vc_number_at(first, "queue") != vc_number_at(irq, "queue")))
			return 2;
		first = irq;
	}

	return first ? 1 : 0;
}

/**
 * vc_undo_pin() - take back that interrupts were moved
 * @c: the case
 * @finding: gets the undo, if it is known where they could go before: one loop for each place
 * @ifname: the interface whose interrupts they are
 * @queue: those of this queue; -1 for all
 */
void vc_undo_pin(const struct vc_case *c, struct json_object *finding, const char *ifname,
		 int queue)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL);
	size_t i, k, len = 0;
	char text[2048] = "";
	struct vc_cpus cpus;

#define ADD(...) \
	(len += len < sizeof(text) ? snprintf(text + len, sizeof(text) - len, __VA_ARGS__) : 0)
#define IS_OURS(irq) (vc_says(irq, "interface", ifname) && \
		      (queue < 0 || vc_number_at(irq, "queue") == queue))

	for (i = 0; i < vc_length(irqs); i++) {
		const char *list = vc_info_text(vc_item(irqs, i), "affinity_cpus", "");

		if (!IS_OURS(vc_item(irqs, i)) || !vc_cpus_parse(list, &cpus))
			continue;
		for (k = 0; k < i; k++)
			if (IS_OURS(vc_item(irqs, k)) &&
			    vc_says(vc_item(irqs, k), "affinity_cpus", list))
				break;
		if (k < i)
			continue;
		ADD("%sfor i in", len ? "; " : "");
		for (k = i; k < vc_length(irqs); k++)
			if (IS_OURS(vc_item(irqs, k)) &&
			    vc_says(vc_item(irqs, k), "affinity_cpus", list))
				ADD(" %lld", vc_number_at(vc_item(irqs, k), "irq"));
		ADD("; do echo %s >/proc/irq/$i/smp_affinity_list; done", list);
	}
#undef IS_OURS
#undef ADD
	/* What was cut off is no command. */
	if (len && len < sizeof(text))
		vc_set(finding, "undo", "%s", text);
}

static void move_queue(const struct vc_case *c, struct json_object *finding,
		       const struct resident *who, unsigned int cpu)
{
	if (who->queue < 0)
		vc_set(finding, "fix", "vifctl pin %s to %u", who->ifname, cpu);
	else
		vc_set(finding, "fix", "vifctl pin %s q%d to %u", who->ifname, who->queue, cpu);
	vc_undo_pin(c, finding, who->ifname, who->queue);
}

static void cpu_steal(const struct vc_case *c, const struct vc_cpus *known)
{
	struct json_object *finding;
	struct vc_cpus cpus = {};
	struct vc_load load;
	double most = 0;
	int cpu;

	vc_cpus_each(cpu, known) {
		if (!vc_load(c, cpu, &load) || load.steal < STEAL_MUCH)
			continue;
		vc_cpus_add(&cpus, cpu);
		most = load.steal > most ? load.steal : most;
	}
	if (!vc_cpus_count(&cpus))
		return;
	finding = vc_found(c, VC_CPU_STEAL, NULL,
			   "this domain wants more CPU time than Xen gives it: up to %.0f %% of a CPU's time went to other domains",
			   most);
	vc_of_cpus(finding, &cpus);
	vc_is_number(finding, "steal_percent", most);
	vc_more_weight(c, finding, vc_info_number(c->after, "domain_id", 0));
}

/* A queue may have an interrupt for each direction. */
static bool is_first_of_queue(struct json_object *irqs, size_t index)
{
	struct json_object *irq = vc_item(irqs, index);
	size_t i;

	for (i = 0; i < index; i++)
		if (vc_says(vc_item(irqs, i), "interface", vc_info_text(irq, "interface", "")) &&
		    vc_number_at(vc_item(irqs, i), "queue") == vc_number_at(irq, "queue"))
			return false;

	return true;
}

/* Where the interrupts of a NIC's queues go; how many queues there are. */
static unsigned int nic_targets(const struct vc_case *c, const char *ifname, struct vc_cpus *cpus)
{
	struct json_object *irqs = vc_at(c->after, "irqs", NULL);
	unsigned int queues = 0, i, k;
	struct vc_cpus one;

	memset(cpus, 0, sizeof(*cpus));
	for (i = 0; i < vc_length(irqs); i++) {
		struct json_object *irq = vc_item(irqs, i);

		if (!vc_says(irq, "interface", ifname) || vc_number_at(irq, "queue") < 0 ||
		    !vc_cpus_parse(vc_info_text(irq, "effective_cpus", ""), &one))
			continue;
		queues += is_first_of_queue(irqs, i);
		for (k = 0; k < VC_CPUS_MAX / 64; k++)
			cpus->bits[k] |= one.bits[k];
	}

	return queues;
}

static void irq_one_cpu(const struct vc_case *c, const struct vc_pair *nic)
{
	struct json_object *finding;
	struct vc_cpus cpus, known;
	unsigned int queues;
	char list[VC_CPUS_LIST];
	int cpu;

	queues = nic_targets(c, nic->name, &cpus);
	vc_cpus_known(c, &known);
	cpu = vc_cpus_nth(&cpus, 0);
	if (queues < 2 || vc_cpus_count(&cpus) != 1 || vc_cpus_count(&known) < 2 ||
	    !vc_weight_on(c, nic->name, -1, cpu))
		return;
	finding = vc_found(c, VC_IRQ_ONE_CPU, nic->name,
			   "the interrupts of all %u queues of %s go to CPU %d", queues, nic->name,
			   cpu);
	vc_of_cpus(finding, &cpus);
	vc_moved_by(finding, "interrupts", vc_irqs_on(c, nic->name, -1, cpu));
	vc_cpus_print(&known, list, sizeof(list));
	vc_set(finding, "fix", "vifctl pin %s to %s", nic->name, list);
	vc_undo_pin(c, finding, nic->name, -1);
}

/* Are softirqs what a CPU has done most of the time that it got? */
static bool does_softirqs(const struct vc_load *load)
{
	return load->softirq >= SOFTIRQ_MOST * (100 - load->steal) / 100 && load->steal < 100;
}

static void irq_shared(const struct vc_case *c, unsigned int cpu)
{
	double least = IRQS_PER_SECOND * c->seconds;
	struct resident nic, vif;
	struct json_object *finding;
	struct vc_cpus cpus = {};
	struct vc_load load;
	int room;

	if (!vc_load(c, cpu, &load) || load.idle > IDLE_BUSY || !does_softirqs(&load))
		return;
	room = vc_idlest(c);
	nic = busiest(c, "nic", cpu);
	vif = busiest(c, "vif", cpu);
	if (nic.weight < least || vif.weight < least)
		return;
	finding = vc_found(c, VC_IRQ_SHARED, NULL,
			   "CPU %u serves %s and %s, and has %.0f %% of its time left", cpu,
			   nic.ifname, vif.ifname, load.idle);
	vc_cpus_add(&cpus, cpu);
	vc_of_cpus(finding, &cpus);
	vc_moved_by(finding, "nic_interrupts", vc_irqs_on(c, nic.ifname, nic.queue, cpu));
	vc_moved_by(finding, "vif_interrupts", vc_irqs_on(c, vif.ifname, vif.queue, cpu));
	vc_is_number(finding, "idle_percent", load.idle);
	if (room >= 0)
		move_queue(c, finding, &vif, room);
	else
		vc_set(finding, "fix", "give the domain more CPUs; there is none with time left");
}

/* All CPUs but one, as rps_cpus wants them: "ff,ffffffef". */
static void print_mask(const struct vc_cpus *cpus, unsigned int but, char *mask, size_t size)
{
	unsigned int word = VC_CPUS_MAX / 32, len = 0;
	uint32_t value;

	mask[0] = 0;
	while (word-- && len < size) {
		value = cpus->bits[word / 2] >> (word % 2 ? 32 : 0);
		if (but / 32 == word)
			value &= ~(1U << but % 32);
		if (len)
			len += snprintf(mask + len, size - len, ",%08x", value);
		else if (value || !word)
			len += snprintf(mask + len, size - len, "%x", value);
	}
}

/* One queue that cannot be several: other CPUs take part of its work, if they do not yet. */
static void spread_packets(const struct vc_case *c, struct json_object *finding,
			   const struct resident *nic, unsigned int cpu,
			   const struct vc_cpus *known)
{
	struct json_object *masks = vc_at(c->after, "links", nic->ifname, "rps_cpus", NULL);
	unsigned int queue = nic->queue < 0 ? 0 : nic->queue;
	const char *now = json_object_get_string(vc_item(masks, queue));
	char mask[512];

	print_mask(known, cpu, mask, sizeof(mask));
	if (!now || !*now || now[strspn(now, "0123456789abcdef,")]) {
		vc_set(finding, "fix",
		       "spread its packets over other CPUs: /sys/class/net/%s/queues/rx-%u/rps_cpus",
		       nic->ifname, queue);
		return;
	}
	/* The kernel's have zeros in front. */
	if (!strcmp(now + strspn(now, "0,"), mask)) {
		vc_set(finding, "fix", "RPS spreads its packets already; see what takes the time: perf top -C %u",
		       cpu);
		return;
	}
	vc_set(finding, "fix", "echo %s >/sys/class/net/%s/queues/rx-%u/rps_cpus", mask,
	       nic->ifname, queue);
	vc_set(finding, "undo", "echo %s >/sys/class/net/%s/queues/rx-%u/rps_cpus", now,
	       nic->ifname, queue);
}

/* The vif that an interface is of. */
static struct json_object *vif_of(const struct vc_case *c, const char *ifname)
{
	struct json_object *vifs = vc_at(c->after, "vifs", NULL);
	size_t i;

	for (i = 0; ifname && i < vc_length(vifs); i++)
		if (vc_says(vc_item(vifs, i), "vif", ifname))
			return vc_item(vifs, i);

	return NULL;
}

/*
 * The most queues that help a vif: a CPU for each, here and in the guest. In a guest there are no
 * more than the backend has offered; here that is a parameter of the module.
 */
static long long most_queues(const struct vc_case *c, struct json_object *vif,
			     const struct vc_cpus *known)
{
	struct json_object *link = vc_at(c->after, "links", vc_info_text(vif, "vif", ""), NULL);
	long long possible, most = vc_cpus_count(known);

	if (vc_says(vif, "role", "backend"))
		possible = vc_number_at(vc_domain(c->after, vc_number_at(vif, "domain_id")),
					"vcpus_online");
	else
		possible = vc_number_at(vc_at(link, "channels", NULL), "max_combined");

	return possible > 0 && possible < most ? possible : most;
}

/*
 * The in-tree netfront has as many as it can have from the start. Which one a guest has, and how
 * its interface is called there, is not known.
 */
static void more_queues(const struct vc_case *c, struct json_object *finding,
			struct json_object *vif, unsigned int cpu, const struct vc_cpus *known)
{
	const char *ifname = vc_info_text(vif, "vif", "");
	long long now = vc_number_at(vif, "nr_queues"), most = most_queues(c, vif, known);
	bool front = vc_says(vif, "role", "frontend");

	if ((front && !vc_info_number(vif, "ours", 1)) || now <= 0 || now >= most) {
		vc_set(finding, "fix", "see what it does: perf top -C %u", cpu);
	} else if (front) {
		vc_set(finding, "fix", "ethtool -L %s combined %lld", ifname, most);
		vc_set(finding, "undo", "ethtool -L %s combined %lld", ifname, now);
	} else {
		vc_set(finding, "fix",
		       "give the guest of %s more queues, in the guest: ethtool -L of that interface, combined %lld; with the in-tree netfront, xen_netfront.max_queues=%lld when it starts; xen_netback.max_queues here must allow as many",
		       ifname, most, most);
	}
}

/* One queue has a CPU for itself, and that is not enough: it has to become several. */
static void split_queue(const struct vc_case *c, struct json_object *finding, unsigned int cpu,
			const struct vc_cpus *known)
{
	struct resident nic = busiest(c, "nic", cpu), vif = busiest(c, "vif", cpu);
	struct json_object *channels = vc_at(c->after, "links", nic.ifname ?: "", "channels", NULL);
	long long now = vc_number_at(channels, "combined");
	long long most = vc_number_at(channels, "max_combined");

	if (nic.weight && now > 0 && now < most && now < vc_cpus_count(known)) {
		if (most > vc_cpus_count(known))
			most = vc_cpus_count(known);
		vc_set(finding, "fix", "ethtool -L %s combined %lld", nic.ifname, most);
		vc_set(finding, "undo", "ethtool -L %s combined %lld", nic.ifname, now);
	} else if (nic.weight) {
		spread_packets(c, finding, &nic, cpu, known);
	} else {
		more_queues(c, finding, vif_of(c, vif.ifname), cpu, known);
	}
}

static void cpu_saturated(const struct vc_case *c, unsigned int cpu, const struct vc_cpus *known)
{
	int room = vc_idlest(c);
	struct json_object *finding;
	struct vc_cpus cpus = {};
	struct resident who;
	struct vc_load load;

	vc_load(c, cpu, &load);
	finding = vc_found(c, VC_CPU_SATURATED, NULL,
			   "CPU %u has no time left, %.0f %% of it is softirqs; CPU %d has room",
			   cpu, load.softirq, room);
	vc_cpus_add(&cpus, cpu);
	vc_of_cpus(finding, &cpus);
	vc_is_number(finding, "softirq_percent", load.softirq);
	vc_is_number(finding, "idle_percent", load.idle);
	if (count_residents(c, cpu) < 2) {
		split_queue(c, finding, cpu, known);
		return;
	}
	/*
	 * A vif's work goes with its interrupt, a NIC's too; the vif is easier to miss. But one
	 * that has next to nothing to do would take nothing away.
	 */
	who = busiest(c, "vif", cpu);
	if (!who.weight || vc_packets(c, who.ifname) < PACKETS_PER_SECOND * c->seconds) {
		struct resident nic = busiest(c, "nic", cpu);

		if (nic.weight)
			who = nic;
	}
	if (who.weight)
		move_queue(c, finding, &who, room);
}

static void cpu_all_busy(const struct vc_case *c, const struct vc_cpus *cpus,
			 const struct vc_cpus *known)
{
	struct json_object *finding;
	unsigned int count = vc_cpus_count(known);
	long long domid = vc_info_number(c->after, "domain_id", 0), most;
	char list[VC_CPUS_LIST];

	vc_cpus_print(cpus, list, sizeof(list));
	finding = vc_found(c, VC_CPU_ALL_BUSY, NULL,
			   "softirqs take all the time of CPU %s, and no CPU of the %u has room",
			   list, count);
	vc_of_cpus(finding, cpus);
	most = vc_number_at(vc_domain(c->after, domid), "vcpus_max");
	if (most > count) {
		vc_set(finding, "fix", "%sxl vcpu-set %lld %u", vc_in_dom0(c), domid, count + 1);
		vc_set(finding, "undo", "%sxl vcpu-set %lld %u", vc_in_dom0(c), domid, count);
	} else if (most < 0) {
		vc_set(finding, "fix", "%ssee whether the domain may have more CPUs: xl vcpu-list %lld",
		       vc_in_dom0(c), domid);
	} else if (domid) {
		vc_set(finding, "fix",
		       "%sraise vcpus in the domain's configuration and start it anew: it has all CPUs it may have",
		       vc_in_dom0(c));
	} else {
		vc_set(finding, "fix",
		       "boot Xen with dom0_max_vcpus=%u: the domain has all CPUs it may have",
		       count + 1);
	}
}

static void saturation(const struct vc_case *c, const struct vc_cpus *known)
{
	struct vc_cpus full = {};
	struct vc_load load;
	int cpu;

	vc_cpus_each(cpu, known)
		if (vc_saturated(c, cpu) && vc_load(c, cpu, &load) && does_softirqs(&load))
			vc_cpus_add(&full, cpu);
	if (!vc_cpus_count(&full))
		return;
	if (vc_idlest(c) < 0) {
		cpu_all_busy(c, &full, known);
		return;
	}
	vc_cpus_each(cpu, &full)
		cpu_saturated(c, cpu, known);
}

/* A column of softnet_stat: its sum, and the CPUs where it has moved by at least so much. */
static long long softnet(const struct vc_case *c, const char *key, double least,
			 struct vc_cpus *cpus)
{
	struct json_object *all = vc_at(c->after, "softnet", NULL);
	long long sum = 0;

	memset(cpus, 0, sizeof(*cpus));
	if (!json_object_is_type(all, json_type_object))
		return 0;
	json_object_object_foreach(all, name, value) {
		struct vc_pair pair = { .after = value, .most = 1e9 * c->seconds };
		unsigned long cpu = strtoul(name, NULL, 10);
		long long moved;

		pair.before = vc_at(c->before, "softnet", name, NULL);
		moved = vc_moved(&pair, NULL, key);
		if (!moved || moved < least || cpu >= VC_CPUS_MAX)
			continue;
		vc_cpus_add(cpus, cpu);
		sum += moved;
	}

	return sum;
}

static long long sysctl(const struct vc_case *c, const char *name, long long fallback)
{
	return vc_info_number(vc_at(c->after, "sysctls", NULL), name, fallback);
}

static void softirq_squeezed(const struct vc_case *c)
{
	long long budget = sysctl(c, "netdev_budget", 300);
	long long usecs = sysctl(c, "netdev_budget_usecs", 2000);
	struct json_object *finding;
	struct vc_cpus cpus;
	long long squeezes;

	squeezes = softnet(c, "time_squeezes", SQUEEZES_PER_SECOND * c->seconds, &cpus);
	if (!squeezes || budget > 1000000 || usecs > 1000000)
		return;
	finding = vc_found(c, VC_SOFTIRQ_SQUEEZED, NULL,
			   "receive softirqs stopped %lld times with packets left to take; that is a delay, no loss by itself",
			   squeezes);
	vc_of_cpus(finding, &cpus);
	vc_moved_by(finding, "time_squeezes", squeezes);
	vc_is_now(finding, "netdev_budget", vc_at(c->after, "sysctls", "netdev_budget", NULL));
	vc_is_now(finding, "netdev_budget_usecs",
		  vc_at(c->after, "sysctls", "netdev_budget_usecs", NULL));
	vc_set(finding, "fix",
	       "sysctl -w net.core.netdev_budget=%lld net.core.netdev_budget_usecs=%lld",
	       budget < 300 ? 300 : 2 * budget, usecs < 2000 ? 2000 : 2 * usecs);
	vc_set(finding, "undo",
	       "sysctl -w net.core.netdev_budget=%lld net.core.netdev_budget_usecs=%lld", budget,
	       usecs);
}

/* Has any queue a mask of CPUs that it spreads packets over, or came any such packet? */
static bool rps_is_on(const struct vc_case *c)
{
	struct json_object *links = vc_at(c->after, "links", NULL);
	struct vc_cpus cpus;
	size_t i;

	if (softnet(c, "rps_interrupts", 0, &cpus))
		return true;
	if (!json_object_is_type(links, json_type_object))
		return false;
	json_object_object_foreach(links, name, link) {
		struct json_object *masks = vc_at(link, "rps_cpus", NULL);

		(void)name;
		for (i = 0; i < vc_length(masks); i++) {
			const char *mask = json_object_get_string(vc_item(masks, i));

			if (mask && mask[strspn(mask, "0,")])
				return true;
		}
	}

	return false;
}

/**
 * vc_backlog_drops() - packets that found a backlog full
 * @c: the case
 *
 * Return: how many, on all CPUs.
 */
long long vc_backlog_drops(const struct vc_case *c)
{
	struct vc_cpus cpus;

	return softnet(c, "dropped_packets", 0, &cpus);
}

static void backlog(const struct vc_case *c)
{
	long long max = sysctl(c, "netdev_max_backlog", MAX_BACKLOG_DEFAULT);
	struct json_object *finding;
	bool rps = rps_is_on(c);
	struct vc_cpus cpus, some;
	long long dropped;

	dropped = softnet(c, "dropped_packets", 0, &cpus);
	if (!dropped && !rps && max > MAX_BACKLOG_DEFAULT) {
		finding = vc_found(c, VC_BACKLOG_NO_RPS, NULL,
				   "netdev_max_backlog is %lld, which does nothing here: without RPS, packets of NICs and vifs do not pass the backlog",
				   max);
		vc_is_now(finding, "netdev_max_backlog",
			  vc_at(c->after, "sysctls", "netdev_max_backlog", NULL));
		vc_set(finding, "fix", "sysctl -w net.core.netdev_max_backlog=%d",
		       MAX_BACKLOG_DEFAULT);
		vc_set(finding, "undo", "sysctl -w net.core.netdev_max_backlog=%lld", max);
		vc_set(finding, "verify", "grep . /sys/class/net/*/queues/rx-*/rps_cpus");
	}
	if (!dropped || max > 100000000)
		return;
	if (rps)
		finding = vc_found(c, VC_BACKLOG_FULL, NULL,
				   "%lld packets that RPS had given to another CPU found its backlog full",
				   dropped);
	else
		finding = vc_found(c, VC_BACKLOG_FULL_LOCAL, NULL,
				   "%lld packets of veths, tunnels or the like found the backlog full; those of NICs and vifs do not pass it without RPS",
				   dropped);
	vc_of_cpus(finding, &cpus);
	vc_moved_by(finding, "dropped_packets", dropped);
	vc_moved_by(finding, "flow_limit_packets", softnet(c, "flow_limit_packets", 0, &some));
	vc_is_now(finding, "netdev_max_backlog",
		  vc_at(c->after, "sysctls", "netdev_max_backlog", NULL));
	vc_set(finding, "fix", "sysctl -w net.core.netdev_max_backlog=%lld",
	       max < MAX_BACKLOG_DEFAULT ? MAX_BACKLOG_DEFAULT : 4 * max);
	vc_set(finding, "undo", "sysctl -w net.core.netdev_max_backlog=%lld", max);
}

/**
 * vc_rules_cpu() - have the rules about CPUs look
 * @c: the case
 */
void vc_rules_cpu(const struct vc_case *c)
{
	struct vc_cpus known;
	int cpu;

	vc_cpus_known(c, &known);
	cpu_steal(c, &known);
	vc_each_link(c, "nic", irq_one_cpu);
	vc_cpus_each(cpu, &known)
		irq_shared(c, cpu);
	saturation(c, &known);
	softirq_squeezed(c);
	backlog(c);
}
