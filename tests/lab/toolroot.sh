#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make the toolchain root: a Debian 13 tree under build/toolroot that holds the
# compiler, sparse, the headers of every kernel vifwire supports, QEMU and what
# else the lab needs, so that the host itself needs only mmdebstrap.
#
# usage: toolroot.sh ROOT
#
# Does nothing when ROOT was made by this very script. Packages come from the
# package source that the host itself is configured for.
set -euo pipefail

here=$(dirname "$0")
# shellcheck source=tests/lab/sources.sh
. "$here/sources.sh"

root=${1:?usage: toolroot.sh ROOT}
stamp=$root/.vifwire-stamp
key=$(cat "$0" "$here/sources.sh" | sha256sum | cut -d' ' -f1)

[ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "toolroot: making $root needs root; run as root" >&2; exit 2; }

# The newest linux-headers package of each supported series.
headers='
for series in 6.1 6.12 7.3; do
	p=$(apt-cache show linux-headers-amd64 |
		grep -o "linux-headers-${series//./\\.}[.+][^ ,]*-amd64" | sort -uV | tail -n 1)
	[ -n "$p" ] || { echo "toolroot: no linux-headers package of series $series" >&2; exit 1; }
	echo $p
done'

packages=(
	build-essential bc kmod libelf-dev sparse
	libcmocka-dev libxen-dev libjson-c-dev libmnl-dev libncurses-dev
	qemu-system-x86 seabios ipxe-qemu
	python3 openssh-client dropbear-bin iperf3 iproute2 iputils-ping ethtool
	cpio zstd busybox-static e2fsprogs procps git ca-certificates gnuplot-nox
)

echo "toolroot: making $root (a few minutes the first time)"
rm -rf "$root"
mkdir -p "$(dirname "$root")"
debian_sources trixie trixie-updates trixie-backports bookworm \
	trixie-security bookworm-security | mmdebstrap --quiet --variant=minbase \
	--include="$(IFS=,; echo "${packages[*]}")" \
	--setup-hook='mkdir -p "$1/etc/apt/preferences.d"; printf "Package: *\nPin: release n=bookworm*\nPin-Priority: 50\n" >"$1/etc/apt/preferences.d/older"' \
	--dpkgopt=force-unsafe-io \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--customize-hook='chroot "$1" apt-get -q -y --no-install-recommends install $(chroot "$1" bash -c '"'$headers'"') >"$1/headers.log" 2>&1 || { tail -n 20 "$1/headers.log" >&2; exit 1; }' \
	trixie "$root" -
echo "$key" >"$stamp"
