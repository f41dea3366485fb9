# SPDX-License-Identifier: MIT
import pytest

from harness.fixtures import *  # noqa: F401,F403
from harness.nginx import Nginx
from harness.talker import BROWSER, Browser
from harness.worker import HOST

PAGES = "".join(f"    location = /{page} {{ root {BROWSER}; }}\n" for page in ("page.html", "several.html", "login.html"))


@pytest.fixture
def serve(folder):
    """serve(worker): an nginx in front of it that serves this folder's pages, too. More arguments: Nginx's."""
    made = []

    def make(worker, extra: str = "", **options) -> Nginx:
        made.append(Nginx(folder, worker.fastcgi, worker.scgi, extra=PAGES + extra, **options))
        made[-1].worker = worker
        return made[-1].start()
    yield make
    for one in made:
        one.stop()


@pytest.fixture
def front(serve, own_worker, user):
    """A worker of the scenario's own (`front.worker`) behind an nginx with the pages."""
    return serve(own_worker(stream={"heartbeat": "2s", "retry": "500ms"}).start().wait_connected(user("friend")))


@pytest.fixture
def browse(folder):
    """browse(front, node="n"): Chromium with page.html?node=n open at the first of the `hosts`, which are all that nginx's.

    `path`: another page; more arguments: Browser's.
    """
    opened = []

    def make(web: Nginx, path: str = "page.html", hosts=(HOST,), framing: str = "fastcgi", **query) -> Browser:
        rules = ", ".join(f"MAP {host}:443 127.0.0.1:{web.ports[framing]}" for host in hosts)
        opened.append(Browser(folder, f"https://{hosts[0]}", path, rules, **query))
        return opened[-1]
    yield make
    for one in opened:
        one.process.end()
