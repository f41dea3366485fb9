# SPDX-License-Identifier: MIT
"""What an account publishes on a node of its own (XEP-0163): live, stored and after a restart."""
import json
from urllib.parse import quote

from harness.accounts import target


def payload(text: str) -> str:
    return f"<p xmlns='urn:x'>{text}</p>"


def test_publish_and_retract_arrive_live(accounts_worker, alice, own_node, open_direct):
    node = own_node()
    stream = open_direct(accounts_worker, target=target(node))
    alice.publish(node, payload("one"), "i1")
    event = stream.next()
    assert event.type == "message" and "one" in event.data
    alice.retract(node, "i1")
    event = stream.next()
    assert event.type == "retract" and json.loads(event.data) == {"node": node, "id": "i1"}
    assert stream.nothing_within(0.3)


def test_the_account_may_be_spelt_in_another_way(accounts_worker, alice, own_node, open_direct):
    """Servers answer from the JID as they spell it (stringprep)."""
    node = own_node()
    stream = open_direct(accounts_worker, target=target(node, quote("ａl\u00adICE@Localhost", safe="@")))
    alice.publish(node, payload("one"), "i1")
    assert "one" in stream.next().data


def test_the_json_view_names_the_account(accounts_worker, alice, own_node, open_direct):
    node = own_node()
    stream = open_direct(accounts_worker, target=target(node, query="?format=json"))
    alice.publish(node, payload("one"), "i1")
    told = json.loads(stream.next().data)
    assert (told["service"], told["node"], told["id"]) == ("alice@localhost", node, "i1")


def test_several_nodes_of_one_account_share_a_stream(accounts_worker, alice, own_node, open_direct):
    first, second = own_node(), own_node()
    stream = open_direct(accounts_worker, target=f"/eventsource/@alice@localhost/?node={first}&node={second}")
    alice.publish(first, payload("one"), "i1")
    alice.publish(second, payload("two"), "i2")
    assert [json.loads(event.data)["node"] for event in stream.take(2)] == [first, second]


def test_a_stream_begins_with_what_is_stored(accounts_worker, alice, own_node, open_direct):
    node = own_node()
    for number in range(3):
        alice.publish(node, payload(f"item {number}"), f"i{number}")
    stream = open_direct(accounts_worker, target=target(node, query="?last=2"))
    first, second = stream.take(2)
    assert ["item 1" in first.data, "item 2" in second.data] == [True, True]


def test_a_restarted_worker_goes_on_exactly(accounts_worker, user, alice, own_node, open_direct):
    node = own_node()
    stream = open_direct(accounts_worker, target=target(node))
    alice.publish(node, payload("before"), "i1")
    last = stream.next().last_event_id
    accounts_worker.end()
    alice.publish(node, payload("meanwhile"), "i2")
    accounts_worker.start().wait_connected(user("friend"))
    stream = open_direct(accounts_worker, target=target(node), last_event_id=last)
    event = stream.next()
    assert event.type == "message" and "meanwhile" in event.data
    alice.publish(node, payload("after"), "i3")
    assert "after" in stream.next().data


def test_a_stream_that_begins_now_is_not_told_what_was_there_before(accounts_worker, alice, own_node, open_direct):
    """Prosody pushes the last item to a new subscriber, and nothing in it says that it is old."""
    node = own_node()
    alice.publish(node, payload("old"), "i1")
    stream = open_direct(accounts_worker, target=target(node))
    alice.publish(node, payload("new"), "i2")
    assert "new" in stream.next().data
    assert stream.nothing_within(0.3)
