#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What docs/protocol.md lacks, or names that does not exist. Run from the top of the
tree; one line for each finding, nothing is good news.

usage: protocoldoc.py names NETIF_H	names of netif.h that have no row
       protocoldoc.py tests		tests that rows name and nobody has

A name has a row when the row's first column has it in `quotes`, as it is or
without a prefix that ends in "_". A quote that begins with "-" or "_" is the end of
a name that else is like the one before it. Each quote in the last column, perhaps a
pattern, stands for a case of rawfront or rawback, a scenario or a step of the lab, or a
unit test, with or without its "test_".
"""
import fnmatch
import glob
import re
import sys
from pathlib import Path


def rows():
    """(first column, last column) of each row of the table."""
    for line in Path("docs/protocol.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "key or message":
            yield cells[0], cells[-1]


def quotes(cell):
    """The quoted names of a cell, in full."""
    last = ""
    for name in re.findall(r"`([^`]+)`", cell):
        if name[0] in "-_":
            name = last.rsplit(name[0], name.count(name[0]))[0] + name
        yield name
        last = name


def names(header):
    """Keys of XenStore, flags, statuses, extra infos and control messages."""
    text = Path(header).read_text(encoding="utf-8")
    found = set(re.findall(
        r"[\"']((?:feature|request|event-channel|multi-queue)[a-z0-9-]*)[\"']", text))
    found |= set(re.findall(r"\"(\w+)\" node", text))
    found |= set(re.findall(r"/local/domain/[\w<>/-]*/([a-z-]+)\s", text))
    found |= set(re.findall(
        r"^#define\s+(NET[TR]XF_\w+|NETIF_RSP_\w+|XEN_NETIF_EXTRA_FLAG_\w+|"
        r"XEN_NETIF_(?:EXTRA|CTRL)_TYPE_(?!NONE\b|MAX\b)\w+)", text, re.MULTILINE))
    return found


def tests():
    """The names of all tests."""
    for file in glob.glob("tests/raw*/*_cases.c"):
        yield from re.findall(r"\.name = \"(\w+)\"", Path(file).read_text(encoding="utf-8"))
    for file in glob.glob("tests/lab/*.py"):
        yield from re.findall(r"^@step\ndef (\w+)", Path(file).read_text(encoding="utf-8"),
                              re.MULTILINE)
    for file in glob.glob("tests/lab/scenarios/*.toml"):
        yield Path(file).stem
    for file in glob.glob("tests/unit/test_*.c"):
        yield Path(file).stem
        yield Path(file).stem.removeprefix("test_")


def main():
    if sys.argv[1] == "names":
        have = [name for first, _ in rows() for name in quotes(first)]
        for name in sorted(names(sys.argv[2])):
            if not any(name == h or name.endswith("_" + h) for h in have):
                print(f"{name}: no row")
        return

    exist = sorted(tests())
    for first, last in rows():
        if not last:
            print(f"{first}: not a word about tests")
        for pattern in re.findall(r"`([^`]+)`", last):
            if not fnmatch.filter(exist, pattern):
                print(f"{first}: there is no test {pattern}")


main()
