# SPDX-License-Identifier: GPL-2.0
"""vifctl diagnose on real Xen: something is brought about, and it has to be found.

What this machine cannot bring about (rings of a NIC that run empty, other NICs) is in
tests/vifctl/fixtures.
"""

import contextlib
import json
import time

from errors import LabError
from progress import say
from steps import step
from wire import Flood

_DEBUGFS = ("[ -d /sys/kernel/debug/xen-netfront ] || mount -t debugfs debug /sys/kernel/debug; "
            "cd /sys/kernel/debug/xen-netfront/*/ && ")


@contextlib.contextmanager
def _guest_sends(lab, *args):
    """The guest sends UDP packets of 64 bytes as fast as it can."""
    with lab.peer.goes_on(lab.guests[0].ip, "--reverse", "-u", "-b", "0", "-l", "64", *args):
        time.sleep(2)
        yield


@contextlib.contextmanager
def _flood(lab):
    with Flood(lab.guests[0].ip, per_second=2000):
        time.sleep(1)
        yield


@contextlib.contextmanager
def _storm(lab):
    """As many small packets as the wire brings."""
    with Flood(lab.guests[0].ip, per_second=40000):
        time.sleep(2)
        yield


# Filters that match nothing, each looked at for each packet: with what the wire brings here a
# CPU has time left otherwise.
_MANY_FILTERS = ("tc qdisc add dev eth0 clsact && seq 300 | sed 's/.*/filter add dev eth0 ingress "
                 "pref & protocol ip u32 match ip dst 192.0.2.1 action drop/' | tc -batch -")


@contextlib.contextmanager
def _pings(lab):
    lab.guests[0].run(f"ping -q -i 0.05 {lab.peer_ip} >/dev/null 2>&1 &")
    try:
        yield
    finally:
        lab.guests[0].run("killall ping")


@contextlib.contextmanager
def _nothing(_lab):
    yield


# The rule, what brings it about in dom0 or in the guest (@V is the vif, @G the guest), the
# traffic, and what undoes it.
_CASES = (
    ("guest-paused", "dom0", "xl pause @G", _flood, "xl unpause @G"),
    ("credit-limit", "dom0", "vifctl rate @V 500Kb/s", _guest_sends, "vifctl rate @V none"),
    ("qdisc-drops", "dom0", "tc qdisc replace dev eth0 root tbf rate 200kbit burst 1600 limit 3000",
     _guest_sends, "tc qdisc del dev eth0 root"),
    ("softirq-squeezed", "dom0", "sysctl -qw net.core.netdev_budget=1", _guest_sends,
     "sysctl -qw net.core.netdev_budget=300"),
    ("backlog-full", "dom0", "for q in /sys/class/net/@V/queues/rx-*; do echo f >$q/rps_cpus; done; "
     "sysctl -qw net.core.netdev_max_backlog=1", _guest_sends,
     "for q in /sys/class/net/@V/queues/rx-*; do echo 0 >$q/rps_cpus; done; "
     "sysctl -qw net.core.netdev_max_backlog=1000"),
    ("cpu-saturated", "dom0",
     f"vifctl pin @V all to 1 && vifctl pin eth0 all to 1 && {_MANY_FILTERS}", _storm,
     "tc qdisc del dev eth0 clsact; vifctl unpin @V; vifctl unpin eth0"),
    ("guest-no-buffers", "guest", _DEBUGFS + "echo 10000 >fail_alloc", _flood,
     _DEBUGFS + "echo 0 >fail_alloc"),
    # It goes on sending: whatever has the action run takes the requests that are there.
    ("event-lost", "guest", _DEBUGFS + "echo 0 >watchdog; echo tx 1 every >drop_notify", _pings,
     _DEBUGFS + "echo 0 >drop_notify; echo 1 >watchdog"),
    ("bridge-none", "dom0", "ip link set @V nomaster", _nothing, "ip link set @V master xenbr0"),
    ("vif-down", "dom0", "ip link set @V down", _nothing, "ip link set @V up"),
)


# Those whose fix is one command that is enough, which is run as it is printed. (More budget for
# softirqs is not: the emulated CPU runs out of time, and not of packets.)
_FIXED = {"guest-paused", "credit-limit", "bridge-none", "vif-down"}


def _diagnose(lab, vif):
    return json.loads(lab.dom0.out(f"vifctl -j diagnose {vif} -t 4", timeout=60))


def _fix(lab, vif, finding):
    """What is printed helps, and what is printed to see it shows no error."""
    lab.dom0.run(finding["fix"])
    time.sleep(2)
    again = _diagnose(lab, vif)
    if finding["rule"] in [left["rule"] for left in again["findings"]]:
        raise LabError(f"{finding['rule']} is still found after: {finding['fix']}")
    lab.dom0.run(finding["verify"])


@step
def vifctl_diagnoses(lab, only=()):
    """Each cause is among the findings while it lasts, and not when it is over."""
    guest = lab.guests[0]
    vif = f"vif{guest.domid()}.0"
    # Not on the CPU that is to have no time, nor on the one that measures.
    lab.dom0.run(f"xl vcpu-pin {guest.name} all 2-3")
    with _pings(lab):
        calm = _diagnose(lab, vif)
    if any(found["severity"] == "loss" for found in calm["findings"]):
        raise LabError(f"packets are lost in a calm lab: {calm}")
    rows, wrong = {}, []
    for rule, where, cause, traffic, undo in _CASES:
        if only and rule not in only:
            continue
        run = lab.dom0.run if where == "dom0" else guest.run
        cause, undo = (text.replace("@V", vif).replace("@G", guest.name) for text in (cause, undo))
        try:
            run(cause)
            with traffic(lab):
                found = _diagnose(lab, vif)
                rules = [finding["rule"] for finding in found["findings"]]
                if rule in rules and rule in _FIXED:
                    _fix(lab, vif, found["findings"][rules.index(rule)])
        finally:
            run(undo)
        say(f"  {rule}: {found['verdict']}, {', '.join(rules)}")
        rows[rule] = rules.index(rule) + 1 if rule in rules else None
        if rule not in rules:
            wrong.append(rule)
        time.sleep(3)
    if wrong:
        raise LabError(f"not found: {', '.join(wrong)}")
    with _pings(lab):
        after = _diagnose(lab, vif)
    left = set(rows) & {finding["rule"] for finding in after["findings"]}
    if left:
        raise LabError(f"still found when it is over: {', '.join(left)}")
    return rows
