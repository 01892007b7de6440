# SPDX-License-Identifier: GPL-2.0
#
# For people; `make help` lists the targets. What the kernel's build system reads
# is in Kbuild.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

KDIR ?= /lib/modules/$(shell uname -r)/build
MODULES ?= netback netfront
MODOUT ?= build/modules
DESTDIR ?= $(INSTALL_MOD_PATH)
DEPMOD ?= depmod
V ?= 0
W ?= 1
Q := $(if $(filter 1,$(V)),,@)

# The kernels that the modules are built for and tested with.
SERIES := 6.1 6.12 7.3

export V W WERROR
export XNET_MODULES := $(MODULES)

.PHONY: all
all: help

##@ Modules

.PHONY: modules
modules: ## build the modules for the kernel in KDIR=/lib/modules/X/build
	$(Q)tools/build-modules $(KDIR) $(MODOUT)

# Evaluated when used: the release of the kernel in KDIR.
krel = $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

.PHONY: modules_install
modules_install: modules ## install them to /lib/modules/X/updates (DESTDIR=)
	$(Q)install -D -m 644 -t $(DESTDIR)/lib/modules/$(krel)/updates \
		$(MODULES:%=$(MODOUT)/$(krel)/xen-%.ko)
	$(Q)$(DEPMOD) -b $(DESTDIR)/ $(krel)

# Makes the toolchain root when it is missing or its recipe changed.
.PHONY: toolroot
toolroot:
	$(Q)tests/lab/host-setup
	$(Q)tests/lab/toolroot.sh build/toolroot

matrix_cmd = TOOLROOT_ENV="V W C WERROR XNET_MODULES" tests/lab/in-root tests/matrix.sh $(MODOUT)

.PHONY: matrix
matrix: toolroot ## build for each supported kernel and run sparse; no warning is allowed
	$(Q)WERROR=1 $(matrix_cmd) $(SERIES)
	$(Q)WERROR=1 C=2 $(matrix_cmd) $(SERIES)

.PHONY: sparse
sparse: toolroot ## only sparse, with endian checks
	$(Q)WERROR=1 C=2 $(matrix_cmd) $(SERIES)

.PHONY: $(SERIES:%=modules-%)
$(SERIES:%=modules-%): modules-%: toolroot
	$(Q)$(matrix_cmd) $*

modules-6.12: ## build for one kernel of the matrix (or modules-6.1, modules-7.3)

.PHONY: compat-report
compat-report: ## what the kernels built so far answered to the compat probes
	$(Q)common/compat/report.sh $(MODOUT)

##@ Cleaning up

.PHONY: clean
clean: ## remove all that is compiled, and out/; keep roots and images
	rm -rf build/modules build/unit build/raw build/rawfront build/rawback build/programs \
		build/vifctl build/vifctl-test out

.PHONY: distclean
distclean: ## remove build/ and out/, which takes the roots and images along
	rm -rf --one-file-system build out

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^##@/ { print "\n" substr($$0, 5) } \
		/^[a-zA-Z0-9._-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Test

.PHONY: lint
lint: ## static checks of the tree
	$(Q)tests/needs git python3
	$(Q)tests/lint.sh

.PHONY: check
check: ## what needs no root and no Xen: lint, unit and coverage
	$(Q)$(MAKE) --no-print-directory -k lint unit coverage vifctl-unit bench-unit

.PHONY: proof
proof: ## proofs of common/, where CBMC is installed
	$(Q)tests/models/prove.sh

.PHONY: test
test: ## everything but test-long (as root)
	$(Q)tests/run.sh check matrix interop outside front-quick vifctl-quick life \
		rawfront-quick rawback-quick lifecycle

include tools/vifctl/vifctl.mk
include tests/vifctl/vifctl-test.mk
include tests/unit/unit.mk
-include tests/lab/lab.mk
