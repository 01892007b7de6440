// SPDX-License-Identifier: GPL-2.0
/* Tests of rates.c and sample.c: from two samples to what happens in a second. */
#include "expect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vifctl/cpustat.h"
#include "tools/vifctl/ethtool.h"
#include "tools/vifctl/rates.h"
#include "tools/vifctl/rings.h"
#include "tools/vifctl/sample.h"

/* Two CPUs that have been up for a while. */
static const char stat_before[] =
	"cpu  9 9 9 9 9 9 9 9 9 9\n"
	"cpu0 100 0 100 1000 50 0 10 5 0 0\n"
	"cpu1 100 0 100 1000 0 0 10 0 0 0\n"
	"intr 1\n";

static struct vc_sample *new_sample(uint64_t usecs, const char *interrupts, const char *stat)
{
	struct vc_sample *sample = calloc(1, sizeof(*sample));

	sample->usecs = usecs;
	sample->unix_usecs = 1700000000000000ULL + usecs;
	sample->vif = calloc(4, sizeof(*sample->vif));
	sample->irqs = vc_irqs_parse(interrupts);
	sample->cpustat = vc_cpustat_parse(stat);

	return sample;
}

static struct vc_sample_vif *add_vif(struct vc_sample *sample, const char *ifname,
				     unsigned int domid, unsigned int nr_queues)
{
	struct vc_sample_vif *vif = &sample->vif[sample->nr_vifs++];
	unsigned int i;

	vif->vif.domid = domid;
	snprintf(vif->vif.ifname, sizeof(vif->vif.ifname), "%s", ifname);
	snprintf(vif->vif.domain, sizeof(vif->vif.domain), "guest%u", domid);
	snprintf(vif->vif.node, sizeof(vif->vif.node), "backend/vif/%u/0", domid);
	vif->ifindex = 10 + domid;
	vif->nr_queues = nr_queues;
	vif->queue = calloc(nr_queues + 1, sizeof(*vif->queue));
	for (i = 0; i < nr_queues; i++)
		vif->queue[i].home = -1;

	return vif;
}

static void set(struct vc_counts *counts, enum vc_count count, unsigned long long value)
{
	counts->value[count] = value;
	counts->known |= 1u << count;
}

static struct json_object *rates_of(struct vc_sample *before, struct vc_sample *after)
{
	struct json_object *rates = vc_rates(before, after);

	vc_sample_free(before);
	vc_sample_free(after);

	return rates;
}

static struct json_object *nth(struct json_object *object, const char *list, size_t n)
{
	struct json_object *found = NULL;

	json_object_object_get_ex(object, list, &found);
	found = json_object_array_get_idx(found, n);
	expect(found, "there is no %s[%zu]", list, n);

	return found;
}

/* A key must be there, also if its value is null. */
static struct json_object *value_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	expect(json_object_object_get_ex(object, key, &value), "there is no %s", key);

	return value;
}

static void expect_number(struct json_object *object, const char *key, double wanted)
{
	struct json_object *value = value_of(object, key);

	expect(value, "%s is null, not %g", key, wanted);
	expect(fabs(json_object_get_double(value) - wanted) < 1e-6, "%s is %s, not %g", key,
	       json_object_get_string(value), wanted);
}

static void expect_null(struct json_object *object, const char *key)
{
	struct json_object *value = value_of(object, key);

	expect(!value, "%s is %s, not null", key, json_object_get_string(value));
}

static void expect_text(struct json_object *object, const char *key, const char *wanted)
{
	const char *text = json_object_get_string(value_of(object, key));

	expect(text && !strcmp(text, wanted), "%s is %s, not %s", key, text, wanted);
}

static void test_counters(void **state)
{
	struct vc_sample *before = new_sample(1000000, "CPU0\n", stat_before);
	struct vc_sample *after = new_sample(3000000, "CPU0\n", stat_before);
	struct vc_counts *was = &add_vif(before, "vif1.0", 1, 0)->counts;
	struct vc_counts *is = &add_vif(after, "vif1.0", 1, 0)->counts;
	struct json_object *rates, *vif;

	(void)state;
	set(was, VC_RX_PACKETS, 1000);
	set(is, VC_RX_PACKETS, 3000);
	set(was, VC_RX_BYTES, 0);
	set(is, VC_RX_BYTES, 1000000);
	set(was, VC_RX_BATCHES, 10);
	set(is, VC_RX_BATCHES, 90);
	set(was, VC_TX_PACKETS, 1ULL << 40);
	set(is, VC_TX_PACKETS, (1ULL << 40) + 1);
	set(was, VC_TX_BATCHES, 7);
	set(is, VC_TX_BATCHES, 7);
	set(was, VC_RX_DROPS, 5);
	set(is, VC_RX_DROPS, 5);
	/* It went back. */
	set(was, VC_TX_DROPS, 5);
	set(is, VC_TX_DROPS, 4);
	/* Known only now. */
	set(is, VC_TX_ERRORS, 9);
	rates = rates_of(before, after);
	expect_number(rates, "seconds", 2);
	expect_number(rates, "unix_seconds", 1700000003);
	vif = nth(rates, "vifs", 0);
	expect_text(vif, "vif", "vif1.0");
	expect_text(vif, "role", "backend");
	expect_text(vif, "domain", "guest1");
	expect_number(vif, "domain_id", 1);
	expect_null(vif, "home_cpus");
	expect_number(vif, "rx_packets_per_s", 1000);
	expect_number(vif, "rx_bits_per_s", 4000000);
	expect_number(vif, "rx_batch_packets", 25);
	expect_number(vif, "tx_packets_per_s", 0.5);
	expect_null(vif, "tx_batch_packets");
	expect_number(vif, "rx_drops_per_s", 0);
	expect_null(vif, "tx_drops_per_s");
	expect_null(vif, "tx_errors_per_s");
	expect_null(vif, "tx_bits_per_s");
	expect_number(vif, "events_per_s", 0);
	json_object_put(rates);
}

static void test_come_and_gone(void **state)
{
	struct vc_sample *before = new_sample(0, "CPU0\n", stat_before);
	struct vc_sample *after = new_sample(1000000, "CPU0\n", stat_before);
	struct vc_sample_vif *vif;
	struct json_object *rates;

	(void)state;
	set(&add_vif(before, "vif1.0", 1, 0)->counts, VC_RX_PACKETS, 0);
	set(&add_vif(before, "vif2.0", 2, 0)->counts, VC_RX_PACKETS, 0);
	set(&add_vif(before, "vif3.0", 3, 0)->counts, VC_RX_PACKETS, 0);
	/* Its successor has the same name, and another interface. */
	vif = add_vif(after, "vif2.0", 2, 0);
	vif->ifindex++;
	set(&vif->counts, VC_RX_PACKETS, 100);
	set(&add_vif(after, "vif3.0", 3, 0)->counts, VC_RX_PACKETS, 100);
	set(&add_vif(after, "vif4.0", 4, 0)->counts, VC_RX_PACKETS, 100);
	rates = rates_of(before, after);
	assert_int_equal(json_object_array_length(value_of(rates, "vifs")), 3);
	expect_text(nth(rates, "vifs", 0), "vif", "vif2.0");
	expect_null(nth(rates, "vifs", 0), "rx_packets_per_s");
	expect_null(nth(rates, "vifs", 0), "events_per_s");
	expect_text(nth(rates, "vifs", 1), "vif", "vif3.0");
	expect_number(nth(rates, "vifs", 1), "rx_packets_per_s", 100);
	expect_text(nth(rates, "vifs", 2), "vif", "vif4.0");
	expect_null(nth(rates, "vifs", 2), "rx_packets_per_s");
	json_object_put(rates);
}

static void test_queues(void **state)
{
	static const struct vc_counter was[] = {
		{ "rx_packets", 100 }, { "rx_batches", 10 }, { "rx_drop_nomem", 1 },
		{ "queue_0_rx_packets", 60 }, { "queue_0_rx_batches", 6 },
		{ "queue_0_rx_drop_nomem", 1 }, { "queue_0_rx_err_gso", 0 },
		{ "queue_1_rx_packets", 40 }, { "queue_1_rx_batches", 4 },
		{ "queue_1_tx_drop_expired", 1 }, { "queue_1_tx_drop_purged", 1 },
		{ "ctrl_done", 3 },
	};
	struct vc_counter is[ARRAY_SIZE(was)];
	struct vc_sample *before = new_sample(0, "CPU0\n", stat_before);
	struct vc_sample *after = new_sample(1000000, "CPU0\n", stat_before);
	struct vc_sample_vif *vif;
	struct json_object *rates, *queue;

	(void)state;
	memcpy(is, was, sizeof(is));
	is[0].value = 400;
	is[1].value = 20;
	is[3].value = 360;
	is[4].value = 16;
	is[6].value = 7;
	is[9].value = 3;
	is[10].value = 11;
	vif = add_vif(before, "vif1.0", 1, 0);
	/* What the interface says: its packets were counted at another time. */
	set(&vif->counts, VC_RX_PACKETS, 77);
	set(&vif->counts, VC_RX_DROPS, 10);
	vc_sample_count(vif, was, ARRAY_SIZE(was));
	vif = add_vif(after, "vif1.0", 1, 0);
	set(&vif->counts, VC_RX_PACKETS, 78);
	set(&vif->counts, VC_RX_DROPS, 14);
	vc_sample_count(vif, is, ARRAY_SIZE(is));
	assert_int_equal(vif->nr_queues, 2);
	assert_int_equal(vif->queue[1].home, -1);
	vif->queue[0].home = 2;
	vif->queue[1].home = 3;
	rates = rates_of(before, after);
	expect_text(nth(rates, "vifs", 0), "home_cpus", "2-3");
	expect_number(nth(rates, "vifs", 0), "rx_packets_per_s", 300);
	expect_number(nth(rates, "vifs", 0), "rx_batch_packets", 30);
	expect_number(nth(rates, "vifs", 0), "rx_drops_per_s", 4);
	queue = nth(nth(rates, "vifs", 0), "queues", 0);
	expect_number(queue, "queue", 0);
	expect_number(queue, "home_cpu", 2);
	expect_number(queue, "rx_packets_per_s", 300);
	expect_number(queue, "rx_batch_packets", 30);
	expect_number(queue, "rx_drops_per_s", 0);
	expect_number(queue, "rx_errors_per_s", 7);
	expect_null(queue, "tx_packets_per_s");
	queue = nth(nth(rates, "vifs", 0), "queues", 1);
	expect_number(queue, "rx_packets_per_s", 0);
	expect_null(queue, "rx_batch_packets");
	expect_number(queue, "tx_drops_per_s", 12);
	json_object_put(rates);
}

static void test_events(void **state)
{
	static const char was[] =
		"           CPU0       CPU1\n"
		"  60:       100         10  xen-dyn-lateeoi  -event     vif1.0-q0-tx\n"
		"  61:         5          5  xen-dyn-lateeoi  -event     vif1.0-q0-rx\n"
		"  62: 4294967290       500  xen-dyn-lateeoi  -event     vif1.0-q1\n"
		"  63:         0          0  xen-dyn-lateeoi  -event     vif1.0-ctrl\n"
		"  64:       900          0  xen-dyn-lateeoi  -event     vif10.0-q0-tx\n"
		"  65:       900          0  xen-dyn-lateeoi  -event     vif1.0-q0x\n"
		" NMI:         1          1   Non-maskable interrupts\n";
	/* CPU1 has gone, and CPU3 has come. */
	static const char is[] =
		"           CPU0       CPU3\n"
		"  60:       300          0  xen-dyn-lateeoi  -event     vif1.0-q0-tx\n"
		"  61:         3          4  xen-dyn-lateeoi  -event     vif1.0-q0-rx\n"
		"  62:        14          0  xen-dyn-lateeoi  -event     vif1.0-q1\n"
		"  63:       500          0  xen-dyn-lateeoi  -event     vif1.0-ctrl\n"
		"  64:      9000          0  xen-dyn-lateeoi  -event     vif10.0-q0-tx\n"
		"  65:      9000          0  xen-dyn-lateeoi  -event     vif1.0-q0x\n"
		"  66:        40          2  xen-dyn-lateeoi  -event     vif1.0-q2-tx\n";
	static const char stat_after[] =
		"cpu0 100 0 100 1000 50 0 10 5 0 0\n"
		"cpu3 100 0 100 1000 0 0 10 0 0 0\n";
	struct vc_sample *before = new_sample(0, was, stat_before);
	struct vc_sample *after = new_sample(1000000, is, stat_after);
	struct json_object *rates, *vif;

	(void)state;
	add_vif(before, "vif1.0", 1, 2);
	add_vif(after, "vif1.0", 1, 3);
	after->irqs->irq[5].nic = true;
	rates = rates_of(before, after);
	vif = nth(rates, "vifs", 0);
	/*
	 * q0: 200, and an interrupt that was made anew: 3. q1: 20, over the end of 32 bits.
	 * q2 is new: all it ever did. What came on CPU3 before is not known.
	 */
	expect_number(nth(vif, "queues", 0), "events_per_s", 203);
	expect_number(nth(vif, "queues", 1), "events_per_s", 20);
	expect_number(nth(vif, "queues", 2), "events_per_s", 42);
	expect_number(vif, "events_per_s", 265);
	assert_int_equal(json_object_array_length(value_of(rates, "cpus")), 2);
	expect_number(nth(rates, "cpus", 0), "vif_interrupts_per_s", 263);
	expect_number(nth(rates, "cpus", 0), "nic_interrupts_per_s", 8100);
	expect_number(nth(rates, "cpus", 1), "cpu", 3);
	expect_number(nth(rates, "cpus", 1), "vif_interrupts_per_s", 2);
	expect_null(nth(rates, "cpus", 1), "busy_share");
	expect_null(nth(rates, "cpus", 1), "saturated");
	/* None of the vifs is ours. */
	expect_null(nth(rates, "cpus", 0), "runs_per_s");
	json_object_put(rates);
}

/*
 * A NIC's interrupts go on counting when it goes down and up, and have no name meanwhile. The last
 * one was another's before, and began anew.
 */
static void test_nic_down(void **state)
{
	static const char *const texts[] = {
		"           CPU0       CPU1\n"
		"  80:       900          0  xen-pirq    -msi-x     eth0-TxRx-0\n"
		"  81:         0       5000  xen-pirq    -msi-x     eth0-TxRx-1\n"
		"  82:        10          0  xen-dyn     -event     hvc_console\n",
		"           CPU0       CPU1\n"
		"  80:       907          0  xen-pirq    -msi-x  \n"
		"  81:         0       5003  xen-pirq    -msi-x  \n"
		"  82:        40          0  xen-pirq    -msi-x     eth1\n",
		"           CPU0       CPU1\n"
		"  80:       920          0  xen-pirq    -msi-x     eth0-TxRx-0\n"
		"  81:         0       5103  xen-pirq    -msi-x     eth0-TxRx-1\n"
		"  82:        41          0  xen-pirq    -msi-x     eth1\n",
	};
	static const double wanted[][2] = { { 7 + 40, 3 }, { 13 + 1, 100 } };
	struct vc_sample *samples[2];
	struct json_object *rates;
	size_t i, k, irq;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		for (k = 0; k < 2; k++) {
			samples[k] = new_sample(k * 1000000, texts[i + k], stat_before);
			for (irq = 0; irq < (i + k ? 3 : 2); irq++)
				samples[k]->irqs->irq[irq].nic = true;
		}
		rates = rates_of(samples[0], samples[1]);
		for (k = 0; k < 2; k++)
			expect_number(nth(rates, "cpus", k), "nic_interrupts_per_s", wanted[i][k]);
		json_object_put(rates);
	}
}

/* The guest's own interface, whose interrupts may be called by either name. */
static void test_guest(void **state)
{
	static const char was[] =
		"   CPU0\n"
		" 60:  0  xen-dyn -event eth0-q0-tx\n"
		" 61:  0  xen-dyn -event vif0-q1-tx\n"
		" 62:  0  xen-dyn -event vif00-q1-tx\n"
		" 63:  0  xen-dyn -event eth01-q1-tx\n";
	static const char is[] =
		"   CPU0\n"
		" 60:  7  xen-dyn -event eth0-q0-tx\n"
		" 61:  8  xen-dyn -event vif0-q1-tx\n"
		" 62:  9  xen-dyn -event vif00-q1-tx\n"
		" 63:  9  xen-dyn -event eth01-q1-tx\n";
	struct vc_sample *before = new_sample(0, was, stat_before);
	struct vc_sample *after = new_sample(1000000, is, stat_before);
	struct json_object *rates, *vif;

	(void)state;
	add_vif(before, "eth0", 0, 2)->vif.frontend = true;
	add_vif(after, "eth0", 0, 2)->vif.frontend = true;
	rates = rates_of(before, after);
	vif = nth(rates, "vifs", 0);
	expect_text(vif, "role", "frontend");
	expect_number(nth(vif, "queues", 0), "events_per_s", 7);
	expect_number(nth(vif, "queues", 1), "events_per_s", 8);
	expect_number(vif, "events_per_s", 15);
	json_object_put(rates);
}

static void test_times(void **state)
{
	/* CPU0: of 100 ticks 96 busy, 40 in softirqs, 6 stolen; CPU1: idle went back by one. */
	static const char stat_after[] =
		"cpu0 130 0 120 1003 51 0 50 11 0 0\n"
		"cpu1 110 0 120 999 70 0 10 0 0 0\n";
	struct vc_sample *before = new_sample(0, "CPU0 CPU1\n", stat_before);
	struct vc_sample *after = new_sample(1000000, "CPU0 CPU1\n", stat_after);
	struct json_object *rates, *cpu;

	(void)state;
	rates = rates_of(before, after);
	cpu = nth(rates, "cpus", 0);
	expect_number(cpu, "cpu", 0);
	expect_number(cpu, "softirq_share", 0.4);
	expect_number(cpu, "steal_share", 0.06);
	expect_number(cpu, "busy_share", 0.96);
	expect_text(cpu, "saturated", "true");
	cpu = nth(rates, "cpus", 1);
	expect_number(cpu, "softirq_share", 0);
	expect_number(cpu, "busy_share", 0.3);
	expect_text(cpu, "saturated", "false");
	json_object_put(rates);
}

static void add_work(struct vc_sample_vif *vif, int home, const char *rows)
{
	char text[512];

	snprintf(text, sizeof(text), "cpu interrupts runs run_ns released drained\n%s", rows);
	vif->work = vc_rings_parse_table(text);
	if (vif->nr_queues)
		vif->queue[0].home = home;
}

static void test_work(void **state)
{
	struct vc_sample *before = new_sample(0, "CPU0 CPU1\n", stat_before);
	struct vc_sample *after = new_sample(2000000, "CPU0 CPU1\n", stat_before);
	struct json_object *rates, *cpu;

	(void)state;
	/* At home on CPU0; packets are released on CPU1, as a NIC's interrupt does. */
	add_work(add_vif(before, "vif1.0", 1, 1), 0, "0 0 100 1000 0 0\n1 0 0 0 50 0\n");
	add_work(add_vif(after, "vif1.0", 1, 1), 0, "0 0 300 500001000 0 400\n1 0 0 0 450 0\n");
	/* The hotspot: all is done there, although its home is CPU0. */
	add_work(add_vif(before, "vif2.0", 2, 1), 0, "0 0 0 0 0 0\n1 0 0 0 0 0\n");
	add_work(add_vif(after, "vif2.0", 2, 1), 0, "0 0 0 0 0 0\n1 0 20 1000000000 8 8\n");
	/* Moved from CPU1 just now, and none has a home: nothing is away. One number went back. */
	add_work(add_vif(before, "vif3.0", 3, 1), 1, "0 0 0 0 9 0\n1 0 0 0 0 5\n");
	add_work(add_vif(after, "vif3.0", 3, 1), 0, "0 0 0 0 5 0\n1 0 0 0 0 9\n");
	add_work(add_vif(before, "vif4.0", 4, 0), 0, "0 0 0 0 0 0\n1 0 0 0 0 0\n");
	add_work(add_vif(after, "vif4.0", 4, 0), 0, "0 0 0 0 0 0\n1 0 0 0 0 2\n");
	rates = rates_of(before, after);
	cpu = nth(rates, "cpus", 0);
	expect_number(cpu, "runs_per_s", 100);
	expect_number(cpu, "run_share", 0.25);
	expect_number(cpu, "released_packets_per_s", 0);
	expect_number(cpu, "drained_pages_per_s", 200);
	expect_text(cpu, "released_away_vifs", "[ ]");
	expect_text(cpu, "drained_away_vifs", "[ ]");
	cpu = nth(rates, "cpus", 1);
	expect_number(cpu, "runs_per_s", 10);
	expect_number(cpu, "run_share", 0.5);
	expect_number(cpu, "released_packets_per_s", 204);
	expect_number(cpu, "drained_pages_per_s", 7);
	expect_text(cpu, "released_away_vifs", "[ \"vif1.0\", \"vif2.0\" ]");
	expect_text(cpu, "drained_away_vifs", "[ \"vif2.0\" ]");
	json_object_put(rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_come_and_gone),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_nic_down),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests_name("vifctl rates", tests, NULL, NULL);
}
