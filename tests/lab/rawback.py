# SPDX-License-Identifier: GPL-2.0
"""The raw backend of tests/rawback, run in dom0 against the first guest's netfront."""

import tap
from errors import LabError
from steps import step


@step
def rawback(lab, cases=(), each=5, seed=1, seconds=600):
    """A backend that does what no driver does; the guest outlives it, and all works again.

    It has a vif of its own. The one that the guest came with has to work as before.
    """
    guest = lab.guests[0]
    found = tap.run(lab, "rawback", f"--guest={guest.number}", f"--seconds={each}",
                    f"--seed={seed}", *cases, seconds=seconds)
    sent, received, _ = lab.peer.ping(guest.ip, 10)
    if received != sent:
        raise LabError(f"rawback: afterwards {received} of {sent} pings to {guest.name} came back",
                       guest.log)
    return found
