# SPDX-License-Identifier: GPL-2.0
#
# For people; `make help` lists the targets. Kbuild has what the kernel's build
# system reads.

.DEFAULT_GOAL := help

KDIR ?= /lib/modules/$(shell uname -r)/build
MODULES ?= netback netfront
MODOUT ?= build/modules
V ?= 0
W ?= 1
Q := $(if $(filter 1,$(V)),,@)

SERIES := 6.1 6.12 7.3
IN_ROOT := tests/lab/in-root

export V W
export XNET_MODULES := $(MODULES)

-include tests/lab/lab.mk
-include tests/unit/unit.mk

##@ Build

.PHONY: modules
modules: ## build both modules for the kernel in KDIR=/lib/modules/X/build
	$(Q)tools/build-modules $(KDIR) $(MODOUT)

# Makes the toolchain root when it is missing or its recipe changed.
.PHONY: toolroot
toolroot:
	$(Q)tests/lab/toolroot.sh build/toolroot

.PHONY: $(SERIES:%=modules-%)
$(SERIES:%=modules-%): modules-%: toolroot
	$(Q)TOOLROOT_ENV="V W C WERROR XNET_MODULES" $(IN_ROOT) tests/matrix.sh $(MODOUT) $*

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^##@/ { print "\n" substr($$0, 5) } \
		/^[a-zA-Z0-9_-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' \
		$(wildcard $(MAKEFILE_LIST))
