# SPDX-License-Identifier: GPL-2.0
#
# rawback, a program for dom0; included by tests/lab/lab.mk after raw.mk. Built by: make rawback-here

RAWBACK_OUT := build/rawback
RAWBACK_OBJS := $(patsubst tests/rawback/%.c,$(RAWBACK_OUT)/%.o,$(wildcard tests/rawback/*.c))

$(RAWBACK_OUT)/%.o: tests/rawback/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RAW_CFLAGS) -c -o $@ $<

$(RAWBACK_OUT)/rawback: $(RAWBACK_OBJS) $(RAW_OBJS)
	$(Q)$(CC) -pthread -o $@ $^ $(RAW_LIBS)

-include $(RAWBACK_OBJS:.o=.d)

.PHONY: rawback-here
rawback-here: $(RAWBACK_OUT)/rawback
	@:
