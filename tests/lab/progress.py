# SPDX-License-Identifier: GPL-2.0
"""What the person at the terminal sees: one line per thing done."""

import contextlib
import time

_start = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - _start:6.1f} s] {text}", flush=True)


@contextlib.contextmanager
def doing(what):
    """Says what is being done, and then how long it took and what came out.

    The caller may put a few words about the result into the list it gets.
    """
    said = []
    start = time.monotonic()
    say(f"{what} ...")
    try:
        yield said
    except BaseException:
        say(f"{what}: FAILED ({time.monotonic() - start:.1f} s)")
        raise
    note = f": {', '.join(said)}" if said else ""
    say(f"{what}{note} ({time.monotonic() - start:.1f} s)")


def brief(result):
    """A result's plain values in one line."""
    if not isinstance(result, dict):
        return ""
    return " ".join(f"{k}={v}" for k, v in result.items() if isinstance(v, (int, float, str)))


def table(rows):
    """Rows of text in columns; the first row is the head."""
    rows = [[str(c) for c in r] for r in rows]
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in rows]
    print("\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]]), flush=True)
