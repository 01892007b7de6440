# SPDX-License-Identifier: GPL-2.0
"""What is counted at a price: a trace of Xen's, and the bytes of grant copies; imported by
cost. The trace is read outside, where that takes no time of the machine's (xentrace.py)."""

import subprocess
import time

from counted import Look, xen
from probed import GROUP, probed

_OUT = "/tmp/trace.xen"
# Who runs, and hypercalls that are no part of a multicall; by Xen's public trace.h.
_MASK = 0x00221000

# The in-tree netback has its copies made by this function; ours counts them itself. An
# operation takes 40 bytes, its length is 32 into them; of a longer batch the first
# operations stand for all.
_COPY_ARGS = 64
_COPY_PROBE = f"p:{GROUP}/copy gnttab_batch_copy count=%si:u32 " + " ".join(
    f"len{i}=+{40 * i + 32}(%di):u16" for i in range(_COPY_ARGS))


def _copied(line):
    words = dict(word.split("=") for word in line.split() if "=" in word)
    if "count" not in words:
        return 0
    count = int(words["count"])
    seen = [int(words[f"len{i}"]) for i in range(min(count, _COPY_ARGS))]
    return sum(seen) * count / len(seen)


def traced(way, guests, seconds):
    """What is needed to make figures per packet of the trace, which is left in a file."""
    process = subprocess.Popen(["xentrace", "-D", "-S", "256", "-s", "20", "-e", hex(_MASK), _OUT],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with probed(_COPY_PROBE) as lines:
        time.sleep(0.1)
        before = Look(guests)
        time.sleep(seconds)
        after = Look(guests)
    process.terminate()
    process.wait()
    packets = after.packets[way] - before.packets[way]
    if before.counters.keys() & {"rx_copied_bytes"}:
        moved = sum(after.counters[f"{w}_copied_bytes"] - before.counters[f"{w}_copied_bytes"]
                    for w in ("rx", "tx"))
    else:
        # The probe has been there for as long as the look, and for a moment more.
        moved = sum(map(_copied, lines)) * (after.ns - before.ns) / (after.ns - before.ns + 1e8)
    return {"trace": _OUT, "copied_bytes_per_packet": moved / packets,
            "packets_per_ms": packets / (after.ns - before.ns) * 1e6,
            "ticks_per_ms": xen.physinfo()["cpu_khz"]}
