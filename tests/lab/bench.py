# SPDX-License-Identifier: GPL-2.0
"""Guest-to-wire throughput, ours against in-tree; see docs/performance.md.

Every pair of drivers runs every workload, with its interrupts where they happen to be
and where they are best. Two machines: one that counts instructions, which repeats, and
one that has a clock of its own, where pairs take turns.
"""

import base64
import json
import math
import time
from dataclasses import dataclass

import benchreport
import machine
import sampled
import xentrace
from errors import LabError
from paths import OUT
from progress import say
from scenario import Lab

PAIRS = (("in-tree", "in-tree"), ("ours", "ours"), ("ours", "in-tree"), ("in-tree", "ours"))
PLACEMENTS = ("default", "best")
MODES = ("icount", "wall")
# The queue's CPU, the NIC's, and the guests'; dom0/loads.py counts the same way.
HOME, NIC, GUEST_CPUS = 0, 1, (2, 3)


@dataclass(frozen=True)
class Setup:
    """Guests as a group of workloads wants them."""

    guests: int = 1
    queues: int = 1


ONE, QUEUES, EIGHT = Setup(), Setup(queues=4), Setup(guests=8)
# dom0 alone.
FLOOR = Setup(guests=0)


@dataclass(frozen=True)
class Workload:
    name: str
    what: str
    load: str                # of dom0/loads.py
    setup: Setup = ONE
    guests: int = 1          # of them, that take part
    segmentation: bool = True
    unit: str = "packet"
    floor: str = ""          # the workload without a guest that it is compared to

    def load_in(self, mode):
        """pktgen spins while a queue is stopped, which would be counted as work: where
        instructions are counted, the sender is a program that sleeps."""
        udp = self.load[-1].isdigit()
        return f"pktgen-{self.load}" if mode == "wall" and udp else self.load


def _udp(size):
    floor = f"udp{size}_floor"
    yield Workload(floor, f"UDP, {size} bytes, dom0 onto the NIC", f"floor-{size}", FLOOR, 0)
    yield Workload(f"udp{size}_up", f"UDP, {size} bytes, guest to wire", f"up-{size}", floor=floor)
    yield Workload(f"udp{size}_down", f"UDP, {size} bytes, wire to guest", f"down-{size}",
                   floor=floor)


WORKLOADS = (
    *_udp(60), *_udp(1514),
    Workload("tcp_up", "TCP, guest to wire", "tcp-up", unit="kilobyte"),
    Workload("tcp_down", "TCP, wire to guest", "tcp-down", unit="kilobyte"),
    Workload("tcp_up_notso", "TCP without TSO, guest to wire", "tcp-up", segmentation=False,
             unit="kilobyte"),
    Workload("tcp_down_notso", "TCP without TSO, wire to guest", "tcp-down", segmentation=False,
             unit="kilobyte"),
    Workload("tcp_rr", "TCP requests and responses", "rr-tcp", unit="exchange"),
    Workload("udp_rr", "UDP requests and responses", "rr-udp", unit="exchange"),
    Workload("udp60_up_4q", "UDP, 60 bytes, guest to wire, 4 queues", "up-60", QUEUES,
             floor="udp60_floor"),
    Workload("udp60_down_4q", "UDP, 60 bytes, wire to guest, 4 queues", "down-60", QUEUES,
             floor="udp60_floor"),
    Workload("tcp_up_4q", "TCP, guest to wire, 4 queues", "tcp-up", QUEUES, unit="kilobyte"),
    Workload("tcp_down_4q", "TCP, wire to guest, 4 queues", "tcp-down", QUEUES, unit="kilobyte"),
    Workload("udp1514_between", "UDP, 1514 bytes, guest to guest", "between-1514", EIGHT, 2,
             floor="udp1514_floor"),
    Workload("tcp_between", "TCP, guest to guest", "tcp-between", EIGHT, 2, unit="kilobyte"),
    Workload("udp60_up_8g", "UDP, 60 bytes, 8 guests to wire", "up-60", EIGHT, 8,
             floor="udp60_floor"),
    Workload("udp60_down_8g", "UDP, 60 bytes, wire to 8 guests", "down-60", EIGHT, 8,
             floor="udp60_floor"),
    Workload("tcp_up_8g", "TCP, 8 guests to wire", "tcp-up", EIGHT, 8, unit="kilobyte"),
    Workload("tcp_down_8g", "TCP, wire to 8 guests", "tcp-down", EIGHT, 8, unit="kilobyte"),
)
NAMES = {workload.name: workload for workload in WORKLOADS}

# For each mode: seconds of the machine's clock for a measurement, and how often pairs
# take turns. Counting, the best placement is measured twice with the same guests, to show
# that it repeats, and looked into.
_SECONDS = {"icount": 0.3, "wall": 2}
_TURNS = {"icount": 1, "wall": 2}
_LIMIT = 6 * 3600


class Progress:
    """How much is left, by how long the same things have taken so far."""

    # Until it is known: seconds for a guest, and for a load with each placement.
    _GUESS = {("icount", "guest"): 25, ("icount", "default"): 17, ("icount", "best"): 40,
              ("wall", "guest"): 25, ("wall", "default"): 10, ("wall", "best"): 10}

    def __init__(self, todo):
        self._todo = todo  # {(mode, kind): how many}
        self._took = {}

    def took(self, mode, kind, seconds, count=1):
        times, number = self._took.get((mode, kind), (0, 0))
        self._took[mode, kind] = times + seconds, number + count
        self._todo[mode, kind] -= count

    def left(self):
        seconds = 0
        for key, count in self._todo.items():
            times, number = self._took.get(key, (0, 0))
            each = times / number if number else self._GUESS[key]
            seconds += max(0, count) * each
        return f"{math.ceil(seconds / 60)} min left"


def _parsed(command, output):
    try:
        return list(map(json.loads, output.splitlines()))
    except json.JSONDecodeError as problem:
        raise LabError(f"{command}: {output}") from problem


def _groups(workloads):
    """{setup: its workloads}, in order."""
    groups = {}
    for workload in workloads:
        groups.setdefault(workload.setup, []).append(workload)
    return groups


def _plan(modes, workloads):
    todo = {}
    for mode in modes:
        for setup, group in _groups(workloads).items():
            turns = _TURNS[mode] * (len(PAIRS) if setup.guests else 1)
            todo[mode, "guest"] = todo.get((mode, "guest"), 0) + turns * setup.guests
            for placement in PLACEMENTS if setup.guests else ("default",):
                todo[mode, placement] = todo.get((mode, placement), 0) + turns * len(group)
    return Progress(todo)


def _cpu_list(cpus):
    return ",".join(map(str, cpus))


def _repeats(mode, placement):
    return 2 if _is_traced(mode, placement) else 1


def _is_traced(mode, placement):
    return mode == "icount" and placement == "best"


def _is_sampled(mode, placement, workload):
    """With one guest, whose CPUs are its own."""
    return _is_traced(mode, placement) and workload.setup is ONE and workload.unit != "exchange"


# Where the NIC's interrupts are when nobody has bound them.
_NIC_IRQS = ("for irq in $(sed -n 's/^ *\\([0-9]*\\):.* eth0-.*/\\1/p' /proc/interrupts); do "
             "echo $irq $(cat /proc/irq/$irq/effective_affinity_list); done")


def _place(lab, placement, nic):
    """Where interrupts and guests are; a guest begins with what is the default."""
    if placement == "default":
        commands = [f"echo {cpu} >/proc/irq/{irq}/smp_affinity_list"
                    for irq, cpu in map(str.split, nic.splitlines())]
    else:
        commands = [f"cpuload --bind eth0- {NIC}"]
        for domid in [guest.domid() for guest in lab.guests]:
            commands += [f"cpuload --bind vif{domid}.0 {HOME}",
                         f"xl vcpu-pin {domid} all {_cpu_list(GUEST_CPUS)}"]
    lab.dom0.run("; ".join(commands))


def _segmentation(lab, on):
    word = "on" if on else "off"
    for guest in lab.guests:
        guest.run(f"ethtool -K eth0 tso {word} gso {word}")
        lab.dom0.run(f"ethtool -K vif{guest.domid()}.0 tso {word} gso {word}; "
                     f"ethtool -K xenbr0 tso {word} gso {word}")


class Bench:
    """The rows of one mode, from one boot of the machine, or more if there was a splat."""

    def __init__(self, mode, workloads, progress, sampling):
        self._mode = mode
        self._sampling = sampling
        self._workloads = workloads
        self._progress = progress
        self.rows = {}  # {(pair, placement, workload): row}
        self.failed = []
        self._lab = self._nic = self._kernel = self._sampler = None

    def run(self):
        try:
            for _ in range(_TURNS[self._mode]):
                for setup, group in _groups(self._workloads).items():
                    for pair in PAIRS if setup.guests else ((None, None),):
                        self._pair(pair, setup, group)
        finally:
            if self._lab:
                self._lab.stop()
        return [row for row in self.rows.values() if "value" in row]

    def _pair(self, pair, setup, group):
        """All workloads of a group with one pair. After a failure the next begins anew."""
        try:
            if self._lab is None:
                self._lab = Lab(f"bench-{self._mode}", _LIMIT, counting=self._mode == "icount")
                self._lab.boot()
                self._nic = self._lab.dom0.out(_NIC_IRQS)
                if self._sampling:
                    self._kernel = sampled.kernel_functions(self._lab)
            self._guests(pair, setup)
            if self._sampling and setup is ONE:
                self._sampler = sampled.Sampler(self._lab, self._kernel, GUEST_CPUS)
            for placement in PLACEMENTS if setup.guests else ("default",):
                _place(self._lab, placement, self._nic)
                for workload in group:
                    self._cell(pair, placement, workload)
            self._lab.drop_guests()
            self._lab.machine.check()
        except LabError as problem:
            names = ", ".join(workload.name for workload in group)
            who = f"{pair[0]}/{pair[1]}" if setup.guests else "dom0"
            self.failed.append(f"{self._mode}, {who}, while measuring {names}: {problem}")
            say(f"FAILED: {self.failed[-1]}")
            if self._lab:
                self._lab.stop()
            self._lab = None

    def _guests(self, pair, setup):
        if not setup.guests:
            return
        start = time.monotonic()
        netback, netfront = pair
        self._lab.load_netback(netback, f"max_queues={setup.queues}")
        for number in range(1, setup.guests + 1):
            self._lab.add_guest(number, netfront, params=f"max_queues={setup.queues}",
                                vcpus=setup.queues)
        self._progress.took(self._mode, "guest", time.monotonic() - start, setup.guests)

    def _row(self, pair, placement, workload):
        key = pair, placement, workload.name
        return self.rows.setdefault(key, {
            "mode": self._mode, "netback": pair[0], "netfront": pair[1], "placement": placement,
            "workload": workload.name, "unit": workload.unit, "rounds": []})

    def _look(self, placement, workload):
        """(rounds, trace or None, samples or None), all of one run of the load."""
        looks = ["count"] * _repeats(self._mode, placement)
        if _is_traced(self._mode, placement):
            looks.append("trace")
        holds = self._sampling and _is_sampled(self._mode, placement, workload)
        if holds:
            looks.append("hold")
        numbers = ",".join(str(g.number) for g in self._lab.guests[:workload.guests]) or "-"
        command = (f"cost {workload.load_in(self._mode)} {numbers} {_SECONDS[self._mode]} "
                   f"{workload.setup.queues} {' '.join(looks)}")
        if not holds:
            found = _parsed(command, self._lab.dom0.out(command, timeout=180))
            samples = None
        else:
            process = self._lab.dom0.start(command)
            said = process.stdout.readline()
            if said != "begin\n":
                raise LabError(f"{command}: {said + process.communicate()[0]}")
            samples = self._sampler.sample(process)
            found = _parsed(command, process.communicate()[0])
        rounds = found[:_repeats(self._mode, placement)]
        trace = self._trace(found[len(rounds)]) if "trace" in looks else None
        return rounds, trace, samples

    def _trace(self, look):
        data = base64.b64decode(self._lab.dom0.out(f"base64 -w 0 {look['trace']}", timeout=120))
        guest = int(self._lab.guests[0].domid())
        unknown = {cpu: guest if cpu in GUEST_CPUS else 0 for cpu in range(machine.CPUS)}
        return xentrace.per_packet(data, look, unknown)

    def _cell(self, pair, placement, workload):
        start = time.monotonic()
        if not workload.segmentation:
            _segmentation(self._lab, False)
        rounds, trace, samples = self._look(placement, workload)
        if not workload.segmentation:
            _segmentation(self._lab, True)
        row = self._row(pair, placement, workload)
        row["rounds"] += rounds
        if trace:
            row["traced"] = trace
        if samples:
            row["executed"], row["samples"] = samples
        self._progress.took(self._mode, placement, time.monotonic() - start)
        benchreport.evaluate(row)
        who = f"{pair[0]}/{pair[1]}, {placement}: " if pair[0] else ""
        say(f"  {self._mode}, {workload.name}, {who}{benchreport.brief(row)}; "
            f"{self._progress.left()}")


def chosen(names):
    """The workloads of these names, each with its floor."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise LabError(f"no workload {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    wanted = set(names) or set(NAMES)
    wanted |= {NAMES[name].floor for name in wanted} - {""}
    return [workload for workload in WORKLOADS if workload.name in wanted]


def run(modes, names, sampling):
    """True when everything was measured."""
    workloads = chosen(names)
    progress = _plan(modes, workloads)
    say(f"{len(workloads)} workloads, {' and '.join(modes)}: about {progress.left()}")
    rows, failed = [], []
    for mode in modes:
        one = Bench(mode, workloads, progress, sampling)
        rows += one.run()
        failed += one.failed
    benchreport.report(rows, workloads, OUT)
    for problem in failed:
        say(f"FAILED: {problem}")
    return not failed
