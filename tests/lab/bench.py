# SPDX-License-Identifier: GPL-2.0
"""Guest-to-wire throughput, ours against in-tree; see docs/performance.md.

Every pair of drivers runs every workload, with its interrupts where they happen to be
and where they are best. Two machines: one that counts instructions, which repeats, and
one that has a clock of its own, where pairs take turns.
"""

import base64
import math
import time
import traceback
from dataclasses import dataclass

import benchreport
import cost
import executed
import machine
import scenario
import xentrace
from errors import LabError
from paths import OUT, kernel_version
from progress import say

# Those that share a netback, and so guests, come one after the other.
PAIRS = (("in-tree", "in-tree"), ("in-tree", "ours"), ("ours", "ours"), ("ours", "in-tree"))
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
        instructions are counted, the sender is a program that sleeps. To a guest, pktgen sends
        by the vif, which it can wait for, and not by the bridge."""
        udp = self.setup is not FLOOR and self.load[-1].isdigit()
        return f"pktgen-{self.load}" if mode == "wall" and udp else self.load


def _udp(size):
    floor = f"udp{size}_floor"
    yield Workload(floor, f"UDP, {size} bytes, dom0 straight onto the NIC (pktgen)",
                   f"floor-{size}", FLOOR, 0)
    yield Workload(f"udp{size}_bridge", f"UDP, {size} bytes, a program of dom0's to the wire",
                   f"bridge-{size}", FLOOR, 0)
    yield Workload(f"udp{size}_up", f"UDP, {size} bytes, guest to wire", f"up-{size}", floor=floor)
    yield Workload(f"udp{size}_down", f"UDP, {size} bytes, dom0 to guest", f"down-{size}",
                   floor=floor)


WORKLOADS = (
    *_udp(60), *_udp(1514),
    Workload("tcp_up", "TCP, guest to dom0", "tcp-up", unit="kilobyte"),
    Workload("tcp_down", "TCP, dom0 to guest", "tcp-down", unit="kilobyte"),
    Workload("tcp_up_notso", "TCP without TSO, guest to dom0", "tcp-up", segmentation=False,
             unit="kilobyte"),
    Workload("tcp_down_notso", "TCP without TSO, dom0 to guest", "tcp-down", segmentation=False,
             unit="kilobyte"),
    Workload("tcp_rr", "TCP requests and responses", "rr-tcp", unit="exchange"),
    Workload("udp_rr", "UDP requests and responses", "rr-udp", unit="exchange"),
    Workload("udp60_up_4q", "UDP, 60 bytes, guest to wire, 4 queues", "up-60", QUEUES,
             floor="udp60_floor"),
    Workload("udp60_down_4q", "UDP, 60 bytes, dom0 to guest, 4 queues", "down-60", QUEUES,
             floor="udp60_floor"),
    Workload("tcp_up_4q", "TCP, guest to dom0, 4 queues", "tcp-up", QUEUES, unit="kilobyte"),
    Workload("tcp_down_4q", "TCP, dom0 to guest, 4 queues", "tcp-down", QUEUES, unit="kilobyte"),
    Workload("udp1514_between", "UDP, 1514 bytes, guest to guest", "between-1514", EIGHT, 2,
             floor="udp1514_floor"),
    Workload("tcp_between", "TCP, guest to guest", "tcp-between", EIGHT, 2, unit="kilobyte"),
    Workload("udp60_up_8g", "UDP, 60 bytes, 8 guests to wire", "up-60", EIGHT, 8,
             floor="udp60_floor"),
    Workload("udp60_down_8g", "UDP, 60 bytes, dom0 to 8 guests", "down-60", EIGHT, 8,
             floor="udp60_floor"),
    Workload("tcp_up_8g", "TCP, 8 guests to dom0", "tcp-up", EIGHT, 8, unit="kilobyte"),
    Workload("tcp_down_8g", "TCP, dom0 to 8 guests", "tcp-down", EIGHT, 8, unit="kilobyte"),
)
NAMES = {workload.name: workload for workload in WORKLOADS}

# For each mode: seconds of the machine's clock for a measurement, and how often pairs
# take turns. Where instructions are counted, the best placement is measured twice with the same
# guests, to show that it repeats.
_SECONDS = {"icount": 0.2, "wall": 2}
# Queues and guests that share CPUs take turns of their own, which shorter measurements see.
_LONGER = 4
_TURNS = {"icount": 1, "wall": 2}
# A segment and its headers, on Ethernet.
_SEGMENT_BYTES = 1600
_LIMIT = 6 * 3600
# Until a load has run and been looked at: with eight guests on a clock a minute to three, and more
# at times.
_PATIENCE = 360


class Progress:
    """How much is left, by how long the same things have taken so far."""

    # Until it is known, by mode: seconds for a guest, and for a load.
    _GUESS = {"icount": (20, 30), "wall": (20, 10)}

    def __init__(self, todo):
        """todo: {(mode, setup, "guest" or a placement): how many}"""
        self._todo = todo
        self._took = {}

    def took(self, what, seconds, count=1):
        times, number = self._took.get(what, (0, 0))
        self._took[what] = times + seconds, number + count
        self._todo[what] -= count

    def gave_up(self, what, count):
        self._todo[what] -= count

    def left(self):
        seconds = 0
        for key, count in self._todo.items():
            times, number = self._took.get(key, (0, 0))
            each = times / number if number else self._GUESS[key[0]][key[2] != "guest"]
            seconds += max(0, count) * each
        return f"{math.ceil(seconds / 60)} min left"


def _groups(workloads):
    """{setup: its workloads}, in order."""
    groups = {}
    for workload in workloads:
        groups.setdefault(workload.setup, []).append(workload)
    return groups


def _placements(setup):
    """What has no guest is a floor, which is where it is best."""
    return PLACEMENTS if setup.guests else ("best",)


def _pairs(setup, turn):
    """In turns each pair comes before each other one."""
    pairs = PAIRS if setup.guests else ((None, None),)
    return pairs[::-1] if turn % 2 else pairs


def _plan(turns, workloads):
    """turns: {mode: how many}"""
    todo = {}
    for mode, each in turns.items():
        for setup, group in _groups(workloads).items():
            times = each * (len(PAIRS) if setup.guests else 1)
            todo[mode, setup, "guest"] = times * setup.guests
            for placement in _placements(setup):
                todo[mode, setup, placement] = times * len(group)
    return Progress(todo)


def _cpu_list(cpus):
    return ",".join(map(str, cpus))


def _repeats(mode, placement):
    return 2 if mode == "icount" and placement == "best" else 1


def _is_executed(placement, workload):
    """With one guest, whose CPUs are its own, it can be told where instructions are executed."""
    return placement == "best" and workload.setup is ONE and workload.unit != "exchange"


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
    """Where interrupts and guests are. Those of vifs are where they have begun, by default."""
    if placement == "default":
        commands = [f"echo {cpu} >/proc/irq/{irq}/smp_affinity_list"
                    for irq, cpu in map(str.split, nic.splitlines())]
        commands += [f"xl vcpu-pin {guest.domid()} all all" for guest in lab.guests]
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

    def __init__(self, mode, turns, workloads, progress, executes, about, write):
        """turns: how often pairs take turns
        executes: see where instructions are, where they are counted
        about: what all rows say of themselves
        write: has a function of benchreport's write all rows there are"""
        self._mode, self._turns = mode, turns
        self._about = about
        self._executes = executes and mode == "icount"
        self._workloads = workloads
        self._progress = progress
        self._write = write
        self._boots = 0
        self.rows = {}  # {(pair, placement, workload): row}
        self.failed = []
        self._lost = set()  # {(pair, placement, workload)} that have failed twice
        self._lab = self._nic = self._kernels = self._executed = self._there = None
        self._modules = {}
        self._at = ""

    def run(self):
        try:
            for turn in range(self._turns):
                for setup, group in _groups(self._workloads).items():
                    for pair in _pairs(setup, turn):
                        self._pair(pair, setup, group, turn)
                        self._draw()
        finally:
            self._stop()

    def _draw(self):
        """The page is of use while hours of measurements go on, and not worth to end them."""
        try:
            self._write(benchreport.draw)
        except Exception as problem:  # pylint: disable=broad-exception-caught
            say(f"the page was not drawn: {problem}")

    def found(self):
        return [row for row in self.rows.values() if "value" in row]

    def _boot(self):
        self._boots += 1
        name = f"bench-{self._mode}" + (f"-{self._boots}" if self._boots > 1 else "")
        self._lab = scenario.Lab(name, _LIMIT, counting=self._mode == "icount")
        self._lab.boot()
        # What booting has left to do is no part of what a packet costs, and time in which nothing
        # is done passes quickly where instructions are counted.
        self._nic = self._lab.dom0.out(f"sleep 10; {_NIC_IRQS}")
        if self._executes:
            self._kernels = executed.Kernels(self._lab)

    def _stop(self):
        if self._lab:
            self._lab.stop()
        self._lab = self._there = None

    def _pair(self, pair, setup, group, turn):
        """All workloads of a group with one pair. What fails twice, or with a splat, is left
        out, and what comes after it begins with a machine of its own."""
        left = [(placement, workload)
                for placement in _placements(setup) for workload in group
                if (pair, placement, workload) not in self._lost]
        tried = set()
        while left:
            self._at = ""
            try:
                self._cells(pair, setup, left, turn)
                self._lab.machine.check()
            except Exception as problem:  # pylint: disable=broad-exception-caught
                # Whatever it is, hours of other measurements do not depend on it.
                if not isinstance(problem, LabError):
                    traceback.print_exc()
                scenario.explain(self._lab, problem)
                splats = self._lab and self._lab.machine.splats.seen
                self._stop()
                # What was being measured, or that it does not even begin.
                what = left[0] if self._at else None
                if left and what not in tried and not splats:
                    # An emulated machine may do better next time.
                    tried.add(what)
                    continue
                self.failed.append(f"{self._mode}, {pair[0]}/{pair[1]}{self._at}: {problem}")
                if what:
                    # In the turns to come, too: each attempt takes a boot.
                    self._lost.add((pair, *what))
                    self._give_up(left[:1], self._turns - turn)
                    del left[0]
                else:
                    self._give_up(left, 1)
                    left.clear()

    def _give_up(self, left, turns):
        for placement, workload in left:
            self._progress.gave_up((self._mode, workload.setup, placement), turns)

    def _cells(self, pair, setup, left, turn):
        if self._lab is None:
            self._boot()
        _place(self._lab, "default", self._nic, setup.queues)
        self._guests(pair, setup)
        if self._executes and setup is ONE:
            self._executed = executed.Executed(self._lab, self._kernels, GUEST_CPUS)
        placed = "default"
        while left:
            placement, workload = left[0]
            if placement != placed:
                _place(self._lab, placement, self._nic, setup.queues)
                placed = placement
            self._at = f", {workload.name}, {placement}"
            self._cell(pair, placement, workload, turn)
            del left[0]
            self._at = ""
            self._write(benchreport.save)

    def _guests(self, pair, setup):
        """Guests with this pair of drivers: those that are there, if they have its netback."""
        netback, netfront = pair
        params = f"max_queues={setup.queues}"
        start = time.monotonic()
        if self._there == (netback, setup):
            for guest in self._lab.guests:
                if guest.netfront != netfront:
                    self._modules["netfront"] = guest.exchange(netfront, params)
        else:
            self._lab.drop_guests()
            self._there = None
            if setup.guests:
                self._modules = {"netback": self._lab.load_netback(netback, params)}
            for number in range(1, setup.guests + 1):
                self._modules["netfront"] = self._lab.add_guest(
                    number, netfront, params=params, vcpus=setup.queues)
            self._there = netback, setup
        if setup.guests:
            self._progress.took((self._mode, setup, "guest"), time.monotonic() - start,
                                setup.guests)

    def _row(self, pair, placement, workload):
        key = pair, placement, workload.name
        return self.rows.setdefault(key, {
            "mode": self._mode, "netback": pair[0], "netfront": pair[1], "placement": placement,
            "workload": workload.name, "unit": workload.unit, **self._about, "rounds": []})

    def _seconds(self, setup):
        longer = self._mode == "icount" and setup not in (ONE, FLOOR)
        return _SECONDS[self._mode] * (_LONGER if longer else 1)

    def _cost(self, workload, looks):
        """What cost finds in so many looks, and where instructions are if it marks one."""
        numbers = ",".join(str(g.number) for g in self._lab.guests[:workload.guests]) or "-"
        found, places = cost.cost(
            self._lab, f"{workload.load_in(self._mode)} {numbers} {self._seconds(workload.setup)} "
            f"{workload.setup.queues} {' '.join(looks)}", _PATIENCE,
            self._executed.look if "mark" in looks else None)
        if len(found) != len(looks):
            raise LabError(f"{workload.name}: {found}")
        return found, places

    def _trace(self, look, name):
        """What stands beside the figures. Where the clock goes on by itself a trace may be cut up,
        which is no reason to measure again; the next turn looks again."""
        data = base64.b64decode(self._lab.dom0.out(f"base64 -w 0 {look['trace']}", timeout=120))
        try:
            return {"traced": xentrace.per_packet(data, look)}
        except LabError as problem:
            if self._mode == "icount":
                raise
            say(f"  {name}: {problem}")
            return {}

    def _look(self, row, placement, workload):
        """All looks at one load: rounds, and what else there is for the row."""
        looks = ["count"] * _repeats(self._mode, placement)
        if self._executes and _is_executed(placement, workload):
            looks[-1] = "mark"
        others = [] if "traced" in row else ["trace"]
        found, places = self._cost(workload, looks + others)
        rounds, found = found[:len(looks)], found[len(looks):]
        if not workload.segmentation and \
                max(one["bytes_per_packet"] for one in rounds) > _SEGMENT_BYTES:
            raise LabError(f"{workload.name}: packets are larger than segments: {rounds}")
        extra = self._trace(found[0], workload.name) if others else {}
        if places:
            extra["executed"] = places
        return rounds, extra

    def _cell(self, pair, placement, workload, turn):
        start = time.monotonic()
        row = self._row(pair, placement, workload)
        if not workload.segmentation:
            _segmentation(self._lab, False)
        rounds, extra = self._look(row, placement, workload)
        if not workload.segmentation:
            _segmentation(self._lab, True)
        # What fails is tried again, and must have left nothing in the row.
        row["rounds"] += [one | {"turn": turn} for one in rounds]
        row |= extra
        self._progress.took((self._mode, workload.setup, placement),
                            time.monotonic() - start)
        row["modules"] = dict(self._modules) if workload.setup.guests else None
        benchreport.evaluate(row)
        who = f"{pair[0]}/{pair[1]}, {placement}: " if pair[0] else ""
        say(f"  {self._mode}, {workload.name}, {who}{benchreport.brief(row)}; "
            f"{self._progress.left()}")


def chosen(names):
    """The workloads of these names, each with its floor."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise LabError(f"no mode or workload {', '.join(unknown)}; modes are {', '.join(MODES)}, "
                       f"workloads {', '.join(NAMES)}")
    wanted = set(names) or set(NAMES)
    wanted |= {NAMES[name].floor for name in wanted} - {""}
    return [workload for workload in WORKLOADS if workload.name in wanted]


def run(modes, names, executes, turns=None):
    """True when everything was measured.

    executes: and where instructions are
    turns: how often pairs take turns, if not as often as the mode wants
    """
    workloads = chosen(names)
    for mode in modes:
        now = machine.accelerator(mode == "icount")
        if (now == "counting") != (mode == "icount"):
            raise LabError(f"{mode} is not for a machine that is {now}: unset LAB_ACCEL")
    # Rows are compared with those of the same run.
    about = {"run": time.strftime("%Y-%m-%d %H:%M:%S"), "kernel": kernel_version(),
             "harness": benchreport.HARNESS}
    turns = {mode: turns or _TURNS[mode] for mode in modes}
    progress = _plan(turns, workloads)
    say(f"{len(workloads)} workloads, {' and '.join(modes)}: about {progress.left()}")
    benches = []
    benchreport.keep(OUT)

    def rows():
        return [row for one in benches for row in one.found()]

    try:
        for mode in modes:
            benches.append(Bench(mode, turns[mode], workloads, progress, executes, about,
                                 lambda how: how(rows(), WORKLOADS, OUT)))
            benches[-1].run()
    finally:
        failed = [problem for one in benches for problem in one.failed]
        try:
            benchreport.report(rows(), WORKLOADS, OUT)
        finally:
            for problem in failed:
                say(f"FAILED: {problem}")
    return not failed
