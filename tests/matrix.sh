#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the modules against the kernels of the toolchain root; run inside it.
#
# usage: matrix.sh OUT SERIES...
#
# WERROR=1 makes a warning a failure. Other variables: see tools/build-modules.
set -euo pipefail

out=$1
failed=0
for series in "${@:2}"; do
	kdir=$(find /lib/modules -maxdepth 1 -name "$series.*" | sort -V | tail -n 1)/build
	[ -d "$kdir" ] || { echo "matrix: no headers of series $series in the toolchain root" >&2; exit 2; }
	tools/build-modules "$kdir" "$out" || failed=$((failed + 1))
done
[ "$failed" = 0 ] || { echo "matrix: $failed of $(($# - 1)) kernels failed" >&2; exit 1; }
