#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A XenStore for tests, where there is no Xen: as much of xenstored as vifctl asks for.

usage: store.py SOCKET KEYS CHANGES [REQUEST end|mute|PATH]

KEYS has a line "PATH VALUE" for each key; a value of !ERRNO is what xenstored says to
those who may not look (!EACCES). What is written or removed gets a line in CHANGES.
Instead of an answer to that request it ends or falls silent; or before it, what is below
PATH has gone.
Programs find it by XENSTORED_PATH=SOCKET.
"""

import os
import socket
import struct
import sys
import threading

DIRECTORY, READ, WATCH, UNWATCH, BEGIN, END, DOMAIN_PATH, WRITE, RM, WATCH_EVENT, ERROR = \
    1, 2, 4, 5, 6, 7, 10, 11, 13, 15, 16
_HEAD = struct.Struct("=IIII")


class Refused(Exception):
    pass


class Store:
    def __init__(self, keys, changes, fault):
        with open(keys, encoding="utf-8", errors="surrogateescape") as f:
            lines = [line.rstrip("\n").partition(" ") for line in f if line.startswith("/")]
        self._keys = {path: value for path, _, value in lines}
        self._changes = changes
        self._lock = threading.Lock()
        self._requests, self._fault = 0, fault
        self._home = next(path.rpartition("/")[0] for path in self._keys
                          if path.endswith("/domid"))

    def _absolute(self, path):
        return path if path.startswith("/") else f"{self._home}/{path}"

    def _refuse(self, path):
        if self._keys.get(path, "").startswith("!"):
            raise Refused(self._keys[path][1:])

    def _note(self, what):
        with open(self._changes, "a", encoding="utf-8", errors="surrogateescape") as f:
            f.write(what + "\n")

    def directory(self, path):
        path = self._absolute(path)
        self._refuse(path)
        below = [key[len(path) + 1:] for key in self._keys if key.startswith(path + "/")]
        if not below and path not in self._keys:
            raise Refused("ENOENT")
        return "".join(f"{name}\0" for name in dict.fromkeys(key.split("/")[0] for key in below))

    def read(self, path):
        path = self._absolute(path)
        self._refuse(path)
        if path in self._keys:
            return self._keys[path]
        self.directory(path)
        return ""

    def write(self, path, value):
        path = self._absolute(path)
        self._refuse(path)
        self._keys[path] = value
        self._note(f"write {path} {value}")

    def _take_away(self, path):
        self._keys = {key: value for key, value in self._keys.items()
                      if key != path and not key.startswith(path + "/")}

    def remove(self, path):
        path = self._absolute(path)
        self._refuse(path)
        self._take_away(path)
        self._note(f"rm {path}")

    def _count(self):
        self._requests += 1
        if not self._fault or self._requests != int(self._fault[0]):
            return
        if self._fault[1] == "end":
            self._note("end")
            os._exit(0)
        if self._fault[1] == "mute":
            threading.Event().wait()
        self._take_away(self._fault[1])

    def answer(self, kind, words):
        with self._lock:
            self._count()
            if kind == DIRECTORY:
                return self.directory(words[0])
            if kind == READ:
                return self.read(words[0])
            if kind == DOMAIN_PATH:
                return f"/local/domain/{words[0]}\0"
            # Nothing is taken back: who is tested reads before it writes.
            if kind == BEGIN:
                return "1\0"
            if kind == WRITE:
                self.write(*words)
            elif kind == RM:
                self.remove(words[0])
            elif kind not in (WATCH, UNWATCH, END):
                raise Refused("ENOSYS")
        return "OK\0"


def _serve(connection, store):
    def send(kind, number, text):
        data = text.encode(errors="surrogateescape")
        connection.sendall(_HEAD.pack(kind, number, 0, len(data)) + data)

    with connection, connection.makefile("rb") as requests:
        while head := requests.read(_HEAD.size):
            kind, number, _, size = _HEAD.unpack(head)
            text = requests.read(size).decode(errors="surrogateescape")
            words = text.split("\0", 1) if kind == WRITE else text.split("\0")
            try:
                send(kind, number, store.answer(kind, words))
                if kind == WATCH:
                    send(WATCH_EVENT, 0, f"{words[0]}\0{words[1]}\0")
            except Refused as error:
                send(ERROR, number, f"{error}\0")


def main(path, keys, changes, *fault):
    store = Store(keys, changes, fault)
    listener = socket.socket(socket.AF_UNIX)
    # Whoever sees the socket can connect to it.
    listener.bind(path + ".new")
    listener.listen()
    os.rename(path + ".new", path)
    while True:
        threading.Thread(target=_serve, args=(listener.accept()[0], store), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
