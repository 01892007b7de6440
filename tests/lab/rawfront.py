# SPDX-License-Identifier: GPL-2.0
"""The raw frontend of tests/rawfront, run in dom0 against dom0's own netback."""

import tap
from steps import step


@step
def rawfront(lab, cases=(), cycles=50, seconds=600):
    """A frontend that does what no driver does."""
    return tap.run(lab, "rawfront", f"--cycles={cycles}", *cases, seconds=seconds)
