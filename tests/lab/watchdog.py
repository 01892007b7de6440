# SPDX-License-Identifier: GPL-2.0
"""netfront's watchdog: what is lost is found, and what is not lost is not.

The guests lose and delay events themselves (guest/faults), and exchange numbered
datagrams with dom0 meanwhile.
"""

import contextlib
import re
import subprocess
import time

from errors import LabError
from paths import WIRE_DOM0 as DOM0
from progress import say
from splats import clock_jumps
from steps import step
from wire import Flood

# As the contract has it, for one lost event.
PATIENCE = 5
# netfront reports after 30 s, notifies again after 2, 7, 17 and 37 s; and an emulated
# machine is late at times.
REPORT = 30
NOTIFIED = 45

_DEBUGFS = ("[ -d /sys/kernel/debug/xen-netfront ] || mount -t debugfs debug /sys/kernel/debug; "
            "cd /sys/kernel/debug/xen-netfront/*/ && ")
_COUNTERS = "ethtool -S eth0 | grep ' wd_'"
_QUEUE_COUNTERS = "ethtool -S eth0 | grep '_wd_'"
# What the log says of each kind of loss.
_LINES = {"event": "poll: event lost", "notify": "notify: notification lost"}


def _debugfs(guest, command, **settings):
    return guest.out(_DEBUGFS + command, **settings)


def _counters(guest):
    return {name[3:]: int(value) for name, value in
            re.findall(r"(wd_\w+): (\d+)", guest.out(_COUNTERS))}


def _queues(guest):
    head, *rows = (line.split() for line in _debugfs(guest, "cat queues").splitlines())
    return [dict(zip(head, row)) for row in rows]


def _waiting(guest):
    """Slots that are not answered, or whose answer nobody has taken."""
    return sum(int(queue["tx_req_prod"]) - int(queue["tx_rsp_cons"]) +
               int(queue["rx_rsp_prod"]) - int(queue["rx_rsp_cons"])
               for queue in _queues(guest))


def _until(lab, what, condition, seconds, pause=0.3):
    """How long it took the condition to be true."""
    seconds *= lab.machine.slow
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise LabError(f"{what}: not within {seconds} s")
        time.sleep(pause)
    return time.monotonic() - start


@contextlib.contextmanager
def _quiet(lab, guests):
    """Nobody sends what he was not asked for: any packet may wake up a ring.

    Neighbours are known, so that none is asked for or looked after, and IPv6, which
    says hello every now and then, is off.
    """
    mac = lab.dom0.out("cat /sys/class/net/xenbr0/address")
    off = "for i in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo {} >$i; done"
    for guest in guests:
        guest.run(f"arp -s {DOM0} {mac}; {off.format(1)}")
        lab.dom0.run(f"ip neigh replace {guest.ip} lladdr {guest.mac} dev xenbr0 nud permanent")
    lab.dom0.run(off.format(1))
    subprocess.run(["sh", "-c", off.format(1)], check=True)
    try:
        yield
    finally:
        subprocess.run(["sh", "-c", off.format(0)], check=True)
        lab.dom0.run(off.format(0))
        for guest in guests:
            guest.run(off.format(0))


@contextlib.contextmanager
def _answers(lab, guests):
    """Somebody in dom0 to exchange datagrams with, and nothing else between the two."""
    with _quiet(lab, guests):
        lab.dom0.run("datagrams answer >/dev/null 2>&1 </dev/null & echo $! >/run/lab/answers")
        try:
            yield
        finally:
            lab.dom0.run("kill $(cat /run/lab/answers)")


def _last_line(guest, direction):
    return guest.out(f"tail -n 1 /tmp/faults.{direction} 2>/dev/null || :")


def _lose(lab, guests, direction, times):
    """All guests at once. What they have found, added up."""
    said, ends = 0, {}
    share = -(-times // len(guests))
    for number, guest in enumerate(guests, 1):
        guest.run(f"faults {direction} {number} {len(guests)} {share} {DOM0} >/dev/null 2>&1 &")
    while len(ends) < len(guests):
        lab.machine.check()
        time.sleep(3)
        for guest in guests:
            line = _last_line(guest, direction)
            if line.startswith("end FAILED"):
                tail = guest.out(f"tail -n 6 /tmp/faults.{direction}; dmesg | tail -n 5; "
                                 f"{_DEBUGFS} cat queues health")
                raise LabError(f"{guest.name}: {line}\n{tail}", lab.logs)
            if line.startswith("end ok"):
                ends[guest.name] = {name: int(value) for name, value in
                                    re.findall(r"(\w+) (\d+)", line)}
        if time.monotonic() > said + 30:
            said = time.monotonic()
            say(f"  {direction}: {_last_line(guests[0], direction)}")
    found = {name: sum(end[name] for end in ends.values())
             for name in ("recovered", "passed", "unused")}
    return {**found, "longest_seconds": max(end["longest_ms"] for end in ends.values()) / 1000}


def _lost_events(lab, guests, times):
    with _answers(lab, guests):
        found = {direction: _lose(lab, guests, direction, times)
                 for direction in ("event", "notify")}
    for direction, row in found.items():
        if row["recovered"] < times or row["longest_seconds"] > PATIENCE:
            raise LabError(f"{direction}: {row}")
    counted = [_counters(guest) for guest in guests]
    if any(row["unresponsive"] or row["reconnect"] for row in counted):
        raise LabError(f"the watchdog went too far: {counted}")
    for guest, row in zip(guests, counted):
        queues = re.findall(r"queue_\d+_wd_(\w+): (\d+)", guest.out(_QUEUE_COUNTERS))
        for name, value in row.items():
            if sum(int(n) for counter, n in queues if counter == name) != value:
                raise LabError(f"{guest.name}: {name} is {value}, and of the queues: {queues}")
        log = guest.out("dmesg | grep 'watchdog: queue'")
        for direction, line in _LINES.items():
            if line not in log:
                raise LabError(f"{guest.name}: {direction}s were lost, the log has no '{line}'")
    return {**found, "lost": 0}


@step
def lost_events(lab, times=10):
    """Each direction's events are lost or late until the watchdog had to act so often.

    Seeds whose fault did not happen, or after which the traffic went on by itself, are
    "unused" and "passed"; the watchdog had nothing to do, but nothing may be lost either.
    """
    return _lost_events(lab, lab.guests, times)


def _stands(lab, guest, fault, seconds):
    """Is a packet still waiting that long after a fault? Anything else can wake the ring."""
    counted = _counters(guest)
    for _ in range(4):
        _debugfs(guest, f"echo tx 1 >{fault}; datagrams exchange {DOM0} 100 1 0; echo 0 >{fault}")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and _waiting(guest):
            time.sleep(1)
        if _waiting(guest):
            if _counters(guest) != counted:
                raise LabError("the watchdog is off and has done something")
            return
    raise LabError(f"{fault}: nothing stands still, what is it that the watchdog repairs?")


@step
def without_watchdog(lab, seconds=8):
    """A lost event is for good when nobody looks; and not when somebody does again."""
    guest = lab.guests[0]
    row = {}
    with _answers(lab, lab.guests):
        for fault, counter in (("drop_event", "lost_event"), ("drop_notify", "kick_resent")):
            _debugfs(guest, "echo 0 >watchdog")
            _stands(lab, guest, fault, seconds)
            before = _counters(guest)
            _debugfs(guest, "echo 1 >watchdog")
            row[counter] = round(_until(lab, f"{fault} is put right", lambda: not _waiting(guest),
                                        PATIENCE + 2), 1)
            _until(lab, f"{fault} is counted",
                   lambda: _counters(guest)["recovered"] > before["recovered"], PATIENCE)
            if _counters(guest)[counter] == before[counter]:
                raise LabError(f"{fault}: {counter} has not moved")
    return {"stood_seconds": seconds, "repaired_seconds": row}


# A thread of the poll shares a CPU with a program that lets nobody else run. Kernels keep
# some time for others unless they are told not to.
_SERVER = "/sys/kernel/debug/sched/fair_server/cpu1/runtime"
_STARVE = ("echo 1 >/sys/class/net/eth0/threaded; "
           "for pid in $(ps | sed -n 's| *\\([0-9]*\\).*[[]napi/eth0.*|\\1|p'); do "
           "taskset -p 2 $pid; done; "
           f"cat {_SERVER} >/tmp/server; echo 0 >{_SERVER}; "
           "{ taskset 2 chrt -f 50 sh -c 'while :; do :; done' & } >/dev/null 2>&1; "
           "echo $! >/tmp/starve")
_FEED = (f"kill $(cat /tmp/starve); cat /tmp/server >{_SERVER}; "
         "echo 0 >/sys/class/net/eth0/threaded")


@step
def stuck_poll(lab):
    """A poll that is due but does not get to run is reported, and nobody else is blamed."""
    guest = lab.guests[0]
    before = _counters(guest)
    with _answers(lab, [guest]):
        guest.run(_STARVE)
        try:
            guest.run(f"taskset 1 datagrams exchange {DOM0} 100 1 0")
            took = _until(lab, "the report", lambda: _counters(guest)["stuck"] > before["stuck"],
                          REPORT + 15, 1)
        finally:
            guest.run(_FEED)
        _until(lab, "that is over",
               lambda: _counters(guest)["recovered"] > before["recovered"], PATIENCE)
    after = _counters(guest)
    if after["unresponsive"] != before["unresponsive"]:
        raise LabError(f"the backend was reported as well: {before} before, {after} after")
    lines = guest.out("dmesg | grep 'watchdog: queue' | grep 'the poll'").splitlines()
    for wanted in ("the poll does not run", "the poll runs again"):
        if not any(wanted in line for line in lines):
            raise LabError(f"the log does not say '{wanted}': {lines}")
    return {"reported_seconds": round(took, 1)}


def _must_be_calm(lab, guest, before, what):
    """Nothing was told, and it answers."""
    after = _counters(guest)
    if after != before:
        raise LabError(f"{what}: counters {before} before, {after} after", guest.log)
    if re.search(r"NETDEV WATCHDOG", guest.out("dmesg")):
        raise LabError("the kernel's own watchdog has raised an alarm", guest.log)
    if not lab.peer.ping(guest.ip, 3)[1]:
        raise LabError(f"{guest.name} does not answer after it was {what}", guest.log)


@contextlib.contextmanager
def _paused(lab, guest, seconds):
    """A guest is paused for so long while the caller does something else.

    It has traffic both ways then, and is not told afterwards that anything was lost.
    """
    guest.run(f"ping -q -i 0.005 -s 1000 {lab.peer_ip} >/dev/null 2>&1 & "
              f"ping -q -i 0.005 -s 1400 {lab.peer_ip} >/dev/null 2>&1 &")
    time.sleep(2)
    with clock_jumps(guest):
        with Flood(guest.ip, per_second=1000):
            time.sleep(1)
            before = _counters(guest)
            lab.dom0.run(f"xl pause {guest.name}")
            end = time.monotonic() + seconds
            time.sleep(2)
        yield
        while time.monotonic() < end:
            lab.machine.check()
            time.sleep(1)
        lab.dom0.run(f"xl unpause {guest.name}")
        time.sleep(3)
        guest.run("killall ping")
        time.sleep(8)
    _must_be_calm(lab, guest, before, f"paused for {seconds} s")


@step
def paused_guest(lab, seconds=20):
    """A guest that was paused raises no alarm."""
    with _paused(lab, lab.guests[0], seconds):
        pass
    return {"seconds": seconds, "alarms": 0}


@step
def stood_still(lab, seconds=REPORT + 5):
    """The machine itself stands still, longer than any patience, and nobody is blamed for it.

    Our netback takes nothing from the guest at that time, so that there is something to
    wait for; another one may have answered all just then.
    """
    guest = lab.guests[0]
    rate = f"/local/domain/0/backend/vif/{guest.domid()}/0/rate"
    ours = bool(lab.netback["version"])
    guest.run(f"ping -q -i 0.005 -s 1000 {lab.peer_ip} >/dev/null 2>&1 & "
              f"ping -q -i 0.005 -s 1400 {lab.peer_ip} >/dev/null 2>&1 &")
    time.sleep(2)
    with clock_jumps(lab.dom0, guest):
        before = _counters(guest)
        # From here to standing still is less than what the watchdog waits for.
        if ours:
            lab.dom0.run(f"xenstore-write {rate} 1,3600000000; sleep 0.5")
        waiting = _waiting(guest)
        lab.machine.stand_still(seconds)
        if ours:
            lab.dom0.run(f"xenstore-rm {rate}")
            if not waiting:
                raise LabError("nothing was waiting for the backend")
        time.sleep(3)
        # It gives up when the stack has no room.
        guest.run("killall ping; :")
        time.sleep(8)
    _must_be_calm(lab, guest, before, f"standing still for {seconds} s")
    return {"seconds": seconds, "waiting": waiting, "alarms": 0}


@step
def lost_events_and_pause(lab, times=200, seconds=600):
    """One guest is paused while the others lose events, for at least so long."""
    *others, last = lab.guests
    with _paused(lab, last, seconds):
        found = _lost_events(lab, others, times)
    return {**found, "paused_seconds": seconds, "alarms": 0}


def _connected(lab, guest):
    domid = guest.domid()
    return lab.dom0.out(f"xenstore-read /local/domain/0/backend/vif/{domid}/0/state "
                        f"/local/domain/{domid}/device/vif/0/state").split() == ["4", "4"]


@step
def unresponsive(lab):
    """A backend that hears nothing: reported once, and connected to again if allowed."""
    guest = lab.guests[0]
    with _quiet(lab, [guest]):
        try:
            return _unresponsive(lab, guest)
        finally:
            _debugfs(guest, "echo 0 >drop_notify")


def _unresponsive(lab, guest):
    before = _counters(guest)
    ping = f"ping -q -c 3 {lab.peer_ip} >/dev/null 2>&1 &"
    secs = "/sys/module/xen_netfront/parameters/watchdog_reconnect_secs"

    status, out = guest.run(f"echo 29 >{secs}", check=False)
    if not status:
        raise LabError(f"watchdog_reconnect_secs takes 29: {out}")
    _debugfs(guest, "echo 1 every >drop_notify")
    guest.run(ping)
    reported = _until(lab, "the report", lambda: _counters(guest)["unresponsive"], REPORT + 8, 1)
    stages = {queue["tx_stage"] for queue in _queues(guest)}
    if "report" not in stages:
        raise LabError(f"reported, and the stages are {stages}")
    _debugfs(guest, "echo 0 >drop_notify")
    again = _until(lab, "the next notification is heard", lambda: not _waiting(guest), NOTIFIED)
    _until(lab, "that is counted", lambda: _counters(guest)["recovered"] > before["recovered"], 5)

    guest.run(f"echo {REPORT} >{secs}")
    _debugfs(guest, "echo 1 every >drop_notify")
    guest.run(ping)
    took = _until(lab, "a new connection", lambda: _counters(guest)["reconnect"], REPORT + 10, 0.5)
    _debugfs(guest, "echo 0 >drop_notify")
    guest.run(f"echo 0 >{secs}")
    _until(lab, "it is there", lambda: _connected(lab, guest), 20)
    sent, received, _ = lab.peer.ping(guest.ip, 5)
    if not received:
        raise LabError(f"{received} of {sent} pings after the new connection", guest.log)
    health = _debugfs(guest, "cat health")
    for wanted in ("stage: ok", "reconnects: 1", "TX: reconnect"):
        # A backend has answered on a queue when a packet was sent there. Every CPU has one.
        _until(lab, f"'{wanted}' in health",
               lambda wanted=wanted: wanted in _debugfs(
                   guest, f"for cpu in 0 1; do taskset -c $cpu datagrams exchange {DOM0} 100 1 0; "
                          "done >/dev/null; cat health"), 8)
    after = _counters(guest)
    lines = guest.out("dmesg | grep 'watchdog: queue'").splitlines()
    reports = [line for line in lines if "report: the backend has answered nothing" in line]
    if len(reports) != after["unresponsive"] - before["unresponsive"]:
        raise LabError(f"{len(reports)} lines for {after} reports:\n" + "\n".join(lines))
    say("  " + "\n  ".join(lines[-6:]))
    return {"reported_seconds": round(reported, 1), "answered_after": round(again, 1),
            "reconnect_seconds": round(took, 1), "health": health.splitlines()[0]}
