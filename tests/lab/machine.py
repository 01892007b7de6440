# SPDX-License-Identifier: GPL-2.0
"""The machine: QEMU running Xen and dom0, with its consoles in files.

It lives in the network and process namespaces that tests/lab/lab made, so it
and its taps are gone when the lab is, however that ends.
"""

import contextlib
import hashlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import images
from errors import LabError
from monitor import Monitor
from paths import CACHE, CTL_HERE, CTL_TAP, WIRE_PEER, WIRE_PREFIX, WIRE_TAP
from splats import SplatWatch

# eager-fpu: lazy switching of FPU state goes wrong under emulation. Vector registers
# get lost, more often the busier the host is: programs in dom0 and the guests hang
# on a lock that nobody holds, or fail in ways that make no sense.
XEN_ARGS = ("console=com1 com1=115200,8n1,0x3f8,0 dom0_mem=2048M,max:2048M "
            "dom0_vcpus_pin loglvl=all guest_loglvl=all spec-ctrl=eager-fpu")
DOM0_ARGS = "console=hvc0 loglevel=7 net.ifnames=0 panic=0 mitigations=off"
MEMORY_MB = 4096
CPUS = 4

# rdtscp makes PVH guests die under emulated SVM ("Insn mismatch" in Xen's log).
#
# A machine that counts has a clock that is the number of instructions that all its
# CPUs have executed, one per nanosecond, and that jumps to the next timer when all
# are idle. Nothing of the host's load gets in, so figures repeat. What it takes:
# - one thread for all CPUs, which QEMU insists on;
# - no x2apic and no TSC deadline timer, or Xen's boot ends with "Bad icount read";
# - no fsrm, erms, fsrs, fzrm and fsrc: with them memory is copied, filled and compared
#   by instructions that count per byte.
ACCELERATORS = {
    "kvm": ["-accel", "kvm", "-cpu", "host"],
    "tcg": ["-accel", "tcg,thread=multi", "-cpu", "max,-rdtscp"],
    "counting": ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
                 "-rtc", "clock=vm", "-cpu", "max,-rdtscp,-x2apic,-tsc-deadline,"
                 "-fsrm,-erms,-fsrs,-fzrm,-fsrc"],
}
# Emulated SVM now and then enters a PVH guest with page tables that are not its own: its next
# instruction cannot be fetched, nor the gates of a page fault and a double fault be read, of
# which the last is what the guest has in cr2. A kernel that is wrong by itself can read them.
_TORN = re.compile(rb"Triple fault - invoking HVM shutdown[^\n]*\n(?:\(XEN\)[^\n]*\n|\[[^\n]*\n)*?"
                   rb"\(XEN\) cr3: [0-9a-f]+ +cr2: fffffe0000000080\b")
# Sockets of the machine's.
_RUN = Path("/tmp/machine")
# All CPUs together, when turns are to be short.
_TURN_US = 40
# How much longer than usual those outside have to wait for it.
COUNTING_SLOW = 6


def _ip(*args):
    subprocess.run(["ip", *args], check=True)


def make_wire():
    """The taps; this namespace is the peer on the far side of the wire."""
    _ip("link", "set", "lo", "up")
    for tap, address in ((WIRE_TAP, f"{WIRE_PEER}/{WIRE_PREFIX}"), (CTL_TAP, f"{CTL_HERE}/24")):
        _ip("tuntap", "add", "dev", tap, "mode", "tap")
        _ip("addr", "add", address, "dev", tap)
        _ip("link", "set", tap, "up")


def _boot_args(accelerator, cpus=CPUS, extra_dom0=""):
    if accelerator == "counting":
        # Xen measures its clock a little wrong there, and dom0 would leave the time stamp counter
        # for it sometime, which makes packets some percent dearer from then on.
        extra_dom0 += " nokaslr tsc=nowatchdog"
    return ["qemu-system-x86_64", *ACCELERATORS[accelerator],
            "-smp", str(cpus), "-m", str(MEMORY_MB), "-display", "none", "-nodefaults",
            "-no-reboot", "-kernel", str(images.hypervisor()), "-append",
            f"{XEN_ARGS} dom0_max_vcpus={cpus}",
            "-initrd", f"{images.kernel()} {DOM0_ARGS} {extra_dom0},{images.dom0_initrd()}"]


def _kvm_boots_xen():
    """Boot Xen and dom0's kernel under KVM and look for one line of ours."""
    log = CACHE / "kvm-probe.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [*_boot_args("kvm", extra_dom0="lab.probe"), "-serial", "stdio", "-monitor", "none"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 40
    try:
        while time.monotonic() < deadline and process.poll() is None:
            text = log.read_bytes()
            if b"lab: probe passed" in text:
                return True
            if b"KVM internal error" in text:
                return False
            time.sleep(0.3)
        return False
    finally:
        process.kill()
        process.wait()


def accelerator(counting=False):
    """What LAB_ACCEL says, counting if asked for, kvm where Xen really boots with it, else
    tcg; found out once per setting."""
    wanted = os.environ.get("LAB_ACCEL")
    if wanted:
        if wanted not in ACCELERATORS:
            raise LabError(f"LAB_ACCEL={wanted}: not one of {', '.join(ACCELERATORS)}")
        return wanted
    if counting:
        return "counting"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    version = subprocess.run(["qemu-system-x86_64", "--version"], check=True,
                             capture_output=True).stdout
    cpu = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    model = [line for line in cpu.splitlines() if line.startswith(("model name", "flags"))]
    key = hashlib.sha256(b"|".join([
        version, str(images.hypervisor().stat().st_mtime_ns).encode(),
        "".join(model).encode(), os.uname().release.encode()])).hexdigest()
    cache = CACHE / "accelerator"
    if cache.exists():
        name, _, cached = cache.read_text().partition(" ")
        if cached == key:
            return name
    print("lab: trying whether KVM can run Xen here", flush=True)
    name = "kvm" if _kvm_boots_xen() else "tcg"
    cache.write_text(f"{name} {key}")
    return name


class Machine:
    """One boot of Xen and dom0; slow is by how much what waits for it is to wait longer."""

    def __init__(self, logs, limit, counting=False, cpus=CPUS):
        self.logs = logs
        self.cpus = cpus
        self.monitor = _RUN / "monitor"
        self.console = logs / "console.log"
        self.splats = SplatWatch()
        self.splats.add(self.console)
        self.deadline = time.monotonic() + limit
        self.accelerator = accelerator(counting)
        self.slow = COUNTING_SLOW if self.accelerator == "counting" else 1
        self._process = None

    def start(self):
        _RUN.mkdir(exist_ok=True)
        self._serial = _RUN / "serial"
        args = [
            *_boot_args(self.accelerator, self.cpus),
            "-chardev", f"socket,id=com1,path={self._serial},server=on,wait=off,"
                        f"logfile={self.console}",
            "-serial", "chardev:com1",
            "-monitor", f"unix:{self.monitor},server=on,wait=off",
            "-device", "ahci,id=ahci",
            "-drive", f"id=root,file={images.dom0_disk()},if=none,format=raw,snapshot=on,"
                      "cache=unsafe",
            "-device", "ide-hd,drive=root,bus=ahci.0",
            "-drive", f"id=payload,file={images.payload()},if=none,format=raw,snapshot=on",
            "-device", "ide-hd,drive=payload,bus=ahci.1",
            "-netdev", f"tap,id=wire,ifname={WIRE_TAP},script=no,downscript=no",
            "-device", "igb,netdev=wire,mac=00:16:3e:77:ff:01",
            "-netdev", f"tap,id=ctl,ifname={CTL_TAP},script=no,downscript=no",
            "-device", "e1000e,netdev=ctl,mac=00:16:3e:78:ff:01",
        ]
        log = open(self.logs / "qemu.log", "wb")
        log.write((" ".join(args) + "\n\n").encode())
        log.flush()
        # QEMU keeps the overlay of a snapshot=on disk in TMPDIR; in-root's /tmp
        # is memory, and a run writes little.
        self._process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log,
                                         stderr=subprocess.STDOUT)

    def check(self):
        """Raise when the machine is gone, out of time, or a console shows a splat."""
        seen = self.splats.scan()
        if seen:
            path, line = seen[0]
            raise LabError(f"splat in {path.name}: {line}", path)
        if self._process.poll() is not None:
            raise LabError("QEMU ended by itself", self.logs / "qemu.log")
        if time.monotonic() > self.deadline:
            raise LabError("the run as a whole takes too long", self.console)

    @contextlib.contextmanager
    def short_turns(self):
        """While instructions are counted, no CPU executes many of them at a time.

        QEMU lets CPUs take turns until the next timer is due, and each gets its part of that:
        so there is one that is due all the time. It comes with a filter, for packets of the
        lab's own that have not to be in time.
        """
        if self.accelerator != "counting":
            yield
            return
        with Monitor(self.monitor) as monitor:
            monitor.tell(f"object_add filter-buffer,id=turns,netdev=ctl,interval={_TURN_US}")
        try:
            yield
        finally:
            if self._process.poll() is None:
                with Monitor(self.monitor) as monitor:
                    monitor.tell("object_del turns")

    def stand_still(self, seconds):
        """For so long nothing of the machine runs, and its clock jumps afterwards."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self._process.send_signal(signal.SIGCONT)

    def torn_guests(self):
        """How many guests emulation has broken so far."""
        if self.accelerator == "kvm" or not self.console.exists():
            return 0
        return len(_TORN.findall(self.console.read_bytes().replace(b"\r", b"")))

    def xen_keys(self, keys):
        """Press Xen's debug keys on the serial console (its answer is in the log)."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(2)
                s.connect(str(self._serial))
                for key in keys:
                    s.sendall(b"\x01\x01\x01" + key.encode() + b"\x01\x01\x01")
                    time.sleep(1)
        except OSError:
            pass  # it is for the log of a failed run only

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
