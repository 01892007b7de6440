# SPDX-License-Identifier: GPL-2.0
"""Hypercalls and traps by kind and by domain, for any driver, from a trace of Xen's
(dom0/traced.py)."""

import struct
from collections import Counter

from errors import LabError

# Events of Xen's public trace.h.
_CPU_CHANGE, _LOST, _RUNSTATE, _HYPERCALL = 0x1f003, 0x1f001, 0x21001, 0x20100d
# Other ways into Xen, of PV domains; one bit of an event says that addresses are long.
_LONG = 0x100
_TRAPS = {0x201003: "trap", 0x201004: "page_fault", 0x201005: "invalid_op",
          0x201006: "privileged_instruction", 0x201008: "fpu_restore",
          0x201009: "paging_fixup", 0x20100a: "descriptor_fault", 0x20100b: "page_table_write"}
_RUNNING = 0
_IDLE = 0x7fff

_HYPERCALLS = {1: "mmu_update", 3: "stack_switch", 5: "fpu_taskswitch", 12: "memory_op",
               13: "multicall", 14: "update_va_mapping", 15: "set_timer", 17: "xen_version",
               20: "grant_table", 23: "iret", 24: "vcpu_op", 25: "set_segment_base",
               26: "mmuext_op", 29: "sched_op", 32: "event_channel", 33: "physdev_op",
               35: "sysctl", 36: "domctl"}
_GRANT_TABLE, _SYSCTL = 20, 35
# So many of dom0's sysctl hypercalls, no further apart, are a mark (dom0/traced.py); that far, since
# who makes the mark may have to wait for a CPU meanwhile. Marks are further apart.
_MARK, _MARK_MS = 8, 40
# A grant operation that is interrupted is entered again, and so counted again: how many there
# were is counted otherwise (dom0/traced.py).
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


class _Cpu:
    """Who runs on a CPU. Until it is known, what is seen there waits for that."""

    def __init__(self):
        self.domain = None
        self.waiting = []
        self.time = 0


def between_marks(data, ticks_per_ms):
    """The stretch from the first mark to the second, as time stamps; who looks is outside."""
    stamps = sorted(stamp for event, stamp, words in _records(data) if event == _HYPERCALL and
                    stamp is not None and words[0] & 0xfffff == _SYSCTL)
    marks, row = [], []
    for stamp in stamps:
        if row and stamp - row[-1] > _MARK_MS * ticks_per_ms:
            row = []
        if not row:
            marks.append(row)
        row.append(stamp)
    marks = [row for row in marks if len(row) >= _MARK]
    if len(marks) != 2:
        raise LabError(f"the trace of Xen has {len(marks)} marks")
    return marks[0][-1], marks[1][0]


def counts(data, unknown, begin, end):
    """({domain: hypercalls by kind}, {domain: traps by kind}, records that were lost) between two time stamps.

    unknown: {cpu: domain} of those that run without a break, and so are never named
    """
    calls, traps, cpus = {}, {}, {}
    lost = 0
    cpu = _Cpu()

    def count(domain, kinds, name):
        kinds.setdefault(domain, Counter())[name] += 1

    def known(cpu, domain):
        for seen in cpu.waiting:
            count(domain, *seen)
        cpu.waiting = []

    def see(*what):
        if cpu.domain is None:
            cpu.waiting.append(what)
        else:
            count(cpu.domain, *what)

    for event, stamp, words in _records(data):
        if stamp is not None:
            cpu.time = stamp
        if event == _CPU_CHANGE:
            cpu = cpus.setdefault(words[0], _Cpu())
        elif event == _LOST:
            # Who has run in the meantime is not known.
            cpu.domain = None
            lost += words[0]
        elif event & ~0x3f0 == _RUNSTATE:
            # The vCPU's number is in the lower half; both states are in the event.
            domain = words[0] >> 16
            if event >> 8 & 3 == _RUNNING:
                known(cpu, domain)
            if event >> 4 & 3 == _RUNNING:
                cpu.domain = domain
        elif not begin < cpu.time < end:
            continue
        elif event == _HYPERCALL:
            kind = words[0] & 0xfffff
            name = _HYPERCALLS.get(kind, str(kind))
            if kind == _GRANT_TABLE:
                name = f"{name}_{_GRANT_OPS.get(words[1], words[1])}"
            see(calls, name)
        elif event & ~_LONG in _TRAPS:
            see(traps, _TRAPS[event & ~_LONG])
    for number, left in cpus.items():
        known(left, unknown.get(number))
    return calls, traps, lost


def per_packet(data, look):
    """Figures of a look of cost's: in dom0, and in all guests together."""
    unknown = {int(cpu): domain for cpu, domain in look["running"].items()}
    begin, end = between_marks(data, look["ticks_per_ms"])
    calls, traps, lost = counts(data, unknown, begin, end)
    # The counters are of a stretch that is a little longer: rates are compared.
    packets = look["packets_per_ms"] * (end - begin) / look["ticks_per_ms"]
    found = {"traced_packets": round(packets), "lost_records": lost,
             "copied_bytes_per_packet": look["copied_bytes_per_packet"],
             "dom0_grant_operations": {name: round(count, 4) for name, count in
                                       look["grant_operations"].items() if count},
             "batch": look["batch"]}
    for what, of in (("hypercalls", calls), ("traps", traps)):
        for side, domains in (("dom0", {0}), ("guests", set(of) - {0, None, _IDLE})):
            total = sum((of[d] for d in domains if d in of), Counter())
            found[f"{side}_{what}"] = {name: round(count / packets, 4)
                                       for name, count in total.most_common()}
    return found
