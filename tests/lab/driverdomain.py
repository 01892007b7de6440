# SPDX-License-Identifier: GPL-2.0
"""A backend that is not in dom0: the second guest serves a vif of the first one.

See guest/driver-domain for what makes it a driver domain. It is reloaded, shut down and
destroyed under traffic; the guest bears it, and its other interface does not notice.
"""

import statistics
import subprocess
import time

import leaks
from errors import LabError
from paths import WIRE_TAP
from progress import say
from robust import _Stream, _until
from steps import step

# A network of its own, so that nothing takes the other way.
_PEER, _GUEST, _MAC = "10.77.1.2", "10.77.1.101", "00:16:3e:77:01:01"
_UP = ("until [ -e /sys/class/net/eth1 ]; do usleep 100000; done; "
       f"ip addr add {_GUEST}/24 dev eth1 2>/dev/null; ip link set eth1 up")
_TRAFFIC = ("touch /tmp/traffic1; (while [ -e /tmp/traffic1 ]; do "
            f"ping -q -i 0.02 -s 1000 -c 1000 {_PEER}; usleep 200000; done) >/dev/null 2>&1 &")
# A vif that is served keeps the module where it is.
_RELOAD = ("cd /sys/bus/xen-backend/drivers/vif && for vif in vif-*; do echo $vif >unbind; done; "
           "cd / && rmmod xen_netback && insmod /modules/{kind}/xen-netback.ko")


def _serve(lab, driver, kind):
    driver.run(f"driver-domain {kind}")


def _answers(lab, what, seconds=40):
    start = time.monotonic()
    _until(f"{what}: the guest answers", lambda: lab.peer.ping(_GUEST, 1)[1], seconds=seconds,
           pause=0.1)
    return time.monotonic() - start


def _attach(lab, guest, driver):
    """Seconds until the guest answers over the new device."""
    start = time.monotonic()
    lab.dom0.run(f"xl network-attach {guest.name} backend={driver.name} mac={_MAC}", timeout=60)
    guest.run(_UP)
    _answers(lab, "a device of the driver domain")
    return time.monotonic() - start


def _detach(lab, guest):
    """Seconds until the guest has no such device any more."""
    start = time.monotonic()
    lab.dom0.run(f"xl network-detach {guest.name} 1", timeout=60)
    _until("eth1 is gone", lambda: guest.run("ls -d /sys/class/net/eth1", check=False)[0])
    return time.monotonic() - start


@step
def driver_domain(lab, ends=("reload", "destroy", "shutdown"), kind="ours"):
    """The driver domain's netback is reloaded, then it is destroyed, then shut down."""
    guest, driver = lab.guests[:2]
    subprocess.run(["ip", "addr", "replace", f"{_PEER}/24", "dev", WIRE_TAP], check=True)
    before = leaks.snapshot(lab.dom0)
    attached, detached, rows = [], [], []
    stream = _Stream(lab, guest)
    _serve(lab, driver, kind)
    attached.append(_attach(lab, guest, driver))
    guest.run(_TRAFFIC)
    for end in ends:
        _answers(lab, f"before {end}")
        start = time.monotonic()
        if end == "reload":
            driver.run(_RELOAD.format(kind=kind))
            _answers(lab, "netback reloaded")
            rows.append({end: round(time.monotonic() - start, 1)})
            say(f"  {rows[-1]}")
            continue
        getattr(driver, end)()
        _until("eth1 has no carrier",
               lambda: guest.out("cat /sys/class/net/eth1/carrier") == "0")
        rows.append({end: round(time.monotonic() - start, 1)})
        detached.append(_detach(lab, guest))
        driver.create()
        driver.wait()
        _serve(lab, driver, kind)
        attached.append(_attach(lab, guest, driver))
        say(f"  {rows[-1]}, detached in {detached[-1]:.1f} s, attached in {attached[-1]:.1f} s")
    guest.run("rm /tmp/traffic1")
    detached.append(_detach(lab, guest))
    packets = stream.finish()
    leaks.check(lab.dom0, before, "a driver domain came and went")
    return {"ends": rows, "attach_seconds_median": round(statistics.median(attached), 1),
            "attach_seconds_max": round(max(attached), 1),
            "detach_seconds_median": round(statistics.median(detached), 1),
            "detach_seconds_max": round(max(detached), 1),
            "other_interface": {"packets": packets, "lost": 0}, "left": 0}
