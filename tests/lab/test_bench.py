#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of the bench's arithmetic, which needs no machine: TAP, a line for each of them."""

import json
import math
import struct
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

import bench
import benchreport
import executed
import xentrace
from errors import LabError

_CASES = []


def case(function):
    _CASES.append(function)
    return function


def _expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"found {found!r}, expected {wanted!r}")


# ---- what Xen's trace is made of ---------------------------------------------

def _record(event, stamp, *words):
    return struct.pack("<IQ", 1 << 31 | len(words) << 28 | event, stamp) + \
        struct.pack(f"<{len(words)}I", *words)


def _cpu(number):
    return struct.pack("<III", 2 << 28 | 0x1f003, number, 0)


def _runs(stamp, domain):
    """A vCPU of the domain gets the CPU, having been runnable."""
    return _record(0x21001 | 1 << 8 | 0 << 4, stamp, domain << 16)


def _call(stamp, kind, *words):
    return _record(0x20100d, stamp, kind, *words)


def _mark(stamp):
    return b"".join(_call(stamp + i, 35) for i in range(8))


@case
def trace_is_cut_by_its_marks():
    data = _cpu(2) + _mark(1000) + _call(50000, 35) + _mark(90000)
    _expect(xentrace.between_marks(data, 1), (1007, 90000))
    # Who makes the second one has lost the CPU for a moment.
    data = _cpu(2) + _mark(1000) + _mark(90000)[:-48] + _mark(90030)[-48:]
    _expect(xentrace.between_marks(data, 1), (1007, 90000))


@case
def trace_without_two_marks_is_refused():
    for data in (b"", _mark(10), _mark(10) + _mark(1000) + _mark(90000)):
        try:
            xentrace.between_marks(data, 1)
        except LabError:
            continue
        raise AssertionError(f"{len(data)} bytes were taken")


@case
def who_looks_is_not_counted():
    data = _cpu(0) + _runs(1, 0) + _call(5, 29) + _call(20, 20, 5, 64) + _call(21, 32) + \
        _call(40, 32)
    calls, traps, lost = xentrace.counts(data, {}, 10, 30)
    _expect((calls, traps, lost), ({0: {"grant_table_copy": 1, "event_channel": 1}}, {}, 0))


@case
def traps_are_no_hypercalls():
    data = _cpu(1) + _runs(1, 7) + _record(0x201006, 12, 0) + _record(0x201104, 13, 0, 0) + \
        _call(14, 23)
    calls, traps, _ = xentrace.counts(data, {}, 10, 30)
    _expect((calls, traps), ({7: {"iret": 1}}, {7: {"privileged_instruction": 1,
                                                   "page_fault": 1}}))


@case
def who_is_never_named_is_known_otherwise():
    calls, _, _ = xentrace.counts(_cpu(3) + _call(20, 29), {3: 5}, 10, 30)
    _expect(calls, {5: {"sched_op": 1}})


# ---- rows --------------------------------------------------------------------

class _Workload:
    name, floor, unit, what = "udp60_up", "udp60_floor", "packet", "UDP"


def _row(value, netback="in-tree", netfront="in-tree", run="1", **settings):
    row = {"mode": "icount", "netback": netback, "netfront": netfront, "placement": "best",
           "workload": "udp60_up", "unit": "packet", "run": run, "kernel": "6.12",
           "harness": benchreport.HARNESS,
           "modules": {kind: {"srcversion": kind} for kind in ("netback", "netfront")},
           "rounds": [{"ns_per_packet": value, "bytes_per_packet": 500, "idle_percent": 0,
                       "turn": 0}]} | settings
    benchreport.evaluate(row)
    return row


def _saved(*runs):
    with tempfile.TemporaryDirectory() as out:
        for rows in runs:
            found = benchreport.save(list(rows), [_Workload], Path(out))
            benchreport.draw(list(rows), [_Workload], Path(out))
        _expect(json.loads((Path(out) / "bench.json").read_text()), found)
    return {(row["netback"], row["netfront"]): row for row in found}


@case
def less_is_cheaper():
    floor = _row(20, None, None, workload="udp60_floor", modules=None)
    found = _saved([_row(100), _row(90, "ours", "ours"), floor])
    _expect(found["ours", "ours"]["to_in_tree"], 0.9)
    _expect(found["ours", "ours"]["to_floor"], 4.5)


@case
def another_run_is_no_base():
    found = _saved([_row(100)], [_row(180, "ours", "ours", run="2")])
    _expect(found["in-tree", "in-tree"]["value"], 100)
    _expect("to_in_tree" in found["ours", "ours"], False)


@case
def other_drivers_of_ours_are_forgotten():
    new = {kind: {"srcversion": f"new {kind}"} for kind in ("netback", "netfront")}
    found = _saved([_row(100), _row(90, "ours", "ours")],
                   [_row(80, "ours", "in-tree", run="2", modules=new)])
    _expect(sorted(found), [("in-tree", "in-tree"), ("ours", "in-tree")])


@case
def what_is_no_result_is_kept_aside():
    for text in ("[", "{}", "[1]"):
        with tempfile.TemporaryDirectory() as out:
            (Path(out) / "bench.json").write_text(text)
            _expect(len(benchreport.save([_row(100)], [_Workload], Path(out))), 1)
            _expect((Path(out) / "bench.unreadable").read_text(), text)


@case
def turns_are_compared_with_each_other():
    base, ours = _row(0), _row(0, "ours", "ours")
    for row, values in ((base, (100, 200, 300)), (ours, (90, 180, 270))):
        row["rounds"] = [{"ns_per_packet": value, "bytes_per_packet": 500, "idle_percent": 0,
                          "turn": turn} for turn, value in enumerate(values)]
        benchreport.evaluate(row)
    found = _saved([base, ours])["ours", "ours"]
    _expect((found["to_in_tree"], found["to_in_tree_spread_percent"]), (0.9, 0.0))


@case
def kilobytes_are_of_what_is_carried():
    _expect(_row(1000, unit="kilobyte")["value"], 2000)


@case
def domains_have_what_is_executed_for_them():
    row = _row(1000, executed={"domains": [[0.6, 0.01, "guest"], [0.4, 0.01, "dom0"]]})
    _expect((row["dom0_cpu_ns_per_packet"], row["guests_cpu_ns_per_packet"]), (400, 600))
    _expect(_row(1000)["dom0_cpu_ns_per_packet"], None)


@case
def shares_have_errors():
    # Moments that are alike have none; of two that are not, each is as far from the middle.
    _expect(executed.shares_of([Counter({("a",): 6, ("b",): 4})] * 2),
            [[0.6, 0, "a"], [0.4, 0, "b"]])
    _expect(executed.shares_of([Counter({("a",): 10}), Counter({("b",): 10})]),
            [[0.5, round(math.sqrt(50) / 20, 5), "a"], [0.5, round(math.sqrt(50) / 20, 5), "b"]])


@case
def a_base_stays_that_of_its_run():
    floor = {"netback": None, "netfront": None, "workload": "udp60_floor", "modules": None}
    found = _saved([_row(90, "ours", "ours"), _row(20, **floor)], [_row(30, run="2", **floor)])
    _expect((found["ours", "ours"]["to_floor"], found["ours", "ours"]["floor_value"]), (4.5, 20))


@case
def a_run_that_was_cut_short_replaces_nothing_longer():
    two, one = _row(100), _row(50, run="2")
    two["rounds"] *= 2
    _expect(_saved([two], [one])["in-tree", "in-tree"]["value"], 100)


@case
def what_is_compared_stays_together():
    # One turn of one pair has failed in the second run, which has its own ratio all the same.
    def run(name, value, count):
        base, ours = _row(value, run=name), _row(value / 2, "ours", "ours", run=name)
        base["rounds"] *= 3
        ours["rounds"] *= count
        return [base, ours]

    second = run("2", 200, 2)
    found = _saved(run("1", 100, 3), second)
    _expect({row["run"] for row in found.values()}, {"1"})
    _expect(second[1]["to_in_tree"], 0.5)
    found = _saved(run("1", 100, 2), run("2", 200, 3))
    _expect({row["run"] for row in found.values()}, {"2"})


@case
def where_instructions_are_is_kept():
    places = {"domains": [[0.6, 0.01, "guest"], [0.4, 0.01, "dom0"]], "parts": [],
              "functions": []}
    found = _saved([_row(1000, executed=places)], [_row(500, run="2")])["in-tree", "in-tree"]
    # It is of what was measured with it.
    _expect((found["value"], found["guests_cpu_ns_per_packet"]), (500, 600))
    _expect((found["executed"]["run"], found["executed"]["value"]), ("1", 1000))


@case
def what_another_harness_has_found_is_no_result():
    _expect(set(_saved([_row(100, harness=1)], [_row(90, "ours", "ours")])), {("ours", "ours")})


class _Faulty(bench.Bench):
    """Measures nothing, and fails where it is told to: (times it begins, cells) that fail."""

    def __init__(self, begins=(), cells=(), draws=True, turns=1):
        workloads = bench.chosen(["tcp_up"])
        super().__init__("icount", turns, workloads, bench._plan({"icount": turns}, workloads),
                         False, {}, self._written)
        self._begins, self._faults, self._draws = list(begins), list(cells), draws
        self.measured = []

    def _written(self, how):
        if how is benchreport.draw and not self._draws:
            raise LabError("no gnuplot")

    def _cells(self, pair, setup, left, turn):
        if self._begins and self._begins.pop(0):
            raise LabError("it does not begin")
        while left:
            self._at = ", at this one"
            if self._faults and self._faults.pop(0):
                raise LabError("it fails")
            self.measured.append((pair, left[0][0]))
            del left[0]
            self._at = ""
        self._lab = self

    # What is left of a machine.
    machine = property(lambda self: self)
    splats = property(lambda self: self)
    seen = []

    def check(self):
        pass

    def stop(self):
        pass


@case
def what_fails_once_is_tried_again():
    _quiet = bench.scenario.explain, bench.say
    bench.scenario.explain = bench.say = lambda *_: None
    try:
        every = len(bench.PAIRS) * len(bench.PLACEMENTS)
        for faults, measured, failed in (
                ({}, every, 0), ({"begins": [1]}, every, 0), ({"cells": [1]}, every, 0),
                ({"cells": [1, 1]}, every - 1, 1), ({"begins": [1, 1]}, every - 2, 1),
                # They have nothing to do with each other.
                ({"begins": [0, 1], "cells": [1]}, every, 0), ({"draws": False}, every, 0),
                ({"turns": 2}, 2 * every, 0),
                # What has failed twice is not for the other turns either.
                ({"cells": [1, 1], "turns": 3}, 3 * (every - 1), 1),
                ({"begins": [1, 1], "turns": 3}, 3 * every - 2, 1)):
            one = _Faulty(**faults)
            one.run()
            _expect((faults, len(one.measured), len(one.failed)), (faults, measured, failed))
    finally:
        bench.scenario.explain, bench.say = _quiet


@case
def workloads_come_with_their_floors():
    _expect([w.name for w in bench.chosen(["udp60_up_4q"])], ["udp60_floor", "udp60_up_4q"])
    try:
        bench.chosen(["udp60_upp"])
    except LabError:
        return
    raise AssertionError("udp60_upp was taken")


def main():
    print(f"1..{len(_CASES)}")
    failed = 0
    for number, one in enumerate(_CASES, 1):
        verdict = "ok"
        try:
            one()
        except Exception:  # pylint: disable=broad-exception-caught
            verdict = "not ok"
            failed += 1
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
        print(f"{verdict} {number} - bench: {one.__name__.replace('_', ' ')}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
