# SPDX-License-Identifier: GPL-2.0
"""What a frontend may publish in XenStore that is no good.

The guest's netfront is unbound, and dom0 plays the frontend in its place: it may
write the frontend's keys too. Each mistake must end in state Closing with an error
node that says what is wrong, and the vif must be of use again afterwards.
"""

import shlex

from errors import LabError
from guest import ETH0_UP
from steps import step

_INITIALISING, _INIT_WAIT, _CONNECTED, _CLOSING, _CLOSED = "1", "2", "4", "5", "6"

# Enough to get as far as mapping the rings, whose references belong to nobody.
_GOOD = {"request-rx-copy": "1", "feature-rx-notify": "1", "tx-ring-ref": "100001",
         "rx-ring-ref": "100002", "event-channel": "77"}

# What differs from the above (None: the key is missing), and what the error says.
_MISTAKES = [
    ({"request-rx-copy": None}, "request-rx-copy cannot be read"),
    ({"request-rx-copy": "0"}, 'request-rx-copy is "0", must be a number from 1 to 1'),
    ({"multi-queue-num-queues": "0"}, 'multi-queue-num-queues is "0"'),
    ({"multi-queue-num-queues": "4294967296"}, 'multi-queue-num-queues is "4294967296"'),
    ({"multi-queue-num-queues": "2x"}, 'multi-queue-num-queues is "2x"'),
    ({"multi-queue-num-queues": "2"}, "queue-0/tx-ring-ref cannot be read"),
    ({"tx-ring-ref": None}, "tx-ring-ref cannot be read"),
    ({"tx-ring-ref": "-1"}, 'tx-ring-ref is "-1"'),
    ({"rx-ring-ref": "99999999999"}, 'rx-ring-ref is "99999999999"'),
    ({"rx-ring-ref": "100001"}, "tx-ring-ref and rx-ring-ref are the same"),
    ({"event-channel": None}, "event-channel cannot be read"),
    ({"event-channel": "0"}, 'event-channel is "0"'),
    ({"ctrl-ring-ref": "0", "event-channel-ctrl": "1"}, 'ctrl-ring-ref is "0"'),
    ({"ctrl-ring-ref": "100003"}, "event-channel-ctrl cannot be read"),
    ({}, "tx-ring-ref 100001 cannot be mapped"),
]


class _Frontend:
    """dom0 in the place of a guest's netfront."""

    def __init__(self, lab, guest):
        domid = guest.domid()
        self.dom0 = lab.dom0
        self.dir = f"/local/domain/{domid}/device/vif/0"
        self.backend = f"/local/domain/0/backend/vif/{domid}/0"
        self.error = f"/local/domain/0/error/backend/vif/{domid}/0/error"

    def write(self, **keys):
        args = " ".join(f"{self.dir}/{k} {shlex.quote(v)}" for k, v in keys.items())
        self.dom0.run(f"xenstore-write -- {args}")

    def state(self, state, backend):
        """Go to a state, and wait until the backend is in the one expected."""
        self.write(state=state)
        status, _ = self.dom0.run(
            f"for i in $(seq 100); do [ $(xenstore-read {self.backend}/state) = {backend} ] "
            "&& exit 0; sleep 0.1; done; exit 1", check=False)
        if status:
            now = self.dom0.out(f"xenstore-read {self.backend}/state")
            raise LabError(f"frontend in state {state}: backend in {now}, expected {backend}")

    def publish(self, keys):
        # No key of an earlier mistake may be left.
        gone = " ".join(f"{self.dir}/{k}" for k in [*_GOOD, "multi-queue-num-queues",
                                                    "event-channel-tx", "event-channel-rx",
                                                    "ctrl-ring-ref", "event-channel-ctrl",
                                                    "queue-0", "queue-1"])
        self.dom0.run(f"for key in {gone}; do xenstore-rm $key; done 2>/dev/null; :")
        self.write(**{k: v for k, v in keys.items() if v is not None})

    def expect_error(self, text):
        found = self.dom0.run(f"xenstore-read {self.error}", check=False)[1].strip()
        if text not in found:
            raise LabError(f"the error node says '{found}' where '{text}' was expected")


@step
def nonsense(lab):
    """Each mistake has its error, and the vif serves again."""
    guest = lab.guests[0]
    frontend = _Frontend(lab, guest)
    guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/unbind")
    for changes, text in _MISTAKES:
        frontend.state(_INITIALISING, _INIT_WAIT)
        frontend.publish(_GOOD | changes)
        frontend.state(_CONNECTED, _CLOSING)
        frontend.expect_error(text)
        frontend.state(_CLOSED, _CLOSED)

    frontend.state(_INITIALISING, _INIT_WAIT)
    frontend.state("9", _CLOSING)
    frontend.expect_error("unexpected state 9")
    frontend.state(_CLOSED, _CLOSED)

    guest.run("echo vif-0 >/sys/bus/xen/drivers/vif/bind")
    guest.run(ETH0_UP)
    sent, received, _ = lab.peer.ping(guest.ip, 5)
    if not received:
        raise LabError(f"no ping of {sent} came back after the frontend had reconnected")
    return {"mistakes": len(_MISTAKES) + 1}
