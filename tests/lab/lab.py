# SPDX-License-Identifier: GPL-2.0
"""The lab's command line, inside the namespaces that tests/lab/lab made."""

import signal
import sys

import bench
import machine
import report
import scenario
import shell
from errors import LabError

USAGE = """\
usage: tests/lab/lab list                  the scenarios there are
       tests/lab/lab run [-k] SCENARIO...  run them; results in out/, logs in out/logs/;
                                           -k: go on with the next step after a failed one
       tests/lab/lab bench [MODE]... [executed] [turns=N] [WORKLOAD]...
                                           throughput, ours against in-tree; MODE is
                                           icount or wall, or both; executed: of some
                                           workloads, too, where instructions go;
                                           turns: how often pairs take turns
       tests/lab/lab shell                 boot once, then a root shell in dom0
while a shell runs, from another terminal:
       tests/lab/lab ssh [COMMAND]         one more shell (or a command) in dom0
       tests/lab/lab push                  put the newly built modules into dom0"""


class Usage(Exception):
    pass


def _list():
    for name in scenario.names():
        print(f"{name:<20} {scenario.Scenario(name).title}")
    return 0


def _run(wanted):
    keep_going = wanted[:1] == ["-k"]
    wanted = wanted[keep_going:]
    if not wanted:
        raise Usage("run needs the name of a scenario")
    scenarios = [scenario.Scenario(name) for name in wanted]
    machine.make_wire()
    passed = True
    for one in scenarios:
        passed = report.report(one, scenario.run(one, keep_going)) and passed
    return 0 if passed else 1


def _turns(word):
    number = word.removeprefix("turns=")
    if not number.isdecimal() or not 1 <= int(number) <= 99:
        raise Usage(f"turns are a number from 1 to 99, not \"{number}\"")
    return int(number)


def _bench(words):
    turns = None
    for word in [word for word in words if word.startswith("turns=")]:
        turns = _turns(word)
        words.remove(word)
    modes = [mode for mode in bench.MODES if mode in words]
    names = [word for word in words if word not in modes and word != "executed"]
    if not modes:
        # What takes time for itself is for who wants everything.
        modes = ["icount"] if names else bench.MODES
    if "executed" in words and "icount" not in modes:
        raise Usage("where instructions are executed is seen where they are counted: MODE=icount")
    machine.make_wire()
    return 0 if bench.run(modes, names, not names or "executed" in words, turns) else 1


def main(args):
    match args:
        case ["list"]:
            return _list()
        case ["run", *wanted]:
            return _run(wanted)
        case ["bench", *words]:
            return _bench(words)
        case ["shell"]:
            return shell.start()
        case ["ssh", *command]:
            return shell.ssh(command)
        case ["push"]:
            return shell.push()
        case ["help" | "-h" | "--help"]:
            print(USAGE)
            return 0
        case []:
            raise Usage("say what to do: list, run, bench, shell, ssh, push or help")
        case _:
            raise Usage(f"what is {' '.join(args)}? Try: tests/lab/lab help")


if __name__ == "__main__":
    # The shell around us ignores Ctrl-C for its background jobs; we do not.
    signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(main(sys.argv[1:]))
    except (Usage, LabError) as problem:
        print(f"lab: {problem}", file=sys.stderr)
        sys.exit(1)
