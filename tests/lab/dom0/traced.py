# SPDX-License-Identifier: GPL-2.0
"""Hypercalls by kind and by domain, for any driver, from Xen's trace; imported by cost."""

import contextlib
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path

from counted import Look, xen

TRACING = Path("/sys/kernel/tracing")
_OUT = "/tmp/trace.xen"

# Classes and events of Xen's public trace.h: who runs, and hypercalls that are no part
# of a multicall.
_MASK = 0x00221000
_CPU_CHANGE, _LOST, _RUNSTATE, _HYPERCALL = 0x1f003, 0x1f001, 0x21001, 0x20100d
_RUNNING = 0

_HYPERCALLS = {1: "mmu_update", 3: "stack_switch", 5: "fpu_taskswitch", 12: "memory_op",
               13: "multicall", 14: "update_va_mapping", 15: "set_timer", 17: "xen_version",
               20: "grant_table", 23: "iret", 24: "vcpu_op", 26: "mmuext_op", 29: "sched_op",
               32: "event_channel", 33: "physdev_op", 35: "sysctl", 36: "domctl"}
_GRANT_TABLE = 20
_GRANT_OPS = {0: "map", 1: "unmap", 5: "copy", 7: "unmap_and_replace", 12: "cache_flush"}


def _records(data):
    """(event, time stamp or None, words) of each record."""
    at = 0
    while at + 4 <= len(data):
        head, = struct.unpack_from("<I", data, at)
        at += 4
        stamp = None
        if head >> 31:
            if at + 8 > len(data):
                return
            stamp, = struct.unpack_from("<Q", data, at)
            at += 8
        count = head >> 28 & 7
        if at + 4 * count > len(data):
            return
        yield head & 0x0fffffff, stamp, struct.unpack_from(f"<{count}I", data, at)
        at += 4 * count


def counts(data):
    """({domain: hypercalls by kind}, {domain: grant operations}, ticks of the time stamp)."""
    calls, grants, runs = {}, {}, {}
    cpu = first = last = None
    for event, stamp, words in _records(data):
        if event == _CPU_CHANGE:
            cpu = words[0]
        elif event == _LOST:
            # Who has run in the meantime is not known.
            runs.pop(cpu, None)
        elif event & ~0x3f0 == _RUNSTATE:
            # The vCPU's number is in the lower half; the new state in the event.
            if event >> 4 & 3 == _RUNNING:
                runs[cpu] = words[0] >> 16
        elif event == _HYPERCALL:
            first, last = first or stamp, stamp
            kind = words[0] & 0xfffff
            domain = runs.get(cpu)
            name = _HYPERCALLS.get(kind, str(kind))
            if kind == _GRANT_TABLE:
                operation = _GRANT_OPS.get(words[1], str(words[1]))
                grants.setdefault(domain, Counter())[operation] += words[2]
                name = f"{name}_{operation}"
            calls.setdefault(domain, Counter())[name] += 1
    return calls, grants, (last or 0) - (first or 0)


# The in-tree netback has its copies made by this function; ours counts them itself. An
# operation takes 40 bytes, its length is 32 into them; of a longer batch the first
# operations stand for all.
_COPY_ARGS = 64
_COPY_PROBE = "p:cost/copy gnttab_batch_copy count=%si:u32 " + " ".join(
    f"len{i}=+{40 * i + 32}(%di):u16" for i in range(_COPY_ARGS))


@contextlib.contextmanager
def _copies():
    """Yields a dict with the bytes that were copied, filled at the end."""
    if not TRACING.joinpath("events").exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", str(TRACING)], check=True)

    def write(name, text):
        (TRACING / name).write_text(text)

    found = {}
    write("tracing_on", "0")
    write("buffer_size_kb", "8192")
    write("kprobe_events", _COPY_PROBE + "\n")
    write("trace", "")
    write("events/cost/enable", "1")
    write("tracing_on", "1")
    try:
        yield found
        write("tracing_on", "0")
        found["bytes"] = sum(map(_copied, (TRACING / "trace").read_text().splitlines()))
    finally:
        write("tracing_on", "0")
        write("events/cost/enable", "0")
        write("kprobe_events", "")


def _copied(line):
    words = dict(word.split("=") for word in line.split() if "=" in word)
    if "count" not in words:
        return 0
    count = int(words["count"])
    seen = [int(words[f"len{i}"]) for i in range(min(count, _COPY_ARGS))]
    return sum(seen) * count / len(seen)


def traced(way, guests, seconds):
    """Per packet: hypercalls by kind and grant operations, in dom0 and in guests."""
    process = subprocess.Popen(["xentrace", "-D", "-S", "256", "-s", "20", "-e", hex(_MASK), _OUT],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _copies() as copied:
        time.sleep(0.1)
        before = Look(guests)
        time.sleep(seconds)
        after = Look(guests)
    process.terminate()
    process.wait()
    calls, grants, ticks = counts(Path(_OUT).read_bytes())
    packets = after.packets[way] - before.packets[way]
    # The trace and the counters are of about the same time: rates are compared.
    rate = packets / (after.ns - before.ns) * 1e6
    traced_ms = ticks / xen.physinfo()["cpu_khz"]
    per = rate * traced_ms
    found = {"traced_packets": round(per)}
    for what, of in (("hypercalls", calls), ("grant_operations", grants)):
        for side, domains in (("dom0", {0}), ("guests", set(of) - {0, None, 0x7fff})):
            total = sum((of[d] for d in domains if d in of), Counter())
            found[f"{side}_{what}"] = {name: round(count / per, 4)
                                       for name, count in total.most_common()}
    if before.counters.keys() & {"rx_copied_bytes"}:
        moved = sum(after.counters[f"{w}_copied_bytes"] - before.counters[f"{w}_copied_bytes"]
                    for w in ("rx", "tx"))
    else:
        # The probe has been there for as long as the look, and for a moment more.
        moved = copied["bytes"] * (after.ns - before.ns) / (after.ns - before.ns + 1e8)
    found["copied_bytes_per_packet"] = moved / packets
    return found
