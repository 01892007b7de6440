#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Command lines and files that are no good, given to vifctl: each gets one line that says
# what is wrong, and its exit status. And what is to be had as JSON, and what --dry-run
# leaves alone, on the machines of machine.sh. One TAP line each.
#
# usage: cli.sh VIFCTL
set -uo pipefail

vifctl=$(realpath "${1:?usage: cli.sh VIFCTL}")
dir=$(mktemp -d)
# shellcheck source=tests/vifctl/machine.sh
. "$(dirname "$0")/machine.sh"
trap 'stop_machines; rm -rf "$dir"' EXIT
failed=0

report() {
	echo "$1 - vifctl: ${2//$'\n'/ }"
	[ "$1" = ok ] || failed=1
}

# The machine that a command is run on; the one that this is, if not told otherwise.
machine=
run() {
	if [ -z "$machine" ]; then "$vifctl" "$@"; else on "$machine" "$vifctl" "$@"; fi
}

# refused STATUS TEXT ARGUMENT...: one line on stderr with TEXT, nothing on stdout
refused() {
	local status=$1 text=$2 rc name
	shift 2
	name="refused${machine:+ in $machine}: ${*//$dir\//} ($text)"
	run "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$status" ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" = 1 ] &&
		grep -q -- "$text" "$dir/err"; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# status $rc: $(head -c 300 "$dir/out" "$dir/err")"
	fi
}

# prints TEXT ARGUMENT...: status 0, TEXT on stdout, nothing on stderr
prints() {
	local text=$1 name
	shift
	name="prints \"$text\"${machine:+ in $machine}: ${*//$dir\//}"
	if run "$@" >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] &&
		grep -q -- "$text" "$dir/out"; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# $(head -c 300 "$dir/out" "$dir/err")"
	fi
}

# partly STATUS TEXT WARNING ARGUMENT...: TEXT on stdout, and WARNING in a line on stderr; the
# status is 124 for what goes on until it is stopped
partly() {
	local status=$1 text=$2 warning=$3 rc name seconds=60
	shift 3
	[ "$status" != 124 ] || seconds=5
	name="partly${machine:+ in $machine}: $* ($warning)"
	on "$machine" "$(command -v timeout)" $seconds "$vifctl" "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$status" ] && grep -q -- "$text" "$dir/out" && grep -q -- "$warning" "$dir/err"; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# status $rc: $(head -c 600 "$dir/out" "$dir/err")"
	fi
}

# kept TEXT: the policy's file, with | for newlines and spaces for tabs
kept() {
	local text
	text=$(tr '\n\t' '| ' <"$dir/$machine/root/etc/vifwire/policy")
	if [ "$text" = "$1|" ]; then
		report ok "the policy is $1"
	else
		report "not ok" "the policy is $1"
		echo "# $text"
	fi
}

# json ARGUMENT...: -j is one line, -j -p are many, all keys are in the manual, and nothing has been
# changed
json() {
	local name="JSON in $machine, and nothing has changed: ${*//$dir\//}"
	if run -j "$@" >"$dir/out" 2>"$dir/err" && [ "$(wc -l <"$dir/out")" = 1 ] &&
		run -j -p "$@" >"$dir/pretty" 2>>"$dir/err" && [ "$(wc -l <"$dir/pretty")" != 1 ] &&
		python3 "$here/keys.py" "$here/../../tools/vifctl/vifctl.8" "$dir/out" "$dir/pretty" \
			2>>"$dir/err" &&
		changed "$machine" >"$dir/changed" && [ ! -s "$dir/err" ] && [ ! -s "$dir/changed" ]; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# $(head -c 300 "$dir/out" "$dir/err" "$dir/changed")"
	fi
}

# moves NAMES NIC QUEUE: pin would move the interrupts of these names, and no other
moves() {
	run -j -n pin "$2" "$3" to 1 >"$dir/out" 2>"$dir/err"
	if [ "$(grep -o '"name":"[^"]*"' "$dir/out" | cut -d '"' -f 4 | paste -sd ' ')" = "$1" ]; then
		report ok "pin $2 $3 moves $1"
	else
		report "not ok" "pin $2 $3 moves $1"
		echo "# $(head -c 600 "$dir/out" "$dir/err")"
	fi
}

good=$here/fixtures/nic-ring-full-ixgbe.json
echo 'not JSON' >"$dir/text"
echo '{"format":"something else","version":1}' >"$dir/other"
echo '[1,2,3]' >"$dir/array"
sed 's/"version": *1/"version": 2/' "$good" >"$dir/newer"
echo '{"format":"vifwire-diagnose","version":1,"snapshots":[{"monotonic_usecs":1}]}' >"$dir/one"
echo '{"format":"vifwire-diagnose","version":1,"snapshots":[{"monotonic_usecs":9},{"monotonic_usecs":1}]}' >"$dir/back"
: >"$dir/empty"

refused 1 "must be seconds" diagnose -t x
refused 1 "must be seconds" diagnose -t 0
refused 1 "must be seconds" diagnose -t nan
refused 1 "must be seconds" diagnose -t 3601
refused 1 "needs a value" diagnose -t
refused 1 "needs a value" diagnose --from
refused 1 "no option -x" diagnose -x
refused 1 "must be: vifctl diagnose \[VIF|NIC|BRIDGE\]" diagnose eth0 eth1
refused 1 "nothing to wait for" diagnose --from "$good" -t 1
refused 1 "nothing to wait for" diagnose --from "$good" --save "$dir/x"
refused 2 "cannot read" diagnose --from "$dir/nothing"
refused 2 "no file of vifctl diagnose" diagnose --from "$dir/text"
refused 2 "no file of vifctl diagnose" diagnose --from "$dir/other"
refused 2 "no file of vifctl diagnose" diagnose --from "$dir/array"
refused 2 "no file of vifctl diagnose" diagnose --from "$dir/empty"
refused 2 "no file of vifctl diagnose" diagnose --from "$dir"
refused 2 "no file of vifctl diagnose" diagnose --from /dev/zero
# Which is found out before the wait.
refused 2 "cannot write $dir/nothing/x: No such file" diagnose -t 600 --save "$dir/nothing/x"
refused 2 "cannot write $dir: Is a directory" diagnose -t 600 --save "$dir"
refused 2 "cannot write to no name: No such file" diagnose -t 600 --save ''
refused 2 "reads version 1" diagnose --from "$dir/newer"
refused 2 "two snapshots" diagnose --from "$dir/one"
refused 2 "two snapshots" diagnose --from "$dir/back"
refused 2 "no vif or NIC eth7" diagnose --from "$good" eth7
prints "verdict: packets are lost" diagnose --from "$good"
prints "fix: *ethtool -G eth0 rx 4096" diagnose --from "$good"
prints "undo: *ethtool -G eth0 rx 512" diagnose --from "$good" eth0
prints '"rule":"nic-ring-full"' diagnose --from "$good" -j
sed "s/eth0/e$(printf '\302\233\033')/g" "$good" >"$dir/control"
prints "^verdict: .* e???" diagnose --from "$dir/control"
if LC_ALL=C grep -q "$(printf '\302\233\|\033')" "$dir/out"; then
	report "not ok" "diagnose: names control no terminal"
fi

# Others need root, which one can be in a namespace of one's own.
if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(unshare --map-root-user); fi
if ! "${as_root[@]}" true 2>/dev/null; then
	echo "ok - vifctl on machines made of files # SKIP needs root, or user namespaces"
	exit $failed
fi
make_dom0
make_guest
make_driver

machine=dom0
json list
json show
json show vif5.0
json top -b -n 1 -d 0.1
json -n pin vif5.0 all to 2
json -n unpin vif5.0
json -n spread over 0-2
json policy
json -n policy set vif5.0 q0 to 1 mode=napi
json -n policy delete web/0
json -n policy apply
json policy covers 70
json mode vif5.0
json -n mode vif5.0 kthread
json completion vif5.0
json -n completion vif5.0 local
json rate vif5.0
json -n rate vif5.0 10Mb/s
json -n rate vif5.0 none
json -n attach web bridge=xenbr0
json -n detach vif5.0
json diagnose --from "$good"
json -n diagnose -t 0.1 --save "$dir/not"
[ ! -e "$dir/not" ] || report "not ok" "diagnose -n --save has saved"
mkdir "$dir/kept"
echo older >"$dir/kept/record"
chmod 640 "$dir/kept/record"
for name in record new; do
	(umask 077; run diagnose -t 0.1 --save "$dir/kept/$name" >"$dir/out" 2>"$dir/err")
done
if [ "$(stat -c '%n %a' "$dir"/kept/* | paste -sd ' ')" = "$dir/kept/new 600 $dir/kept/record 640" ] &&
	grep -q vifwire-diagnose "$dir/kept/record"; then
	report ok "diagnose --save: the mode of a new file is the user's, that of an old one stays"
else
	report "not ok" "diagnose --save: $(stat -c '%n %a' "$dir"/kept/*) $(cat "$dir/err")"
fi
prints '"nr_queues":2,.*"queue":1,[^q]*"irqs"' -j show vif5.0
prints "^vif5.0 .* 2 *xen-netback 0.1.0$" list
prints '"features":\[\]' -j show vif5.0
prints "^web/0 *q0 *1 *napi$" -n policy set vif5.0 q0 to 1 mode=napi
prints "vif5.0-q1-rx *1 *1 *not done *kthread$" -n policy apply
# Of each NIC exactly the interrupts that a queue has, or all.
moves "eth0-TxRx-1" eth0 q1
moves "eth1-rx-1 eth1-tx-1" eth1 q1
moves "mlx5_comp3@pci:0000:03:00.0" eth2 q3
moves "virtio1-input.0 virtio1-output.0" eth3 q0
moves "card-a card-b card-c card-d card-e card-f" eth5 all
prints "^- *80 *eth0 *0 *1 " -n pin eth0 all to 1-2
prints "^0 *81 *eth0-TxRx-0 *0 *1 " -n pin eth0 all to 1-2
refused 2 "eth0 has no queue 2: there are q0 to q1" -n pin eth0 q2 to 1
refused 2 "eth2 has no queue 6: there are q0 to q5" -n pin eth2 q6 to 1
refused 2 "no interrupt of eth5 is of one queue" -n pin eth5 q0 to 1
refused 2 "no vif eth4" -n pin eth4 to 1
refused 2 "eth6 is down: its queues have interrupts when it is up (ip link set eth6 up)" pin eth6 to 1
refused 2 "eth6 is down: .* (ip link set eth6 up)" unpin eth6 q0
refused 2 "eth7 has no interrupts: is it up? (ip link show eth7)" pin eth7 to 1
refused 2 "vif5.0 has no queue 2: there are q0 to q1" -n pin vif5.0 q2 to 1
prints "^xl network-attach 5 bridge=xenbr0 'ip=10.0.0.1 10.0.0.2'$" \
	-n attach web 'bridge=xenbr0,ip=10.0.0.1 10.0.0.2'
prints "^xl network-detach 5 0$" -n detach web/0
for name in 'my vm/0' 'web#1/0' $'db\n/0' "$(printf 'x%.0s' {1..128})/0"; do
	refused 2 "the policy cannot hold a domain" policy set "$name" all to 1
done
refused 2 "named, not numbered" policy set 9/0 all to 1
for name in web/00 web/007 web/65536 web/4294967296; do
	refused 2 "one that is yet to come is named DOMAIN/HANDLE" policy set $name to 1
done
for name in pin unpin show mode rate queues detach; do
	words=()
	[ $name != pin ] || words=(to 1)
	refused 1 "an empty name is no vif" $name '' "${words[@]}"
done
refused 1 "an empty name is no vif" policy set '' to 1
refused 1 "an empty name is no vif" policy delete ''
refused 2 "no vif or NIC" -n diagnose -t 0.1 ''
refused 2 "no vif or NIC" diagnose --from "$good" ''
refused 1 "covers IRQ" policy covers 99999999999999999999
refused 1 "policy show takes no vif5.0" policy show vif5.0
refused 1 "nothing is no part of policy: must be show, set" policy nothing
refused 1 "no option -x" list --json -xj
refused 2 "no vif ./eth0" policy set ./eth0 to 0
refused 1 "is no vif" detach web/4294967296
refused 1 "q4294967296 is no queue" -n pin vif5.0 q4294967296 to 1
refused 1 "q 1 is no queue" -n pin vif5.0 'q 1' to 1
refused 1 "q65536 is no queue" policy set vif5.0 q65536 to 1
refused 2 "CPU 3 is not online; online are 0-2" pin vif5.0 to 3
refused 2 "CPU 3 is not online; online are 0-2" spread over 1,3
refused 2 "CPU 3 is not online; online are 0-2" policy set vif5.0 to 3
refused 1 '"9000" is no list of CPUs from 0 to 8191' pin vif5.0 to 9000
refused 1 '"" is no list of CPUs from 0 to 8191' pin vif5.0 to ''
refused 2 "vif5.0 is no NIC with interrupts" pin vif5.0 near vif5.0
refused 2 "no CPU that is online is near eth2" pin vif5.0 near eth2
refused 2 "there is no NUMA node 7" pin vif5.0 node 7
refused 1 '"one" is no number of a NUMA node' pin vif5.0 node one
prints "^1 *73 *vif5.0-q1-rx *1 *2" -n pin vif5.0 near eth0
prints "^1 *73 *vif5.0-q1-rx *1 *1" -n pin vif5.0 node 0
partly 0 "^1 *73 *vif5.0-q1-rx *1 *1" "does not know on which NUMA node eth1 is" \
	-n pin vif5.0 near eth1
refused 1 '"0-9000" is no list of CPUs from 0 to 8191' policy set vif5.0 to 0-9000
refused 1 "is no rate" rate vif5.0 4294967295GB/s@4294967295us
refused 1 "no option -x" -xj list
refused 1 "no option -x" list -xj
refused 1 "no option --colour" --colour list
refused 1 "no option --json=1" list --json=1
refused 1 "must be: vifctl attach" attach web
refused 1 "is no MAC address" attach web mac=00:16
refused 1 "is not KEY=VALUE" attach web nonsense
refused 1 "is no time to wait" attach web bridge=xenbr0 -t soon
refused 2 "no domain db" attach db bridge=xenbr0
for backend in '' 'backend=0,' 'backend=Domain-0,'; do
	refused 2 "no bridge xenbr7 here: there is xenbr0" attach web "${backend}bridge=xenbr7"
done
refused 2 "MAC of another vif, 5/0" attach web mac=00:16:3E:00:00:05
refused 2 "unrecognized argument: colour=blue" attach web colour=blue
refused 1 "must be: vifctl detach" detach
refused 1 "is no vif" detach web/x
refused 2 "web has no vif 7" detach web/7
refused 2 "no vif vif5.7" detach vif5.7
refused 1 '"" is no column to sort by' top -b -s ''
refused 1 "no column to sort by" top -b -s nothing
refused 1 "no number of tables" top -b -n 0
refused 1 "add -b" top -j
refused 1 "shows all vifs" top vif5.0
[ -z "$(changed dom0)" ] || report "not ok" "what was refused has changed something"

# On a terminal there are colours, and top is a screen until it is ended.
terminal() {
	local keys=$1 text=$2
	shift 2
	"${as_root[@]}" env XENSTORED_PATH="$dir/dom0/socket" VIFCTL_ROOT="$dir/dom0/root" \
		python3 "$here/terminal.py" "$keys" "$vifctl" "$@" >"$dir/out" 2>"$dir/err"
	if [ $? = 0 ] && grep -q "$text" "$dir/out"; then
		report ok "on a terminal: $*"
	else
		report "not ok" "on a terminal: $*"
		echo "# $(head -c 600 "$dir/out" "$dir/err" | cat -v)"
	fi
}
terminal "" "$(printf '\033\\[1mVIF')" list
terminal "hhfsq" HARDIRQ top -d 0.2

# Of four interrupts two can be moved, one does not go where it is told to, one is gone.
root=$dir/dom0/root
ln -sf smp_affinity_list "$root/proc/irq/70/effective_affinity_list"
ln -sf smp_affinity_list "$root/proc/irq/71/effective_affinity_list"
rm -r "$root/proc/irq/73"
partly 2 "^0 *71 *vif5.0-q0-rx *0 *2 *unknown$" "interrupt 72 (vif5.0-q1-tx) was told to go to CPU 2 and goes to 1" \
	pin vif5.0 to 2
partly 2 "^1 *73 *vif5.0-q1-rx *? *2 *failed$" "let interrupt 73 (vif5.0-q1-rx) go to CPU 2: No such file" \
	pin vif5.0 to 2
partly 2 '"irq":70,[^}]*"error":null.*"irq":73,[^}]*"error":"the kernel' "interrupt 73" -j spread over 2
partly 2 "^0 *71 *vif5.0-q0-rx *2 *0 *unknown *kthread$" "interrupt 73" policy apply
# Also when nobody reads what was done.
mkfifo "$dir/nobody"
exec 3<>"$dir/nobody" 4>"$dir/nobody" 3<&-
run pin vif5.0 q1 to 1 >&4 2>"$dir/err"
if [ $? = 2 ] && grep -q "interrupt 73" "$dir/err"; then
	report ok "what failed is named though nobody reads what was done"
else
	report "not ok" "what failed is named though nobody reads what was done: $(cat "$dir/err")"
fi
exec 4>&-
partly 124 "^0 *71 *vif5.0-q0-rx *0 *0 *unknown *kthread$" "interrupt 73" policy watch
partly 2 "^0 *70 *vif5.0-q0-tx *0 *0-2 *unknown$" "interrupt 73" unpin vif5.0

# Keys are there whether or not the kernel still knows the interrupt.
prints '"name":"vif5.0-q1-rx","irq":73,"interrupts":33,"affinity_cpus":null,"effective_cpus":null,' -j show vif5.0

# The mode is the vif's, whatever queues the rule is about, and what is said of it was read back.
put "$root/etc/vifwire/policy" 'web/0 q7 1 mode=kthread'
prints '^\[\]' -j policy apply vif5.0
put "$root/etc/vifwire/policy" $'web/0 q0 1 mode=napi\nweb/0 q1 1 mode=tasklet'
partly 2 "vif5.0-q0-tx .* tasklet$" "interrupt 73" policy apply vif5.0
ln -sf /dev/null "$root/sys/bus/xen-backend/devices/vif-5-0/tx_action"
partly 2 '"mode":""' "vif5.0 does not become tasklet: the driver has not taken it" -j policy apply
rm "$root/sys/bus/xen-backend/devices/vif-5-0/tx_action"
partly 2 '"mode":null' "vif5.0 does not become tasklet: the in-tree netback has no mode" -j policy apply
[ "$(grep -c "no mode" "$dir/err")" = 1 ] || report "not ok" "policy apply warns of a mode once for each vif"
partly 2 "vif5.0-q0-tx .* not done$" "vif5.0 does not become tasklet: the in-tree netback has no mode" -n policy apply

# A mode is the vif's: a new one is the only one, and stays if only CPUs are new. Where no CPU is
# online, nothing can be done.
put "$root/etc/vifwire/policy" $'web/0 all 0 mode=napi # a\nweb/0 q1 1 mode=kthread'
prints "^web/0 *q0 *2 *tasklet$" policy set web/0 q0 to 2 mode=tasklet
kept "web/0 all 0 # a|web/0 q1 1|web/0 q0 2 mode=tasklet"
prints "^web/0 *q0 *1 *tasklet$" policy set web/0 q0 to 1
kept "web/0 all 0 # a|web/0 q1 1|web/0 q0 1 mode=tasklet"
prints "^web/0 *all *0 *tasklet$" policy delete web/0 q0
kept "web/0 all 0 mode=tasklet # a|web/0 q1 1"
put "$root/etc/vifwire/policy" 'web/0 all 7'
partly 2 "^QUEUE" "none of the CPUs for web/0 is online" policy apply
list=$(seq -f '%.0f' 0 3 8187 | while read -r cpu; do printf '%d-%d,' "$cpu" $((cpu + 1)); done)8190-8191
put "$root/sys/devices/system/cpu/online" 0-8191
prints ",8187-8188,8190-8191 *-$" policy set web/0 to "$list"
kept "web/0 all $list"
put "$root/sys/devices/system/cpu/online" 0-2

# NICs have places, too.
prints "^eth0 *all *0-1 *-$" policy set eth0 to 0-1
refused 2 "eth0 is a NIC, which has no mode" policy set eth0 to 0-1 mode=napi
refused 2 "no vif eth9" policy set eth9 to 1
# One that is not connected yet, with a mode as well.
cp "$root/proc/interrupts" "$dir/interrupts"
sed -i /vif5.0/d "$root/proc/interrupts"
put "$root/etc/vifwire/policy" 'web/0 all 1 mode=kthread'
refused 2 "vif5.0 has no interrupts: is it connected?" policy apply vif5.0
mv "$dir/interrupts" "$root/proc/interrupts"
put "$root/etc/vifwire/policy" $'eth0 all 1-2\neth0 q1 0\neth6 all 1\neth9 all 1'
for irq in 80 81 82; do ln -sf smp_affinity_list "$root/proc/irq/$irq/effective_affinity_list"; done
prints "^1 *82 *eth0-TxRx-1 *0 *0 *unknown$" policy apply eth0
refused 2 "eth6 is down: .* (ip link set eth6 up)" policy apply eth6
put "$root/etc/vifwire/policy" $'eth0 all 2\neth0 all 0\neth0 all 1 mode=napi'
partly 0 "^1 *82 *eth0-TxRx-1 .* 1 *unknown$" "eth0 is a NIC, which has no mode" policy apply
put "$root/etc/vifwire/policy" $'eth0 all 1-2\neth0 q1 0\neth6 all 1\neth9 all 1'
prints "^1 *82 *eth0-TxRx-1 .* 0 *unknown$" policy apply eth0
refused 2 "eth7 has no interrupts: is it up? (ip link show eth7)" policy apply eth7
refused 2 "nothing of the queues of eth1: vifctl policy set eth1 to CPUS" -j policy apply eth1
refused 2 "nothing of the queues of web/0: vifctl policy set web/0 to CPUS" policy apply web/0
prints "^0 *81 *eth0-TxRx-0 *1 *1 *unknown$" policy apply
grep -q eth6 "$dir/out" && report "not ok" "policy apply leaves a NIC alone that is down"
prints '"queue":null,"cpus":"1-2","mode":null},{"vif":"eth0","queue":1,' -j policy
prints '"followed":null,"completion":null,"mode":null' -j -n policy apply eth0
prints '"covered":true' -j policy covers 82
prints '"covered":true' -j policy covers 141
run -j policy covers 90 >"$dir/out"
[ $? = 1 ] && grep -q '"covered":false' "$dir/out" || report "not ok" "policy covers 90"

# Owner, mode and link of the policy stay; a new one is for everybody to read.
put "$root/etc/policies/ours" 'web/0 all 1'
chmod 640 "$root/etc/policies/ours"
ln -sf ../policies/ours "$root/etc/vifwire/policy"
prints "^web/0 *all *0 *-$" policy set vif5.0 to 0
kept "web/0 all 0"
rm "$root/etc/vifwire/policy"
mode=$(stat -c %a "$root/etc/policies/ours")
(umask 077; run policy set vif5.0 to 1 >/dev/null)
mode+=" $(stat -c %a "$root/etc/vifwire/policy")"
if [ "$mode" = "640 644" ] && grep -q "all.0$" "$root/etc/policies/ours"; then
	report ok "the policy's mode stays, and a new one is readable"
else
	report "not ok" "the policy's mode stays, and a new one is readable"
	echo "# $mode $(cat "$root/etc/policies/ours")"
fi
ln -sf nowhere "$root/etc/vifwire/policy"
refused 2 "stays as it was: No such file" policy set vif5.0 to 1
rm "$root/etc/vifwire/policy"

# What is there for people stays; a line that is wrong ends only what would write it again.
put "$root/etc/vifwire/policy" $'# mine\n\nweb/0 all 1 # shop\n# end'
prints "^web/0 *all *0 *-$" policy set vif5.0 to 0
prints "^cache/1 *q1 *2 *napi$" policy set cache/1 q1 to 2 mode=napi
kept "# mine||web/0 all 0 # shop|# end|cache/1 q1 2 mode=napi"
prints "^web/0 *all *0 *-$" policy delete cache/1
kept "# mine||web/0 all 0 # shop|# end"
put "$root/etc/vifwire/policy" $'# mine\nmy vm/0 all 1\nweb/0 all 0 # shop'
refused 2 "/etc/vifwire/policy, line 2: the second word must" policy
refused 2 "/etc/vifwire/policy, line 2: the second word must" policy set web/0 to 1
refused 2 "/etc/vifwire/policy, line 2: the second word must" policy delete web/0
kept "# mine|my vm/0 all 1|web/0 all 0 # shop"
put "$root/proc/irq/70/smp_affinity_list" 1
put "$root/proc/irq/71/smp_affinity_list" 1
partly 2 "^0 *71 *vif5.0-q0-rx .* 0 *unknown$" "/etc/vifwire/policy, line 2: the second word" policy apply
partly 124 "^0 *71 *vif5.0-q0-rx .* 0 *unknown$" "/etc/vifwire/policy, line 2: the second word" policy watch
partly 0 "\"covered\":true" "/etc/vifwire/policy, line 2: the second word" -j policy covers 71

# Who would have to wait for seconds to change it is told.
put "$root/etc/vifwire/policy" 'web/0 all 0'
flock "$root/etc/vifwire" sleep 30 &
locker=$!
sleep 0.2
refused 2 "stays as it was: somebody else is changing it" policy set web/0 to 1
refused 2 "stays as it was: somebody else is changing it" policy delete web/0
kill $locker
kept "web/0 all 0"

# Who changes the policy while somebody else does waits, and reads it then. A dry run waits for nobody.
put "$root/etc/vifwire/policy" 'web/0 all 0'
exec {locked}<"$root/etc/vifwire"
flock "$locked"
while_locked() {
	local status=$1 rc
	shift
	on dom0 "$(command -v timeout)" 3 "$vifctl" "$@" >"$dir/out" 2>&1
	rc=$?
	if [ $rc = "$status" ]; then
		report ok "while it is locked: $*"
	else
		report "not ok" "while it is locked: $*"
		echo "# status $rc: $(head -c 300 "$dir/out")"
	fi
}
while_locked 124 policy set web/0 to 1
while_locked 124 policy delete web/0
while_locked 0 -n policy set web/0 to 1
while_locked 0 policy show
kept "web/0 all 0"
run policy set cache/1 to 1 >/dev/null {locked}<&- &
sleep 0.5
put "$root/etc/vifwire/policy" 'web/0 all 2'
exec {locked}<&-
wait $!
kept "web/0 all 2|cache/1 all 1"

# The work of a queue has followed where its driver says that it lives.
debug=$root/sys/kernel/debug/xen-netback/vif5.0
lives() {
	put "$debug/queues" "$(printf 'queue action home\n0 napi %s\n1 napi %s' "$1" "$2")"
}
lives 2 2
prints "^0 *71 *vif5.0-q0-rx .* 2 *yes$" pin vif5.0 q0 to 2
lives 1 1
partly 2 "^0 *71 *vif5.0-q0-rx .* 2 *no$" "the work of vif5.0 q0 has not followed its interrupts to CPU 2" \
	pin vif5.0 q0 to 2

# With a local completion some of it goes on elsewhere for ever. Each look at the runs finds more of
# them, and there are few looks; in two seconds there are 80.
mkfifo "$debug/cpus"
for ((runs = 1; ; runs *= 2)); do
	printf 'cpu runs\n0 %d\n' $runs >"$debug/cpus"
	echo >>"$dir/looks"
	# Until what has been written was read as one look.
	sleep 0.02
done &
stores+=($!)
put "$root/sys/bus/xen-backend/devices/vif-5-0/completion" local
lives 2 2
partly 2 "^0 *71 *vif5.0-q0-rx .* 2 *no$" "vif5.0 q0 .* local, and the work goes to the NIC's CPUs (vifctl completion vif5.0 home)$" \
	pin vif5.0 q0 to 2
# On each of its CPUs it is where it may be.
prints "^0 *71 *vif5.0-q0-rx .* 0-2 *yes$" unpin vif5.0 q0
looks=$(wc -l <"$dir/looks")
[ "$looks" -lt 20 ] || report "not ok" "what does not come is waited for, with $looks looks"
put "$root/sys/bus/xen-backend/devices/vif-5-0/completion" home
rm -r "$root/sys/kernel/debug"

# irqbalance with other arguments, then with the script; without a policy for the vif, then with one.
balance() {
	mkdir -p "$root/proc/4711"
	echo irqbalance >"$root/proc/4711/comm"
	printf '%s\0' /usr/sbin/irqbalance --foreground "$@" >"$root/proc/4711/cmdline"
}
put "$root/etc/vifwire/policy" 'db/0 all 0'
balance --deepestcache=2
partly 0 "" "(process 4711) .* again: keep them there with vifctl policy set and start it with --policyscript=/[a-z/-]*, or with --banirq=72 --banirq=73, until the vif connects anew$" \
	-n pin vif5.0 q1 to 1
partly 0 "" "again: keep them there .* --banirq=80 --banirq=81 --banirq=82$" -n pin eth0 to 1
# Who has done as advised hears no more of it.
balance --banirq=70 --banirq 71 -i72 --banirq=730
partly 0 "" "again: keep them there .* --banirq=70 " -n pin vif5.0 to 1
balance --banirq=70 --banirq 71 -i72 -i 73
prints "vif5.0-q0-tx" -n pin vif5.0 to 1
balance --policyscript=/usr/share/vifwire/irqbalance-policy
partly 0 "" "again: keep them there with vifctl policy set, or start it with --banirq=70 --banirq=71 " -n spread over 1
partly 0 "" "again: keep them there with vifctl policy set, or start it with --banirq=80 " -n pin eth0 to 1
put "$root/etc/vifwire/policy" $'web/0 q0 0\nweb/0 q1 1\neth0 all 0'
prints "vif5.0-q0-tx" -n pin vif5.0 to 1
prints "eth0-TxRx-1" -n pin eth0 to 1
balance
partly 0 "" "again: start it with --policyscript=/[a-z/-]*$" -n pin vif5.0 to 1

# What netback is to know is in XenStore.
prints "^vif5.0: rate 12500 bytes in 10000 us$" rate vif5.0 10Mb/s@10ms
if [ "$(grep rate "$dir/dom0/changes")" = "write /local/domain/0/backend/vif/5/0/rate 12500,10000" ]; then
	report ok "the rate is written"
else
	report "not ok" "the rate is written"
	echo "# $(head -c 300 "$dir/dom0/changes")"
fi

# What could not be looked at is in both snapshots of a record, with the reason. Xen is only asked
# in dom0, where it may answer if the tests run on it.
not_seen() {
	local wanted=$1 found
	shift
	found=$("$@" "$vifctl" diagnose -t 0.1 --save "$dir/record" >"$dir/out" 2>"$dir/err" &&
		python3 -c 'import json, sys
for one in json.load(open(sys.argv[1]))["snapshots"]:
	print(*one["not_seen"], sep=", ", end="; ")
' "$dir/record" 2>>"$dir/err")
	if [ "$found" = "$wanted; $wanted; " ]; then
		report ok "not seen: $wanted (${*//$dir\//})"
	else
		report "not ok" "not seen: $wanted (${*//$dir\//})"
		echo "# $found $(head -c 300 "$dir/out" "$dir/err")"
	fi
}
nothing=(/usr/bin/env XENSTORED_PATH="$dir/nothing")
root=$dir/driver/root
debug=$root/sys/kernel/debug/xen-netback
not_seen "debugfs: No such file or directory" on driver
mkdir -p "$debug/vif5.0"
not_seen "" on driver
put "$debug/vif5.0/io_ring_q0" "Queue 0"
not_seen "" on driver
mkdir "$debug/vif5.0/queues"
not_seen "debugfs: Is a directory" on driver
not_seen "XenStore: No such file or directory" on driver "${nothing[@]}"
rm -r "$debug"
put "$debug" "no directory"
not_seen "debugfs: Not a directory" on driver
rm "$debug"
not_seen "" on guest
if [ ! -e /dev/xen/privcmd ]; then
	not_seen "Xen: No such file or directory, debugfs: No such file or directory" on dom0
fi
rm "$dir/dom0/root/sys/hypervisor/type"
not_seen "" on dom0 "${nothing[@]}"
changed driver >/dev/null

# No XenStore, one that accepts and says no more, and one that goes away.
put "$dir/dom0/root/sys/hypervisor/type" xen
at() { "${as_root[@]}" env XENSTORED_PATH="$2" VIFCTL_ROOT="$dir/dom0/root" "$1" 30 "$vifctl" "${@:3}"; }
store_fails() {
	local text=$1
	shift
	at "$(command -v timeout)" "$@" >"$dir/out" 2>"$dir/err"
	if [ $? = 2 ] && [ "$(wc -l <"$dir/err")" = 1 ] && grep -q "$text" "$dir/err"; then
		report ok "XenStore: $text"
	else
		report "not ok" "XenStore: $text"
		echo "# $(head -c 300 "$dir/out" "$dir/err")"
	fi
}
if [ ! -e /dev/xen/xenbus ]; then
	store_fails "no way to XenStore: mount xenfs" "$dir/nothing" list
	put "$dir/dom0/root/proc/xen/xenbus" ""
	store_fails "does not answer: is xenstored running? (systemctl status xen, or xenstored)$" "$dir/nothing" list
fi
put "$dir/dom0/root/etc/vifwire/policy" $'web/0 all 1\neth0 all 1-2'
store_fails "does not answer: is xenstored running" "$dir/nothing" policy apply
grep -q "^1 *82 *eth0-TxRx-1 .* 2 *unknown$" "$dir/out" || report "not ok" "policy apply sees to NICs without XenStore"
python3 -c 'import signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
signal.pause()' "$dir/mute" &
stores+=($!)
until [ -S "$dir/mute" ]; do sleep 0.05; done
store_fails "does not answer: is xenstored running" "$dir/mute" list
# Whose door is full by now.
store_fails "does not answer: is xenstored running" "$dir/mute" list
leaves=
# store_at [REQUEST WHAT]: one that does something instead of answering (store.py)
store_at() {
	kill $leaves 2>/dev/null
	rm -f "$dir/leaves" "$dir/dom0/left"
	python3 "$here/store.py" "$dir/leaves" "$dir/dom0/keys" "$dir/dom0/left" "$@" &
	leaves=$!
	until [ -S "$dir/leaves" ]; do sleep 0.05; done
}
# leaving SIGNAL: it gets one after two seconds
leaving() {
	store_at
	(sleep 2; kill "-$1" $leaves) &
}
put "$dir/dom0/root/etc/vifwire/policy" ''
leaving TERM
store_fails "XenStore has gone away" "$dir/leaves" policy watch
# What cannot be read is not taken for gone.
put "$dir/dom0/bin/xl" '#!/bin/sh'
leaving TERM
PATH=$dir/dom0/bin:$PATH store_fails "XenStore has gone away" "$dir/leaves" detach vif5.0 -t 8
leaving STOP
PATH=$dir/dom0/bin:$PATH store_fails "XenStore does not answer" "$dir/leaves" detach vif5.0 -t 4
kill -KILL $leaves
leaving TERM
store_fails "XenStore has gone away" "$dir/leaves" top -b -d 0.5

# A guest may write anything, and netback repeats it.
cp "$dir/dom0/keys" "$dir/text"
printf '/local/domain/0/error/backend/vif/5/0/error 22 \xff\xfe\xed\xa0\x80\xc3\xa9\n' >>"$dir/dom0/keys"
leaving TERM
at "$(command -v timeout)" "$dir/leaves" -j show >"$dir/out" 2>"$dir/err"
if python3 -c 'import json, sys
print(json.load(open(sys.argv[1], encoding="utf-8"))[0]["error"])' "$dir/out" 2>>"$dir/err" |
	grep -qx '22 ?????é'; then
	report ok "JSON is UTF-8 whatever a guest writes"
else
	report "not ok" "JSON is UTF-8 whatever a guest writes"
	echo "# $(head -c 1000 "$dir/out" "$dir/err")"
fi
mv "$dir/text" "$dir/dom0/keys"
kill -KILL $leaves

# cut_short ARGUMENT...: each request of it is in turn the one that has no answer any more, from
# the first_request on; the file still_zero, if there is one, must not have been written by then
first_request=1 still_zero=/dev/null
cut_short() {
	local request name="refuses when XenStore goes away in the middle: $*" wrong='' rc
	for ((request = first_request; request < 60; request++)); do
		store_at $request end
		at "$(command -v timeout)" "$dir/leaves" "$@" >"$dir/out" 2>"$dir/err"
		rc=$?
		# Or it had all its answers before.
		grep -qs '^end$' "$dir/dom0/left" || break
		grep -qE "XenStore (has gone away|does not answer)" "$dir/err" && [ $rc = 2 ] &&
			[ ! -s "$dir/out" ] && ! grep -qsvx 0 "$still_zero" || wrong+=" $request"
	done
	if [ -z "$wrong" ] && [ $request -gt 2 ] && [ $request -lt 60 ]; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# requests$wrong of $request"
	fi
}
put "$dir/dom0/root/etc/vifwire/policy" 'web/0 all 1'
cut_short -j list
cut_short -j show
cut_short -j policy apply vif5.0
put "$dir/dom0/root/etc/vifwire/policy" $'eth0 all 1\nweb/0 all 1'
put "$dir/dom0/root/proc/irq/80/smp_affinity_list" 0
# Without XenStore from the start it would see to the NIC, and say so.
first_request=2 still_zero=$dir/dom0/root/proc/irq/80/smp_affinity_list cut_short policy apply
put "$dir/dom0/root/etc/vifwire/policy" 'web/0 all 1'
cut_short policy covers 70
cut_short rate vif5.0
cut_short rate vif5.0 10Mb/s
for request in 2 5; do
	store_at $request mute
	store_fails "does not answer: is xenstored running" "$dir/leaves" list
done
# Its node is asked for in the end.
store_at 8 /local/domain/0/backend/vif
store_fails "vif-5-0 has gone away meanwhile" "$dir/leaves" rate vif5.0
# While xl runs nobody asks XenStore, and it may fall silent.
put "$dir/dom0/bin/xl" '#!/bin/sh
	sleep 4'
for command in "detach vif5.0" "attach web bridge=xenbr0"; do
	leaving STOP
	# shellcheck disable=SC2086 # words
	PATH=$dir/dom0/bin:$PATH store_fails "XenStore does not answer" "$dir/leaves" $command
	kill -KILL $leaves
done

# xl may take for ever; a printed line goes to nobody but who reads it.
put "$dir/dom0/bin/xl" "#!/bin/sh
	echo \$\$ >>$dir/xls
	exec sleep 20"
for command in "detach vif5.0" "attach web bridge=xenbr0"; do
	store_at
	# shellcheck disable=SC2086 # words
	PATH=$dir/dom0/bin:$PATH store_fails "xl network-${command%% *} is still at work" "$dir/leaves" $command -t 1
done
# shellcheck disable=SC2046 # numbers
"${as_root[@]}" kill $(cat "$dir/xls")
put "$dir/dom0/bin/xl" '#!/bin/sh'
for closed in "list" "rate vif5.0"; do
	store_at
	# shellcheck disable=SC2086 # words
	at "$(command -v timeout)" "$dir/leaves" $closed >&- 2>"$dir/err"
	if [ $? = 2 ] && grep -q "not all could be printed: Bad file descriptor" "$dir/err"; then
		report ok "$closed with nothing to print to"
	else
		report "not ok" "$closed with nothing to print to: $(cat "$dir/err")"
	fi
done

# On the screen that ends first, also when there is nobody who says that it has gone.
screen_ends() {
	local name="top ends when XenStore gets SIG$1: $2" rc
	leaving "$1"
	"${as_root[@]}" env XENSTORED_PATH="$dir/leaves" VIFCTL_ROOT="$dir/dom0/root" \
		python3 "$here/terminal.py" "" "$vifctl" top -d 0.5 >"$dir/out" 2>"$dir/err"
	rc=$?
	kill -KILL $leaves 2>/dev/null
	if [ $rc = 2 ] && tr -d '\r\n' <"$dir/out" | grep -q "$(printf '\033\\[?1049l.*vifctl: %s' "$2")"; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# status $rc: $(tail -c 300 "$dir/out" "$dir/err" | cat -v)"
	fi
}
screen_ends TERM "XenStore has gone away"
screen_ends STOP "XenStore does not answer"

# It is said that the second look was without it, and what it did not show is not judged.
leaving TERM
seen=$(at "$(command -v timeout)" "$dir/leaves" diagnose -t 4 --save "$dir/record" >"$dir/out" 2>"$dir/err" &&
	python3 -c 'import json, sys
for one in json.load(open(sys.argv[1]))["snapshots"]:
	print("vifs" in one, any(what.startswith("XenStore: ") for what in one["not_seen"]))
' "$dir/record" 2>>"$dir/err")
if [ "$seen" = $'True False\nFalse True' ]; then
	report ok "diagnose goes on when XenStore goes away"
else
	report "not ok" "diagnose goes on when XenStore goes away"
	echo "# $seen $(head -c 300 "$dir/out" "$dir/err")"
fi

# XenStore is for root, and whoever is not is told so. The program may be where only root finds it.
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
cp "$vifctl" "$dir/vifctl"
chmod 755 "$dir"
chmod 0 "$dir/dom0/socket"
needs_root() {
	local name="without root: $*" rc
	if ! "${as_nobody[@]}" "$dir/vifctl" --version >/dev/null 2>&1; then
		report ok "$name # SKIP nobody but root is to be had"
		return
	fi
	XENSTORED_PATH="$dir/dom0/socket" VIFCTL_ROOT="$dir/dom0/root" \
		"${as_nobody[@]}" "$dir/vifctl" "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = 2 ] && [ ! -s "$dir/out" ] &&
		[ "$(cat "$dir/err")" = "vifctl: needs root; run it with sudo" ]; then
		report ok "$name"
	else
		report "not ok" "$name"
		echo "# status $rc: $(head -c 300 "$dir/out" "$dir/err")"
	fi
}
needs_root list
needs_root show
needs_root top -b -n 1
needs_root mode vif5.0 napi
needs_root queues vif5.0 2
needs_root rate vif5.0
needs_root policy covers 70
chmod 600 "$dir/dom0/socket"

# A driver domain does not see by what names its guests come again.
machine=driver
prints "^db0 *all *1 *kthread$" -n policy set db0 to 1 mode=kthread
prints "^db0 *all *1 *kthread$" -n policy set 6/0 to 1 mode=kthread
prints "^0 *51 *db0-q0 *0 *2 *not done$" -n policy apply
refused 2 "vif5.0 has another name after .* vifname=" policy set vif5.0 to 1
refused 2 "vif5.0 has another name after .* vifname=" policy set 5/0 to 1
refused 2 "no vif web/0; only dom0 sees names.* vifname=" policy set web/0 to 1
[ -z "$(changed driver)" ] || report "not ok" "what was refused has changed something in the driver domain"

# Whatever is known of a vif and of a queue, their objects have the same keys, also of a guest's.
for name in vif5.0 db0; do put "$root/sys/class/net/$name/queues/rx-0/rps_cpus" 0; done
put "$root/sys/kernel/debug/xen-netback/vif5.0/queues" "$(printf 'queue action home tx_req_prod tx_req_cons\n0 napi 1 9 7')"
prints '"vif":null,.*"rate_bytes":null,.*"up":null,.*"mtu_bytes":null,.*"counters":null,"queues":\[\]' -j show 8/0
prints '"vif":"db0",.*"home_cpu":null,"action":null,.*"ring":null' -j show db0
prints '"home_cpu":1,"action":"napi","tx_ring_waiting_slots":2,"tx_ring_in_flight_slots":null' -j show vif5.0
run -j show >"$dir/out" 2>"$dir/err"
on guest "$vifctl" -j show >"$dir/text" 2>>"$dir/err"
if python3 -c 'import json, sys
vifs = [vif for name in sys.argv[1:] for vif in json.load(open(name))]
queues = [queue for vif in vifs for queue in vif["queues"]]
assert [len(vifs), len(queues)] == [4, 4]
assert all(one.keys() == all[0].keys() for all in (vifs, queues) for one in all)
' "$dir/out" "$dir/text" 2>>"$dir/err"; then
	report ok "show has the same keys for all"
else
	report "not ok" "show has the same keys for all"
	echo "# $(head -c 2000 "$dir/out" "$dir/err")"
fi
prints "^(no interface): domain 8 (8), handle 0" show 8/0
prints "^8/0: rate none$" rate 8/0
prints '^{"vif":null,"rate_bytes":null' -j rate 8/0
refused 2 "8/0 has no driver (yet), and so no mode: is xen-netback loaded?" mode 8/0
[ "$(grep -c QUEUE "$dir/out")" = 0 ] || report "not ok" "without an interface there are no queues"

# In a guest the in-tree driver's interrupts have names of their own, and others are not to
# be seen.
machine=guest
json list
json show enX0
json top -b -n 1 -d 0.1
json -n pin enX0 q1 to 2
json -n unpin enX0
json -n spread
json -n policy set enX0 all to 1
json diagnose -t 0.1 enX0
prints "^enX0 *0 *0 *00:16:3e:00:00:05 .*Connected *Connected *2 *xen-netfront" list
prints "^  q1 *42 43 *0 *66 *napi" show
prints '"features":\["split-event-channels","multi-queue"\]' -j show enX0
prints "vif0-q1-rx *0 *2 *not done" -n pin enX0 q1 to 2
prints "vif0-q1-rx *0 *1 *not done" -n spread
prints "^enX0 *all *1 *-$" -n policy set enX0 all to 1
refused 2 "the mode is set where enX0 is served" -n policy set enX0 all to 1 mode=napi
refused 2 "is set where enX0 is served, in domain 0" mode enX0 napi
refused 2 "is set where enX0 is served, in domain 0" completion enX0 home
refused 2 "is set where enX0 is served, in domain 0" rate enX0 10Mb/s
refused 2 "there is no xl here" attach web bridge=xenbr0
refused 2 "is this domain's own" detach enX0
refused 2 "does not show this domain the others" detach web/0
refused 2 "no vif vif5.0" show vif5.0
[ -z "$(changed guest)" ] || report "not ok" "what was refused has changed something in the guest"

exit $failed
