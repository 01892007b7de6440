// SPDX-License-Identifier: GPL-2.0
/* Tests of nic.c: what drivers call their interrupts. */
#include "expect.h"

#include "tools/vifctl/nic.h"

static void test_queue(void **state)
{
	static const struct {
		const char *name;
		int queue;
	} cases[] = {
		/* igb, ixgbe; e1000e; ena; bnxt */
		{ "eth0-TxRx-0", 0 },
		{ "eth0-TxRx-17", 17 },
		{ "eth0-rx-0", 0 },
		{ "eth0-tx-3", 3 },
		{ "eth0-Tx-Rx-2", 2 },
		{ "enp3s0f0np0-TxRx-5", 5 },
		{ "eth0", -1 },
		{ "enp3s0f0", -1 },
		/* i40e, ice */
		{ "i40e-eth0-TxRx-0", 0 },
		{ "ice-eth0-TxRx-9", 9 },
		{ "i40e-0000:03:00.0:misc", -1 },
		{ "ice-0000:03:00.0:misc", -1 },
		/* mlx5; its sub-functions have interrupts of the whole card's */
		{ "mlx5_comp0@pci:0000:03:00.0", 0 },
		{ "mlx5_comp63@pci:0000:03:00.1", 63 },
		{ "mlx5_async0@pci:0000:03:00.0", -1 },
		{ "mlx5_async@pci:0000:03:00.0", -1 },
		{ "mlx5_sf_comp3@pci:0000:03:00.0", -1 },
		{ "ena-mgmnt@pci:0000:00:05.0", -1 },
		/* virtio */
		{ "virtio1-input.0", 0 },
		{ "virtio12-output.11", 11 },
		{ "virtio1-config", -1 },
		{ "virtio1-control", -1 },
		/* others */
		{ "", -1 },
		{ "7", -1 },
		{ "-", -1 },
		{ "@", -1 },
		{ "comp1@", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		expect(vc_nic_queue(cases[i].name) == cases[i].queue, "\"%s\" is of queue %d",
		       cases[i].name, vc_nic_queue(cases[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue),
	};

	return cmocka_run_group_tests_name("vifctl nic", tests, NULL, NULL);
}
