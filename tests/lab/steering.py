# SPDX-License-Identifier: GPL-2.0
"""Queues change what runs them and where, under traffic, and nothing is lost."""

import contextlib
import time

from errors import LabError
from guest import ETH0_UP
from progress import say
from steps import counters, step

MODES = ("tasklet", "kthread", "napi")


class _Vif:
    """The guest's vif: its interrupts, attributes and queues."""

    def __init__(self, lab):
        self._dom0 = lab.dom0
        domid = lab.guests[0].domid()
        self.name = f"vif{domid}.0"
        self._sysfs = f"/sys/bus/xen-backend/devices/vif-{domid}-0"

    def set(self, attribute, value):
        self._dom0.run(f"echo {value} >{self._sysfs}/{attribute}")
        now = self._dom0.out(f"cat {self._sysfs}/{attribute}")
        if now != value:
            raise LabError(f"{attribute} is {now} after {value} was written")

    def bind(self, cpu):
        """A plain write, to the TX interrupts alone."""
        self._dom0.run(f"cpuload --bind {self.name}-q {cpu} -tx")

    def queues(self):
        head, *rows = self._dom0.out(
            f"cat /sys/kernel/debug/xen-netback/{self.name}/queues").splitlines()
        return [dict(zip(head.split(), row.split())) for row in rows]

    def expect(self, what, value):
        """All queues have that value in that column within a second."""
        deadline = time.monotonic() + 1
        while True:
            found = {queue[what] for queue in self.queues()}
            if found == {str(value)}:
                return
            if time.monotonic() > deadline:
                raise LabError(f"{what} of {self.name}'s queues is {', '.join(found)}, "
                               f"must be {value}")

    def irqs(self):
        """{queue name with -tx or -rx: interrupt}"""
        lines = self._dom0.out(f"grep {self.name}-q /proc/interrupts").splitlines()
        return {line.split()[-1]: int(line.split(":")[0]) for line in lines}

    def expect_xps(self, cpu):
        """The stack sends on these queues from the home CPU."""
        for path in self._dom0.out(
                f"ls -d /sys/class/net/{self.name}/queues/tx-*").splitlines():
            mask = int(self._dom0.out(f"cat {path}/xps_cpus").replace(",", ""), 16)
            if mask != 1 << cpu:
                raise LabError(f"{path}/xps_cpus is {mask:x}, must be CPU{cpu} alone")

    def cpus(self):
        """{column: {cpu: value}}: what each CPU has done."""
        head, *rows = self._dom0.out(
            f"cat /sys/kernel/debug/xen-netback/{self.name}/cpus").splitlines()
        return {column: {int(row.split()[0]): int(row.split()[i]) for row in rows}
                for i, column in enumerate(head.split()) if i}

    def _done(self, seconds):
        before = self.cpus()
        self._dom0.run(f"sleep {seconds}")
        return {column: {cpu: value - before[column].get(cpu, 0)
                         for cpu, value in values.items()}
                for column, values in self.cpus().items()}

    def expect_work_on(self, cpu, seconds=2):
        """Interrupts, runs of the action and unmaps are there, and pages come back."""
        done = self._done(seconds)
        for column in ("runs", "drained", "interrupts"):
            total = sum(done[column].values())
            # A busy action is not interrupted: the guest sends few events then.
            if not total and column != "interrupts":
                raise LabError(f"{column} of {self.name}: none at all; is there traffic?")
            if done[column][cpu] < 0.99 * total:
                raise LabError(f"{column} of {self.name} are {done[column]}, must be on CPU{cpu}")
        if not sum(done["released"].values()):
            raise LabError(f"no page of {self.name} was released: were any mapped?")

    def expect_work(self, seconds=1):
        """Something is carried, wherever that is."""
        if not sum(self._done(seconds)["drained"].values()):
            raise LabError(f"{self.name} carries nothing")

    def expect_interrupts_on(self, cpu):
        """Those for packets to the guest too, which nobody has moved by hand."""
        for name, irq in self.irqs().items():
            now = self._dom0.out(f"cat /proc/irq/{irq}/effective_affinity_list")
            if now != str(cpu):
                raise LabError(f"{name} goes to CPU{now}, must be CPU{cpu}")


def _discarded(lab):
    """Packets of the vif that netback did not carry, for whatever reason."""
    vif = counters(lab)["vif"]
    return sum(vif[f"{way}_{what}"] for way in ("rx", "tx") for what in ("dropped", "errors"))


@contextlib.contextmanager
def _traffic(lab, seconds, *args):
    """Traffic both ways; the vif may lose none of its packets.

    What it got from one side it has to have given to the other (see counters). A
    program at either end can lose packets for reasons of its own: those are shown.
    """
    guest = lab.guests[0]
    before = _discarded(lab)
    traffic = lab.peer.start(guest.ip, *args, "--bidir", seconds=seconds)
    lab.dom0.run("sleep 2")
    yield
    end = lab.peer.finish(traffic)
    lost = _discarded(lab) - before
    if lost:
        raise LabError(f"the vif has lost {lost} packets while it was steered")
    if "-u" in args:
        sums = [end[f"sum{key}"] for key in ("_bidir_reverse", "")]
        say(f"  {sum(s['packets'] for s in sums)} packets, none lost by the vif; the programs "
            "missed " + " and ".join(str(s["lost_packets"]) for s in sums))
    else:
        rates = [end[f"sum_received{key}"]["bits_per_second"] / 1e6
                 for key in ("_bidir_reverse", "")]
        say(f"  {rates[0]:.0f} Mbit/s up, {rates[1]:.0f} down, no packet lost by the vif")


def _steady(lab, seconds, rate="4M"):
    """Packets of 1400 bytes both ways at a rate that the machine can bear."""
    return _traffic(lab, seconds, "-u", "-l", "1400", "-b", rate)


def _full(lab, seconds):
    """TCP both ways, as fast as it goes."""
    return _traffic(lab, seconds, "-P", "2")


@step
def modes(lab, times=2):
    """Every change of tx_action and completion, under traffic."""
    vif = _Vif(lab)
    vif.bind(0)
    with _steady(lab, 8 + 8 * times):
        for _ in range(times):
            for completion in ("local", "home"):
                vif.set("completion", completion)
                for mode in MODES:
                    vif.set("tx_action", mode)
                    vif.expect("action", mode)
    status, _ = lab.dom0.run("echo sometimes >/sys/bus/xen-backend/devices/vif-*-0/tx_action",
                             check=False)
    if not status:
        raise LabError("tx_action took a mode that is none")
    return {"changes": times * 2 * len(MODES)}


@step
def moves(lab, cpus=(3, 1), seconds=40):
    """The interrupt is moved under traffic, and the work follows."""
    vif = _Vif(lab)
    done = 0
    for mode in (*MODES, "threaded"):
        if mode == "threaded":
            lab.dom0.run(f"echo 1 >/sys/class/net/{vif.name}/threaded")
            lab.dom0.run(f"ps -e -o args= | grep -qF '[napi/{vif.name}-'")
        else:
            vif.set("tx_action", mode)
        with _full(lab, seconds):
            for cpu in cpus:
                vif.bind(cpu)
                vif.expect("home", cpu)
                lab.dom0.run("sleep 0.5")
                vif.expect_work_on(cpu, 1)
                vif.expect_interrupts_on(cpu)
                vif.expect_xps(cpu)
                done += 1
    # The interface has a NAPI instance still; without one there is no such switch.
    lab.dom0.run(f"echo 0 >/sys/class/net/{vif.name}/threaded")
    return {"moves": done}


@step
def offline(lab, seconds=35):
    """The home CPU goes offline, and comes back, under traffic."""
    vif = _Vif(lab)
    for mode in MODES:
        vif.set("tx_action", mode)
        vif.bind(3)
        vif.expect("home", 3)
        with _full(lab, seconds):
            lab.dom0.run("echo 0 >/sys/devices/system/cpu/cpu3/online")
            vif.expect_work()
            if {queue["home"] for queue in vif.queues()} == {"3"}:
                raise LabError(f"{vif.name} lives on a CPU that is offline")
            lab.dom0.run("echo 1 >/sys/devices/system/cpu/cpu3/online")
            vif.bind(3)
            vif.expect_work_on(3, 1)
    return {"modes": len(MODES)}


@step
def spread(lab, busy=0, settle=8):
    """Queues made together go to CPUs of their own, and not to one that is busy."""
    guest = lab.guests[0]
    lab.dom0.run(f"taskset -c {busy} sh -c 'while :; do :; done' >/dev/null 2>&1 & "
                 f"echo $! >/run/lab/busy; sleep {settle}")
    try:
        lab.dom0.run(f"xl network-detach {guest.name} 0", timeout=60)
        lab.dom0.run(f"xl network-attach {guest.name} bridge=xenbr0 mac={guest.mac}",
                     timeout=60)
        guest.run(ETH0_UP)
    finally:
        lab.dom0.run("kill $(cat /run/lab/busy)")
    vif = _Vif(lab)
    homes = [int(queue["home"]) for queue in vif.queues()]
    if busy in homes or len(set(homes)) != len(homes):
        raise LabError(f"with CPU{busy} busy the queues of {vif.name} live on {homes}")
    for name, irq in vif.irqs().items():
        home = homes[int(name.split("-")[1][1:])]
        hint = int(lab.dom0.out(f"cat /proc/irq/{irq}/affinity_hint").replace(",", ""), 16)
        if hint != 1 << home:
            raise LabError(f"the affinity hint of {name} is {hint:x}, its home is CPU{home}")
    return {"homes": homes}


def _channels(lab, vif):
    """(combined, rx) as ethtool shows what is set now."""
    now = lab.dom0.out(f"ethtool -l {vif.name}").split("Current hardware settings:")[1]
    found = dict(line.split(":") for line in now.strip().splitlines())
    return tuple(int(found[key].strip().replace("n/a", "0")) for key in ("Combined", "RX"))


@step
def channels(lab):
    """ethtool -L keeps packets to the guest to fewer queues; the guest's own stay."""
    vif = _Vif(lab)
    queues = len(vif.queues())
    with _steady(lab, 12):
        for wanted in (1, queues):
            lab.dom0.run(f"ethtool -L {vif.name} combined {wanted}")
            found = _channels(lab, vif)
            if found != (wanted, queues - wanted):
                raise LabError(f"{wanted} queues were set, ethtool -l shows {found}")
    for refused in (0, queues + 1):
        status, out = lab.dom0.run(f"ethtool -L {vif.name} combined {refused} 2>&1", check=False)
        if not status:
            raise LabError(f"ethtool -L combined {refused} was accepted: {out}")
    return {"queues": queues}
