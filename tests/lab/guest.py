# SPDX-License-Identifier: GPL-2.0
"""One guest, driven through dom0 (see dom0/guest for the commands)."""

import shlex

import drivers
from errors import LabError
from paths import guest_ip

# A bound device holds its driver's module.
NETFRONT_OUT = ("cd /sys/bus/xen/drivers/vif && for dev in vif-*; do echo $dev >unbind; done; "
                "cd /; rmmod xen_netfront")
# When there is an interface again, it is set up as it was before.
ETH0_UP = "until [ -e /sys/class/net/eth0 ]; do usleep 100000; done; netfront_up"
CREATE_TIMEOUT = 180
READY_TIMEOUT = 180


class Guest:
    def __init__(self, dom0, number, netfront, kind="pv", params="", vcpus=2):
        self.dom0 = dom0
        self.number = number
        self.name = f"g{number}"
        self.ip = guest_ip(number)
        self.mac = f"00:16:3e:77:00:{number:02x}"
        self.netfront = netfront
        self.log = None
        self._args = [f"netfront={netfront}", f"type={kind}", f"vcpus={vcpus}",
                      f"params={params}"]

    def create(self):
        args = " ".join(shlex.quote(a) for a in self._args)
        self.dom0.run(f"guest create {self.number} {args}", timeout=CREATE_TIMEOUT)

    def wait(self):
        self.dom0.run(f"guest wait {self.number} {READY_TIMEOUT}", timeout=READY_TIMEOUT + 30)

    def run(self, command, timeout=60, check=True):
        """(status, output) of a shell command in the guest."""
        status, out = self.dom0.run(f"guest run {self.number} {shlex.quote(command)}",
                                    timeout=timeout, check=False)
        if check and status:
            raise LabError(f"in {self.name}, status {status}: {command}\n{out.strip()}",
                           self.log)
        return status, out

    def out(self, command, timeout=60):
        return self.run(command, timeout)[1].strip()

    def verify(self):
        return drivers.verify("netfront", self.netfront, self.out)

    def exchange(self, netfront, params=""):
        """Another netfront, under the backend that runs. Return: what it says of itself."""
        self.run(f"{NETFRONT_OUT} && insmod /modules/{netfront}/xen-netfront.ko {params} && "
                 f"{{ {ETH0_UP}; }}", timeout=90)
        self.netfront = netfront
        return self.verify()

    def destroy(self):
        self.dom0.run(f"guest destroy {self.number}", timeout=120)

    def shutdown(self):
        self.dom0.run(f"guest shutdown {self.number}", timeout=120)

    def domid(self):
        return self.dom0.out(f"xl domid {self.name}")
