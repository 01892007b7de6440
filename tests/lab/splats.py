# SPDX-License-Identifier: GPL-2.0
"""Find kernel and hypervisor splats in console logs while they are written.

Whatever a test's exit code says, a splat on any console fails the run.
"""

import contextlib
import re

SPLAT = re.compile(
    r"BUG:|kernel BUG|WARNING: (?:CPU|.* at )|\bOops\b|general protection|UBSAN|KFENCE|KASAN"
    r"|possible (?:recursive|circular)|scheduling while atomic|sleeping function called"
    r"|soft lockup|rcu.*(?:stall|self-detected)|hung_task|blocked for more than"
    r"|refcount_t|list_(?:add|del) corruption|unregister_netdevice: waiting"
    r"|NETDEV WATCHDOG|Kernel panic|Bad page|Call Trace"
    r"|\(XEN\).*(?:grant_table\.c|Bad grant|\bBUG\b|Xen WARN|Panic|FATAL|Assertion)")

# Lines that look like one and are none.
HARMLESS = re.compile(r"rcu: .*(?:stall_timeout|CPU stall timeout)|rcupdate\.rcu_cpu_stall")


def is_splat(line):
    return bool(SPLAT.search(line)) and not HARMLESS.search(line)


# Whether it looks for stalls of RCU (suppress), and for lockups.
_ALARMS = ("echo {0} >/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress; "
           "[ ! -e /proc/sys/kernel/watchdog ] || echo {1} >/proc/sys/kernel/watchdog")


@contextlib.contextmanager
def clock_jumps(*systems):
    """Their kernels stand still meanwhile, and must not take that for a CPU that hangs."""
    for system in systems:
        system.run(_ALARMS.format(1, 0))
    yield
    for system in systems:
        system.run(_ALARMS.format(0, 1))


class SplatWatch:
    """Scans files from where it left off; remembers every splat it saw."""

    def __init__(self):
        self._files = {}
        self.seen = []

    def add(self, path):
        self._files.setdefault(path, [0, b""])

    def scan(self):
        for path, state in self._files.items():
            try:
                with open(path, "rb") as f:
                    f.seek(state[0])
                    data = f.read()
            except FileNotFoundError:
                continue
            state[0] += len(data)
            *lines, state[1] = (state[1] + data).split(b"\n")
            for raw in lines:
                line = raw.decode(errors="replace").strip()
                if is_splat(line):
                    self.seen.append((path, line))
        return self.seen
