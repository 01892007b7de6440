# SPDX-License-Identifier: GPL-2.0
"""What standard tools show and set of a vif, and what they refuse."""

import json
import re

import drivers
from errors import LabError
from guest import ETH0_UP
from paths import TOP
from steps import step


def _equal(what, found, wanted):
    if found != wanted:
        raise LabError(f"{what} is {found!r}, must be {wanted!r}")


def _fields(text):
    """{name: value} of lines "name: value"."""
    return dict(map(str.strip, line.split(":", 1)) for line in text.splitlines() if ":" in line)


def _numbers(text):
    return {name: int(value) for name, value in _fields(text).items()
            if re.fullmatch(r"\d+", value)}


@step
def ethtool(lab):
    """ethtool -i, -g, -k and -K of the vif."""
    vif = f"vif{lab.guests[0].domid()}.0"
    info = _fields(lab.dom0.out(f"ethtool -i {vif}"))
    _equal("ethtool -i, driver", info["driver"], "vif")
    _equal("ethtool -i, version", info["version"], (TOP / "VERSION").read_text().strip())
    _equal("ethtool -i, bus-info", info["bus-info"], vif.replace("vif", "vif-").replace(".", "-"))
    rings = lab.dom0.out(f"ethtool -g {vif}").split("Current hardware settings:")[1]
    _equal("ethtool -g, RX", _fields(rings)["RX"], "256")
    _equal("ethtool -g, TX", _fields(rings)["TX"], "256")

    changes = 0
    for short, name in (("tso", "tcp-segmentation-offload"), ("sg", "scatter-gather"),
                        ("tx", "tx-checksumming")):
        for value in ("off", "on"):
            lab.dom0.run(f"ethtool -K {vif} {short} {value}")
            found = _fields(lab.dom0.out(f"ethtool -k {vif}"))[name].split()[0]
            _equal(f"{name} after -K {short} {value}", found, value)
            sent, received, _ = lab.peer.ping(lab.guests[0].ip, 3)
            if not received:
                raise LabError(f"with {short} {value}: {received} of {sent} pings came back")
            changes += 1
    lab.dom0.run(f"ethtool -K {vif} tso on")
    return {"version": info["version"], "changes": changes}


@step
def netdev_queues(lab, packets=300):
    """netlink's netdev family: statistics of each queue, and what serves it."""
    guest = lab.guests[0]
    domid = guest.domid()
    vif = f"vif{domid}.0"
    lab.dom0.run(f"echo napi >/sys/bus/xen-backend/devices/vif-{domid}-0/tx_action")
    guest.run(f"ping -q -c {packets} -i 0.005 {lab.peer_ip}", timeout=120)
    found = json.loads(lab.dom0.out(f"netdevnl {vif}"))
    counters = _numbers(lab.dom0.out(f"ethtool -S {vif}"))

    total = 0
    for row in found["qstats"]:
        for what in ("packets", "bytes"):
            name = f"{row['type']}_{what}"
            value = counters[f"queue_{row['queue']}_{name}"]
            # Something else may have come between the two readings.
            if not 0 <= value - row[name] < (20 if what == "packets" else 20000):
                raise LabError(f"queue {row['queue']}, {name}: netlink says {row[name]}, "
                               f"ethtool -S {value}")
        total += row.get("rx_packets", 0)
    if total < packets:
        raise LabError(f"netlink counts {total} packets from the guest, {packets} were sent")

    irqs = {line.split()[-1]: int(line.split(":")[0])
            for line in lab.dom0.out(f"grep {vif}-q /proc/interrupts").splitlines()}
    served = {row["napi"]: row["irq"] for row in found["napi"]}
    for row in found["queues"]:
        _equal(f"irq of {row['type']} queue {row['queue']}", served.get(row.get("napi")),
               irqs[f"{vif}-q{row['queue']}-tx"])
    lab.dom0.run(f"echo $(cat /sys/module/xen_netback/parameters/tx_action) "
                 f">/sys/bus/xen-backend/devices/vif-{domid}-0/tx_action")
    return {"queues": len(found["queues"]) // 2, "packets": total}


@step
def nic_queue_follows(lab, seconds=4):
    """One flow of the guest is on one queue of the vif, and on the NIC's of that number."""
    guest = lab.guests[0]
    vif = f"vif{guest.domid()}.0"

    def read():
        nic = _numbers(lab.dom0.out("ethtool -S eth0"))
        back = _numbers(lab.dom0.out(f"ethtool -S {vif}"))
        queues = range(4)
        return ([nic[f"tx_queue_{q}_packets"] for q in queues],
                [back.get(f"queue_{q}_rx_packets", 0) for q in queues])

    before = read()
    lab.peer.iperf(guest.ip, "-u", "-l", "1000", "-b", "0", "--reverse", seconds=seconds)
    nic, back = ([now - then for now, then in zip(*both)] for both in zip(read(), before))
    queue = back.index(max(back))
    if nic[queue] < 0.95 * sum(nic) or back[queue] < 0.95 * sum(back):
        raise LabError(f"a flow's packets are on the vif's queues {back}, on the NIC's {nic}")
    return {"queue": queue, "packets": back[queue]}


@step
def netfront_counters(lab):
    """The guest's counters do not go back, whatever happens to the connection."""
    guest = lab.guests[0]
    device = f"vif-{guest.domid()}-0"
    driver = "/sys/bus/xen-backend/drivers/vif"
    read = "ethtool -S eth0; cd /sys/class/net/eth0/statistics; grep -H . *"

    def check(what, before):
        lab.peer.ping(guest.ip, 3)
        after = _numbers(guest.out(read))
        back = {name: (value, after.get(name)) for name, value in before.items()
                if after.get(name, -1) < value}
        if back:
            raise LabError(f"after {what} counters of {guest.name} are lower than before: {back}")
        return after

    now = check("nothing", {})
    guest.run(f"ip link set eth0 down; sleep 1; {ETH0_UP}")
    now = check("down and up", now)
    lab.dom0.run(f"echo {device} >{driver}/unbind; echo {device} >{driver}/bind; "
                 f"ip link set vif{guest.domid()}.0 master xenbr0 up; sleep 2")
    now = check("another backend", now)
    return {"counters": len(now), "rx_packets": now["rx_packets"]}


# Value, and what the kernel's log says of it.
_BAD_PARAMETERS = [
    ("tx_action=softirq", "tx_action=softirq: must be napi, kthread or tasklet"),
    ("completion=away", "completion=away: must be home or local"),
    ("max_queues=65", "max_queues=65: must be a number from 0 to 64"),
    ("max_queues=two", "max_queues=two: must be a number from 0 to 64"),
    ("tx_copy_max=4097", "tx_copy_max=4097: must be a number from 0 to 4096"),
    ("rx_drain_timeout_msecs=-1", "rx_drain_timeout_msecs=-1: must be a number"),
    ("rx_stall_timeout_msecs=9999999", "rx_stall_timeout_msecs=9999999: must be a number"),
    ("separate_tx_rx_irq=maybe", "`maybe' invalid for parameter `separate_tx_rx_irq'"),
]


@step
def attributes(lab):
    """A vif's attributes refuse what they do not know, and say what they know."""
    name = f"vif-{lab.guests[0].domid()}-0"
    for attribute, words in (("tx_action", "must be napi, kthread or tasklet"),
                             ("completion", "must be home or local")):
        path = f"/sys/bus/xen-backend/devices/{name}/{attribute}"
        before = lab.dom0.out(f"cat {path}; dmesg -c >/dev/null")
        status, _ = lab.dom0.run(f"echo sometimes >{path}", check=False)
        log = lab.dom0.out("dmesg -c")
        if not status or f"{attribute} refused: {words}" not in log:
            raise LabError(f"{attribute}: 'sometimes' is not refused in words: {log}")
        _equal(attribute, lab.dom0.out(f"cat {path}"), before)
    return {"attributes": 2}


@step
def parameters(lab):
    """Module parameters out of range keep the module out, and the log says why.

    What the in-tree module takes, ours takes too. The guests go for this.
    """
    lab.drop_guests()
    lab.dom0.run("rmmod xen-netback")
    for setting, words in _BAD_PARAMETERS:
        status, _ = lab.dom0.run(f"dmesg -c >/dev/null; modprobe xen-netback {setting}",
                                 check=False)
        log = lab.dom0.out("dmesg -c")
        if not status or words not in log:
            raise LabError(f"{setting}: the module {'refuses' if status else 'loads'}, and the "
                           f"log says: {log}")
    good = "max_queues=0 rx_stall_timeout_msecs=0 fatal_skb_slots=20 hash_cache_size=64"
    drivers.load_netback(lab.dom0, "ours", good)
    path = "/sys/module/xen_netback/parameters"
    for setting in ("tx_action=never", "max_queues=1000"):
        name, value = setting.split("=")
        status, _ = lab.dom0.run(f"echo {value} >{path}/{name}", check=False)
        if not status:
            raise LabError(f"{setting} was accepted at run time")
    return {"refused": len(_BAD_PARAMETERS) + 2}
