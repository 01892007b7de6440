# SPDX-License-Identifier: GPL-2.0
#
# Unit tests of vifctl. Each tests/vifctl/test_*.c is a cmocka program; it is linked
# with what it uses of vifctl, with the sanitizers. It needs no Xen and no root. cli.sh
# tries the program itself: what it refuses, what it prints, what it leaves alone; words.sh
# whether its manual page and its completion know what it knows.

VCTEST_OUT := build/vifctl-test/gcc-$(shell $(CC) -dumpversion 2>/dev/null)
VCTEST_TESTS := $(patsubst tests/vifctl/%.c,$(VCTEST_OUT)/%,$(wildcard tests/vifctl/test_*.c))
VCTEST_OBJS := $(patsubst %.c,$(VCTEST_OUT)/%.o,$(filter-out tools/vifctl/main.c,\
	$(wildcard tools/vifctl/*.c)))
VCTEST_CFLAGS := $(VIFCTL_CFLAGS) -I. -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

$(VCTEST_OUT)/%.o: %.c | vifctl-test-needs
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VCTEST_CFLAGS) -c -o $@ $<

# An archive, of which the linker takes what is needed.
$(VCTEST_OUT)/vifctl.a: $(VCTEST_OBJS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(VCTEST_TESTS): $(VCTEST_OUT)/%: $(VCTEST_OUT)/tests/vifctl/%.o $(VCTEST_OUT)/vifctl.a
	$(Q)$(CC) $(VCTEST_CFLAGS) -o $@ $^ $(VIFCTL_LIBS) -lcmocka

.SECONDARY: $(VCTEST_OBJS) $(VCTEST_TESTS:$(VCTEST_OUT)/%=$(VCTEST_OUT)/tests/vifctl/%.o)

-include $(shell find $(VCTEST_OUT) -name '*.d' 2>/dev/null)

.PHONY: vifctl-test-needs
vifctl-test-needs:
	$(Q)tests/needs gcc:cc python3 libcmocka-dev:cmocka.h libjson-c-dev:json-c/json.h \
		libmnl-dev:libmnl/libmnl.h libncurses-dev:ncursesw/curses.h libxen-dev:xenctrl.h

.PHONY: vifctl-unit
vifctl-unit: $(VCTEST_TESTS) $(VIFCTL_OUT)/vifctl ## unit tests of vifctl, with the sanitizers
	$(Q)for t in $(VCTEST_TESTS); do CMOCKA_MESSAGE_OUTPUT=TAP $$t || failed=1; done; \
		for t in cli words; do tests/vifctl/$$t.sh $(VIFCTL_OUT)/vifctl || failed=1; done; \
		[ -z "$$failed" ]
