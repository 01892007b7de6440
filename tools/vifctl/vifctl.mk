# SPDX-License-Identifier: GPL-2.0
#
# vifctl, the tool; included by the top Makefile. It needs libjson-c-dev, libmnl-dev,
# libncurses-dev and libxen-dev.

# The host and the toolchain root do not share objects.
VIFCTL_OUT := build/vifctl/gcc-$(shell $(CC) -dumpversion 2>/dev/null)
VIFCTL_OBJS := $(patsubst tools/vifctl/%.c,$(VIFCTL_OUT)/%.o,$(wildcard tools/vifctl/*.c))
VIFCTL_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -MMD -MP \
	-DVIFCTL_VERSION='"$(shell cat VERSION)"'
VIFCTL_LIBS := -ljson-c -lmnl -lncursesw -lxenstore -lxenctrl -lxentoollog

$(VIFCTL_OUT)/%.o: tools/vifctl/%.c VERSION
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VIFCTL_CFLAGS) -c -o $@ $<

$(VIFCTL_OUT)/vifctl: $(VIFCTL_OBJS)
	$(Q)$(CC) -o $@ $^ $(VIFCTL_LIBS)

-include $(VIFCTL_OBJS:.o=.d)

##@ Tools

.PHONY: vifctl
vifctl: $(VIFCTL_OUT)/vifctl ## build vifctl

.PHONY: vifctl-install
vifctl-install: vifctl ## install vifctl, its manual page, completion and service (DESTDIR=)
	$(Q)install -D -m 755 $(VIFCTL_OUT)/vifctl $(DESTDIR)/usr/sbin/vifctl
	$(Q)install -D -m 644 tools/vifctl/vifctl.8 $(DESTDIR)/usr/share/man/man8/vifctl.8
	$(Q)install -D -m 644 tools/vifctl/vifctl.bash \
		$(DESTDIR)/usr/share/bash-completion/completions/vifctl
	$(Q)install -D -m 755 configs/irqbalance-policy $(DESTDIR)/usr/share/vifwire/irqbalance-policy
	$(Q)install -D -m 644 configs/vifwire-policy.service \
		$(DESTDIR)/lib/systemd/system/vifwire-policy.service
