# SPDX-License-Identifier: MIT
"""The program under test: its configuration, its start and its end."""
import json
import os
import subprocess
import time
from pathlib import Path

from .fastcgi_client import connect, environment, request
from .process import Process, wait_until

ROOT = Path(__file__).resolve().parents[3]
HOST, HOST2 = "push.example.org", "push2.example.org"


def binary() -> Path:
    """What ctest's registration names, or the release preset's."""
    return Path(os.environ.get("XES_WORKER", ROOT / "build" / "release" / "xmpp-eventsource")).absolute()


def toml(value) -> str:
    """A TOML value; JSON's notation of strings, numbers, booleans and arrays of them is TOML's too."""
    return json.dumps(value, ensure_ascii=False)


def table(name: str, rows: dict) -> str:
    return f"{name}\n" + "".join(f"{key} = {toml(value)}\n" for key, value in rows.items() if value is not None) + "\n"


# All clients of a test have one address, and some open everything at once.
NO_LIMITS = {"streams_per_address": 0, "subscribes_per_second": 0, "subscribes_per_address": 0, "bad_tokens_per_address": 0}


class Worker:
    """`address` of a listener is a Unix socket's path or ("host", port), as harness.fastcgi_client.connect takes it."""

    def __init__(self, folder: Path, server, component: str = None, *, fastcgi=None, scgi=None, threads: int = 2,
                 services=None, stream=None, listen=None, xmpp=None, log=None, limits=None, token=None,
                 room_services=()):
        self.folder = Path(folder)
        self.component = component or server.components[0]
        self.fastcgi, self.scgi = str(self.folder / "fastcgi.sock"), str(self.folder / "scgi.sock")
        self.fastcgi_listeners = fastcgi if fastcgi is not None else [f"unix:{self.fastcgi}"]
        self.scgi_listeners = scgi if scgi is not None else [f"unix:{self.scgi}"]
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text(server.secret + "\n")
        self.secret_file.chmod(0o600)
        if services is None:
            services = [{"jid": server.pubsub, "hosts": [HOST]}, {"jid": server.pubsub2, "hosts": [HOST2]}]
        self.config = self.folder / "xmpp-eventsource.toml"
        self.config.write_text(
            table("[xmpp]", {"server": f"127.0.0.1:{server.component_port}", "jid": self.component,
                             "secret_file": str(self.secret_file), **(xmpp or {})})
            + table("[listen]", {"fastcgi": self.fastcgi_listeners, "scgi": self.scgi_listeners, "threads": threads,
                                 **(listen or {})})
            + "".join(table("[[service]]", service) for service in services)
            + "".join(table("[[room_service]]", service) for service in room_services)
            + table("[stream]", stream or {}) + (table("[token]", token) if token else "")
            + table("[limits]", {**NO_LIMITS, **(limits or {})}) + table("[log]", {"level": "debug", **(log or {})}))
        self.process = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def addresses(self) -> list:
        found = []
        for listener in (*self.fastcgi_listeners, *self.scgi_listeners):
            if listener.startswith("unix:"):
                found.append(listener.removeprefix("unix:"))
            else:
                host, _, port = listener.rpartition(":")
                found.append((host.strip("[]"), int(port)))
        return found

    def start(self) -> "Worker":
        self.process = Process([binary(), "--config", self.config], self.folder / "worker.log", cwd=self.folder)
        for address in self.addresses():
            self.process.wait_listening(address, timeout=10)
        return self

    def wait_connected(self, asker, timeout: float = 15) -> "Worker":
        """Until the component answers a ping that `asker`, a Publisher, sends it."""
        from .publisher import Refused

        def answers():
            try:
                return asker.iq("get", "<ping xmlns='urn:xmpp:ping'/>", self.component, timeout=3) is not None
            except (Refused, TimeoutError):
                return False
        wait_until(answers, f"{self.component} on the XMPP server; its log:\n{self.log()[-2000:]}", timeout, every=0.1)
        return self

    def end(self, timeout: float = 5) -> int:
        code = self.process.end(timeout)
        self.process = None
        return code

    def stop_if_running(self) -> None:
        if self.process:
            self.process.kill()
            self.process = None

    def restart(self) -> "Worker":
        self.end()
        return self.start()

    def log(self) -> str:
        output = self.folder / "worker.log"
        return output.read_text(errors="replace") if output.exists() else ""


def run(*arguments, timeout: float = 10) -> subprocess.CompletedProcess:
    """The program with `arguments`, to its end."""
    return subprocess.run([str(binary()), *map(str, arguments)], capture_output=True, text=True, timeout=timeout)


def metric(worker: Worker, name: str) -> int:
    """One of /metrics, its name without `xmpp_eventsource_`; the request itself is one of the `connections`."""
    with connect(worker.fastcgi) as peer:
        peer.sendall(request({**environment("/", HOST), "EVENTSOURCE_METRICS": "on"}))
        octets = b""
        while block := peer.recv(65536):
            octets += block
    return int(octets.split(f"\nxmpp_eventsource_{name} ".encode())[1].split()[0])


def sockets_of(pid: int) -> dict:
    """{descriptor: "socket:[inode]"} of a process."""
    folder, found = f"/proc/{pid}/fd", {}
    for name in os.listdir(folder):
        try:
            points_to = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
        if points_to.startswith("socket:"):
            found[int(name)] = points_to
    return found


def settled_sockets(pid: int) -> dict:
    """The same once connections that ended a moment ago are gone, such as those that found out whether it listens."""
    before = sockets_of(pid)
    since = time.monotonic()
    while time.monotonic() - since < 0.4:
        time.sleep(0.05)
        now = sockets_of(pid)
        if now != before:
            before, since = now, time.monotonic()
    return before
