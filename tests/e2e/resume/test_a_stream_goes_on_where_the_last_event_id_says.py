# SPDX-License-Identifier: MIT
"""By the header, as browsers send it, or by a query, as polyfills do."""
import pytest

from harness.fixtures import target_of
from harness.numbers import last_id, numbers, publish

QUERIES = ("lastEventId", "last_event_id", "Last-Event-ID", "evs_last_event_id")


@pytest.fixture
def place(xmpp, worker, publisher, new_node, open_direct):
    """(node, the event ID after 1, the event ID after 2) of a node that has 1 to 4."""
    node = new_node(persist_items=1, max_items=20)
    first = open_direct(worker, node)
    after_1, after_2 = last_id(first, publisher, node, 1), last_id(first, publisher, node, 2)
    publish(publisher, node, 3, 4)
    numbers(first, until=4)
    first.close()
    return node, after_1, after_2


def test_by_the_header(place, worker, publisher, open_direct):
    node, _, after_2 = place
    stream = open_direct(worker, node, last_event_id=after_2)
    publish(publisher, node, 5)
    assert numbers(stream, until=5) == [3, 4, 5]


@pytest.mark.parametrize("name", QUERIES)
def test_by_the_query(place, worker, publisher, open_direct, name):
    node, _, after_2 = place
    stream = open_direct(worker, target=f"{target_of(node)}?{name}={after_2}")
    publish(publisher, node, 5)
    assert numbers(stream, until=5) == [3, 4, 5]


def test_the_header_beats_the_query_of_the_first_request(place, worker, publisher, open_direct):
    node, after_1, after_2 = place
    stream = open_direct(worker, target=f"{target_of(node)}?lastEventId={after_1}", last_event_id=after_2)
    publish(publisher, node, 5)
    assert numbers(stream, until=5) == [3, 4, 5]


def test_every_event_has_an_id_that_a_header_carries_unharmed(place, worker, publisher, open_direct):
    node, after_1, _ = place
    for event in open_direct(worker, node, last_event_id=after_1).take(3):
        assert 0 < len(event.last_event_id) <= 128
        assert all(c.isascii() and (c.isalnum() or c in "._-") for c in event.last_event_id)


def test_a_stream_that_has_had_nothing_knows_where_it_is(worker, publisher, new_node, open_direct):
    node = new_node(persist_items=1, max_items=20)
    quiet = open_direct(worker, node)
    publish(publisher, node, 1)  # so that its beginning has been read; it then leaves at the place before 1
    quiet.next()
    before_1 = [line for line in quiet.raw.decode().split("\n") if line.startswith("id:")][0].removeprefix("id:").strip()
    publish(publisher, node, 2)
    assert numbers(open_direct(worker, node, last_event_id=before_1), until=2) == [1, 2]
