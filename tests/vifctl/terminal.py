#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run a program on a terminal of its own, type keys, and print what it has shown.

usage: terminal.py KEYS PROGRAM [ARG]...

A key is typed each half second. The exit status is the program's, or 3 when it has to be ended.
"""

import os
import pty
import select
import signal
import sys
import time

_LIMIT = 30


def main(keys, program):
    pid, terminal = pty.fork()
    if not pid:
        os.environ.update(TERM="xterm-256color", LINES="24", COLUMNS="120")
        os.execvp(program[0], program)
    shown, deadline = b"", time.monotonic() + _LIMIT
    due = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        if keys and time.monotonic() > due:
            os.write(terminal, keys[0].encode())
            keys, due = keys[1:], time.monotonic() + 0.5
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            part = b""
        if not part:
            break
        shown += part
    else:
        os.kill(pid, signal.SIGKILL)
    sys.stdout.buffer.write(shown)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 3


sys.exit(main(sys.argv[1], sys.argv[2:]))
