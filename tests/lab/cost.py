# SPDX-License-Identifier: GPL-2.0
"""dom0/cost, followed while it runs: the machine is to be slow only while something is measured."""

import json
import threading
import time

from errors import LabError

_MARKS = ("loaded", "begin", "end", "over")


class _Process:
    """What it says, and how far it is."""

    def __init__(self, lab, command, patience):
        self._machine = lab.machine
        self._command = command
        self._deadline = time.monotonic() + patience * lab.machine.slow
        self._came = {mark: threading.Event() for mark in _MARKS}
        self._failed = False
        self.said = []
        self._process = lab.dom0.start(command)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            if line.strip() in self._came:
                self._came[line.strip()].set()
            else:
                self.said.append(line)
        # Nobody waits for what will not come.
        self._failed = not self._came["over"].is_set()
        for mark in self._came.values():
            mark.set()

    def has(self, mark):
        return self._came[mark].is_set() and not self._failed

    def wait(self, mark):
        while not self._came[mark].wait(0.2):
            self._check()
        if self._failed:
            raise LabError(f"{self._command}: {''.join(self.said)}")

    def rest(self):
        while self._reader.is_alive():
            self._reader.join(0.2)
            self._check()
        return "".join(self.said)

    def _check(self):
        self._machine.check()
        if time.monotonic() > self._deadline:
            raise LabError(f"no end of {self._command}: {''.join(self.said)}",
                           self._machine.console)

    def kill(self):
        self._process.kill()
        self._process.wait()


def cost(lab, arguments, patience=120, look=None):
    """Its rows, and what look() says.

    look: called at the mark that it makes, with a function that tells whether it has ended
    """
    process = _Process(lab, f"cost {arguments}", patience)
    seen = None
    try:
        process.wait("loaded")
        with lab.machine.short_turns():
            if look:
                process.wait("begin")
                seen = look(lambda: process.has("end"))
            process.wait("over")
        output = process.rest()
    finally:
        process.kill()
    try:
        rows = list(map(json.loads, output.splitlines()))
    except json.JSONDecodeError:
        rows = []
    if not rows:
        raise LabError(f"cost {arguments}: {output}")
    return rows, seen
