# SPDX-License-Identifier: GPL-2.0
"""The steps that a scenario may name.

A step takes the running lab and its own settings, does one thing with every
guest concerned, and returns what it found, to go into the results under its
name. It raises LabError when what it found is not good enough.
"""

import json
import re
import statistics

from errors import LabError

STEPS = {}


def step(function):
    if function.__name__ in STEPS:
        raise LabError(f"there are two steps {function.__name__}")
    STEPS[function.__name__] = function
    return function


@step
def ping(lab, count=20):
    """Ping both ways; nothing may be lost."""
    sent = received = 0
    rtts = []
    for guest in lab.guests:
        # The first one pays for ARP and for whatever starts up late.
        lab.peer.ping(guest.ip, 2)
        s, r, rtt = lab.peer.ping(guest.ip, count)
        out = guest.out(f"ping -c {count} -i 0.2 -W 5 {lab.peer_ip}", timeout=60 + count)
        back = re.search(r"(\d+) packets transmitted, (\d+) packets received", out)
        sent += s + int(back[1])
        received += r + int(back[2])
        rtts += rtt
    if received != sent:
        raise LabError(f"ping: {received} of {sent} came back")
    return {"sent": sent, "received": received,
            "rtt_ms_median": round(statistics.median(rtts), 3)}


def _mbps(end):
    return round(end["sum_received"]["bits_per_second"] / 1e6, 1)


@step
def tcp(lab, seconds=8):
    """TCP throughput both ways, as the receiving side counts it."""
    ip = lab.guests[0].ip
    up = _mbps(lab.peer.iperf(ip, "--reverse", seconds=seconds))
    down = _mbps(lab.peer.iperf(ip, seconds=seconds))
    if min(up, down) < 1:
        raise LabError(f"tcp: {up} Mbit/s up, {down} Mbit/s down: that is no connection")
    return {"guest_to_wire_mbps": up, "wire_to_guest_mbps": down}


def _udp(end):
    """(received per second, lost) of a UDP run, from the receiver's counts."""
    total = end.get("sum_received") or end["sum"]
    packets, lost = total["packets"], total["lost_packets"]
    return round((packets - lost) / (total["seconds"] or 1)), lost


@step
def udp(lab, seconds=5, size=64, down_rate="5M"):
    """Small packets per second: as fast as the guest can send, and a steady rate to it.

    The rate toward the guest is limited because the peer is not emulated and
    would drown the machine.
    """
    ip = lab.guests[0].ip
    up, up_lost = _udp(lab.peer.iperf(ip, "-u", "-l", str(size), "-b", "0", "--reverse",
                                      seconds=seconds))
    down, down_lost = _udp(lab.peer.iperf(ip, "-u", "-l", str(size), "-b", down_rate,
                                          seconds=seconds))
    if min(up, down) < 10:
        raise LabError(f"udp: {up} packets/s up, {down} packets/s down: that is no traffic")
    return {"guest_to_wire_pps": up, "guest_to_wire_lost": up_lost,
            "wire_to_guest_pps": down, "wire_to_guest_lost": down_lost}


@step
def between(lab, seconds=5, megabytes=24):
    """From the first guest to the second and back: what one grants is copied to the other."""
    result = {}
    for name, sender, receiver in (("there", *lab.guests[:2]), ("back", *lab.guests[1::-1])):
        found = json.loads(sender.out(f"iperf3 -J -t {seconds} -c {receiver.ip}",
                                      timeout=60 + seconds))
        result[f"{name}_mbps"] = _mbps(found["end"])

        # The bytes are all different from their neighbours, and few: guests are small.
        receiver.run("nc -l -p 7007 -w 20 </dev/null 2>/dev/null | md5sum >/tmp/got &")
        sent = sender.out(f"dd if=/dev/urandom of=/tmp/sent bs=64k count={megabytes * 16} "
                          "2>/dev/null; sleep 0.5; "
                          f"nc {receiver.ip} 7007 </tmp/sent; md5sum </tmp/sent; rm /tmp/sent",
                          timeout=120)
        got = receiver.out("for i in $(seq 50); do [ -s /tmp/got ] && break; sleep 0.2; done; "
                           "cat /tmp/got")
        if sent != got:
            raise LabError(f"between: {megabytes} MiB sent with checksum {sent}, got {got}")
        result[f"{name}_checked_mib"] = megabytes
    return result


@step
def interrupts(lab):
    """Each vif interrupt's count per dom0 CPU."""
    found = {}
    for line in lab.dom0.out("cat /proc/interrupts").splitlines():
        words = line.split()
        if words and words[-1].startswith("vif"):
            counts = [int(w) for w in words[1:] if w.isdigit()]
            found[words[-1]] = counts
    if not found:
        raise LabError("interrupts: dom0 has none for a vif")
    return found


def _links(lab):
    links = json.loads(lab.dom0.out("ip -s -s -j link"))
    return {link["ifname"]: link["stats64"] for link in links}


def _guest_counters(guest):
    names = ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_dropped", "tx_dropped")
    files = " ".join(f"/sys/class/net/eth0/statistics/{n}" for n in names)
    return dict(zip(names, map(int, guest.out(f"cat {files}").split())))


def _accounted(sender, receiver):
    """Whether all that one side sent was received by the other, or dropped and counted."""
    missing = sender["tx_packets"] - receiver["rx_packets"]
    return 0 <= missing <= receiver["rx_dropped"]


def carried(lab):
    """(vif, guest): what each has counted, with nothing on the way between them.

    Packets in flight between the two readings would differ, so the vif is read until
    two readings of it are the same.
    """
    guest = lab.guests[0]
    vif = f"vif{guest.domid()}.0"
    for _ in range(10):
        before = _links(lab)[vif]
        inside = _guest_counters(guest)
        after = _links(lab)[vif]
        if before == after:
            break
    else:
        raise LabError(f"{vif} is never quiet, its packets cannot be counted")
    return {f"{way}_{what}": after[way][what] for way in ("rx", "tx")
            for what in ("packets", "bytes", "errors", "dropped")}, inside


@step
def counters(lab):
    """ip -s link on both sides; what one side sent the other has to have counted.

    A drop can be in order: a guest gets the bridge's IPv6 announcements before its
    interface is up.
    """
    outside, inside = carried(lab)
    result = {"vif": outside, "guest": inside, "nic": _links(lab)["eth0"]}
    if not (_accounted(outside, inside) and _accounted(inside, outside)):
        raise LabError(f"counters: the two sides disagree: {outside}, in the guest {inside}")
    return result
