# SPDX-License-Identifier: GPL-2.0
"""The peer on the far side of the wire: programs in this network namespace."""

import contextlib
import json
import re
import socket
import subprocess
import threading
import time

from errors import LabError
from paths import WIRE_TAP


class Peer:
    def __init__(self, dom0):
        self._wait = dom0.wait  # looks for splats while a program runs
        subprocess.run(["iperf3", "-s", "-D"], check=True)

    def ping(self, address, count):
        """(sent, received, [rtt in ms])"""
        process = subprocess.Popen(
            ["ping", "-c", str(count), "-i", "0.2", "-W", "5", address],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = self._wait(process, 30 + count, f"ping {address}")
        sent = re.search(r"(\d+) packets transmitted, (\d+) received", out)
        if not sent:
            raise LabError(f"ping {address}: {out.strip()}")
        return int(sent[1]), int(sent[2]), [float(x) for x in re.findall(r"time=([\d.]+)", out)]

    def iperf(self, address, *args, seconds=5):
        """The "end" part of an iperf3 report; --reverse makes the guest send.

        The server takes a moment after each test before it listens again, so a
        refused start (and only that) is tried again.
        """
        for attempt in range(5):
            process = self.start(address, *args, seconds=seconds)
            report = self._report(process, seconds + 60)
            if "error" not in report:
                return report["end"]
            if report.get("intervals"):
                break
            time.sleep(1 + attempt)
        raise LabError(f"{' '.join(process.args)}: {report['error']}")

    @staticmethod
    def start(address, *args, seconds=5):
        """Begin a test that goes on while the caller looks at something; see finish()."""
        command = ["iperf3", "-c", address, "-J", "--connect-timeout", "15000",
                   "-t", str(seconds), *args]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    @contextlib.contextmanager
    def goes_on(self, address, *args):
        """A test that does not end while the caller looks at something, however long that takes on
        a busy host."""
        process = self.start(address, *args, seconds=600)
        try:
            yield
            if process.poll() is not None:
                raise LabError(f"{' '.join(process.args)} has ended: {process.stdout.read().decode()}")
        finally:
            process.kill()
            process.wait()

    def _report(self, process, timeout):
        out = self._wait(process, timeout, " ".join(process.args))
        try:
            return json.loads(out)
        except ValueError:
            raise LabError(f"{' '.join(process.args)}: {out.strip()}") from None

    def report(self, process, timeout=120):
        """Wait for the end of a test that start() began; the whole report."""
        report = self._report(process, timeout)
        if "error" in report:
            raise LabError(f"{' '.join(process.args)}: {report['error']}")
        return report

    def finish(self, process, timeout=120):
        """The same, but only the "end" part of the report."""
        return self.report(process, timeout)["end"]

    def neighbour(self, guest):
        """Know the guest's address for good, so that traffic never waits for ARP."""
        subprocess.run(["ip", "neigh", "replace", guest.ip, "lladdr", guest.mac,
                        "dev", WIRE_TAP, "nud", "permanent"], check=True)


class Flood:
    """Small UDP packets toward a guest at a steady rate, until stopped.

    It does not care whether the guest is there, which is what the life-cycle
    tests need: traffic at the very moment when a vif comes or goes.
    """

    def __init__(self, address, per_second=2000, port=9):
        self._to = (address, port)
        self._gap = 10 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def _send(self):
        data = b"\0" * 64
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            while not self._stop.is_set():
                for _ in range(10):
                    try:
                        s.sendto(data, self._to)
                    except OSError:
                        pass
                time.sleep(self._gap)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Sink:
    """Counts the echo requests that reach the peer, whoever answers them."""

    @property
    def packets(self):
        with open("/proc/net/snmp", encoding="ascii") as f:
            names, values = (line.split() for line in f if line.startswith("Icmp:"))
        return int(values[names.index("InEchos")])
