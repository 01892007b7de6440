# SPDX-License-Identifier: GPL-2.0
"""Commands in dom0, over ssh on the control network.

This is where every verdict comes from: a command has a time limit, an exit code
and output of its own, none of which a hung console can fake.
"""

import shlex
import subprocess
import time
from pathlib import Path

from errors import LabError
from paths import CACHE, CTL_DOM0

_CONTROL = Path("/tmp/machine/ssh")
SSH = ["ssh", "-i", str(CACHE / "keys/lab"),
       "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
       "-o", "LogLevel=ERROR", "-o", f"ControlPath={_CONTROL}",
       "-o", "ConnectTimeout=10", f"root@{CTL_DOM0}"]


class Dom0:
    def __init__(self, machine):
        self.machine = machine
        self._followers = {}

    def connect(self, timeout=240):
        """Wait for dom0 to come up, then keep one connection for everything."""
        timeout *= self.machine.slow
        deadline = time.monotonic() + timeout
        # The last machine's connection may not have noticed yet that it is dead.
        _CONTROL.unlink(missing_ok=True)
        master = [*SSH[:-1], "-o", "BatchMode=yes", "-o", "ControlMaster=yes",
                  "-o", "ControlPersist=yes", SSH[-1],
                  "until [ -e /run/lab/ready ]; do sleep 0.3; done"]
        while time.monotonic() < deadline:
            self.machine.check()
            try:
                done = subprocess.run(master, stdin=subprocess.DEVNULL,
                                      timeout=120 * self.machine.slow,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                break
            if done.returncode == 0:
                return
            time.sleep(1)
        raise LabError(f"dom0 did not come up in {timeout} s", self.machine.console)

    def run(self, command, timeout=60, check=True, text=None):
        """Run a shell command; (status, output). text goes to its standard input."""
        process = subprocess.Popen(
            [*SSH[:-1], "-o", "BatchMode=yes", SSH[-1], self.env(command)],
            stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = self.wait(process, timeout, command, text)
        if process.returncode == 255:
            raise LabError(f"lost the connection to dom0 during: {command}",
                           self.machine.console)
        if check and process.returncode:
            raise LabError(f"in dom0, status {process.returncode}: {command}\n{output.strip()}")
        return process.returncode, output

    def start(self, command):
        """Begin a command that goes on meanwhile; its output is a pipe."""
        return subprocess.Popen(
            [*SSH[:-1], "-o", "BatchMode=yes", SSH[-1], self.env(command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def env(command):
        return f". /root/.profile; {command}"

    def wait(self, process, timeout, what, text=None):
        """Output of a process, while looking for splats and the time limit."""
        timeout *= self.machine.slow
        deadline = time.monotonic() + timeout
        data = text.encode() if isinstance(text, str) else text
        try:
            while True:
                try:
                    out, _ = process.communicate(data, timeout=0.5)
                    return out.decode(errors="replace")
                except subprocess.TimeoutExpired:
                    data = None
                self.machine.check()
                if time.monotonic() > deadline:
                    raise LabError(f"no answer in {timeout:.0f} s: {what}", self.machine.console)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def out(self, command, timeout=60):
        return self.run(command, timeout)[1].strip()

    def follow(self, path, log):
        """Keep copying a growing file of dom0 to a log here, and scan it. It is followed for
        good, also when it is another guest's of the same name."""
        if log not in self._followers:
            self._stream(f"touch {shlex.quote(path)}; tail -n +1 -F {shlex.quote(path)}", log)

    def follow_kernel(self, log):
        self._stream("dmesg -w", log)

    def _stream(self, command, log):
        self.machine.splats.add(log)
        self._followers[log] = subprocess.Popen(
            [*SSH[:-1], "-o", "BatchMode=yes", SSH[-1], self.env(command)],
            stdin=subprocess.DEVNULL, stdout=open(log, "wb"), stderr=subprocess.DEVNULL)

    def shell(self):
        """A real terminal in dom0, for a person."""
        return subprocess.run([*SSH[:-1], "-t", SSH[-1],
                               self.env("exec bash -i")]).returncode
