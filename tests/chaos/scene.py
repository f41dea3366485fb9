# SPDX-License-Identifier: MIT
"""All parts of one run: the XMPP server, two workers behind links that can be cut, two nginx, the pages.

nginx "solo" has the first worker only (upstream.conf): while that is away, browsers are told to come back. nginx "pair" has
both (upstream-several.conf): a browser lands on either of them.
"""
import random
from pathlib import Path

from harness.ejabberd import Ejabberd
from harness.link import Link
from harness.nginx import Nginx, substitute
from harness.process import wait_until
from harness.prosody import Prosody
from harness.publisher import Publisher
from harness.several import SeveralNginx
from harness.worker import HOST, Worker

from feed import Feed
from page import Page

MAX_ITEMS = 20000


def make_server(name: str, folder: Path):
    """With room for every item of a run."""
    folder.mkdir()
    kind, old, new, more = {
        "prosody": (Prosody, 'Component "pubsub.localhost" "pubsub"\n',
                    f'Component "pubsub.localhost" "pubsub"\n  pubsub_max_items = {MAX_ITEMS}\n', {}),
        "ejabberd": (Ejabberd, "max_items_node: 1000", f"max_items_node: {MAX_ITEMS}", {"notify_retract": 1}),
    }[name]
    server = kind(folder)
    server.config.write_text(substitute(server.config.read_text(), old, new))
    server.more_node_options = more
    return server.start()


class Scene:
    def __init__(self, folder: Path, server_name: str, seed: str, readers: int, pause: float):
        self.folder, self.seed = folder, seed
        self.server = make_server(server_name, folder / "server")
        self.links, self.workers = [], []
        # The second worker forgets soon, so that the store has to answer more often.
        for number, history in ((0, 256), (1, 16)):
            link = Link(self.server.component_port)
            place = folder / f"worker{number + 1}"
            place.mkdir()
            self.links.append(link)
            self.workers.append(Worker(place, self.server, self.server.components[number], xmpp={"server": link.address},
                                       services=[{"jid": self.server.pubsub, "hosts": [HOST]}],
                                       stream={"retry": "300ms", "heartbeat": "2s", "history": history}))
        for name in ("solo", "pair"):
            (folder / name).mkdir()
        self.solo = Nginx(folder / "solo", self.workers[0].fastcgi, self.workers[0].scgi)
        self.pair = SeveralNginx(folder / "pair", self.workers)
        self.webs = [self.solo, self.pair]
        self.feed = Feed(self.server, pause, f"{seed} feed")
        self.pages, self._random = [], random.Random(f"{seed} pages")
        self._readers = readers

    def start(self) -> "Scene":
        self.feed.create()
        if self.server.name == "ejabberd":
            # Killed within seconds, it forgets the nodes themselves: Mnesia's log is written a little later.
            self.server.restart()
        for worker in self.workers:
            worker.start()
        for web in self.webs:
            web.start()
        asker = Publisher(self.server, "friend")
        for worker in self.workers:
            worker.wait_connected(asker, 20)
        asker.close()
        for number in range(self._readers):
            self.join(number, "")
        wait_until(lambda: all(page.streaming for page in self.pages), f"every page to stream; {self.why_not()}", 20)
        self.feed.start()
        return self

    def join(self, number: int, query: str) -> Page:
        """One more page; with a query it is a latecomer that begins with what is stored."""
        every = [node.name for node in self.feed.nodes]
        kinds = [[name] for name in every] + [every]
        nodes = kinds[number % len(kinds)]
        web = self.webs[number // len(kinds) % 2]
        framing = ("fastcgi", "scgi")[number // (2 * len(kinds)) % 2]
        place = "solo" if web is self.solo else "pair"
        page = Page(f"{'+'.join(nodes)}/{place}/{framing}/{number}", nodes, web, framing, HOST, query)
        self.pages.append(page)
        page.start()
        return page

    def why_not(self) -> str:
        return ", ".join(f"{page.name}: {page.dead or page.told[-1:]}" for page in self.pages if not page.streaming)

    def close(self) -> None:
        for page in self.pages:
            page.close()
        for web in self.webs:
            web.stop()
        for worker in self.workers:
            worker.stop_if_running()
        for link in self.links:
            link.end()
        self.server.stop()
