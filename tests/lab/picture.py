# SPDX-License-Identifier: GPL-2.0
"""Pictures of results, drawn by gnuplot."""

import subprocess

from errors import LabError
from progress import say

COLUMNS = 2


def _gnuplot(script):
    """What gnuplot writes to its standard output."""
    done = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True,
                          capture_output=True, check=False)
    if done.returncode or done.stderr:
        raise LabError(f"gnuplot: {done.stderr.strip()}")
    return done.stdout


def bars(title, ylabel, names, groups):
    """SVG: for each group a bar of each name; groups are (label, values, None for no bar)."""
    colours = ("#95a5a6", "#aed6f1", "#5dade2", "#1b4f8a", "#e59866")
    data = "\n".join(" ".join([f'"{label}"', *("NaN" if v is None else str(v) for v in values)])
                     for label, values in groups)
    plots = [f"$data using {i + 2}:xtic(1) title '{name}' lc rgb '{colour}'"
             for i, (name, colour) in enumerate(zip(names, colours))]
    return _gnuplot([
        "$data << END", data, "END",
        f"set terminal svg size {max(760, 160 + 110 * len(groups))},420 dynamic font 'sans,12'",
        f"set title \"{title}\" noenhanced", f"set ylabel '{ylabel}'", "set yrange [0:*]",
        "set style data histograms", "set style histogram clustered gap 1",
        "set style fill solid noborder", "set xtics rotate by -20 noenhanced",
        "set grid y lc rgb '#dddddd'", "set border 3",
        "set tics nomirror scale 0.5", "set key outside top center horizontal",
        "plot " + ", ".join(plots)])


def _panel(row):
    """One row of the hotspot: a stacked bar per CPU, in percent of that CPU."""
    lines = []
    runs = sum(v.get("runs", 0) for v in row["cpus"].values()) or 1
    for cpu, v in row["cpus"].items():
        whole = row["seconds"] * 1e9
        action = 100 * v.get("run_ns", 0) / whole
        other = max(0, 100 * v["busy_ns"] / whole - action)
        lines.append(f"CPU{cpu} {action:.2f} {other:.2f} "
                     f"\"{100 * v.get('runs', 0) / runs:.0f}%\"")
    return "\n".join(lines)


def hotspot(rows, path):
    """Stacked bars per CPU, rows as panels: where the TX action takes its time."""
    script = [
        "set terminal svg size 900,880 font 'sans,12' background 'white'",
        f"set output '{path}'",
        f"set multiplot layout {-(-len(rows) // COLUMNS)},{COLUMNS} title "
        "\"Where dom0 carries a sending guest's packets\\n"
        "{/*0.8 vif interrupt on CPU0, NIC interrupts on CPU1 and CPU2;"
        " above each bar: share of the TX action's runs}\" font 'sans,15'",
        "set style data histograms", "set style histogram rowstacked", "set boxwidth 0.7",
        "set style fill solid noborder", "set yrange [0:115]", "set ytics 0,25,100",
        "set ylabel '% of the CPU'", "set grid y lc rgb '#dddddd'", "set border 3",
        "set tics nomirror scale 0.5",
    ]
    for i, row in enumerate(rows):
        script += [
            f"$row{i} << END", _panel(row), "END",
            f"set title \"{row['label']}  ({row['packets_per_second']} packets/s)\" noenhanced",
            "set key top right" if i == 0 else "unset key",
            f"plot $row{i} using 2:xtic(1) title 'TX action' lc rgb '#c0392b', "
            "'' using 3 title 'everything else' lc rgb '#95a5a6', "
            "'' using 0:($2+$3+5):4 with labels notitle",
        ]
    script.append("unset multiplot")
    _gnuplot(script)
    say(f"the picture is {path}")
