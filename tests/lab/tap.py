# SPDX-License-Identifier: GPL-2.0
"""Programs for dom0 that print TAP: tests/rawfront and tests/rawback."""

import shlex

import images
import leaks
from errors import LabError


def _verdicts(text):
    """Its TAP lines, and the number of cases that it had planned."""
    lines = text.splitlines()
    planned = next((int(line[3:]) for line in lines if line.startswith("1..")), None)
    return [line for line in lines if line.startswith(("ok ", "not ok ", "Bail out!"))], planned


def run(lab, program, *args, seconds):
    """Every case passes or says why it was skipped; nothing stays behind in dom0."""
    if not any(path.name == program and path.exists() for path in images.DOM0_PROGRAMS):
        raise LabError(f"{program} is not built; make {program}-program")
    before = leaks.snapshot(lab.dom0)
    output, log = f"/run/lab/{program}.log", lab.logs / f"{program}.log"
    lab.dom0.follow(output, log)
    command = " ".join(shlex.quote(str(arg)) for arg in (program, *args))
    try:
        status, _ = lab.dom0.run(f"{command} >{output} 2>&1", timeout=seconds, check=False)
    except LabError as problem:
        problem.log = problem.log or log
        raise
    verdicts, planned = _verdicts(lab.dom0.out(f"cat {output}"))
    # The form that tests/run.sh counts.
    print(*verdicts, sep="\n", flush=True)

    failed = [line for line in verdicts if not line.startswith("ok ")]
    if failed or status:
        raise LabError(f"{program}: {len(failed)} of {planned} failed (status {status}): "
                       f"{failed[0] if failed else 'it broke off'}", log)
    if len(verdicts) != planned:
        raise LabError(f"{program}: {len(verdicts)} verdicts for {planned} cases", log)
    leaks.check(lab.dom0, before, program)
    skipped = sum("# SKIP" in line for line in verdicts)
    return {"passed": planned - skipped, "skipped": skipped, "left": 0}
