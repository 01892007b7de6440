# SPDX-License-Identifier: GPL-2.0
"""What a bench has found: figures per row, out/bench.json, a table, and a page."""

import html
import json
import statistics

import picture
from progress import say, table

_IN_TREE = ("in-tree", "in-tree")
_UNITS = {"packet": "packet", "kilobyte": "kB", "exchange": "exchange"}
# What stands beside, as columns of the table: from a round, and from the trace.
_BESIDE = (("interrupts", "interrupts_per_packet"),
           ("NIC interrupts", "nic_interrupts_per_packet"),
           ("IPIs", "calls_per_packet"), ("batch", "batch"),
           ("dom0 CPU ns", "dom0_cpu_ns_per_packet"),
           ("guests' CPU ns", "guests_cpu_ns_per_packet"))


def _value(row, one):
    """A round's figure, per unit."""
    each = one["ns_per_packet"]
    return each / one["bytes_per_packet"] * 1000 if row["unit"] == "kilobyte" else each


def evaluate(row):
    """Put together the rounds of a row: value is in ns of the machine's clock per unit."""
    values = [_value(row, one) for one in row["rounds"]]
    row["value"] = round(statistics.median(values), 2)
    row["spread_percent"] = round(100 * (max(values) - min(values)) / row["value"], 2)
    for name in ("median_us", "p99_us"):
        if name in row["rounds"][0]:
            row[name] = round(statistics.median(one[name] for one in row["rounds"]), 1)
    trace = row.get("traced")
    if trace:
        for side in ("dom0", "guests"):
            calls = trace[f"{side}_hypercalls"]
            row[f"{side}_events_per_packet"] = calls.get("event_channel", 0)
            row[f"{side}_hypercalls_per_packet"] = round(sum(calls.values()), 4)
        row["grant_operations_per_packet"] = trace["dom0_grant_operations"]
        row["copied_bytes_per_packet"] = round(trace["copied_bytes_per_packet"], 1)
    for _, name in _BESIDE:
        # Where instructions are counted, a CPU is charged for those of all others.
        known = row["mode"] != "icount" or not name.endswith("cpu_ns_per_packet")
        found = [one[name] for one in row["rounds"] if known and name in one]
        row[name] = round(statistics.mean(found), 3) if found else None


def _measure(row):
    what = "instructions" if row["mode"] == "icount" else "ns"
    return f"{what} per {_UNITS[row['unit']]}"


def _latency(row):
    return f", median {row['median_us']} us, p99 {row['p99_us']} us" if "median_us" in row else ""


def brief(row):
    return f"{row['value']:,.0f} {_measure(row)} (rounds apart {row['spread_percent']} %)" \
        + _latency(row)


def _compare(rows, workloads):
    """to_in_tree and to_floor: less than 1 is cheaper. Turns are compared with each other."""
    found = {(r["mode"], r["workload"], r["netback"], r["netfront"], r["placement"]): r
             for r in rows}
    floors = {w.name: w.floor for w in workloads}
    for row in found.values():
        key = row["mode"], row["workload"], *_IN_TREE, row["placement"]
        base = found.get(key)
        if base and row["netback"]:
            ratios = [_value(row, a) / _value(base, b)
                      for a, b in zip(row["rounds"], base["rounds"])]
            row["to_in_tree"] = round(statistics.median(ratios), 3)
        floor = found.get((row["mode"], floors.get(row["workload"]), None, None, "default"))
        if floor:
            row["to_floor"] = round(row["value"] / floor["value"], 2)


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, float) and value >= 100:
        return f"{value:,.0f}"
    return str(value)


def _grants(row):
    return " ".join(f"{name} {count:.2f}"
                    for name, count in row.get("grant_operations_per_packet", {}).items()) or "-"


_HEAD = ["workload", "netback", "netfront", "placement", "per", "value", "apart %", "to in-tree",
         "to floor", "events dom0", "guest", "hypercalls dom0", "guest", "grant operations",
         "bytes copied", *(title for title, _ in _BESIDE), "median us", "p99 us"]


def _line(row):
    return [_cell(v) for v in (
        row["workload"], row["netback"], row["netfront"], row["placement"], _UNITS[row["unit"]],
        row.get("value"), row.get("spread_percent"), row.get("to_in_tree"), row.get("to_floor"),
        row.get("dom0_events_per_packet"), row.get("guests_events_per_packet"),
        row.get("dom0_hypercalls_per_packet"), row.get("guests_hypercalls_per_packet"),
        _grants(row), row.get("copied_bytes_per_packet"), *(row.get(name) for _, name in _BESIDE),
        row.get("median_us"), row.get("p99_us"))]


def parts(row):
    """[[share, "whose part"]] of the instructions, most first."""
    sums = {}
    for share, whose, part, _ in row["executed"]:
        sums[f"{whose}: {part}"] = sums.get(f"{whose}: {part}", 0) + share
    return sorted(([round(share, 3), name] for name, share in sums.items()), reverse=True)


_TITLES = {"icount": "Instructions of the whole machine", "wall": "Time, in ns"}
_STYLE = """
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222 }
h1, h2 { font-weight: 500 } table { border-collapse: collapse; font-size: 12px; margin: 1em 0 }
th, td { padding: .2em .6em; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
th:first-child, td:first-child { text-align: left } tr.ours { background: #eef6fc }
.scroll { overflow-x: auto } svg { max-width: 100%; height: auto } .note { color: #666 }
"""


def _html_table(head, lines, mark=None):
    def cells(tag, words):
        return "".join(f"<{tag}>{html.escape(str(w))}</{tag}>" for w in words)
    body = "".join(f'<tr{" class=ours" if mark and mark(line) else ""}>{cells("td", line)}</tr>\n'
                   for line in lines)
    return (f'<div class=scroll><table><tr>{cells("th", head)}</tr>\n{body}</table></div>\n')


def _charts(rows, workloads, mode):
    """A picture for each unit: the pairs side by side, each at its best."""
    pairs = list(dict.fromkeys((r["netback"], r["netfront"]) for r in rows if r["netback"]))
    pairs.sort(key=lambda pair: pair.count("ours"))
    at = {(r["workload"], r["netback"], r["netfront"]): r.get("value")
          for r in rows if r["mode"] == mode and r["placement"] == "best"}
    for unit in _UNITS:
        groups = [(w.name, [at.get((w.name, *pair)) for pair in pairs])
                  for w in workloads if w.unit == unit and w.guests]
        groups = [group for group in groups if any(group[1])]
        if groups:
            yield picture.bars(f"{_TITLES[mode]}, per {_UNITS[unit]} (less is better)",
                               f"per {_UNITS[unit]}",
                               [f"netback {b}, netfront {f}" for b, f in pairs], groups)


def _page(rows, workloads, about):
    out = ["<!doctype html><html lang=en><meta charset=utf-8>"
           "<title>vifwire: guest to wire, ours against in-tree</title>"
           f"<style>{_STYLE}</style><h1>Guest to wire: vifwire against the in-tree drivers</h1>",
           f"<p>{html.escape(about)}</p>"]
    for mode in dict.fromkeys(r["mode"] for r in rows):
        out.append(f"<h2>{_TITLES[mode]}</h2>")
        out += _charts(rows, workloads, mode)
        of_mode = [r for r in rows if r["mode"] == mode]
        out.append(_html_table(_HEAD, map(_line, of_mode),
                               lambda line: line[1:3] == ["ours", "ours"]))
        executed = [r for r in of_mode if r.get("executed")]
        if executed:
            out.append("<h2>Where they are executed</h2>")
            out.append(_html_table(
                ["workload", "netback", "netfront", "samples", "most", "second", "third", "fourth",
                 "fifth"],
                ([r["workload"], r["netback"], r["netfront"], r["samples"],
                  *(f"{100 * share:.0f} % {name}" for share, name in parts(r)[:5])]
                 for r in executed)))
    out.append("<h2>Workloads</h2>")
    out.append(_html_table(["name", "what"], ([w.name, w.what] for w in workloads)))
    return "\n".join(out) + "</html>\n"


_ABOUT = ("Xen, dom0 and guests run in an emulated machine. Values are instructions or time of "
          "the whole machine: guest, hypervisor and dom0. \"To in-tree\" compares with both "
          "drivers in-tree and the same placement, \"to floor\" with dom0 sending the same "
          "frames straight to the NIC; less than 1 is cheaper. What stands beside is per packet.")


def report(rows, workloads, out):
    """Write everything."""
    _compare(rows, workloads)
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(rows, indent=1) + "\n")
    table([["mode", *_HEAD], *([r["mode"], *_line(r)] for r in rows)])
    for row in rows:
        if row.get("executed"):
            most = ", ".join(f"{100 * share:.0f} % {name}" for share, name in parts(row)[:6])
            say(f"{row['workload']}, {row['netback']}/{row['netfront']}: {most}")
    (out / "bench.html").write_text(_page(rows, workloads, _ABOUT))
    say(f"results are in {out / 'bench.json'} and {out / 'bench.html'}")
