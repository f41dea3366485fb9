# SPDX-License-Identifier: MIT
"""`?node=a/*` where `access = "user"`: of the nodes that match, those that the pubsub service lets this user read."""
import itertools
import json

import pytest

_prefixes = itertools.count(1)


@pytest.fixture
def worker(xmpp, own_worker, user):
    made = own_worker(services=[{"jid": xmpp.pubsub, "hosts": ["push.example.org"], "access": "user", "ask_every": "2s"}],
                      stream={"heartbeat": "1s", "discover": "1s"})
    return made.start().wait_connected(user("friend"))


@pytest.fixture
def family(worker, new_node, publisher):
    """family("alice", "bob"): a whitelisted node for each, of one prefix; returns their names and the pattern."""
    def make(*users):
        prefix = f"family{next(_prefixes)}"
        nodes = [new_node(f"{prefix}/{name}", access_model="whitelist", persist_items=1) for name in users]
        for node, name in zip(nodes, users):
            publisher.affiliate(node, worker.component, "member")
            publisher.affiliate(node, f"{name}@{worker.component}", "member")
        return (*nodes, f"/eventsource/?node={prefix}/*")
    return make


def publish(publisher, node: str, text: str) -> None:
    publisher.publish(node, f"<p xmlns='urn:x'>{text}</p>", text)


def told(stream, count: int) -> list:
    """What comes, as (node, text or state)."""
    out = []
    for _ in range(count):
        event = stream.next(15)
        data = json.loads(event.data)
        out.append((data["node"], data["state"] if event.type == "node" else data["payload"].split(">")[1].split("<")[0]))
    return out


def test_each_user_sees_their_own_nodes(worker, family, publisher, open_direct, framing):
    alices, bobs, pattern = family("alice", "bob")
    alice, bob, nobody = (open_direct(worker, target=pattern, framing=framing, REMOTE_USER=name) for name in ("alice", "bob", "carol"))
    publish(publisher, alices, "a1")
    publish(publisher, bobs, "b1")
    assert told(alice, 1) == [(alices, "a1")] and told(bob, 1) == [(bobs, "b1")]
    for stream in (alice, bob, nobody):
        assert stream.nothing_within(0.5)
    assert b"b1" not in alice.raw and b"a1" not in bob.raw and nobody.status == 200
    assert open_direct(worker, target=pattern, wait=False).wait_head().status == 403, "without REMOTE_USER"


def test_a_right_that_is_withdrawn_and_given_back(worker, family, publisher, open_direct):
    first, second, pattern = family("alice", "alice2")
    publisher.affiliate(second, f"alice@{worker.component}", "member")
    stream = open_direct(worker, target=pattern, REMOTE_USER="alice")
    publisher.revoke(second, f"alice@{worker.component}")
    assert told(stream, 1) == [(second, "forbidden")]
    publish(publisher, second, "secret")
    publish(publisher, first, "a1")
    assert told(stream, 1) == [(first, "a1")] and b"secret" not in stream.raw
    publisher.affiliate(second, f"alice@{worker.component}", "member")
    assert told(stream, 2) == [(second, "created"), (second, "secret")]
    assert not stream.ended.is_set()


def test_a_node_that_is_created_is_asked_about(worker, family, new_node, publisher, open_direct):
    first, pattern = family("alice")
    stream = open_direct(worker, target=pattern, REMOTE_USER="alice")
    for name, affiliation in (("mine", "member"), ("theirs", None)):
        node = new_node(first.replace("alice", name), access_model="whitelist", persist_items=1)
        publisher.affiliate(node, worker.component, "member")
        if affiliation:
            publisher.affiliate(node, f"alice@{worker.component}", affiliation)
        publish(publisher, node, name)
    mine = first.replace("alice", "mine")
    assert told(stream, 2) == [(mine, "created"), (mine, "mine")]
    assert stream.nothing_within(2) and b"theirs" not in stream.raw


def test_a_stream_goes_on_where_it_was(worker, family, publisher, open_direct):
    first, second, pattern = family("alice", "alice2")
    publisher.affiliate(second, f"alice@{worker.component}", "member")
    stream = open_direct(worker, target=pattern, REMOTE_USER="alice")
    publish(publisher, first, "a1")
    told(stream, 1)
    last = stream.parser.last_event_id
    stream.close()
    publish(publisher, second, "b1")
    publish(publisher, first, "a2")
    again = open_direct(worker, target=pattern, REMOTE_USER="alice", HTTP_LAST_EVENT_ID=last)
    assert sorted(told(again, 2)) == [(first, "a2"), (second, "b1")]
    other = open_direct(worker, target=pattern, REMOTE_USER="bob", HTTP_LAST_EVENT_ID=last)
    assert other.nothing_within(1), "an ID opens nothing"


def test_a_document_holds_what_its_user_may_read(worker, family, publisher, open_direct):
    alices, bobs, pattern = family("alice", "bob")
    publish(publisher, alices, "a1")
    publish(publisher, bobs, "b1")
    answer = open_direct(worker, target=pattern, wait=False, REMOTE_USER="alice", HTTP_ACCEPT="application/json").wait_end()
    assert answer.status == 200 and "a1" in answer.text() and "b1" not in answer.text()
