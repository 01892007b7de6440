#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Command lines and files that are no good, given to `vifctl diagnose`: each gets one line
# that says what is wrong, and its exit status. One TAP line each.
#
# usage: cli.sh VIFCTL
set -uo pipefail

vifctl=${1:?usage: cli.sh VIFCTL}
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

report() {
	echo "$1 - vifctl diagnose: $2"
	[ "$1" = ok ] || failed=1
}

# refused STATUS TEXT ARGUMENT...: one line on stderr with TEXT, nothing on stdout
refused() {
	local status=$1 text=$2 rc
	shift 2
	"$vifctl" diagnose "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	if [ $rc = "$status" ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" = 1 ] &&
		grep -q -- "$text" "$dir/err"; then
		report ok "refused: ${*##*/} ($text)"
	else
		report "not ok" "refused: ${*##*/} ($text)"
		echo "# status $rc: $(head -c 300 "$dir/out" "$dir/err")"
	fi
}

# prints TEXT ARGUMENT...: status 0, TEXT on stdout, nothing on stderr
prints() {
	local text=$1
	shift
	if "$vifctl" diagnose "$@" >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] &&
		grep -q -- "$text" "$dir/out"; then
		report ok "prints \"$text\": ${*##*/}"
	else
		report "not ok" "prints \"$text\": ${*##*/}"
		echo "# $(head -c 300 "$dir/out" "$dir/err")"
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

refused 1 "must be seconds" -t x
refused 1 "must be seconds" -t 0
refused 1 "must be seconds" -t nan
refused 1 "must be seconds" -t 3601
refused 1 "needs a value" -t
refused 1 "needs a value" --from
refused 1 "no option -x" -x
refused 1 "must be: vifctl diagnose" eth0 eth1
refused 1 "nothing to wait for" --from "$good" -t 1
refused 1 "nothing to wait for" --from "$good" --save "$dir/x"
refused 2 "cannot read" --from "$dir/nothing"
refused 2 "no file of vifctl diagnose" --from "$dir/text"
refused 2 "no file of vifctl diagnose" --from "$dir/other"
refused 2 "no file of vifctl diagnose" --from "$dir/array"
refused 2 "no file of vifctl diagnose" --from "$dir/empty"
refused 2 "no file of vifctl diagnose" --from "$dir"
refused 2 "reads version 1" --from "$dir/newer"
refused 2 "two snapshots" --from "$dir/one"
refused 2 "two snapshots" --from "$dir/back"
refused 2 "no vif or NIC eth7" --from "$good" eth7
prints "verdict: packets are lost" --from "$good"
prints "fix: *ethtool -G eth0 rx 4096" --from "$good"
prints "undo: *ethtool -G eth0 rx 512" --from "$good" eth0
prints '"rule":"nic-ring-full"' --from "$good" -j

exit $failed
