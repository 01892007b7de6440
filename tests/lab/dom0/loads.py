# SPDX-License-Identifier: GPL-2.0
"""What sends and what receives, in guests and in dom0; imported by cost.

Everything runs in the machine: where it counts instead of timing (see machine.py),
nothing from outside may take part.
"""

import contextlib
import mmap
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

# The queue's CPU, that of what sends or answers in dom0, and of who looks at it; a
# machine of two has none for that alone.
HOME, OTHER, MEASURING = 0, 1, min(2, os.cpu_count() - 1)
# Whoever is sent to on the wire does not answer, nor say that nobody listens.
HERE, NOBODY, NOBODY_MAC = "10.77.0.1", "10.77.0.9", "02:00:00:00:00:09"
# When packets of every guest have begun to move.
SETTLE = 0.15
# How long TCP may take until its windows are large.
SETTLE_TCP = 0.5
# So many packets of a guest, and so long until they have come.
BEGUN_PACKETS, BEGUN_SECONDS = 20, 30
NIC = "eth0"
PORT = 5300


class Load:
    """Commands are words without quotes. {flow} and {port} are a flow's own, {cpus} has a
    CPU per queue, {guest} is a guest's address, {targets} are all guests as flood wants
    them.

    way: what a vif counts, rx is what the guest sends; or nic. With a peer, of its vif
    wire: what guests send goes out of the NIC, where it counts
    guest: in every guest; as often as there are flows if each_flow
    peer: in the second guest, which does nothing else then
    dom0: what answers in dom0
    sender: what sends in dom0, and to every guest if it has {guest}
    busy: there is a program that wants the home CPU for itself
    per: packet, or kilobyte of what TCP carries, or exchange
    """

    def __init__(self, way="rx", guest="", each_flow=True, peer="", dom0="", sender="",
                 busy=False, per="packet"):
        self.way, self.guest, self.each_flow, self.peer = way, guest, each_flow, peer
        self.dom0, self.sender, self.busy, self.per = dom0, sender, busy, per
        self.wire = way == "nic" or NOBODY in guest
        self.settle = SETTLE_TCP if per == "kilobyte" else SETTLE

    def measured(self, guests):
        """Those whose packets count."""
        return guests[1:2] if self.peer else guests


def _sizes(*sizes):
    """UDP packets of these sizes, as lengths of Ethernet frames."""
    for size in sizes:
        sink = "datagrams sink"
        yield f"up-{size}", Load(guest=f"datagrams send {NOBODY} {size}")
        yield f"down-{size}", Load("tx", guest=sink, each_flow=False,
                                   sender=f"datagrams send {{guest}} {size}")
        yield f"between-{size}", Load("tx", guest=f"datagrams send {{peer}} {size}", peer=sink)
        yield f"bridge-{size}", Load("nic", sender=f"datagrams send {NOBODY} {size}")
        yield f"pktgen-up-{size}", Load(
            guest=f"flood {size} {{cpus}} eth0,{NOBODY},{NOBODY_MAC}", each_flow=False)
        yield f"pktgen-down-{size}", Load("tx", guest=sink, each_flow=False,
                                          sender=f"flood {size} {OTHER} {{targets}}")
        yield f"pktgen-between-{size}", Load(
            "tx", guest=f"flood {size} {{cpus}} eth0,{{peer}},{{peer_mac}}", each_flow=False,
            peer=sink)
        yield f"floor-{size}", Load(
            "nic", sender=f"flood {size} {OTHER} {NIC},{NOBODY},{NOBODY_MAC}")


LOADS = dict(_sizes(60, 1400, 1514)) | {
    "up-60-busy": Load(guest=f"datagrams send {NOBODY} 60", busy=True),
    "ask-60": Load(guest=f"datagrams ask {HERE} 60", dom0="datagrams echo"),
    "rr-udp": Load(guest=f"exchange udp {HERE}", dom0="exchange serve", per="exchange"),
    "rr-tcp": Load(guest=f"exchange tcp {HERE}", dom0="exchange serve", per="exchange"),
    "tcp-up": Load(guest=f"iperf3 -c {HERE} -p {{port}} -t 1000", dom0="iperf3 -s -p {port}",
                   per="kilobyte"),
    "tcp-down": Load("tx", guest=f"iperf3 -c {HERE} -p {{port}} -t 1000 -R",
                     dom0="iperf3 -s -p {port}", per="kilobyte"),
    "tcp-between": Load("tx", guest="iperf3 -c {peer} -p {port} -t 1000",
                        peer="iperf3 -s -p {port}", per="kilobyte"),
}
# What may be left of any of them.
_PROGRAMS = "datagrams exchange iperf3 flood"
# A server takes connections.
_LISTENS = "until grep -qs ':{:04X} [0-9A-F]*:0000 0A' /proc/net/tcp /proc/net/tcp6; do {}; done"


class Guest:
    def __init__(self, number):
        self.number = str(number)
        self.address = f"10.77.0.{100 + int(number)}"
        self.mac = f"00:16:3e:77:00:{int(number):02x}"
        self.domid = int(subprocess.run(["guest", "domid", self.number], check=True,
                                        capture_output=True, text=True).stdout)
        self.vif = f"vif{self.domid}.0"

    def run(self, command):
        return subprocess.run(["guest", "run", self.number, command], check=True,
                              capture_output=True, text=True).stdout


def everywhere(guests, command_of):
    """Run a command in all guests at once; what fails in one of them fails here."""
    failed = []

    def run(guest):
        try:
            guest.run(command_of(guest))
        except subprocess.CalledProcessError as problem:
            failed.append(problem)

    threads = [threading.Thread(target=run, args=(guest,)) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


class Busy:
    """A program that wants the home CPU for itself, and notes for how long it lost it."""

    def __init__(self):
        self._seen = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
        self._pid = os.fork()
        if not self._pid:
            os.sched_setaffinity(0, {HOME})
            self._run()

    def _run(self):
        clock, seen = time.monotonic_ns, self._seen
        last = clock()
        while True:
            now = clock()
            if now - last > seen[0]:
                seen[0] = now - last
            last = now

    def ns(self):
        return int(Path(f"/proc/{self._pid}/schedstat").read_text().split()[0])

    def forget(self):
        self._seen[0] = 0

    def longest_ns(self):
        return self._seen[0]

    def end(self):
        os.kill(self._pid, 9)
        os.waitpid(self._pid, 0)


def _start(command, cpu=OTHER):
    # Some complain when they are ended, which is how all of them end.
    with open("/tmp/load.dom0", "a", encoding="ascii") as log:
        return subprocess.Popen(["taskset", "-c", str(cpu), *command.split()],
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _background(commands):
    """Commands for a guest, of which nothing is heard until it is asked for."""
    return " ".join(f"{command} >/tmp/load.{i} 2>&1 &" for i, command in enumerate(commands))


def _filled(command, choices):
    """The command with each of the choices, once where they make no difference."""
    return list(dict.fromkeys(command.format(**words) for words in choices)) if command else []


def _wait_for_servers(load, peer, every):
    """Until all of them listen: an iperf3 that is refused does not try again."""
    time.sleep(0.1)
    for words in every:
        if "iperf3 -s" in load.dom0:
            subprocess.run(_LISTENS.format(words["port"], "sleep 0.02"), shell=True, check=True,
                           timeout=BEGUN_SECONDS)
        if "iperf3 -s" in load.peer:
            peer.run(_LISTENS.format(words["port"], "usleep 20000"))


def _wait_for_packets(load, measured):
    way = "rx" if load.way == "rx" else "tx"
    files = [Path(f"/sys/class/net/{name}/statistics/{way}_packets")
             for name in [guest.vif for guest in measured] or [NIC]]
    before = [int(file.read_text()) for file in files]
    deadline = time.monotonic() + BEGUN_SECONDS
    while any(int(file.read_text()) - packets < BEGUN_PACKETS
              for file, packets in zip(files, before)):
        if time.monotonic() > deadline:
            sys.exit(f"cost: not every guest has packets after {BEGUN_SECONDS} s")
        time.sleep(0.02)


@contextlib.contextmanager
def running(load, guests, queues=1):
    """The load goes on inside; yields the busy program, if it has one, and the processes of
    dom0's that answer."""
    # Which queue a flow has is by chance: so many that hardly ever one has none.
    flows = 1 if queues == 1 else 4 * queues
    senders, peer, words = guests, None, {"cpus": ",".join(map(str, range(queues)))}
    if load.peer:
        senders, peer = guests[:1], guests[1]
        words |= {"peer": peer.address, "peer_mac": peer.mac}
    # A vif has no address to send from, and a guest takes no packet from nowhere.
    words["targets"] = " ".join(f"{g.vif},{g.address},{g.mac},{HERE}" for g in senders)
    # A port for each flow of each guest, since iperf3 serves one connection at a time.
    choices = {guest: [words | {"guest": guest.address, "flow": flow, "port": PORT + i + flow}
                       for flow in range(flows)]
               for guest, i in zip(senders, range(0, 64 * flows, flows))}
    every = [words for of_guest in choices.values() for words in of_guest] or [words]

    processes, hog = [], None
    try:
        processes += [_start(command) for command in _filled(load.dom0, every)]
        answering = len(processes)
        if load.peer:
            peer.run(_background(_filled(load.peer, every)))
        if load.dom0 or load.peer:
            _wait_for_servers(load, peer, every)
        everywhere(choices, lambda guest: _background(
            [load.guest.format(**words)
             for words in (choices[guest] if load.each_flow else choices[guest][:1])]))
        if load.sender:
            # Nothing in the command is a flow's own, but its source port will be.
            processes += [_start(command) for command in _filled(load.sender, every)
                          for _ in range(1 if "{targets}" in load.sender else flows)]
        hog = Busy() if load.busy else None
        _wait_for_packets(load, load.measured(guests))
        time.sleep(load.settle)
        yield hog, processes[:answering]
    finally:
        if hog:
            hog.end()
        # Who asks goes before who answers.
        everywhere(guests, lambda _: f"killall {_PROGRAMS} 2>/dev/null; true")
        for process in processes:
            process.terminate()
            process.wait()
