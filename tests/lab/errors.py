# SPDX-License-Identifier: GPL-2.0
"""The one way for anything in the lab to say that the run has failed."""


class LabError(Exception):
    """A failed run; log names the file whose tail explains it, if any."""

    def __init__(self, message, log=None):
        super().__init__(message)
        self.log = log
