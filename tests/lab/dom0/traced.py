# SPDX-License-Identifier: GPL-2.0
"""What is counted at a price: a trace of Xen's, and the bytes of grant copies; imported by
cost. The trace is read outside, where that takes no time of the machine's (xentrace.py)."""

import re
import subprocess
import sys
import time
from pathlib import Path

from counted import Look, difference, xen
from probed import GROUP, probed

_OUT = Path("/tmp/trace.xen")
# xentrace.py looks for at least that many.
MARK = 8
# Who runs, and hypercalls that are no part of a multicall; by Xen's public trace.h.
_MASK = 0x00221000

# The in-tree netback has its copies made by this function; ours counts them itself. An
# operation takes 40 bytes, its length is 32 into them; of a longer batch the first
# operations stand for all.
_COPY_ARGS = 64
_COPY_PROBE = f"p:{GROUP}/copy gnttab_batch_copy count=%si:u32 " + " ".join(
    f"len{i}=+{40 * i + 32}(%di):u16" for i in range(_COPY_ARGS))
_COPY = re.compile(r" ([\d.]+): copy: .*?count=(\d+)(.*)")


def _copied(line, began, ended):
    """Bytes of one call, if it was between these times in ns of CLOCK_MONOTONIC."""
    match = _COPY.search(line)
    if not match or not began <= float(match[1]) * 1e9 <= ended or not int(match[2]):
        return 0
    count = int(match[2])
    lengths = dict(word.split("=") for word in match[3].split())
    seen = [int(lengths[f"len{i}"]) for i in range(min(count, _COPY_ARGS))]
    return sum(seen) * count / len(seen)


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


def traced(load, guests, seconds):
    """What is needed to make figures per packet of the trace, which is left in a file."""
    _OUT.unlink(missing_ok=True)
    process = subprocess.Popen(["xentrace", "-D", "-S", "256", "-s", "20", "-e", hex(_MASK), str(_OUT)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for_records(process)
    with probed(_COPY_PROBE) as lines:
        before = Look(load, guests)
        _mark()
        time.sleep(seconds)
        _mark()
        after = Look(load, guests, ends=True)
        running = _who_runs()
    process.terminate()
    process.wait()
    own = difference(before, after, None)
    copied = own.get("copied_bytes_per_packet")
    if copied is None:
        copied = sum(_copied(line, before.ns, after.ns) for line in lines) / own["packets"]
    return {"trace": str(_OUT), "copied_bytes_per_packet": copied,
            "packets_per_ms": own["packets"] / own["ns"] * 1e6, "running": running,
            "ticks_per_ms": xen.physinfo()["cpu_khz"]}
