# SPDX-License-Identifier: MIT
import json


def test_a_retracted_item_is_told_with_node_and_id(xmpp, framing, publisher, new_node, open_stream):
    node = new_node(notify_retract=1)
    stream = open_stream(node, framing)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    publisher.retract(node, "i1")
    item, retract = stream.take(2)
    assert (item.type, retract.type) == ("message", "retract")
    assert json.loads(retract.data) == {"node": node, "id": "i1"}


def test_a_purged_node_is_told(xmpp, framing, publisher, new_node, open_stream):
    node = new_node(notify_retract=1)
    stream = open_stream(node, framing)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    publisher.purge(node)
    item, purge = stream.take(2)
    assert purge.type == "purge"
    told = json.loads(purge.data)
    assert told.pop("id", None) is None and told == {"node": node}


def test_a_deleted_node_is_told(xmpp, framing, publisher, new_node, open_stream):
    node = new_node(notify_delete=1)
    stream = open_stream(node, framing)
    publisher.delete(node)
    delete = stream.next()
    assert delete.type == "delete"
    told = json.loads(delete.data)
    assert told.pop("id", None) is None and told == {"node": node}


def test_what_happens_to_one_item_does_not_stop_the_next(xmpp, publisher, new_node, open_stream):
    node = new_node(notify_retract=1)
    stream = open_stream(node)
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    publisher.retract(node, "i1")
    publisher.publish(node, "<p xmlns='urn:x'>2</p>", "i2")
    publisher.purge(node)
    publisher.publish(node, "<p xmlns='urn:x'>3</p>", "i3")
    assert [event.type for event in stream.take(5)] == ["message", "retract", "message", "purge", "message"]
