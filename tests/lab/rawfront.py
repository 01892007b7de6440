# SPDX-License-Identifier: GPL-2.0
"""The raw frontend of tests/rawfront, run in dom0 against dom0's own netback."""

import shlex

import images
import leaks
from errors import LabError
from steps import step

_LOG = "/run/lab/rawfront.log"


def _verdicts(text):
    """Its TAP lines, and the number of cases that it had planned."""
    lines = text.splitlines()
    planned = next((int(line[3:]) for line in lines if line.startswith("1..")), None)
    return [line for line in lines if line.startswith(("ok ", "not ok ", "Bail out!"))], planned


@step
def rawfront(lab, cases=(), cycles=50, seconds=600):
    """Every case passes or says why it was skipped; nothing stays behind in dom0."""
    if not images.DOM0_PROGRAMS[0].exists():
        raise LabError("rawfront is not built; make rawfront-program")
    before = leaks.snapshot(lab.dom0)
    log = lab.logs / "rawfront.log"
    lab.dom0.follow(_LOG, log)
    patterns = " ".join(shlex.quote(case) for case in cases)
    try:
        status, _ = lab.dom0.run(f"rawfront --cycles={cycles} {patterns} >{_LOG} 2>&1",
                                 timeout=seconds, check=False)
    except LabError as problem:
        problem.log = problem.log or log
        raise
    verdicts, planned = _verdicts(lab.dom0.out(f"cat {_LOG}"))
    # The form that tests/run.sh counts.
    print(*verdicts, sep="\n", flush=True)

    failed = [line for line in verdicts if not line.startswith("ok ")]
    if failed or status:
        raise LabError(f"rawfront: {len(failed)} of {planned} failed (status {status}): "
                       f"{failed[0] if failed else 'it broke off'}", log)
    if len(verdicts) != planned:
        raise LabError(f"rawfront: {len(verdicts)} verdicts for {planned} cases", log)
    leaks.check(lab.dom0, before, "rawfront")
    skipped = sum("# SKIP" in line for line in verdicts)
    return {"passed": planned - skipped, "skipped": skipped, "left": 0}
