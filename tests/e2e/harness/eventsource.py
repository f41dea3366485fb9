# SPDX-License-Identifier: MIT
"""An independent EventSource, true to WHATWG HTML §9.2: the parser, and a reader that reconnects as a browser does."""
import codecs
import http.client
import queue
import re
import ssl
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .process import wait_until


@dataclass(frozen=True)
class Event:
    type: str
    data: str
    last_event_id: str = ""


@dataclass
class Parser:
    """Bytes in, events out (§9.2.6). Keeps comments and the reconnection time, which a browser keeps to itself."""
    last_event_id: str = ""
    retry_ms: int = None
    comments: list = field(default_factory=list)

    def __post_init__(self):
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text, self._at_start, self._after_cr = "", True, False
        self._data, self._type, self._id = [], "", self.last_event_id

    def feed(self, octets: bytes) -> list:
        text = self._decoder.decode(octets)
        if self._at_start and text:
            text, self._at_start = text.removeprefix("\ufeff"), False
        events = []
        for character in text:
            if self._after_cr and character == "\n":
                self._after_cr = False
                continue
            self._after_cr = character == "\r"
            if character not in "\r\n":
                self._text += character
                continue
            line, self._text = self._text, ""
            event = self._line(line)
            if event:
                events.append(event)
        return events

    def _line(self, line: str):
        if not line:
            return self._dispatch()
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if colon and not name:
            self.comments.append(line[1:])
        elif name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)
        return None

    def _dispatch(self):
        self.last_event_id = self._id
        data, kind = self._data, self._type
        self._data, self._type = [], ""
        return Event(kind or "message", "\n".join(data), self.last_event_id) if data else None


def ends_with_retry(body: bytes) -> bool:
    """Whether a stream's last words are when to come back; the `retry:` that every stream begins with is none of them."""
    return re.fullmatch(rb"retry: \d+\n\n(.*\n\n)?retry: \d+\n\n", body, re.DOTALL) is not None


class Reader:
    """What every reader of a stream offers to a test; `_connect` and `_blocks` say how the bytes are got."""

    def __init__(self, last_event_id: str = "", reconnect: bool = False):
        self.status, self.reason, self.headers = None, None, {}
        self.raw, self.bodies = b"", []  # all bytes; and those of each connection, of which a refusal may be the last
        self.opened, self.ended = 0, threading.Event()
        self.parser = Parser(last_event_id)
        self._reconnect, self._closed = reconnect, False
        self._events, self._head = queue.Queue(), threading.Event()
        self.positions = []  # events that say where the stream stands
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            try:
                self._connect()
                self.opened += 1
                self.bodies.append(b"")
                self._head.set()
                good = self.status == 200 and self.headers.get("content-type", "").startswith("text/event-stream")
                for block in self._blocks():
                    self.raw += block
                    self.bodies[-1] += block
                    if good:
                        for event in self.parser.feed(block):
                            (self.positions.append if event.type == "position" else self._events.put)(event)
                if not good:
                    break
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as problem:
                self.problem = problem
            if not self._reconnect:
                break
            # What is unfinished is thrown away with the connection; the cursor and the reconnection time stay.
            kept = self.parser
            self.parser = Parser(kept.last_event_id, kept.retry_ms, kept.comments)
            time.sleep((kept.retry_ms if kept.retry_ms is not None else 3000) / 1000)
        self.ended.set()
        self._head.set()

    def wait_head(self, timeout: float = 10) -> "Reader":
        """Waits for status and headers."""
        assert self._head.wait(timeout), "no head of an answer came"
        if self.status is None:
            raise ConnectionError(f"no answer: {getattr(self, 'problem', None)!r}")
        return self

    def wait_open(self, timeout: float = 10) -> "Reader":
        """Waits until it is a living event stream."""
        self.wait_head(timeout)
        assert self.status == 200, f"{self.status} {self.text()}"
        assert self.headers["content-type"].startswith("text/event-stream")
        return self

    def head_is_here(self) -> bool:
        return self._head.is_set()

    def wait_live(self, timeout: float = 20) -> "Reader":
        """Until the stream has its place: the subscription is made, and what is published from now on is news."""
        wait_until(lambda: self.positions, "the stream's place", timeout)
        return self

    def wait_away(self, timeout: float = 10) -> "Reader":
        """Until never-dies.conf has answered it in the place of a worker that is not there."""
        wait_until(lambda: any("is away" in comment for comment in list(self.parser.comments)), "nginx's own answer", timeout)
        return self

    def wait_heartbeats(self, count: int, timeout: float = 20) -> "Reader":
        """For so many more heartbeats: that much of the worker's own time has passed, and it went on."""
        seen = len(self.parser.comments)
        wait_until(lambda: len(self.parser.comments) >= seen + count, f"{count} heartbeats", timeout)
        return self

    def next(self, timeout: float = 10) -> Event:
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no event within {timeout:g} s; so far: {self.raw[-500:]!r}") from None

    def take(self, count: int, timeout: float = 10) -> list:
        return [self.next(timeout) for _ in range(count)]

    def nothing_within(self, seconds: float) -> bool:
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return True
        raise AssertionError(f"unexpected {event}")

    def wait_end(self, timeout: float = 10) -> "Reader":
        assert self.ended.wait(timeout), f"the stream did not end within {timeout:g} s"
        return self

    def text(self) -> str:
        """The body so far; of a refusal, once it ended."""
        if self.status != 200:
            self.ended.wait(3)
        return self.raw.decode("utf-8", "replace")

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_) -> None:
        self.close()


class EventSource(Reader):
    """Over HTTP/1.1 or HTTPS. `host` is sent as Host and SNI while the connection goes to the URL's address."""

    def __init__(self, url: str, host: str = None, method: str = "GET", headers=None, **options):
        self._url, self._host, self._method = urlsplit(url), host, method
        # urlsplit would tidy the path up; what is asked for goes out as it is written.
        self._target = "/" + url.split("://", 1)[1].partition("/")[2]
        self._extra, self._connection = dict(headers or {}), None
        super().__init__(**options)

    def _connect(self) -> None:
        address = (self._url.hostname, self._url.port)
        connection = http.client.HTTPConnection(*address, timeout=60)
        connection.connect()
        if self._url.scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection.sock = context.wrap_socket(connection.sock, server_hostname=self._host or self._url.hostname)
        self._connection = connection
        connection.putrequest(self._method, self._target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", self._host or self._url.netloc)
        if "Accept" not in self._extra:
            connection.putheader("Accept", "text/event-stream")
        connection.putheader("Cache-Control", "no-cache")
        if self.parser.last_event_id:
            connection.putheader("Last-Event-ID", self.parser.last_event_id)
        for name, value in self._extra.items():
            connection.putheader(name, value)
        connection.endheaders()
        self._answer = connection.getresponse()
        self.status, self.reason = self._answer.status, self._answer.reason
        self.headers = {name.lower(): value for name, value in self._answer.getheaders()}
        self.header_lines = [f"{name}: {value}" for name, value in self._answer.getheaders()]

    def _blocks(self):
        while block := self._answer.read1(65536):
            yield block

    def close(self) -> None:
        self._closed, self._reconnect = True, False
        try:
            sock = self._connection and self._connection.sock or self._answer.fp.raw._sock
            sock.shutdown(2)
        except (OSError, AttributeError):
            pass
