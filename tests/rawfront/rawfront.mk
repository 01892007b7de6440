# SPDX-License-Identifier: GPL-2.0
#
# rawfront, a program for dom0; included by tests/lab/lab.mk after raw.mk. Built by: make rawfront-here

RAWFRONT_OUT := build/rawfront
RAWFRONT_OBJS := $(patsubst tests/rawfront/%.c,$(RAWFRONT_OUT)/%.o,$(wildcard tests/rawfront/*.c))

$(RAWFRONT_OUT)/%.o: tests/rawfront/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RAW_CFLAGS) -c -o $@ $<

$(RAWFRONT_OUT)/rawfront: $(RAWFRONT_OBJS) $(RAW_OBJS)
	$(Q)$(CC) -pthread -o $@ $^ $(RAW_LIBS)

-include $(RAWFRONT_OBJS:.o=.d)

.PHONY: rawfront-here
rawfront-here: $(RAWFRONT_OUT)/rawfront
	@:
