# SPDX-License-Identifier: GPL-2.0
"""QEMU's monitor, for one at a time."""

import socket

from errors import LabError


class Monitor:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(path))
        self._answer()

    def _answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            part = self._socket.recv(65536)
            if not part:
                raise LabError("QEMU's monitor has gone")
            text += part
        return text

    def tell(self, command):
        self._socket.sendall(command.encode() + b"\n")
        answer = self._answer()
        if any(word in answer for word in (b"unknown command", b"Error", b"invalid")):
            raise LabError(f"QEMU's monitor: {answer.decode(errors='replace')}")

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
