# SPDX-License-Identifier: GPL-2.0
"""Where things are, and the few numbers the two sides have to agree on."""

from pathlib import Path

LAB = Path(__file__).resolve().parent
TOP = LAB.parent.parent
BUILD = TOP / "build"
OUT = TOP / "out"
CACHE = BUILD / "lab"
DOM0_ROOT = CACHE / "dom0-root"
MODULES = BUILD / "modules"
LOGS = OUT / "logs"

# The wire: dom0's bridge, the guests and the peer beyond the emulated NIC.
WIRE_TAP = "wire0"
WIRE_PEER = "10.77.0.2"
WIRE_DOM0 = "10.77.0.1"
WIRE_PREFIX = 24

# The control network reaches dom0 alone, over a second NIC.
CTL_TAP = "ctl0"
CTL_HERE = "10.78.0.1"
CTL_DOM0 = "10.78.0.2"


def guest_ip(number):
    """Address of guest gN; tests/lab/dom0/guest counts the same way."""
    return f"10.77.0.{100 + number}"


def kernel_version():
    """The kernel that dom0 and the guests run."""
    kernels = sorted(DOM0_ROOT.glob("boot/vmlinuz-*"))
    if not kernels:
        raise SystemExit(f"lab: no kernel under {DOM0_ROOT}; run make lab-setup")
    return kernels[-1].name.removeprefix("vmlinuz-")
