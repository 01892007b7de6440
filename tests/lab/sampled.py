# SPDX-License-Identifier: GPL-2.0
"""Where instructions are executed: in which program, module or function, and for whom.

QEMU is stopped at moments that the machine does not know of, and says where each CPU is.
One that counts instructions runs its CPUs in turns, so all those which are not halted
share a sample. A CPU stops between blocks of code and not between any two instructions,
and a long block counts as a short one: what comes out are shares to go by.
"""

import bisect
import random
import re
import socket
import threading
import time
from collections import Counter

from errors import LabError

MONITOR = "/tmp/machine/monitor"
# Where a 64-bit Xen is, and its guests' kernels and programs are not.
_XEN = range(0xffff800000000000, 0xffff880000000000)
_KERNEL = 0xffffffff80000000
_CPU = re.compile(r"^CPU#(\d+).*?RIP=([0-9a-f]+) .*?HLT=(\d)", re.S | re.M)


class _Monitor:
    def __init__(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(MONITOR)
        self._answer()

    def _answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            part = self._socket.recv(65536)
            if not part:
                break
            text += part
        return text.decode(errors="replace").replace("\r", "")

    def tell(self, command):
        self._socket.sendall(command.encode() + b"\n")
        return self._answer()

    def sample(self):
        """Where all CPUs are, some time from now that is in step with nothing."""
        time.sleep(random.uniform(0.002, 0.008))
        self.tell("stop")
        text = self.tell("info registers -a")
        self.tell("cont")
        return text

    def close(self):
        self._socket.close()


class Symbols:
    """One kernel: its own functions and those of its modules, by address."""

    def __init__(self, functions):
        """functions: (address, name, module or "kernel")"""
        found = sorted(functions)
        self._addresses = [address for address, _, _ in found]
        self._names = [(module, name) for _, name, module in found]

    def find(self, address):
        """(module or kernel, function)"""
        at = bisect.bisect_right(self._addresses, address) - 1
        return self._names[at] if at >= 0 else ("kernel", "?")


def _functions(run, pattern):
    for line in run(f"grep -E '^f.* [tTwW] {pattern}$' /proc/kallsyms").splitlines():
        address, _, name, *module = line.split()
        yield int(address, 16), name, module[0].strip("[]") if module else "kernel"


def kernel_functions(lab):
    """Those of dom0's kernel, which are the same until it boots again."""
    return list(_functions(lab.dom0.out, "[^[]*"))


def _modules(run):
    """All modules, as wholes: a guest's answer is no longer than that."""
    for line in run("cat /proc/modules").splitlines():
        words = line.split()
        yield int(words[5], 16), "", words[0]


class Sampler:
    """dom0's and the guest's symbols; the guest's CPUs are its own (bench places it)."""

    def __init__(self, lab, kernel, guest_cpus):
        """Before a load that is to be sampled: it takes some time."""
        self._machine = lab.machine
        dom0 = lab.dom0.out
        self._dom0 = Symbols([*kernel, *_modules(dom0),
                              *_functions(dom0, ".*[[](xen_netback|igb|bridge|pktgen)]")])
        # It runs the same kernel, which is at the same place in all PV domains.
        self._guest = Symbols([*kernel, *_modules(lab.guests[0].out)])
        self._guest_cpus = guest_cpus

    def sample(self, process, patience):
        """What the process says, and samples from its "begin" to its "end": ([share, whose,
        part, function], most first; how many)."""
        machine = self._machine
        said = []
        reader = threading.Thread(target=lambda: said.extend(process.stdout), daemon=True)
        reader.start()
        deadline = time.monotonic() + patience * machine.slow
        found = Counter()
        monitor = None
        try:
            while reader.is_alive():
                if time.monotonic() > deadline:
                    raise LabError(f"no end after {patience} s: {''.join(said)}")
                if "begin\n" in said and "end\n" not in said:
                    monitor = monitor or _Monitor()
                    for _ in range(10):
                        self._add(monitor.sample(), found)
                else:
                    reader.join(0.2)
                machine.check()
        except OSError as problem:
            raise LabError(f"QEMU's monitor: {problem}") from problem
        finally:
            if monitor:
                monitor.close()
        total = sum(found.values()) or 1
        shares = [[round(count / total, 4), *key] for key, count in found.most_common()]
        output = "".join(line for line in said if line not in ("begin\n", "end\n"))
        return output, (shares, round(total))

    def _add(self, text, found):
        awake = [(int(cpu), int(at, 16)) for cpu, at, halted in _CPU.findall(text)
                 if halted == "0"]
        for cpu, address in awake:
            whose = "guest" if cpu in self._guest_cpus else "dom0"
            if address in _XEN:
                where = ("Xen", "")
            elif address >= _KERNEL:
                where = (self._guest if whose == "guest" else self._dom0).find(address)
            else:
                where = ("programs", "")
            found[whose, *where] += 1 / len(awake)
