# SPDX-License-Identifier: MIT
"""What a scenario may ask for by name. Whatever is slow to start lives as long as the run and is shared.

A scenario that takes `xmpp` runs once on Prosody and once on ejabberd; one that takes `framing` once over FastCGI and
once over SCGI. The names without underscore are fixtures; conftest.py takes all of them.
"""
import itertools
import os
import re
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from .ejabberd import Ejabberd
from .eventsource import EventSource
from .fastcgi_client import FastCgi
from .nginx import Nginx
from .process import wait_until
from .prosody import Prosody
from .publisher import Publisher
from .scgi_client import Scgi
from .scripted_xmpp import ScriptedXmpp
from .several import SeveralNginx
from .worker import HOST, Worker

__all__ = ["run_folder", "folder", "servers", "xmpp", "prosody", "ejabberd", "publisher", "user", "node", "new_node", "framing",
           "worker", "own_worker", "pair", "web", "open_stream", "open_direct", "own_server", "scripted",
           "pytest_runtest_makereport"]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def run_folder():
    """Short, because the path of a Unix socket may have 107 bytes; open to Apache's own user, which the tests may need."""
    path = Path(tempfile.mkdtemp(prefix="xes-"))
    path.chmod(0o755)
    yield path
    if "XES_KEEP" in os.environ:
        print(f"\nlogs and configurations are in {path}")
    else:
        shutil.rmtree(path, ignore_errors=True)


def _subfolder(run_folder: Path, name: str) -> Path:
    path = run_folder / f"{name}{next(_numbers)}"
    path.mkdir()
    return path


@pytest.fixture
def folder(run_folder):
    """A folder of this scenario's own."""
    return _subfolder(run_folder, "t")


class _Servers:
    """Starts each server when it is first asked for."""
    kinds = {"prosody": Prosody, "ejabberd": Ejabberd}

    def __init__(self, run_folder: Path):
        self.run_folder, self.closing = run_folder, ExitStack()
        self._servers, self._publishers, self._workers, self._webs = {}, {}, {}, {}

    def server(self, name: str):
        if name not in self._servers:
            server = self.kinds[name](_subfolder(self.run_folder, name))
            self.closing.callback(server.stop)
            self._servers[name] = server.start()
        return self._servers[name]

    def user(self, server, name: str) -> Publisher:
        key = (server.name, name)
        if key not in self._publishers:
            self._publishers[key] = Publisher(server, name)
            self.closing.callback(self._publishers[key].close)
        return self._publishers[key]

    def worker(self, server) -> Worker:
        if server.name not in self._workers:
            worker = Worker(_subfolder(self.run_folder, "w"), server, stream={"heartbeat": "2s"})
            self.closing.callback(worker.stop_if_running)
            worker.start().wait_connected(self.user(server, "friend"))
            self._workers[server.name] = worker
        return self._workers[server.name]

    def web(self, server) -> Nginx:
        if server.name not in self._webs:
            worker = self.worker(server)
            web = Nginx(_subfolder(self.run_folder, "n"), fastcgi=worker.fastcgi, scgi=worker.scgi)
            self.closing.callback(web.stop)
            self._webs[server.name] = web.start()
        return self._webs[server.name]


@pytest.fixture(scope="session")
def servers(run_folder):
    servers = _Servers(run_folder)
    with servers.closing:
        yield servers


@pytest.fixture(scope="session", params=["prosody", "ejabberd"])
def xmpp(request, servers):
    return servers.server(request.param)


@pytest.fixture(scope="session")
def prosody(servers):
    """For what does not differ between the servers: it is the faster one to start."""
    return servers.server("prosody")


@pytest.fixture(scope="session")
def ejabberd(servers):
    return servers.server("ejabberd")


def _server_of(request, servers):
    """The server that the scenario runs on: `xmpp`, `ejabberd`, else Prosody."""
    for name in ("own_server", "xmpp", "ejabberd"):
        if name in request.fixturenames:
            return request.getfixturevalue(name)
    return servers.server("prosody")


@pytest.fixture
def own_server(request, run_folder):
    """A Prosody (or what the scenario is parametrised with) of this scenario's own, not started: it may be stopped at will."""
    kind = getattr(request, "param", Prosody)
    server = kind(_subfolder(run_folder, kind.name))
    yield server
    server.stop()


@pytest.fixture
def scripted():
    """A server that says what the scenario wants it to."""
    server = ScriptedXmpp()
    yield server
    server.stop()


@pytest.fixture
def user(request, servers):
    """user("friend"): a session of that user."""
    server = _server_of(request, servers)
    made = []

    def make(name: str) -> Publisher:
        if server is request.node.funcargs.get("own_server"):
            made.append(Publisher(server, name))
            return made[-1]
        return servers.user(server, name)
    yield make
    for one in made:
        one.close()


@pytest.fixture
def publisher(user):
    return user("publisher")


@pytest.fixture
def new_node(publisher):
    """new_node("name", access_model="…"): makes a node; without a name it gets one of its own."""
    def make(name: str = None, **options) -> str:
        return publisher.create(name or f"node{next(_numbers)}", **options)
    return make


@pytest.fixture
def node(new_node):
    return new_node()


@pytest.fixture(params=["fastcgi", "scgi"])
def framing(request):
    return request.param


@pytest.fixture
def worker(request, servers):
    """The shared worker. It must not be stopped."""
    return servers.worker(_server_of(request, servers))


@pytest.fixture
def own_worker(request, servers, run_folder):
    """own_worker(stream={"linger": "1s"}, …): a worker of this scenario's own, not started."""
    server, made = _server_of(request, servers), []

    def make(component: str = None, **options) -> Worker:
        component = component or server.components[1 + next(_numbers) % (len(server.components) - 1)]
        made.append(Worker(_subfolder(run_folder, "w"), server, component, **options))
        return made[-1]
    request.node.own_workers = made
    yield make
    for one in made:
        one.stop_if_running()


@pytest.fixture
def pair(xmpp, own_worker, user, run_folder):
    """(workers, nginx): two, each with its own component, behind nginx/upstream-several.conf. They may be stopped at will."""
    workers = [own_worker(component, stream={"retry": "200ms"}) for component in xmpp.components[7:9]]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.wait_connected(user("friend"))
    web = SeveralNginx(_subfolder(run_folder, "n"), workers).start()
    yield workers, web
    web.stop()


@pytest.fixture
def web(request, servers, worker):
    """nginx with the shipped snippets in front of the shared worker."""
    return servers.web(_server_of(request, servers))


def target_of(node: str) -> str:
    """The request target of a node, its name percent-encoded as encodeURIComponent would."""
    return "/eventsource/" + quote(node, safe="-_.!~*'()")


@pytest.fixture
def open_stream(request):
    """open_stream(node): the stream of that node over HTTPS through nginx, open. More arguments: EventSource's.

    `target` stands for a request target as it is; `wait=False` does not wait for an open stream.
    """
    opened = []

    def make(node: str = None, framing: str = "fastcgi", wait: bool = True, host: str = HOST, web=None, target: str = None,
             **options) -> EventSource:
        web = web or request.getfixturevalue("web")
        opened.append(EventSource(web.url(framing) + (target or target_of(node)), host=host, **options))
        return opened[-1].wait_open() if wait else opened[-1]
    yield make
    for one in opened:
        one.close()


@pytest.fixture
def open_direct():
    """open_direct(worker, node): the stream of that node straight from a worker's socket. More arguments: CgiReader's."""
    opened = []

    def make(worker: Worker, node: str = None, framing: str = "fastcgi", wait: bool = True, host: str = HOST, address=None,
             target: str = None, **options):
        kind, usual = (FastCgi, worker.fastcgi) if framing == "fastcgi" else (Scgi, worker.scgi)
        opened.append(kind(address or usual, target or target_of(node), host, **options))
        return opened[-1].wait_open() if wait else opened[-1]
    yield make
    for one in opened:
        one.close()


def wait_subscribed(publisher: Publisher, node: str, worker: Worker, timeout: float = 10) -> None:
    wait_until(lambda: worker.component in publisher.subscribers(node), f"{worker.component} subscribed to {node}", timeout, 0.05)


def wait_unsubscribed(publisher: Publisher, node: str, worker: Worker, timeout: float = 10) -> None:
    wait_until(lambda: worker.component not in publisher.subscribers(node), f"{worker.component} unsubscribed", timeout, 0.05)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the workers and web servers had to say."""
    report = (yield).get_result()
    if not report.failed:
        return
    workers = list(getattr(item, "own_workers", []))
    if "servers" in item.funcargs:
        workers += item.funcargs["servers"]._workers.values()
    for one in workers:
        report.sections.append((f"log of {one.component}", re.sub(r"(?m)^.*\n(?=(?:.*\n){60})", "", one.log()[-8000:])))
    if "web" in item.funcargs:
        report.sections.append(("nginx", item.funcargs["web"].log_text()[-3000:]))
