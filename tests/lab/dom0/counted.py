# SPDX-License-Identifier: GPL-2.0
"""A look at the clock and at all counters that move with packets; imported by cost."""

import functools
import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, "/usr/lib/xen-4.20/lib/python")
from xen.lowlevel import xc  # noqa: E402 - a module of xen-utils

from ethtool import Statistics  # noqa: E402 - after the path
from loads import HOME, NIC  # noqa: E402

xen = xc.xc()
_statistics = functools.cache(Statistics)


def _read(path):
    return int(Path(path).read_text())


def _interrupts(*prefixes):
    """{name: how often it has come, on all CPUs}, of names that begin like that"""
    with open("/proc/interrupts", encoding="ascii") as lines:
        found = [line.split() for line in lines
                 if line.rpartition(" ")[2].startswith(prefixes)]
    return {words[-1]: sum(int(n) for n in words[1:] if n.isdigit()) for words in found}


def _total(interrupts, *prefixes):
    return sum(count for name, count in interrupts.items() if name.startswith(prefixes))


# What eth_type_trans() takes away before the in-tree netback counts what a guest sends.
_ETH_HLEN = 14


def counts_itself(vifs):
    """Is it a netback that says what an in-tree one does not?"""
    return any("rx_batches" in _statistics(vif).names for vif in vifs)


class Look:
    """Clock and counters. Ratios are made of what was read at the same moment.

    What is read first when a stretch ends is read last when it begins, so that looking is
    no part of it.
    """

    def __init__(self, load, guests, busy=None, ends=False):
        self.way, self.wire = load.way, load.wire
        self._vifs = [guest.vif for guest in guests]
        self._measured = [guest.vif for guest in load.measured(guests)]
        if ends:
            self._see_clock(busy)
            self._see_events()
        else:
            self._see_events()
            self._see_clock(busy)

    def _see_clock(self, busy):
        self.busy_ns = busy.ns() if busy else 0
        self.idle = [cpu["idletime"] for cpu in xen.getcpuinfo(64)]
        self.domains = {d["domid"]: d["cpu_time"] for d in xen.domain_getinfo(0, 64)}
        self.packets, self.bytes = self._sum("packets"), self._sum("bytes")
        self.vif_packets = self._vif_sum("packets")
        self.ns = time.monotonic_ns()

    def _see_events(self):
        self.counters = {vif: _statistics(vif).read() for vif in self._vifs}
        queues, nic = tuple(f"{vif}-q" for vif in self._vifs), f"{NIC}-"
        # From one CPU of dom0 to another.
        calls = ("resched", "callfunc")
        interrupts = _interrupts(*queues, nic, *calls)
        self.irqs = {"interrupts": _total(interrupts, *queues),
                     "nic_interrupts": _total(interrupts, nic),
                     "calls": _total(interrupts, *calls)}
        self.queues = self._queues(interrupts, queues)
        self.lost = self._lost(self._measured) if self.way == "tx" else 0
        self.irq_packets = self._sum("packets")

    def _queues(self, interrupts, prefixes):
        """Something that moves when a queue has work, for each of them."""
        found = Counter()
        if self.counts_itself():
            packets = re.compile(f"queue_\\d+_{self.way}_packets")
            for vif, counters in self.counters.items():
                for name, count in counters.items():
                    if packets.fullmatch(name):
                        found[vif, name] = count
            return found
        # vif1.0-q2-tx, or without a way. One that is polled all the time has none.
        for name, count in interrupts.items():
            if name.startswith(prefixes):
                found[tuple(name.split("-")[:2])] += count
        return found

    def _sum(self, what):
        """Of packets that have got to where they count."""
        if self.wire:
            return _read(f"/sys/class/net/{NIC}/statistics/tx_{what}")
        return self._vif_sum(what)

    def _vif_sum(self, what):
        return sum(_read(f"/sys/class/net/{vif}/statistics/{self.way}_{what}")
                   for vif in self._measured)

    @staticmethod
    def _lost(vifs):
        """What has not got into vifs' rings, by netback and by the queueing before it."""
        queueing = json.loads(subprocess.run(["tc", "-s", "-j", "qdisc", "show"], check=True,
                                             capture_output=True, text=True).stdout)
        return sum(_read(f"/sys/class/net/{vif}/statistics/tx_dropped") for vif in vifs) + \
            sum(one.get("drops", 0) for one in queueing
                if one.get("root") and one["dev"] in vifs)

    def carried(self):
        """Packets of the vifs whose packets count, or of the NIC where there is no vif. Those
        that are copied and mapped: not all of them need to get onto the wire."""
        return self.vif_packets if self._measured else self.packets

    def counts_itself(self):
        return counts_itself(self._vifs)

    def counted(self, name, everybody=True):
        """A counter of all vifs, or of those whose packets count."""
        return sum(self.counters[vif].get(name, 0)
                   for vif in (self._vifs if everybody else self._measured))


def difference(before, after, busy):
    """Figures per packet, without those that nothing is known of."""
    way = after.way
    packets = after.packets - before.packets
    irq_packets = after.irq_packets - before.irq_packets
    ns = after.ns - before.ns
    if not packets or not irq_packets:
        sys.exit("cost: no packet came")
    carried = after.bytes - before.bytes
    if not after.wire and way == "rx" and not after.counts_itself():
        carried += _ETH_HLEN * packets
    guests_ns = sum(after.domains[d] - before.domains[d] for d in after.domains
                    if d and d in before.domains)
    found = {
        "packets": packets, "ns": ns, "ns_per_packet": ns / packets,
        "bytes_per_packet": carried / packets,
        # Time that jumped while all were idle is no more than this.
        "idle_percent": 100 * min(a - b for a, b in zip(after.idle, before.idle)) / ns,
        "home_idle_percent": 100 * (after.idle[HOME] - before.idle[HOME]) / ns,
        "dom0_cpu_ns_per_packet": (after.domains[0] - before.domains[0]) / packets,
        "guests_cpu_ns_per_packet": guests_ns / packets,
    }
    found |= {f"{what}_per_packet": (after.irqs[what] - before.irqs[what]) / irq_packets
              for what in after.irqs}
    used = sum(count != before.queues[queue] for queue, count in after.queues.items())
    if used:
        found["queues_used"] = used
    if after.wire and after.vif_packets > before.vif_packets:
        # Less than all when they are lost, or wait, on their way to the NIC.
        found["on_wire_percent"] = 100 * packets / (after.vif_packets - before.vif_packets)
    if way == "tx":
        found["lost_percent"] = 100 * (after.lost - before.lost) / irq_packets
    if after.counts_itself():
        found |= _own(way, before, after)
    if busy:
        found["busy_percent"] = 100 * (after.busy_ns - before.busy_ns) / ns
        found["busy_lost_for_ns"] = busy.longest_ns()
    return found


def _own(way, before, after):
    """What our netback counts, by the packets of the same moments."""
    def moved(name, **which):
        return after.counted(name, **which) - before.counted(name, **which)

    packets = max(1, moved(f"{way}_packets", everybody=False))
    batches = max(1, moved(f"{way}_batches", everybody=False))
    return {"batch": packets / batches} | {
        f"{name}_per_packet": sum(moved(f"{w}_{name}") for w in ("rx", "tx")) / packets
        for name in ("hypercalls", "notifies", "copied_bytes", "copies", "maps", "unmaps")}
