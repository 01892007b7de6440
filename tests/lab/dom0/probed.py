# SPDX-License-Identifier: GPL-2.0
"""Calls of functions of the kernel's, as lines of its trace, by kprobes; imported by cost
and cpuload for what the in-tree netback does not count itself."""

import contextlib
import subprocess
from pathlib import Path

_TRACING = Path("/sys/kernel/tracing")
# What the probes' events begin with.
GROUP = "lab"


def _write(name, text):
    (_TRACING / name).write_text(text)


def stop():
    """Nothing more comes into the trace."""
    _write("tracing_on", "0")


@contextlib.contextmanager
def probed(*probes, filters=()):
    """Yields a list, which has the lines of the trace at the end.

    Probes are as the kernel's Documentation/trace/kprobetrace.rst has them, with names of
    the GROUP, and filters are (name, condition). Times are of CLOCK_MONOTONIC.
    """
    if not (_TRACING / "events").exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", str(_TRACING)], check=True)
    lines = []
    stop()
    _write("trace_clock", "mono")
    _write("buffer_size_kb", "8192")
    _write("kprobe_events", "\n".join(probes) + "\n")
    for name, condition in filters:
        _write(f"events/{GROUP}/{name}/filter", condition)
    _write("trace", "")
    _write(f"events/{GROUP}/enable", "1")
    _write("tracing_on", "1")
    try:
        yield lines
        stop()
        lines += (_TRACING / "trace").read_text(encoding="ascii").splitlines()
    finally:
        stop()
        _write(f"events/{GROUP}/enable", "0")
        _write("kprobe_events", "")
