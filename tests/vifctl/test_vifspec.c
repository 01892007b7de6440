// SPDX-License-Identifier: GPL-2.0
/* Tests of vifspec.c: the text that describes a vif in xl.cfg. */
#include "expect.h"

#include <stdio.h>
#include <string.h>

#include "tools/vifctl/vifspec.h"

static bool same(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

static void test_good(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *last;
		const char *mac;
		const char *bridge;
		const char *script;
		const char *backend;
	} good[] = {
		{ "", 0, NULL, NULL, NULL, NULL, NULL },
		{ " , ", 0, NULL, NULL, NULL, NULL, NULL },
		{ "mac=00:16:3e:00:00:01", 1, "mac=00:16:3e:00:00:01", "00:16:3e:00:00:01", NULL,
		  NULL, NULL },
		{ "mac=00:16:3E:aB:Cd:eF,bridge=xenbr0", 2, "bridge=xenbr0", "00:16:3E:aB:Cd:eF",
		  "xenbr0", NULL, NULL },
		{ " bridge=br0 , script=vif-openvswitch,\tbackend=dd1,", 3, "backend=dd1", NULL,
		  "br0", "vif-openvswitch", "dd1" },
		{ "rate=10Mb/s@50ms,ip=10.0.0.1 10.0.0.2", 2, "ip=10.0.0.1 10.0.0.2", NULL, NULL,
		  NULL, NULL },
		{ "vifname=a=b", 1, "vifname=a=b", NULL, NULL, NULL, NULL },
		{ "bridgex=1,macx=2,xbridge=3", 3, "xbridge=3", NULL, NULL, NULL, NULL },
	};
	struct vc_vifspec spec;
	char why[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		expect(vc_vifspec_parse(good[i].text, &spec, why, sizeof(why)), "\"%s\": %s",
		       good[i].text, why);
		expect(spec.count == good[i].count, "\"%s\" has %zu", good[i].text, spec.count);
		expect(!spec.count || same(spec.word[spec.count - 1], good[i].last),
		       "\"%s\" ends with %s", good[i].text, spec.word[spec.count - 1]);
		expect(same(spec.mac, good[i].mac) && same(spec.bridge, good[i].bridge) &&
		       same(spec.script, good[i].script) && same(spec.backend, good[i].backend),
		       "\"%s\"", good[i].text);
		vc_vifspec_free(&spec);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "bridge", "bridge is not KEY=VALUE" },
		{ "bridge=", "bridge= is not KEY=VALUE" },
		{ "=xenbr0", "=xenbr0 is not KEY=VALUE" },
		{ "mac=00:16:3e:00:00:01,accel", "accel is not KEY=VALUE" },
		{ "bridge=a,mac=00:16:3e:00:00:01,bridge=b", "bridge is there twice" },
		{ "mac=00:16:3e:00:00", "00:16:3e:00:00 is no MAC" },
		{ "mac=00:16:3e:00:00:01:02", "is no MAC" },
		{ "mac=00:16:3e:00:00:1", "is no MAC" },
		{ "mac=00:16:3e:00:00:0g", "is no MAC" },
		{ "mac=00-16-3e-00-00-01", "is no MAC" },
		{ "mac=0016.3e00.0001", "is no MAC" },
		{ "mac=random", "random is no MAC" },
		{ "mac=01:16:3e:00:00:01", "address of a group" },
		{ "mac=ff:ff:ff:ff:ff:ff", "address of a group" },
		{ "mac=00:00:00:00:00:00", "nobody's address" },
	};
	struct vc_vifspec spec;
	char why[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		expect(!vc_vifspec_parse(bad[i].text, &spec, why, sizeof(why)), "\"%s\"",
		       bad[i].text);
		expect(strstr(why, bad[i].why), "\"%s\": %s", bad[i].text, why);
		vc_vifspec_free(&spec);
	}
}

/* No more words than there is room for. */
static void test_many(void **state)
{
	char text[VC_VIFSPEC_WORDS * 8 + 16] = "", why[256];
	struct vc_vifspec spec;
	int i;

	(void)state;
	for (i = 0; i < VC_VIFSPEC_WORDS; i++)
		sprintf(text + strlen(text), "k%d=1,", i);
	assert_true(vc_vifspec_parse(text, &spec, why, sizeof(why)));
	assert_int_equal(spec.count, VC_VIFSPEC_WORDS);
	vc_vifspec_free(&spec);
	strcat(text, "more=1");
	assert_false(vc_vifspec_parse(text, &spec, why, sizeof(why)));
	assert_non_null(strstr(why, "more than"));
	vc_vifspec_free(&spec);
}

static void test_mac(void **state)
{
	static const unsigned char wanted[VC_MAC_LEN] = { 0x00, 0x16, 0x3e, 0x9a, 0xbc, 0xdf };
	unsigned char mac[VC_MAC_LEN];

	(void)state;
	assert_true(vc_mac_parse("00:16:3E:9a:bC:Df", mac));
	assert_memory_equal(mac, wanted, sizeof(mac));
	assert_false(vc_mac_parse("", mac));
	assert_false(vc_mac_parse("00:16:3e:9a:bc:df ", mac));
	assert_false(vc_mac_parse("0:016:3e:9a:bc:df", mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_mac),
	};

	return cmocka_run_group_tests_name("vifctl vifspec", tests, NULL, NULL);
}
