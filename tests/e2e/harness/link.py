# SPDX-License-Identifier: MIT
"""A TCP link between a worker and its XMPP server that can be cut, stalled and closed while both of them live on."""
import select
import socket
import struct
import threading

from .process import free_port


def _close(peer: socket.socket, hard: bool) -> None:
    try:
        if hard:
            # No lingering: the other side gets a reset, and what was on its way is gone.
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    except OSError:
        pass


class Link:
    """Listens at `port` and hands on to 127.0.0.1:`target`. Its state is for connections old and new:

    open      bytes pass both ways
    stalled   connections live (and new ones are accepted), but no byte passes
    closed    all connections were reset, and new ones are reset at once

    `accepted` counts connections so far.
    """

    def __init__(self, target: int):
        self.target, self.port, self.accepted = target, free_port(), 0
        self._passing, self._refusing, self._ended = threading.Event(), False, False
        self._passing.set()
        self._pairs, self._lock = set(), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True, name="link").start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def open(self) -> None:
        self._refusing = False
        self._passing.set()

    def stall(self) -> None:
        self._passing.clear()

    def cut(self) -> None:
        """Resets what is connected; whoever connects anew gets through."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for peer in pair:
                try:
                    peer.shutdown(socket.SHUT_RD)
                except OSError:
                    pass
                _close(peer, hard=True)

    def close(self) -> None:
        self._refusing = True
        self.cut()

    def end(self) -> None:
        self._ended = True
        self._listener.close()
        self._passing.set()
        self.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self._refusing:
                _close(client, hard=True)
                continue
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            return _close(client, hard=True)
        pair = (client, server)
        with self._lock:
            self._pairs.add(pair)
        if self._refusing:
            return self.close()
        try:
            self._pass_on(client, server)
        except (OSError, ValueError):
            pass
        for peer in pair:
            _close(peer, hard=False)
        with self._lock:
            self._pairs.discard(pair)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Until either side ends or is cut. While stalled, only ends are noticed."""
        other = {client: server, server: client}
        while True:
            if not self._passing.is_set():
                # An end of the client must show even now: a server lets one component in only once.
                poller = select.poll()
                poller.register(client, select.POLLRDHUP)
                poller.register(server, select.POLLRDHUP)
                while not self._passing.is_set():
                    if poller.poll(50):
                        return
            ready, _, _ = select.select([client, server], [], [], 0.05)
            for peer in ready:
                block = peer.recv(65536)
                if not block:
                    return
                if not self._passing.wait(0):
                    # Taken while the stall began: it is late, not lost, unless the link is cut.
                    self._passing.wait(120)
                other[peer].sendall(block)
