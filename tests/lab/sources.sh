# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the scripts that make Debian roots: which package source to use is
# not ours to say, so it is taken from the host's own apt configuration.

# host_source LABEL: address of the host's first package source of that label.
host_source() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)|$(LABEL)' 'Created-By: Packages' |
		sed -n "s/|$1\$//p" | head -n 1
}

# The labels are only known once apt has read its sources.
host_sources_known() {
	[ -n "$(host_source Debian)" ] || [ "$(id -u)" != 0 ] || apt-get -q update >/dev/null || :
}

# debian_sources SUITE...: sources.list lines; a suite called X-security comes
# from the host's security source, and is left out when the host has none.
debian_sources() {
	local main sec suite
	host_sources_known
	main=$(host_source Debian)
	sec=$(host_source Debian-Security)
	[ -n "$main" ] || { echo "lab: apt has no Debian source configured on this host" >&2; return 2; }
	for suite in "$@"; do
		case $suite in
		*-security) [ -z "$sec" ] || echo "deb $sec $suite main" ;;
		*) echo "deb $main $suite main" ;;
		esac
	done
}
