# SPDX-License-Identifier: GPL-2.0
"""The lab for a person: a shell in dom0, and fresh modules without a reboot."""

import subprocess

import images
import machine
from dom0 import SSH, Dom0
from errors import LabError
from paths import kernel_version
from progress import say
from scenario import Lab

A_DAY = 24 * 3600

WELCOME = """
A root shell in dom0. The bridge xenbr0 holds the emulated igb NIC eth0; the peer
on the far side of the wire is 10.77.0.2 and runs iperf3.
  modprobe xen-netback     {which}
  guest create 1           guest g1, 10.77.0.101, running iperf3; then: guest wait 1
  guest run 1 ip addr      a command in it;  guest console 1: its console
  guest destroy 1
From another terminal: tests/lab/lab ssh, and after a build tests/lab/lab push.
Leave the shell to end the lab.
"""


def start():
    machine.make_wire()
    lab = Lab("shell", A_DAY)
    try:
        lab.boot()
        which = "ours, from updates/" if images.have_ours() else "in-tree; ours is not built yet"
        print(WELCOME.format(which=which), flush=True)
        lab.dom0.shell()
    finally:
        lab.stop()
    say(f"logs are in {lab.logs}")
    return 0


def ssh(command):
    """Join the running lab; its connection is already there."""
    return subprocess.run([*SSH[:-1], *([] if command else ["-t"]), SSH[-1],
                           Dom0.env(" ".join(command) or "exec bash -i")]).returncode


def push():
    """Copy our modules and the guest's initrd into the running dom0."""
    if not images.have_ours():
        raise LabError("our modules are not built; make lab-modules")
    updates = f"/lib/modules/{kernel_version()}/updates"
    files = {f"{updates}/{p.name}": p for p in
             (images.module_file(end, "ours") for end in images.IN_TREE)}
    files["/lab/guest.initrd"] = images.guest_initrd()
    for target, source in files.items():
        with open(source, "rb") as f:
            subprocess.run([*SSH, f"mkdir -p {updates}; cat >{target}.new && "
                                  f"mv {target}.new {target}"], stdin=f, check=True)
        print(f"pushed {target}")
    # A new file in updates/ is taken only after depmod; a replaced one at once.
    reload = ("grep -q updates/xen-netback /lib/modules/$(uname -r)/modules.dep || depmod; "
              "[ -e /sys/module/xen_netback ] || exit 0; "
              "rmmod xen-netback && modprobe xen-netback && echo 'reloaded xen-netback' || "
              "echo 'xen-netback is in use: guest destroy N, rmmod and modprobe it'")
    return subprocess.run([*SSH, Dom0.env(reload)]).returncode
