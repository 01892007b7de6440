# SPDX-License-Identifier: GPL-2.0
"""What QEMU boots: hypervisor, kernel, initrd, dom0's disk and the payload.

The disk and the initrd are big and change only with the dom0 root, so they are
kept under build/lab and never written to by a run. What changes with the tree
(our modules, the guest's initrd, the scripts) travels on a second small disk, a
tar that dom0 unpacks at boot.
"""

import gzip
import hashlib
import io
import lzma
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from errors import LabError
from paths import BUILD, CACHE, DOM0_ROOT, LAB, MODULES, kernel_version

# crc32c is a soft dependency of ext4, which modules.dep does not list.
DOM0_BOOT_MODULES = ("ahci", "sd_mod", "crc32c_generic", "ext4")
# Built by the tree, where they are needed.
LOAD_PROGRAMS = (BUILD / "programs/datagrams", BUILD / "programs/xdpset",
                 BUILD / "programs/qstats", BUILD / "programs/exchange")
VIFCTL = BUILD / "programs/vifctl"
DOM0_PROGRAMS = (BUILD / "rawfront/rawfront", BUILD / "rawback/rawback", VIFCTL, *LOAD_PROGRAMS)
# What a guest needs that serves vifs itself, or makes load.
GUEST_MODULES = ("bridge", "pktgen")
GUEST_PROGRAMS = ("/usr/bin/iperf3", "/usr/bin/xenstore", "/usr/sbin/ethtool",
                  "/usr/sbin/xdp-bench", "/usr/bin/chrt")
# Opened by name: by threads that end, by libxdp, and by ncurses for the console.
GUEST_LIBRARIES = ("/usr/lib/x86_64-linux-gnu/libgcc_s.so.1",
                   "/usr/lib/x86_64-linux-gnu/bpf/xdp-dispatcher.o",
                   "/usr/share/terminfo/l/linux")
IN_TREE = {
    "netback": "kernel/drivers/net/xen-netback/xen-netback.ko.xz",
    "netfront": "kernel/drivers/net/xen-netfront.ko.xz",
}


def modules_dir():
    return DOM0_ROOT / "usr/lib/modules" / kernel_version()


def module_file(end, kind):
    """The file of one driver: end is netback or netfront, kind ours or in-tree."""
    if kind == "in-tree":
        return modules_dir() / IN_TREE[end]
    return MODULES / kernel_version() / f"xen-{end}.ko"


def read_module(path):
    """A module's ELF; Debian compresses its own."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def have_ours():
    return all(module_file(end, "ours").exists() for end in IN_TREE)


def _digest(*parts):
    h = hashlib.sha256()
    for part in parts:
        h.update(part if isinstance(part, bytes) else str(part).encode())
        h.update(b"\0")
    return h.hexdigest()


def _root_key():
    """Changes whenever the dom0 root was made anew."""
    stamp = DOM0_ROOT / ".vifwire-stamp"
    return _digest(stamp.read_bytes(), stamp.stat().st_mtime_ns)


def _cached(name, key, make):
    """Path of a file under build/lab, made again when its inputs changed."""
    path, stamp = CACHE / name, CACHE / f"{name}.key"
    if not (path.exists() and stamp.exists() and stamp.read_text() == key):
        print(f"lab: making {path.name}", flush=True)
        part = path.with_suffix(path.suffix + ".part")
        make(part)
        part.rename(path)
        stamp.write_text(key)
    return path


class Cpio:
    """A newc archive, enough for an initramfs."""

    def __init__(self):
        self._out = io.BytesIO()
        self._ino = 0
        self._dirs = set()

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        self._ino += 1
        raw = name.encode() + b"\0"
        fields = (self._ino, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(raw), 0)
        self._out.write(b"070701" + b"".join(b"%08X" % f for f in fields) + raw)
        self._pad()
        self._out.write(data)
        self._pad()

    def _pad(self):
        self._out.write(b"\0" * (-self._out.tell() % 4))

    def dir(self, name):
        for parent in [*reversed(Path(name).parents), Path(name)]:
            parent = str(parent)
            if parent != "." and parent not in self._dirs:
                self._dirs.add(parent)
                self._entry(parent, 0o040755)

    def file(self, name, data, mode=0o755):
        self.dir(str(Path(name).parent))
        self._entry(name, 0o100000 | mode, data)

    def link(self, name, target):
        self.dir(str(Path(name).parent))
        self._entry(name, 0o120777, target.encode())

    def node(self, name, major, minor):
        self.dir(str(Path(name).parent))
        self._entry(name, 0o020600, rdev=(major, minor))

    def archive(self):
        self._entry("TRAILER!!!", 0)
        return self._out.getvalue()


def _module_closure(names):
    """Files of these modules and all they need, in loading order."""
    base = modules_dir()
    deps = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        deps[path] = needs.split()
    by_name = {Path(p).name.split(".")[0].replace("-", "_"): p for p in deps}
    order = []
    for name in names:
        path = by_name.get(name.replace("-", "_"))
        if path is None:
            continue  # built in
        for p in [*reversed(deps[path]), path]:
            if p not in order:
                order.append(p)
    return [base / p for p in order]


def _busybox(cpio):
    cpio.file("bin/busybox", (DOM0_ROOT / "usr/bin/busybox").read_bytes())
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "etc", "sbin"):
        cpio.dir(name)
    cpio.node("dev/console", 5, 1)


def hypervisor():
    """Xen as an ELF, which is what QEMU's -kernel takes."""
    source = DOM0_ROOT / "boot/xen-4.20-amd64.gz"
    return _cached("xen", _root_key(),
                   lambda path: path.write_bytes(gzip.decompress(source.read_bytes())))


def kernel():
    return DOM0_ROOT / "boot" / f"vmlinuz-{kernel_version()}"


def _applets():
    """Names to link to busybox; done here because 400 links take time at boot."""
    text = subprocess.run([str(DOM0_ROOT / "usr/bin/busybox"), "--list"], check=True,
                          capture_output=True, text=True).stdout
    return [name for name in text.split() if name != "busybox"]


def guest_kernel():
    """The kernel unpacked; dom0 would take a second per guest to do that."""
    def make(path):
        data = kernel().read_bytes()
        start = data.index(b"\x28\xb5\x2f\xfd")
        # Something follows the compressed part; zstd says so and is right to.
        elf = subprocess.run(["zstd", "-dcq"], input=data[start:], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=False).stdout
        if not elf.startswith(b"\x7fELF"):
            raise LabError(f"no ELF in {kernel()}")
        path.write_bytes(elf)

    return _cached("vmlinux", _root_key(), make)


def dom0_initrd():
    init = (LAB / "dom0/initrd-init").read_bytes()

    def make(path):
        cpio = Cpio()
        _busybox(cpio)
        names = []
        for module in _module_closure(DOM0_BOOT_MODULES):
            name = module.name.removesuffix(".xz")
            cpio.file(f"modules/{name}", read_module(module), 0o644)
            names.append(name)
        cpio.file("modules/order", "".join(f"{n}\n" for n in names).encode(), 0o644)
        cpio.file("init", init)
        path.write_bytes(cpio.archive())

    return _cached("dom0.initrd", _digest(_root_key(), init, DOM0_BOOT_MODULES), make)


def dom0_disk():
    def make(path):
        with open(path, "wb") as f:
            f.truncate(2 << 30)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0",
                        "-d", str(DOM0_ROOT), str(path)], check=True)

    return _cached("dom0.img", _root_key(), make)


def ssh_keys():
    """Directory with the lab's key and dom0's host key; made once per build tree."""
    keys = CACHE / "keys"
    if not (keys / "done").exists():
        shutil.rmtree(keys, ignore_errors=True)
        keys.mkdir(parents=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab",
                        "-f", str(keys / "lab")], check=True)
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", str(keys / "dom0")],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (keys / "done").touch()
    return keys


def _libraries(programs):
    """What the loader maps for these programs of the dom0 root."""
    found = set(GUEST_LIBRARIES)
    for program in programs:
        text = subprocess.run(["chroot", str(DOM0_ROOT), "ldd", program],
                              check=True, capture_output=True, text=True).stdout
        found.update(w for w in text.split() if w.startswith("/"))
    return sorted(found)


def _libraries_of_ours(program):
    """The same for a program that is not in the dom0 root, by that root's loader."""
    text = subprocess.run([str(DOM0_ROOT / "lib64/ld-linux-x86-64.so.2"), "--inhibit-cache",
                           "--library-path", str(DOM0_ROOT / "lib/x86_64-linux-gnu"),
                           "--list", str(program)], capture_output=True, text=True, check=False)
    if text.returncode or "not found" in text.stdout:
        raise LabError(f"the dom0 root has not all libraries of {program}:\n"
                       f"{text.stdout}{text.stderr}")
    return sorted(w.removeprefix(str(DOM0_ROOT)) for w in text.stdout.split()
                  if w.startswith(str(DOM0_ROOT)))


def guest_initrd():
    """The guest: busybox, iperf3, the xenstore client, vifctl, our and the in-tree drivers."""
    scripts = {name: (LAB / "guest" / Path(name).name).read_bytes()
               for name in ("init", "agent", "bin/allocations", "bin/faults", "bin/flood",
                            "sbin/driver-domain")}
    files = {(kind, end): module_file(end, kind) for kind in ("ours", "in-tree") for end in IN_TREE}
    modules = {f"{kind}/xen-{end}.ko": read_module(path)
               for (kind, end), path in files.items() if path.exists()}
    others = [(path.name.removesuffix(".xz"), read_module(path))
              for path in _module_closure(GUEST_MODULES)]
    modules |= {f"other/{name}": data for name, data in others}
    modules["other/order"] = "".join(f"{name}\n" for name, _ in others).encode()
    loads = {p.name: p.read_bytes() for p in (*LOAD_PROGRAMS, VIFCTL) if p.exists()}

    def make(path):
        cpio = Cpio()
        _busybox(cpio)
        for program in GUEST_PROGRAMS:
            cpio.file(program[1:], (DOM0_ROOT / program[1:]).read_bytes())
        ours = _libraries_of_ours(VIFCTL) if VIFCTL.exists() else []
        for library in sorted({*_libraries(GUEST_PROGRAMS), *ours}):
            # A loader path such as /lib64/ld-linux... has to exist as it is named.
            cpio.file(library[1:], (DOM0_ROOT / library[1:]).resolve().read_bytes())
        for verb in ("read", "write", "watch", "rm", "list"):
            cpio.link(f"usr/bin/xenstore-{verb}", "xenstore")
        for name, data in loads.items():
            cpio.file(f"bin/{name}", data)
        for name, data in modules.items():
            cpio.file(f"modules/{name}", data, 0o644)
        for applet in _applets():
            cpio.link(f"bin/{applet}", "busybox")
        for name, data in scripts.items():
            cpio.file(name, data)
        path.write_bytes(cpio.archive())

    key = _digest(_root_key(), GUEST_PROGRAMS, GUEST_LIBRARIES,
                  *(x for kv in sorted({**scripts, **modules, **loads}.items()) for x in kv))
    return _cached("guest.initrd", key, make)


def _module_tree():
    """(name, path) of our modules in updates/ and of depmod's view of the whole.

    depmod runs out here because it takes long under emulation. It works on a
    tree of hard links and replaces the files it writes, so the root stays as is.
    """
    ours = [module_file(end, "ours") for end in IN_TREE]
    ours = [p for p in ours if p.exists()]
    if not ours:
        return []
    kver = kernel_version()
    stage = CACHE / "module-tree"
    tree = stage / "lib/modules" / kver
    shutil.rmtree(stage, ignore_errors=True)
    tree.parent.mkdir(parents=True)
    subprocess.run(["cp", "-al", str(modules_dir()), str(tree)], check=True)
    (tree / "updates").mkdir(exist_ok=True)
    for path in ours:
        shutil.copyfile(path, tree / "updates" / path.name)
    subprocess.run(["depmod", "-b", str(stage), kver], check=True)
    files = [*tree.glob("modules.*"), *tree.glob("updates/*.ko")]
    return [(f"usr/lib/modules/{kver}/{p.relative_to(tree)}", p) for p in files]


def payload():
    """The tar with everything of this tree; unpacked over dom0's root at boot."""
    keys = ssh_keys()
    entries = [("lab/guest.initrd", guest_initrd()), ("lab/vmlinux", guest_kernel()),
               ("lab/host-key", keys / "dom0"),
               ("root/.ssh/authorized_keys", keys / "lab.pub")]
    entries += [(f"lab/bin/{p.name}", p) for p in (LAB / "dom0").iterdir()]
    entries += [(f"lab/{p.name}", p) for p in (LAB / "guest").glob("*.cfg")]
    entries += [("lab/bin/flood", LAB / "guest/flood")]
    entries += [(f"lab/bin/{p.name}", p) for p in DOM0_PROGRAMS if p.exists()]
    entries += _module_tree()
    path = CACHE / "payload.tar"
    with tarfile.open(path, "w") as tar:
        for name, source in entries:
            info = tarfile.TarInfo(name)
            info.size = source.stat().st_size
            info.mode = 0o755 if os.access(source, os.X_OK) else 0o600
            with open(source, "rb") as f:
                tar.addfile(info, f)
    # A disk is made of whole sectors; tar has padded to 10 KiB already.
    return path
