# SPDX-License-Identifier: GPL-2.0
#
# What rawfront and rawback share; included by tests/lab/lab.mk. All of it is built in
# the toolchain root, which has Xen's libraries.

RAW_OUT := build/raw
RAW_OBJS := $(patsubst tests/raw/%.c,$(RAW_OUT)/%.o,$(wildcard tests/raw/*.c))
# The structures of netif.h as they are today, and barriers of our own choice.
RAW_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -I. -Itests/raw -MMD -MP -pthread \
	-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__
RAW_LIBS := -lxengnttab -lxenevtchn -lxenstore

$(RAW_OUT)/%.o: tests/raw/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(RAW_CFLAGS) -c -o $@ $<

-include $(RAW_OBJS:.o=.d)
