#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run parts of the test suite and add up what they report.
#
# usage: run.sh PART...		PART is a make target
#
# A part reports tests as TAP lines: "ok ...", "not ok ...", "ok ... # SKIP why".
# One without such lines is itself a test, and one that fails without naming a
# failed test counts as a failed test. Logs: out/test/PART.log. The last line is
# "N passed, N failed", with ", N skipped" when there were any.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

out=out/test
passed=0 failed=0 skipped=0
mkdir -p "$out"
rm -f "$out"/*.log "$out/summary"

count() {
	grep -cE "$1" "$2" || :
}

for part in "$@"; do
	log=$out/$part.log
	echo "== $part"
	start=$SECONDS
	make --no-print-directory "$part" >"$log" 2>&1
	rc=$?
	took=$((SECONDS - start))

	s=$(count '^ok\b.*# SKIP' "$log")
	p=$(($(count '^ok\b' "$log") - s))
	f=$(count '^not ok\b' "$log")
	if [ $rc != 0 ] && [ "$f" = 0 ]; then f=1; fi
	if [ "$p$f$s" = 000 ]; then p=1; fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))

	verdict=pass
	if [ "$f" != 0 ]; then
		verdict=FAIL
		{ grep -E '^not ok\b' "$log"; echo "-- end of $log:"; tail -n 25 "$log"; } | sed 's/^/   /'
	fi
	grep -E '^ok\b.*# SKIP' "$log" | sed 's/^ok/   skipped/'
	echo "   $verdict: $p passed, $f failed, $s skipped in $((took / 60)) min $((took % 60)) s"
done

summary="$passed passed, $failed failed"
[ $skipped = 0 ] || summary+=", $skipped skipped"
echo "$summary" | tee "$out/summary"
[ $failed = 0 ]
