#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the proofs: every function prove_*() of every *_cbmc.c here, with CBMC. One
# TAP line for each; where there is no CBMC, one that says so.
#
# Older ones than 6 check neither memory accesses nor arithmetic unless told to.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
	echo "ok - proofs of common/ # SKIP $1"
	exit 0
}

command -v cbmc >/dev/null || skip "cbmc is not installed"
version=$(cbmc --version)
[ "${version%%.*}" -ge 6 ] || skip "cbmc is $version, needed is 6 or newer"
tests/needs libxen-dev:xen/io/netif.h

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for file in tests/models/*_cbmc.c; do
	for proof in $(sed -n 's/^void \(prove_[a-z0-9_]*\)(void)$/\1/p' "$file"); do
		if cbmc -I. --function "$proof" "$file" >"$log" 2>&1; then
			echo "ok - $proof in $file"
		else
			echo "not ok - $proof in $file"
			grep -E 'FAILURE|error' "$log" || tail -n 5 "$log"
			failed=1
		fi
	done
done
exit $failed
