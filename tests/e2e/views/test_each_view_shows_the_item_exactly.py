# SPDX-License-Identifier: MIT
"""`?format=`: payload, item, json and atom of the same items, at once."""
import json
import xml.etree.ElementTree as ET

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
    assert json.loads(data["json"]) == {"service": xmpp.pubsub, "node": views[0], "id": "i1", "payload": data["payload"]}
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
    assert json.loads(data["atom"]) == {
        "service": xmpp.pubsub, "node": views[0], "id": "i1", "atom_id": "tag:example.org,2024:1", "title": "Soup & bread",
        "link": "https://example.org/1", "updated": "2024-05-01T10:00:00Z", "author": "Romeo", "summary": "All about soup",
        "content": "<p>Hot &amp; good</p>", "content_type": "html"}


def test_an_atom_entry_says_itself_when_it_was_published(xmpp, publisher, views):
    data = publish(publisher, views, ENTRY.replace("<updated>", "<published>2024-04-30T10:00:00Z</published><updated>"))
    assert json.loads(data["atom"])["published"] == "2024-04-30T10:00:00Z"
    assert "published" not in json.loads(data["json"]), "neither server tells it"


def told_of(open_stream, publisher, node, **where) -> list:
    """The publisher of a live item and of the same one stored, as the views item, json and atom tell it."""
    live = {view: open_stream(target=f"/eventsource/{node}?format={view}", **where) for view in ("item", "json", "atom")}
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    told = []
    for view, stream in live.items():
        stored = open_stream(target=f"/eventsource/{node}?format={view}&last=1", **where)
        for data in (stream.next().data, stored.next().data):
            if view == "item":
                told.append(ET.fromstring(data).get("publisher"))
            else:
                said = json.loads(data)
                assert "published" not in said
                told.append(said.get("publisher"))
    return told


def test_the_publisher_is_told_where_the_node_says_so(xmpp, publisher, new_node, open_stream):
    (told,) = set(told_of(open_stream, publisher, new_node(persist_items=1, itemreply="publisher")))
    bare, _, resource = (told or "").partition("/")
    assert (bare, bool(resource)) == {"full": (publisher.jid, True), "bare": (publisher.jid, False), None: ("", False)}[xmpp.itemreply]


def test_the_publisher_on_prosody_is_told_where_the_service_says_so(own_server, own_worker, user, open_direct):
    service = f'Component "{own_server.pubsub}" "pubsub"\n'
    own_server.config.write_text(own_server.config.read_text().replace(service, service + "  expose_publisher = true\n"))
    publisher = (own_server.start(), user("publisher"))[1]
    worker = own_worker().start().wait_connected(publisher)

    def open_stream(**more):
        return open_direct(worker, **more)
    assert set(told_of(open_stream, publisher, publisher.create("node", persist_items=1))) == {publisher.jid}, "a bare JID"


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
    assert refused.status == 400 and refused.text() == "format must be payload, item, json or atom\n"
