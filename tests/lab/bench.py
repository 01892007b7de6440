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
import traceback
from dataclasses import dataclass

import benchreport
import machine
import sampled
import scenario
import xentrace
from errors import LabError
from paths import OUT
from progress import say

PAIRS = (("in-tree", "in-tree"), ("ours", "ours"), ("ours", "in-tree"), ("in-tree", "ours"))
PLACEMENTS = ("default", "best")
MODES = ("icount", "wall")
# The queue's CPU, the NIC's, and the guests'; dom0/loads.py counts the same way. More
# queues than one take turns.
HOME, NIC, GUEST_CPUS = 0, 1, (2, 3)
HOMES = (HOME, NIC)


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
# that it repeats.
_SECONDS = {"icount": 0.3, "wall": 2}
_TURNS = {"icount": 1, "wall": 3}
_LIMIT = 6 * 3600
# Until a load has run and been looked at.
_PATIENCE = 180


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

    def gave_up(self, mode, kind):
        self._todo[mode, kind] -= 1

    def left(self):
        seconds = 0
        for key, count in self._todo.items():
            times, number = self._took.get(key, (0, 0))
            each = times / number if number else self._GUESS[key]
            seconds += max(0, count) * each
        return f"{math.ceil(seconds / 60)} min left"


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
    return 2 if mode == "icount" and placement == "best" else 1


def _is_sampled(mode, placement, workload):
    """With one guest, whose CPUs are its own."""
    return mode == "icount" and placement == "best" and workload.setup is ONE and \
        workload.unit != "exchange"


# Where the NIC's interrupts are when nobody has bound them.
_NIC_IRQS = ("for irq in $(sed -n 's/^ *\\([0-9]*\\):.* eth0-.*/\\1/p' /proc/interrupts); do "
             "echo $irq $(cat /proc/irq/$irq/effective_affinity_list); done")


def _place_queues(domid, number, queues):
    """Interrupts of a guest's queues, and the threads that an in-tree netback has for each."""
    homes = [HOMES[(number + queue) % len(HOMES)] for queue in range(queues)]
    commands = [f"cpuload --bind vif{domid}.0- {_cpu_list(homes)} {way}" for way in ("-tx", "-rx")]
    commands += [f"for pid in $(pgrep '^vif{domid}[.]0-q{queue}-'); do "
                 f"taskset -pc {home} $pid >/dev/null || exit; done"
                 for queue, home in enumerate(homes)]
    return commands


def _place(lab, placement, nic, queues):
    """Where interrupts and guests are; a guest begins with what is the default."""
    if placement == "default":
        commands = [f"echo {cpu} >/proc/irq/{irq}/smp_affinity_list"
                    for irq, cpu in map(str.split, nic.splitlines())]
    else:
        commands = [f"cpuload --bind eth0- {NIC}"]
        for number, guest in enumerate(lab.guests):
            commands += [*_place_queues(guest.domid(), number, queues),
                         f"xl vcpu-pin {guest.domid()} all {_cpu_list(GUEST_CPUS)}"]
    lab.dom0.run(" && ".join(commands))


def _segmentation(lab, on):
    setting = "tso {0} gso {0}".format("on" if on else "off")
    for guest in lab.guests:
        guest.run(f"ethtool -K eth0 {setting}")
        lab.dom0.run(f"ethtool -K vif{guest.domid()}.0 {setting} && "
                     f"ethtool -K xenbr0 {setting}")


class Bench:
    """The rows of one mode, from one boot of the machine, or more if something failed."""

    def __init__(self, mode, workloads, progress, sampling, save):
        self._mode = mode
        self._sampling = sampling and mode == "icount"
        self._workloads = workloads
        self._progress = progress
        self._save = save
        self._boots = 0
        self.rows = {}  # {(pair, placement, workload): row}
        self.failed = []
        self._lab = self._nic = self._kernel = self._sampler = self._modules = None
        self._at = ""

    def run(self):
        try:
            for turn in range(_TURNS[self._mode]):
                for setup, group in _groups(self._workloads).items():
                    for pair in PAIRS if setup.guests else ((None, None),):
                        self._pair(pair, setup, group, turn)
        finally:
            self._stop()

    def found(self):
        return [row for row in self.rows.values() if "value" in row]

    def _boot(self):
        self._boots += 1
        name = f"bench-{self._mode}" + (f"-{self._boots}" if self._boots > 1 else "")
        self._lab = scenario.Lab(name, _LIMIT, counting=self._mode == "icount")
        counts = self._lab.machine.accelerator == "counting"
        if counts != (self._mode == "icount"):
            raise LabError(f"this machine {'counts' if counts else 'does not count'} "
                           "instructions: unset LAB_ACCEL")
        self._lab.boot()
        self._nic = self._lab.dom0.out(_NIC_IRQS)
        if self._sampling:
            self._kernel = sampled.kernel_functions(self._lab)

    def _stop(self):
        if self._lab:
            self._lab.stop()
        self._lab = None

    def _pair(self, pair, setup, group, turn):
        """All workloads of a group with one pair. What fails is left out, and what comes
        after it begins with a machine of its own."""
        left = [(placement, workload)
                for placement in (PLACEMENTS if setup.guests else ("default",))
                for workload in group]
        while left:
            cells, self._at = len(left), ""
            try:
                self._cells(pair, setup, left, turn)
                self._lab.drop_guests()
                self._lab.machine.check()
            except Exception as problem:  # pylint: disable=broad-exception-caught
                # Whatever it is, hours of other measurements do not depend on it.
                if not isinstance(problem, LabError):
                    traceback.print_exc()
                self.failed.append(f"{self._mode}, {pair[0]}/{pair[1]}{self._at}: {problem}")
                if len(left) == cells:
                    # It does not even begin.
                    for placement, _ in left:
                        self._progress.gave_up(self._mode, placement)
                    left = []
                scenario.explain(self._lab, problem)
                self._stop()

    def _cells(self, pair, setup, left, turn):
        if self._lab is None:
            self._boot()
        self._guests(pair, setup)
        if self._sampling and setup is ONE:
            self._sampler = sampled.Sampler(self._lab, self._kernel, GUEST_CPUS)
        placed = None
        while left:
            placement, workload = left[0]
            if placement != placed:
                _place(self._lab, placement, self._nic, setup.queues)
                placed = placement
            # Should it fail, it is not tried again.
            del left[0]
            self._at = f", {workload.name}, {placement}"
            try:
                self._cell(pair, placement, workload, turn)
            except Exception:
                self._progress.gave_up(self._mode, placement)
                raise
            self._at = ""
            self._save()

    def _guests(self, pair, setup):
        if not setup.guests:
            return
        start = time.monotonic()
        netback, netfront = pair
        self._modules = {"netback": self._lab.load_netback(netback, f"max_queues={setup.queues}")}
        for number in range(1, setup.guests + 1):
            self._modules["netfront"] = self._lab.add_guest(
                number, netfront, params=f"max_queues={setup.queues}", vcpus=setup.queues)
        self._progress.took(self._mode, "guest", time.monotonic() - start, setup.guests)

    def _row(self, pair, placement, workload):
        key = pair, placement, workload.name
        return self.rows.setdefault(key, {
            "mode": self._mode, "netback": pair[0], "netfront": pair[1], "placement": placement,
            "workload": workload.name, "unit": workload.unit, "rounds": []})

    def _cost(self, workload, looks):
        """What cost finds in so many looks."""
        numbers = ",".join(str(g.number) for g in self._lab.guests[:workload.guests]) or "-"
        command = (f"cost {workload.load_in(self._mode)} {numbers} {_SECONDS[self._mode]} "
                   f"{workload.setup.queues} {' '.join(looks)}")
        if "hold" not in looks:
            output, samples = self._lab.dom0.out(command, timeout=_PATIENCE), None
        else:
            process = self._lab.dom0.start(command)
            try:
                output, samples = self._sampler.sample(process, _PATIENCE)
            finally:
                process.kill()
        try:
            found = list(map(json.loads, output.splitlines()))
        except json.JSONDecodeError:
            found = []
        if len(found) != len(looks) - looks.count("hold"):
            raise LabError(f"{command}: {output}")
        return found, samples

    def _trace(self, look):
        data = base64.b64decode(self._lab.dom0.out(f"base64 -w 0 {look['trace']}", timeout=120))
        return xentrace.per_packet(data, look)

    def _look(self, row, placement, workload, turn):
        """All looks at one load; those at times of exchanges are not disturbed by others."""
        counts = ["count"] * _repeats(self._mode, placement)
        others = ["trace"] if not turn else []
        if self._sampling and _is_sampled(self._mode, placement, workload):
            others.append("hold")
        if workload.unit == "exchange":
            rounds, samples = self._cost(workload, counts)
            found = self._cost(workload, others)[0] if others else []
        else:
            found, samples = self._cost(workload, counts + others)
            rounds, found = found[:len(counts)], found[len(counts):]
        row["rounds"] += [one | {"turn": turn} for one in rounds]
        if "trace" in others:
            row["traced"] = self._trace(found[0])
        if samples:
            row["executed"], row["samples"] = samples

    def _cell(self, pair, placement, workload, turn):
        start = time.monotonic()
        row = self._row(pair, placement, workload)
        if not workload.segmentation:
            _segmentation(self._lab, False)
        self._look(row, placement, workload, turn)
        if not workload.segmentation:
            _segmentation(self._lab, True)
        self._progress.took(self._mode, placement, time.monotonic() - start)
        benchreport.evaluate(row)
        row["modules"] = self._modules if workload.setup.guests else None
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
    benches = []

    def rows():
        return [row for one in benches for row in one.found()]

    try:
        for mode in modes:
            benches.append(Bench(mode, workloads, progress, sampling,
                                 lambda: benchreport.save(rows(), WORKLOADS, OUT)))
            benches[-1].run()
    finally:
        failed = [problem for one in benches for problem in one.failed]
        try:
            benchreport.report(rows(), WORKLOADS, OUT)
        finally:
            for problem in failed:
                say(f"FAILED: {problem}")
    return not failed
