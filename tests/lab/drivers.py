# SPDX-License-Identifier: GPL-2.0
"""Load the wanted netback in dom0 and prove which driver is live at each end.

A test that ran on the wrong driver is worse than none, so every pairing checks
the live module's version, srcversion and build id against the file's.
"""

import base64
import struct
import subprocess

import images
from errors import LabError
from paths import kernel_version

SYSFS = {"netback": "xen_netback", "netfront": "xen_netfront"}
_FIELDS = ("version", "srcversion")


def _build_id_note(elf):
    """The raw .note.gnu.build-id section, as sysfs shows it for a live module."""
    shoff, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", elf, shoff + i * size) for i in range(count)]
    strings = headers[names][4]
    for h in headers:
        start = strings + h[0]
        if elf[start:elf.index(b"\0", start)] == b".note.gnu.build-id":
            return elf[h[4]:h[4] + h[5]]
    return b""


def identity(end, kind):
    """What the file of this driver says about itself."""
    path = images.module_file(end, kind)
    if not path.exists():
        raise LabError(f"there is no {path}; build it with: make lab-modules")
    found = {}
    for field in _FIELDS:
        found[field] = subprocess.run(["modinfo", "-F", field, str(path)], check=True,
                                      capture_output=True, text=True).stdout.strip()
    found["build_id"] = base64.b64encode(_build_id_note(images.read_module(path))).decode()
    return found


def _live_command(end):
    base = f"/sys/module/{SYSFS[end]}"
    return (f"for f in version srcversion; do echo $f=$(cat {base}/$f 2>/dev/null); done; "
            f"echo build_id=$(base64 {base}/notes/.note.gnu.build-id | tr -d '\\n')")


def verify(end, kind, run):
    """run(command) -> output, at the end where the driver is loaded."""
    wanted = identity(end, kind)
    live = dict(line.partition("=")[::2] for line in run(_live_command(end)).splitlines())
    wrong = [f"{k} is {live.get(k)!r}, the file says {wanted[k]!r}" for k in wanted
             if live.get(k) != wanted[k]]
    if wrong:
        raise LabError(f"the live {end} is not the {kind} one: {'; '.join(wrong)}")
    return {k: wanted[k] for k in _FIELDS}


def load_netback(dom0, kind, params=""):
    """Swap dom0's netback; no guest may be there."""
    dom0.run("[ ! -e /sys/module/xen_netback ] || rmmod xen-netback", timeout=60)
    if kind == "ours":
        # The way users do it: modprobe prefers updates/.
        dom0.run(f"modprobe xen-netback {params}", timeout=60)
    else:
        path = f"/lib/modules/{kernel_version()}/{images.IN_TREE['netback']}"
        dom0.run(f"insmod {path} {params}", timeout=60)
    return verify("netback", kind, dom0.out)
