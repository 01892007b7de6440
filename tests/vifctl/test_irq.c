// SPDX-License-Identifier: GPL-2.0
/* Tests of irq.c: /proc/interrupts of kernels and machines of all kinds. */
#include "expect.h"

#include <stdio.h>
#include <string.h>

#include "tools/vifctl/irq.h"

/* CPU1 is offline, so that columns are not CPUs. */
static const char dom0[] =
	"            CPU0       CPU2       CPU3\n"
	"   1:          9          0          0   xen-pirq    -ioapic-edge  i8042\n"
	"  28:   11345678         12          0   PCI-MSIX-0000:00:04.0   1-edge      eth0-TxRx-0\n"
	" 105:          1 4294967296          3   xen-dyn-lateeoi -event     vif1.0-q0-tx\n"
	" 106:          0          0          7   xen-dyn-lateeoi -event     vif1.0-q0-rx  \n"
	" NMI:          0          0          0   Non-maskable interrupts\n"
	" HYP:        123        456        789   Hypervisor callback interrupts\n"
	" ERR:          0\n";

static void test_dom0(void **state)
{
	struct vc_irqs *irqs = vc_irqs_parse(dom0);
	const struct vc_irq *irq;

	(void)state;
	assert_int_equal(irqs->nr_cpus, 3);
	assert_int_equal(irqs->cpu[0], 0);
	assert_int_equal(irqs->cpu[1], 2);
	assert_int_equal(irqs->cpu[2], 3);
	assert_int_equal(irqs->count, 4);

	irq = vc_irqs_find(irqs, "eth0-TxRx-0");
	assert_non_null(irq);
	assert_int_equal(irq->number, 28);
	assert_true(irq->count == 11345690);

	irq = vc_irqs_find(irqs, "vif1.0-q0-tx");
	assert_non_null(irq);
	assert_int_equal(irq->number, 105);
	assert_true(irq->per_cpu[1] == 4294967296ULL);
	assert_true(irq->count == 4294967300ULL);

	irq = vc_irqs_find(irqs, "vif1.0-q0-rx");
	assert_non_null(irq);
	assert_true(irq->per_cpu[2] == 7);

	assert_null(vc_irqs_find(irqs, "vif1.0-q0"));
	assert_null(vc_irqs_find(irqs, "NMI"));
	vc_irqs_free(irqs);
}

/* Lines that end early, that have no newline, that are none. */
static void test_odd(void **state)
{
	struct vc_irqs *irqs;

	(void)state;
	irqs = vc_irqs_parse("");
	assert_int_equal(irqs->count, 0);
	assert_int_equal(irqs->nr_cpus, 0);
	vc_irqs_free(irqs);

	irqs = vc_irqs_parse("  CPU0 CPU1\n 7: 5");
	assert_int_equal(irqs->count, 1);
	assert_true(irqs->irq[0].count == 5);
	assert_true(irqs->irq[0].per_cpu[1] == 0);
	vc_irqs_free(irqs);

	irqs = vc_irqs_parse("CPU0\n\n\n9: 1 x y\n10 11\n:\n");
	assert_int_equal(irqs->count, 1);
	assert_string_equal(irqs->irq[0].name, "y");
	vc_irqs_free(irqs);

	vc_irqs_free(NULL);
}

/* More interrupts than there was room for at first, and a name that is too long. */
static void test_many(void **state)
{
	char text[16384] = "CPU0\n", line[160], name[100];
	struct vc_irqs *irqs;
	int i;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "%d: %d x %s\n", i, 2 * i, name);
		strcat(text, line);
	}
	irqs = vc_irqs_parse(text);
	assert_int_equal(irqs->count, 100);
	assert_int_equal(irqs->irq[99].number, 99);
	assert_true(irqs->irq[99].count == 198);
	assert_int_equal(strlen(irqs->irq[0].name), sizeof(irqs->irq[0].name) - 1);
	vc_irqs_free(irqs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dom0),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("vifctl irq", tests, NULL, NULL);
}
