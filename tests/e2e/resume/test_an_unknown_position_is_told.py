# SPDX-License-Identifier: MIT
"""`reset`, then what is stored: never a silent gap, and never an error that would end the EventSource."""
import json

import pytest

from harness.numbers import number_of, numbers, publish

# The last two are of the right shape: no worker has written them.
UNKNOWN = ("garbage", "42", "x" * 127, "00000000-1.0000000001.00000001", "vvvvvvvv-vvv.vvvvvvvvvv.vvvvvvvv")


@pytest.mark.parametrize("position", UNKNOWN)
def test_an_unknown_position_gets_a_reset_and_then_what_is_stored(xmpp, worker, publisher, new_node, open_direct, position):
    node = new_node(persist_items=1, max_items=20)
    publish(publisher, node, 1, 2, 3)
    stream = open_direct(worker, node, last_event_id=position)
    reset = stream.next()
    assert reset.type == "reset"
    told = json.loads(reset.data)
    assert told["node"] == node and told["reason"]
    publish(publisher, node, 4)
    assert numbers(stream, until=4) == [1, 2, 3, 4]


def test_a_position_that_is_not_stored_any_more_gets_a_reset(xmpp, own_worker, user, publisher, new_node, open_direct):
    """All that the reader could be found by is gone: others may have come and gone, too."""
    node = new_node(persist_items=1, max_items=3)
    worker = own_worker(stream={"history": 2}).start().wait_connected(user("friend"))
    stream = open_direct(worker, node)
    publish(publisher, node, 1)
    position = stream.next().last_event_id
    stream.close()
    publish(publisher, node, *range(2, 8))
    again = open_direct(worker, node, last_event_id=position)
    assert again.next().type == "reset"
    publish(publisher, node, 8)
    assert [one for one in numbers(again, until=8) if one != "retract"] == [5, 6, 7, 8]


def test_the_stream_goes_on_from_the_reset(xmpp, worker, publisher, new_node, open_direct):
    node = new_node(persist_items=1, max_items=20)
    publish(publisher, node, 1, 2)
    stream = open_direct(worker, node, last_event_id="garbage")
    events = stream.take(3)
    assert [number_of(event) for event in events] == ["reset", 1, 2]
    publish(publisher, node, 3)
    assert numbers(open_direct(worker, node, last_event_id=events[-1].last_event_id), until=3) == [3]
