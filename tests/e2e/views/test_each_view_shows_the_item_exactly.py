# SPDX-License-Identifier: MIT
"""`?format=`: payload, item, json and atom of the same items, at once."""
import json

import pytest

from harness.canonical import canonical, payload_of

XML = ("<p xmlns='urn:x' xmlns:b='urn:b' b:mark='1'>two\n  lines &amp; &lt;markup&gt; \"'\n<b:in>日本 😀</b:in></p>")
NUMBERS = '{"t": 21.50, "big": 12345678901234567890, "list": [1, 2,\n 3], "text": "a\\u0000 <b>"}'
CONTAINER = "<json xmlns='urn:xmpp:json:0'>" + NUMBERS.replace("<", "&lt;") + "</json>"
ENTRY = """<entry xmlns='http://www.w3.org/2005/Atom'>
  <id>tag:example.org,2024:1</id>
  <title>Soup &amp; bread</title>
  <link rel='alternate' href='https://example.org/1'/>
  <updated>2024-05-01T10:00:00Z</updated>
  <author><name>Romeo</name></author>
  <summary>All about soup</summary>
  <content type='html'>&lt;p&gt;Hot &amp;amp; good&lt;/p&gt;</content>
</entry>"""


@pytest.fixture
def views(new_node, open_stream):
    """The node, and a stream of it in each view."""
    node = new_node()
    return node, {view: open_stream(target=f"/eventsource/{node}?format={view}") for view in ("payload", "item", "json", "atom")}


def publish(publisher, views, payload: str) -> dict:
    """What each stream makes of it; one event ID in all of them."""
    node, streams = views
    publisher.publish(node, payload, "i1")
    events = {view: stream.next() for view, stream in streams.items()}
    assert {event.type for event in events.values()} == {"message"}
    assert len({event.last_event_id for event in events.values()}) == 1
    return {view: event.data for view, event in events.items()}


def test_xml(xmpp, publisher, views):
    data = publish(publisher, views, XML)
    assert canonical(data["payload"]) == canonical(XML)
    assert data["item"].startswith("<item xmlns='http://jabber.org/protocol/pubsub'") and "\n" not in data["item"]
    # On one line, as the module that this replaces sends it: a line end is a space or a character reference.
    assert canonical(payload_of(data["item"])) == canonical(XML)
    said = json.loads(data["json"])
    said.pop("publisher", None)
    assert said == {"service": xmpp.pubsub, "node": views[0], "id": "i1", "payload": data["payload"]}
    assert data["atom"] == data["json"], "what is no Atom entry"
    assert "\n" not in data["json"]


def test_a_json_container(xmpp, publisher, views):
    data = publish(publisher, views, CONTAINER)
    assert data["payload"] == NUMBERS
    assert canonical(payload_of(data["item"])) == canonical(CONTAINER)
    # No number is rounded, nothing but white space is lost.
    assert data["json"].endswith('"payload":{"t":21.50,"big":12345678901234567890,"list":[1,2,3],"text":"a\\u0000 <b>"}}')
    assert data["atom"] == data["json"]


def test_a_container_of_something_else_is_a_string(xmpp, publisher, views):
    data = publish(publisher, views, "<data xmlns='https://prosody.im/protocol/data'>not: json</data>")
    assert data["payload"] == "not: json" and json.loads(data["json"])["payload"] == "not: json"


def test_an_atom_entry(xmpp, publisher, views):
    data = publish(publisher, views, ENTRY)
    assert canonical(data["payload"]) == canonical(ENTRY)
    assert json.loads(data["json"])["payload"] == data["payload"]
    said = json.loads(data["atom"])
    said.pop("publisher", None)
    said.pop("published", None)
    assert said == {"service": xmpp.pubsub, "node": views[0], "id": "i1", "atom_id": "tag:example.org,2024:1",
                    "title": "Soup & bread", "link": "https://example.org/1", "updated": "2024-05-01T10:00:00Z",
                    "author": "Romeo", "summary": "All about soup", "content": "<p>Hot &amp; good</p>", "content_type": "html"}


@pytest.mark.parametrize("view", ["payload", "item", "json", "atom"])
def test_stored_items_and_those_of_several_nodes_look_the_same(xmpp, publisher, new_node, open_stream, view):
    node = new_node(persist_items=1, max_items=50)
    live = open_stream(target=f"/eventsource/{node}?format={view}")
    publisher.publish(node, ENTRY, "i1")
    data = live.next().data
    stored = open_stream(target=f"/eventsource/{node}?format={view}&last=1").next().data
    several = open_stream(target=f"/eventsource/?node={node}&format={view}&last=1").next().data
    assert stored == several == data


def test_another_format_is_a_400(worker, node, framing, open_direct):
    refused = open_direct(worker, framing=framing, target=f"/eventsource/{node}?format=xml", wait=False).wait_head()
    assert refused.status == 400 and refused.text() == "format is payload, item, json or atom\n"
