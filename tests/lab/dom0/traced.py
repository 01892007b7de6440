# SPDX-License-Identifier: GPL-2.0
"""What is counted at a price: a trace of Xen's, and grant operations; imported by
cost. The trace is read outside, where that takes no time of the machine's (xentrace.py)."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from counted import Look, counts_itself, difference, xen
from probed import GROUP, probed, stop

_OUT = Path("/tmp/trace.xen")
_JUMPS = Path("/proc/sys/debug/kprobes-optimization")
# xentrace.py looks for at least that many.
MARK = 8
# Who runs, and hypercalls that are no part of a multicall; by Xen's public trace.h.
_MASK = 0x00221000

# Grant operations of an in-tree netback, by the functions that make them; ours counts its own.
# Xen's trace would have too many: it enters an operation again that was interrupted.
# A copy takes 40 bytes: the domain that it is from is 8 into them, that which it is for 24, its
# length 32. All of a call are between the same two; of a longer batch the first ones stand for
# all. Short ones have a probe of their own, since arguments make lines long, and the kernel slow.
_FEW, _MANY = 4, 64


def _copy_probe(name, copies):
    lengths = " ".join(f"len{i}=+{40 * i + 32}(%di):u16" for i in range(copies))
    return (f"p:{GROUP}/{name} gnttab_batch_copy count=%si:u32 from=+8(%di):u16 to=+24(%di):u16 "
            f"{lengths}")


_PROBES = (_copy_probe("few", _FEW), _copy_probe("many", _MANY),
           f"p:{GROUP}/map gnttab_map_refs count=%cx:u32",
           f"p:{GROUP}/unmap gnttab_unmap_refs count=%cx:u32")
_FILTERS = (("few", f"count <= {_FEW}"), ("many", f"count > {_FEW}"))
_CALL = re.compile(
    r" ([\d.]+): (few|many|map|unmap): .*?count=(\d+)(?: from=(\d+) to=(\d+))?(.*)")
_LENGTH = re.compile(r"len\d+=(\d+)")


def _grants(lines, way, domains, began, ended):
    """({operation: how many}, calls that have copied that way for these domains, bytes copied)
    between two times in ns of CLOCK_MONOTONIC."""
    operations, calls, copied = Counter(), 0, 0
    for match in filter(None, map(_CALL.search, lines)):
        count = int(match[3])
        if not count or not began <= float(match[1]) * 1e9 <= ended:
            continue
        if not match[4]:
            operations[match[2]] += count
        else:
            operations["copy"] += count
            calls += int(match[5] if way == "tx" else match[4]) in domains
            seen = list(map(int, _LENGTH.findall(match[6])))[:count]
            copied += sum(seen) * count / len(seen)
    return operations, calls, copied


def _counted(lines, before, after, domains, own):
    """Grant operations and bytes per packet of the vif's, and packets per run of our netback, or
    per call that copies of another one: its runs are nothing that could be probed."""
    names = {"copy": "copies", "map": "maps", "unmap": "unmaps"}
    if after.counts_itself():
        return {"grant_operations": {name: own[f"{key}_per_packet"] for name, key in names.items()},
                "copied_bytes_per_packet": own["copied_bytes_per_packet"], "batch": own["batch"]}
    operations, calls, copied = _grants(lines, after.way, domains, before.ns, after.ns)
    packets = after.carried() - before.carried()
    return {"grant_operations": {name: operations[name] / packets for name in names},
            "copied_bytes_per_packet": copied / packets,
            "batch": packets / calls if calls else None}


def _who_runs():
    """{cpu: domain}: who has a CPU for himself is never named in a trace."""
    found = {}
    for domain in xen.domain_getinfo(0, 64):
        for vcpu in range(domain["max_vcpu_id"] + 1):
            info = xen.vcpu_getinfo(domain["domid"], vcpu)
            if info["running"]:
                found[info["cpu"]] = domain["domid"]
    return found


def _mark():
    """What makes a place in the trace known: so many of these, one after the other."""
    for _ in range(MARK):
        xen.physinfo()


def _wait_for_records(process):
    """Xen takes its time when it traces for the first time."""
    while not _OUT.exists() or not _OUT.stat().st_size:
        if process.poll() is not None:
            sys.exit("cost: xentrace has ended by itself")
        time.sleep(0.01)


@contextlib.contextmanager
def _grant_calls():
    """Lines of the grant operations, at the end.

    Probes stay the traps that they begin as. Who makes jumps of them has who sets another one
    wait until every task has given up its CPU once, which takes seconds beside a load.
    """
    _JUMPS.write_text("0")
    try:
        with probed(*_PROBES, filters=_FILTERS) as lines:
            yield lines
    finally:
        _JUMPS.write_text("1")


@contextlib.contextmanager
def _xentrace():
    """Xen traces into the file, on whichever CPU there is time for it."""
    _OUT.unlink(missing_ok=True)
    process = subprocess.Popen(
        ["taskset", "-c", f"0-{os.cpu_count() - 1}", "xentrace", "-D", "-S", "256", "-s", "20",
         "-e", hex(_MASK), str(_OUT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_records(process)
        yield
    finally:
        process.terminate()
        process.wait()


def traced(load, guests, seconds):
    """What is needed to make figures per packet of the trace, which is left in a file.

    A generator: the look is over when it yields for the first time, and figures come when it
    is asked again. That is to be after the load has ended, since the kernel writes lines
    slowly, and would take minutes beside it.
    """
    itself = counts_itself(guest.vif for guest in guests)
    with contextlib.nullcontext() if itself else _grant_calls() as lines:
        with _xentrace():
            before = Look(load, guests)
            _mark()
            time.sleep(seconds)
            _mark()
            after = Look(load, guests, ends=True)
            if not itself:
                stop()
            running = _who_runs()
        yield None
    packets, ns = after.carried() - before.carried(), after.ns - before.ns
    domains = {guest.domid for guest in load.measured(guests)}
    yield _counted(lines, before, after, domains, difference(before, after, None)) | {
        "trace": str(_OUT), "packets_per_ms": packets / ns * 1e6, "running": running,
        "ticks_per_ms": xen.physinfo()["cpu_khz"]}
