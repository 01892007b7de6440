# SPDX-License-Identifier: GPL-2.0
#
# The lab's targets; included by the top Makefile. All need root.

lab_dom0_root := build/lab/dom0-root
lab_kver = $(notdir $(patsubst $(lab_dom0_root)/boot/vmlinuz-%,%,$(lastword $(sort \
	$(wildcard $(lab_dom0_root)/boot/vmlinuz-*)))))

##@ Lab: real Xen in QEMU (as root; see docs/lab.md)

.PHONY: lab-setup
lab-setup: toolroot ## make what the lab needs: host tools, toolchain root, dom0 root
	$(Q)tests/lab/dom0root.sh $(lab_dom0_root) build/toolroot

.PHONY: lab-modules
lab-modules: lab-setup ## build our modules for the lab's kernel
	$(Q)echo "lab: building the modules for $(lab_kver)"
	$(Q)TOOLROOT_ENV="V W C WERROR XNET_MODULES" tests/lab/in-root \
		$(MAKE) --no-print-directory modules KDIR=/lib/modules/$(lab_kver)/build

.PHONY: demo
demo: lab-modules ## a guest's packets reach the wire through our drivers
	$(Q)tests/lab/lab run demo

.PHONY: interop
interop: lab-modules ## ours and the in-tree drivers, all four pairings; the tasklet and the thread
	$(Q)tests/lab/lab run interop tasklet kthread

.PHONY: hotspot
hotspot: lab-modules ## where dom0 carries a sending guest's packets, row by row
	$(Q)tests/lab/lab run hotspot

.PHONY: steering
steering: lab-modules ## queues change what runs them and where, under traffic
	$(Q)tests/lab/lab run steering

.PHONY: keys
keys: lab-modules ## what a vif's keys in XenStore do: rate, queues, headroom, carrier
	$(Q)tests/lab/lab run vifkeys vifrate

.PHONY: xdp
xdp: lab-modules programs ## XDP in the guest: verdicts, changed packets, redirection; cost
	$(Q)tests/lab/lab run xdp xdpcost

.PHONY: outside
outside: lab-modules ## what ethtool, netlink and parameters show, set and refuse
	$(Q)tests/lab/lab run outside

.PHONY: front
front: lab-modules programs ## the guest's interface: queues, events, keys, offloads
	$(Q)tests/lab/lab run front offloads

.PHONY: rss
rss: lab-modules ## hashing that the guest asks for: queues, hashes, settings that last
	$(Q)tests/lab/lab run rss

.PHONY: robust
robust: lab-modules rawfront-program ## teardown in time, netback exchanged under TCP, calm neighbours
	$(Q)tests/lab/lab run robust

.PHONY: watchdog
watchdog: lab-modules programs ## events get lost, backends are dead, the guest finds out
	$(Q)tests/lab/lab run watchdog

.PHONY: watchdog-long
watchdog-long: lab-modules programs ## 200 of them each way, ten minutes of pause
	$(Q)tests/lab/lab run watchdog-long

.PHONY: lifecycle
lifecycle: lab-modules ## vifs and guests come and go, nothing stays behind
	$(Q)tests/lab/lab run lifecycle

.PHONY: life
life: lab-modules programs ## a guest is saved, restored, resumed, paused, its device taken away
	$(Q)tests/lab/lab run life

.PHONY: pvh
pvh: lab-modules programs ## a PVH guest: traffic, saved and restored, migrated
	$(Q)tests/lab/lab run pvh

.PHONY: driver-domain
driver-domain: lab-modules ## a backend outside dom0 is reloaded, destroyed, shut down
	$(Q)tests/lab/lab run driver-domain

.PHONY: vifctl-lab
vifctl-lab: lab-modules programs ## what vifctl shows, sets, attaches, refuses and diagnoses
	$(Q)tests/lab/lab run vifctl diagnose

.PHONY: vifctl-quick
vifctl-quick: lab-modules programs ## what of it takes less than 90 seconds
	$(Q)tests/lab/lab run vifctl-quick

.PHONY: front-quick
front-quick: lab-modules programs ## netfront: XDP, the watchdog, ethtool -L; the quick part
	$(Q)tests/lab/lab run front-quick

# The same at full length, and what has scenarios of its own.
netfront_scenarios := front offloads rss xdp xdpcost watchdog watchdog-long life-long life-control pvh-long \
	driver-domain rawback

.PHONY: netfront-long
netfront-long: lab-modules programs rawback-program ## all about netfront, into out/netfront.json (hours)
	$(Q)tests/lab/lab run interop lifecycle $(netfront_scenarios)
	$(Q)$(MAKE) --no-print-directory netfront-json

.PHONY: netfront-json
netfront-json: ## put together what the last runs about netfront have found
	$(Q)python3 -B tests/lab/evidence.py

.PHONY: test-long
test-long: lab-modules programs rawfront-program rawback-program ## what make test has no time for
	$(Q)tests/lab/lab run rawfront hotspot steering vifkeys vifrate robust between vifctl diagnose \
		lifecycle-long $(netfront_scenarios)

.PHONY: lab-shell
lab-shell: lab-modules ## boot once, then a root shell in dom0
	$(Q)tests/lab/lab shell

.PHONY: lab-push
lab-push: lab-modules ## put freshly built modules into the dom0 of a lab-shell
	$(Q)tests/lab/lab push

include tests/raw/raw.mk
include tests/rawfront/rawfront.mk
include tests/rawback/rawback.mk
include tests/lab/programs/programs.mk

.PHONY: programs
programs: toolroot
	$(Q)TOOLROOT_ENV="V" tests/lab/in-root $(MAKE) --no-print-directory programs-here

.PHONY: actions
actions: lab-modules programs ## what a packet costs with each thing that runs netback's action
	$(Q)tests/lab/lab run actions

.PHONY: bench-unit
bench-unit: ## what the bench makes of what it sees
	$(Q)tests/needs python3 gnuplot-nox:gnuplot
	$(Q)python3 -B tests/lab/test_bench.py

# ONLY="udp60_up tcp_up" for some workloads, and MODE=icount then unless it is wall; MODE
# alone for all workloads in one mode; EXECUTED=1 to know of some workloads, too, where their
# instructions go; TURNS=5 for pairs that take turns five times.
.PHONY: bench
bench: lab-modules programs ## guest-to-wire throughput, ours against in-tree (hours; see ONLY)
	$(Q)tests/lab/lab bench $(MODE) $(if $(filter-out 0,$(EXECUTED)),executed) \
		$(if $(TURNS),turns=$(TURNS)) $(ONLY)

.PHONY: rawfront-program
rawfront-program: toolroot
	$(Q)TOOLROOT_ENV="V" tests/lab/in-root $(MAKE) --no-print-directory rawfront-here

.PHONY: rawfront
rawfront: lab-modules rawfront-program ## a frontend that does what no driver does
	$(Q)tests/lab/lab run rawfront

.PHONY: rawfront-quick
rawfront-quick: lab-modules rawfront-program ## what of it waits for nothing
	$(Q)tests/lab/lab run rawfront-quick

.PHONY: rawback-program
rawback-program: toolroot
	$(Q)TOOLROOT_ENV="V" tests/lab/in-root $(MAKE) --no-print-directory rawback-here

.PHONY: rawback
rawback: lab-modules programs rawback-program ## a backend that does what no driver does
	$(Q)tests/lab/lab run rawback

.PHONY: rawback-quick
rawback-quick: lab-modules programs rawback-program ## what of it is worth two minutes
	$(Q)tests/lab/lab run rawback-quick
