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
from harness.worker import HOST, HOST2, Worker

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
    server = kind(folder, rooms=True)
    text = server.config.read_text()
    for service in ("pubsub", "pubsub2") if name == "prosody" else ("pubsub",):
        text = substitute(text, old.replace("pubsub.localhost", f"{service}.localhost"),
                          new.replace("pubsub.localhost", f"{service}.localhost"))
    server.config.write_text(text)
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
                                       services=[{"jid": self.server.pubsub, "hosts": [HOST]},
                                                 {"jid": self.server.pubsub2, "hosts": [HOST2], "access": "user", "ask_every": "5s"}],
                                       room_services=[{"jid": self.server.room_service, "rooms": ["lobby"]}],
                                       stream={"retry": "300ms", "heartbeat": "2s", "history": history, "discover": "1s"}))
        for name in ("solo", "pair"):
            (folder / name).mkdir()
        # nginx believes this test's own header about who asks.
        who = {"access.conf": [('set $eventsource_user "";', "set $eventsource_user $http_x_user;")]}
        self.solo = Nginx(folder / "solo", self.workers[0].fastcgi, self.workers[0].scgi, edits=dict(who))
        self.pair = SeveralNginx(folder / "pair", self.workers, edits=dict(who))
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
        every = [node.name for node in self.feed.nodes if not node.is_room and not node.service]
        # (nodes, host, what is special about it)
        kinds = [([name], HOST, {}) for name in every] + [
            (every, HOST, {}), (["guarded"], HOST2, {"user": "alice"}), (["lobby"], HOST, {"path": "room/lobby"}),
            # It follows a node once the service has listed it, which may be after the first item.
            (every, HOST, {"path": "*", "from_start": False})]
        nodes, host, more = kinds[number % len(kinds)]
        web = self.webs[number // len(kinds) % 2]
        framing = ("fastcgi", "scgi")[number // (2 * len(kinds)) % 2]
        place = "solo" if web is self.solo else "pair"
        name = more.get("path") or "+".join(nodes)
        page = Page(f"{name}/{place}/{framing}/{number}", nodes, web, framing, host, query, **more)
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
