# SPDX-License-Identifier: GPL-2.0
"""XDP in the guest: verdicts, what programs do to packets, and how they come and go.

The programs are those of tests/lab/programs/xdpset.c. Packets are counted on both sides
of the vif: the way from the peer to it may lose some when the host is busy.
"""

import json
import re
import socket
import subprocess
import time

from actions import GUEST, HOME, NIC, REPEATS
from errors import LabError
from guest import ETH0_UP
from paths import WIRE_TAP
from progress import say
from steps import carried, step
from vifkeys import _must_answer, _Vif

PORT = 7777
HEADROOM = "256"
# NETDEV_XDP_ACT_*: BASIC, REDIRECT, NDO_XMIT, RX_SG, NDO_XMIT_SG
FEATURES, WITHOUT_ROOM = 103, 68
_TYPE = b"\x88\xb5"
_SOURCE = b"\x02\0\0\0\0\x01"


def _attach(guest, program, device="eth0"):
    guest.run(f"xdpset attach {device} {program}")


def _detach(guest, device="eth0"):
    guest.run(f"xdpset detach {device}")


# What any traffic moves.
_ORDINARY = {"rx_pages", "rx_pages_new", "tx_batches", "tx_notifies"}


def _stats(guest, device="eth0"):
    text = guest.out(f"ethtool -S {device} | grep -v queue_")
    return {name: int(value) for name, value in re.findall(r"(\w+): (\d+)", text)
            if name not in _ORDINARY}


def _moved(before, after):
    """The counters that moved, and by how much."""
    return {name: after[name] - value for name, value in before.items() if after[name] != value}


def _settled(vif, headroom):
    """Wait until the backend has been told, and both are Connected again.

    The in-tree netback stays Reconfigured.
    """
    vif.expect("xdp-headroom", headroom, vif.frontend)
    vif.expect("state", "4", vif.frontend)
    deadline = time.monotonic() + 10
    while vif.read("state") not in ("4", "8"):
        if time.monotonic() > deadline:
            raise LabError(f"the backend is in state {vif.read('state')}")
        time.sleep(0.1)


def _send(guest, count, size=100):
    """UDP packets to the guest, not faster than the machine can take them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(count):
            s.sendto(b"x" * size, (guest.ip, PORT))
            time.sleep(0.003)
    time.sleep(1)


def _echoes(guest, count, size, retries=3):
    """How many of our packets come back from the guest, unchanged."""
    good = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        for i in range(count):
            data = i.to_bytes(4, "big") * (size // 4)
            for _ in range(retries):
                s.sendto(data, (guest.ip, PORT))
                try:
                    answer, _ = s.recvfrom(65536)
                except TimeoutError:
                    continue
                if answer != data:
                    raise LabError(f"packet {i} of {size} bytes came back changed: "
                                   f"{len(answer)} bytes")
                good += 1
                break
    return good


def _at_rest(lab, guest):
    """Counters of both sides and of the guest's driver, of one and the same moment."""
    for _ in range(10):
        before, stats = carried(lab), _stats(guest)
        if carried(lab) == before:
            return before, stats
    raise LabError("there are always packets, and nobody sends any")


def _both(lab, guest, vif, what, program, action):
    """Attach, act, and see that vif and guest agree on what was carried meanwhile."""
    _attach(guest, program)
    _settled(vif, HEADROOM)
    before, stats = _at_rest(lab, guest)
    action()
    after, found = _at_rest(lab, guest)
    moved = _moved(stats, found)
    out, inside = ({key: now[key] - then[key] for key in now} for then, now in zip(before, after))
    say(f"  {what}: vif {out['tx_packets']} to the guest, {out['rx_packets']} from it; {moved}")
    gone = moved.get("rx_drop_xdp_aborted", 0) + moved.get("rx_drop_xdp_size", 0)
    if out["tx_packets"] != inside["rx_packets"] + gone or inside["rx_dropped"] != gone:
        raise LabError(f"{what}: the vif has {out}, the guest {inside} and {moved}")
    if out["rx_packets"] != inside["tx_packets"] or inside["tx_dropped"]:
        raise LabError(f"{what}: from the guest, the vif has {out}, the guest {inside}")
    return out, moved


def _expect(what, wanted, moved):
    for name, least in wanted.items():
        if moved.get(name, 0) < least:
            raise LabError(f"{what}: {name} moved by {moved.get(name, 0)} and not {least}: {moved}")


@step
def xdp_verdicts(lab, packets=300):
    """Each verdict, with exact counters on both sides of the vif."""
    guest, vif = lab.guests[0], _Vif(lab)
    found = int(guest.out("xdpset features eth0"))
    if found != FEATURES:
        raise LabError(f"xdp_features is {found} and not {FEATURES}")
    result = {}
    most = packets * 9 // 10

    out, moved = _both(lab, guest, vif, "drop", "drop frags", lambda: _send(guest, packets))
    _expect("drop", {"rx_xdp_drop": most}, moved)
    if moved["rx_xdp_drop"] != out["tx_packets"] or "rx_xdp_copied" in moved:
        raise LabError(f"drop: {out}, {moved}")
    result["drop"] = moved

    _, moved = _both(lab, guest, vif, "pass", "pass frags", lambda: _must_answer(lab, "pass"))
    if moved:
        raise LabError(f"pass: {moved}")
    for verdict in ("abort", "odd"):
        _, moved = _both(lab, guest, vif, verdict, f"{verdict} frags port={PORT}",
                         lambda: _send(guest, packets // 3))
        _expect(verdict, {"rx_drop_xdp_aborted": most // 3}, moved)

    def echo():
        for size in (4, 100, 1472):
            if _echoes(guest, 50, size) != 50:
                raise LabError(f"tx: packets of {size} bytes do not come back")

    out, moved = _both(lab, guest, vif, "tx", f"tx frags port={PORT}", echo)
    _expect("tx", {"rx_xdp_tx": 150, "tx_xdp": 150}, moved)
    if moved["rx_xdp_tx"] != moved["tx_xdp"] or out["rx_packets"] < moved["tx_xdp"]:
        raise LabError(f"tx: {out}, {moved}")
    result["tx"] = moved

    # What dom0 sends has a blank checksum, which XDP has to see filled in: dom0 looks at it.
    address = guest.ip
    _attach(guest, "tx frags port=9")
    before = _stats(guest)
    lab.dom0.run(f"timeout 5 /lab/bin/datagrams ask {address} 1400; :", timeout=30)
    moved = _moved(before, _stats(guest))
    say(f"  tx to dom0: {moved}")
    # It asks for the next one when it has an answer.
    _expect("tx to dom0", {"rx_xdp_tx": 20}, moved)

    # Room that is there no longer: the packets are moved.
    _attach(guest, "pass frags")
    vif.write("xdp-headroom", "0", vif.frontend)
    vif.write("state", "7", vif.frontend)
    time.sleep(1)
    vif.write("state", "4", vif.frontend)
    before = _stats(guest)
    _must_answer(lab, "without headroom")
    moved = _moved(before, _stats(guest))
    _expect("without headroom", {"rx_xdp_copied": 5}, moved)
    result["copied"] = moved["rx_xdp_copied"]
    vif.write("xdp-headroom", HEADROOM, vif.frontend)

    _detach(guest)
    vif.expect("xdp-headroom", "0", vif.frontend)
    vif.expect("state", "4", vif.frontend)
    _must_answer(lab, "without a program")
    return result


def _fnv(data):
    value = 2166136261
    for byte in data:
        value = ((value ^ byte) * 16777619) & 0xffffffff
    return value


def _adjusted(frame, head, tail):
    """The line that xdpset prints of a frame that its program has changed like this."""
    frame = frame[head:] if head >= 0 else bytes(-head) + frame
    # The Ethernet header is written anew at the new beginning.
    frame = frame[:tail] if tail < 0 else frame + bytes(tail)
    return f"{len(frame)} meta {_fnv(frame[15:]):08x}"


def _adjust(lab, guest, sizes, changes):
    """Frames of these sizes through programs that change head and tail."""
    lines = 0
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((WIRE_TAP, 0))
    target = bytes.fromhex(guest.mac.replace(":", ""))
    for head, tail in changes:
        _attach(guest, f"adjust frags head={head} tail={tail}")
        frames = [target + _SOURCE + _TYPE +
                  bytes((i * 7 + n) & 0xff for i in range(size - 14))
                  for n, size in enumerate(sizes)]
        wanted = [_adjusted(f, head, tail) for f in frames]
        guest.run(f"rm -f /tmp/frames; xdpset watch eth0 1000 >/tmp/frames 2>&1 & "
                  "until grep -q ready /tmp/frames; do usleep 100000; done")
        got = []
        # The way there may lose one; each has to come, and none that is different.
        for _ in range(4):
            for frame in frames:
                raw.send(frame)
                time.sleep(0.05)
            time.sleep(1)
            got = guest.out("cat /tmp/frames").split("\n")[1:]
            if set(wanted) <= set(got):
                break
        guest.run("killall xdpset; :")
        if set(got) != set(wanted):
            raise LabError(f"head {head}, tail {tail}: expected {wanted}, got {got}")
        lines += len(wanted)
    raw.close()
    return lines


@step
def xdp_adjust(lab, sizes=(60, 61, 256, 257, 300, 1000, 1514)):
    """What a program makes of a packet is what the guest receives, byte by byte."""
    guest, vif = lab.guests[0], _Vif(lab)
    _attach(guest, "pass frags")
    _settled(vif, HEADROOM)
    before = _stats(guest)
    checked = _adjust(lab, guest, sizes, ((0, 0), (-6, -10), (8, 4), (-200, 0), (20, -20)))
    moved = _moved(before, _stats(guest))
    _detach(guest)
    if "rx_drop_xdp_aborted" in moved:
        raise LabError(f"a program could not change a packet: {moved}")
    return {"frames": checked}


@step
def xdp_redirect(lab, packets=200):
    """Packets that come in on eth0 leave through eth1; by copies if its backend is not trusted."""
    guest, vif = lab.guests[0], _Vif(lab)
    result = {}
    mac = guest.mac.replace("00:16:3e:77:00", "00:16:3e:77:01")
    for trusted in ("trusted", "untrusted"):
        lab.dom0.run(f"xl network-attach {guest.name} bridge=xenbr0 mac={mac} "
                     f"{trusted}", timeout=60)
        guest.run("until [ -e /sys/class/net/eth1 ]; do usleep 100000; done; "
                  "ip link set eth1 up; "
                  "until [ $(cat /sys/class/net/eth1/carrier) = 1 ]; do usleep 100000; done",
                  timeout=30)
        # The frames have eth0's address as their source: the bridge must not go by that.
        lab.dom0.run(f"bridge link set dev {vif.name[:-1]}1 learning off")
        _attach(guest, f"redirect frags port={PORT} to=eth1")
        _settled(vif, HEADROOM)
        before = _stats(guest), _stats(guest, "eth1")
        if _echoes(guest, packets, 1000) != packets:
            raise LabError("redirected packets do not come back")
        moved = _moved(before[0], _stats(guest)), _moved(before[1], _stats(guest, "eth1"))
        say(f"  {trusted}: eth0 {moved[0]}, eth1 {moved[1]}")
        _expect("redirect", {"rx_xdp_redirect": packets}, moved[0])
        count = moved[0]["rx_xdp_redirect"]
        # What the stack sends to one that is not trusted is copied too.
        copied = moved[1].get("tx_copied", 0)
        if moved[1].get("tx_xdp") != count or \
                (copied < count if trusted == "untrusted" else copied):
            raise LabError(f"redirect: eth0 {moved[0]}, eth1 {moved[1]}")
        result[trusted] = count
        result[f"{trusted}_frags"] = _redirect_frags(lab, vif)
        # The interface goes while packets are redirected to it.
        lab.dom0.run(f"xl network-detach {guest.name} 1", timeout=60)
        _send(guest, 50)
        _detach(guest)
    return result


def _redirect_frags(lab, vif, packets=10):
    """Likewise packets of several pages."""
    _mtu(lab, vif, 9000)
    lab.dom0.run(f"ip link set {vif.name[:-1]}1 mtu 9000")
    vif.guest.run("ip link set eth1 mtu 9000")
    before = _stats(vif.guest, "eth1")
    for size in (5000, 8900):
        if _echoes(vif.guest, packets, size) != packets:
            raise LabError(f"redirected packets of {size} bytes do not come back")
    sent = _moved(before, _stats(vif.guest, "eth1")).get("tx_xdp")
    if sent != 2 * packets:
        raise LabError(f"redirect: eth1 has sent {sent} of {2 * packets} frames with fragments")
    _mtu(lab, vif, 1500)
    return sent


def _mtu(lab, vif, mtu, guest_too=True):
    subprocess.run(["ip", "link", "set", WIRE_TAP, "mtu", str(mtu)], check=True)
    lab.dom0.run(f"for d in eth0 {vif.name} xenbr0; do ip link set $d mtu {mtu}; done")
    if guest_too:
        vif.guest.run(f"ip link set eth0 mtu {mtu}")


def _tcp_from_dom0(lab, guest, seconds):
    """Mbit/s of dom0's own TCP, which sends packets to be segmented."""
    out = lab.dom0.out(f"iperf3 -J -c {guest.ip} -t {seconds}", timeout=60)
    return round(json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e6, 1)


def _refused(guest, command, text):
    status, out = guest.run(command, check=False)
    if not status or text not in out:
        raise LabError(f"{command}: status {status}, '{out.strip()}' and not '{text}'")


@step
def xdp_frags(lab, seconds=4):
    """Packets of many slots: jumbo frames, and TCP that dom0 leaves to be segmented."""
    guest, vif = lab.guests[0], _Vif(lab)
    result = {}
    _mtu(lab, vif, 9000)
    _refused(guest, "xdpset attach eth0 pass", "takes no fragments")
    # The last byte of a page is where a packet cannot grow, the first one it can lose.
    result["frames"] = sum(_adjust(lab, guest, *case) for case in (
        ((60, 3700, 3840, 3841, 4096, 5000, 8000, 9014), ((0, 0), (-6, -10), (8, -20))),
        ((3700, 3840, 5000, 9014), ((0, -3000),)),
        ((60, 3700, 5000, 9014), ((8, 100),))))
    _attach(guest, f"tx frags port={PORT}")
    for size in (3000, 4000, 5000, 8000, 8972):
        if _echoes(guest, 10, size) != 10:
            raise LabError(f"tx: packets of {size} bytes do not come back")
    _attach(guest, "pass frags")
    _settled(vif, HEADROOM)
    _mtu(lab, vif, 1500)
    before = _stats(guest)
    result["mbps_frags"] = _tcp_from_dom0(lab, guest, seconds)
    moved = _moved(before, _stats(guest))
    say(f"  TCP from dom0, {result['mbps_frags']} Mbit/s: {moved}")
    _expect("TCP under a program with fragments", {"rx_xdp_copied": 10}, moved)
    if {"rx_drop_xdp_size", "rx_err_csum", "rx_err_gso"} & moved.keys():
        raise LabError(f"TCP under a program with fragments: {moved}")

    # One that takes none: the connection is made anew, without segmentation to the guest.
    _attach(guest, "pass")
    vif.expect("feature-gso-tcpv4", "0", vif.frontend)
    _settled(vif, HEADROOM)
    lab.dom0.run(f"ip link set {vif.name} master xenbr0; :")
    _must_answer(lab, "under a program without fragments")
    before = _stats(guest)
    result["mbps_single"] = _tcp_from_dom0(lab, guest, seconds)
    moved = _moved(before, _stats(guest))
    say(f"  TCP from dom0, {result['mbps_single']} Mbit/s: {moved}")
    if "rx_drop_xdp_size" in moved:
        raise LabError(f"TCP under a program without fragments: {moved}")
    _refused(guest, "ip link set eth0 mtu 9000", "")
    _detach(guest)
    vif.expect("feature-gso-tcpv4", "1", vif.frontend)
    _settled(vif, None)
    _must_answer(lab, "after a program without fragments")
    if min(result["mbps_frags"], result["mbps_single"]) < 5:
        raise LabError(f"Mbit/s: {result}")
    return result


@step
def xdp_replace(lab, times=15):
    """Programs come, are replaced and go under traffic, and nothing is lost for it."""
    guest, vif = lab.guests[0], _Vif(lab)
    _attach(guest, "pass frags")
    _settled(vif, HEADROOM)
    before, stats = carried(lab), _stats(guest)
    stream = lab.peer.start(guest.ip, "-b", "4M", seconds=20)
    for i in range(times):
        _attach(guest, "pass frags" if i % 2 else "pass frags port=1")
        if i % 5 == 4:
            _detach(guest)
        lab.machine.check()
    lab.peer.finish(stream)
    time.sleep(2)
    after, moved = carried(lab), _moved(stats, _stats(guest))
    out, inside = ({key: now[key] - then[key] for key in now} for then, now in zip(before, after))
    say(f"  {times} programs under TCP: {out}, {moved}")
    if out["tx_packets"] != inside["rx_packets"] or out["tx_dropped"] or \
            any("drop" in name or "err" in name for name in moved):
        raise LabError(f"lost: the vif has {out}, the guest {inside} and {moved}")
    _detach(guest)
    _settled(vif, "0")
    return {"programs": times, "packets": out["tx_packets"]}


def _refused_at_rebind(lab, guest, vif):
    """As long as a backend is there it does not write the key again."""
    for headroom, status in (("0", WITHOUT_ROOM), ("1", None)):
        guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/unbind")
        vif.write("feature-xdp-headroom", headroom)
        guest.run(f"echo vif-0 >/sys/bus/xen/drivers/vif/bind; {ETH0_UP}")
        vif.expect("state", "4")
        if status is not None:
            if int(guest.out("xdpset features eth0")) != status:
                raise LabError(f"xdp_features: {guest.out('xdpset features eth0')}")
            _refused(guest, "xdpset attach eth0 pass frags", "leaves no room for XDP")
    _must_answer(lab, "after a backend without room for XDP")
    return {"features": WITHOUT_ROOM}


@step
def xdp_refused(lab):
    """A backend without room for XDP: programs are refused."""
    guest, vif = lab.guests[0], _Vif(lab)
    device = f"vif-{guest.domid()}-0"
    driver = "/sys/bus/xen-backend/drivers/vif"
    if lab.dom0.run("[ -e /sys/module/xen_netback/version ]", check=False)[0]:
        # It closes when it is unbound.
        return _refused_at_rebind(lab, guest, vif)
    lab.dom0.run(f"echo {device} >{driver}/unbind")
    vif.write("feature-xdp-headroom", "0")
    vif.write("state", "2")
    deadline = time.monotonic() + 10
    while int(guest.out("xdpset features eth0")) != WITHOUT_ROOM:
        if time.monotonic() > deadline:
            raise LabError("xdp_features does not follow the backend: "
                           + guest.out("xdpset features eth0"))
        time.sleep(0.2)
    _refused(guest, "xdpset attach eth0 pass frags", "leaves no room for XDP")
    lab.dom0.run(f"echo {device} >{driver}/bind; ip link set {vif.name} master xenbr0 up")
    vif.expect("state", "4")
    _must_answer(lab, "after a backend without room for XDP")
    return {"features": WITHOUT_ROOM}


@step
def xdp_pools(lab):
    """When the driver has gone, all pages are back, and no pool waits for any."""
    guest, vif = lab.guests[0], _Vif(lab)
    _attach(guest, f"tx frags port={PORT}")
    _settled(vif, HEADROOM)
    _send(guest, 100)
    pools = guest.out("xdpset pools").split("\n")
    if not any(line.endswith("there") for line in pools):
        raise LabError(f"no page pool in use: {pools}")
    guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/unbind", timeout=60)
    deadline = time.monotonic() + 20
    while left := guest.out("xdpset pools"):
        if time.monotonic() > deadline:
            raise LabError(f"page pools that are not done with: {left}")
        time.sleep(1)
    guest.run("rmmod xen_netfront && netfront_load", timeout=60)
    _must_answer(lab, "after a reload")
    said = guest.out("dmesg | grep -c page_pool_release_retry; :")
    if said != "0":
        raise LabError("a page pool was said to be stalled")
    return {"pools": len(pools)}


def _bench_totals(text):
    """What xdp-bench has counted, as it says when it is interrupted."""
    totals = {name.strip().lower().replace(" ", "_"): int(value.replace(",", ""))
              for name, value in re.findall(r"^ +([A-Z][\w/ ]+?) *: +([\d,]+)", text, re.M)}
    if not {"packets_received", "rx_dropped"} <= totals.keys():
        raise LabError(f"xdp-bench does not say what it has dropped: {text[-2000:]}")
    return totals


@step
def xdp_bench(lab, seconds=2):
    """xdp-bench drops what dom0 sends as fast as it can, and counts what we count."""
    guest = lab.guests[0]
    lab.dom0.run(f"ip neigh replace {guest.ip} lladdr {guest.mac} dev xenbr0 nud permanent")
    before = _stats(guest)
    guest.run("mount -t bpf bpf /sys/fs/bpf 2>/dev/null; "
              "(xdp-bench drop eth0 -i 1; echo over) >/tmp/bench 2>&1 &")
    time.sleep(4 * lab.machine.slow)
    row = lab.cost("down-60", seconds)
    guest.run("killall -INT xdp-bench; until grep -q over /tmp/bench; do usleep 100000; done")
    text = guest.out("cat /tmp/bench")
    moved = _moved(before, _stats(guest))
    totals = _bench_totals(text)
    if totals["rx_dropped"] < row["packets"] or moved.get("rx_xdp_drop") < totals["rx_dropped"]:
        raise LabError(f"sent {row['packets']}, xdp-bench dropped {totals}, counted {moved}")
    _must_answer(lab, "without xdp-bench")
    return {"packets_per_second": round(1e9 / row["ns_per_packet"]), **totals,
            "rx_xdp_drop": moved["rx_xdp_drop"]}


@step
def xdp_cost(lab, rounds=2, seconds=0.3, load="down-60"):
    """What it costs to drop a packet in XDP, in tc, and to give it to a socket nobody reads."""
    guest = lab.guests[0]
    domid = guest.domid()
    lab.dom0.run(f"cpuload --bind eth0- {NIC}; cpuload --bind vif{domid}.0 {HOME}; "
                 f"xl vcpu-pin {domid} all {GUEST}; "
                 f"ip neigh replace {guest.ip} lladdr {guest.mac} dev xenbr0 nud permanent")
    modes = (("socket", ":"), ("xdp", "xdpset attach eth0 drop frags"),
             ("tc", "xdpset detach eth0; xdpset tc eth0"))
    found = {}
    for mode, command in modes:
        guest.run(command)
        time.sleep(3)
        for _ in range(rounds):
            row = lab.cost(load, seconds)
            found.setdefault(mode, []).append(row)
            say(f"  {load}, {mode}: {row['ns_per_packet']:.0f} per packet, "
                f"{row['packets']} packets")
    mean = {mode: sum(r["ns_per_packet"] for r in rows) / len(rows)
            for mode, rows in found.items()}
    if lab.machine.accelerator == "counting" and \
            mean["xdp"] * (1 + REPEATS) > min(mean["tc"], mean["socket"]):
        raise LabError(f"XDP costs as much as the stack: {mean}")
    return {"per_packet": {mode: round(value) for mode, value in mean.items()},
            "packets_per_second": {mode: round(sum(r["packets"] for r in rows) / rounds / seconds)
                                   for mode, rows in found.items()}, "rounds": found}
