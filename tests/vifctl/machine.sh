# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Machines for tests, made of files and of a XenStore (store.py): a dom0 with a guest,
# that guest, and a driver domain. To be sourced; $dir is where to put them. Interfaces are
# those of the machine that the tests run on, where no vif of these is: it has no counters.
#
#   make_dom0, make_guest,	what is in files, and what XenStore says
#   make_driver
#   on MACHINE PROGRAM...	run a program there, by what is in as_root; it finds no others
#				than the machine's
#   changed MACHINE		what has been changed in it since the last time
#   stop_machines

here=$(dirname "${BASH_SOURCE[0]}")
stores=()
# What makes one root, if that is needed.
as_root=()
: "${dir:?}"

# put FILE TEXT
put() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "$2" >"$1"
}

# irq ROOT NUMBER NAME CPU: an interrupt of CPUs 0 and 1, bound to one of them; without a name it is
# one that is not handled any more
irq() {
	[ -n "$3" ] || put "$1/sys/kernel/irq/$2/actions" ""
	printf '%4d: %10d %10d  xen-dyn-lateeoi -event  %s\n' "$2" 11 22 "$3" >>"$1/proc/interrupts"
	put "$1/proc/irq/$2/smp_affinity_list" "$4"
	put "$1/proc/irq/$2/effective_affinity_list" "$4"
}

# nic ROOT IFNAME DIRECTORY NUMBER NAME...: a NIC with a device in a directory, and interrupts of
# these names, with numbers from that one on
nic() {
	local root=$1 ifname=$2 number=$4 name
	mkdir -p "$root/sys/class/net/$ifname" "$root/sys/devices/$3/msi_irqs"
	ln -s "$root/sys/devices/$3" "$root/sys/class/net/$ifname/device"
	shift 4
	for name; do
		irq "$root" "$number" "$name" 0
		put "$root/sys/class/net/$ifname/device/msi_irqs/$number" msix
		number=$((number + 1))
	done
}

# virtio ROOT IFNAME: what is of virtio is below the device that has the interrupts
virtio() {
	local pci
	pci=$(readlink "$1/sys/class/net/$2/device")
	mkdir "$pci/virtio1"
	ln -s ../../bus/virtio "$pci/virtio1/subsystem"
	ln -nsf "$pci/virtio1" "$1/sys/class/net/$2/device"
}

# What both have. CPU 3 is offline.
make_common() {
	put "$1/sys/hypervisor/type" xen
	put "$1/sys/devices/system/cpu/online" 0-2
	put "$1/sys/devices/system/node/node0/cpulist" 0-2
	put "$1/proc/stat" "$(printf 'cpu%d 10 0 20 3000 0 0 5 0 0 0\n' 0 1 2)"
	put "$1/proc/interrupts" '           CPU0       CPU1'
}

# start MACHINE: its XenStore, with the keys that come from standard input
start() {
	cat >"$dir/$1/keys"
	: >"$dir/$1/changes"
	cp -a "$dir/$1/root" "$dir/$1/before"
	python3 "$here/store.py" "$dir/$1/socket" "$dir/$1/keys" "$dir/$1/changes" &
	stores+=($!)
	local tries=0
	until [ -S "$dir/$1/socket" ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo "no XenStore for $1" >&2; exit 1; }
		sleep 0.05
	done
}

# The guest has written a number of queues that it does not have. There are NICs of all kinds;
# eth4 has none, and is behind a bridge of PCI that has some; eth6 was up, and eth7 never.
make_dom0() {
	local root=$dir/dom0/root
	mkdir -p "$dir/dom0/bin"
	make_common "$root"
	put "$root/sys/module/xen_netback/version" 0.1.0
	put "$root/sys/bus/xen-backend/devices/vif-5-0/net/vif5.0/ifindex" 99
	mkdir "$root/sys/bus/xen-backend/devices/vif-5-0/driver"
	put "$root/sys/bus/xen-backend/devices/vif-5-0/tx_action" napi
	put "$root/sys/bus/xen-backend/devices/vif-5-0/completion" home
	put "$root/sys/class/net/vif5.0/queues/rx-0/rps_cpus" 0
	put "$root/sys/class/net/vif5.0/queues/rx-1/rps_cpus" 0
	put "$root/sys/class/net/vif5.0/queues/tx-0/tx_timeout" 0
	put "$root/sys/class/net/xenbr0/bridge/stp_state" 0
	irq "$root" 70 vif5.0-q0-tx 0
	irq "$root" 71 vif5.0-q0-rx 0
	irq "$root" 72 vif5.0-q1-tx 1
	irq "$root" 73 vif5.0-q1-rx 1
	nic "$root" eth0 pci0 80 eth0 eth0-TxRx-0 eth0-TxRx-1
	put "$root/sys/devices/pci0/numa_node" 0
	put "$root/sys/devices/pci0/local_cpulist" 1-3
	nic "$root" eth1 pci1 90 eth1-rx-0 eth1-tx-0 eth1-rx-1 eth1-tx-1
	put "$root/sys/devices/pci1/numa_node" -1
	put "$root/sys/devices/pci1/local_cpulist" 0-3
	nic "$root" eth2 pci2 100 mlx5_async0@pci:0000:03:00.0 \
		mlx5_comp{0,1,2,3,4,5}@pci:0000:03:00.0
	nic "$root" eth3 pci3 110 virtio1-config virtio1-input.0 virtio1-output.0
	virtio "$root" eth3
	nic "$root" eth4 pci4 120 pciehp
	mkdir "$root/sys/devices/pci4/nic"
	ln -nsf "$root/sys/devices/pci4/nic" "$root/sys/class/net/eth4/device"
	nic "$root" eth5 pci5 130 card-{a,b,c,d,e,f}
	nic "$root" eth6 pci6 140 '' '' ''
	nic "$root" eth7 pci7 150
	put "$root/etc/vifwire/policy" $'web/0 all 0-1 mode=kthread\ndb/0 all 2'
	# As far as it is asked here it knows one key of a vif.
	put "$dir/dom0/bin/xl" '#!/bin/sh
		case "$*" in
		*colour=*) echo "unrecognized argument: colour=blue"; echo "more"; exit 1 ;;
		esac >&2
		exit 1'
	chmod +x "$dir/dom0/bin/xl"
	start dom0 <<-'END'
		/local/domain/0/domid 0
		/local/domain/0/name Domain-0
		/local/domain/0/backend/vif/5/0/frontend /local/domain/5/device/vif/0
		/local/domain/0/backend/vif/5/0/mac 00:16:3e:00:00:05
		/local/domain/0/backend/vif/5/0/bridge xenbr0
		/local/domain/0/backend/vif/5/0/feature-split-event-channels 1
		/local/domain/0/backend/vif/5/0/state 4
		/local/domain/5/domid 5
		/local/domain/5/name web
		/local/domain/5/device/vif/0/state 4
		/local/domain/5/device/vif/0/multi-queue-num-queues 70000
		/libxl/5/device/vif/0/backend /local/domain/0/backend/vif/5/0
	END
}

# A guest sees little of others. Its netfront is the in-tree one, which names interrupts
# by the number of the vif.
make_guest() {
	local root=$dir/guest/root
	mkdir -p "$dir/guest/bin"
	make_common "$root"
	put "$root/sys/bus/xen/devices/vif-0/net/enX0/ifindex" 99
	mkdir "$root/sys/bus/xen/devices/vif-0/driver"
	local n
	# The in-tree netfront has as many as there can be, whatever is used.
	for n in 0 1 2 3; do put "$root/sys/class/net/enX0/queues/rx-$n/rps_cpus" 0; done
	irq "$root" 40 vif0-q0-tx 0
	irq "$root" 41 vif0-q0-rx 0
	irq "$root" 42 vif0-q1-tx 0
	irq "$root" 43 vif0-q1-rx 0
	start guest <<-'END'
		/local/domain/5/domid 5
		/local/domain/5/name web
		/local/domain/5/device/vif/0/backend /local/domain/0/backend/vif/5/0
		/local/domain/5/device/vif/0/backend-id 0
		/local/domain/5/device/vif/0/mac 00:16:3e:00:00:05
		/local/domain/5/device/vif/0/state 4
		/local/domain/5/device/vif/0/multi-queue-num-queues 2
		/local/domain/5/device/vif/0/queue-0/event-channel-tx 7
		/local/domain/0/backend/vif/5/0/state 4
		/local/domain/0/backend/vif/5/0/feature-split-event-channels 1
		/local/domain/0/backend/vif/5/0/multi-queue-max-queues 4
		/local/domain !EACCES
		/local/domain/0/name !EACCES
	END
}

# A driver domain sees of its guests their vifs, but not their names. One vif has a name of its own,
# and one has no interface yet.
make_driver() {
	local root=$dir/driver/root
	mkdir -p "$dir/driver/bin"
	make_common "$root"
	put "$root/sys/module/xen_netback/version" 0.1.0
	put "$root/sys/bus/xen-backend/devices/vif-5-0/net/vif5.0/ifindex" 99
	put "$root/sys/bus/xen-backend/devices/vif-6-0/net/db0/ifindex" 98
	irq "$root" 50 vif5.0-q0 0
	irq "$root" 51 db0-q0 0
	put "$root/etc/vifwire/policy" 'db0 all 2'
	start driver <<-'END'
		/local/domain/7/domid 7
		/local/domain/7/name driver
		/local/domain/7/backend/vif/5/0/frontend /local/domain/5/device/vif/0
		/local/domain/7/backend/vif/5/0/state 4
		/local/domain/7/backend/vif/6/0/frontend /local/domain/6/device/vif/0
		/local/domain/7/backend/vif/6/0/state 4
		/local/domain/7/backend/vif/8/0/frontend /local/domain/8/device/vif/0
		/local/domain/7/backend/vif/8/0/state 2
		/local/domain/8/name !EACCES
		/local/domain/5/name !EACCES
		/local/domain/5/device/vif/0/state 4
		/local/domain/6/name !EACCES
		/local/domain/6/device/vif/0/state 4
	END
}

on() {
	local machine=$1
	shift
	"${as_root[@]}" env XENSTORED_PATH="$dir/$machine/socket" VIFCTL_ROOT="$dir/$machine/root" \
		PATH="$dir/$machine/bin" "$@"
}

changed() {
	cat "$dir/$1/changes"
	diff -r --no-dereference "$dir/$1/before" "$dir/$1/root" && :
	: >"$dir/$1/changes"
	rm -rf "$dir/$1/before"
	cp -a "$dir/$1/root" "$dir/$1/before"
}

stop_machines() {
	[ ${#stores[@]} = 0 ] || kill "${stores[@]}" 2>/dev/null
}
