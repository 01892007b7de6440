#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: report.sh MODOUT
#
# What each kernel that was built against answered to each probe, and which
# probes can go: those whose shim no module uses and those whose answer is the
# same everywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."

configs=()
for c in "$1"/*/src/common/compat/compat-config.h; do
	if [ -e "$c" ]; then configs+=("$c"); fi
done
[ ${#configs[@]} != 0 ] || { echo "compat-report: nothing built yet; try: make matrix" >&2; exit 1; }

used() {
	local name
	for name in $1; do
		grep -rqwF --include='*.[ch]' --exclude-dir=compat -- "$name" netback netfront common 2>/dev/null && return
	done
	return 1
}

printf '%-34s' probe
for c in "${configs[@]}"; do
	krel=${c#"$1"/}
	printf ' %-8s' "$(grep -oE '^[0-9]+\.[0-9]+' <<<"$krel")"
done
echo
for probe in common/compat/probes/have_*.c; do
	name=$(basename "$probe" .c)
	answers=
	printf '%-34s' "$name"
	for c in "${configs[@]}"; do
		if grep -q "^#define XNET_${name^^} " "$c"; then a=yes; else a=-; fi
		printf ' %-8s' $a
		answers+="$a "
	done
	for_=$(sed -n 's,^// for: ,,p' "$probe")
	used "$for_" || printf ' UNUSED'
	case $answers in *yes*-* | *-*yes*) ;; *) [ ${#configs[@]} -lt 3 ] || printf ' CONSTANT' ;; esac
	grep -rqw "XNET_${name^^}" common/compat/include || printf ' NO-SHIM'
	echo
done
