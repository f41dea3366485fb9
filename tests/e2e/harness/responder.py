# SPDX-License-Identifier: MIT
"""A stand-in for the worker that answers every request with the same bytes and remembers what it was asked.

For what web servers hand on, which the worker's own answers do not show.
"""
import os
import socket
import struct
import threading

from .fastcgi_client import BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, read_record, record

STREAM = b"Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n\r\nretry: 3000\n\ndata: hello\n\n"


def pairs_of(octets: bytes) -> dict:
    """The name-value pairs of FCGI_PARAMS."""
    found, at = {}, 0

    def length():
        nonlocal at
        if octets[at] < 128:
            at += 1
            return octets[at - 1]
        at += 4
        return struct.unpack("!I", octets[at - 4:at])[0] & 0x7FFFFFFF
    while at < len(octets):
        name, value = length(), length()
        found[octets[at:at + name].decode()] = octets[at + name:at + name + value].decode()
        at += name + value
    return found


class Responder:
    """Both framings, on two Unix sockets in `folder`. `asked` has (framing, params) of every request."""

    def __init__(self, folder, answer: bytes = STREAM):
        self.answer, self.asked = answer, []
        self.fastcgi, self.scgi = f"{folder}/fastcgi.sock", f"{folder}/scgi.sock"
        self._listeners = []
        for path, serve in ((self.fastcgi, self._fastcgi), (self.scgi, self._scgi)):
            listener = socket.create_server(path, family=socket.AF_UNIX, backlog=128)
            self._listeners.append((listener, path))
            threading.Thread(target=self._accept, args=(listener, serve), daemon=True).start()

    def _accept(self, listener, serve):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer, serve), daemon=True).start()

    def _serve(self, peer, serve):
        with peer:
            try:
                serve(peer)
            except (OSError, EOFError):
                pass

    def _fastcgi(self, peer):
        params = b""
        while one := read_record(peer):
            kind, _, content = one
            params += content if kind == PARAMS else b""
            assert kind in (BEGIN_REQUEST, PARAMS, STDIN)
            if kind == STDIN and not content:
                break
        self.asked.append(("fastcgi", pairs_of(params)))
        peer.sendall(record(STDOUT, self.answer) + record(STDOUT) + record(END_REQUEST, bytes(8)))

    def _scgi(self, peer):
        octets = b""
        while b":" not in octets:
            octets += peer.recv(1)
        size = int(octets[:-1])
        pairs = b""
        while len(pairs) < size + 1:
            pairs += peer.recv(size + 1 - len(pairs))
        fields = pairs[:-2].decode().split("\0")
        self.asked.append(("scgi", dict(zip(fields[::2], fields[1::2]))))
        peer.sendall(self.answer)

    def close(self):
        for listener, path in self._listeners:
            listener.close()
            os.unlink(path)
