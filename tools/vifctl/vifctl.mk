# SPDX-License-Identifier: GPL-2.0
#
# vifctl, the tool; included by the top Makefile. It needs libjson-c-dev, libmnl-dev,
# libncurses-dev and libxen-dev.

VIFCTL_OUT := build/vifctl/gcc-$(shell $(CC) -dumpversion 2>/dev/null)
VIFCTL_OBJS := $(patsubst tools/vifctl/%.c,$(VIFCTL_OUT)/%.o,$(wildcard tools/vifctl/*.c))
VIFCTL_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -MMD -MP \
	-DVIFCTL_VERSION='"$(shell cat VERSION)"'
VIFCTL_LIBS := -ljson-c -lmnl -lxenstore -lxenctrl -lxentoollog

$(VIFCTL_OUT)/%.o: tools/vifctl/%.c VERSION
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VIFCTL_CFLAGS) -c -o $@ $<

build/vifctl/vifctl: $(VIFCTL_OBJS)
	$(Q)$(CC) -o $@ $^ $(VIFCTL_LIBS)

-include $(VIFCTL_OBJS:.o=.d)

##@ Tools

.PHONY: vifctl
vifctl: build/vifctl/vifctl ## build vifctl
