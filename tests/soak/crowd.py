# SPDX-License-Identifier: MIT
"""Many clients in one thread (epoll), over plain HTTP/1.1 to nginx. Each has a kind, a lifetime, and what it does then."""
import errno
import heapq
import itertools
import random
import re
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

HEAD_END = b"\r\n\r\n"
_ID = re.compile(rb"(?:^|\n)id: ([A-Za-z0-9._-]+)")


@dataclass(frozen=True)
class Kind:
    """`targets`: of which one is chosen; `statuses`: that may be answered. `share`: of all clients."""
    name: str
    share: int
    targets: tuple
    host: str
    statuses: tuple = (200,)
    accept: str = "text/event-stream"
    method: str = "GET"
    user: str = ""
    lasts: float = 30.0     # mean seconds; 0: until the answer is whole
    stalls: bool = False    # reads nothing after the head


class Client:
    def __init__(self, kind: Kind, target: str, last_id: bytes, peer):
        self.kind, self.target, self.last_id, self.peer = kind, target, last_id, peer
        self.head, self.tail, self.sent, self.over = b"", b"", False, False


class Crowd:
    """Keeps `size` clients, opened at most `rate` a second; who goes is followed by one of the same kind."""

    def __init__(self, ports: list, kinds: list, size: int, rate: float, seed: str):
        self.ports, self.kinds, self.size, self.rate = ports, kinds, size, rate
        self.chance = random.Random(seed)
        self.count, self.wrong = Counter(), Counter()
        self.bytes = 0
        self._epoll, self._clients, self._numbers = select.epoll(), {}, itertools.count()
        self._ends = []  # heap of (when, number, client)
        self._owed, self._last = 0.0, time.monotonic()
        self._resume = []  # (kind, target, last ID) of those that will come back
        self.closing = False

    def __len__(self) -> int:
        return len(self._clients)

    def turn(self, seconds: float) -> None:
        """Opens, reads and closes what is due, for about that long."""
        until = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            self._owed = min(self._owed + (now - self._last) * self.rate, self.rate)
            self._last = now
            while not self.closing and self._owed >= 1 and len(self._clients) < self.size:
                self._owed -= 1
                self._open()
            while self._ends and self._ends[0][0] <= now:
                client = heapq.heappop(self._ends)[2]
                if not client.over:
                    self._leave(client)
            for descriptor, what in self._epoll.poll(0.02, 1000):
                client = self._clients.get(descriptor)
                if client:
                    self._serve(client, what)
            if time.monotonic() >= until:
                return

    def _open(self) -> None:
        if self._resume and self.chance.random() < 0.5:
            kind, target, last_id = self._resume.pop(self.chance.randrange(len(self._resume)))
        else:
            kind = self.chance.choices(self.kinds, [kind.share for kind in self.kinds])[0]
            target, last_id = self.chance.choice(kind.targets), b""
        peer = socket.socket()
        if kind.stalls:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.setblocking(False)
        problem = peer.connect_ex(("127.0.0.1", self.chance.choice(self.ports)))
        if problem not in (0, errno.EINPROGRESS):
            peer.close()
            self.wrong[errno.errorcode[problem]] += 1
            return
        client = Client(kind, target, last_id, peer)
        self._clients[peer.fileno()] = client
        self._epoll.register(peer.fileno(), select.EPOLLIN | select.EPOLLOUT)
        self.count["opened"] += 1
        self.count[kind.name] += 1
        lasts = self.chance.expovariate(1 / kind.lasts) if kind.lasts else 30
        heapq.heappush(self._ends, (time.monotonic() + lasts, next(self._numbers), client))

    def _request(self, client: Client) -> bytes:
        kind = client.kind
        lines = [f"{kind.method} {client.target} HTTP/1.1", f"Host: {kind.host}", f"Accept: {kind.accept}"]
        if kind.user:
            lines.append(f"X-User: {kind.user}")
        if client.last_id:
            lines.append(f"Last-Event-ID: {client.last_id.decode()}")
        return ("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode()

    def _serve(self, client: Client, what: int) -> None:
        try:
            if not client.sent:
                client.peer.send(self._request(client))
                client.sent = True
                self._epoll.modify(client.peer.fileno(), select.EPOLLIN)
                return
            block = client.peer.recv(65536)
        except BlockingIOError:
            return
        except OSError as problem:
            self.wrong[type(problem).__name__] += 1
            return self._close(client)
        self.bytes += len(block)
        if not block:
            return self._ended(client)
        if HEAD_END not in client.head:
            client.head += block
            if HEAD_END not in client.head:
                return
            block = client.head.partition(HEAD_END)[2]
            status = int(client.head[9:12])
            self.count[f"status {status}"] += 1
            if status not in client.kind.statuses:
                self.wrong[f"{client.kind.name}: {status}"] += 1
            if client.kind.stalls:
                self._epoll.unregister(client.peer.fileno())
        # The newest ID of the blocks that are whole.
        text = client.tail + block
        client.tail = text[-200:]
        for found in _ID.finditer(text):
            client.last_id = found[1]

    def _ended(self, client: Client) -> None:
        self.count["ended by the server"] += 1
        if not client.head:
            self.wrong["ended without an answer"] += 1
        self._close(client)

    def _leave(self, client: Client) -> None:
        """As a page that is closed: without a word. Some come back where they were."""
        if client.last_id and client.kind.lasts and len(self._resume) < 1000 and self.chance.random() < 0.5:
            self._resume.append((client.kind, client.target, client.last_id))
        self._close(client)

    def _close(self, client: Client) -> None:
        client.over = True
        self._clients.pop(client.peer.fileno(), None)
        client.peer.close()  # epoll forgets it, too

    def close_all(self) -> None:
        self.closing = True
        for client in list(self._clients.values()):
            self._close(client)


def kinds_of(live: list, several: list, rooms: list, host: str, host2: str) -> list:
    """Every way to ask. `live` nodes are published to all the time; "churn-N" are made and deleted."""
    path = "/eventsource/"
    both = "?" + "&".join(f"node={quote(name)}" for name in several)
    one = [path + name for name in live]
    return [
        Kind("payload", 20, tuple(one), host),
        Kind("item", 6, tuple(target + "?format=item" for target in one), host),
        Kind("json", 6, tuple(target + "?format=json" for target in one), host),
        Kind("atom", 6, tuple(target + "?format=atom" for target in one), host),
        Kind("several", 10, (path + both,), host),
        Kind("pattern", 10, (path + "?node=churn-*", path + "?node=live-*"), host),
        Kind("newest", 8, tuple(target + "?last=20" for target in one), host),
        Kind("room", 6, tuple(path + "room/" + name for name in rooms), host),
        Kind("user", 8, (path + "guarded", path + "?node=guard*"), host2, user="alice"),
        Kind("nobody", 2, (path + "guarded",), host2, statuses=(401, 403), lasts=0),
        Kind("churn", 6, tuple(f"{path}churn-{number}" for number in range(20)), host, statuses=(200, 404)),
        # Without a session nobody knows yet what is missing: that is a 200, which ends later.
        Kind("missing", 2, (path + "nobody-made-this",), host, statuses=(200, 404), lasts=0),
        Kind("stalled", 4, (path + both + "&last=100", one[0] + "?last=50"), host, lasts=15, stalls=True),
        Kind("short", 6, tuple(one), host, lasts=0.3),
        Kind("padding", 2, (one[0] + "?padding=true",), host, lasts=5),
        Kind("head", 2, (one[0],), host, method="HEAD", lasts=0),
        Kind("json feed", 4, tuple(one), host, accept="application/feed+json", lasts=0, statuses=(200, 503)),
        Kind("atom feed", 4, tuple(one), host, accept="application/atom+xml", lasts=0, statuses=(200, 503)),
        Kind("bad", 2, (path, path + "a?format=none", path + "%00"), host, statuses=(400,), lasts=0),
    ]
