#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Files are JSON, and the manual has all their keys.

usage: keys.py MANUAL FILE...
"""

import json
import re
import sys

# Their keys are the kernel's names, or numbers of CPUs.
OTHERS = {"ring", "counters", "interrupts_by_cpu", "moved", "now"}


def keys(value):
    """All keys of a value, and of those in it."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    inner = (keys(below) for key, below in value.items() if key not in OTHERS)
    return set(value).union(*inner)


def main(manual, *files):
    with open(manual, encoding="utf-8") as text:
        known = set(re.findall(r"\w+", text.read().partition("\n.SH JSON\n")[2].partition("\n.SH")[0]))
    found = set()
    for name in files:
        with open(name, encoding="utf-8") as text:
            found |= keys(json.load(text))
    if found - known:
        sys.exit(f"not in the manual: {', '.join(sorted(found - known))}")


main(*sys.argv[1:])
