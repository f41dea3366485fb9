# SPDX-License-Identifier: MIT
"""The web server's side of FastCGI 1.0, good manners and bad: records by hand, and a stream reader without a web server."""
import socket
import struct
import time
from pathlib import Path

from .eventsource import Reader

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN = range(1, 12)
RESPONDER, KEEP_CONNECTION = 1, 1


def connect(address, timeout: float = 20) -> socket.socket:
    """To ("host", port) or to a Unix socket's path."""
    if isinstance(address, (str, Path)):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(timeout)
        peer.connect(str(address))
        return peer
    return socket.create_connection(address, timeout)


def record(kind: int, content: bytes = b"", request_id: int = 1, padding: int = 0) -> bytes:
    return struct.pack("!BBHHBx", 1, kind, request_id, len(content), padding) + content + bytes(padding)


def begin(role: int = RESPONDER, flags: int = 0, request_id: int = 1) -> bytes:
    return record(BEGIN_REQUEST, struct.pack("!HB5x", role, flags), request_id)


def length(value: int) -> bytes:
    return struct.pack("!B", value) if value < 128 else struct.pack("!I", value | 0x80000000)


def pair(name: str, value: str) -> bytes:
    name, value = name.encode(), value.encode()
    return length(len(name)) + length(len(value)) + name + value


def environment(target: str, host: str, method: str = "GET", **more) -> dict:
    """The params that nginx's fastcgi_params and a browser's request would give."""
    query = target.partition("?")[2]
    return {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": method, "REQUEST_URI": target,
            "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host, "HTTP_ACCEPT": "text/event-stream", **more}


def request(params: dict, request_id: int = 1) -> bytes:
    pairs = b"".join(pair(name, value) for name, value in params.items())
    records = [begin(request_id=request_id)]
    for start in range(0, len(pairs), 65000):
        records.append(record(PARAMS, pairs[start:start + 65000], request_id))
    return b"".join((*records, record(PARAMS, b"", request_id), record(STDIN, b"", request_id)))


def read_exactly(peer: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        more = peer.recv(count - len(octets))
        if not more:
            raise EOFError(f"closed with {len(octets)} of {count} bytes")
        octets += more
    return octets


def read_record(peer: socket.socket) -> tuple:
    """(kind, request ID, content); None at a clean end."""
    first = peer.recv(1)
    if not first:
        return None
    _, kind, request_id, size, padding = struct.unpack("!BBHHBx", first + read_exactly(peer, 7))
    content = read_exactly(peer, size)
    read_exactly(peer, padding)
    return kind, request_id, content


def seconds_until_closed(peer: socket.socket, patience: float) -> float:
    """How long the other side kept the connection open; fails when that is longer than `patience`."""
    started = time.monotonic()
    peer.settimeout(patience)
    try:
        while peer.recv(65536):
            peer.settimeout(max(0.01, patience - (time.monotonic() - started)))
    except ConnectionError:
        pass
    except TimeoutError:
        raise AssertionError(f"still open after {patience:g} s") from None
    return time.monotonic() - started


class CgiReader(Reader):
    """A stream read where the web server would read it: a CGI head, then the body."""

    def __init__(self, address, target: str, host: str, method: str = "GET", last_event_id: str = "", reconnect: bool = False,
                 **params):
        if last_event_id:
            params["HTTP_LAST_EVENT_ID"] = last_event_id
        self._address, self._params, self._peer = address, environment(target, host, method, **params), None
        super().__init__(last_event_id, reconnect)

    def _connect(self) -> None:
        if self.parser.last_event_id:
            self._params["HTTP_LAST_EVENT_ID"] = self.parser.last_event_id
        self._peer = connect(self._address)
        self._peer.sendall(self._request())
        self._body, text = self._bytes(), b""
        while b"\r\n\r\n" not in text:
            block = next(self._body, None)
            if block is None:
                raise ConnectionError(f"closed after {text!r}")
            text += block
        self.head, _, self._rest = text.partition(b"\r\n\r\n")
        self.header_lines = self.head.decode("latin-1").split("\r\n")
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in self.header_lines)}
        self.status, _, self.reason = self.headers.get("status", "200 OK").partition(" ")
        self.status = int(self.status)

    def _blocks(self):
        if self._rest:
            yield self._rest
        yield from self._body

    def close(self) -> None:
        self._closed, self._reconnect = True, False
        try:
            self._peer.shutdown(socket.SHUT_RDWR)
            self._peer.close()
        except (OSError, AttributeError):
            pass


class FastCgi(CgiReader):
    """`records` has (kind, length) of every record that came; `app_status` and `protocol_status` the END_REQUEST's."""

    def __init__(self, *arguments, **params):
        self.records, self.app_status, self.protocol_status = [], None, None
        super().__init__(*arguments, **params)

    def _request(self) -> bytes:
        return request(self._params)

    def _bytes(self):
        while one := read_record(self._peer):
            kind, _, content = one
            self.records.append((kind, len(content)))
            if kind == END_REQUEST:
                self.app_status, self.protocol_status = struct.unpack("!IB3x", content)
                return
            if kind == STDOUT and content:
                yield content
