#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the modules against kernels of the toolchain root, one TAP line each;
# run inside the root.
#
# usage: matrix.sh OUT SERIES...
#
# WERROR=1 makes a warning a failure, C=2 runs sparse; see tools/build-modules.
set -euo pipefail

out=$1
failed=0
for series in "${@:2}"; do
	kdir=$(find /lib/modules -maxdepth 1 -name "$series.*" | sort -V | tail -n 1)/build
	if line=$(tools/build-modules "$kdir" "$out"); then
		echo "ok - $line"
	else
		echo "not ok - ${line:-kernel series $series}"
		failed=1
	fi
done
exit $failed
