# SPDX-License-Identifier: GPL-2.0
"""What a bench has found: figures per row, out/bench.json, a table, and a page."""

import html
import json
import shutil
import statistics
import time
from collections import Counter

import picture
from progress import say, table

# Figures of another one do not compare, or are called otherwise: to be counted up when what is
# measured changes.
HARNESS = 3
_IN_TREE = ("in-tree", "in-tree")
_UNITS = {"packet": "packet", "kilobyte": "kB", "exchange": "exchange"}
# What stands beside, as columns of the table: from a round, and from the trace.
_BESIDE = (("interrupts", "interrupts_per_packet"),
           ("NIC interrupts", "nic_interrupts_per_packet"),
           ("IPIs", "calls_per_packet"), ("queues seen", "queues_used"),
           ("onto the wire %", "on_wire_percent"), ("lost %", "lost_percent"),
           ("dom0 CPU ns", "dom0_cpu_ns_per_packet"),
           ("guests' CPU ns", "guests_cpu_ns_per_packet"))


def _value(row, one):
    """A round's figure, per unit."""
    each = one["ns_per_packet"]
    return each / one["bytes_per_packet"] * 1000 if row["unit"] == "kilobyte" else each


def _spread(values):
    """How far they are apart, in percent of what is in the middle; None of a single one."""
    if len(values) < 2:
        return None
    return round(100 * (max(values) - min(values)) / statistics.median(values), 2)


def evaluate(row):
    """Put together the rounds of a row: value is in ns of the machine's clock per unit."""
    values = [_value(row, one) for one in row["rounds"]]
    row["value"] = round(statistics.median(values), 2)
    row["spread_percent"] = _spread(values)
    for name in ("median_us", "p99_us"):
        if name in row["rounds"][0]:
            row[name] = round(statistics.median(one[name] for one in row["rounds"]), 1)
    trace = row.get("traced")
    if trace:
        for side in ("dom0", "guests"):
            calls = trace[f"{side}_hypercalls"]
            row[f"{side}_events_per_packet"] = calls.get("event_channel", 0)
            row[f"{side}_hypercalls_per_packet"] = round(sum(calls.values()), 4)
            row[f"{side}_traps_per_packet"] = round(sum(trace[f"{side}_traps"].values()), 4)
        row["grant_operations_per_packet"] = trace["dom0_grant_operations"]
        if trace["batch"]:
            row["batch"] = round(trace["batch"], 1)
        row["copied_bytes_per_packet"] = round(trace["copied_bytes_per_packet"], 1)
    for name in ("bytes_per_packet", "idle_percent", *(name for _, name in _BESIDE)):
        # Where instructions are counted, a CPU is charged for those of all others.
        known = row["mode"] != "icount" or not name.endswith("cpu_ns_per_packet")
        found = [one[name] for one in row["rounds"] if known and name in one]
        row[name] = round(statistics.mean(found), 3) if found else None
    executed = row.get("executed")
    if executed:
        # Shares are of what was measured with them, and stay so beside figures of a later run.
        executed.setdefault("run", row["run"])
        executed.setdefault("value", row["value"])
        each = executed.setdefault(
            "ns_per_packet", statistics.mean(one["ns_per_packet"] for one in row["rounds"]))
        shares = {name: share for share, _, name in executed["domains"]}
        for column, name in (("dom0", "dom0"), ("guests", "guest")):
            row[f"{column}_cpu_ns_per_packet"] = round(shares.get(name, 0) * each)


def _measure(row):
    what = "instructions" if row["mode"] == "icount" else "ns"
    return f"{what} per {_UNITS[row['unit']]}"


def _latency(row):
    return f", median {row['median_us']} us, p99 {row['p99_us']} us" if "median_us" in row else ""


def brief(row):
    said = f"{row['value']:,.0f} {_measure(row)}"
    queues = row["queues_used"]
    if queues is not None and queues > 1:
        said += f", at least {queues:g} queues"
    if (row["on_wire_percent"] or 100) < 99:
        said += f", {row['on_wire_percent']:.0f} % of them got onto the wire"
    if (row["lost_percent"] or 0) > 1:
        said += f", {row['lost_percent']:.0f} % more were lost in dom0"
    if row.get("traced", {}).get("lost_records"):
        said += f", lost {row['traced']['lost_records']} records of its trace"
    if row["spread_percent"] is not None:
        said += f" (rounds apart {row['spread_percent']} %)"
    if row["idle_percent"] > 1:
        # It is among the instructions, too.
        said += f", at most {row['idle_percent']:.0f} % idle"
    return said + _latency(row)


def _ratios(row, base):
    """To another row: each round to each of the same turn."""
    return [_value(row, one) / _value(base, other)
            for one in row["rounds"] for other in base["rounds"] if one["turn"] == other["turn"]]


def _compare(rows, workloads):
    """to_in_tree and to_floor: less than 1 is cheaper. What is compared is of the same run, and
    turns with each other. A base that has been measured anew since stays in what it was the
    base of."""
    found = {(r["run"], *_key(r)): r for r in rows}
    floors = {w.name: w.floor for w in workloads}
    for row in found.values():
        of_run = row["run"], row["mode"]
        bases = {"floor": found.get((*of_run, floors.get(row["workload"]), None, None, "best"))}
        if row["netback"]:
            bases["in_tree"] = found.get((*of_run, row["workload"], *_IN_TREE, row["placement"]))
        for name, base in bases.items():
            ratios = _ratios(row, base) if base else None
            if ratios:
                row[f"{name}_value"] = base["value"]
                row[f"to_{name}"] = round(statistics.median(ratios), 3)
                row[f"to_{name}_spread_percent"] = _spread(ratios)


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, float) and value >= 100:
        return f"{value:,.0f}"
    return str(value)


def _grants(row):
    return " ".join(f"{name} {count:.2f}"
                    for name, count in row.get("grant_operations_per_packet", {}).items()) or "-"


# What a row is, and how it compares; this much fits on a terminal.
_HEAD = ["workload", "netback", "netfront", "placement", "per", "value", "rounds", "apart %",
         "to in-tree", "apart %", "to floor", "apart %", "idle at most %"]
_BESIDE_HEAD = ["bytes", "event hypercalls dom0", "guest", "hypercalls dom0", "guest",
                "traps dom0", "guest", "grant operations", "bytes copied", "batch",
                *(title for title, _ in _BESIDE), "median us", "p99 us"]


def _line(row):
    return [_cell(v) for v in (
        row["workload"], row["netback"], row["netfront"], row["placement"], _UNITS[row["unit"]],
        row["value"], len(row["rounds"]), row["spread_percent"], row.get("to_in_tree"),
        row.get("to_in_tree_spread_percent"), row.get("to_floor"),
        row.get("to_floor_spread_percent"), row["idle_percent"])]


def _beside(row):
    return [_cell(v) for v in (
        row["bytes_per_packet"],
        row.get("dom0_events_per_packet"), row.get("guests_events_per_packet"),
        row.get("dom0_hypercalls_per_packet"), row.get("guests_hypercalls_per_packet"),
        row.get("dom0_traps_per_packet"), row.get("guests_traps_per_packet"),
        _grants(row), row.get("copied_bytes_per_packet"), row.get("batch"),
        *(row.get(name) for _, name in _BESIDE), row.get("median_us"), row.get("p99_us"))]


def _kinds(row):
    """Hypercalls and traps of a unit's packets by kind, most first."""
    return ["; ".join(f"{name} {count:.3f}" for name, count in row["traced"][what].items()
                      if count >= 0.001) or "-"
            for what in ("dom0_hypercalls", "guests_hypercalls", "dom0_traps", "guests_traps")]


def _each(value, share, error):
    """A share of what a unit takes, and how many that are, with their standard error."""
    return f"{100 * share:.1f} % ({share * value:,.0f} \N{PLUS-MINUS SIGN}{error * value:,.0f})"


def _executed(executed, where, most):
    """Words for the places where most instructions are executed."""
    return [f"{_each(executed['value'], share, error)} {': '.join(filter(None, name))}"
            for share, error, *name in executed[where][:most]]


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


# What is drawn: of which unit, and which figure.
_PICTURES = (*((unit, "value", None) for unit in _UNITS),
             ("exchange", "median_us", "Median of an exchange, in us"),
             ("exchange", "p99_us", "99 of 100 exchanges take less, in us"))


def _chart(at, workloads, unit, words):
    """The pairs side by side, and the floor if there is one; None if nothing was measured.
    at: {(workload, netback, netfront): figure}"""
    drawn = [w for w in workloads
             if w.unit == unit and any(key[0] == w.name and key[1] for key in at)]
    # A pair without any value would have no bars.
    pairs = sorted({key[1:] for w in drawn for key in at if key[0] == w.name},
                   key=lambda pair: (pair.count("ours"), pair))
    names = [f"netback {b}, netfront {f}" for b, f in pairs]
    columns = [[at.get((w.name, *pair)) for w in drawn] for pair in pairs]
    floors = [at.get((w.floor, None, None)) for w in drawn]
    if any(floors):
        names.append("floor: dom0 alone")
        columns.append(floors)
    if not drawn:
        return None
    return picture.bars(*words, names, list(zip([w.name for w in drawn], zip(*columns))))


def _charts(rows, workloads, mode):
    """Pictures for each placement, the best first."""
    for placement in ("best", "default"):
        for unit, figure, title in _PICTURES:
            title = title or f"{_TITLES[mode]}, per {_UNITS[unit]}"
            at = {(r["workload"], r["netback"], r["netfront"]): r[figure] for r in rows
                  if r["mode"] == mode and r.get(figure) and
                  (r["placement"] == placement or not r["netback"])}
            chart = _chart(at, workloads, unit, (f"{title}, {placement} placement (less is better)",
                                                 "us" if "us" in figure else f"per {_UNITS[unit]}"))
            if chart:
                yield chart


def _of_what(rows):
    """When, and with which drivers."""
    ours = {f"our {kind} {version}" for row in rows for kind, version in _ours(row).items()}
    runs = sorted({row["run"] for row in rows})
    return (f"Linux {', '.join(sorted({row['kernel'] for row in rows}))}; "
            f"{', '.join(sorted(ours))}; measured {', '.join(runs)}. Ratios are of the same run.")


def _page(rows, workloads, about):
    out = ["<!doctype html><html lang=en><meta charset=utf-8>"
           "<title>vifwire: guest to wire, ours against in-tree</title>"
           f"<style>{_STYLE}</style><h1>Guest to wire: vifwire against the in-tree drivers</h1>",
           f"<p>{html.escape(about)}</p>"]
    for mode in dict.fromkeys(r["mode"] for r in rows):
        of_mode = [r for r in rows if r["mode"] == mode]
        out.append(f"<h2>{_TITLES[mode]}</h2>")
        out.append(f"<p class=note>{html.escape(_of_what(of_mode))}</p>")
        out += _charts(rows, workloads, mode)
        missing = [w.name for w in workloads if not any(r["workload"] == w.name for r in of_mode)]
        if missing:
            out.append(f"<p class=note>Not measured: {', '.join(missing)}.</p>")
        out.append(_html_table([*_HEAD, *_BESIDE_HEAD],
                               ([*_line(r), *_beside(r)] for r in of_mode),
                               lambda line: line[1:3] == ["ours", "ours"]))
        traced = [r for r in of_mode if r.get("traced")]
        if traced:
            out.append("<details><summary>Hypercalls and traps per packet, by kind</summary>")
            out.append(_html_table(
                ["workload", "netback", "netfront", "placement", "hypercalls of dom0", "of guests",
                 "traps of dom0", "of guests"], ([*_line(r)[:4], *_kinds(r)] for r in traced)))
            out.append("</details>")
        executed = [r for r in of_mode if r.get("executed")]
        if executed:
            out.append("<h3>Where they are executed</h3>")
            out.append("<p class=note>Share of what is executed, and how many of each unit, with "
                       "the standard error; no more than that where CPUs may have been idle.</p>")
            for where, most in (("domains", 2), ("parts", 6), ("functions", 8)):
                out.append(_html_table(
                    ["workload", "netback", "netfront", "measured", "of",
                     f"{where}, most first", *[""] * (most - 1)],
                    ([r["workload"], r["netback"], r["netfront"], r["executed"]["run"],
                      _cell(r["executed"]["value"]), *_executed(r["executed"], where, most)]
                     for r in executed)))
    out.append("<h2>Workloads</h2>")
    out.append(_html_table(["name", "what"], ([w.name, w.what] for w in workloads)))
    return "\n".join(out) + "</html>\n"


_ABOUT = ("Xen, dom0 and guests run in an emulated machine. Values are instructions or time of "
          "the whole machine: guest, hypervisor and dom0. \"To in-tree\" compares with both "
          "drivers in-tree and the same placement, \"to floor\" with the kernel's packet "
          "generator in dom0, straight onto the NIC; less than 1 is cheaper. UDP goes from the "
          "guest to the wire and from dom0 to the guest, TCP and requests between guest and dom0. "
          "What stands beside is per packet. \"Default\" leaves interrupts and guests where they "
          "happen to be; \"best\" is one placement for all, in which the queue, the NIC and the "
          "guest have CPUs of their own. Of queues those are seen that a counter or, in-tree, an "
          "interrupt has moved for, so there may be more. A batch is how many packets come with "
          "one call that copies them, or in one run of our netback; it was counted while Xen "
          "traced. Where "
          "instructions are counted, a ns is one of them, and a us 1,000.")


def _key(row):
    return tuple(row[name] for name in ("mode", "workload", "netback", "netfront", "placement"))


def _group(row):
    return row["mode"], row["workload"], row["placement"]


def _rounds(rows):
    """How many rounds all pairs of a workload have."""
    found = Counter()
    for row in rows:
        found[_group(row)] += len(row["rounds"])
    return found


def _ours(row):
    """{our module: its source}"""
    return {kind: row["modules"][kind]["srcversion"] for kind in ("netback", "netfront")
            if row[kind] == "ours" and row.get("modules")}


def _read(path):
    """Rows of an earlier run; none if what is there is no result of ours."""
    try:
        earlier = json.loads(path.read_text())
    except FileNotFoundError:
        return []
    except ValueError:
        earlier = None
    if not isinstance(earlier, list) or not all(isinstance(row, dict) for row in earlier):
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        say(f"{path} is no result of a bench, and is {aside} now")
        return []
    return [row for row in earlier if row.get("harness") == HARNESS]


def _with_earlier(rows, earlier):
    """What was measured before and is not now, or not as often, if it was of the same drivers of
    ours. What is compared stays together."""
    now = {kind: version for row in rows for kind, version in _ours(row).items()}
    earlier = [row for row in earlier if all(now.get(kind, version) == version
                                             for kind, version in _ours(row).items())]
    old, new = _rounds(earlier), _rounds(rows)
    found = {_key(row): row for row in rows if new[_group(row)] >= old[_group(row)]}
    for row in earlier:
        there = found.get(_key(row))
        if new[_group(row)] < old[_group(row)] or not there:
            found[_key(row)] = row
        elif "executed" in row and "executed" not in there:
            # It is of the same drivers, and takes long.
            there["executed"] = row["executed"]
            evaluate(there)
    return list(found.values())


def keep(out):
    """Before a run: what there is from earlier stays in a file of its own as well, since rows of
    other drivers are about to go."""
    path = out / "bench.json"
    if path.exists():
        written = time.localtime(path.stat().st_mtime)
        shutil.copy(path, out / f"bench.{time.strftime('%Y%m%d-%H%M%S', written)}.json")


def save(rows, workloads, out):
    """Write what there is into out/bench.json. Return: all that is in there."""
    out.mkdir(exist_ok=True)
    path = out / "bench.json"
    # Those that give way to earlier ones, too.
    _compare(rows, workloads)
    everything = _with_earlier(rows, _read(path))
    order = {workload.name: i for i, workload in enumerate(workloads)}
    everything.sort(key=lambda row: (row["mode"], order.get(row["workload"], -1)))
    _compare(everything, workloads)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(everything, indent=1) + "\n")
    part.replace(path)
    return everything


def _write_page(everything, workloads, out):
    (out / "bench.html").write_text(_page(everything, workloads, _ABOUT))


def draw(rows, workloads, out):
    """The same, and the page."""
    _write_page(save(rows, workloads, out), workloads, out)


def report(rows, workloads, out):
    """Write everything, and show what is new."""
    everything = save(rows, workloads, out)
    table([["mode", *_HEAD], *([r["mode"], *_line(r)] for r in rows)])
    for row in rows:
        if row.get("executed"):
            say(f"{row['workload']}, {row['netback']}/{row['netfront']}: "
                f"{', '.join(_executed(row['executed'], 'parts', 6))}")
    _write_page(everything, workloads, out)
    say(f"results are in {out / 'bench.json'} and {out / 'bench.html'}")
