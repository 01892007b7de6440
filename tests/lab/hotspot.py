# SPDX-License-Identifier: GPL-2.0
"""Where in dom0 the work for a sending guest is done; see docs/steering.md.

The NIC's interrupts are bound to CPU1 and CPU2, the vif's to CPU0. The guest sends
as fast as it can, and each row is a way to run netback's TX action.
"""

import json

from errors import LabError
from progress import say
from steps import step

HOME, NIC_CPUS, MOVED = 0, (1, 2), 3

# letter, name, action, completion, where the vif's interrupt is moved in mid-run
IN_TREE = ("a", "in-tree", None, None, None)
OURS = [
    ("b", "tasklet, local", "tasklet", "local", None),
    ("c", "tasklet, home", "tasklet", "home", None),
    ("d", "kthread, home", "kthread", "home", None),
    ("e", "napi, home", "napi", "home", None),
    ("f", "napi, home, moved to CPU3", "napi", "home", MOVED),
]


def share(row, what, cpus):
    """Percent of what was done that was done on these CPUs."""
    counts = {int(cpu): values.get(what, 0) for cpu, values in row["cpus"].items()}
    total = sum(counts.values())
    return 100 * sum(counts[c] for c in cpus) / total if total else 0


def _row(lab, letter, name, seconds, moved=None):
    guest = lab.guests[0]
    vif = f"vif{guest.domid()}.0"
    lab.dom0.run(f"cpuload --bind {vif} {HOME}")
    # Longer than it takes to look, on a slow host too; a move takes commands of its own.
    traffic = lab.peer.start(guest.ip, "-u", "-l", "1400", "-b", "0", "-P", "4", "--reverse",
                             seconds=seconds + (15 if moved is None else 35))
    # iperf3 takes a moment to begin.
    lab.dom0.run("sleep 4")
    if moved is not None:
        lab.dom0.run(f"cpuload --bind {vif}-q {moved} -tx; sleep 1")
    row = json.loads(lab.dom0.out(f"cpuload {vif} eth0 {seconds}", timeout=seconds + 120))
    end = lab.peer.finish(traffic)
    total = end.get("sum_received") or end["sum"]
    row = {"letter": letter, "row": name, **row}
    if not row["net"]["vif_packets"]:
        raise LabError(f"{name}: no packet came while the CPUs were looked at")
    row["packets_per_second"] = round(row["net"]["vif_packets"] / row["seconds"])
    row["sent"] = total["packets"]
    row["lost"] = total["lost_packets"]
    say(f"{name}: {row['packets_per_second']} packets/s, {row['lost']} of {row['sent']} lost; "
        "runs of the action per CPU: "
        + " ".join(f"{share(row, 'runs', [int(c)]):.1f}%" for c in row["cpus"]))
    return row


def _expect(row, completion, moved):
    """What the issue of steering is about, in figures."""
    name = row["row"]
    for what in ("released", "drained"):
        if not sum(values[what] for values in row["cpus"].values()):
            raise LabError(f"{name}: nothing was {what}: no page was mapped")
    if completion == "local":
        strayed = share(row, "runs", NIC_CPUS)
        if strayed < 50:
            raise LabError(f"{name}: only {strayed:.1f} % of the runs are on the NIC's CPUs: "
                           "this does not show the hotspot")
        return
    home = HOME if moved is None else moved
    at_home = share(row, "runs", [home])
    if at_home < 99:
        raise LabError(f"{name}: {at_home:.1f} % of the runs are on CPU{home}, must be 99 %")
    strays = {cpu: values["drained"] for cpu, values in row["cpus"].items()
              if int(cpu) != home and values["drained"]}
    if strays:
        raise LabError(f"{name}: pages were drained elsewhere than on CPU{home}: {strays}")


@step
def hotspot(lab, seconds=5):
    """Every row is measured and kept, also when one of them is not what it must be."""
    lab.dom0.run(f"cpuload --bind eth0- {','.join(map(str, NIC_CPUS))}")
    domid = lab.guests[0].domid()
    sysfs = f"/sys/bus/xen-backend/devices/vif-{domid}-0"
    if lab.dom0.run(f"[ -e {sysfs}/tx_action ]", check=False)[0]:
        return {"rows": [_row(lab, *IN_TREE[:2], seconds)], "failed": []}
    rows, failed = [], []
    for letter, name, action, completion, moved in OURS:
        lab.dom0.run(f"echo {action} >{sysfs}/tx_action; echo {completion} >{sysfs}/completion; "
                     f"[ $(cat {sysfs}/tx_action) = {action} ] && "
                     f"[ $(cat {sysfs}/completion) = {completion} ]")
        rows.append(_row(lab, letter, name, seconds, moved))
        try:
            _expect(rows[-1], completion, moved)
        except LabError as problem:
            say(f"FAILED: {problem}")
            failed.append(str(problem))
    return {"rows": rows, "failed": failed}
