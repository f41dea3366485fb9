# SPDX-License-Identifier: MIT
"""A node with deliver_payloads=0 notifies bare item IDs (XEP-0060 §4.3): the worker asks for what they stand for."""


def test_the_payload_comes_although_the_notification_has_none(xmpp, publisher, new_node, open_stream):
    node = new_node(persist_items=1, deliver_payloads=0)
    stream = open_stream(node)
    for number in range(1, 6):
        publisher.publish(node, f"<p xmlns='urn:x'>number {number}</p>", f"i{number}")
    events = stream.take(5)
    assert [f"number {number}<" in event.data for number, event in enumerate(events, 1)] == [True] * 5


def test_an_item_that_is_gone_by_then_delays_nobody(xmpp, publisher, new_node, open_stream):
    node = new_node(persist_items=1, deliver_payloads=0, max_items=1)
    stream = open_stream(node)
    for number in range(1, 21):
        publisher.publish(node, f"<p xmlns='urn:x'>number {number}</p>", f"i{number}")
    while "number 20<" not in stream.next().data:
        pass
