# SPDX-License-Identifier: GPL-2.0
#
# Programs that make load in dom0 and in guests; included by tests/lab/lab.mk. They
# are built in the toolchain root, without shared libraries, by: make programs-here. And
# vifctl, which dom0 and guests have the libraries of.

PROGRAMS_OUT := build/programs
PROGRAMS := $(patsubst tests/lab/programs/%.c,$(PROGRAMS_OUT)/%,$(wildcard tests/lab/programs/*.c)) \
	$(PROGRAMS_OUT)/vifctl

$(PROGRAMS_OUT)/%: tests/lab/programs/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -static -o $@ $<

$(PROGRAMS_OUT)/vifctl: $(VIFCTL_OUT)/vifctl
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

.PHONY: programs-here
programs-here: $(PROGRAMS)
	@:
