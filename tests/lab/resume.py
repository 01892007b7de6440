# SPDX-License-Identifier: GPL-2.0
"""A running guest is saved, moved or held up; its network goes on as if nothing had been.

All of it happens under traffic: a TCP connection with contents that are checked at both
ends, UDP to the guest, and a stream of packets from it by which the outage is measured.
Whatever a user can set of an interface has to be the same afterwards.
"""

import contextlib
import socket
import statistics
import threading
import time

import leaks
import vifkeys
from errors import LabError
from guest import ETH0_UP
from paths import WIRE_TAP
from progress import say
from robust import _DRIVER, _Stream, _until
from splats import clock_jumps
from steps import carried, step
from wire import Flood

# dom0's disk has less room than memory.
_FILE = "/run/guest.save"
# Everything is the second time as it was the first time, so errors are of no interest.
_SET = """
ethtool -K eth0 tso off
ethtool -C eth0 rx-usecs 120 rx-frames 24 tx-usecs 90 tx-frames 12
ip link set eth0 mtu 1400
ip link set eth0 qlen 777
ip addr add 10.99.0.1/24 dev eth0
ip route add 192.0.2.0/24 via {peer} dev eth0
arp -s 10.77.0.250 00:16:3e:77:ff:fe
for queue in /sys/class/net/eth0/queues/tx-*; do
	echo 1 >$queue/xps_cpus
	echo 20000 >$queue/byte_queue_limits/limit_min
done
for queue in /sys/class/net/eth0/queues/rx-*; do
	echo 2 >$queue/rps_cpus
done
"""
_SHOW = """
ip addr show eth0
ip route
arp -an | grep PERM
ethtool -k eth0
ethtool -c eth0
cd /sys/class/net/eth0
grep . tx_queue_len queues/*/xps_cpus queues/*/rps_cpus queues/*/byte_queue_limits/limit_min
"""
_SEND = "for i in $(seq {senders}); do datagrams send {peer} 1400 >/dev/null 2>&1 & done"
# No limit of the guest's own, so that the ring gets full and not just some of it.
_NO_LIMIT = ("for limit in /sys/class/net/eth0/queues/tx-*/byte_queue_limits/limit_min; do "
             "echo 1000000 >$limit; done")
_INFLIGHT = "cat /sys/class/net/eth0/queues/tx-*/byte_queue_limits/inflight"
# A ring has 256 slots, of which the last ones are kept for a packet of many.
_RING_BYTES = 200 * 1400
_CALM = "killall datagrams; :"
# Who is in our driver, and where; that may be anybody for a moment.
_INSIDE = "grep -l '\\[xen_netfront\\]' /proc/[0-9]*/stack; :"


class _Settings:
    """What a user has set of eth0; it stays until the device is removed."""

    def __init__(self, lab, guest):
        self._guest = guest
        guest.run(f"({_SET.format(peer=lab.peer_ip)}) 2>/dev/null; :")
        self._wanted = guest.out(_SHOW)
        for word in ("mtu 1400", "10.99.0.1", "192.0.2.0/24", "tcp-segmentation-offload: off"):
            if word not in self._wanted:
                raise LabError(f"{guest.name} did not take its settings: no '{word}' in "
                               f"{self._wanted}")

    def check(self, when):
        """All the same, which it may take the stack a moment to say."""
        for _ in range(10):
            found = self._guest.out(_SHOW)
            if found == self._wanted:
                return
            time.sleep(1)
        wanted, found = set(self._wanted.splitlines()), set(found.splitlines())
        raise LabError(f"{when}: {self._guest.name}'s settings have changed from "
                       f"{sorted(wanted - found)} to {sorted(found - wanted)}")


class _Conversation:
    """One TCP connection; both ends count, in lines, and each checks what it hears."""

    PORT = 5300
    LINE = 400

    def __init__(self, lab, guest):
        self._lab, self._guest = lab, guest
        self.heard = self.said = 0
        self._problem = None
        self._over = False
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # What is in a buffer has not come through.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
            server.bind((lab.peer_ip, self.PORT))
            server.listen(1)
            server.settimeout(60)
            guest.run("rm -f /tmp/heard; "
                      f"(seq 1 999999999 | nc {lab.peer_ip} {self.PORT} | awk "
                      "'$1 != NR { bad = 1 } END { print NR, bad + 0 >\"/tmp/heard\" }') "
                      ">/dev/null 2>&1 &")
            try:
                self._socket, _ = server.accept()
            except TimeoutError:
                raise LabError(f"{guest.name} does not connect") from None
        self._threads = [threading.Thread(target=self._work, args=(what,), daemon=True)
                         for what in (self._hear, self._say)]
        for thread in self._threads:
            thread.start()

    def _work(self, what):
        try:
            what()
        except OSError as problem:
            # A guest that has heard the end does not wait until all is read.
            if not self._over:
                self._problem = problem

    def _hear(self):
        left, number = b"", 0
        while data := self._socket.recv(8192):
            *lines, left = (left + data).split(b"\n")
            for line in lines:
                number += 1
                if int(line) != number:
                    raise OSError(f"line {number} of the guest is {line[:20]}")
            self.heard += len(data)
            # The guest must not be busy with nothing else.
            if not self._over:
                time.sleep(0.05)
        if not self._over:
            raise OSError("the guest has ended the connection")

    def _say(self):
        while not self._over:
            self._socket.sendall(b"%-*d\n" % (self.LINE - 1, self.said + 1))
            self.said += 1
            time.sleep(0.01)

    def goes_on(self, seconds=120):
        """Wait until both directions have moved more than buffers hold; how long that took."""
        heard, said = self.heard, self.said
        start = time.monotonic()
        while self.heard < heard + 100_000 or self.said < said + 100:
            self._lab.machine.check()
            if self._problem:
                raise LabError(f"the TCP connection broke: {self._problem}", self._guest.log)
            if time.monotonic() > start + seconds:
                raise LabError(f"TCP does not go on: {self.heard - heard} bytes from "
                               f"{self._guest.name}, {self.said - said} lines to it",
                               self._guest.log)
            time.sleep(0.05)
        return time.monotonic() - start

    def finish(self):
        """Bytes that the guest has said; it must have heard all that we have."""
        self._over = True
        self._threads[1].join()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._threads[0].join(60)
        heard = self._guest.out("until [ -s /tmp/heard ]; do usleep 100000; done; cat /tmp/heard")
        self._socket.close()
        if self._problem or heard != f"{self.said} 0":
            raise LabError(f"the TCP connection ended with: {self._problem}; {self.said} lines "
                           f"said, and {self._guest.name} heard (and found wrong) {heard}")
        return self.heard


class _Announcements:
    """ARP packets by which a guest says where it is, as they come to the peer."""

    def __init__(self, guest):
        self._mac = bytes.fromhex(guest.mac.replace(":", ""))
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
        self._socket.bind((WIRE_TAP, 0x0806))
        self._socket.setblocking(False)

    def count(self):
        """How many since the last time."""
        found = 0
        with contextlib.suppress(BlockingIOError):
            while packet := self._socket.recv(100):
                found += packet[22:28] == self._mac and packet[28:32] == packet[38:42]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def _disturb(lab, name, times, once, announced=False):
    """once(number) times over, under traffic; what it returns is when the guest was let go on.

    Afterwards the same connection has gone on, the settings are what they were, and
    nothing was left in dom0.
    """
    guest = lab.guests[0]
    settings = _Settings(lab, guest)
    before = leaks.snapshot(lab.dom0)
    outages, backs, tcp, said = [], [], [], 0
    with Flood(guest.ip, per_second=200), _Announcements(guest) as arps:
        conversation = _Conversation(lab, guest)
        stream = _Stream(lab, guest, per_second=20)
        for number in range(1, times + 1):
            conversation.goes_on()
            arps.count()
            begin = time.monotonic()
            woken = once(number)
            # Until then there is no end of the gap.
            _until(f"{name}: packets of {guest.name} after it goes on",
                   lambda: max(list(stream.arrived.values())) > woken, seconds=60, pause=0.05)
            tcp.append(conversation.goes_on())
            end = time.monotonic()
            outages.append(stream.largest_gap(begin - 1, end))
            backs.append(min(at for at in list(stream.arrived.values()) if at > woken) - woken)
            settings.check(f"{name} number {number}")
            if announced:
                _until(f"{name}: {guest.name} tells where it is now", lambda: arps.count() > 0)
                said += 1
            say(f"  {name}: {number} of {times}, outage {outages[-1]:.2f} s, back after "
                f"{backs[-1]:.2f} s, TCP after {tcp[-1]:.2f} s more")
        sent, _ = stream.stop()
        lost = sent - len(stream.arrived)
        moved = conversation.finish()
    leaks.check(lab.dom0, before, f"{name} {times} times")
    return {"times": times, "outage_seconds_median": round(statistics.median(outages), 2),
            "outage_seconds_max": round(max(outages), 2),
            "back_seconds_median": round(statistics.median(backs), 2),
            "back_seconds_max": round(max(backs), 2),
            "tcp_seconds_max": round(max(tcp), 2), "tcp_megabytes": round(moved / 1e6, 1),
            "packets": sent, "packets_lost": lost, **({"announced": said} if announced else {}),
            "left": 0}


def _save(lab):
    lab.dom0.run(f"xl save {lab.guests[0].name} {_FILE}", timeout=180)


def _restore_paused(lab):
    lab.dom0.run(f"xl restore -p {_FILE} && rm {_FILE}", timeout=180)


def _unpause(lab):
    woken = time.monotonic()
    lab.dom0.run(f"xl unpause {lab.guests[0].name}", timeout=60)
    return woken


def save_and_restore(lab):
    """The guest is another domain, and has another vif; when it was woken."""
    _save(lab)
    _restore_paused(lab)
    return _unpause(lab)


@step
def save_restore(lab, times=20):
    """xl save and xl restore: another domain, another vif, the same guest."""
    return _disturb(lab, "save_restore", times, lambda _: save_and_restore(lab), announced=True)


@step
def save_resume(lab, times=20, ways=("suspend", "checkpoint", "paused")):
    """The guest is suspended and then goes on where it is, by each of xl's ways in turn."""
    def once(number):
        name = lab.guests[0].name
        way = ways[(number - 1) % len(ways)]
        if way == "checkpoint":
            lab.dom0.run(f"xl save -c {name} {_FILE} && rm {_FILE}", timeout=180)
            return time.monotonic()
        if way == "paused":
            lab.dom0.run(f"xl save -p {name} {_FILE} && rm {_FILE}", timeout=180)
            return _unpause(lab)
        lab.dom0.run(f"xl suspend {name}", timeout=60)
        woken = time.monotonic()
        lab.dom0.run(f"xl resume {name}", timeout=60)
        return woken
    return _disturb(lab, "save_resume", times, once)


@step
def migrate(lab, times=10):
    """xl migrate to this very host, live; Xen as Debian builds it can do that with PVH only."""
    guest = lab.guests[0]
    # It has this name when its console is opened.
    lab.dom0.follow(f"/var/log/xen/console/guest-{guest.name}--incoming.log",
                    lab.logs / f"guest-{guest.name}--incoming.log")

    def once(_):
        lab.dom0.run(f'xl migrate -s "" {guest.name} "xl migrate-receive"', timeout=300)
        return time.monotonic()
    return _disturb(lab, "migrate", times, once, announced=True)


def _carrier(lab, wanted):
    vif = f"vif{lab.guests[0].domid()}.0"
    _until(f"the carrier of {vif} is {wanted}",
           lambda: lab.dom0.out(f"cat /sys/class/net/{vif}/carrier") == wanted, seconds=10)


def _account(lab, before):
    """The packets that one side has sent since are those that the other has received."""
    moved = [{key: now[key] - then[key] for key in then} for then, now in zip(before, carried(lab))]
    for sender, receiver in (moved, moved[::-1]):
        missing = sender["tx_packets"] - receiver["rx_packets"]
        if not 0 <= missing <= receiver["rx_dropped"]:
            raise LabError(f"the two sides disagree: vif {moved[0]}, guest {moved[1]}")


@step
def pause(lab, times=1, seconds=70):
    """xl pause, with packets for the guest waiting so long that the vif loses its carrier.

    Each of its queues has to run out of buffers for that. Packets off the wire stay with
    the queue that the NIC has chosen by their addresses; dom0's own go by their ports too.
    """
    guest = lab.guests[0]
    lab.dom0.run(f"ip neigh replace {guest.ip} lladdr {guest.mac} dev xenbr0")
    before = carried(lab)

    def once(_):
        lab.dom0.run(f"xl pause {guest.name}")
        try:
            lab.dom0.run("bash -c 'for port in $(seq 2000 5000); do "
                         f"echo >/dev/udp/{guest.ip}/$port; done' 2>/dev/null; :")
            time.sleep(seconds)
            _carrier(lab, "0")
        finally:
            woken = _unpause(lab)
        _carrier(lab, "1")
        return woken
    with clock_jumps(guest):
        result = _disturb(lab, "pause", times, once)
    _account(lab, before)
    return {**result, "paused_seconds": seconds}


def _bind_again(lab, vif):
    device = f"vif-{vif.guest.domid()}-0"
    lab.dom0.run(f"echo {device} >{_DRIVER}/unbind; sleep 1; echo {device} >{_DRIVER}/bind; "
                 f"ip link set {vif.name} master xenbr0 up; "
                 f"xenstore-write {vif.backend}/hotplug-status connected")
    bound = time.monotonic()
    vif.expect("state", "4", seconds=20)
    return bound


@step
def rebound(lab, times=3):
    """The backend's driver is unbound and bound, and the guest's settings survive that too.

    What the hotplug script does is done here; the toolstack runs it for new devices only.
    """
    def once(_):
        return _bind_again(lab, vifkeys._Vif(lab))
    return _disturb(lab, "rebound", times, once)


@step
def rebound_fewer(lab):
    """A backend comes back and takes fewer queues than there are: it gets new ones."""
    vif = vifkeys._Vif(lab)
    had = vif.read("multi-queue-num-queues", vif.frontend)
    if had in (None, "1"):
        raise LabError(f"this is about several queues, and the guest has {had}")
    vif.write("max-queues", "1")
    start = time.monotonic()
    _bind_again(lab, vif)
    seconds = time.monotonic() - start
    found = vif.read("multi-queue-num-queues", vif.frontend)
    if found not in (None, "1"):
        raise LabError(f"the backend takes one queue, and has {found}")
    _flows(lab, "with one queue")
    vif.remove("max-queues")
    _bind_again(lab, vif)
    vif.guest.run(f"ethtool -L eth0 combined {had}")
    vif.expect("multi-queue-num-queues", had, vif.frontend)
    _flows(lab, f"with {had} queues again")
    return {"queues": [int(had), 1], "seconds": round(seconds, 1)}


def _flows(lab, what):
    guest = lab.guests[0]
    _until(f"{what}: {guest.name} answers", lambda: lab.peer.ping(guest.ip, 3)[1], seconds=60)


def _purged(guest):
    return int(guest.out("ethtool -S eth0 | sed -n 's/^ *tx_drop_purged: //p'"))


def _inflight(guest):
    """Bytes that the guest has on each of its rings."""
    return [int(n) for n in guest.out(_INFLIGHT).split()]


def _full(lab, guest, ending):
    """Packets given up by a guest that is suspended while the backend takes none."""
    vif = vifkeys._Vif(lab)
    vif.write("rate", "1,3600000000")
    guest.run(_NO_LIMIT)
    guest.run(_SEND.format(peer=lab.peer_ip, senders=8))
    _until(f"a ring of {guest.name} is full", lambda: max(_inflight(guest)) > _RING_BYTES)
    before = _purged(guest)
    if ending == "resume":
        lab.dom0.run(f"xl suspend {guest.name} && xl resume {guest.name}", timeout=60)
        if max(_inflight(guest)) < _RING_BYTES:
            raise LabError(f"{guest.name} is resumed, and its ring is no longer full")
        vif.remove("rate")
    else:
        # The next vif has no such limit.
        _save(lab)
        _restore_paused(lab)
        _unpause(lab)
    guest.run(_CALM)
    _flows(lab, f"{ending} with a full ring")
    given_up = _purged(guest) - before
    if (ending == "restore") != (given_up > 100):
        raise LabError(f"{ending} with a full ring: {given_up} packets were given up")
    return given_up


@step
def suspend_full(lab, times=2, held=True):
    """Suspended while the guest sends all it can; and with a ring that nobody empties.

    A limit of one byte in an hour is what keeps the backend from emptying it.
    """
    guest = lab.guests[0]
    before = leaks.snapshot(lab.dom0)
    # The peer's address must not have to be asked for when nothing is sent.
    lab.peer.ping(guest.ip, 2)
    given_up = []
    for number in range(1, times + 1):
        guest.run(_SEND.format(peer=lab.peer_ip, senders=2))
        time.sleep(1)
        _save(lab)
        _restore_paused(lab)
        _unpause(lab)
        guest.run(_CALM)
        _flows(lab, f"saved while it sent, number {number}")
        for ending in ("resume", "restore") if held else ():
            given_up.append({ending: _full(lab, guest, ending)})
            say(f"  {ending} with a full ring, number {number}: {given_up[-1][ending]} given up")
    _until("nothing is in flight", lambda: not any(_inflight(guest)))
    leaks.check(lab.dom0, before, f"suspended with full rings {times} times")
    return {"times": times, "given_up": given_up, "left": 0}


@step
def removed_at_resume(lab, delays=(0, 0.2, 0.5)):
    """The device is taken away while the guest wakes up; it gets another one after that."""
    guest = lab.guests[0]
    before = leaks.snapshot(lab.dom0)
    took = []
    for delay in delays:
        _save(lab)
        _restore_paused(lab)
        start = time.monotonic()
        lab.dom0.run(f"xl unpause {guest.name}; sleep {delay}; xl network-detach {guest.name} 0",
                     timeout=90)
        took.append(time.monotonic() - start - delay)
        _until(f"{guest.name}'s eth0 is gone",
               lambda: not guest.run("ls -d /sys/class/net/eth0", check=False)[0] == 0)
        _until(f"{guest.name}: nobody is in netfront", lambda: not guest.out(_INSIDE))
        lab.dom0.run(f"xl network-attach {guest.name} bridge=xenbr0 mac={guest.mac}", timeout=60)
        guest.run(ETH0_UP)
        _flows(lab, "with a new device")
    leaks.check(lab.dom0, before, f"removed at resume {len(delays)} times")
    return {"times": len(delays), "detach_seconds_median": round(statistics.median(took), 1),
            "detach_seconds_max": round(max(took), 1), "left": 0}
