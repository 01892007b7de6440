# SPDX-License-Identifier: GPL-2.0
"""What a packet costs with each thing that can run netback's action; see docs/cost.md.

The machine counts instructions instead of time (machine.py). The vif's interrupts are
bound to CPU0, the NIC's and whatever sends in dom0 to CPU1, the guest has CPU3. The
modes take turns, so that what changes in the course of a run shows as spread and not
as a difference between them.
"""

import statistics

from errors import LabError
from progress import say
from steps import step

HOME, NIC, GUEST = 0, 1, 3
# Our rounds are no further from their mean than this. Of all loads together the default is no further
# from the cheapest, either: there is none that is the cheapest for each of them.
REPEATS = 0.05

# name, tx_action, the interface's "threaded" switch
MODES = (
    ("tasklet", "tasklet", None),
    ("kthread", "kthread", None),
    ("napi", "napi", 0),
    ("napi, threaded", "napi", 1),
)
LOADS = ("up-60", "up-1400", "down-60", "ask-60", "down-1400", "tcp-up", "up-60-busy")


def _set(lab, domid, action, threaded):
    attribute = f"/sys/bus/xen-backend/devices/vif-{domid}-0/tx_action"
    lab.dom0.run(f"echo {action} >{attribute}; [ $(cat {attribute}) = {action} ]")
    if threaded is not None:
        switch = f"/sys/class/net/vif{domid}.0/threaded"
        lab.dom0.run(f"echo {threaded} >{switch}; [ $(cat {switch}) = {threaded} ]")


def _mean(rounds):
    return statistics.mean(row["ns_per_packet"] for row in rounds)


def _cheapest(to_default):
    """(mode, by how much the default costs more) of {mode: ratio to the default}"""
    best = min(to_default, key=to_default.get)
    return best, 1 / to_default[best] - 1


def _expect(lab, found):
    """Our figures repeat, and the default is what costs least, or as good as that. For which loads
    it is not is said, and so is where those of the in-tree netback do not repeat: it is what ours
    is compared with, and not what is tested."""
    in_tree = "in-tree" in next(iter(found.values()))
    for load, modes in found.items():
        for mode, rounds in modes.items():
            mean = _mean(rounds)
            apart = max(abs(row["ns_per_packet"] - mean) for row in rounds) / mean
            if apart <= REPEATS:
                continue
            unlike = f"{load}, {mode}: rounds differ from their mean by {apart:.1%}"
            if not in_tree:
                raise LabError(unlike)
            say(f"{unlike}, and ratios to it say no more than that")
    if in_tree:
        return
    default = lab.dom0.out("cat /sys/module/xen_netback/parameters/tx_action")
    to_default = {}
    for load, modes in found.items():
        ratios = {mode: _mean(rounds) / _mean(modes[default]) for mode, rounds in modes.items()}
        best, more = _cheapest(ratios)
        if more > REPEATS:
            say(f"{load}: {default}, the default, costs {more:.1%} more than {best}")
        for mode, ratio in ratios.items():
            to_default.setdefault(mode, []).append(ratio)
    means = {mode: statistics.geometric_mean(ratios) for mode, ratios in to_default.items()}
    say("of all loads, to the default: " +
        ", ".join(f"{mode} {mean:.3f}" for mode, mean in means.items()))
    best, more = _cheapest(means)
    if more > REPEATS:
        raise LabError(f"{default}, the default, costs {more:.1%} more than {best}, as the mean of "
                       "all loads")


@step
def actions(lab, rounds=2, seconds=0.6, loads=LOADS):
    """{load: {mode: [figures of each round]}}; the in-tree netback has one mode."""
    guest = lab.guests[0]
    domid = guest.domid()
    lab.dom0.run(f"cpuload --bind eth0- {NIC}; cpuload --bind vif{domid}.0 {HOME}; "
                 f"xl vcpu-pin {domid} all {GUEST}; "
                 f"ip neigh replace {guest.ip} lladdr {guest.mac} dev xenbr0 nud permanent")
    in_tree = lab.dom0.run(f"[ -e /sys/bus/xen-backend/devices/vif-{domid}-0/tx_action ]",
                           check=False)[0]
    modes = (("in-tree", None, None),) if in_tree else MODES
    found = {load: {name: [] for name, _, _ in modes} for load in loads}
    for load in loads:
        for _ in range(rounds):
            for name, action, threaded in modes:
                if action:
                    _set(lab, domid, action, threaded)
                row = lab.cost(load, seconds)
                found[load][name].append(row)
                say(f"  {load}, {name}: {row['ns_per_packet']:.0f} per packet, "
                    f"{row['packets']} packets")
    # In time, figures do not repeat under emulation.
    if lab.machine.accelerator == "counting":
        _expect(lab, found)
    return found
