#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: config.sh RESULTS PROBES
#
# Turn the results of the probes (one file per probe: yes or no) into
# compat-config.h on standard output. Fails when the probes cannot be trusted
# or the kernel lacks something that the modules cannot do without.
set -eu

results=$1 probes=$2

result() {
	cat "$results/$1"
}

fail() {
	echo "compat: error: $1" >&2
	[ $# -lt 2 ] || tail -n 15 "$results/$2.log" >&2
	exit 1
}

[ "$(result sane)" = yes ] ||
	fail "a probe that must compile does not; is the kernel build tree complete?" sane
[ "$(result always_fail)" = no ] ||
	fail "a probe that must not compile does; the answers would be worthless"

echo "/* SPDX-License-Identifier: GPL-2.0 */"
echo "/* Made by common/compat/config.sh from the probes; do not edit. */"
for probe in "$probes"/*.c; do
	name=$(basename "$probe" .c)
	macro=XNET_$(echo "$name" | tr '[:lower:]' '[:upper:]')
	case $name:$(result "$name") in
	needs_*:no) fail "this kernel is too old: $(sed -n '2s,^// ,,p' "$probe")" "$name" ;;
	have_*:yes) echo "#define $macro 1" ;;
	have_*:no) echo "/* #undef $macro */" ;;
	esac
done
