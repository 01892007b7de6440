// SPDX-License-Identifier: GPL-2.0
/* Tests of ends.c: what keeps the two ends of a vif from being connected. */
#include "expect.h"

#include <string.h>

#include "tools/vifctl/ends.h"

static const struct {
	struct vc_ends ends;
	bool connected;
	bool hopeless;
	const char *text;
} cases[] = {
	{ { true, true, 4, 4, "connected", NULL, NULL, NULL, NULL }, true, false,
	  "backend Connected, frontend Connected" },
	{ { true, true, 1, 1, NULL, NULL, "/etc/xen/scripts/vif-bridge", NULL, NULL }, false, false,
	  "backend Initialising, frontend Initialising; no driver has taken the backend: is xen-netback loaded?; the hotplug script /etc/xen/scripts/vif-bridge has not said that it is done" },
	{ { true, true, 2, 1, "connected", NULL, NULL, NULL, NULL }, false, false,
	  "backend InitWait, frontend Initialising; no driver in the guest has taken it: is the guest up, and has it xen-netfront?" },
	{ { true, true, 2, 2, "connected", NULL, NULL, NULL, NULL }, false, false,
	  "backend InitWait, frontend InitWait; the guest's driver has not said where its rings are" },
	{ { true, true, 2, 4, "connected", NULL, NULL, "22 reading rings", NULL }, false, false,
	  "backend InitWait, frontend Connected; the backend's driver has not taken up the guest's rings; the backend's error: 22 reading rings" },
	{ { true, true, 4, 3, "connected", NULL, NULL, NULL, NULL }, false, false,
	  "backend Connected, frontend Initialised; the guest's driver has not gone on from there" },
	{ { true, true, 2, 4, NULL, NULL, "vif-x", NULL, NULL }, false, false,
	  "backend InitWait, frontend Connected; the hotplug script vif-x has not said that it is done" },
	{ { true, true, 2, 1, "error", "no bridge", "vif-bridge", NULL, NULL }, false, true,
	  "backend InitWait, frontend Initialising; the hotplug script vif-bridge failed: no bridge" },
	{ { true, true, 2, 1, "error", NULL, NULL, NULL, NULL }, false, true,
	  "backend InitWait, frontend Initialising; the hotplug script (unnamed) failed: see /var/log/xen/xen-hotplug.log" },
	{ { true, true, 2, 6, "connected", NULL, NULL, NULL, "17 \033[31mred\n" }, false, false,
	  "backend InitWait, frontend Closed; the guest's driver has closed it; the frontend's error: 17 ?[31mred?" },
	{ { true, true, 5, 4, "connected", NULL, NULL, NULL, NULL }, false, false,
	  "backend Closing, frontend Connected; the backend's driver has closed it" },
	{ { false, true, 0, 1, NULL, NULL, NULL, NULL, NULL }, false, true,
	  "backend gone, frontend Initialising; the toolstack has taken it back" },
	{ { true, false, 4, 0, "connected", NULL, NULL, NULL, NULL }, false, true,
	  "backend Connected, frontend gone; the toolstack has taken it back" },
};

static void test_cases(void **state)
{
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		expect(vc_ends_connected(&cases[i].ends) == cases[i].connected, "%s",
		       cases[i].text);
		expect(vc_ends_hopeless(&cases[i].ends) == cases[i].hopeless, "%s", cases[i].text);
		vc_ends_missing(&cases[i].ends, text, sizeof(text));
		expect(!strcmp(text, cases[i].text), "%s", text);
	}
}

/* Wherever it is cut off, it is a text that does not go beyond its room. */
static void test_short(void **state)
{
	char text[512];
	size_t i, size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (size = 1; size <= strlen(cases[i].text); size++) {
			memset(text, 'x', sizeof(text));
			vc_ends_missing(&cases[i].ends, text, size);
			expect(strlen(text) == size - 1 && text[size] == 'x' &&
			       !strncmp(text, cases[i].text, size - 1), "%zu: %s", size, text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests_name("vifctl ends", tests, NULL, NULL);
}
