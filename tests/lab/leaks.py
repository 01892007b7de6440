# SPDX-License-Identifier: GPL-2.0
"""Does anything of a vif stay behind in dom0? See dom0/leaks for what is counted."""

import time

from errors import LabError

# Taking a vif down is asynchronous: xenwatch, then RCU, then udev.
SETTLE_SECONDS = 25


def snapshot(dom0):
    lines = dom0.out("leaks", timeout=60).splitlines()
    return {name: int(number) for name, number in (line.split() for line in lines)}


def check(dom0, before, what):
    """Wait until dom0 holds what it held before; raise when it never does."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        after = snapshot(dom0)
        if after == before:
            return after
        if time.monotonic() > deadline:
            break
        time.sleep(1)
    left = ", ".join(f"{k}: {before[k]} before, {after[k]} after"
                     for k in before if after.get(k) != before[k])
    raise LabError(f"{what}: something is left behind in dom0: {left}")
