// SPDX-License-Identifier: GPL-2.0
/* Tests of view.c and table.c: rates as text. */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vifctl/options.h"
#include "tools/vifctl/table.h"
#include "tools/vifctl/view.h"

/* Where main.c would have it. */
struct vc_options vc_options;

static const char host[] =
"{ \"vifs\": ["
"  { \"vif\": \"vif1.0\", \"domain\": \"web\", \"home_cpus\": \"2\","
"    \"rx_packets_per_s\": 10.0, \"rx_bits_per_s\": 123456.0, \"rx_batch_packets\": 1.5,"
"    \"tx_packets_per_s\": 0.5, \"tx_bits_per_s\": 9876543210.0, \"tx_batch_packets\": null,"
"    \"rx_drops_per_s\": 1.0, \"tx_drops_per_s\": 2.0, \"rx_errors_per_s\": 0.0,"
"    \"tx_errors_per_s\": 0.0, \"events_per_s\": 99999.0, \"queues\": ["
"      { \"queue\": 0, \"home_cpu\": 2, \"rx_packets_per_s\": 10.0, \"events_per_s\": 5.0 } ] },"
"  { \"vif\": \"vif2.0\", \"domain\": \"db\", \"home_cpus\": null,"
"    \"rx_packets_per_s\": null, \"queues\": [] },"
"  { \"vif\": \"vif10.0\", \"domain\": \"mail\", \"home_cpus\": \"0-1\","
"    \"rx_packets_per_s\": 20.0, \"queues\": [] } ],"
"  \"cpus\": ["
"  { \"cpu\": 0, \"vif_interrupts_per_s\": 5.0, \"softirq_share\": 0.125, \"steal_share\": 0.0,"
"    \"busy_share\": 0.5, \"saturated\": false, \"runs_per_s\": 3.0, \"run_share\": 0.1,"
"    \"released_packets_per_s\": 0.0, \"drained_pages_per_s\": 0.0,"
"    \"released_away_vifs\": [], \"drained_away_vifs\": [] },"
"  { \"cpu\": 1, \"vif_interrupts_per_s\": 0.0, \"softirq_share\": 0.9, \"steal_share\": 0.0,"
"    \"busy_share\": 1.0, \"saturated\": true, \"runs_per_s\": 3.0, \"run_share\": 0.8,"
"    \"released_packets_per_s\": 150000.0, \"drained_pages_per_s\": 7.0,"
"    \"released_away_vifs\": [\"vif1.0\"], \"drained_away_vifs\": [\"vif1.0\", \"vif2.0\"] },"
"  { \"cpu\": 2, \"vif_interrupts_per_s\": 0.0, \"softirq_share\": null, \"steal_share\": null,"
"    \"busy_share\": null, \"saturated\": false, \"runs_per_s\": 0.0, \"run_share\": 0.0,"
"    \"released_packets_per_s\": 4.0, \"drained_pages_per_s\": 0.0,"
"    \"released_away_vifs\": [\"vif1.0\"], \"drained_away_vifs\": [] } ] }";

/* A guest has no netback. */
static const char guest[] =
"{ \"vifs\": [], \"cpus\": ["
"  { \"cpu\": 0, \"vif_interrupts_per_s\": 5.0, \"nic_interrupts_per_s\": 2.0,"
"    \"softirq_share\": 0.01, \"steal_share\": 0.2,"
"    \"busy_share\": 0.5, \"saturated\": false, \"runs_per_s\": null, \"run_share\": null,"
"    \"released_packets_per_s\": null, \"drained_pages_per_s\": null,"
"    \"released_away_vifs\": [], \"drained_away_vifs\": [] } ] }";

/* The cells of a table, with a bar between them; what is marked has a !. */
static void collect(const struct vc_cell *cell, void *data)
{
	char *text = data;

	sprintf(text + strlen(text), "%s%s%s", cell->column ? "|" : cell->row ? "\n" : "",
		cell->bad ? "!" : "", cell->text);
}

static void expect_table(struct vc_table *table, const char *wanted)
{
	char text[4096] = "";

	vc_table_each(table, collect, text);
	vc_table_free(table);
	expect(!strcmp(text, wanted), "\n%s\nis not\n%s", text, wanted);
}

#define HEADS	"VIF|RXPKT|RXBIT|RXBAT|TXPKT|TXBIT|TXBAT|DROP|ERR|EVENT|CPU|DOMAIN\n"
#define WEB	"vif1.0|10|123k|1.5|0.5|9.88G|-|!3|0|99999|2|web"
#define DB	"vif2.0|-|-|-|-|-|-|-|-|-|-|db"
#define MAIL	"vif10.0|20|-|-|-|-|-|-|-|-|0-1|mail"

static void test_vifs(void **state)
{
	struct json_object *rates = json_tokener_parse(host);

	(void)state;
	assert_non_null(rates);
	expect_table(vc_view_vifs(rates, VC_VIEW_SORT, false), HEADS MAIL "\n" WEB "\n" DB);
	/* Queues stay with their vif. */
	expect_table(vc_view_vifs(rates, VC_VIEW_SORT, true),
		     HEADS MAIL "\n" WEB "\n  q0|10|-|-|-|-|-|-|-|5|2|-\n" DB);
	expect_table(vc_view_vifs(rates, vc_view_column("vif"), false),
		     HEADS WEB "\n" DB "\n" MAIL);
	expect_table(vc_view_vifs(rates, vc_view_column("DOMAIN"), false),
		     HEADS DB "\n" MAIL "\n" WEB);
	expect_table(vc_view_vifs(rates, vc_view_column("cpu"), false),
		     HEADS MAIL "\n" WEB "\n" DB);
	/* Only one is known; the others stay in order. */
	expect_table(vc_view_vifs(rates, vc_view_column("event"), false),
		     HEADS WEB "\n" DB "\n" MAIL);
	json_object_put(rates);
}

#define CPU_HEADS	"CPU|HARDIRQ|SOFT|STEAL|BUSY|RUN|RUN%|RELEASE|DRAIN|NOTE\n"
#define CPU0		"0|5|12%|0%|50%|3|10%|0|0|-"
#define CPU1		"1|0|90%|0%|!100%|3|80%|150k|!7|!saturated; drains of vif1.0, vif2.0 away from home"
#define CPU2		"2|0|-|-|-|0|0%|4|0|releases of vif1.0 away from home"

static void test_cpus(void **state)
{
	struct json_object *rates = json_tokener_parse(host);

	(void)state;
	expect_table(vc_view_cpus(rates, 3), CPU_HEADS CPU0 "\n" CPU1 "\n" CPU2);
	expect_table(vc_view_cpus(rates, 2), CPU_HEADS CPU0 "\n" CPU1);
	expect_table(vc_view_cpus(rates, 1), CPU_HEADS CPU1);
	json_object_put(rates);
	rates = json_tokener_parse(guest);
	expect_table(vc_view_cpus(rates, 8),
		     "CPU|HARDIRQ|SOFT|STEAL|BUSY|NOTE\n0|7|1%|20%|50%|-");
	json_object_put(rates);
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} numbers[] = {
		{ 0, "0" }, { 0.04, "0.0" }, { 0.5, "0.5" }, { 1, "1" }, { 9.94, "9.9" },
		{ 9.96, "10" }, { 12.3, "12" }, { 99999, "99999" }, { 99999.6, "100k" },
		{ 123456, "123k" }, { 999499, "999k" }, { 999500, "1.00M" }, { 9994999, "9.99M" },
		{ 9995001, "10.0M" }, { 99949999, "99.9M" }, { 99950001, "100M" },
		{ 9.87e9, "9.87G" }, { 1.5e18, "1.50E" },
	};
	char text[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		vc_view_number(numbers[i].value, text, sizeof(text));
		expect(!strcmp(text, numbers[i].text), "%f is %s, not %s", numbers[i].value, text,
		       numbers[i].text);
	}
}

static void test_columns(void **state)
{
	int i;

	(void)state;
	for (i = 0; vc_view_head(i); i++) {
		assert_int_equal(vc_view_column(vc_view_head(i)), i);
		assert_non_null(vc_view_meaning(i));
	}
	assert_null(vc_view_meaning(i));
	assert_int_equal(vc_view_column("rxpkt"), VC_VIEW_SORT);
	assert_int_equal(vc_view_column(""), -1);
	assert_int_equal(vc_view_column("RXPK"), -1);
}

/* What is printed, to the blank. */
static void test_print(void **state)
{
	static const char *const heads[] = { "NAME", "N", "END", NULL };
	static const char wanted[] =
		"  NAME      N  END\n"
		"  a         7  x\n"
		"  longer  123  -\n";
	char text[256];
	struct vc_table *table = vc_table_new(heads);
	FILE *file = tmpfile(), *out = stdout;
	size_t n;

	(void)state;
	vc_table_numbers(table, 1, 3);
	vc_table_cell(table, "a");
	vc_table_cell(table, "%d", 7);
	vc_table_cell(table, "x");
	vc_table_cell(table, "longer");
	vc_table_cell(table, "%d", 123);
	vc_table_cell(table, "%s", "");
	stdout = file;
	vc_table_print(table, "  ");
	stdout = out;
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = 0;
	fclose(file);
	expect(!strcmp(text, wanted), "\n%s", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vifs),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests_name("vifctl view", tests, NULL, NULL);
}
