# SPDX-License-Identifier: GPL-2.0
"""What `ethtool -S` shows, without starting a program for it; imported by counted.

A program is started, and its libraries are linked, with millions of instructions, which a
machine that is loaded and counts takes seconds for.
"""

import array
import fcntl
import socket
import struct

# Of linux/sockios.h and linux/ethtool.h.
_SIOCETHTOOL = 0x8946
_GSTRINGS, _GSTATS, _GSSET_INFO = 0x1b, 0x1d, 0x37
_SS_STATS = 1
_NAME_BYTES = 32


class Statistics:
    """An interface's, whose names are asked for once.

    names: in the order of the driver
    """

    def __init__(self, interface):
        self._interface = interface.encode()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        info = self._ask(struct.pack("=IIQI", _GSSET_INFO, 0, 1 << _SS_STATS, 0))
        count, = struct.unpack_from("=I", info, 16)
        names = self._ask(struct.pack("=III", _GSTRINGS, _SS_STATS, count) +
                          bytes(_NAME_BYTES * count))[12:]
        self.names = [names[at:at + _NAME_BYTES].partition(b"\0")[0].decode()
                       for at in range(0, len(names), _NAME_BYTES)]

    def _ask(self, question):
        answer = array.array("B", question)
        # An ifreq: the name, and where the question is.
        fcntl.ioctl(self._socket, _SIOCETHTOOL,
                    struct.pack("16sP16x", self._interface, answer.buffer_info()[0]))
        return answer.tobytes()

    def read(self):
        """{name: value}"""
        count = len(self.names)
        answer = self._ask(struct.pack("=II", _GSTATS, count) + bytes(8 * count))
        return dict(zip(self.names, struct.unpack_from(f"={count}Q", answer, 8)))
