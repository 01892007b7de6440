#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Static checks that need neither a kernel nor root, one TAP line each.
set -euo pipefail
shopt -s lastpipe # check, at the end of a pipe, sets $failed
cd "$(dirname "$0")/.."

failed=0

# check NAME: standard input lists what is wrong; nothing there is a pass.
check() {
	local found
	found=$(cat)
	if [ -z "$found" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		head -n 30 <<<"$found"
		failed=1
	fi
}

# Files of the tree: known to git, or new and not ignored.
files() {
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r f; do if [ -f "$f" ]; then echo "$f"; fi; done
}

# match REGEX: where it occurs in the files named on standard input
match() {
	xargs -r grep -HnE "$1" || :
}

bash_files() {
	files | while read -r f; do
		case $(head -c 64 "$f" | head -n 1 | tr -d '\0') in '#!'*sh*) echo "$f" ;; esac
	done
}

# Compat conditionals have their place in common/compat/. Modules may test
# CONFIG_ symbols; headers have their guard.
{
	files 'netback/*' 'netfront/*' 'common/*.[ch]' ':!common/compat' |
		match 'LINUX_VERSION|KERNEL_VERSION|\b(XNET_)?(HAVE|NEED)_|compat-config'
	files 'netback/*.[ch]' 'netfront/*.[ch]' |
		match '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)\b' |
		sed -E '/CONFIG_|#ifndef XN[A-Z0-9_]*_H$|TRACE_HEADER_MULTI_READ/d'
} | check "no compat conditional outside common/compat"

files | while read -r f; do
	case $f in LICENSE | VERSION | .gitignore | *.json) continue ;; esac
	head -n 4 "$f" | grep -q SPDX-License-Identifier || echo "$f"
done | check "every file names its licence"

files 'netback/*.[ch]' 'netfront/*.[ch]' 'common/*.[ch]' | xargs -r wc -l |
	awk '$2 != "total" && $1 > 800' | check "no source file above 800 lines"

# What a module counts, by its ethtool names, and columns in debugfs.
counters() {
	sed -nE 's/^\t(\[XN[BF]_[A-Z_]+\] = |\{ )"([a-z_]+)".*/\2/p' "$@" | sort -u
}

# columns FILE: what a module's tables in debugfs are made of
columns() {
	sed -nE 's/.*"((cpu|queue) [a-z_ ]+)\\n".*/\1/p' "$1" | tr ' ' '\n' |
		grep -vx cpu | sort -u
}

tracepoints() {
	sed -nE 's/^TRACE_EVENT\(([a-z_]+),/\1/p' netback/trace.h | sort -u
}

# documented MODULE: what has a line in a table of its chapter
documented() {
	sed -n "/^## $1,/,/^## /p" docs/statistics.md | awk -F'|' '/^\|/ { print $2 }' |
		grep -oE '`[a-z_]+`' | tr -d '`' | sort
}

# tested PROGRAM: counters that one of its cases says must move, or that a step of the
# lab looks at.
tested() {
	{
		files "tests/$1/*_cases.c" |
			xargs -r grep -ohE '\{ "[a-z_]+", (RF_AT_LEAST\([1-9]|[1-9]|RB_)' | cut -d '"' -f 2
		files 'tests/lab/*.py' | xargs -r grep -ohE '\b(rx|tx|ctrl|broken|wd)_[a-z_]+\b'
	} | sort -u
}

netback_counters=$(counters netback/stats.c netback/ethtool.c)

comm -3 <({ echo "$netback_counters"; columns netback/debugfs.c; } | sort) <(documented netback) |
	sed -E 's/^\t(.*)/\1: documented, not counted/; t; s/$/: not documented/' |
	check "docs/statistics.md has netback's counters, each once"

comm -3 <({ counters netfront/stats.c; columns netfront/debugfs.c; } | sort) <(documented netfront) |
	sed -E 's/^\t(.*)/\1: documented, not counted/; t; s/$/: not documented/' |
	check "docs/statistics.md has netfront's counters, each once"

comm -23 <(echo "$netback_counters") <(tested rawfront) |
	check "each counter of netback is moved by a test"

# The stack gives netfront no packet that is too short or too large. One that was made
# for another backend may be, but no test brings that about each time. And no backend keeps
# the guest's poll from running: lab watchdog has stuck_poll.
comm -23 <(counters netfront/stats.c) <(tested rawback) | { grep -vxE 'tx_drop_size|wd_stuck' || :; } |
	check "each counter of netfront is moved by a test"

tracepoints | while read -r t; do
	grep -q "\`$t\`" docs/statistics.md || echo "$t: not documented"
	files 'tests/rawfront/*_cases.c' | xargs -r grep -q "\"$t: " || echo "$t: not tested"
done | check "each tracepoint of netback is documented and tested"

files '*.[ch]' '*Kbuild' '*Makefile' '*.mk' '*.sh' '*.py' '*.md' | match '[[:space:]]+$' |
	check "no white space at the end of a line"

files 'netback/*.[ch]' 'netfront/*.[ch]' 'common/*.[ch]' ':!common/compat' |
	{ xargs -r tests/kerneldoc.py || :; } 2>&1 |
	check "functions of headers have kernel-doc with context and return"

{ tests/protocoldoc.py tests || :; } 2>&1 | check "tests named in docs/protocol.md exist"

netif=/usr/include/xen/io/netif.h
if [ -e $netif ]; then
	{ tests/protocoldoc.py names $netif || :; } 2>&1 | check "docs/protocol.md has all of netif.h"
else
	echo "ok - docs/protocol.md has all of netif.h # SKIP libxen-dev is not installed"
fi

if command -v shellcheck >/dev/null; then
	bash_files | { xargs -r shellcheck -x -S warning -e SC2187 -f gcc || :; } 2>&1 | check "shellcheck"
else
	echo "ok - shellcheck # SKIP not installed"
fi

files '*.py' | while read -r f; do
	python3 - "$f" 2>&1 <<-'END' | tail -n 1
	import sys
	compile(open(sys.argv[1]).read(), sys.argv[1], "exec")
	END
done | check "Python files compile"

exit $failed
