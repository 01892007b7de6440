// SPDX-License-Identifier: GPL-2.0
/* Tests of rings.c: what debugfs says of rings, ours and the in-tree netback's. */
#include "expect.h"

#include <json-c/json.h>

#include "tools/vifctl/info.h"
#include "tools/vifctl/rings.h"

static const char table[] =
	"queue action completion home pages_out tx_req_prod tx_req_cons rx_state credit credit_state\n"
	"0 napi home 2 17 4294967295 4294967290 fed - unlimited\n"
	"1 kthread local 3 0 5 5 starved -1500 waits\n";

static void test_table(void **state)
{
	struct json_object *queues = vc_rings_parse_table(table), *queue;

	(void)state;
	assert_int_equal(json_object_array_length(queues), 2);
	queue = json_object_array_get_idx(queues, 0);
	assert_int_equal(vc_info_number(queue, "home", -1), 2);
	assert_true(vc_info_number(queue, "tx_req_prod", -1) == 4294967295LL);
	assert_string_equal(vc_info_text(queue, "action", ""), "napi");
	assert_string_equal(vc_info_text(queue, "credit", ""), "-");
	queue = json_object_array_get_idx(queues, 1);
	assert_int_equal(vc_info_number(queue, "credit", 0), -1500);
	assert_string_equal(vc_info_text(queue, "rx_state", ""), "starved");
	assert_string_equal(vc_info_text(queue, "credit_state", ""), "waits");
	json_object_put(queues);
}

/* A vif without a guest has the head only; a line may be short, or longer than the head. */
static void test_table_odd(void **state)
{
	struct json_object *queues;

	(void)state;
	queues = vc_rings_parse_table("queue home\n");
	assert_int_equal(json_object_array_length(queues), 0);
	json_object_put(queues);

	queues = vc_rings_parse_table("");
	assert_int_equal(json_object_array_length(queues), 0);
	json_object_put(queues);

	queues = vc_rings_parse_table("queue home\n0\n1 2 3");
	assert_int_equal(json_object_array_length(queues), 2);
	assert_null(vc_info_text(json_object_array_get_idx(queues, 0), "home", NULL));
	assert_int_equal(json_object_object_length(json_object_array_get_idx(queues, 1)), 2);
	json_object_put(queues);
}

/* As the in-tree netback of 6.12 writes it. */
static const char io_ring[] =
	"Queue 1\n"
	"TX: nr_ents 256\n"
	"req prod 1345 (1) cons 1344 (0) event 1345 (1)\n"
	"rsp prod 1344 (base) pvt 1343 (0) event 1345 (1)\n"
	"pending prod 4294967295 pending cons 12 nr_pending_reqs 3\n"
	"dealloc prod 4 dealloc cons 4 dealloc_queue 0\n"
	"\n"
	"RX: nr_ents 256\n"
	"req prod 500 (250) cons 250 (0) event 251 (1)\n"
	"rsp prod 250 (base) pvt 249 (0) event 251 (1)\n"
	"\n"
	"NAPI state: 11 NAPI weight: 64 TX queue len 0\n"
	"Credit timer_pending: 0, credit: 18446744073709551615, usec: 0\n";

static void test_io_ring(void **state)
{
	struct json_object *queue = vc_rings_parse_io_ring(io_ring);

	(void)state;
	assert_int_equal(vc_info_number(queue, "queue", -1), 1);
	assert_int_equal(vc_info_number(queue, "tx_req_prod", -1), 1345);
	assert_int_equal(vc_info_number(queue, "tx_req_cons", -1), 1344);
	assert_int_equal(vc_info_number(queue, "tx_req_event", -1), 1345);
	assert_int_equal(vc_info_number(queue, "tx_rsp_prod", -1), 1343);
	assert_int_equal(vc_info_number(queue, "pages_out", -1), 3);
	assert_int_equal(vc_info_number(queue, "rx_req_prod", -1), 500);
	assert_int_equal(vc_info_number(queue, "rx_req_cons", -1), 250);
	assert_int_equal(vc_info_number(queue, "rx_req_event", -1), 251);
	assert_int_equal(vc_info_number(queue, "rx_rsp_prod", -1), 249);
	json_object_put(queue);
}

static void test_io_ring_odd(void **state)
{
	struct json_object *queue = vc_rings_parse_io_ring("nothing of the kind\n");

	(void)state;
	assert_int_equal(json_object_object_length(queue), 0);
	json_object_put(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_odd),
		cmocka_unit_test(test_io_ring),
		cmocka_unit_test(test_io_ring_odd),
	};

	return cmocka_run_group_tests_name("vifctl rings", tests, NULL, NULL);
}
