# SPDX-License-Identifier: GPL-2.0
"""vifctl on real Xen: what it shows is so, what it does takes effect, what it refuses stays."""

import json
import time

from errors import LabError
from steps import step

# The policy's file and the guest's line in it.
_POLICY = "/etc/vifwire/policy"


class _Vifctl:
    def __init__(self, lab):
        self.lab = lab
        self.dom0 = lab.dom0
        self.guest = lab.guests[0]

    @property
    def vif(self):
        return f"vif{self.guest.domid()}.0"

    def json(self, command):
        return json.loads(self.dom0.out(f"vifctl -j {command}"))

    def show(self):
        return self.json(f"show {self.vif}")[0]

    def homes(self):
        """The CPU of each queue's TX interrupt, as the kernel has it."""
        out = self.dom0.out(
            f"grep -E ' {self.vif}-q[0-9]+(-tx)?$' /proc/interrupts | while IFS=: read -r irq _; do "
            "cat /proc/irq/$((irq))/effective_affinity_list; done")
        return [int(cpu) for cpu in out.split()]

    def expect_homes(self, what, wanted):
        found = self.homes()
        if found != wanted:
            raise LabError(f"{what}: the TX interrupts are on CPUs {found}, must be {wanted}")


def _equal(what, found, wanted):
    if found != wanted:
        raise LabError(f"{what} is {found!r}, must be {wanted!r}")


@step
def vifctl_shows(lab):
    """list and show against XenStore, sysfs and ethtool; text and JSON."""
    ctl = _Vifctl(lab)
    row = next(vif for vif in ctl.json("list") if vif["vif"] == ctl.vif)
    domid = ctl.guest.domid()
    for key, wanted in (("domain", ctl.guest.name), ("domain_id", int(domid)), ("handle", 0),
                        ("mac", ctl.guest.mac), ("bridge", "xenbr0"),
                        ("backend_state", "Connected"), ("frontend_state", "Connected"),
                        ("ours", bool(lab.netback["version"])),
                        ("version", lab.netback["version"] or None)):
        _equal(f"list, {key}", row[key], wanted)
    before = ctl.show()
    _, received, _ = lab.peer.ping(ctl.guest.ip, 10)
    after = ctl.show()
    moved = after["tx_packets"] - before["tx_packets"]
    if not received or moved < received:
        raise LabError(f"show: {received} pings, and tx_packets has moved by {moved}")
    count = int(ctl.dom0.out(f"xenstore-read /local/domain/{domid}/device/vif/0/"
                             "multi-queue-num-queues"))
    _equal("show, queues", len(after["queues"]), count)
    for queue, home in zip(after["queues"], ctl.homes()):
        if str(home) not in [irq["effective_cpus"] for irq in queue["irqs"]]:
            raise LabError(f"show, queue {queue['queue']}: {queue['irqs']}, and it is on {home}")
        if queue["rx_ring_free_slots"] > queue["ring_size_slots"]:
            raise LabError(f"show: {queue}")
    for name in ("sg", "gso-tcpv4", "multi-queue"):
        if name not in after["features"]:
            raise LabError(f"show: {name} is not among {after['features']}")
    text = ctl.dom0.out(f"vifctl list; vifctl show; vifctl show {ctl.guest.name}/0")
    if text.count(ctl.guest.mac) != 3 or "\033" in text:
        raise LabError(f"the text of list and show:\n{text}")
    return {"queues": count, "features": len(after["features"])}


def _carried(ctl, cpu, seconds=3):
    """Share of the vif's interrupts that came to a CPU under traffic."""
    def counts():
        total = {}
        for queue in ctl.show()["queues"]:
            for irq in queue["irqs"]:
                for name, value in irq["interrupts_by_cpu"].items():
                    total[int(name)] = total.get(int(name), 0) + value
        return total
    before = counts()
    ctl.lab.peer.iperf(ctl.guest.ip, "--reverse", seconds=seconds)
    after = counts()
    moved = {name: after[name] - before.get(name, 0) for name in after}
    return moved.get(cpu, 0) / max(1, sum(moved.values()))


@step
def vifctl_pins(lab):
    """pin, unpin and spread, of a vif and of the NIC; the interrupts come where they must."""
    ctl = _Vifctl(lab)
    queues = len(ctl.homes())
    rows = {}
    ours = bool(lab.netback["version"])
    for cpu in (1, 0):
        moves = ctl.json(f"pin {ctl.vif} all to {cpu}")
        ctl.expect_homes(f"pin to {cpu}", [cpu] * queues)
        followed = {move["followed"] for move in moves}
        if followed != ({"yes"} if ours else {"unknown"}):
            raise LabError(f"pin to {cpu}: did the work follow? {followed}")
        share = _carried(ctl, cpu)
        rows[f"on_cpu{cpu}"] = round(share, 3)
        if share < 0.99:
            raise LabError(f"pin to {cpu}: only {share:.0%} of the interrupts came there")
    ctl.dom0.run(f"vifctl -n pin {ctl.guest.name}/0 q0 to 1")
    ctl.expect_homes("pin --dry-run", [0] * queues)
    ctl.dom0.run(f"vifctl pin {ctl.guest.name}/0 q0 to 1")
    ctl.expect_homes("pin q0 to 1", [1] + [0] * (queues - 1))
    ctl.dom0.run(f"vifctl pin {ctl.vif} near eth0; vifctl pin {ctl.vif} node 0")
    ctl.dom0.run("vifctl spread over 0-1")
    ctl.expect_homes("spread over 0-1", [n % 2 for n in range(queues)])
    ctl.dom0.run(f"vifctl unpin {ctl.vif}")
    allowed = ctl.show()["queues"][0]["irqs"][0]["affinity_cpus"]
    _equal("affinity after unpin", allowed, ctl.dom0.out("cat /sys/devices/system/cpu/online"))
    nic = {move["queue"]: move for move in ctl.json("pin eth0 q1 to 1")}
    _equal("queues that pin eth0 q1 moves", list(nic), [1])
    for irq in nic[1]["irqs"]:
        _equal(irq["name"], ctl.dom0.out(f"cat /proc/irq/{irq['irq']}/effective_affinity_list"), "1")
    ctl.dom0.run("vifctl unpin eth0")
    return rows


@step
def vifctl_policy(lab):
    """What the policy says holds again after a reconnection and after the guest's reboot."""
    ctl = _Vifctl(lab)
    name = f"{ctl.guest.name}/0"
    queues = len(ctl.homes())
    ctl.dom0.run(f"vifctl policy set {name} all to 1")
    ctl.dom0.run(f"vifctl policy set {ctl.vif} q0 to 0")
    wanted = [0] + [1] * (queues - 1)
    ctl.dom0.run("vifctl policy watch >/run/lab/policy.log 2>&1 </dev/null & echo $! >/run/lab/policy")
    try:
        deadline = time.monotonic() + 20
        while ctl.homes() != wanted and time.monotonic() < deadline:
            time.sleep(0.5)
        ctl.expect_homes("the policy begins", wanted)
        irq = ctl.show()["queues"][0]["irqs"][0]["irq"]
        if ctl.dom0.run(f"vifctl policy covers {irq}", check=False)[0]:
            raise LabError(f"the policy does not cover interrupt {irq}")
        rows = {}
        for what, action in (("reconnection", _reconnect), ("reboot", _reboot)):
            ctl.dom0.run(f"vifctl unpin {ctl.vif}")
            action(lab)
            deadline = time.monotonic() + 30
            while ctl.homes() != wanted and time.monotonic() < deadline:
                time.sleep(0.5)
            ctl.expect_homes(f"after a {what}", wanted)
            rows[what] = "held"
    finally:
        ctl.dom0.run("kill $(cat /run/lab/policy)")
    ctl.dom0.run(f"vifctl policy delete {name}")
    _equal("the policy at the end", ctl.json("policy"), [])
    broken = "g1/0 all 0\ng1/0 q1 nowhere\n"
    ctl.dom0.run(f"cat >{_POLICY}", text=broken)
    status, out = ctl.dom0.run("vifctl policy 2>&1", check=False)
    if status != 2 or "line 2" not in out:
        raise LabError(f"a policy with a mistake in line 2: status {status}, {out}")
    ctl.dom0.run(f"rm {_POLICY}")
    return rows


def _reconnect(lab):
    lab.guests[0].run("cd /sys/bus/xen/drivers/vif; echo vif-0 >unbind; echo vif-0 >bind; cd /; "
                      "ip link set eth0 up", check=False)


def _reboot(lab):
    guest = lab.guests[0]
    guest.shutdown()
    guest.create()
    guest.wait()


@step
def vifctl_sets(lab):
    """mode, completion, queues and rate, read back from where they count."""
    ctl = _Vifctl(lab)
    vif, domid = ctl.vif, ctl.guest.domid()
    ours = bool(lab.netback["version"])
    device = f"/sys/bus/xen-backend/devices/vif-{domid}-0"
    if ours:
        for mode in ("kthread", "tasklet", "napi"):
            ctl.dom0.run(f"vifctl mode {vif} {mode}")
            _equal("tx_action", ctl.dom0.out(f"cat {device}/tx_action"), mode)
        for completion in ("local", "home"):
            ctl.dom0.run(f"vifctl completion {vif} {completion}")
            _equal("completion", ctl.dom0.out(f"cat {device}/completion"), completion)
        for count in (1, 2):
            ctl.dom0.run(f"vifctl queues {vif} {count}")
            _equal("queues", ctl.json(f"queues {vif}")["queues"], str(count))
    else:
        status, out = ctl.dom0.run(f"vifctl mode {vif} kthread 2>&1", check=False)
        if status != 2 or "in-tree" not in out:
            raise LabError(f"mode of an in-tree vif: {status}, {out}")
    ctl.dom0.run(f"vifctl rate {vif} 16Mb/s@20ms")
    _equal("rate", ctl.dom0.out(f"xenstore-read /local/domain/0/backend/vif/{domid}/0/rate"),
           "40000,20000")
    mbps = lab.peer.iperf(ctl.guest.ip, "--reverse", seconds=4)["sum_received"]["bits_per_second"] / 1e6
    ctl.dom0.run(f"vifctl rate {vif} none")
    free = lab.peer.iperf(ctl.guest.ip, "--reverse", seconds=4)["sum_received"]["bits_per_second"] / 1e6
    if ours and (mbps > 20 or free < 1.3 * mbps):
        raise LabError(f"{mbps:.1f} Mbit/s with a rate of 16, {free:.1f} without")
    return {"limited_mbps": round(mbps, 1), "free_mbps": round(free, 1)}


# What is asked for, the exit status, and what the line has to say.
_REFUSED = (
    ("", 1, "say what to do"),
    ("nonsense", 1, "no command nonsense"),
    ("--nonsense", 1, "no option --nonsense"),
    ("list vif1.0", 1, "list takes no"),
    ("show vif99.0", 2, "no vif vif99.0"),
    ("pin", 1, "say what to pin"),
    ("pin @V", 1, "say where"),
    ("pin @V to", 1, "say where"),
    ("pin @V to 0-", 1, "no list of CPUs"),
    ("pin @V to 3-1", 1, "no list of CPUs"),
    ("pin @V to 1,,2", 1, "no list of CPUs"),
    ("pin @V to 99999999", 1, "no list of CPUs"),
    ("pin @V to 77", 2, "CPU 77 is not online"),
    ("pin @V q9 to 0", 2, "has no queue 9"),
    ("pin @V qx to 0", 1, "qx is no queue"),
    ("pin vif99.0 to 0", 2, "no vif vif99.0"),
    ("pin @V near xenbr0", 2, "no NIC"),
    ("pin @V node 7", 2, "no NUMA node 7"),
    ("pin @V node x", 1, "no number"),
    ("pin @V beside 1", 1, "no place"),
    ("unpin @V q0 now", 1, "takes no"),
    ("spread across 1", 1, "spread [over CPUS]"),
    ("mode @V fast", 1, "must be napi|kthread|tasklet"),
    ("completion @V away", 1, "must be home|local"),
    ("queues @V none", 1, "no number of queues"),
    ("queues @V 0", 1, "no number of queues"),
    ("queues @V 4000", 2, "queues"),
    ("rate @V fast", 1, "no rate"),
    ("rate @V 0Mb/s", 1, "no rate"),
    ("rate @V 1Mb/s@0ms", 1, "no rate"),
    ("policy keep", 1, "no part of policy"),
    ("policy set @V to x", 1, "no list of CPUs"),
    ("policy set nowhere to 1", 2, "no vif nowhere"),
    ("policy delete @V", 2, "says nothing of"),
    ("policy covers x", 1, "covers IRQ"),
)

# Without root, without Xen, without somebody to ask.
_WITHOUT = (
    ("setpriv --reuid 65534 --regid 65534 --clear-groups vifctl pin @V to 0", 2, ""),
    ("unshare -m sh -c 'mount -t tmpfs none /sys/hypervisor; mount -t tmpfs none /run/xenstored; "
     "mount -t tmpfs none /proc/xen; mount --bind /dev/null /dev/xen/xenbus; vifctl list'", 2, "Xen"),
)


@step
def vifctl_refuses(lab):
    """Bad input: one line on stderr, the right exit status, and nothing has changed."""
    ctl = _Vifctl(lab)
    homes = ctl.homes()
    for command, wanted, word in [(f"vifctl {c}", w, x) for c, w, x in _REFUSED] + list(_WITHOUT):
        line = command.replace("@V", ctl.vif)
        status, out = ctl.dom0.run(f"{line} 2>&1 >/dev/null", check=False)
        lines = out.strip().splitlines()
        if status != wanted or len(lines) != 1 or not lines[0].startswith("vifctl: ") \
                or word not in lines[0]:
            raise LabError(f"{line}: status {status}, must be {wanted} with '{word}' in one line:\n"
                           f"{out}")
    _equal("CPUs of the queues after all that was refused", ctl.homes(), homes)
    return {"refused": len(_REFUSED) + len(_WITHOUT)}
