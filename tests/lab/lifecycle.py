# SPDX-License-Identifier: GPL-2.0
"""Steps that make vifs and guests come and go under traffic.

Every loop starts and ends with the first guest up and connected, so whatever
dom0 holds more afterwards was left behind.
"""

import statistics
import time

import leaks
from errors import LabError
from guest import ETH0_UP, NETFRONT_OUT
from progress import say
from steps import step
from wire import Flood, Sink

# Packets toward the wire for as long as the guest lives; ping ends whenever eth0
# goes away, hence the loop.
_TRAFFIC = ("[ -e /tmp/traffic ] && exit; touch /tmp/traffic; "
            "(while :; do ping -q -i 0.005 -s 1000 {peer}; usleep 200000; done) "
            ">/dev/null 2>&1 &")


def _wait_for_traffic(lab, sink, guest, seconds=40):
    """Packets from the guest at the peer, and an answer from it."""
    start, deadline = sink.packets, time.monotonic() + seconds
    while sink.packets - start < 50:
        lab.machine.check()
        if time.monotonic() > deadline:
            raise LabError(f"{guest.name} sends nothing", lab.logs / f"guest-{guest.name}.log")
        time.sleep(0.1)
    while not lab.peer.ping(guest.ip, 1)[1]:
        if time.monotonic() > deadline:
            raise LabError(f"{guest.name} does not answer",
                           lab.logs / f"guest-{guest.name}.log")


def _loop(lab, name, times, once, reboots):
    """once(guest) times over, under traffic both ways; then nothing may be left."""
    guest = lab.guests[0]
    traffic = _TRAFFIC.format(peer=lab.peer_ip)
    before = leaks.snapshot(lab.dom0)
    took = []
    sink = Sink()
    with Flood(guest.ip, per_second=500):
        guest.run(traffic)
        for number in range(1, times + 1):
            _wait_for_traffic(lab, sink, guest)
            start = time.monotonic()
            once(guest)
            took.append(time.monotonic() - start)
            if reboots:
                guest.run(traffic)
            if number % 5 == 0 and number < times:
                say(f"  {name}: {number} of {times}")
        _wait_for_traffic(lab, sink, guest)
    leaks.check(lab.dom0, before, f"{name} {times} times")
    return {"times": times, "seconds_median": round(statistics.median(took), 1), "left": 0}


@step
def attach_detach(lab, times=20):
    """xl network-detach and network-attach on a running guest."""
    def once(guest):
        lab.dom0.run(f"xl network-detach {guest.name} 0", timeout=60)
        lab.dom0.run(f"xl network-attach {guest.name} bridge=xenbr0 mac={guest.mac}", timeout=60)
        guest.run(ETH0_UP)
    return _loop(lab, "attach_detach", times, once, reboots=False)


@step
def reload_netfront(lab, times=20):
    """Take the netfront module out of the running guest and put it back."""
    def once(guest):
        guest.run(f"{NETFRONT_OUT} && netfront_load")
    return _loop(lab, "reload_netfront", times, once, reboots=False)


@step
def reboot(lab, times=20):
    """Reboot from outside; the domain id changes."""
    def once(guest):
        old = guest.domid()
        lab.dom0.run(f"xl reboot {guest.name}", timeout=30)
        lab.dom0.run(f"until new=$(xl domid {guest.name} 2>/dev/null) && [ $new != {old} ]; "
                     "do sleep 0.3; done", timeout=120)
        guest.wait()
    return _loop(lab, "reboot", times, once, reboots=True)


@step
def shutdown(lab, times=20):
    """Shut the guest down in order, and start it again."""
    def once(guest):
        guest.shutdown()
        guest.create()
        guest.wait()
    return _loop(lab, "shutdown", times, once, reboots=True)


@step
def destroy(lab, times=20):
    """Destroy the guest while packets are in flight, and start it again."""
    def once(guest):
        guest.destroy()
        guest.create()
        guest.wait()
    return _loop(lab, "destroy", times, once, reboots=True)
