# SPDX-License-Identifier: MIT
"""`/eventsource/?node=a&node=b`: one connection and one event ID for all of them; resume is as exact as for one node."""
import json
import random
import re
from urllib.parse import quote

import pytest

KEPT = {"persist_items": 1, "max_items": 200}


def target(*nodes: str) -> str:
    return "/eventsource/?" + "&".join(f"node={quote(node, safe='')}" for node in nodes)


class Numbering:
    """Numbers the items of each node, and reads them back from a stream."""

    def __init__(self, publisher, *nodes: str):
        self.publisher, self.published, self.seen = publisher, dict.fromkeys(nodes, 0), {node: [] for node in nodes}

    def publish(self, *nodes: str) -> None:
        for node in nodes:
            self.published[node] += 1
            self.publisher.publish(node, f"<n xmlns='urn:x'>{self.published[node]}</n>", f"i{self.published[node]}")

    def read(self, stream, timeout: float = 10):
        """Until all that was published has come; that each came once and in order. The last event."""
        event = None
        while any(len(self.seen[node]) < count for node, count in self.published.items()):
            event = stream.next(timeout)
            if event.type == "status":
                continue
            assert event.type == "message", event
            said = json.loads(event.data)
            self.seen[said["node"]].append(int(re.search(r">(\d+)<", said["payload"])[1]))
        for node, count in self.published.items():
            assert self.seen[node] == list(range(1, count + 1)), node
        return event


@pytest.fixture
def nodes(new_node):
    return [new_node(**KEPT), new_node(**KEPT), new_node("news of ü/&%2F+" + new_node(), **KEPT)]


def test_each_event_says_which_node_it_is_of(xmpp, framing, publisher, nodes, open_stream):
    stream = open_stream(framing=framing, target=target(*nodes))
    for number, node in enumerate(nodes + nodes[::-1]):
        publisher.publish(node, f"<n xmlns='urn:x'>{number}</n>", "current")
    events = stream.take(6)
    told = [json.loads(event.data) for event in events]
    # In order for each node; what comes of two nodes within the pace of a few milliseconds may change places.
    for place, node in enumerate(nodes):
        assert [int(re.search(r">(\d+)<", one["payload"])[1]) for one in told if one["node"] == node] == [place, 5 - place]
    assert {(one["service"], one["id"]) for one in told} == {(xmpp.pubsub, "current")}
    ids = [event.last_event_id for event in events]
    assert len(set(ids)) == 6 and all(re.fullmatch(r"[A-Za-z0-9._-]{1,128}", one) for one in ids)


def test_one_event_id_resumes_all_of_them(xmpp, framing, publisher, nodes, worker, open_direct):
    numbering = Numbering(publisher, *nodes)
    stream = open_direct(worker, framing=framing, target=target(*nodes))
    numbering.publish(nodes[0], nodes[1], nodes[0])
    last = numbering.read(stream).last_event_id
    stream.close()
    numbering.publish(nodes[2], nodes[0], nodes[2])
    # The order in which they are named does not matter.
    stream = open_direct(worker, framing=framing, target=target(*nodes[::-1]), last_event_id=last)
    numbering.publish(nodes[1])
    numbering.read(stream)


def test_from_the_middle_of_a_resume_it_goes_on_there(xmpp, publisher, nodes, worker, open_direct):
    """The ID of each event that is told again says how far the client has got in every node."""
    numbering = Numbering(publisher, *nodes)
    stream = open_direct(worker, target=target(*nodes))
    numbering.publish(*nodes)
    last = numbering.read(stream).last_event_id
    numbering.publish(*nodes, *nodes)
    missed = open_direct(worker, target=target(*nodes), last_event_id=last).take(6)
    for number, event in enumerate(missed):
        again = open_direct(worker, target=target(*nodes), last_event_id=event.last_event_id)
        assert [one.data for one in again.take(5 - number)] == [one.data for one in missed[number + 1:]]
        assert again.nothing_within(0.05)
        again.close()


@pytest.mark.timeout(120)
def test_workers_may_go_and_come_and_nothing_is_lost(pair, publisher, nodes, user, open_stream):
    workers, web = pair
    numbering, dice = Numbering(publisher, *nodes), random.Random(5)
    stream = open_stream(web=web, target=target(*nodes), reconnect=True)
    numbering.publish(*nodes)
    numbering.read(stream)
    for turn in range(4):
        gone = workers[turn % 2]
        gone.process.kill() if turn % 3 else gone.end()
        numbering.publish(*dice.choices(nodes, k=5))
        numbering.read(stream, 20)
        gone.start().wait_connected(user("friend"))
        numbering.publish(*dice.choices(nodes, k=5))
        numbering.read(stream, 20)
    for one in workers:  # both at once
        one.process.kill()
    numbering.publish(*dice.choices(nodes, k=5))
    for one in workers:
        one.start()
    numbering.publish(*dice.choices(nodes, k=5))
    numbering.read(stream, 30)
    assert stream.status == 200 and stream.opened > 2
