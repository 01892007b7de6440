#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make the dom0 root: a Debian 13 tree under build/lab/dom0-root with Xen, its
# tools and the kernel that dom0 and the guests run. It is never booted itself:
# images.py packs it into a disk that QEMU opens with snapshot=on.
#
# usage: dom0root.sh ROOT TOOLROOT
#
# Does nothing when ROOT was made by this very script for the same kernel. The
# kernel is the newest 6.12 that the toolchain root has headers for, so that our
# modules always fit it.
set -euo pipefail

here=$(dirname "$0")
# shellcheck source=tests/lab/sources.sh
. "$here/sources.sh"

root=${1:?usage: dom0root.sh ROOT TOOLROOT}
toolroot=${2:?usage: dom0root.sh ROOT TOOLROOT}
stamp=$root/.vifwire-stamp
kver=$(find "$toolroot/lib/modules/" -mindepth 1 -maxdepth 1 -name "6.12.*" -printf "%f\n" | sort -V | tail -n 1)
[ -n "$kver" ] || { echo "dom0root: no 6.12 headers in $toolroot" >&2; exit 2; }
key=$({ cat "$0" "$here/sources.sh"; echo "$kver"; } | sha256sum | cut -d" " -f1)

[ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "dom0root: making $root needs root; run as root" >&2; exit 2; }

packages=(
	xen-hypervisor-4.20-amd64 xen-utils-4.20 xenstore-utils
	"linux-image-$kver" kmod
	iproute2 ethtool bridge-utils iputils-ping iperf3 procps
	busybox-static dropbear-bin xdp-tools
	libjson-c5 libmnl0 libncursesw6
)


echo "dom0root: making $root (about a minute)"
rm -rf "$root"
mkdir -p "$(dirname "$root")"
debian_sources trixie trixie-updates trixie-security |
	mmdebstrap --quiet --variant=minbase \
		--include="$(IFS=,; echo "${packages[*]}")" \
		--setup-hook='mkdir -p "$1/etc/initramfs-tools"; echo "update_initramfs=no" >"$1/etc/initramfs-tools/update-initramfs.conf"' \
		--dpkgopt=force-confold \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='rm -rf "$1"/var/cache/apt/*.bin "$1"/var/lib/apt/lists/*' \
		trixie "$root" -
echo "$key" >"$stamp"
