# SPDX-License-Identifier: MIT
"""Publishes numbered items to several nodes, whatever happens to the server, and knows what became of each number.

What counts in the end is the service's own store: a publish whose reply was lost in a restart may be stored or not, and a
server that was killed may have forgotten what it had acknowledged (ejabberd's Mnesia writes to disk a little later).
"""
import random
import threading
import time
from dataclasses import dataclass, field

from slixmpp.exceptions import XMPPError
from slixmpp.xmlstream.xmlstream import NotConnectedError

from harness.publisher import PUBSUB, Publisher, Refused
from harness.room import Room

_NUMBERS = "{urn:example:chaos}n"


@dataclass
class Numbered:
    """A node and what it is given. `items` names the item IDs that are published again and again; none: all are new."""
    name: str
    items: tuple = ()
    max_items: int = 10000
    weight: int = 1
    service: str = ""  # the pubsub service that has it; empty: the server's first
    is_room: bool = False  # a chat room: nothing of it is stored for good
    next_number: int = 1
    stored: set = field(default_factory=set)     # numbers that the publisher got a result for
    unsure: set = field(default_factory=set)     # numbers whose reply was lost
    forgotten: set = field(default_factory=set)  # (item, number) that was acknowledged and later not there any more
    returned: set = field(default_factory=set)   # (item, number): an older version that the service went back to
    newest: dict = field(default_factory=dict)   # item ID → number acknowledged last

    def item_of(self, number: int) -> str:
        return self.items[number % len(self.items)] if self.items else f"i{number}"

    @property
    def unique(self) -> bool:
        return not self.items


def nodes() -> list:
    return [Numbered("log", weight=4), Numbered("current", items=("current",), weight=2, max_items=1),
            Numbered("handful", items=("a", "b", "c", "d", "e"), weight=2, max_items=100),
            Numbered("small", weight=2, max_items=5),
            Numbered("guarded", weight=2, service="pubsub2.localhost"),
            Numbered("lobby", is_room=True)]


class Feed(threading.Thread):
    """`pause` is the mean time between two items, in seconds."""

    def __init__(self, server, pause: float, seed: str):
        super().__init__(daemon=True, name="feed")
        self.server, self.nodes, self._pause, self._random = server, nodes(), pause, random.Random(seed)
        self._end = threading.Event()
        self.published, self.problem, self._publisher, self._room = 0, None, None, None
        self._said_last = []  # numbers that rooms were told when all faults were over
        self._sessions = 0

    def create(self) -> None:
        publisher = self._session()
        for node in self.nodes:
            if not node.is_room:
                publisher.create(node.name, node.service or None, persist_items=1, max_items=node.max_items, access_model="open",
                                 send_last_published_item="never", **self.server.more_node_options)

    def run(self) -> None:
        try:
            weights = [node.weight for node in self.nodes]
            while not self._end.is_set():
                # Now and then a burst, as fast as the server takes it.
                for _ in range(self._random.choice((1, 1, 1, 1, 1, 1, 1, 20))):
                    self._publish(self._random.choices(self.nodes, weights)[0])
                    if self._end.is_set():
                        break
                self._end.wait(self._random.uniform(0, 2 * self._pause))
        except Exception as problem:  # whatever it is, the run has to know
            self.problem = problem

    def end(self) -> None:
        self._end.set()
        self.join(60)
        assert not self.is_alive(), "the publisher hangs"

    def publish_last(self) -> None:
        """One more to each node and item ID, when all faults are over."""
        for node in self.nodes:
            for _ in range(max(1, len(node.items), 3 * node.is_room)):
                number = node.next_number
                self._publish(node)
                if node.is_room and number in node.stored:
                    self._said_last.append((node.name, number))

    def _publish(self, node: Numbered) -> None:
        number = node.next_number
        node.next_number += 1
        item = node.item_of(number)
        payload = f"<n xmlns='urn:example:chaos' item='{item}'>{number}</n>"
        try:
            session = self._session()
            if node.is_room:
                self._room.talk(payload, f"m{number}")
                session.messages.clear()
            else:
                session.iq("set", f"<pubsub xmlns='{PUBSUB}'><publish node='{node.name}'><item id='{item}'>{payload}</item>"
                                  "</publish></pubsub>", node.service or None, timeout=4)
            node.stored.add(number)
            node.newest[item] = number
            self.published += 1
        except (TimeoutError, Refused, OSError, XMPPError, NotConnectedError):
            node.unsure.add(number)
            self._leave()

    def _session(self) -> Publisher:
        """The session, made anew until it works; what the service forgot meanwhile is noted."""
        deadline = time.monotonic() + 60
        while self._publisher is None:
            try:
                self._publisher = Publisher(self.server)
                self._sessions += 1
                # An earlier session may still be in the room, for a while.
                self._room = Room(self._publisher, "lobby", f"speaker{self._sessions}")
                if self.published:
                    self._take_stock()
            except Exception:  # slixmpp and its time-outs say this in many ways
                self._leave()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
        return self._publisher

    def _leave(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is None:
            return
        try:
            publisher.close()
        except Exception:  # it is gone either way
            pass

    def _take_stock(self) -> None:
        for node in self.nodes:
            if node.is_room:
                continue
            found = dict(self.in_store(node))
            if node.unique and node.max_items < 1000:
                # Rows that were taken out to make room, and are back: the killed server's tables disagree.
                expected = set(sorted(found.values())[-node.max_items:])
                node.returned |= {(item, number) for item, number in found.items() if number not in expected}
            for item, number in list(node.newest.items()):
                if item in found and found[item] >= number:
                    continue
                if node.unique and (node.max_items < 1000 and number <= max(found.values(), default=0)):
                    del node.newest[item]  # made room for newer ones
                    continue
                node.forgotten.add((item, number))
                if item in found:
                    node.returned.add((item, found[item]))
                    node.newest[item] = found[item]
                else:
                    del node.newest[item]

    def in_store(self, node: Numbered) -> list:
        """[(item ID, number)] in the order of the service's list; of a room, what was said last."""
        if node.is_room:
            return [(node.item_of(number), number) for name, number in self._said_last if name == node.name]
        reply = self._session_for_store().iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='{node.name}'"
                                             " max_items='20000'/></pubsub>", node.service or None, timeout=15)
        return [(item.get("id"), int(item.find(_NUMBERS).text)) for item in reply.iter(f"{{{PUBSUB}}}item")]

    def _session_for_store(self) -> Publisher:
        return self._publisher or self._session()

    def truth(self) -> dict:
        """{node's name: [(item ID, number)]} as stored now."""
        for _ in range(3):
            try:
                return {node.name: self.in_store(node) for node in self.nodes}
            except (TimeoutError, OSError, XMPPError, NotConnectedError):
                self._leave()
        raise TimeoutError("the service does not tell what it stores")
