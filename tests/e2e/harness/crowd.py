# SPDX-License-Identifier: MIT
"""Thousands of streams in one thread, by epoll. Nothing is parsed: a test looks for what it knows in each one's bytes."""
import select
import socket
import ssl
import time

from .fastcgi_client import connect


class _Stream:
    def __init__(self, peer):
        self.peer, self.octets, self.ended = peer, b"", False

    def read(self) -> None:
        """All there is to read now. TLS may hold bytes that epoll does not know of, hence the loop."""
        while True:
            try:
                block = self.peer.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            except OSError:
                block = b""
            if not block:
                self.ended = True
                return
            self.octets += block


class Crowd:
    def __init__(self):
        self.streams, self._by_descriptor, self._epoll = [], {}, select.epoll()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    def add(self, address, request: bytes, tls: bool = False) -> None:
        """Connects, sends `request`, and reads on with the others."""
        peer = connect(address, timeout=30)
        if tls:
            peer = self._tls.wrap_socket(peer, server_hostname="localhost")
        peer.sendall(request)
        peer.setblocking(False)
        stream = _Stream(peer)
        self.streams.append(stream)
        self._by_descriptor[peer.fileno()] = stream
        self._epoll.register(peer.fileno(), select.EPOLLIN)

    def read_until(self, enough, what: str, timeout: float) -> None:
        """Reads until `enough(stream)` is true of every stream."""
        deadline = time.monotonic() + timeout
        waiting = {stream for stream in self.streams if not enough(stream)}
        while waiting:
            left = deadline - time.monotonic()
            assert left > 0, f"{len(waiting)} of {len(self.streams)} streams waited in vain for {what}"
            for descriptor, _ in self._epoll.poll(left, 500):
                stream = self._by_descriptor[descriptor]
                stream.read()
                if stream.ended:
                    self._epoll.unregister(descriptor)
                    assert stream not in waiting or enough(stream), f"a stream ended before {what}: {stream.octets[-300:]!r}"
                if stream in waiting and enough(stream):
                    waiting.discard(stream)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._epoll.close()
        for stream in self.streams:
            try:
                stream.peer.close()
            except (OSError, socket.error):
                pass
