#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the unit tests and say how much of each common/*.c they reached.
#
# usage: coverage.sh OBJDIR "FILE..." TEST...
#
# Every file needs a test, and each FILE every branch taken; what is missing is
# listed.
set -euo pipefail

objdir=$1 must=$2
shift 2

find "$objdir" -name '*.gcda' -delete
for t in "$@"; do
	"$t" >"$t.log" 2>&1 || { cat "$t.log"; exit 1; }
done

failed=0
for source in common/*.c; do
	name=$(basename "$source" .c)
	gcda=$objdir/common/$name.gcda
	[ -e "$gcda" ] || { echo "not ok - coverage $source: no unit test"; failed=1; continue; }
	gcov --branch-probabilities --stdout "$gcda" >"$objdir/$name.gcov" 2>/dev/null
	# A branch counts once for each way out of it.
	read -r lines hit_lines branches hit_branches < <(awk -F: '
		/^branch/ { b++; if ($0 !~ /never executed|taken 0%/) hb++; next }
		/^ *[0-9#=]+\*?:/ { l++; if ($1 !~ /[#=]/) hl++ }
		END { print l + 0, hl + 0, b + 0, hb + 0 }' "$objdir/$name.gcov")
	ok=ok
	case " $must " in
	*" $source "*) [ "$hit_lines/$hit_branches" = "$lines/$branches" ] || ok="not ok" ;;
	esac
	printf '%s - coverage %-20s lines %d/%d branches %d/%d\n' \
		"$ok" "$source" "$hit_lines" "$lines" "$hit_branches" "$branches"
	[ "$ok" != ok ] || continue
	failed=1
	awk -F: -v f="$source" '
			/^branch/ { if ($0 ~ /never executed|taken 0%/) print f ":" n ": not every way taken:" s; next }
			/^ *#+:/ { print f ":" $2 + 0 ": never reached" }
			/^ *[^:]*: *[0-9]+:/ { n = $2 + 0; s = $0; sub(/^[^:]*:[^:]*:[ \t]*/, " ", s) }' "$objdir/$name.gcov" | uniq
done
exit $failed
