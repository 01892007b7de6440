# SPDX-License-Identifier: GPL-2.0
#
# Unit tests of common/ in user space. Each tests/unit/test_*.c is a cmocka
# program; it is linked with the common/X.c of every "common/X.h" it includes.
# Built twice: with the sanitizers for `make unit`, plain for `make coverage`.

# The host and the toolchain root do not share objects.
UNIT_OUT := build/unit/gcc-$(shell $(CC) -dumpversion 2>/dev/null)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_CFLAGS := -std=gnu11 -g -Wall -Wextra -Werror -I. -MMD -MP
UNIT_FLAVOURS := san cov

$(UNIT_OUT)/san/%: UNIT_FLAGS = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
$(UNIT_OUT)/cov/%: UNIT_FLAGS = -O0 --coverage

# Files of common/ whose every branch the tests have to take.
UNIT_COVERED := common/credit.c common/flow.c common/hash_ctrl.c common/rx_parse.c \
	common/toeplitz.c common/tx_parse.c

# $(call unit_objs,TEST,FLAVOUR): the objects that make up a test
unit_objs = $(patsubst %.c,$(UNIT_OUT)/$2/%.o,tests/unit/$1.c $(wildcard $(patsubst %.h,%.c,\
	$(shell sed -n 's,^#include "\(common/[a-z0-9_]*\.h\)".*,\1,p' tests/unit/$1.c))))

define unit_rules
$(UNIT_OUT)/$2/$1: $(call unit_objs,$1,$2)
	$$(Q)$$(CC) $$(UNIT_FLAGS) -o $$@ $$^ -lcmocka
endef
$(foreach f,$(UNIT_FLAVOURS),$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rules,$t,$f))))

define unit_compile
$(Q)mkdir -p $(@D)
$(Q)$(CC) $(UNIT_CFLAGS) $(UNIT_FLAGS) -c -o $@ $<
endef

$(UNIT_OUT)/san/%.o: %.c | unit-needs
	$(unit_compile)
$(UNIT_OUT)/cov/%.o: %.c | unit-needs
	$(unit_compile)

-include $(shell find $(UNIT_OUT) -name '*.d' 2>/dev/null)

.PHONY: unit-needs
unit-needs:
	$(Q)tests/needs gcc:cc libcmocka-dev:cmocka.h libxen-dev:xen/io/netif.h

.PHONY: unit
unit: $(UNIT_TESTS:%=$(UNIT_OUT)/san/%) ## unit tests of common/, with the sanitizers
	$(Q)for t in $^; do CMOCKA_MESSAGE_OUTPUT=TAP $$t || failed=1; done; [ -z "$$failed" ]

.PHONY: coverage
coverage: $(UNIT_TESTS:%=$(UNIT_OUT)/cov/%) ## lines and branches of common/ that the unit tests reach
	$(Q)tests/unit/coverage.sh $(UNIT_OUT)/cov "$(UNIT_COVERED)" $^
