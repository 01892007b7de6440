# SPDX-License-Identifier: GPL-2.0
"""A look at the clock and at all counters that move with packets; imported by cost."""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, "/usr/lib/xen-4.20/lib/python")
from xen.lowlevel import xc  # noqa: E402 - a module of xen-utils

from loads import HOME, NIC  # noqa: E402 - after the path

xen = xc.xc()


def _read(path):
    return int(Path(path).read_text())


def _interrupts(*prefixes):
    """How often those whose name begins so have come, on all CPUs."""
    with open("/proc/interrupts", encoding="ascii") as lines:
        return sum(sum(int(w) for w in line.split()[1:] if w.isdigit()) for line in lines
                   if line.split()[-1].startswith(prefixes))


class Look:
    """Clock and counters. Ratios are made of what was read at the same moment."""

    def __init__(self, guests, busy=None):
        self._vifs = [guest.vif for guest in guests]
        self.counters = self._ethtool()
        self.irqs = {"interrupts": _interrupts(*(f"{vif}-q" for vif in self._vifs)),
                     "nic_interrupts": _interrupts(f"{NIC}-"),
                     # From one CPU of dom0 to another.
                     "calls": _interrupts("resched", "callfunc")}
        self.irq_packets = self._sums("packets")
        self.busy_ns = busy.ns() if busy else 0
        self.idle = [cpu["idletime"] for cpu in xen.getcpuinfo(64)]
        self.domains = {d["domid"]: d["cpu_time"] for d in xen.domain_getinfo(0, 64)}
        self.packets = self._sums("packets")
        self.bytes = self._sums("bytes")
        self.ns = time.monotonic_ns()

    def _sums(self, what):
        sums = {way: sum(_read(f"/sys/class/net/{vif}/statistics/{way}_{what}")
                         for vif in self._vifs) for way in ("rx", "tx")}
        return sums | {"nic": _read(f"/sys/class/net/{NIC}/statistics/tx_{what}")}

    def _ethtool(self):
        sums = {}
        for vif in self._vifs:
            text = subprocess.run(["ethtool", "-S", vif], check=True, capture_output=True,
                                  text=True).stdout
            for line in text.splitlines()[1:]:
                name, _, value = line.strip().partition(": ")
                if not name.startswith("queue_"):
                    sums[name] = sums.get(name, 0) + int(value)
        return sums


def difference(way, before, after, busy):
    """Figures per packet, without those that nothing is known of."""
    packets = after.packets[way] - before.packets[way]
    irq_packets = after.irq_packets[way] - before.irq_packets[way]
    ns = after.ns - before.ns
    if not packets or not irq_packets:
        sys.exit("cost: no packet came")
    guests_ns = sum(after.domains[d] - before.domains[d] for d in after.domains
                    if d and d in before.domains)
    found = {
        "packets": packets, "ns": ns, "ns_per_packet": ns / packets,
        "bytes_per_packet": (after.bytes[way] - before.bytes[way]) / packets,
        # Time that jumped while all were idle is no more than this.
        "idle_percent": 100 * min(a - b for a, b in zip(after.idle, before.idle)) / ns,
        "home_idle_percent": 100 * (after.idle[HOME] - before.idle[HOME]) / ns,
        "dom0_cpu_ns_per_packet": (after.domains[0] - before.domains[0]) / packets,
        "guests_cpu_ns_per_packet": guests_ns / packets,
    }
    found |= {f"{what}_per_packet": (after.irqs[what] - before.irqs[what]) / irq_packets
              for what in after.irqs}
    if f"{way}_batches" in after.counters:
        delta = {key: value - before.counters[key] for key, value in after.counters.items()}
        carried = delta[f"{way}_packets"]
        found["batch"] = carried / max(1, delta[f"{way}_batches"])
        found |= {f"{name}_per_packet": sum(delta[f"{w}_{name}"] for w in ("rx", "tx")) / carried
                  for name in ("hypercalls", "notifies", "copied_bytes")}
    if busy:
        found["busy_percent"] = 100 * (after.busy_ns - before.busy_ns) / ns
        found["busy_lost_for_ns"] = busy.longest_ns()
    return found
