# SPDX-License-Identifier: MIT
"""Another run of the worker knows nothing but what the service stores; that is enough."""
import pytest

from harness.numbers import last_id, number_of, numbers, publish


@pytest.fixture
def running(own_worker, user):
    return own_worker().start().wait_connected(user("friend"))


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_what_was_published_meanwhile_comes_once_and_without_a_reset(xmpp, running, user, publisher, new_node, open_direct, how):
    node = new_node(persist_items=1, max_items=50)
    publish(publisher, node, 1, 2)
    position = last_id(open_direct(running, node), publisher, node, 3)
    running.end() if how == "stopped" else running.process.kill()
    publish(publisher, node, 4, 5)
    running.start().wait_connected(user("friend"))
    stream = open_direct(running, node, last_event_id=position)
    publish(publisher, node, 6)
    assert numbers(stream, until=6) == [4, 5, 6]


def test_nothing_comes_twice_when_nothing_happened(xmpp, running, user, publisher, new_node, open_direct):
    node = new_node(persist_items=1, max_items=50)
    position = last_id(open_direct(running, node), publisher, node, 1)
    running.restart().wait_connected(user("friend"))
    stream = open_direct(running, node, last_event_id=position)
    publish(publisher, node, 2)
    assert numbers(stream, until=2) == [2]


def test_the_order_of_attributes_does_not_matter(xmpp, running, user, publisher, new_node, open_direct):
    """Prosody may write the attributes of one payload in another order each time that it sends it."""
    node = new_node(persist_items=1, max_items=50)
    stream = open_direct(running, node)
    payload = "<p xmlns='urn:example:many' " + " ".join(f"{name}='{name}'" for name in "abcdefghij") + "/>"
    publisher.publish(node, payload, "i1")
    position = stream.next().last_event_id
    running.restart().wait_connected(user("friend"))
    stream = open_direct(running, node, last_event_id=position)
    publish(publisher, node, 2)
    assert numbers(stream, until=2) == [2]


def test_one_item_that_is_published_again_and_again_is_told_once_more_only_if_it_changed(
        xmpp, running, user, publisher, new_node, open_direct):
    node = new_node(persist_items=1, max_items=1)
    stream = open_direct(running, node)
    publish(publisher, node, 1, 2, 3, item="current")
    events = stream.take(3)
    assert [number_of(event) for event in events] == [1, 2, 3]
    running.restart().wait_connected(user("friend"))
    stream = open_direct(running, node, last_event_id=events[-1].last_event_id)
    publish(publisher, node, 4, item="current")
    assert numbers(stream, until=4) == [4]
