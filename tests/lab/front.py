# SPDX-License-Identifier: GPL-2.0
"""The guest's interface: number of queues, events, statistics, keys and offloads."""

import json
import re
import signal
import subprocess
import time

from errors import LabError
from guest import ETH0_UP
from paths import WIRE_DOM0, WIRE_PEER, WIRE_TAP
from progress import say
from steps import step

_MAX_GAP = 2.0
_PING_EVERY = 0.1
# Both directions of a TCP connection are there if they carry this much.
_LEAST_MBPS = 1
_PREFIX6 = "fd77:77::"


class _Front:
    """The first guest's interface, its keys, and its backend's."""

    def __init__(self, lab):
        self.lab = lab
        self.dom0 = lab.dom0
        self.guest = lab.guests[0]
        self.netback_ours = bool(lab.netback["version"])
        domid = self.guest.domid()
        self.vif = f"vif{domid}.0"
        self.backend = f"/local/domain/0/backend/vif/{domid}/0"
        self.frontend = f"/local/domain/{domid}/device/vif/0"

    def read(self, where, key):
        """A key, or None."""
        status, out = self.dom0.run(f"xenstore-read {where}/{key} 2>/dev/null", check=False)
        return None if status else out.strip()

    def write(self, where, key, value):
        self.dom0.run(f"xenstore-write -- {where}/{key} '{value}'")

    def remove(self, where, key):
        self.dom0.run(f"xenstore-rm {where}/{key}")

    def counters(self):
        """ethtool -S, without the queues."""
        text = self.guest.out("ethtool -S eth0; cd /sys/class/net/eth0/statistics; grep . *")
        return {name: int(value) for name, value in
                re.findall(r"^\s*(\w+): ?(\d+)$", text, re.MULTILINE)}

    def events(self):
        """Interrupts of the interface so far: {"tx" or "rx": how many}"""
        found = {"tx": 0, "rx": 0}
        for line in self.guest.out("grep vif0-q /proc/interrupts; :").splitlines():
            words = line.split()
            found[words[-1].rpartition("-")[2]] += sum(map(int, filter(str.isdigit, words[1:])))
        return found

    def value(self, name):
        return self.guest.out(f"cat /sys/class/net/eth0/{name}")

    def expect(self, what, read, value, seconds=8):
        """read() gives that value within some time."""
        deadline = time.monotonic() + seconds
        while (found := read()) != value:
            if time.monotonic() > deadline:
                raise LabError(f"{what} is {found!r}, must be {value!r}", self.guest.log)
            time.sleep(0.1)

    def queues(self):
        return int(self.read(self.frontend, "multi-queue-num-queues") or 1)

    def is_connected(self):
        return self.read(self.frontend, "state") == self.read(self.backend, "state") == "4"

    def connected(self):
        """Both sides say so, and the carrier is on."""
        script = (f"for i in $(seq 100); do [ $(xenstore-read {self.frontend}/state)$("
                  f"xenstore-read {self.backend}/state) = 44 ] && exit; sleep 0.1; done; exit 1")
        if self.dom0.run(script, check=False, timeout=40)[0]:
            raise LabError("the two sides do not connect", self.guest.log)
        self.expect("carrier", lambda: self.value("carrier"), "1")

    def set_queues(self, count):
        """The new number is told at once; return when there is a connection with it."""
        out = self.guest.out(f"ethtool -L eth0 combined {count} && ethtool -l eth0")
        told = int(re.findall(r"Combined:\s+(\d+)", out)[1])
        if told != count:
            raise LabError(f"after ethtool -L combined {count}, -l says {told}")
        self.expect("multi-queue-num-queues", self.queues, count)
        self.connected()

    def again(self):
        """Another connection, with the same number of queues if there can be two."""
        count = self.queues()
        self.set_queues(count % 2 + 1)

    def tcp(self, seconds=1):
        """(Mbit/s from the guest, and to it)"""
        ends = (self.lab.peer.iperf(self.guest.ip, *way, seconds=seconds)
                for way in (("--reverse",), ()))
        return tuple(round(end["sum_received"]["bits_per_second"] / 1e6, 1) for end in ends)

    def must_carry(self, what):
        # Where a connection has just been made, TCP may be waiting to send again.
        for _ in range(2):
            rates = self.tcp()
            if min(rates) >= _LEAST_MBPS:
                return rates
        raise LabError(f"{what}: TCP gets {rates} Mbit/s", self.guest.log)


class _Pings:
    """A stream of pings to the guest, and the longest time without an answer."""

    def __init__(self, address):
        self._process = subprocess.Popen(
            ["ping", "-D", "-i", str(_PING_EVERY), address], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def end(self):
        """(sent, received, longest gap in s)"""
        self._process.send_signal(signal.SIGINT)
        out = self._process.communicate(timeout=30)[0].decode()
        sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received",
                                            out).groups())
        seen = [0, *sorted(int(seq) for seq in re.findall(r"icmp_seq=(\d+) ttl", out)), sent + 1]
        # What is lost counts, not what comes late.
        gaps = [after - before - 1 for before, after in zip(seen, seen[1:])]
        return sent, received, max(gaps) * _PING_EVERY


def _change_under_pings(front, count):
    carrier = front.guest.out("cat /sys/class/net/eth0/carrier_changes")
    front.guest.run(f"(sleep 1; ethtool -L eth0 combined {count}) >/dev/null 2>&1 &")
    pings = _Pings(front.guest.ip)
    # Asked seldom: XenStore has enough to do with the change.
    deadline = time.monotonic() + 30
    while front.queues() != count or not front.is_connected():
        if time.monotonic() > deadline:
            raise LabError(f"ethtool -L combined {count}: no connection with as many queues")
        time.sleep(3)
    time.sleep(2)
    sent, received, gap = pings.end()
    masks = [int(mask.replace(",", ""), 16) for mask in
             front.guest.out("cat /sys/class/net/eth0/queues/tx-*/xps_cpus").split()]
    covered = 0
    for mask in masks:
        covered |= mask
    row = {"queues": count, "gap_s": round(gap, 2), "lost": sent - received}
    shown = " ".join(f"{mask:x}" for mask in masks)
    say(f"  {row}, XPS {shown}")
    if len(masks) != count or not all(masks) or \
            bin(covered).count("1") < int(front.guest.out("nproc")):
        raise LabError(f"{count} queues: XPS is {shown}")
    now = front.guest.out("cat /sys/class/net/eth0/carrier_changes")
    if now != carrier:
        raise LabError(f"{count} queues: the carrier has changed, {carrier} times before, now {now}")
    return row


@step
def handed_over(lab):
    """Another netfront takes over the device and gives it back, as after a reload or kexec;
    what is left in XenStore is not taken for its own."""
    guest = lab.guests[0]
    found = {}
    for kind in ("in-tree", "ours"):
        guest.exchange(kind, "max_queues=4")
        deadline = time.monotonic() + 30
        while not lab.peer.ping(guest.ip, 3)[1]:
            if time.monotonic() > deadline:
                raise LabError(f"no answer from the {kind} netfront that has come after another")
        left = lab.dom0.out(f"xenstore-ls /local/domain/{guest.domid()}/device/vif/0")
        found[f"ctrl_ring_{kind}"] = "ctrl-ring-ref" in left
    if found["ctrl_ring_in-tree"]:
        raise LabError("the keys of a control ring have outlived the netfront that had it")
    return found


@step
def change_channels(lab, counts=(1, 4, 2)):
    """ethtool -L: how many pings of a stream are lost, and whether TCP survives.

    A machine without time to spare answers pings late or never, so the pings are judged
    when there are only pings.
    """
    front = _Front(lab)
    rows = [_change_under_pings(front, count) for count in counts]
    for row in rows:
        if row["gap_s"] > _MAX_GAP:
            raise LabError(f"{row['queues']} queues: no ping came back for {row['gap_s']} s")
    running = lab.peer.start(front.guest.ip, seconds=20 * len(counts))
    under_tcp = [_change_under_pings(front, count) for count in counts]
    report = lab.peer.report(running)
    last = max(row["sum"]["bits_per_second"] for row in report["intervals"][-5:])
    if last < _LEAST_MBPS * 1e6:
        raise LabError(f"TCP has {last:.0f} bit/s left after all changes")
    return {"changes": rows, "under_tcp": under_tcp,
            "tcp_mbps": round(report["end"]["sum_received"]["bits_per_second"] / 1e6, 1)}


@step
def channels_in_a_hurry(lab, changes=41):
    """Many changes, most of them before the one before is done: the last one holds."""
    front = _Front(lab)
    front.guest.run(f"for i in $(seq {changes}); do ethtool -L eth0 combined $((i % 4 + 1)) || "
                    f"exit; usleep $((i * 7919 % 60000)); done", timeout=120)
    began = time.monotonic()
    front.expect("multi-queue-num-queues", front.queues, changes % 4 + 1)
    front.connected()
    settled = time.monotonic() - began
    rates = front.must_carry("after changes in a hurry")
    return {"changes": changes, "settled_s": round(settled, 1), "tcp_mbps": rates}


@step
def channels_refused(lab):
    """What cannot be is an error, and changes nothing."""
    front = _Front(lab)
    before = front.queues()
    for wrong in ("combined 0", "combined 5", "combined 65", "rx 1", "combined 1 tx 1"):
        status, out = front.guest.run(f"ethtool -L eth0 {wrong}", check=False)
        if not status:
            raise LabError(f"ethtool -L {wrong}: accepted: {out}")
    for wrong in ("-G eth0 rx 128", "-C eth0 rx-usecs 10001", "-C eth0 tx-frames 129"):
        status, out = front.guest.run(f"ethtool {wrong}", check=False)
        if not status:
            raise LabError(f"ethtool {wrong}: accepted: {out}")
    rings = re.findall(r"^(?:RX|TX):\s+(\d+)", front.guest.out("ethtool -g eth0"), re.MULTILINE)
    if rings != ["256"] * 4:
        raise LabError(f"ethtool -g says {rings}")
    time.sleep(0.5)
    if front.queues() != before:
        raise LabError(f"{front.queues()} queues after refusals, {before} before")
    return {"refused": 8}


# Keep a key at a value, whatever others write. Straight onto the wire of XenStore, since
# the backend's own value must not last longer than a blink.
_INSIST = r"""
import os, struct, sys, time
key, value = sys.argv[1].encode() + b"\0", sys.argv[2].encode()
end = time.monotonic() + 100
fd = os.open("/dev/xen/xenbus", os.O_RDWR)
while time.monotonic() < end and not os.path.exists("/tmp/insist.stop"):
    os.write(fd, struct.pack("IIII", 11, 1, 0, len(key) + len(value)) + key + value)
    head = os.read(fd, 16)
    size = struct.unpack("IIII", head)[3]
    while size:
        size -= len(os.read(fd, size))
    time.sleep(0.003)
"""


@step
def channels_fall_back(lab):
    """The backend refuses a number that it seemed to offer; the last one is back.

    Only our netback refuses in this way; the in-tree one goes on without queues.
    """
    front = _Front(lab)
    if not front.netback_ours:
        return {"refused": 0}
    front.set_queues(2)
    front.write(front.backend, "max-queues", "2")
    path = f"{front.backend}/multi-queue-max-queues"
    front.dom0.run("cat >/tmp/insist.py", text=_INSIST)
    front.dom0.run(f"rm -f /tmp/insist.stop; "
                   f"(python3 /tmp/insist.py {path} 4 >/tmp/insist.log 2>&1 </dev/null &)")
    try:
        # To learn of the offer.
        for _ in range(5):
            front.again()
            if int(re.findall(r"Combined:\s+(\d+)", front.guest.out("ethtool -l eth0"))[0]) > 2:
                break
        good = front.queues()
        masks = "cat /sys/class/net/eth0/queues/tx-*/xps_cpus"
        front.guest.run("echo 1 >/sys/class/net/eth0/queues/tx-0/xps_cpus; "
                        "echo 1 >/sys/class/net/eth0/queues/tx-1/xps_cpus")
        had = front.guest.out(masks)
        pings = _Pings(front.guest.ip)
        front.guest.run("dmesg -c >/dev/null; ethtool -L eth0 combined 3")
        wanted = f"no connection with 3 queues, going back to {good}"
        front.expect("the guest's word of the refusal",
                     lambda: wanted in front.guest.out("dmesg"), True, seconds=15)
        front.connected()
        sent, received, gap = pings.end()
    finally:
        front.dom0.run("touch /tmp/insist.stop")
    if front.queues() != good:
        raise LabError(f"{front.queues()} queues after three were refused, must be {good}")
    if front.guest.out(masks) != had:
        raise LabError(f"XPS was {had!r} before three queues were refused, and is not any more")
    # XenStore is kept busy meanwhile, so this is about the state and not about time.
    if gap > 5 * _MAX_GAP:
        raise LabError(f"no ping came back for {gap:.2f} s")
    front.remove(front.backend, "max-queues")
    front.again()
    return {"refused": 1, "gap_s": round(gap, 3), "lost": sent - received}


# The backend's key, and what has to follow from its absence.
_OFFERS = {
    "feature-sg": ("tx-scatter-gather", "tx-tcp-segmentation", "tx-tcp6-segmentation"),
    "feature-gso-tcpv4": ("tx-tcp-segmentation",),
    "feature-gso-tcpv6": ("tx-tcp6-segmentation",),
    "feature-ipv6-csum-offload": ("tx-checksum-ipv6", "tx-tcp6-segmentation"),
}


@step
def features(lab):
    """What a backend does not offer is not used, and comes back with the offer."""
    front = _Front(lab)
    front.guest.run("ip link set eth0 mtu 9000")
    rows = {}
    for key in (*_OFFERS, None):
        # One at a time; the one before is offered again.
        for other in _OFFERS:
            front.write(front.backend, other, "0" if other == key else "1")
        front.again()
        shown = front.guest.out("ethtool -k eth0; echo mtu: $(cat /sys/class/net/eth0/mtu)")
        for name in {name for names in _OFFERS.values() for name in names}:
            on = re.search(rf"^\s*{name}: (\w+)", shown, re.MULTILINE)[1] == "on"
            if on == (name in _OFFERS.get(key, ())):
                raise LabError(f"without {key}, {name} is {'on' if on else 'off'}")
        mtu = re.search(r"mtu: (\d+)", shown)[1]
        if mtu != ("1500" if key == "feature-sg" else "9000"):
            raise LabError(f"without {key} the MTU is {mtu}")
        rows[f"without {key}"] = front.must_carry(f"without {key}")
    front.guest.run("ip link set eth0 mtu 1500")

    # The one key that says what there is not.
    key = "feature-no-csum-offload"
    for value, wanted in (("1", "off"), ("0", "on")):
        front.write(front.backend, key, value)
        front.again()
        shown = front.guest.out("ethtool -k eth0")
        for name in ("tx-checksum-ipv4", "tx-tcp-segmentation"):
            found = re.search(rf"^\s*{name}: (\w+)", shown, re.MULTILINE)[1]
            if found != wanted:
                raise LabError(f"{key} is {value}, and {name} is {found}")
        rows[f"{key}={value}"] = front.must_carry(f"with {key} {value}")
    front.remove(front.backend, key)

    key = "feature-split-event-channels"
    for value, there in (("0", "event-channel"), ("1", "event-channel-tx")):
        if front.netback_ours:
            # It writes the key itself when the frontend comes back.
            front.dom0.run(f"echo {value} >/sys/module/xen_netback/parameters/separate_tx_rx_irq")
        else:
            front.write(front.backend, key, value)
        front.set_queues(2)
        front.set_queues(1)
        if front.read(front.frontend, there) is None:
            raise LabError(f"{key} is {value} and there is no {there}")
        rows[f"{key}={value}"] = front.must_carry(f"with {key} {value}")

    # Without any queues to choose from there are no such keys.
    rebind = ("cd /sys/bus/xen/drivers/vif; echo vif-0 >unbind; echo vif-0 >bind; cd /; "
              + ETH0_UP)
    if front.netback_ours:
        front.write(front.backend, "max-queues", "1")
    else:
        front.remove(front.backend, "multi-queue-max-queues")
    front.guest.run(rebind)
    front.connected()
    if not front.guest.run("ethtool -L eth0 combined 2", check=False)[0]:
        raise LabError("two queues were accepted, and the backend has one")
    rows["one queue"] = front.must_carry("with one queue")
    if front.netback_ours:
        front.remove(front.backend, "max-queues")
    else:
        front.write(front.backend, "multi-queue-max-queues", "4")
    front.guest.run(rebind)
    front.connected()
    front.set_queues(2)
    return {"mbps": rows}


def _moderation_row(front, usecs, frames):
    front.guest.run(f"ethtool -C eth0 rx-usecs {usecs} rx-frames {frames} "
                    f"tx-usecs {usecs} tx-frames {frames}")
    row = {"usecs": usecs, "frames": frames}
    rtts = front.lab.peer.ping(front.guest.ip, 15)[2]
    row["ping_ms"] = round(sorted(rtts)[len(rtts) // 2], 2)
    for name, args in (("tcp_up", ("--reverse",)), ("tcp_down", ()),
                       ("udp_up", ("-u", "-b", "0", "-l", "64", "--reverse")),
                       ("udp_down", ("-u", "-b", "4M", "-l", "64"))):
        before, irqs = front.counters(), front.events()
        end = front.lab.peer.iperf(front.guest.ip, *args, seconds=3)
        after, now = front.counters(), front.events()
        total = end.get("sum_received") or end["sum"]
        row[name] = round(total["bits_per_second"] / 1e6, 2)
        for way, count in now.items():
            packets = after[f"{way}_packets"] - before[f"{way}_packets"]
            row[f"{name}_{way}_events_per_packet"] = round((count - irqs[way]) / packets, 4)
    say(f"  {row}")
    return row


@step
def moderation(lab, settings=((0, 1), (5000, 64))):
    """ethtool -C: what is set is shown, stays, and makes fewer events of as many packets.

    An emulated machine has few packets in 250 us. What is sent has an event with the last
    one in flight, so fewer events come of many in flight only, which is up to who gets to
    run: rawback's tx_moderated has them there.
    """
    front = _Front(lab)
    default = front.guest.out("ethtool -c eth0")
    rows = [_moderation_row(front, *setting) for setting in settings]
    for name in ("tcp_up_rx_events_per_packet", "tcp_down_rx_events_per_packet"):
        if rows[-1][name] >= rows[0][name]:
            raise LabError(f"no fewer events: {name} of {rows}")
    usecs, frames = settings[-1]
    front.again()
    shown = front.guest.out("ethtool -c eth0")
    for name, value in (("rx-usecs", usecs), ("rx-frames", frames), ("tx-usecs", usecs),
                        ("tx-frames", frames)):
        if not re.search(rf"^{name}:\s+{value}$", shown, re.MULTILINE):
            raise LabError(f"{name} is not {value} after a reconnect: {shown}")
    old = dict(re.findall(r"^((?:rx|tx)-(?:usecs|frames)):\s+(\d+)$", default, re.MULTILINE))
    front.guest.run("ethtool -C eth0 " + " ".join(f"{k} {v}" for k, v in old.items()))
    return {"default": old, "rows": rows}


def _qstats(front):
    """{(type or "all", queue): {counter: value}}"""
    rows = {}
    for line in front.guest.out("qstats eth0").splitlines():
        kind, queue, *rest = line.split()
        rows[kind, queue] = dict(zip(rest[::2], map(int, rest[1::2])))
    return rows


@step
def queue_stats(lab):
    """netlink's counters of queues are those of ethtool -S, also of queues that went."""
    front = _Front(lab)
    front.set_queues(4)
    front.tcp()
    for count in (4, 1):
        front.set_queues(count)
        found = _qstats(front)
        text = front.guest.out("ethtool -S eth0 | grep _.x_packets")
        tool = {(kind, queue): int(value) for queue, kind, value in
                re.findall(r"queue_(\d+)_(rx|tx)_packets: (\d+)", text)}
        if len(found) != 2 * count + 1:
            raise LabError(f"{count} queues, and netlink has {sorted(found)}")
        for (kind, queue), counters in found.items():
            expected = sum(value for (k, _), value in tool.items() if k == "rx") \
                if kind == "all" else tool[kind, queue]
            value = counters["rx_packets" if kind == "all" else f"{kind}_packets"]
            # Something may have come between the two readings.
            if not 0 <= expected - value < 50:
                raise LabError(f"{count} queues: {kind} {queue} is {value} in netlink, "
                               f"{expected} in ethtool -S")
    front.set_queues(2)
    return {"all": found["all", "-"]}


@step
def live_keys(lab):
    """mtu and carrier count when they change; what is no good does not, and is told."""
    front = _Front(lab)

    def mtu():
        return front.value("mtu")

    def carrier():
        return front.value("carrier")

    before = front.read(front.frontend, "mtu")
    for value in ("1400", "9000", "1500"):
        front.write(front.frontend, "mtu", value)
        front.expect("MTU", mtu, value)
    for wrong in ("67", "65518", "x", "", "-1", "4294967296", "1400x"):
        front.write(front.frontend, "mtu", wrong)
    front.expect("MTU after nonsense", mtu, "1500")
    if "ignoring the mtu key" not in front.guest.out("dmesg"):
        raise LabError("an MTU that is no number: nothing in the guest's log")
    front.guest.run("ip link set eth0 mtu 1300")
    front.again()
    front.expect("the user's MTU after a reconnect", mtu, "1300")
    for value in ("1400", "1500"):
        front.write(front.frontend, "mtu", value)
        front.expect("MTU", mtu, value)
    front.guest.run("dmesg -c >/dev/null")
    front.write(front.backend, "carrier", "0")
    front.expect("carrier", carrier, "0")
    front.guest.run("ip link set eth0 down; ip link set eth0 up")
    front.expect("carrier after down and up", carrier, "0")
    front.write(front.backend, "carrier", "1")
    front.expect("carrier", carrier, "1")
    front.write(front.backend, "carrier", "maybe")
    time.sleep(0.5)
    front.expect("carrier after nonsense", carrier, "1")
    if "ignoring the carrier key" not in front.guest.out("dmesg"):
        raise LabError("carrier maybe: nothing in the guest's log")
    front.write(front.backend, "carrier", "0")
    front.expect("carrier", carrier, "0")
    if front.netback_ours:
        # And as netback itself writes it.
        front.write(front.backend, "carrier", "1")
        front.expect("carrier", carrier, "1")
        front.dom0.run(f"ip link set {front.vif} down")
        front.expect("carrier", carrier, "0")
        front.dom0.run(f"ip link set {front.vif} up")
    else:
        front.remove(front.backend, "carrier")
    front.expect("carrier", carrier, "1")
    if before is not None:
        front.write(front.frontend, "mtu", before)
    front.must_carry("after all that")
    return {"mtu": mtu()}


def _addresses6(front):
    """An IPv6 address at each end; the peer's and the guest's."""
    peer, guest = _PREFIX6 + "2", f"{_PREFIX6}{front.guest.number + 100}"
    front.guest.run(f"ip -6 addr add {guest}/64 dev eth0 2>/dev/null; :")
    subprocess.run(["ip", "-6", "addr", "replace", f"{peer}/64", "dev", WIRE_TAP, "nodad"],
                   check=True)
    return peer, guest


@step
def offloads(lab, seconds=3):
    """Large packets and unfinished checksums cross, IPv4 and IPv6, both ways."""
    front = _Front(lab)
    _, guest6 = _addresses6(front)
    time.sleep(2)  # the guest makes sure that its address is nobody else's
    sums = "cat /proc/net/snmp /proc/net/snmp6"
    rows = {}
    for name, address in (("v4", front.guest.ip), ("v6", guest6)):
        before = front.counters()
        front.lab.peer.iperf(address, "--reverse", seconds=seconds)
        after = front.counters()
        sent = (after["tx_bytes"] - before["tx_bytes"]) / (after["tx_packets"] -
                                                           before["tx_packets"])
        if name == "v6":
            front.dom0.run(f"ip -6 addr replace {_PREFIX6}1/64 dev xenbr0 nodad")
        before = after
        out = front.dom0.out(f"iperf3 -J -c {address} -t {seconds}", timeout=60)
        after = front.counters()
        mbps = json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e6
        got = (after["rx_bytes"] - before["rx_bytes"]) / (after["rx_packets"] -
                                                          before["rx_packets"])
        rows[name] = {"bytes_per_packet_sent": round(sent),
                      "bytes_per_packet_received": round(got), "from_dom0_mbps": round(mbps, 1)}
        say(f"  {name}: {rows[name]}")
        if min(sent, got) < 2500:
            raise LabError(f"{name}: no large packets cross: {rows[name]}")
        # Small ones, with a checksum to be filled in.
        for way in ((), ("--reverse",)):
            end = front.lab.peer.iperf(address, "-u", "-l", "200", "-b", "1M", *way, seconds=2)
            total = end.get("sum_received") or end["sum"]
            if total["lost_packets"] > total["packets"] / 10:
                raise LabError(f"UDP over {name} {way}: {total}")
    bad = re.findall(r"^\S*InCsumErrors\s+([1-9]\d*)", front.guest.out(sums), re.MULTILINE)
    for line, values in re.findall(r"^(\w+: .*InCsumErrors.*)\n(\w+: .*)", front.guest.out(sums),
                                   re.MULTILINE):
        bad += [v for k, v in zip(line.split(), values.split()) if k == "InCsumErrors" and v != "0"]
    errors = front.counters()
    if bad or errors["rx_err_csum"] or errors["rx_err_gso"] or errors["tx_err_backend"]:
        raise LabError(f"checksum errors in the guest: {bad}, counters {errors}")
    return rows


@step
def jumbo(lab):
    """Large MTUs, as far as the way goes: 65517 to dom0, and back to 1500."""
    front = _Front(lab)
    dom0_ip = lab.peer_ip.rsplit(".", 1)[0] + ".1"
    front.dom0.run(f"ip link set {front.vif} mtu 65517; ip link set xenbr0 mtu 65517")
    sizes = {}
    for mtu in (9000, 65517):
        front.guest.run(f"ip link set eth0 mtu {mtu}")
        size = mtu - 28
        # busybox's ping cannot forbid fragments: the counters say whether there were any.
        before = front.counters()
        out = front.guest.out(f"ping -c 5 -s {min(size, 65467)} {dom0_ip}", timeout=40)
        after = front.counters()
        if " 5 packets received" not in out:
            raise LabError(f"MTU {mtu}: {out}")
        packets = after["tx_packets"] - before["tx_packets"]
        if packets > 10:
            raise LabError(f"MTU {mtu}: 5 pings were {packets} packets")
        out = front.dom0.out(f"iperf3 -J -c {front.guest.ip} -t 2", timeout=60)
        sizes[mtu] = round(json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e6, 1)
    if not front.guest.run("ip link set eth0 mtu 65518", check=False)[0]:
        raise LabError("an MTU of 65518 was accepted")
    front.guest.run("ip link set eth0 mtu 1500")
    front.dom0.run(f"ip link set {front.vif} mtu 1500; ip link set xenbr0 mtu 1500")
    return {"from_dom0_mbps": sizes}


def _other_guest(lab, change, **settings):
    """In place of the guests one whose configuration is changed by a command in dom0."""
    lab.drop_guests()
    lab.dom0.run(f"cp /lab/guest.cfg /tmp/guest.cfg; {change}")
    try:
        lab.add_guest(1, "ours", **settings)
    finally:
        lab.dom0.run("cp /tmp/guest.cfg /lab/guest.cfg")
    front = _Front(lab)
    front.connected()
    return front


@step
def begins_short(lab, seconds=4):
    """Headers that begin right before the end of a page go in a way that no backend refuses.

    In-tree netbacks refuse packets whose first piece is shorter than an Ethernet header.
    TCP's headers lie so when the slab of their memory is large.
    """
    front = _other_guest(
        lab, "sed -i 's/^extra = \"/&slab_min_objects=60 slab_max_order=5 /' /lab/guest.cfg")
    before = front.counters()
    lab.peer.iperf(front.guest.ip, "--reverse", seconds=seconds)
    after = front.counters()
    moved = {name: after[name] - before[name]
             for name in ("tx_packets", "tx_copied", "tx_err_backend")}
    if moved["tx_err_backend"] or not moved["tx_copied"]:
        raise LabError(f"TCP to the wire: {moved}")
    return moved


@step
def page_reuse(lab, seconds=4):
    """How many of the pages for the backend need not come from the kernel."""
    front = _Front(lab)
    rows = {}
    for name, args in (("tcp", ()), ("udp", ("-u", "-b", "20M", "-l", "1400"))):
        before = front.counters()
        lab.peer.iperf(front.guest.ip, *args, seconds=seconds)
        after = front.counters()
        pages, new = (after[c] - before[c] for c in ("rx_pages", "rx_pages_new"))
        rows[name] = {"pages": pages, "new": new, "reused": round(1 - new / pages, 3)}
        if new > pages / 10:
            raise LabError(f"{name}: {new} of {pages} pages came from the kernel")
    return rows


_IP_IN = "awk '/^Ip:/ && n++ { print $4 }' /proc/net/snmp"


@step
def gro(lab, seconds=2):
    """Packets that come one by one go up the stack by the dozen, and only with GRO on."""
    front = _Front(lab)
    vif = f"vif{front.guest.domid()}.0"
    # Nobody else puts them together, or leaves them as they are for us.
    lab.dom0.run(f"ethtool -K {vif} tso off gso off && ethtool -K xenbr0 tso off gso off && "
                 "ethtool -K eth0 gro off")
    per_skb = {}
    for setting in ("on", "off"):
        front.guest.run(f"ethtool -K eth0 gro {setting}")
        before = front.counters()["rx_packets"], int(front.guest.out(_IP_IN))
        lab.peer.iperf(front.guest.ip, seconds=seconds)
        after = front.counters()["rx_packets"], int(front.guest.out(_IP_IN))
        packets, skbs = (a - b for a, b in zip(after, before))
        per_skb[setting] = round(packets / skbs, 2)
    front.guest.run("ethtool -K eth0 gro on")
    lab.dom0.run(f"ethtool -K {vif} tso on gso on && ethtool -K xenbr0 tso on gso on && "
                 "ethtool -K eth0 gro on")
    if per_skb["on"] < 1.5 or per_skb["off"] > 1.1:
        raise LabError(f"packets per skb with GRO: {per_skb}")
    return {"packets_per_skb": per_skb}


@step
def driver_info(lab):
    """ethtool -i says which driver this is, as XenBus has it, and where its device is."""
    shown = dict(re.findall(r"^([a-z-]+): *(.*)$", lab.guests[0].out("ethtool -i eth0"), re.M))
    version = lab.guests[0].out("cat /sys/module/xen_netfront/version")
    for key, wanted in (("driver", "vif"), ("version", version), ("bus-info", "vif-0")):
        if shown.get(key) != wanted:
            raise LabError(f"ethtool -i: {key} is {shown.get(key)!r}, must be {wanted!r}")
    return shown


@step
def batches(lab, seconds=3):
    """Packets per push and per event: what the stack cuts up at once goes out at once.

    Without offload it cuts TCP's packets up right before the driver, and says that there
    are more. With it they are large and come one by one, which is what to compare with.
    """
    front = _Front(lab)
    rows = {}
    for name, setting in (("together", "tso off"), ("one by one", "tso on")):
        front.guest.run(f"ethtool -K eth0 {setting}")
        before = front.counters()
        lab.peer.iperf(front.guest.ip, "--reverse", seconds=seconds)
        after = front.counters()
        packets, pushes, notifies = (after[c] - before[c] for c in
                                     ("tx_packets", "tx_batches", "tx_notifies"))
        rows[name] = {"packets": packets, "packets_per_push": round(packets / pushes, 2),
                      "packets_per_event": round(packets / max(notifies, 1), 2)}
    if rows["together"]["packets_per_push"] < 4 * rows["one by one"]["packets_per_push"]:
        raise LabError(f"packets that come together are pushed one by one: {rows}")
    return rows


# What netfront hands packets to, and what interrupts it: these may allocate as they like.
_NOT_NETFRONTS = re.compile(r"napi_gro_|napi_complete|netif_|asm_")


@step
def allocations(lab):
    """Per small packet, in either direction: what netfront has allocated, and through whom."""
    front = _Front(lab)
    loads = {"tx": f"timeout 2 datagrams send {WIRE_PEER} 60; :",
             "rx": f"datagrams exchange {WIRE_DOM0} 60 100 64"}
    rows = {}
    lab.dom0.run("datagrams answer >/dev/null 2>&1 </dev/null & echo $! >/run/lab/answers")
    for way, load in loads.items():
        before = front.counters()[f"{way}_packets"]
        front.guest.run(f"allocations start && {{ {load}; }}")
        found = front.guest.out("allocations end")
        packets = front.counters()[f"{way}_packets"] - before
        by_callee = {name: int(times) for name, times in map(str.split, found.splitlines())}
        rows[way] = {"packets": packets} | {
            name: round(times / packets, 4) for name, times in sorted(by_callee.items())}
        if packets < 2000:
            raise LabError(f"{way}: only {packets} packets", front.guest.log)
    lab.dom0.run("kill $(cat /run/lab/answers)")
    # Most come in bulk, which counts once; without any, nobody would have looked.
    if not 0 < rows["rx"].get("napi_alloc_skb", 0) < 1.1:
        raise LabError(f"an skb for each received packet, and no more: {rows}")
    for way, row in rows.items():
        own = {name: value for name, value in row.items()
               if name not in ("packets", "napi_alloc_skb") and not _NOT_NETFRONTS.match(name)}
        if sum(own.values()) > 0.01 or (way == "tx" and row.get("napi_alloc_skb", 0) > 0.1):
            raise LabError(f"{way}: netfront allocates more than the skb: {own} of {rows}")
    return rows


@step
def few_grants(lab):
    """More queues than there are grants for: an error, and all goes on as it was."""
    front = _other_guest(lab, "echo max_grant_frames=4 >>/lab/guest.cfg", params="max_queues=4")
    had = front.queues()
    front.set_queues(1)
    status, out = front.guest.run("ethtool -L eth0 combined 4", check=False)
    if not status:
        raise LabError("grants for four queues next to one, in a table of 2048?")
    if "do not suffice for 4 queues" not in front.guest.out("dmesg"):
        raise LabError("the guest's log does not say why there are no four queues")
    if front.queues() != 1:
        raise LabError(f"{front.queues()} queues after a refusal, one before")
    front.must_carry("after a refusal for want of grants")
    front.set_queues(2)
    return {"at_boot": had, "refused": out.strip().splitlines()[-1]}
