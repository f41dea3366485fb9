# SPDX-License-Identifier: MIT
"""`?last=N`: what is stored already, oldest first, on either server."""
import pytest

from harness.fixtures import target_of
from harness.numbers import last_id, numbers, publish


@pytest.fixture
def stored(xmpp, publisher, new_node):
    node = new_node(persist_items=1, max_items=20)
    publish(publisher, node, *range(1, 8))
    return node


@pytest.mark.parametrize("last, expected", [(3, [5, 6, 7]), (100, [1, 2, 3, 4, 5, 6, 7])])
def test_the_newest_come_oldest_first_and_live_ones_after_them(stored, worker, publisher, open_direct, last, expected):
    stream = open_direct(worker, target=f"{target_of(stored)}?last={last}")
    assert numbers(stream, until=7) == expected
    publish(publisher, stored, 8)
    assert numbers(stream, until=8) == [8]


def test_what_is_published_while_the_stream_waits_for_them_comes_too(stored, worker, publisher, open_direct):
    """The 200 is said before the service has answered: from then on nothing may be missed, however few were asked for."""
    stream = open_direct(worker, target=f"{target_of(stored)}?last=1")
    publish(publisher, stored, 8, 9, 10)
    assert numbers(stream, until=10)[-3:] == [8, 9, 10]


def test_none_are_asked_for_with_nought(stored, worker, publisher, open_direct):
    stream = open_direct(worker, target=f"{target_of(stored)}?last=0")
    publish(publisher, stored, 8)
    assert numbers(stream, until=8) == [8]


def test_a_position_beats_it(stored, worker, publisher, open_direct):
    after_8 = last_id(open_direct(worker, stored), publisher, stored, 8)
    publish(publisher, stored, 9)
    again = open_direct(worker, target=f"{target_of(stored)}?last=5", last_event_id=after_8)
    publish(publisher, stored, 10)
    assert numbers(again, until=10) == [9, 10]


def test_more_than_a_page_of_the_server_is_read(xmpp, worker, publisher, new_node, open_direct):
    """ejabberd answers in pages; Prosody keeps 256 items of a node unless its configuration says more."""
    count = 256 if xmpp.name == "prosody" else 700
    node = new_node(persist_items=1, max_items=count)
    publish(publisher, node, *range(1, count + 1))
    stream = open_direct(worker, target=f"{target_of(node)}?last={count}")
    assert numbers(stream, until=count, timeout=20) == list(range(1, count + 1))


def test_a_number_that_is_none_is_a_bad_request(stored, worker, open_direct):
    assert open_direct(worker, target=f"{target_of(stored)}?last=many", wait=False).wait_head().status == 400
