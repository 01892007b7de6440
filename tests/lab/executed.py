# SPDX-License-Identifier: GPL-2.0
"""Where instructions are executed: in which program, module or function, and for whom.

QEMU counts them, block by block (qemu/executed.c). What a guest executes is told from what
dom0 does by the CPU, so a guest must have CPUs of its own.
"""

import bisect
import socket
import struct
import threading
import time
from collections import Counter

from errors import LabError

# Where a 64-bit Xen is, and its guests' kernels and programs are not.
_XEN = range(0xffff800000000000, 0xffff880000000000)
_KERNEL = 0xffffffff80000000
# So many of them are kept.
_FUNCTIONS = 60


class _Counts:
    """What QEMU's plugin says, who remembers what it has said before."""

    def __init__(self, path, cpus):
        self._path = path
        self._record = struct.Struct(f"={1 + cpus}Q")

    def since_last(self):
        """[(address, instructions by CPU...)]"""
        with socket.socket(socket.AF_UNIX) as plugin:
            plugin.settimeout(30)
            plugin.connect(str(self._path))
            parts = []
            while part := plugin.recv(1 << 20):
                parts.append(part)
        data = b"".join(parts)
        if len(data) % self._record.size:
            raise LabError("QEMU's plugin said less than all")
        return self._record.iter_unpack(data)


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
        self._counts = _Counts(lab.machine.executed, lab.machine.cpus)
        self._xen = kernels.xen
        dom0 = lab.dom0.out
        self._dom0 = Symbols([*kernels.functions, *_modules(dom0),
                              *_functions(dom0, ".*[[](xen_netback|igb|bridge|pktgen)]")])
        # It runs the same kernel, which is at the same place in all PV domains.
        self._guest = Symbols([*kernels.functions, *_modules(lab.guests[0].out)])
        self._guest_cpus = guest_cpus

    def look(self, process, patience):
        """What the process says, and what is executed from its "begin" to its "end": shares by
        domain, by part of it and by function there, most first."""
        machine = self._machine
        said, found = [], None

        def read():
            nonlocal found
            for line in process.stdout:
                if line == "begin\n":
                    self._counts.since_last()
                elif line == "end\n":
                    found = list(self._counts.since_last())
                else:
                    said.append(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        deadline = time.monotonic() + patience * machine.slow
        while reader.is_alive():
            if time.monotonic() > deadline:
                raise LabError(f"no end after {patience} s: {''.join(said)}")
            reader.join(0.5)
            machine.check()
        if found is None:
            raise LabError(f"what was executed is not known: {''.join(said)}")
        return "".join(said), self._shares(found)

    def _shares(self, records):
        found = Counter()
        for address, *counts in records:
            of_guest = sum(counts[cpu] for cpu in self._guest_cpus)
            for whose, symbols, count in (("guest", self._guest, of_guest),
                                          ("dom0", self._dom0, sum(counts) - of_guest)):
                if count:
                    found[whose, *self._where(address, symbols)] += count
        total = sum(found.values()) or 1
        shares = {"instructions": total}
        for what, length, most in (("domains", 1, None), ("parts", 2, None),
                                   ("functions", 3, _FUNCTIONS)):
            sums = Counter()
            for key, count in found.items():
                sums[key[:length]] += count
            shares[what] = [[round(count / total, 5), *key]
                            for key, count in sums.most_common(most)]
        return shares

    def _where(self, address, symbols):
        if not address:
            return "programs", ""
        if address in _XEN:
            return self._xen.find(address)
        return symbols.find(address) if address >= _KERNEL else ("kernel", "?")
