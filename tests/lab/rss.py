# SPDX-License-Identifier: GPL-2.0
"""Receive-side hashing of the guest: what it asks for, and on which queue packets come.

Packets are made here, of addresses and ports at random, and no two of them are of the
same length. The guest's kernel says of each that it receives, by its length, on which
queue it came and with what hash; both are computed here as well, from the key and the
table that ethtool -x shows.
"""

import ipaddress
import random
import re
import socket
import struct
import time

from errors import LabError
from guest import ETH0_UP
from paths import WIRE_TAP
from progress import say
from steps import step

_SEED = 0x76696677
_TRACING = "/sys/kernel/tracing"
_EVENT = f"{_TRACING}/events/net/napi_gro_receive_entry"
_TABLE = 128
# IP packets of a test are of this length and more, byte by byte.
_SHORTEST = 601
_TCP, _UDP = 6, 17


def toeplitz(key, data):
    """The definition: each bit of the data adds the 32 bits of the key at its place."""
    key = int.from_bytes(key, "big") << 32
    width = 8 * 40 + 32
    result = 0
    for place in range(8 * len(data)):
        if data[place // 8] >> (7 - place % 8) & 1:
            result ^= key >> (width - 32 - place) & 0xffffffff
    return result


class _Packet:
    """A packet that nobody waits for, with its own length."""

    def __init__(self, rng, version, protocol, length):
        self.version, self.protocol, self.length = version, protocol, length
        if version == 4:
            self.addresses = bytes([10]) + rng.randbytes(3) + bytes([10]) + rng.randbytes(3)
        else:
            self.addresses = b"".join(b"\xfd" + rng.randbytes(15) for _ in range(2))
        self.ports = rng.randbytes(4)

    def frame(self, source, destination):
        rest = self.length - (20 if self.version == 4 else 40)
        if self.protocol == _TCP:
            body = self.ports + struct.pack("!IIBBHHH", 1, 0, 5 << 4, 2, 8192, 0, 0)
        else:
            body = self.ports + struct.pack("!HH", rest, 0)
        body += bytes(rest - len(body))
        if self.version == 4:
            head = struct.pack("!BBHHHBBH", 0x45, 0, self.length, 1, 0, 9, self.protocol, 0)
            head += self.addresses
            total = sum(struct.unpack("!10H", head))
            total = (total & 0xffff) + (total >> 16)
            total = ~((total & 0xffff) + (total >> 16)) & 0xffff
            head = head[:10] + struct.pack("!H", total) + head[12:]
        else:
            head = struct.pack("!IHBB", 6 << 28, rest, self.protocol, 9) + self.addresses
        return destination + source + (b"\x08\x00" if self.version == 4 else b"\x86\xdd") + \
            head + body

    def hash(self, key, ports_too):
        """(hash, made of ports too)"""
        with_ports = self.protocol == _TCP and ports_too(self.version)
        return toeplitz(key, self.addresses + (self.ports if with_ports else b"")), with_ports

    def __str__(self):
        middle = len(self.addresses) // 2
        ends = [ipaddress.ip_address(self.addresses[:middle]),
                ipaddress.ip_address(self.addresses[middle:])]
        return f"{'TCP' if self.protocol == _TCP else 'UDP'} {ends[0]} to {ends[1]}"


# The work that talks to the backend is over when its counters rest.
_TOLD = ("calm=0; while [ $calm -lt 3 ]; do now=$(ethtool -S eth0 | grep '^ *ctrl_'); "
         "if [ \"$now\" = \"$last\" ]; then calm=$((calm + 1)); else calm=0; fi; last=$now; "
         "usleep 300000; done; ")
_COUNTERS = ("ethtool -S eth0 | grep -E '^ *(rx_err|rx_hash_ignored|ctrl_|broken|"
             "queue_[0-9]+_rx_packets)'")
_TRACE = (f"[ -e {_EVENT} ] || mount -t tracefs trace {_TRACING}; "
          f"echo 'len >= {_SHORTEST} && len < {_SHORTEST + 300}' >{_EVENT}/filter; "
          f"echo 1 >{_EVENT}/enable; echo >{_TRACING}/trace; ")
_SEEN = (f"echo 0 >{_EVENT}/enable; sed -n 's/.*dev=eth0 .*queue_mapping=\\([0-9]*\\) "
         ".*hash=\\([0-9a-fx]*\\) l4_hash=\\([01]\\) len=\\([0-9]*\\) .*/\\1 \\2 \\3 \\4/p' "
         f"{_TRACING}/trace; ")


def _parse(text):
    """(key, table, whether a function is in force) as ethtool -x has it."""
    key = re.search(r"^((?:[0-9a-f]{2}:){39}[0-9a-f]{2})$", text, re.M)
    rows = re.findall(r"^ *(\d+): +((?:\d+ *)+)$", text, re.M)
    table = [int(queue) for _, row in rows for queue in row.split()]
    if not key or len(table) != _TABLE:
        raise LabError(f"ethtool -x shows no key of 40 bytes, or no {_TABLE} entries:\n{text}")
    return bytes.fromhex(key[1].replace(":", "")), table, "toeplitz: on" in text


def _shown(guest):
    return _parse(guest.out(f"{_TOLD} ethtool -x eth0"))


def _counters(text):
    return {name: int(value) for name, value in re.findall(r"^ *(\w+): (\d+)$", text, re.M)}


def _wrong(counters):
    """Those that must not move."""
    return {name: value for name, value in counters.items()
            if value and re.match("rx_err|rx_hash|ctrl_err|broken", name)}


def _send(guest, packets):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((WIRE_TAP, 0))
        source = wire.getsockname()[4]
        destination = bytes.fromhex(guest.mac.replace(":", ""))
        for packet in packets:
            wire.send(packet.frame(source, destination))
            time.sleep(0.002)


def _check(lab, what, rxhash, ports_too=lambda version: True, each=12):
    """Packets come on the queues and with the hashes that ethtool -x promises."""
    guest = lab.guests[0]
    rng = random.Random(_SEED)
    kinds = [(version, protocol) for version in (4, 6) for protocol in (_TCP, _UDP)]
    packets = [_Packet(rng, *kinds[i % 4], _SHORTEST + i) for i in range(4 * each)]

    shown, counted = guest.out(f"{_TOLD} {_TRACE} ethtool -x eth0; echo ---; {_COUNTERS}",
                               timeout=120).split("---")
    key, table, on = _parse(shown)
    if not on:
        raise LabError(f"{what}: ethtool -x shows no function; {_counters(counted)}")
    _send(guest, packets)
    time.sleep(1)
    seen, counted_then = guest.out(f"{_SEEN} echo ---; {_COUNTERS}").split("---")
    before, after = _counters(counted), _counters(counted_then)
    found = {}
    for line in seen.splitlines():
        mapping, value, ports, length = line.split()
        # The stack counts queues of received packets from 1.
        found[int(length)] = int(mapping) - 1, int(value, 16), ports == "1"

    expected = dict.fromkeys(range(max(table) + 1), 0)
    lost = []
    for packet in packets:
        value, ports = packet.hash(key, ports_too)
        queue = table[value % _TABLE]
        expected[queue] += 1
        wanted = (queue, value, ports) if rxhash else (queue, 0, False)
        if packet.length not in found:
            lost.append(str(packet))
        elif found[packet.length] != wanted:
            raise LabError(f"{what}: {packet} came on queue, with hash, of ports: "
                           f"{found[packet.length]}, must be {wanted}")
    if len(lost) > 2:
        raise LabError(f"{what}: {len(lost)} packets did not come: {', '.join(lost)}")
    moved = {queue: after[f"queue_{queue}_rx_packets"] - before[f"queue_{queue}_rx_packets"]
             for queue in expected}
    if any(moved[queue] < count - len(lost) for queue, count in expected.items()):
        raise LabError(f"{what}: packets by queue {moved}, must be {expected} and others")
    if _wrong(after) != _wrong(before):
        raise LabError(f"{what}: counters were {_wrong(before)}, are {_wrong(after)}")
    say(f"  {what}: {len(found)} packets as computed, by queue {expected}")
    return len(found)


# Arguments of ethtool, and what is wrong with them.
_REFUSED = [
    ("-X eth0 equal 5", "more queues than there are"),
    ("-X eth0 weight 1 1 1 1 1", "a weight for a queue that is not there"),
    ("-X eth0 hkey 11:22:33", "a key of 3 bytes"),
    ("-X eth0 hfunc crc32", "another function"),
    ("-X eth0 hfunc xor", "another function"),
    ("-N eth0 rx-flow-hash tcp4 f", "one port"),
    ("-N eth0 rx-flow-hash tcp4 s", "one address"),
    ("-N eth0 rx-flow-hash udp4 sdfn", "ports of UDP"),
    ("-N eth0 rx-flow-hash tcp6 v", "a VLAN"),
]


def _four_queues(lab):
    """A guest begins with as many queues as CPUs, which are fewer."""
    guest = lab.guests[0]
    guest.run("[ $(ls -d /sys/class/net/eth0/queues/rx-* | wc -l) = 4 ] || "
              "ethtool -L eth0 combined 4")
    _until_state(lab, f"/local/domain/{guest.domid()}/device/vif/0/multi-queue-num-queues", "4")
    # The connection with them.
    time.sleep(2)


@step
def rss_settings(lab):
    """What ethtool shows before anything is set, and what is refused."""
    guest = lab.guests[0]
    _four_queues(lab)
    queues = int(guest.out("ls -d /sys/class/net/eth0/queues/rx-* | wc -l"))
    if queues != 4:
        raise LabError(f"the guest has {queues} queues, must be 4")
    key, table, on = _shown(guest)
    if on or table != [i % queues for i in range(_TABLE)]:
        raise LabError(f"before anything is set: function in force: {on}, table {table}")
    for args, what in _REFUSED:
        status, out = guest.run(f"ethtool {args} 2>&1", check=False)
        if not status:
            raise LabError(f"ethtool {args} ({what}) is not refused: {out}")
    if _shown(guest) != (key, table, on) or _counters(guest.out(_COUNTERS))["ctrl_done"]:
        raise LabError("what was refused has changed something, or the backend was told")
    for flow, words in (("tcp4", 4), ("udp4", 2), ("tcp6", 4), ("sctp6", 2)):
        out = guest.out(f"ethtool -n eth0 rx-flow-hash {flow}")
        if len(re.findall(r"^(?:IP [SD]A|L4 bytes)", out, re.M)) != words:
            raise LabError(f"fields that are hashed of {flow}: {out}")
    return {"queues": queues, "refused": len(_REFUSED)}


@step
def rss_packets(lab, quick=False):
    """Each packet on the queue of the table, and with the hash, by every setting."""
    guest = lab.guests[0]
    run, packets = guest.run, 0
    _four_queues(lab)
    # Packets are in flight while hashing begins, changes and ends.
    run(f"(ping -q -i 0.01 {lab.peer_ip} >/dev/null 2>&1 & echo $! >/tmp/ping)")

    run("ethtool -X eth0 weight 1 2 3 2")
    packets += _check(lab, "a table", False)
    run("ethtool -K eth0 rxhash on")
    packets += _check(lab, "a table and rxhash", True)
    if quick:
        run("ethtool -K eth0 rxhash off; ethtool -X eth0 default; kill $(cat /tmp/ping)")
        return {"packets": packets}
    key = ":".join(f"{byte:02x}" for byte in random.Random(_SEED).randbytes(40))
    run(f"ethtool -X eth0 equal 2 hkey {key}")
    if _shown(guest)[0].hex(":") != key:
        raise LabError("ethtool -x does not show the key that was set")
    packets += _check(lab, "another table and key", True)
    run("ethtool -N eth0 rx-flow-hash tcp4 sd")
    packets += _check(lab, "TCP over IPv4 without ports", True, lambda version: version == 6)
    run("ethtool -N eth0 rx-flow-hash tcp4 sdfn; ethtool -X eth0 default")
    packets += _check(lab, "the default table and rxhash", True)
    run("ethtool -K eth0 rxhash off")
    if _shown(guest)[2]:
        raise LabError("ethtool -x shows a function when nobody wants hashing")
    run("ethtool -X eth0 weight 0 1 0 1 && kill $(cat /tmp/ping)")
    packets += _check(lab, "two queues of four", False)
    return {"packets": packets, "messages": _counters(guest.out(_COUNTERS))["ctrl_done"]}


def _rebind(lab, vif):
    device = f"vif-{vif[3:].split('.')[0]}-0"
    driver = "/sys/bus/xen-backend/drivers/vif"
    # What the hotplug script does, which the toolstack runs for new devices only.
    lab.dom0.run(f"echo {device} >{driver}/unbind; echo {device} >{driver}/bind; "
                 f"ip link set {vif} master xenbr0 up; xenstore-write "
                 f"/local/domain/0/backend/vif/{device[4:].replace('-', '/')}/hotplug-status "
                 "connected")


def _until_state(lab, key, value, seconds=20):
    deadline = time.monotonic() + seconds
    while (found := lab.dom0.out(f"xenstore-read {key} || :")) != value:
        if time.monotonic() > deadline:
            raise LabError(f"{key} is {found!r} and not {value!r}")
        time.sleep(0.2)


@step
def rss_lasts(lab):
    """Settings outlast backends, on the same rings and on new ones, and queues that go."""
    guest = lab.guests[0]
    domid = guest.domid()
    vif = f"vif{domid}.0"
    backend = f"/local/domain/0/backend/vif/{domid}/0"
    frontend = f"/local/domain/{domid}/device/vif/0"
    _four_queues(lab)
    guest.run("ethtool -K eth0 rxhash on; ethtool -X eth0 weight 1 1 2 4")
    packets = _check(lab, "before", True)
    before = _shown(guest)

    _rebind(lab, vif)
    _until_state(lab, f"{backend}/state", "4")
    packets += _check(lab, "another backend on the same rings", True)

    # The guest closes when the backend seems to, and connects when it seems to be back.
    lab.dom0.run(f"xenstore-write {backend}/state 5")
    _until_state(lab, f"{frontend}/state", "6")
    _until_state(lab, f"{backend}/state", "6")
    old = lab.dom0.out(f"xenstore-read {frontend}/event-channel-ctrl {frontend}/ctrl-ring-ref")
    lab.dom0.run(f"xenstore-write {backend}/state 2")
    _until_state(lab, f"{frontend}/state", "4")
    lab.dom0.run(f"xenstore-write {backend}/hotplug-status connected")
    _until_state(lab, f"{backend}/state", "4")
    new = lab.dom0.out(f"xenstore-read {frontend}/event-channel-ctrl {frontend}/ctrl-ring-ref")
    packets += _check(lab, f"another connection ({old.split()}, now {new.split()})", True)
    if _shown(guest) != before:
        raise LabError("ethtool -x does not show what it did before")

    # With -L, if there is such a thing: a table that fits stays, one that does not goes.
    changes = 0
    if not guest.run("ethtool -l eth0 >/dev/null 2>&1", check=False)[0]:
        guest.run("ethtool -X eth0 equal 2")
        for queues in (2, 4):
            guest.run(f"ethtool -L eth0 combined {queues}")
            _until_state(lab, f"{frontend}/multi-queue-num-queues", str(queues))
            _until_state(lab, f"{backend}/state", "4")
            packets += _check(lab, f"{queues} queues", True)
            changes += 1
    return {"packets": packets, "queue_changes": changes}


@step
def rss_without(lab):
    """A backend without a control ring: nothing is set, and nothing is claimed.

    Backends write the key when the device appears, and leave it alone when a frontend
    comes back.
    """
    guest = lab.guests[0]
    domid = guest.domid()
    guest.run("ethtool -K eth0 rxhash off; echo vif-0 >/sys/bus/xen/drivers/vif/unbind")
    backend = f"/local/domain/0/backend/vif/{domid}/0"
    lab.dom0.run(f"xenstore-write {backend}/feature-ctrl-ring 0")
    guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/bind; " + ETH0_UP)
    _until_state(lab, f"{backend}/state", "4")
    offered = lab.dom0.out(f"xenstore-read {backend}/feature-ctrl-ring") == "1"
    for args in ("-X eth0 equal 2", "-K eth0 rxhash on", "-N eth0 rx-flow-hash tcp4 sd"):
        status, out = guest.run(f"ethtool {args} 2>&1", check=False)
        if offered == bool(status):
            raise LabError(f"ethtool {args}, control ring {offered}: status {status}, {out}")
    on = _shown(guest)[2]
    if on != offered:
        raise LabError(f"ethtool -x, control ring {offered}: function in force: {on}")
    ring = "ctrl-ring-ref" in lab.dom0.out(f"xenstore-ls /local/domain/{domid}/device/vif/0")
    if ring != offered:
        raise LabError(f"the guest has published a control ring: {ring}")
    sent, received, _ = lab.peer.ping(guest.ip, 5)
    if not received:
        raise LabError(f"{received} of {sent} pings came back")
    return {"control_ring": offered}
