# SPDX-License-Identifier: GPL-2.0
#
# rawfront, a program for dom0; included by tests/lab/lab.mk. It is built in the
# toolchain root, which has Xen's libraries, by: make rawfront-here

RAWFRONT_OUT := build/rawfront
RAWFRONT_OBJS := $(patsubst tests/rawfront/%.c,$(RAWFRONT_OUT)/%.o,$(wildcard tests/rawfront/*.c))
# The structures of netif.h as they are today, and barriers of our own choice.
RAWFRONT_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -I. -MMD -MP -pthread \
	-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__

$(RAWFRONT_OUT)/%.o: tests/rawfront/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RAWFRONT_CFLAGS) -c -o $@ $<

$(RAWFRONT_OUT)/rawfront: $(RAWFRONT_OBJS)
	$(Q)$(CC) -pthread -o $@ $^ -lxengnttab -lxenevtchn -lxenstore

-include $(RAWFRONT_OBJS:.o=.d)

.PHONY: rawfront-here
rawfront-here: $(RAWFRONT_OUT)/rawfront
	@:
