# SPDX-License-Identifier: MIT
"""The main job: published on a real pubsub node, received by a real HTTPS client through nginx."""
from harness.canonical import canonical


def test_an_item_published_after_the_stream_opened_arrives(xmpp, framing, publisher, node, open_stream):
    stream = open_stream(node, framing)
    publisher.publish(node, "<entry xmlns='http://www.w3.org/2005/Atom'><title>Hello</title></entry>", "i1")
    event = stream.next()
    assert event.type == "message"
    assert canonical(event.data) == canonical("<entry xmlns='http://www.w3.org/2005/Atom'><title>Hello</title></entry>")


def test_every_item_arrives_once_and_in_order_in_every_stream(xmpp, publisher, node, open_stream):
    streams = [open_stream(node, framing) for framing in ("fastcgi", "scgi", "fastcgi")]
    texts = [f"<n xmlns='urn:x'>{number}</n>" for number in range(50)]
    for number, text in enumerate(texts):
        publisher.publish(node, text, f"i{number}")
    for stream in streams:
        assert [canonical(event.data) for event in stream.take(50)] == [canonical(text) for text in texts]
        assert stream.nothing_within(0.3)


def test_an_item_id_published_again_arrives_again(xmpp, publisher, node, open_stream):
    stream = open_stream(node)
    for text in ("one", "two", "three"):
        publisher.publish(node, f"<n xmlns='urn:x'>{text}</n>", "current")
    assert [canonical(event.data) for event in stream.take(3)] == [
        canonical(f"<n xmlns='urn:x'>{text}</n>") for text in ("one", "two", "three")]


def test_a_stream_gets_nothing_of_other_nodes(xmpp, publisher, new_node, open_stream):
    mine, other = new_node(), new_node()
    stream, _ = open_stream(mine), open_stream(other)
    publisher.publish(other, "<n xmlns='urn:x'>other</n>", "i1")
    publisher.publish(mine, "<n xmlns='urn:x'>mine</n>", "i1")
    assert "mine" in stream.next().data
    assert stream.nothing_within(0.3)


def test_the_same_node_name_on_another_service_is_another_node(xmpp, publisher, new_node, open_stream):
    node = new_node()
    publisher.create(node, service=xmpp.pubsub2)
    first, second = open_stream(node, host="push.example.org"), open_stream(node, host="push2.example.org")
    publisher.publish(node, "<n xmlns='urn:x'>second</n>", "i1", service=xmpp.pubsub2)
    publisher.publish(node, "<n xmlns='urn:x'>first</n>", "i1")
    assert "first" in first.next().data and "second" in second.next().data
    assert first.nothing_within(0.3) and second.nothing_within(0)
