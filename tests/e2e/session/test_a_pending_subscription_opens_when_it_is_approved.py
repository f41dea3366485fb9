# SPDX-License-Identifier: MIT
"""Access model `authorize`, which only ejabberd has: nothing is permanent yet, so the stream is held, not refused."""
from harness.process import wait_until


def wait_asked(publisher, node: str) -> None:
    """Until the owner was sent the form that asks for approval (XEP-0060 §8.6)."""
    wait_until(lambda: any(value.text == node for message in list(publisher.messages) for value in message.iter("{jabber:x:data}value")),
               "the request to reach the owner")


def test_items_arrive_once_the_owner_approved(ejabberd, worker, publisher, new_node, framing, open_stream):
    node = new_node(access_model="authorize")
    stream = open_stream(node, framing, wait=False)
    wait_asked(publisher, node)
    assert stream.nothing_within(1) and not stream.ended.is_set()
    assert stream.status in (None, 200)
    publisher.approve(node, worker.component)
    stream.wait_open().wait_live()
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next().type == "message"


def test_a_second_stream_on_a_pending_node_is_held_too(ejabberd, worker, publisher, new_node, open_stream):
    node = new_node(access_model="authorize")
    first = open_stream(node, wait=False)
    wait_asked(publisher, node)
    second = open_stream(node, wait=False)
    assert second.nothing_within(0.5) and not second.ended.is_set()
    publisher.approve(node, worker.component)
    for stream in (first, second):
        stream.wait_live()
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert first.next() and second.next()
