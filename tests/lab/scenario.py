# SPDX-License-Identifier: GPL-2.0
"""A scenario file, and the run of one.

    title = "..."
    pairings = [["ours", "ours"], ...]    # netback, netfront: ours or in-tree
    guests = 1
    type = "pv"                           # or pvh
    steps = ["ping", { step = "tcp", seconds = 5 }]
    netback_params = { ours = "..." }     # module parameters, as for modprobe
    netfront_params = "..."
    report = "demo"                       # see report.py; without it, all results
    limit = 900                           # seconds for the whole run
    cpus = 4                              # of the machine, all of them dom0's
    counting = false                      # a clock that counts instructions (machine.py)
"""

import contextlib
import itertools
import shutil
import tomllib

import actions  # noqa: F401 - its steps register themselves
import cost
import diagnose  # noqa: F401 - likewise
import driverdomain  # noqa: F401 - likewise
import drivers
import front  # noqa: F401 - likewise
import hotspot  # noqa: F401 - likewise
import lifecycle  # noqa: F401 - likewise
import nonsense  # noqa: F401 - likewise
import outside  # noqa: F401 - likewise
import rawback  # noqa: F401 - likewise
import rawfront  # noqa: F401 - likewise
import resume  # noqa: F401 - likewise
import robust  # noqa: F401 - likewise
import rss  # noqa: F401 - likewise
import steering  # noqa: F401 - likewise
import machine
import vifctl  # noqa: F401 - likewise
import vifkeys  # noqa: F401 - likewise
import watchdog  # noqa: F401 - likewise
import xdp  # noqa: F401 - likewise
from dom0 import Dom0
from errors import LabError
from guest import Guest
from paths import LAB, LOGS, WIRE_PEER
from progress import brief, doing, say
from splats import is_splat
from steps import STEPS
from wire import Peer

SCENARIOS = LAB / "scenarios"
# How often a step is tried with guests that emulation breaks.
_ATTEMPTS = 5
_CREATION = "create guests"
_KEYS = {"title", "pairings", "guests", "type", "steps", "netback_params", "netfront_params",
         "report", "limit", "vcpus", "counting", "cpus"}


class Scenario:
    def __init__(self, name):
        path = SCENARIOS / f"{name}.toml"
        if not path.exists():
            raise LabError(f"no scenario {name}; there are: {', '.join(names())}")
        try:
            data = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as problem:
            raise LabError(f"{path}: {problem}") from None
        for key in data.keys() - _KEYS:
            raise LabError(f"{path}: unknown key {key}")
        for key in {"title", "pairings", "steps"} - data.keys():
            raise LabError(f"{path}: {key} is missing")
        self.name = name
        self.title = data["title"]
        self.pairings = [tuple(p) for p in data["pairings"]]
        for pair in self.pairings:
            if len(pair) != 2 or not set(pair) <= {"ours", "in-tree"}:
                raise LabError(f"{path}: a pairing is [netback, netfront], each ours or in-tree")
        self.steps = [self._step(path, s) for s in data["steps"]]
        self.guests = data.get("guests", 1)
        self.type = data.get("type", "pv")
        self.vcpus = data.get("vcpus", 2)
        self.netback_params = data.get("netback_params", {})
        self.netfront_params = data.get("netfront_params", "")
        self.report = data.get("report")
        self.limit = data.get("limit", 900)
        self.counting = data.get("counting", False)
        self.cpus = data.get("cpus", machine.CPUS)

    @staticmethod
    def _step(path, entry):
        settings = {"step": entry} if isinstance(entry, str) else dict(entry)
        name = settings.pop("step", None)
        if name not in STEPS:
            raise LabError(f"{path}: no step {name}; there are: {', '.join(sorted(STEPS))}")
        return name, settings


def names():
    return sorted(p.stem for p in SCENARIOS.glob("*.toml"))


class Lab:
    """A booted machine with the guests of one pairing; what steps work on."""

    peer_ip = WIRE_PEER

    def __init__(self, name, limit, counting=False, cpus=machine.CPUS):
        self.logs = LOGS / name
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.guests = []
        self.netback = None
        self.machine = machine.Machine(self.logs, limit, counting, cpus)
        self.dom0 = Dom0(self.machine)
        self.peer = None

    def boot(self):
        with doing(f"boot Xen and dom0 ({self.machine.accelerator})"):
            self.machine.start()
            self.dom0.connect()
            self.dom0.follow_kernel(self.logs / "dom0-kernel.log")
            self.peer = Peer(self.dom0)

    def load_netback(self, kind, params=""):
        with doing(f"load netback ({kind})"):
            self.netback = drivers.load_netback(self.dom0, kind, params)
        return self.netback

    def add_guest(self, number, netfront, **settings):
        guest = Guest(self.dom0, number, netfront, **settings)
        guest.log = log = self.logs / f"guest-{guest.name}.log"
        self.dom0.follow(f"/var/log/xen/console/guest-{guest.name}.log", log)
        with doing(f"create guest {guest.name} ({settings.get('kind', 'pv')}, "
                   f"netfront {netfront})"):
            guest.create()
        with doing(f"wait for guest {guest.name}"):
            try:
                guest.wait()
                identity = guest.verify()
            except LabError as problem:
                problem.log = problem.log or log
                raise
        self.peer.neighbour(guest)
        self.guests.append(guest)
        return identity

    def drop_guests(self):
        for guest in self.guests:
            with doing(f"destroy guest {guest.name}"):
                guest.destroy()
        self.guests = []

    def forget_guests(self, count):
        """So many, some of which have crashed, or have never come up."""
        for number in range(1, count + 1):
            with doing(f"give up guest g{number}"):
                self.dom0.run(f"guest give-up {number}", timeout=120)
        self.guests = []

    def cost(self, load, seconds):
        """What the packets of one load of the first guest's cost: a row of dom0/cost's."""
        return cost.cost(self, f"{load} {self.guests[0].number} {seconds}")[0][0]

    def stop(self):
        self.machine.stop()


def _free_key(name, results):
    """A step may be there several times."""
    keys = itertools.chain([name], (f"{name} {n}" for n in itertools.count(2)))
    return next(key for key in keys if key not in results)


def _add_guests(lab, scenario, netfront):
    """What the drivers of the last one say that they are."""
    identity = None
    for number in range(1, scenario.guests + 1):
        identity = lab.add_guest(number, netfront, kind=scenario.type,
                                 params=scenario.netfront_params, vcpus=scenario.vcpus)
    return identity


def _despite_emulation(lab, scenario, netfront, name, what):
    """What what() returns; once more with new guests when emulation has broken the old ones.

    How often that was, is said and counted; any other failure is one.
    """
    for attempt in range(_ATTEMPTS):
        before = lab.machine.torn_guests()
        try:
            return what(), attempt
        except LabError:
            if lab.machine.torn_guests() == before or lab.machine.splats.scan() or \
                    attempt + 1 == _ATTEMPTS:
                raise
        say(f"  {name}: emulation has lost a guest's page tables; again, with new guests")
        lab.forget_guests(scenario.guests)
        if name != _CREATION:
            _despite_emulation(lab, scenario, netfront, _CREATION,
                               lambda: _add_guests(lab, scenario, netfront))


def _run_pairing(lab, scenario, pairing, results, keep_going):
    netback, netfront = pairing
    results["modules"] = {"netback": lab.load_netback(
        netback, scenario.netback_params.get(netback, ""))}
    results["modules"]["netfront"], _ = _despite_emulation(
        lab, scenario, netfront, _CREATION, lambda: _add_guests(lab, scenario, netfront))
    failed = []
    for name, settings in scenario.steps:
        try:
            with doing(name) as said:
                found, torn = _despite_emulation(lab, scenario, netfront, name,
                                                 lambda: STEPS[name](lab, **settings))
                if torn:
                    found = {**found, "emulation_failed": torn}
                results[_free_key(name, results)] = found
                lab.machine.check()
                said.append(brief(found))
        except LabError as problem:
            # A machine with a splat shows nothing any more.
            if not keep_going or lab.machine.splats.seen:
                raise
            explain(lab, problem)
            failed.append(f"{name}: {problem}")
    lab.drop_guests()
    lab.machine.check()
    if failed:
        raise LabError(f"{len(failed)} steps failed: {'; '.join(failed)}")


def explain(lab, problem):
    """Say what failed and show the tail of the log that tells why."""
    say(f"FAILED: {problem}")
    if lab is None:
        return
    with contextlib.suppress(Exception):
        lab.machine.splats.scan()
    log = getattr(problem, "log", None) or lab.machine.console
    if log.exists():
        lines = log.read_text(errors="replace").splitlines()
        lines = [line for line in lines if line.strip()]
        splat = next((i for i, line in enumerate(lines) if is_splat(line)), None)
        part = lines[-30:] if splat is None else lines[max(0, splat - 3):splat + 30]
        print(f"--- {'end of' if splat is None else 'splat in'} {log}", *part, "---",
              sep="\n", flush=True)
    say(f"all logs are in {lab.logs}")


def run(scenario, keep_going=False):
    """[results of each pairing]; a pairing that failed has "failed" in it."""
    say(f"scenario {scenario.name}: {scenario.title}")
    rows = []
    lab = None
    boots = 0
    try:
        for pairing in scenario.pairings:
            results = {"netback": pairing[0], "netfront": pairing[1]}
            rows.append(results)
            if len(scenario.pairings) > 1:
                say(f"pairing: netback {pairing[0]}, netfront {pairing[1]}")
            try:
                if lab is None:
                    # A failed machine is not used again; the logs of each boot stay.
                    boots += 1
                    name = scenario.name if boots == 1 else f"{scenario.name}-{boots}"
                    lab = Lab(name, scenario.limit, scenario.counting, scenario.cpus)
                    lab.boot()
                _run_pairing(lab, scenario, pairing, results, keep_going)
                results["splats"] = 0
            except LabError as problem:
                results["failed"] = str(problem)
                explain(lab, problem)
                if lab is not None:
                    results["splats"] = len(lab.machine.splats.seen)
                    lab.machine.xen_keys("q")
                    lab.stop()
                lab = None
    finally:
        if lab is not None:
            lab.stop()
    return rows
