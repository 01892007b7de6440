# SPDX-License-Identifier: GPL-2.0
"""Keys and negotiations of one vif: rate, carrier, queue limit, headroom, states."""

import json
import re
import time

from errors import LabError
from guest import ETH0_UP, NETFRONT_OUT
from nonsense import _Frontend
from progress import say
from steps import carried, step

# Percent of a rate that TCP may leave unused, when intervals are short.
_TCP_LESS = 30
_NO_QUEUE_LIMITS = ("for limit in /sys/class/net/eth0/queues/tx-*/byte_queue_limits/limit_min; "
                    "do echo 1000000 >$limit; done")
# Two readings of what the guest has sent, with dom0's clock. A program under emulation
# takes some time to begin.
_SAMPLE = ("(sleep 4; for i in 1 2; do echo $(cat /sys/class/net/{vif}/statistics/rx_bytes) "
           "$(date +%s%N); [ $i = 2 ] || sleep {seconds}; done) >/tmp/sample 2>&1 </dev/null &")


class _Vif:
    """The first guest's vif, from dom0."""

    def __init__(self, lab):
        self.dom0 = lab.dom0
        self.guest = lab.guests[0]
        domid = self.guest.domid()
        self.name = f"vif{domid}.0"
        self.backend = f"/local/domain/0/backend/vif/{domid}/0"
        self.frontend = f"/local/domain/{domid}/device/vif/0"

    def read(self, key, where=None):
        """A key, or None."""
        status, out = self.dom0.run(f"xenstore-read {where or self.backend}/{key}", check=False)
        return None if status else out.strip()

    def write(self, key, value, where=None):
        self.dom0.run(f"xenstore-write -- {where or self.backend}/{key} '{value}'")

    def remove(self, key, where=None):
        self.dom0.run(f"xenstore-rm {where or self.backend}/{key} 2>/dev/null; :")

    def expect(self, key, value, where=None, seconds=10):
        deadline = time.monotonic() + seconds
        while (found := self.read(key, where)) != value:
            if time.monotonic() > deadline:
                raise LabError(f"{key} is {found!r} and not {value!r}")
            time.sleep(0.1)

    def count(self, counter):
        return int(re.search(rf"\b{counter}: (\d+)",
                             self.dom0.out(f"ethtool -S {self.name}"))[1])

    def logged(self, text):
        """Whether dom0's kernel said this, and forget all that it said."""
        return text in self.dom0.out("dmesg -c")

    def reload(self):
        """The guest's netfront goes and comes back."""
        self.guest.run(f"{NETFRONT_OUT} && netfront_load", timeout=90)


def _must_answer(lab, what):
    """Pings come back.

    The way there loses one now and then when the host is busy. If one is missing,
    it is tried again with the vif's and the guest's counters: neither may miss it.
    """
    guest = lab.guests[0]
    lab.peer.ping(guest.ip, 2)
    sent, received, _ = lab.peer.ping(guest.ip, 5)
    if received == sent:
        return
    before = carried(lab)
    sent, received, _ = lab.peer.ping(guest.ip, 10)
    after = carried(lab)
    moved = [{key: now[key] - then[key] for key in ("rx_packets", "tx_packets")}
             for then, now in zip(before, after)]
    say(f"  {what}: {received} of {sent} pings came back; the vif carried {moved[0]}, "
        f"the guest {moved[1]}")
    if not received or moved[0]["tx_packets"] != moved[1]["rx_packets"] or \
            moved[0]["rx_packets"] != moved[1]["tx_packets"]:
        raise LabError(f"{what}: {received} of {sent} pings came back")


def _set_queues(vif, queues):
    vif.write("max-queues", queues)
    vif.reload()
    vif.expect("multi-queue-max-queues", str(queues))
    found = vif.read("multi-queue-num-queues", vif.frontend) or "1"
    if found != str(queues):
        raise LabError(f"the guest has {found} queues and not {queues}")


def _measure(lab, vif, seconds, *iperf):
    """(bytes/s from the vif's counter, bit/s as iperf3's receiver counts)."""
    lab.dom0.run(_SAMPLE.format(vif=vif.name, seconds=seconds))
    end = lab.peer.iperf(vif.guest.ip, "--reverse", *iperf, seconds=seconds + 6)
    before, after = (tuple(map(int, line.split()))
                     for line in lab.dom0.out("cat /tmp/sample").splitlines())
    total = end.get("sum_received") or end["sum"]
    return (after[0] - before[0]) / (after[1] - before[1]) * 1e9, total["bits_per_second"]


@step
def rate(lab, queues=(1, 4), rates=("50000,50000", "1000,1000"), seconds=8, tolerance=2.0):
    """What the guest sends under a limit, by the vif's counter, within tolerance %.

    Large TCP packets are worth up to 64 KiB on credit per queue, so TCP has that
    much more tolerance. It may send less as well: it waits for acknowledgements
    between its packets, and credit that is not asked for does not pile up beyond one
    interval. UDP always has a packet ready, and must get all of it. The peer's own
    figure only has to be near: it lacks the headers, and it is of another clock.
    """
    vif = _Vif(lab)
    rows = []
    for count in queues:
        _set_queues(vif, count)
        # What a rate allows can only be sent if it is there: the ring is kept full.
        vif.guest.run(_NO_QUEUE_LIMITS)
        for value in rates:
            size, usecs = map(int, value.split(","))
            wanted = size * 1e6 / usecs
            vif.write("rate", value)
            waits = vif.count("rx_credit_waits")
            for traffic, args, slack in (
                    ("udp", ("-u", "-l", "1400", "-b", "0", "-P", str(2 * count)), 0),
                    ("tcp", ("-P", str(2 * count)), count * 65536)):
                got, wire = _measure(lab, vif, seconds, *args)
                off = (got / wanted - 1) * 100
                bound = tolerance + (slack + size) / (wanted * seconds) * 100
                row = {"queues": count, "rate": value, "traffic": traffic,
                       "off_percent": round(off, 2), "bound_percent": round(bound, 1),
                       "at_peer_mbps": round(wire / 1e6, 2)}
                rows.append(row)
                say(f"  {row}")
                least = -bound if traffic == "udp" else -_TCP_LESS
                if not least <= off <= bound:
                    raise LabError(f"rate {value}, {count} queues, {traffic}: "
                                   f"{off:+.2f} % off, must be {least:.1f} to {bound:.1f}")
                if not (100 - _TCP_LESS) / 100 - 0.05 < wire / (wanted * 8) < 1.1:
                    raise LabError(f"rate {value}, {count} queues, {traffic}: "
                                   f"{wire / 1e6:.2f} Mbit/s at the peer")
            if vif.count("rx_credit_waits") == waits:
                raise LabError("rx_credit_waits did not move")
    vif.remove("rate")
    return rows


@step
def rate_changes(lab, seconds=4):
    """A rate may change while traffic flows; nonsense is no limit, and is told."""
    vif = _Vif(lab)
    args = ("-u", "-l", "1400", "-b", "0")
    free, _ = _measure(lab, vif, seconds, *args)
    vif.write("rate", "25000,50000")
    slow, _ = _measure(lab, vif, seconds, *args)
    vif.write("rate", "50000,50000")
    fast, _ = _measure(lab, vif, seconds, *args)
    if not (0.45e6 < slow < 0.55e6 and 0.9e6 < fast < 1.1e6 < free):
        raise LabError(f"bytes per second: {free:.0f} without, then {slow:.0f} and {fast:.0f}")
    for nonsense in ("", "50000", "0,50000", "50000,0", "50000,50000x", "-1,1", "9" * 30 + ",1"):
        vif.logged("")
        vif.write("rate", nonsense)
        time.sleep(0.5)
        if not vif.logged("is not BYTES,MICROSECONDS"):
            raise LabError(f"rate '{nonsense}': nothing in the log")
    again, _ = _measure(lab, vif, seconds, *args)
    vif.remove("rate")
    if again < 1.1e6:
        raise LabError(f"with a rate that is nonsense: {again:.0f} bytes per second")
    # A change while a queue waits for credit that it would get in an hour.
    vif.write("rate", "1,3600000000")
    vif.guest.run("ping -c 3 -i 0.2 -W 1 10.77.0.2; :")
    vif.remove("rate")
    _must_answer(lab, "after an hour's wait that was called off")
    return {"unlimited": round(free), "0.5 MB/s": round(slow), "1 MB/s": round(fast)}


@step
def carrier(lab):
    """The key follows the vif and its bridge."""
    vif = _Vif(lab)
    vif.expect("carrier", "1")
    for device in (vif.name, "xenbr0"):
        lab.dom0.run(f"ip link set {device} down")
        vif.expect("carrier", "0")
        lab.dom0.run(f"ip link set {device} up")
        vif.expect("carrier", "1")
    lab.dom0.run(f"ip link set xenbr0 down; ip link set {vif.name} nomaster")
    vif.expect("carrier", "1")
    lab.dom0.run(f"ip link set {vif.name} master xenbr0")
    vif.expect("carrier", "0")
    lab.dom0.run("ip link set xenbr0 up")
    vif.expect("carrier", "1")
    _must_answer(lab, "after the bridge was down")
    return {"changes": 8}


@step
def mtu(lab):
    """The toolstack's key agrees with the vif, which takes larger values too."""
    vif = _Vif(lab)
    vif.expect("mtu", lab.dom0.out(f"cat /sys/class/net/{vif.name}/mtu"), vif.frontend)
    lab.dom0.run(f"ip link set {vif.name} mtu 9000; ip link set {vif.name} mtu 1500")
    status, _ = lab.dom0.run(f"ip link set {vif.name} mtu 65535 2>&1", check=False)
    if not status:
        raise LabError("an MTU of 65535 was accepted")
    return {"mtu": vif.read("mtu", vif.frontend)}


@step
def queue_limit(lab):
    """max-queues is published and kept to; what is no good is told and ignored."""
    vif = _Vif(lab)
    # The parameter is 0, which stands for as many as CPUs, up to 8.
    module = min(8, int(lab.dom0.out("nproc")))
    for limit in (1, 2):
        _set_queues(vif, limit)
    for value, published, told in (("0", module, True), ("x", module, True),
                                   ("-1", module, True), ("4294967296", module, True),
                                   (str(module + 1), module, False), ("1000000", module, False)):
        vif.logged("")
        vif.write("max-queues", value)
        vif.reload()
        vif.expect("multi-queue-max-queues", str(published))
        if vif.logged("max-queues is") != told:
            raise LabError(f"max-queues {value}: the log should {'' if told else 'not '}tell")
    # A frontend that asks for more than this vif has, though the module has more.
    vif.write("max-queues", "1")
    vif.guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/unbind")
    frontend = _Frontend(lab, vif.guest)
    frontend.state("1", "2")
    frontend.publish({"request-rx-copy": "1", "multi-queue-num-queues": "2"})
    frontend.state("4", "5")
    frontend.expect_error('multi-queue-num-queues is "2", must be a number from 1 to 1')
    frontend.state("6", "6")
    vif.remove("max-queues")
    vif.remove("multi-queue-num-queues", vif.frontend)
    vif.guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/bind; " + ETH0_UP)
    _must_answer(lab, "after a frontend that asked for too many queues")
    return {"module": module}


@step
def states(lab):
    """States that a frontend may go through, in no good order: (its, then ours)."""
    vif = _Vif(lab)
    vif.guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/unbind")
    frontend = _Frontend(lab, vif.guest)
    for its, ours in (("1", "2"), ("1", "2"), ("2", "2"), ("3", "2"), ("5", "5"), ("1", "2"),
                      ("6", "6"), ("5", "6"), ("2", "2"), ("6", "6"), ("3", "2"), ("7", "2"),
                      ("8", "2"), ("6", "6"), ("7", "6"), ("8", "6"), ("1", "2"), ("0", "6"),
                      ("1", "2"), ("6", "6"), ("6", "6")):
        frontend.state(its, ours)
    # Straight from Closed: it is let in, and fails for want of keys only.
    frontend.publish({"feature-rx-notify": "1"})
    frontend.state("4", "5")
    frontend.expect_error("request-rx-copy cannot be read")
    frontend.state("4", "5")
    frontend.state("6", "6")
    vif.guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/bind; " + ETH0_UP)
    _must_answer(lab, "after a walk through all states")
    return {"ours": vif.read("state")}


def _headroom(vif, value):
    """What LNF does: first the state, then the key, then Connected again."""
    vif.write("state", "7", vif.frontend)
    vif.write("xdp-headroom", value, vif.frontend)
    vif.expect("state", "8", seconds=3)
    vif.write("state", "4", vif.frontend)
    vif.expect("state", "4", seconds=3)


@step
def headroom(lab, seconds=4):
    """Room in front of packets, set as a frontend does that has an XDP program.

    The in-tree netfront takes such packets without a program too. Ours has not
    asked for the extra info and must see and refuse it.
    """
    vif = _Vif(lab)
    result = {}
    if vif.guest.netfront == "ours":
        counter = "ethtool -S eth0 | sed -n 's/^ *rx_err_extra_type: //p'"
        before = int(vif.guest.out(counter))
        _headroom(vif, 256)
        lab.peer.ping(vif.guest.ip, 3)
        result["refused"] = int(vif.guest.out(counter)) - before
        if not result["refused"]:
            raise LabError("no packet had the extra info for XDP")
    else:
        for value in (1, 256, 2047, 2048):
            _headroom(vif, value)
            _must_answer(lab, f"headroom {value}")
            lab.dom0.run(f"ping -c 3 -i 0.2 -s 1400 {vif.guest.ip}")
            # Large packets, some of them of many slots, as dom0's own TCP sends them.
            out = lab.dom0.out(f"iperf3 -J -c {vif.guest.ip} -t {seconds}", timeout=60)
            end = json.loads(out)["end"]
            mbps = round(end["sum_received"]["bits_per_second"] / 1e6, 1)
            say(f"  headroom {value}: {mbps} Mbit/s, "
                f"{end['sum_sent']['retransmits']} sent again")
            if mbps < 5:
                raise LabError(f"headroom {value}: {mbps} Mbit/s")
            result[f"mbps_{value}"] = mbps
        # The log is limited: the first one is told in any case.
        told = []
        for value in ("2049", "4096", "32767", "65536", "-1", "x", ""):
            vif.logged("")
            _headroom(vif, value)
            told.append(vif.logged("xdp-headroom is"))
            _must_answer(lab, f"headroom '{value}'")
        if not told[0]:
            raise LabError("headroom 2049: nothing in the log")
    _headroom(vif, 0)
    # One that only says Reconfiguring is answered too.
    vif.write("state", "7", vif.frontend)
    vif.expect("state", "8", seconds=3)
    vif.write("state", "4", vif.frontend)
    vif.expect("state", "4", seconds=3)
    vif.remove("xdp-headroom", vif.frontend)
    _must_answer(lab, "without headroom again")
    return result


@step
def rebind(lab, times=3):
    """The backend is unbound and bound under traffic, and goes on with the rings."""
    vif = _Vif(lab)
    device = f"vif-{vif.guest.domid()}-0"
    driver = "/sys/bus/xen-backend/drivers/vif"
    for _ in range(times):
        lab.dom0.run(f"echo {device} >{driver}/unbind")
        if vif.read("carrier") is not None:
            raise LabError("carrier is still there after the backend was unbound")
        lab.dom0.run(f"echo {device} >{driver}/bind; ip link set {vif.name} master xenbr0 up")
        vif.expect("carrier", "1")
        vif.expect("state", "4")
        _must_answer(lab, "after the backend was bound again")
    return {"times": times}


@step
def pktgen(lab, packets=2000):
    """pktgen onto the vif; what would send one packet many times is refused, or safe."""
    vif = _Vif(lab)
    run = lab.dom0.run
    thread, device = "/proc/net/pktgen/kpktgend_0", f"/proc/net/pktgen/{vif.name}"
    run(f"modprobe pktgen; echo rem_device_all >{thread}; echo add_device {vif.name} >{thread}; "
        f"echo dst_mac {vif.guest.mac} >{device}; echo dst {vif.guest.ip} >{device}; "
        f"echo pkt_size 60 >{device}; echo delay 0 >{device}; echo count {packets} >{device}")
    for refused in ("clone_skb 10", "burst 16"):
        status, _ = run(f"echo {refused} >{device}", check=False)
        if not status:
            raise LabError(f"pktgen accepts {refused} on a vif")
    sent = {}
    tricks = f"echo xmit_mode netif_receive >{device}; echo burst 16 >{device}; " \
             f"echo xmit_mode start_xmit >{device}"
    for name, prepare in (("plain", ":"), ("burst", tricks)):
        run(prepare)
        before = int(lab.dom0.out(f"cat /sys/class/net/{vif.name}/statistics/tx_packets"))
        run("echo start >/proc/net/pktgen/pgctrl", timeout=90)
        time.sleep(1)
        after = int(lab.dom0.out(f"cat /sys/class/net/{vif.name}/statistics/tx_packets"))
        sent[name] = after - before
        if sent[name] < packets * 0.5:
            raise LabError(f"pktgen, {name}: {sent[name]} of {packets} reached the guest: "
                           + lab.dom0.out(f"cat {device}; ethtool -S {vif.name}"))
    run(f"echo rem_device_all >{thread}; rmmod pktgen")
    _must_answer(lab, "after pktgen")
    return sent


@step
def no_leftover(lab):
    """A device that was removed leaves nothing of ours in XenStore."""
    vif = _Vif(lab)
    lab.dom0.run(f"xl network-detach {vif.guest.name} 0", timeout=60)
    time.sleep(2)
    left = lab.dom0.run(f"xenstore-ls {vif.backend} 2>/dev/null", check=False)[1].strip()
    if left:
        raise LabError(f"left in XenStore: {left}")
    lab.dom0.run(f"xl network-attach {vif.guest.name} bridge=xenbr0 mac={vif.guest.mac}",
                 timeout=60)
    vif.guest.run(ETH0_UP)
    _must_answer(lab, "after detach and attach")
    return {"left": 0}
