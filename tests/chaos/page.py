# SPDX-License-Identifier: MIT
"""A page with one EventSource that goes on as a browser does (WHATWG HTML §9.2.3), and writes down all it was told.

A failed connection and an end of the stream are followed by another try after `retry:`, with the last event ID. A status
other than 200 or a wrong content type ends it for good: `dead` says why.
"""
import http.client
import json
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from harness.eventsource import Parser

_PAYLOAD = re.compile(r"""item=["']([^"']+)["'][^>]*>(\d+)<""")
_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_CONTEXT.check_hostname, _CONTEXT.verify_mode = False, ssl.CERT_NONE


@dataclass(frozen=True)
class Told:
    """`what` is "item" (then `item` and `number` count), another event's type, or "connect", "open", "end"."""
    at: float
    what: str
    item: str = ""
    number: int = 0
    text: str = ""
    node: str = ""  # that it is about; empty: of the stream


class Page(threading.Thread):
    """`nodes`: one, or several, which are then one stream. `query`: what it begins with, such as "last=1000". `path`: where
    they are if not under their names, or the pattern that means several. `user`: who nginx says it is. `from_start`: it is
    there before anything is published, unless it begins with what is stored."""

    def __init__(self, name: str, nodes: list, web, framing: str, host: str, query: str = "", path: str = "", user: str = "",
                 from_start: bool = True):
        super().__init__(daemon=True, name=name)
        self.nodes, self.query, self.told = nodes, query, []
        self.from_start, self._user = from_start and not query, user
        self._target = f"/eventsource/{path or nodes[0]}?{query}"
        if len(nodes) > 1:
            self._target = "/eventsource/?" + "&".join((["node=" + path] if path else [f"node={node}" for node in nodes]) + [query])
        self.dead, self.streaming, self.deliveries = None, False, 0
        self._web, self._framing, self._host = web, framing, host
        self._connection, self._closed, self._idle_until = None, False, 0.0
        self.parser = Parser()

    def _note(self, what: str, **more) -> None:
        self.told.append(Told(time.monotonic(), what, **more))

    def run(self) -> None:
        while not self._closed and not self.dead:
            try:
                self._note("connect", text=self.parser.last_event_id)
                self._stream()
                self._note("end")
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as problem:
                self._note("end", text=repr(problem)[:120])
            self.streaming = False
            self._disconnect()
            # What is unfinished is thrown away with the connection; the cursor and the reconnection time stay.
            kept = self.parser
            self.parser = Parser(kept.last_event_id, kept.retry_ms)
            time.sleep((kept.retry_ms if kept.retry_ms is not None else 3000) / 1000)

    def _stream(self) -> None:
        port = self._web.ports[self._framing]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        connection.sock = _CONTEXT.wrap_socket(connection.sock, server_hostname=self._host)
        self._connection = connection.sock
        connection.putrequest("GET", self._target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", self._host)
        connection.putheader("Accept", "text/event-stream")
        if self._user:
            connection.putheader("X-User", self._user)
        if self.parser.last_event_id:
            connection.putheader("Last-Event-ID", self.parser.last_event_id)
        connection.endheaders()
        answer = connection.getresponse()
        kind = answer.getheader("content-type", "")
        if answer.status != 200 or not kind.startswith("text/event-stream"):
            self.dead = f"{answer.status} {kind}: {answer.read(200)!r} after Last-Event-ID {self.parser.last_event_id!r}"
            return
        self._note("open")
        while block := answer.read1(65536):
            for event in self.parser.feed(block):
                self._take(event)
            # Streaming is more than a 200: the worker has said where the stream stands.
            self.streaming = self.streaming or bool(self.parser.last_event_id)
            while time.monotonic() < self._idle_until and not self._closed:
                time.sleep(0.05)

    def _take(self, event) -> None:
        if event.type != "message":
            return self._note(event.type, text=f"{event.data} {event.last_event_id}", node=json.loads(event.data).get("node", ""))
        payload, node = event.data, self.nodes[0]
        if len(self.nodes) > 1:
            item = json.loads(event.data)
            payload, node = item["payload"], item["node"]
        found = _PAYLOAD.search(payload)
        if not found:
            return self._note("garbled", text=event.data)
        self.deliveries += 1
        self._note("item", item=found[1], number=int(found[2]), text=f"{event.last_event_id} {payload}", node=node)

    def told_of(self, node: str) -> list:
        """What it was told of one of its nodes, and of the stream."""
        return [one for one in list(self.told) if one.node in (node, "")]

    def _disconnect(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        try:
            self._connection.close()
        except (OSError, AttributeError):
            pass

    def cut(self) -> None:
        """The network goes: the stream ends in the middle of whatever it was saying."""
        try:
            # Below TLS, so that no word of farewell is sent; the reading thread sees an end and comes back.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
        except (OSError, AttributeError, TypeError):
            pass

    def stop_reading(self, seconds: float) -> None:
        """As a suspended process: connected, and takes nothing."""
        self._idle_until = time.monotonic() + seconds

    def close(self) -> None:
        self._closed = True
        self.cut()

    def resets(self) -> int:
        return sum(1 for one in list(self.told) if one.what == "reset")
