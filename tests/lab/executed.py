# SPDX-License-Identifier: GPL-2.0
"""Where instructions are executed: in which program, module or function, and for whom.

QEMU executes one at a time for some moments, and writes a line for each of them. What a guest
executes is told from what dom0 does by the CPU, so a guest must have CPUs of its own. (QEMU's
plugins could count at full speed, but not while a clock counts instructions: QEMU 10 ends
with "Bad icount read", or what it executes goes wrong.)
"""

import bisect
import math
import os
import random
import re
import threading
import time
from collections import Counter

from errors import LabError
from monitor import Monitor

# Where a 64-bit Xen is, and its guests' kernels and programs are not.
_XEN = range(0xffff800000000000, 0xffff880000000000)
_KERNEL = 0xffffffff80000000
# So many of them are kept.
_FUNCTIONS = 60
# Moments, of so many seconds each, and in between. CPUs take turns, and one is cut short when a
# moment begins, so a moment has to see many; they are short then (short_turns() of machine.py).
_MOMENTS, _SECONDS, _BETWEEN = 100, 0.2, (0.01, 0.05)
# Lines between QEMU's.
_END, _OVER = b"(end of a moment)", b"(no more moments)"
# Where the machine is in a line of QEMU's log: CPU, and address.
_LINE = re.compile(rb"Trace (\d+): \S+ \[[0-9a-f]+/([0-9a-f]+)/")


class _Log:
    """{(cpu, address): instructions} of each moment, from a pipe that QEMU logs to."""

    def __init__(self, monitor_path):
        self.moments = []
        self._path = monitor_path.with_name("log")
        self._path.unlink(missing_ok=True)
        os.mkfifo(self._path)
        # A pipe that has been opened for both does not end when QEMU closes it.
        self._pipe = os.open(self._path, os.O_RDWR)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._monitor = None
        try:
            self._monitor = Monitor(monitor_path)
            self._monitor.tell(f"logfile {self._path}")
        except BaseException:
            self.close()
            raise

    def _read(self):
        rest, moment = b"", Counter()
        while part := os.read(self._pipe, 1 << 20):
            lines, _, rest = (rest + part).rpartition(b"\n")
            *ends, lines = lines.split(_END)
            for end in ends:
                moment.update(_LINE.findall(end))
                self.moments.append(moment)
                moment = Counter()
            moment.update(_LINE.findall(lines))
            if _OVER in lines:
                break

    def _mark(self, what):
        os.write(self._pipe, b"\n" + what + b"\n")

    def moment(self):
        """Some time from now that is in step with nothing."""
        time.sleep(random.uniform(*_BETWEEN))
        self._monitor.tell("one-insn-per-tb on")
        self._monitor.tell("log exec,nochain")
        time.sleep(_SECONDS)
        self._monitor.tell("log none")
        self._monitor.tell("one-insn-per-tb off")
        self._mark(_END)

    def close(self):
        if self._monitor:
            self._monitor.close()
        self._mark(_OVER)
        self._reader.join()
        os.close(self._pipe)


def _summed(places, length):
    sums = Counter()
    for place, count in places.items():
        sums[place[:length]] += count
    return sums


def shares_of(moments):
    """[[share of all, its standard error, *place]], most first.

    moments: {place: instructions} of each; they are independent of each other, and a share is
    a ratio of two sums over them
    """
    total = sum(one.total() for one in moments) or 1
    found = []
    for place, count in sum(moments, Counter()).most_common():
        share = count / total
        error = math.sqrt(sum((one[place] - share * one.total()) ** 2 for one in moments)) / total
        found.append([round(share, 5), round(error, 5), *place])
    return found


class Symbols:
    """Functions of one kernel and its modules, or of Xen, by address."""

    def __init__(self, functions):
        """functions: (address, name, module, "kernel" or "Xen")"""
        found = sorted(functions)
        self._addresses = [address for address, _, _ in found]
        self._names = [(module, name) for _, name, module in found]

    def find(self, address):
        """(module, kernel or Xen; function)"""
        at = bisect.bisect_right(self._addresses, address) - 1
        return self._names[at] if at >= 0 else ("kernel", "?")


def _functions(run, pattern):
    for line in run(f"grep -E '^f.* [tTwW] {pattern}$' /proc/kallsyms").splitlines():
        address, _, name, *module = line.split()
        yield int(address, 16), name, module[0].strip("[]") if module else "kernel"


def _modules(run):
    """All modules, as wholes: a guest's answer is no longer than that."""
    for line in run("cat /proc/modules").splitlines():
        words = line.split()
        yield int(words[5], 16), "", words[0]


class Kernels:
    """What is the same until the machine boots again: Xen, and dom0's kernel without modules."""

    def __init__(self, lab):
        self.functions = list(_functions(lab.dom0.out, "[^[]*"))
        self.xen = Symbols(
            (int(address, 16), name, "Xen") for address, _, name in
            (line.split()[:3] for line in lab.dom0.out("cat /proc/xen/xensyms").splitlines()))


class Executed:
    """dom0's and the guest's symbols; the guest's CPUs are its own (bench places it)."""

    def __init__(self, lab, kernels, guest_cpus):
        """Before a load that is to be looked at: it takes some time."""
        self._machine = lab.machine
        self._xen = kernels.xen
        dom0 = lab.dom0.out
        self._dom0 = Symbols([*kernels.functions, *_modules(dom0),
                              *_functions(dom0, ".*[[](xen_netback|igb|bridge|pktgen)]")])
        # It runs the same kernel, which is at the same place in all PV domains.
        self._guest = Symbols([*kernels.functions, *_modules(lab.guests[0].out)])
        self._guest_cpus = guest_cpus

    def look(self, ended):
        """What is executed until ended() says so: shares by domain, by part of it and by
        function there."""
        log = _Log(self._machine.monitor)
        try:
            moments = 0
            while moments < _MOMENTS and not ended():
                log.moment()
                moments += 1
                self._machine.check()
        except OSError as problem:
            raise LabError(f"QEMU's monitor: {problem}") from problem
        finally:
            log.close()
        if moments < _MOMENTS // 2:
            raise LabError(f"the load ended after {moments} moments")
        return self._shares(log.moments)

    def _shares(self, moments):
        """Lists of [share, its standard error, where], most first."""
        places = [self._places(counts) for counts in moments]
        shares = {"moments": len(places), "instructions": sum(one.total() for one in places)}
        for what, length, most in (("domains", 1, None), ("parts", 2, None),
                                   ("functions", 3, _FUNCTIONS)):
            shares[what] = shares_of([_summed(one, length) for one in places])[:most]
        return shares

    def _places(self, counts):
        found = Counter()
        for (cpu, address), count in counts.items():
            whose, symbols = (("guest", self._guest) if int(cpu) in self._guest_cpus else
                              ("dom0", self._dom0))
            found[whose, *self._where(int(address, 16), symbols)] += count
        return found

    def _where(self, address, symbols):
        if address in _XEN:
            return self._xen.find(address)
        return symbols.find(address) if address >= _KERNEL else ("programs", "")
