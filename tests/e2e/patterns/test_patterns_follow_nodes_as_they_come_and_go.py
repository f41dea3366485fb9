# SPDX-License-Identifier: MIT
"""`?node=weather/*`: nodes that are there, nodes that are created and nodes that are deleted while the stream is open."""
import itertools
import json

import pytest

from harness.numbers import publish

_prefixes = itertools.count(1)


@pytest.fixture
def prefix():
    return f"weather{next(_prefixes)}"


@pytest.fixture
def quick(xmpp, own_worker, publisher):
    worker = own_worker(stream={"discover": "1s"})
    worker.start().wait_connected(publisher)
    return worker


def follow(open_direct, worker, prefix, **options):
    return open_direct(worker, target=f"/eventsource/?node={prefix}/*", **options)


def told(stream, count: int) -> list:
    """(node, number) of items, (node, state) of node events."""
    out = []
    while len(out) < count:
        event = stream.next(15)
        data = json.loads(event.data)
        if event.type == "node":
            out.append((data["node"], data["state"]))
        elif event.type == "message":
            out.append((data["node"], int(data["payload"].split(">")[1].split("<")[0])))
    return out


def test_one_that_is_there_and_one_that_is_created(quick, publisher, new_node, open_direct, prefix):
    bonn, berlin, other = f"{prefix}/bonn", f"{prefix}/berlin", f"{prefix}-other"
    new_node(bonn, persist_items=1)
    new_node(other, persist_items=1)
    stream = follow(open_direct, quick, prefix)
    publish(publisher, bonn, 1)
    publish(publisher, other, 9)
    assert told(stream, 1) == [(bonn, 1)]
    new_node(berlin, persist_items=1)
    publish(publisher, berlin, 2, 3)  # before the worker knows of it
    assert told(stream, 3) == [(berlin, "created"), (berlin, 2), (berlin, 3)]
    publish(publisher, berlin, 4)
    publish(publisher, bonn, 5)
    assert sorted(told(stream, 2)) == [(berlin, 4), (bonn, 5)]


def test_one_that_is_deleted(quick, publisher, new_node, open_direct, prefix):
    bonn, berlin = f"{prefix}/bonn", f"{prefix}/berlin"
    for node in (bonn, berlin):
        new_node(node, persist_items=1, notify_delete=1)
    stream = follow(open_direct, quick, prefix)
    publish(publisher, berlin, 1)
    assert told(stream, 1) == [(berlin, 1)]
    publisher.delete(bonn)
    assert told(stream, 1) == [(bonn, "deleted")]
    publish(publisher, berlin, 2)
    assert told(stream, 1) == [(berlin, 2)]


def test_one_that_is_deleted_and_made_again_before_the_next_list(quick, publisher, new_node, open_direct, prefix):
    bonn, berlin = f"{prefix}/bonn", f"{prefix}/berlin"
    for node in (bonn, berlin):
        new_node(node, persist_items=1, notify_delete=1)
    stream = follow(open_direct, quick, prefix)
    publisher.delete(bonn)
    new_node(bonn, persist_items=1)
    publish(publisher, bonn, 1)
    publish(publisher, berlin, 2)
    expected = [(bonn, "deleted"), (bonn, "created"), (bonn, 1), (berlin, 2)]
    assert sorted(told(stream, 4), key=str) == sorted(expected, key=str)
    publish(publisher, bonn, 3)
    assert told(stream, 1) == [(bonn, 3)]


def test_several_that_are_created_at_once_and_one_that_waits_for_its_owner(quick, publisher, new_node, open_direct, prefix, xmpp):
    nodes = [f"{prefix}/{name}" for name in "abc"]
    new_node(nodes[0], persist_items=1)
    stream = follow(open_direct, quick, prefix)
    publish(publisher, nodes[0], 1)
    assert told(stream, 1) == [(nodes[0], 1)]
    if xmpp.name == "ejabberd":  # Prosody has no such nodes
        new_node(f"{prefix}/approve", access_model="authorize")
    for number, node in enumerate(nodes[1:], 2):
        new_node(node, persist_items=1)
        publish(publisher, node, number)
    publish(publisher, nodes[0], 4)
    expected = [(nodes[0], 4), (nodes[1], "created"), (nodes[1], 2), (nodes[2], "created"), (nodes[2], 3)]
    assert sorted(told(stream, 5), key=str) == sorted(expected, key=str)
    assert follow(open_direct, quick, prefix).nothing_within(0.5) and b"reset" not in stream.raw
    publish(publisher, nodes[2], 5)
    assert told(stream, 1) == [(nodes[2], 5)]


def test_it_goes_on_by_its_event_id(quick, publisher, new_node, open_direct, prefix):
    nodes = [f"{prefix}/{name}" for name in ("a", "b", "c")]
    for node in nodes:
        new_node(node, persist_items=1)
    stream = follow(open_direct, quick, prefix)
    for number, node in enumerate(nodes):
        publish(publisher, node, number)
    assert sorted(told(stream, 3)) == [(node, number) for number, node in enumerate(nodes)]
    last_event_id = stream.parser.last_event_id
    assert len(last_event_id) <= 128
    stream.close()
    publish(publisher, nodes[1], 10)
    quick.process.kill()
    publish(publisher, nodes[2], 11)
    quick.start().wait_connected(publisher)
    again = follow(open_direct, quick, prefix, last_event_id=last_event_id)
    assert sorted(told(again, 2)) == [(nodes[1], 10), (nodes[2], 11)]
    publish(publisher, nodes[0], 12)
    assert told(again, 1) == [(nodes[0], 12)]


def test_a_pattern_that_matches_nothing_yet_waits(quick, publisher, new_node, open_direct, prefix):
    stream = follow(open_direct, quick, prefix)
    assert stream.status == 200
    node = new_node(f"{prefix}/first", persist_items=1)
    publish(publisher, node, 1)
    assert told(stream, 2) == [(node, "created"), (node, 1)]
