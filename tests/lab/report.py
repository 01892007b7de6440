# SPDX-License-Identifier: GPL-2.0
"""Results: files under out/ for programs, tables on the terminal for people."""

import json
import statistics

import picture
from paths import OUT
from progress import say, table


def _write(name, data):
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_text(json.dumps(data, indent=2) + "\n")
    say(f"results are in {path}")


def _passed(row):
    return "failed" not in row and row.get("splats", 0) == 0


def demo(scenario, rows):
    row = rows[0]
    data = {key: row.get(key) for key in ("modules", "ping", "tcp", "udp", "interrupts",
                                          "counters", "splats")}
    if not _passed(row):
        data["failed"] = row.get("failed", "splat")
    _write("demo", data)
    if not _passed(row):
        return
    modules, ping, tcp, udp = (row[k] for k in ("modules", "ping", "tcp", "udp"))
    table([
        ["what", "guest to wire", "wire to guest"],
        ["TCP Mbit/s", tcp["guest_to_wire_mbps"], tcp["wire_to_guest_mbps"]],
        ["UDP 64 bytes, packets/s", udp["guest_to_wire_pps"], udp["wire_to_guest_pps"]],
        ["UDP lost", udp["guest_to_wire_lost"], udp["wire_to_guest_lost"]],
    ])
    print(f"\nping: {ping['received']} of {ping['sent']}, median {ping['rtt_ms_median']} ms")
    for end in ("netback", "netfront"):
        live = modules[end]
        print(f"{end}: {row[end]}, version {live['version'] or '-'}, "
              f"srcversion {live['srcversion'] or '-'}")
    print("interrupts per dom0 CPU:")
    for name, counts in row["interrupts"].items():
        print(f"  {name:<12} {' '.join(f'{c:>8}' for c in counts)}")
    print(flush=True)


def interop(scenario, rows):
    out = []
    for row in rows:
        tcp, udp, ping = row.get("tcp", {}), row.get("udp", {}), row.get("ping")
        out.append({
            "netback": row["netback"], "netfront": row["netfront"],
            "ping_ok": bool(ping) and ping["sent"] == ping["received"],
            "tcp_up_mbps": tcp.get("guest_to_wire_mbps"),
            "tcp_down_mbps": tcp.get("wire_to_guest_mbps"),
            "udp_lost": udp.get("guest_to_wire_lost"),
            "splats": row.get("splats", 0), "pass": _passed(row),
        })
    _write("interop", [dict(one, modules=row.get("modules")) for one, row in zip(out, rows)])
    table([list(out[0]), *(["-" if v is None else v for v in r.values()] for r in out)])


def lifecycle(scenario, rows):
    row = rows[0]
    loops = {name: row[name] for name, _ in scenario.steps if name in row}
    _write("lifecycle", {
        "netback": row["netback"], "netfront": row["netfront"],
        "modules": row.get("modules"), "loops": loops,
        "splats": row.get("splats", 0), "pass": _passed(row),
        **({"failed": row["failed"]} if "failed" in row else {})})
    table([["loop", "times", "seconds each", "left behind"],
           *([name, r["times"], r["seconds_median"], r["left"]]
             for name, r in loops.items() if "times" in r)])


def hotspot(scenario, rows):
    for row in rows:
        failed = row.get("hotspot", {}).get("failed")
        if failed:
            row.setdefault("failed", "; ".join(failed))
    found = [dict(label=f"({r['letter']}) netback {row['netback']}: {r['row']}", **r)
             for row in rows for r in row.get("hotspot", {}).get("rows", [])]
    _write("hotspot", {"rows": found, "pass": all(map(_passed, rows)),
                       "failed": [row["failed"] for row in rows if "failed" in row]})
    if not found:
        return
    cpus = list(found[0]["cpus"])
    table([["row", "packets/s", "lost", *(f"runs CPU{c}" for c in cpus),
            *(f"released CPU{c}" for c in cpus), *(f"drained CPU{c}" for c in cpus)],
           *([r["label"], r["packets_per_second"], r["lost"],
              *(r["cpus"][c].get(what, 0) for what in ("runs", "released", "drained")
                for c in cpus)] for r in found)])
    picture.hotspot(found, OUT / "hotspot.svg")


_PER_PACKET = (("batch", 1), ("interrupts_per_packet", 3), ("notifies_per_packet", 3),
               ("calls_per_packet", 3), ("hypercalls_per_packet", 3), ("idle_percent", 1),
               ("home_idle_percent", 0), ("busy_percent", 0), ("busy_lost_for_ns", 0))


def _cost(load, mode, rounds, baseline):
    """One load with one mode: the mean of its rounds, and how far they are apart."""
    mean = statistics.mean(r["ns_per_packet"] for r in rounds)
    spread = max(abs(r["ns_per_packet"] - mean) for r in rounds)
    row = {"load": load, "mode": mode, "instructions_per_packet": round(mean),
           "spread_percent": round(100 * spread / mean, 1),
           "to_in_tree": round(mean / baseline, 3) if baseline else None}
    for name, digits in _PER_PACKET:
        values = [r[name] for r in rounds if name in r]
        row[name] = round(statistics.mean(values), digits) if values else None
    return row


def actions(scenario, rows):
    found = {}
    for row in rows:
        for load, modes in row.get("actions", {}).items():
            found.setdefault(load, {}).update(modes)
    out = []
    for load, modes in found.items():
        baseline = modes.get("in-tree")
        if baseline:
            baseline = statistics.mean(r["ns_per_packet"] for r in baseline)
        out += [_cost(load, mode, rounds, baseline) for mode, rounds in modes.items()]
    _write(scenario.name, {"rows": out, "rounds": found, "pass": all(map(_passed, rows)),
                           "failed": [row["failed"] for row in rows if "failed" in row]})
    if out:
        head = [key.replace("_per_packet", "").replace("_percent", " %").replace("_", " ")
                for key in out[0]]
        table([head, *(["-" if v is None else v for v in r.values()] for r in out)])


def whole(scenario, rows):
    """Everything that was found, for scenarios without a form of their own."""
    _write(scenario.name, rows)
    for row in rows:
        flat = [[k, json.dumps(v)] for k, v in row.items()]
        table([["what", "result"], *flat])


_FORMS = {"actions": actions, "demo": demo, "hotspot": hotspot, "interop": interop,
          "lifecycle": lifecycle}


def report(scenario, rows):
    """Write and show; True when everything passed."""
    _FORMS.get(scenario.report, whole)(scenario, rows)
    for row in rows:
        verdict = "ok" if _passed(row) else "not ok"
        why = f": {row['failed'].splitlines()[0]}" if "failed" in row else ""
        # The form that tests/run.sh counts.
        print(f"{verdict} {scenario.name}: netback {row['netback']}, "
              f"netfront {row['netfront']}{why}", flush=True)
    passed = all(_passed(row) for row in rows)
    say(f"{scenario.name}: {'PASS' if passed else 'FAIL'}")
    return passed
