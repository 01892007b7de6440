# SPDX-License-Identifier: GPL-2.0
"""vifctl on real Xen: what it shows is so, what it does takes effect, what it refuses stays."""

import base64
import gzip
import json
import shlex
import time

from errors import LabError
from resume import save_and_restore
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
    # There is but one node, and nobody knows whose the NIC is.
    for where in ("near eth0", "node 0"):
        ctl.dom0.run(f"vifctl pin {ctl.vif} to 1 && vifctl pin {ctl.vif} {where}")
        ctl.expect_homes(f"pin {where}", list(range(queues)))
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


def _until(look, wanted, seconds):
    deadline = time.monotonic() + seconds
    while look() != wanted and time.monotonic() < deadline:
        time.sleep(0.5)


def _nic_comes_up(ctl):
    """The NIC's interrupts, which were let go, are where the policy wants them when it is up."""
    irqs = [irq["irq"] for move in ctl.json("unpin eth0") for irq in move["irqs"]]

    def where():
        return {ctl.dom0.out(f"cat /proc/irq/{irq}/smp_affinity_list") for irq in irqs}

    if where() == {"1"}:
        raise LabError("unpin eth0 has not let its interrupts go")
    ctl.dom0.run("ip link set eth0 down && ip link set eth0 up")
    _until(where, {"1"}, 20)
    _equal("where the policy has the NIC's interrupts", where(), {"1"})
    _until(lambda: ctl.dom0.out("cat /sys/class/net/eth0/carrier"), "1", 20)
    return "held"


@step
def vifctl_policy(lab):
    """What the policy says holds again after a reconnection, after the guest's reboot, and when it
    comes in from a file, as from another host."""
    ctl = _Vifctl(lab)
    name = f"{ctl.guest.name}/0"
    queues = len(ctl.homes())
    ctl.dom0.run(f"vifctl policy set {name} all to 1")
    ctl.dom0.run(f"vifctl policy set {ctl.vif} q0 to 0")
    wanted = [0] + [1] * (queues - 1)
    ctl.dom0.run("vifctl policy set eth0 to 1")
    ctl.dom0.run("vifctl policy watch >/run/lab/policy.log 2>&1 </dev/null & echo $! >/run/lab/policy")
    try:
        _until(ctl.homes, wanted, 20)
        ctl.expect_homes("the policy begins", wanted)
        irq = ctl.show()["queues"][0]["irqs"][0]["irq"]
        if ctl.dom0.run(f"vifctl policy covers {irq}", check=False)[0]:
            raise LabError(f"the policy does not cover interrupt {irq}")
        rows = {}
        for what, action in (("reconnection", _reconnect), ("reboot", _reboot),
                             ("restore", save_and_restore)):
            ctl.dom0.run(f"vifctl unpin {ctl.vif}")
            action(lab)
            _until(ctl.homes, wanted, 30)
            ctl.expect_homes(f"after a {what}", wanted)
            rows[what] = "held"
        rows["NIC"] = _nic_comes_up(ctl)
    finally:
        ctl.dom0.run("kill $(cat /run/lab/policy)")
    ctl.dom0.run(f"vifctl policy delete {name} && vifctl policy delete eth0 && vifctl unpin eth0")
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
            _equal("queues", ctl.json(f"queues {vif}")["queues"], count)
    else:
        status, out = ctl.dom0.run(f"vifctl mode {vif} kthread 2>&1", check=False)
        if status != 2 or "in-tree" not in out:
            raise LabError(f"mode of an in-tree vif: {status}, {out}")
        _equal("queues", ctl.json(f"queues {vif}")["queues"], len(ctl.homes()))
    ctl.dom0.run(f"vifctl rate {vif} 16Mb/s@20ms")
    _equal("rate", ctl.dom0.out(f"xenstore-read /local/domain/0/backend/vif/{domid}/0/rate"),
           "40000,20000")
    mbps = lab.peer.iperf(ctl.guest.ip, "--reverse", seconds=4)["sum_received"]["bits_per_second"] / 1e6
    ctl.dom0.run(f"vifctl rate {vif} none")
    # What is limited never gets further; what is not may be held up by the emulation.
    for _ in range(3):
        free = lab.peer.iperf(ctl.guest.ip, "--reverse", seconds=4)["sum_received"]["bits_per_second"] / 1e6
        if free >= 1.3 * mbps:
            break
    if ours and (mbps > 20 or free < 1.3 * mbps):
        raise LabError(f"{mbps:.1f} Mbit/s with a rate of 16, {free:.1f} without")
    return {"limited_mbps": round(mbps, 1), "free_mbps": round(free, 1)}


_STATISTICS = ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes")
# Between the time that a look says it was at, and when it has read a counter.
_APART = 0.3


# No program is started for any of it, which would take seconds beside a guest that sends. What is
# waited for does not come.
_COUNT = """
cd /sys/class/net/@V/statistics
count() {
	local line=$EPOCHREALTIME value
	for name in @N; do read -r value <$name; line+=" $value"; done
	echo "$line"
}
exec {nothing}<> <(:)
count
: >/run/lab/counted
while [ -e /run/lab/counting ]; do count; read -rt 0.05 -u $nothing; done
"""


class _Counted:
    """What the kernel counts of a vif, again and again, while somebody else looks, too."""

    def __init__(self, dom0, vif):
        count = _COUNT.replace("@V", vif).replace("@N", " ".join(_STATISTICS))
        self._dom0 = dom0
        # Whoever ends ssh here has not ended it there.
        dom0.run("touch /run/lab/counting; rm -f /run/lab/counted")
        self._process = dom0.start(f"exec bash -c {shlex.quote(count)}")
        dom0.run("until [ -e /run/lab/counted ]; do sleep 0.1; done")
        self._samples = []

    def end(self):
        self._dom0.run("rm /run/lab/counting")
        for line in self._process.communicate()[0].splitlines():
            when, *values = line.split()
            if len(values) == len(_STATISTICS):
                self._samples.append((float(when), dict(zip(_STATISTICS, map(int, values)))))

    def bounds(self, name, begin, end):
        """The least and the most that can have been counted from then to then."""
        inside = [values[name] for when, values in self._samples
                  if begin + _APART < when < end - _APART]
        before = [values[name] for when, values in self._samples if when < begin - _APART]
        after = [values[name] for when, values in self._samples if when > end + _APART]
        if not inside or not before or not after:
            raise LabError(f"counters were read {len(before)} times before, {len(inside)} times in "
                           f"and {len(after)} times after {begin} to {end}")
        return inside[-1] - inside[0], after[0] - before[-1]


def _compare_rates(table, vif, counted):
    """What one table of top's says has passed, against what the kernel has counted."""
    end = table["unix_seconds"]
    for name, times in zip(_STATISTICS, (1, 8, 1, 8)):
        key = f"{name[:2]}_{'packets' if times == 1 else 'bits'}_per_s"
        passed = vif[key] * table["seconds"] / times
        least, most = counted.bounds(name, end - table["seconds"], end)
        if not least * 0.999 - 1 <= passed <= most * 1.001 + 1:
            raise LabError(f"top: {passed:.0f} {name}; the kernel has counted {least} to {most}")


def _check_strip(cpus, ours):
    """One look's CPUs: the vif's interrupts are on some, and our netback says what it did."""
    for kind in ("vif", "nic"):
        if not sum(cpu[f"{kind}_interrupts_per_s"] for cpu in cpus) > 0:
            raise LabError(f"top: no CPU has interrupts of a {kind}: {cpus}")
    if any(not 0 <= (cpu["busy_share"] or 0) <= 1 for cpu in cpus):
        raise LabError(f"top: CPUs are not busy for a share of their time: {cpus}")
    runs = [cpu["runs_per_s"] for cpu in cpus]
    if ours and not any(runs) or not ours and any(run is not None for run in runs):
        raise LabError(f"top: runs of actions are {runs}")


def _wait_for_packets(run, ifname):
    """Until the peer's connection is there and carries something: that takes an emulated machine
    up to seconds.

    run: a command where the interface receives
    """
    run(f"file=/sys/class/net/{ifname}/statistics/rx_packets; begin=$(cat $file); "
        "until [ $(cat $file) -gt $((begin + 50)) ]; do sleep 1; done", timeout=40)


@step
def vifctl_top(lab):
    """Rates of a sending guest, as JSON and as text, against the kernel's counters."""
    ctl = _Vifctl(lab)
    ours = bool(lab.netback["version"])
    counted = _Counted(ctl.dom0, ctl.vif)
    try:
        with lab.peer.goes_on(ctl.guest.ip, "--reverse"):
            _wait_for_packets(ctl.dom0.run, ctl.vif)
            # It has to have counted for a while before the look.
            time.sleep(1)
            lines = ctl.dom0.out("vifctl -j top -b -n 2 -d 2").splitlines()
            text = ctl.dom0.out("vifctl top -b -n 1 -f -s rxpkt")
    finally:
        counted.end()
    _equal("lines of top -j -n 2", len(lines), 2)
    for line in lines:
        table = json.loads(line)
        vif = next(vif for vif in table["vifs"] if vif["vif"] == ctl.vif)
        _equal("top, domain", vif["domain"], ctl.guest.name)
        _equal("top, queues", len(vif["queues"]), len(ctl.homes()))
        _equal("top, homes of queues", [queue["home_cpu"] for queue in vif["queues"]], ctl.homes())
        _equal("top, CPUs", len(table["cpus"]), int(ctl.dom0.out("nproc")))
        if not vif["rx_packets_per_s"] > 0 or not vif["events_per_s"] > 0:
            raise LabError(f"top: the guest sends, and {ctl.vif} is {vif}")
        batch = vif["rx_batch_packets"]
        if ours and not (batch or 0) >= 1 or not ours and batch is not None:
            raise LabError(f"top: batches of {batch} packets")
        _check_strip(table["cpus"], ours)
        _compare_rates(table, vif, counted)
    for wanted in ("RXPKT", ctl.vif, " q0 ", "HARDIRQ"):
        if wanted not in text:
            raise LabError(f"top -b: no {wanted} in\n{text}")
    if "\033" in text:
        raise LabError(f"top -b: that is for a terminal:\n{text}")
    return {"rx_packets_per_s": round(vif["rx_packets_per_s"]),
            "events_per_s": round(vif["events_per_s"])}


# Which vifs there are, for everybody who has to do with them.
_VIFS = ("ls /sys/class/net; xenstore-ls /local/domain/0/backend/vif | grep -E ' (frontend|mac) '; "
         "xenstore-list /libxl/@D/device/vif; ls /sys/class/net/xenbr0/brif")


class _Vifs:
    """What has changed of a guest's vifs, seen from both sides."""

    def __init__(self, ctl):
        self._ctl = ctl
        self._before = self._look()

    def _look(self):
        return (self._ctl.dom0.out(_VIFS.replace("@D", self._ctl.guest.domid())),
                self._ctl.guest.out("ls /sys/class/net"))

    def expect_same(self, what):
        """The guest hears of a vif that is gone in its own time."""
        deadline = time.monotonic() + 10
        while (found := self._look()) != self._before and time.monotonic() < deadline:
            time.sleep(0.5)
        if found != self._before:
            raise LabError(f"{what}: there is\n{found}\nand there was\n{self._before}")


def _refused(run, commands):
    """Each gets one line on stderr, with a word in it, and its exit status.

    All are run at once: to get there takes longer than to be refused.
    """
    script = "; ".join(f"{{ {line}; }} 2>&1 >/dev/null; echo @@ $?" for line, _, _ in commands)
    said, answers = [], []
    for line in run(script, timeout=120)[1].splitlines():
        if line.startswith("@@ "):
            answers.append((int(line[3:]), said))
            said = []
        else:
            said.append(line)
    _equal("answers to what is to be refused", len(answers), len(commands))
    for (line, wanted, word), (status, lines) in zip(commands, answers):
        if status != wanted or len(lines) != 1 or not lines[0].startswith("vifctl: ") \
                or word not in lines[0]:
            raise LabError(f"{line}: status {status}, must be {wanted} with '{word}' in one line:\n"
                           + "\n".join(lines))


# As _REFUSED; @G is the guest, @M the MAC of its vif.
_NOT_ATTACHED = (
    ("attach @G", 1, "must be: vifctl attach"),
    ("attach @G nonsense", 1, "is not KEY=VALUE"),
    ("attach @G 'bridge=xenbr0,,=x'", 1, "is not KEY=VALUE"),
    ("attach @G mac=00:16:3e:77", 1, "is no MAC address"),
    ("attach @G mac=01:16:3e:77:01:01", 1, "address of a group"),
    ("attach @G bridge=xenbr0 -t soon", 1, "no time to wait"),
    ("attach nobody bridge=xenbr0", 2, "no domain nobody"),
    ("attach 4711 bridge=xenbr0", 2, "no domain 4711"),
    ("attach @G bridge=nowhere", 2, "no bridge nowhere here: there is xenbr0"),
    ("attach @G mac=@M,bridge=xenbr0", 2, "MAC of another vif"),
    ("attach @G bridge=xenbr0,colour=blue", 2, "no vif was attached"),
    ("detach", 1, "must be: vifctl detach"),
    ("detach @G/x", 1, "is no vif"),
    ("detach @G/7", 2, "has no vif 7"),
    ("detach nobody/0", 2, "no domain nobody"),
    ("detach vif99.0", 2, "no vif vif99.0"),
)


def _attach_paused(ctl, mac):
    """A guest that does nothing: the vif is there, and it is said what is missing."""
    guest = ctl.guest
    command = f"vifctl attach {guest.name} mac={mac},bridge=xenbr0 -t 3"
    ctl.dom0.run(f"xl pause {guest.name}")
    try:
        status, out = ctl.dom0.run(f"{command} 2>&1", check=False)
    finally:
        ctl.dom0.run(f"xl unpause {guest.name}")
    if status != 2 or len(out.splitlines()) != 1 or f"vifctl detach {guest.domid()}/1" not in out \
            or "no driver in the guest has taken it" not in out:
        raise LabError(f"{command}: status {status}: {out}")
    deadline = time.monotonic() + 20
    while not any(vif["handle"] == 1 and vif["backend_state"] == "Connected"
                  for vif in ctl.json("list")):
        if time.monotonic() > deadline:
            raise LabError(f"the guest goes on, and its vif is not connected: {ctl.json('list')}")
        time.sleep(0.5)
    ctl.dom0.run(f"vifctl detach {guest.name}/1")


@step
def vifctl_attaches(lab, paused=True):
    """A second vif comes, is connected and goes; what is refused leaves nothing behind."""
    ctl = _Vifctl(lab)
    guest, domid = ctl.guest, ctl.guest.domid()
    mac = f"00:16:3e:77:01:{guest.number:02x}"
    vifs = _Vifs(ctl)
    attach = f"attach {guest.name} 'mac={mac},bridge=xenbr0' -t 30"

    _equal("attach --dry-run", ctl.dom0.out(f"vifctl -n {attach}"),
           f"xl network-attach {domid} mac={mac} bridge=xenbr0")
    _equal("detach --dry-run", ctl.json(f"-n detach {ctl.vif}")["command"],
           f"xl network-detach {domid} 0")
    vifs.expect_same("--dry-run")
    _refused(ctl.dom0.run, [(f"vifctl {c.replace('@G', guest.name).replace('@M', guest.mac)}", w, x)
                   for c, w, x in _NOT_ATTACHED])
    vifs.expect_same("what was refused")

    start = time.monotonic()
    row = ctl.json(attach)
    took = time.monotonic() - start
    for key, wanted in (("vif", f"vif{domid}.1"), ("handle", 1), ("mac", mac), ("bridge", "xenbr0"),
                        ("backend_state", "Connected"), ("frontend_state", "Connected")):
        _equal(f"attach, {key}", row[key], wanted)
    ctl.dom0.run(f"[ -e /sys/class/net/xenbr0/brif/vif{domid}.1 ]")
    _equal("the guest's second interface", guest.out(f"grep -l {mac} /sys/class/net/*/address"),
           "/sys/class/net/eth1/address")
    _refused(ctl.dom0.run, [(f"vifctl {attach}", 2, "MAC of another vif")])
    _equal("detach", ctl.json(f"detach vif{domid}.1")["detached"], True)
    vifs.expect_same("detach")
    if paused:
        _attach_paused(ctl, mac)
        vifs.expect_same("detach after a pause")
    return {"attach_seconds": round(took, 1), "refused": len(_NOT_ATTACHED) + 1}


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
    ("top @V", 1, "top takes no"),
    ("top -j", 1, "add -b"),
    ("top -b -n 0", 1, "no number of tables"),
    ("top -b -d now", 1, "no time to wait"),
    ("top -b -s age", 1, "no column to sort by"),
)

# Without root, without Xen, without somebody to ask.
_NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"
_WITHOUT = (
    (f"{_NOBODY} vifctl pin @V to 0", 2, "needs root"),
    (f"{_NOBODY} vifctl list", 2, "needs root"),
    (f"{_NOBODY} vifctl mode @V", 2, "needs root"),
    ("unshare -m sh -c 'mount -t tmpfs none /sys/hypervisor; mount -t tmpfs none /run/xenstored; "
     "mount -t tmpfs none /proc/xen; mount --bind /dev/null /dev/xen/xenbus; vifctl list'", 2, "Xen"),
)


@step
def vifctl_refuses(lab):
    """Bad input: one line on stderr, the right exit status, and nothing has changed."""
    ctl = _Vifctl(lab)
    homes = ctl.homes()
    commands = [(f"vifctl {c}", w, x) for c, w, x in _REFUSED] + list(_WITHOUT)
    _refused(ctl.dom0.run, [(command.replace("@V", ctl.vif), w, x) for command, w, x in commands])
    _equal("CPUs of the queues after all that was refused", ctl.homes(), homes)
    return {"refused": len(_REFUSED) + len(_WITHOUT)}


# ---- in the guest --------------------------------------------------------------------


class _InGuest:
    """The guest's own vifctl. What the agent hands out has to be short."""

    def __init__(self, guest):
        self.guest = guest

    def json(self, command):
        out = self.guest.out(f"set -o pipefail; vifctl -j {command} | gzip -c | base64 -w 0")
        try:
            return json.loads(gzip.decompress(base64.b64decode(out)))
        except ValueError:
            raise LabError(f"in {self.guest.name}, vifctl -j {command}: {out[:500]}",
                           self.guest.log) from None

    def show(self):
        return self.json("show eth0")[0]

    def expect_homes(self, what, wanted):
        """All interrupts of a queue are where they must be; the in-tree ones are of vif0."""
        out = self.guest.out(
            "grep -oE '(eth0|vif0)-q[0-9]+(-[rt]x)?$' /proc/interrupts | while read -r name; do "
            "irq=$(grep \" $name$\" /proc/interrupts | cut -d: -f1); "
            "echo $name $(cat /proc/irq/$((irq))/effective_affinity_list); done")
        found = {}
        for line in out.splitlines():
            name, cpu = line.split()
            found.setdefault(int(name.split("-")[1][1:]), set()).add(int(cpu))
        _equal(f"{what}: CPUs of the guest's queues", found,
               {queue: {cpu} for queue, cpu in enumerate(wanted)})

    def counts(self):
        total = {}
        for queue in self.show()["queues"]:
            for irq in queue["irqs"]:
                for cpu, value in irq["interrupts_by_cpu"].items():
                    total[int(cpu)] = total.get(int(cpu), 0) + value
        return total


def _guest_pins(lab, ctl, queues):
    rows = {}
    for cpu in (1, 0):
        ctl.guest.run(f"vifctl pin eth0 all to {cpu}")
        ctl.expect_homes(f"pin to {cpu}", [cpu] * queues)
        before = ctl.counts()
        lab.peer.iperf(ctl.guest.ip, seconds=2)
        moved = {n: value - before.get(n, 0) for n, value in ctl.counts().items()}
        rows[f"on_cpu{cpu}"] = round(moved.get(cpu, 0) / max(1, sum(moved.values())), 3)
        if rows[f"on_cpu{cpu}"] < 0.95:
            raise LabError(f"pin to {cpu} in the guest: its interrupts came to {moved}")
    ctl.guest.run("vifctl -n pin eth0 all to 1 && vifctl -n spread && vifctl -n unpin eth0")
    ctl.expect_homes("--dry-run", [0] * queues)
    ctl.guest.run("vifctl spread")
    ctl.expect_homes("spread", [n % 2 for n in range(queues)])
    ctl.guest.run("vifctl unpin eth0")
    return rows


def _guest_policy(ctl, queues):
    """It holds when the interface is connected anew."""
    guest = ctl.guest
    guest.run("vifctl policy set eth0 all to 1 && vifctl policy apply")
    ctl.expect_homes("policy apply", [1] * queues)
    guest.run("vifctl unpin eth0; vifctl pin eth0 all to 0; "
              "vifctl policy watch >/tmp/policy.log 2>&1 </dev/null & echo $! >/tmp/policy")
    try:
        guest.run("cd /sys/bus/xen/drivers/vif; echo vif-0 >unbind; echo vif-0 >bind; cd /; "
                  "until [ -e /sys/class/net/eth0 ]; do usleep 100000; done; netfront_up")
        deadline = time.monotonic() + 20
        while True:
            try:
                ctl.expect_homes("policy watch, after a new connection", [1] * queues)
                break
            except LabError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
    finally:
        guest.run("kill $(cat /tmp/policy)")
    guest.run("vifctl policy delete eth0; vifctl unpin eth0")
    _equal("the guest's policy at the end", ctl.json("policy"), [])


def _guest_queues(ctl, ours, queues):
    if not ours:
        _refused(ctl.guest.run, [("vifctl queues eth0 1", 2, "eth0")])
        return
    for count in (1, queues):
        ctl.guest.run(f"vifctl queues eth0 {count}")
        _equal("vifctl queues", ctl.json("queues eth0")["queues"], count)
        # The new connection comes in a moment.
        wanted = {"nr_queues": count, "backend_state": "Connected", "frontend_state": "Connected"}
        deadline = time.monotonic() + 20
        while {key: ctl.json("list")[0][key] for key in wanted} != wanted:
            if time.monotonic() > deadline:
                raise LabError(f"vifctl queues eth0 {count}: {ctl.json('list')}")
            time.sleep(0.5)


def _guest_traffic(lab, ctl):
    """top while the peer sends, and diagnose in peace."""
    # The agent takes seconds for each command beside the stream.
    with lab.peer.goes_on(ctl.guest.ip):
        _wait_for_packets(ctl.guest.run, "eth0")
        table = ctl.json("top -b -n 1 -d 2")
    ctl.guest.run(f"ping -q -i 0.2 {lab.peer_ip} >/dev/null 2>&1 &")
    judged = ctl.json("diagnose eth0 -t 2")
    ctl.guest.run("killall ping")
    vif = next(vif for vif in table["vifs"] if vif["vif"] == "eth0")
    if not vif["rx_packets_per_s"] > 0 or not vif["events_per_s"] > 0:
        raise LabError(f"top in the guest: the peer sends, and eth0 is {vif}")
    _equal("top in the guest, CPUs", len(table["cpus"]), int(ctl.guest.out("nproc")))
    _equal("top in the guest, homes known", None in [q["home_cpu"] for q in vif["queues"]], False)
    if judged["verdict"] == "loss":
        raise LabError(f"diagnose in the guest: {judged}")
    return {"rx_packets_per_s": round(vif["rx_packets_per_s"]), "verdict": judged["verdict"]}


# What a guest has no say in. As _REFUSED; @G is its name.
_NOT_IN_GUEST = (
    ("mode eth0", 2, "is set where eth0 is served"),
    ("mode eth0 napi", 2, "is set where eth0 is served"),
    ("completion eth0 home", 2, "is set where eth0 is served"),
    ("rate eth0 10Mb/s", 2, "is set where eth0 is served"),
    ("attach @G bridge=xenbr0", 2, "there is no xl here"),
    ("detach eth0", 2, "is this domain's own"),
    ("detach @G/0", 2, "does not show this domain the others"),
    ("policy set eth0 all to 1 mode=napi", 2, "the mode is set where eth0 is served"),
    ("pin eth0 to 77", 2, "CPU 77 is not online"),
    ("pin eth0 q9 to 0", 2, "has no queue 9"),
    ("show vif1.0", 2, "no vif vif1.0"),
    ("top eth0", 1, "top takes no"),
)


@step
def vifctl_in_guest(lab):
    """The guest's own interface, from inside; and what is not the guest's to say."""
    ctl = _InGuest(lab.guests[0])
    guest = ctl.guest
    ours = guest.netfront == "ours"
    row = ctl.json("list")
    _equal("vifs of the guest", [vif["vif"] for vif in row], ["eth0"])
    for key, wanted in (("role", "frontend"), ("domain_id", 0), ("handle", 0), ("mac", guest.mac),
                        ("backend_state", "Connected"), ("frontend_state", "Connected"),
                        ("ours", ours)):
        _equal(f"list in the guest, {key}", row[0][key], wanted)
    guest.run("[ -d /sys/kernel/debug/xen-netfront ] || mount -t debugfs debug /sys/kernel/debug")
    queues = int(guest.out("xenstore-read device/vif/0/multi-queue-num-queues"))
    shown = ctl.show()
    _equal("show in the guest, queues", len(shown["queues"]), queues)
    if "sg" not in shown["features"] or not all(queue["irqs"] for queue in shown["queues"]) or \
            ours and not all(queue.get("rx_ring_free_slots") for queue in shown["queues"]):
        raise LabError(f"show in the guest: {shown}")
    if guest.mac not in guest.out("vifctl show"):
        raise LabError("show in the guest, as text: no MAC address")
    _refused(guest.run, [(f"vifctl {c.replace('@G', guest.name)}", w, x)
                         for c, w, x in _NOT_IN_GUEST])
    rows = {**_guest_pins(lab, ctl, queues), **_guest_traffic(lab, ctl)}
    _guest_queues(ctl, ours, queues)
    _guest_policy(ctl, queues)
    sent, received, _ = lab.peer.ping(guest.ip, 5)
    if not received:
        raise LabError(f"{received} of {sent} pings after all that", guest.log)
    return {**rows, "refused": len(_NOT_IN_GUEST)}
