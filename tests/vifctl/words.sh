#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The program, its help, its manual page and its completion have to know the same commands
# and options, and the completion the vifs that there are. One TAP line each.
#
# usage: words.sh VIFCTL
set -uo pipefail

vifctl=$(realpath "${1:?usage: words.sh VIFCTL}")
dir=$(mktemp -d)
# shellcheck source=tests/vifctl/machine.sh
. "$(dirname "$0")/machine.sh"
trap 'stop_machines; rm -rf "$dir"' EXIT
tools=$here/../../tools/vifctl
failed=0

# same NAME ONE OTHER: two lists of words
same() {
	local only
	only=$(comm -3 <(sort -u <<<"$2") <(sort -u <<<"$3"))
	if [ -z "$only" ] && [ -n "$2" ]; then
		echo "ok - vifctl: $1"
	else
		echo "not ok - vifctl: $1"
		sed 's/^/# only in the one or, with a tab, in the other: /' <<<"$only"
		failed=1
	fi
}

help=$("$vifctl" --help)
page=$(sed 's/\\f.//g; s/\\-/-/g; s/"//g' "$tools/vifctl.8")

# ---- what the program has itself

commands=$(sed -nE 's/^  ([a-z]+) .*/\1/p' <<<"$help")
long=$(grep -ohE '\{ "[a-z-]+", (no|required)_argument' "$tools"/*.c | cut -d '"' -f 2)
columns=$("$vifctl" top -b -s nothing 2>&1 | sed 's/.*one of //; s/, /\n/g')

# letters COMMAND: short options of its own
letters() {
	case $1 in
	top) grep -oE '"[a-z:]+", options' "$tools/top.c" ;;
	diagnose) grep -oE '"[a-z:]+", options' "$tools/diagnose.c" ;;
	attach | detach) grep -oE '"[a-z:]+", options' "$tools/attach.c" ;;
	esac | cut -d '"' -f 2 | tr -d : | grep -o .
}

# ---- the manual page

same "the manual page has all commands, and no other" "$commands" \
	"$(sed -nE 's/^\.B[RI]* vifctl ([a-z]+).*/\1/p' <<<"$page")"
same "the manual page has all long options, and no other" "$long" \
	"$(grep -vE '^vifctl|policyscript' <<<"$page" | grep -oE '(^| )--[a-z-]+' | tr -d ' ' | cut -c 3-)"
same "the manual page has the help's sub-commands of policy" \
	"$(grep -A 1 '^  policy' <<<"$help" | tr -d '[]' | sed -E 's/^  policy *//' | tr '|' '\n' |
		sed -nE 's/^ *(show|set|delete|apply|watch|covers).*/\1/p')" \
	"$(sed -nE 's/^\.BR? vifctl policy +\[? ?([a-z]+).*/\1/p' <<<"$page")"
for command in $commands; do
	own=$(letters "$command")
	[ -n "$own" ] || continue
	same "the manual page has the short options of $command" "$own" \
		"$(for letter in $own; do
			if grep -qE "^\.R?BR? (\( )?-$letter( |$)" <<<"$page"; then echo "$letter"; fi
		done)"
	same "the help has the options of $command" "$own" \
		"$(grep -E "^  $command " <<<"$help" | grep -oE '[[ ]-[a-z] ?' | tr -d '[ -')"
done

same "the service starts where the program takes the machine for one on Xen" \
	"$(sed -n 's/^ConditionPathExists=//p' "$here/../../configs/vifwire-policy.service")" \
	"$(sed -nE 's/.*does not run on Xen \(no ([^)]*)\).*/\1/p' "$tools/store.c")"

# ---- the completion

# shellcheck source=tools/vifctl/vifctl.bash
. "$tools/vifctl.bash"

# complete_as WORD...: what is offered for the last word
complete_as() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_vifctl
	printf '%s\n' "${COMPREPLY[@]}"
}

same "the completion has all commands" "$commands" "$(complete_as vifctl '')"
same "the completion has all long options" "$(sed 's/^/--/' <<<"$long")" \
	"$(for command in $commands; do complete_as vifctl "$command" --; done)"
for command in $commands; do
	own=$(letters "$command")
	[ -n "$own" ] || continue
	same "the completion has the short options of $command" "$own
$(printf '%s\n' h j n p V)" "$(complete_as vifctl "$command" - | sed -nE 's/^-(.)$/\1/p')"
done
same "the completion has the columns of top" "$columns" "$(complete_as vifctl top -s '')"

make_dom0
vifctl() { on dom0 "$vifctl" "$@"; }
same "the completion has the vifs there are" vif5.0 "$(complete_as vifctl show '')"
VIFCTL_ROOT=$dir/dom0/root
same "the completion has the NICs with interrupts" "$(printf 'eth%d\n' 0 1 2 3 5 6 7)" \
	"$(complete_as vifctl pin eth)"
# Names may be anything; what is inserted is run by the shell.
xl() {
	printf '%-40s %5s %5s %5s %10s %9s\n' Name ID Mem VCPUs State 'Time(s)' \
		Domain-0 0 2048 2 r----- 100.0 web 5 256 1 -b---- 1.0 'my vm' 6 256 1 -b---- 1.0 \
		'$(touch ${dir}/expanded)' 7 256 1 -b---- 1.0 '`id`;*' 8 256 1 ------ 1.0
}
same "names of domains are quoted, and expanded by nobody" "$(printf '%s\n' web 'my\ vm' \
	'\$\(touch\ \$\{dir\}/expanded\)' '\`id\`\;\*')" "$(complete_as vifctl attach '')"
same "what is quoted already is completed" 'my\ vm' "$(complete_as vifctl attach 'my\ ')"
same "the completion has run nothing" "$dir/dom0" "$(echo "$dir"/*)"
same "where it is to go comes once, and its place is not offered" "$(printf '%s\n' to near node - -)" \
	"$(complete_as vifctl pin vif5.0 q1 ''; for way in to node; do complete_as vifctl pin vif5.0 $way '' | sed 's/^$/-/'; done)"
same "policy apply takes no queue" - "$(complete_as vifctl policy apply vif5.0 '' | sed 's/^$/-/')"
same "policy set has all it takes" "$(printf '%s\n' to mode={napi,kthread,tasklet} napi kthread tasklet)" \
	"$(complete_as vifctl policy set vif5.0 q0 ''; complete_as vifctl policy set vif5.0 q0 to 1 ''
		complete_as vifctl policy set vif5.0 to 1 mode = '')"
same "an option's value may follow =" vif5.0 "$(complete_as vifctl detach --time = 5 '')"
same "an option's value is no argument" vif5.0 "$(complete_as vifctl detach -t 5 '')"
vifctl() { false; }
mkdir -p "$VIFCTL_ROOT/sys/bus/xen/devices/vif-0/net/enX0" "$VIFCTL_ROOT/sys/bus/xen/devices/vbd-1"
same "the completion has the vifs there are without XenStore" "$(printf '%s\n' vif5.0 enX0)" \
	"$(complete_as vifctl show '')"

exit $failed
