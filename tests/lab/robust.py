# SPDX-License-Identifier: GPL-2.0
"""What one vif goes through, others do not notice, and nothing keeps it.

The guest to whom things happen is the first; the second one is its neighbour.
"""

import contextlib
import json
import math
import re
import socket
import struct
import subprocess
import threading
import time

import leaks
from errors import LabError
from paths import WIRE_TAP
from progress import say
from rawfront import rawfront
from steering import _Vif
from steps import step

TEARDOWN_SECONDS = 2

# As much on its way as a guest can have: no limit of its netfront's, several sockets. The
# limit is looked at when packets are completed, which some have to be before they are held.
_NO_LIMIT = ("for limit in /sys/class/net/eth0/queues/tx-*/byte_queue_limits/limit_min; do "
             "echo 1000000 >$limit; done; arp -s {peer} {mac}; "
             "for i in 1 2 3 4 5 6 7 8; do ping -q -c 5 -i 0.02 -s 1400 {peer}; done")
_SEND = "for i in 1 2 3; do ping -q -i 0.005 -s 1400 {peer} >/dev/null 2>&1 & done"
# Longer than any of this takes.
_HOLD = "tc qdisc add dev eth0 root netem delay 120s limit 100000"
_PARKED = "/sys/module/xen_netback/parameters/parked_pages"


def _until(what, condition, seconds=20, pause=0.3):
    """The condition's first value that counts as true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds} s")
        time.sleep(pause)
    return value


@contextlib.contextmanager
def _qdisc(lab):
    """The uplink's qdisc holds all that it gets."""
    lab.dom0.run(_HOLD)
    try:
        yield lambda: sum(int(queue["pages_out"]) for queue in _Vif(lab).queues()) > 64
    finally:
        lab.dom0.run("tc qdisc del dev eth0 root")


def _reader_bytes(lab):
    """What waits in the packet socket that takes everything, by its memory."""
    head, *rows = lab.dom0.out("cat /proc/net/packet").splitlines()
    memory, protocol = (head.split().index(name) for name in ("Rmem", "Proto"))
    return max((int(row.split()[memory]) for row in rows if row.split()[protocol] == "0003"),
               default=0)


@contextlib.contextmanager
def _reader(lab):
    """A packet socket takes all packets, and nobody reads it."""
    lab.dom0.run("rm -f /run/lab/reader; stopped-reader >/run/lab/reader 2>&1 </dev/null & "
                 "until [ -s /run/lab/reader ]; do sleep 0.1; done")
    try:
        yield lambda: _reader_bytes(lab) > 100_000
    finally:
        lab.dom0.run("kill -KILL $(cat /run/lab/reader)")


def _held(lab, name, holder):
    """The first guest is destroyed while somebody in dom0 has its packets."""
    guest, other = lab.guests[:2]
    before = leaks.snapshot(lab.dom0)
    mac = json.loads(subprocess.run(["ip", "-j", "link", "show", WIRE_TAP], check=True,
                                    capture_output=True).stdout)[0]["address"]
    guest.run(_NO_LIMIT.format(peer=lab.peer_ip, mac=mac))
    with holder(lab) as full:
        guest.run(_SEND.format(peer=lab.peer_ip))
        _until(f"{name} holds packets", full, seconds=60)
        row = json.loads(lab.dom0.out(f"teardown {guest.name} {other.name}", timeout=120))
        row = {"held_by": name, **row, "parked_pages": int(lab.dom0.out(f"cat {_PARKED}")),
               "zombies": int(lab.dom0.out("xl list | grep -c '(null)' || :"))}
        if name == "reader":
            row["reader_bytes"] = _reader_bytes(lab)
    say(f"  {row}")
    if row["seconds"] > TEARDOWN_SECONDS:
        raise LabError(f"{name}: the vif was gone after {row['seconds']} s")
    if not row["attach"] or row["attach"] > row["attach_calm"] + TEARDOWN_SECONDS:
        raise LabError(f"{name}: another guest's vif took {row['attach']} s to be connected, "
                       f"{row['attach_calm']} s when nothing else happened")
    start = time.monotonic()
    _until(f"{name}: parked pages come back", lambda: lab.dom0.out(f"cat {_PARKED}") == "0")
    row["returned_seconds"] = round(time.monotonic() - start, 1)
    guest.create()
    guest.wait()
    leaks.check(lab.dom0, before, f"{name} held the packets of a guest that was destroyed")
    return row


@step
def teardown(lab):
    """A vif is gone in time whoever holds its packets; what outlives it is counted."""
    qdisc, reader = _held(lab, "qdisc", _qdisc), _held(lab, "reader", _reader)
    if not qdisc["parked_pages"] or not qdisc["zombies"]:
        raise LabError(f"no page was parked while the qdisc held packets: {qdisc}")
    # The kernel copies a guest's pages before a socket gets the packet.
    if reader["parked_pages"] or reader["zombies"]:
        raise LabError(f"a packet socket has held a guest's own pages: {reader}")
    return {"qdisc": qdisc, "reader": reader,
            "seconds": max(qdisc["seconds"], reader["seconds"]), "left": 0}


class _Stream:
    """Echo requests of a guest as they come to the peer: {sequence number: when}."""

    def __init__(self, lab, guest, per_second=5):
        self._guest = guest
        self.arrived = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.settimeout(0.5)
        self._over = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()
        guest.run(f"ping -q -i {1 / per_second} {lab.peer_ip} >/tmp/stream 2>&1 &")
        _until("the stream begins", lambda: self.arrived, pause=0.05)

    def _receive(self):
        while not self._over:
            try:
                packet, (source, _) = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            kind, _, _, _, number = struct.unpack_from("!BBHHH", packet, (packet[0] & 15) * 4)
            if source == self._guest.ip and kind == 8:
                self.arrived[number] = time.monotonic()

    def largest_gap(self, begin, end):
        """Between any two that came one after the other in this time."""
        times = sorted(at for at in list(self.arrived.values()) if begin <= at <= end)
        if len(times) < 2:
            raise LabError(f"{self._guest.name}'s stream has stopped")
        return max(after - before for before, after in zip(times, times[1:]))

    def stop(self):
        """(how many there were, replies that came back)"""
        out = self._guest.out("kill -INT $(pidof ping); while pidof ping >/dev/null; do "
                              "usleep 100000; done; cat /tmp/stream")
        time.sleep(1)
        self._over = True
        self._thread.join()
        self._socket.close()
        said = re.search(r"(\d+) packets transmitted, (\d+) packets received", out)
        if not said:
            raise LabError(f"{self._guest.name}'s stream: {out.strip()}")
        return tuple(map(int, said.groups()))

    def finish(self):
        """How many there were; none may be missing, at the peer or of the replies."""
        sent, back = self.stop()
        lost = set(range(sent)) - set(self.arrived)
        # The last one's reply may have been on its way.
        if lost or back < sent - 1:
            raise LabError(f"{self._guest.name}'s stream: {len(lost)} of {sent} missing at the "
                           f"peer ({sorted(lost)[:5]}), {back} replies")
        return sent


@step
def neighbour(lab, calm=20, cycles=100):
    """A frontend makes mistakes over and over; the neighbour and the log bear it.

    rawfront checks state, error node and service after each of them. What the emulated
    machine is capable of is found out first, with a frontend that comes and goes as
    often and makes no mistake.
    """
    guest = lab.guests[1]
    log = lab.logs / "dom0-kernel.log"
    stream = _Stream(lab, guest)
    begin = time.monotonic()
    rawfront(lab, cycles=calm, cases=("life_straight", "life_queues"))
    middle = time.monotonic()
    seen = log.stat().st_size
    found = rawfront(lab, cycles=cycles, cases=(
        "hostile_*_producer*", "bad_slots_fatal", "hostile_over_and_over"))
    end = time.monotonic()
    time.sleep(1)
    with open(log, encoding="utf-8", errors="replace") as f:
        f.seek(seen)
        lines = f.read().splitlines()
    said = [line for line in lines if "vif0.0" in line or "vif-0-0" in line]
    # As vif.c limits them, for each vif; one begins when rawfront does.
    allowed = 10 * math.ceil((end - middle) / 60 + 1)
    quiet, loud = stream.largest_gap(begin, middle), stream.largest_gap(middle, end)
    bound = max(3 * quiet, 1)
    row = {"cases": found["passed"], "mistakes": cycles, "seconds": round(end - middle),
           "calm_gap": round(quiet, 3), "gap": round(loud, 3), "bound": round(bound, 3),
           "log_lines": len(lines), "log_lines_of_the_vif": len(said), "allowed": allowed}
    say(f"  {row}")
    if loud > bound:
        raise LabError(f"the neighbour's stream had a gap of {loud:.2f} s, "
                       f"{quiet:.2f} s while no mistakes were made")
    if len(said) > allowed or len(lines) - len(said) > allowed:
        raise LabError(f"{len(lines)} lines in the log, {len(said)} of the vif; "
                       f"{allowed} are allowed; the last: {lines[-1]}", log)
    return {**row, "packets": stream.finish(), "lost": 0}


_DRIVER = "/sys/bus/xen-backend/drivers/vif"


class _Bytes:
    """What the guest's vif has carried, as {direction: bytes}."""

    def __init__(self, lab):
        self._lab = lab
        self._vif = f"vif{lab.guests[0].domid()}.0"

    def now(self):
        files = " ".join(f"/sys/class/net/{self._vif}/statistics/{way}_bytes"
                         for way in ("rx", "tx"))
        return [int(n) for n in self._lab.dom0.out(f"cat {files}").split()]


def _connected(lab, guest):
    domid = guest.domid()
    states = lab.dom0.out(f"xenstore-read /local/domain/0/backend/vif/{domid}/0/state "
                          f"/local/domain/{domid}/device/vif/0/state").split()
    return states == ["4", "4"]


def _exchange(lab, kind, params):
    """Every vif's driver is unbound, its module replaced, and the new one bound."""
    run = lab.dom0.run
    devices = lab.dom0.out(f"cd {_DRIVER} && echo vif-*").split()
    start = time.monotonic()
    run("; ".join(f"echo {device} >{_DRIVER}/unbind" for device in devices))
    lab.load_netback(kind, params)
    # Loading may have bound them already. The rest is the hotplug script's, which the
    # toolstack runs for new devices only: the in-tree driver takes hotplug-status along.
    for device in devices:
        _, domid, handle = device.split("-")
        run(f"[ -e {_DRIVER}/{device} ] || echo {device} >{_DRIVER}/bind; "
            f"ip link set vif{domid}.{handle} master xenbr0 up; "
            f"xenstore-write /local/domain/0/backend/vif/{domid}/{handle}/hotplug-status connected")
    for guest in lab.guests:
        _until(f"{guest.name} is connected to the {kind} netback",
               lambda guest=guest: _connected(lab, guest))
    return time.monotonic() - start


# Says that something has begun to move; iperf3's own figures come later.
_PROGRESS = 1 << 20


def _swap_row(lab, kind, params):
    took = _exchange(lab, kind, params)
    start = time.monotonic()
    traffic = _Bytes(lab)
    # The new module's counters begin at 0.
    _until(f"TCP goes on with the {kind} netback",
           lambda: min(traffic.now()) > _PROGRESS, seconds=40)
    row = {"to": kind, "exchange_seconds": round(took, 1),
           "progress_seconds": round(time.monotonic() - start, 1)}
    lab.dom0.run("sleep 4")
    return row, start, time.monotonic()


def _moved(report, begin, end):
    """Bytes that each direction of the connection has moved in seconds of the test."""
    parts = [part for part in report["intervals"]
             if part["sum"]["start"] >= begin and part["sum"]["end"] <= end]
    return {name: sum(part[key]["bytes"] for part in parts)
            for name, key in (("to_guest", "sum"), ("from_guest", "sum_bidir_reverse"))}


def _netfront(lab, guest, kind):
    """The guest's netfront is replaced, under its running backend."""
    guest.exchange(kind)
    _until(f"{guest.name} answers", lambda: lab.peer.ping(guest.ip, 1)[1])


def _swaps(lab, guest, seconds, params):
    """The swaps under one pair of TCP connections; what each direction moved after each."""
    traffic = lab.peer.start(guest.ip, "--bidir", "-i", "0.5", seconds=seconds)
    begin = time.monotonic()
    before = _Bytes(lab).now()
    _until("TCP runs both ways", lambda: all(
        now > then + _PROGRESS for then, now in zip(before, _Bytes(lab).now())))
    phases = [_swap_row(lab, kind, params if kind == "ours" else "")
              for kind in ("in-tree", "ours", "in-tree", "ours")]
    if traffic.poll() is not None:
        raise LabError("iperf3 ended before the last swap")
    # Not if a connection broke.
    report = lab.peer.report(traffic, timeout=seconds + 60)
    for row, start, end in phases:
        # iperf3 takes a moment to begin.
        moved = _moved(report, start - begin + 0.5, end - begin)
        if not min(moved.values()):
            raise LabError(f"TCP did not go on both ways with the {row['to']} netback: {moved}")
        row |= {f"{way}_bytes": count for way, count in moved.items()}
        say(f"  {row}")
    return [row for row, _, _ in phases]


@step
def swap(lab, seconds=90, params="", netfronts=("in-tree", "ours")):
    """The running netback is exchanged for the in-tree one and back; TCP survives.

    The last of netfronts must be the one that the guest came with.
    """
    guest = lab.guests[0]
    found = {}
    for netfront in netfronts:
        say(f"  netfront {netfront}")
        _netfront(lab, guest, netfront)
        found[netfront] = _swaps(lab, guest, seconds, params)
    rows = sum(found.values(), [])
    return {"swaps": len(rows),
            "worst_exchange_seconds": max(row["exchange_seconds"] for row in rows),
            "worst_progress_seconds": max(row["progress_seconds"] for row in rows), **found}
