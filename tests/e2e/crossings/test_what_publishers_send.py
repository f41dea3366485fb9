# SPDX-License-Identifier: MIT
"""Item IDs, payloads, publishers, nodes' names, texts of errors: each arrives as what it is, and nothing else with it."""
import json
import re
import xml.etree.ElementTree as ET
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from harness.canonical import canonical
from harness.crossings import HOSTILE, check_head, check_stanzas, check_stream, ids
from harness.process import wait_until
from harness.publisher import PUBSUB
from harness.scripted_xmpp import quoted

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def stream(crossing, open_direct):
    """stream("json"): the stream of the node n in that view, past its beginning."""
    def make(view: str, target: str = "/eventsource/n?format={}", **more):
        return open_direct(crossing, target=target.format(view), host="open.example", **more).wait_live()
    return make


def text_in_xml(text: str) -> str:
    """Character data; a carriage return has to be written as a reference (XML 1.0 §2.11)."""
    return escape(text, {"\r": "&#13;"})


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_an_item_id_stays_an_item_id(scripted, stream, text):
    views = {view: stream(view) for view in ("payload", "item", "json", "atom")}
    scripted.publish("n", text, "<p xmlns='urn:x'/>")
    scripted.retract("n", text)
    for view, reader in views.items():
        published, retracted = reader.take(2)
        assert (published.type, retracted.type) == ("message", "retract")
        assert json.loads(retracted.data)["id"] == text
        if view == "item":
            assert ET.fromstring(published.data).get("id") == text
        if view in ("json", "atom"):
            assert json.loads(published.data)["id"] == text
        assert reader.nothing_within(0.05)
        check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_publisher_stays_a_publisher(scripted, stream, text):
    views = {view: stream(view) for view in ("payload", "item", "json", "atom")}
    scripted.publish("n", "i", "<p xmlns='urn:x'/>", publisher=text)
    for view, reader in views.items():
        event = reader.next()
        assert event.type == "message"
        if view == "item":
            assert ET.fromstring(event.data).get("publisher") == text
        if view == "json":
            assert json.loads(event.data)["publisher"] == text
        assert reader.nothing_within(0.05)
        check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_payload_stays_a_payload(scripted, stream, text):
    views = {view: stream(view) for view in ("payload", "item", "json", "atom")}
    entry = (f"<entry xmlns='http://www.w3.org/2005/Atom'><title a={quoted(text)}>{text_in_xml(text)}</title>"
             f"<link href={quoted(text)}/><author><name>{text_in_xml(text)}</name></author>"
             f"<content type='html'>{text_in_xml(text)}</content></entry>")
    scripted.publish("n", "i", entry)
    for view, reader in views.items():
        event = reader.next()
        assert event.type == "message"
        if view == "payload":
            assert canonical(event.data) == canonical(entry)
        if view == "item":
            assert canonical(re.fullmatch(r"<item [^>]*>(.*)</item>", event.data, re.DOTALL)[1]) == canonical(entry)
        if view == "json":
            assert canonical(json.loads(event.data)["payload"]) == canonical(entry)
        if view == "atom":
            json.loads(event.data)
        assert reader.nothing_within(0.05)
        check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_json_container_stays_one_event(scripted, stream, text):
    views = {view: stream(view) for view in ("payload", "json")}
    scripted.publish("n", "i", f"<json xmlns='urn:xmpp:json:0'>{text_in_xml(text)}</json>")
    scripted.publish("n", "j", f"<json xmlns='urn:xmpp:json:0'>{text_in_xml(json.dumps({'x': text}))}</json>")
    for view, reader in views.items():
        broken, good = reader.take(2)
        assert broken.type == good.type == "message"
        if view == "payload":
            assert broken.data == text.replace("\r\n", "\n").replace("\r", "\n")
            assert json.loads(good.data) == {"x": text}
        else:
            json.loads(broken.data)
            assert json.loads(good.data)["payload"] == {"x": text}
        assert reader.nothing_within(0.05)
        check_stream(reader, data=view == "payload")


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_the_name_of_a_listed_node_stays_a_name(crossing, scripted, open_direct, text):
    scripted.nodes = [text]
    reader = open_direct(crossing, target="/eventsource/?node=*", host="open.example")
    scripted.wait_subscribed(text)
    reader.nothing_within(0.2)
    scripted.publish(text, "i", "<p xmlns='urn:x'/>")
    event = reader.next()
    assert (event.type, json.loads(event.data)["node"]) == ("message", text)
    scripted.nodes = []
    gone = reader.next()
    assert (gone.type, json.loads(gone.data)) == ("node", {"node": text, "state": "deleted"})
    check_stream(reader)
    check_stanzas(scripted)


@pytest.mark.parametrize("text", HOSTILE, **ids)
@pytest.mark.parametrize("accept", ["application/json", "application/atom+xml"])
def test_a_document_holds_it_too(crossing, scripted, open_direct, text, accept):
    entry = f"<entry xmlns='http://www.w3.org/2005/Atom'><title>{text_in_xml(text)}</title></entry>"
    scripted.items[text] = f"<item xmlns='http://jabber.org/protocol/pubsub' id={quoted(text)} publisher={quoted(text)}>{entry}</item>"
    reader = open_direct(crossing, target="/eventsource/" + quote(text, safe=""), host="open.example", HTTP_ACCEPT=accept, wait=False)
    reader.wait_head().wait_end()
    assert reader.status == 200
    check_head(reader)
    if accept == "application/json":
        feed = json.loads(reader.raw)
        assert (len(feed["items"]), feed["title"]) == (1, text)
    else:
        feed = ET.fromstring(reader.raw)
        assert (feed.tag, len(feed.findall(ATOM + "entry"))) == (ATOM + "feed", 1)
        assert not [element for element in feed.iter() if "injected" in element.tag]


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_stripped_item_is_asked_for_by_its_id_alone(scripted, stream, text):
    reader = stream("json")
    scripted.items["n"] = f"<item id={quoted(text)}><p xmlns='urn:x'/></item>"
    scripted.publish("n", text, "")
    event = json.loads(reader.next().data)
    assert (event["id"], event["payload"]) == (text, "<p xmlns='urn:x'/>")
    asked = [one.get("id") for stanza in list(scripted.stanzas) for one in stanza.iter(f"{{{PUBSUB}}}item")]
    assert asked == [text]
    check_stream(reader)
    check_stanzas(scripted)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_time_stays_a_time(scripted, stream, text):
    views = {view: stream(view) for view in ("payload", "item", "json", "atom")}
    scripted.publish("n", "i", "<entry xmlns='http://www.w3.org/2005/Atom'/>", stamp=text)
    for view, reader in views.items():
        event = reader.next()
        assert event.type == "message"
        if view in ("json", "atom"):
            assert json.loads(event.data)["published"] == text
        assert reader.nothing_within(0.05)
        check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_what_is_said_in_a_room_stays_what_was_said(crossing, scripted, open_direct, text):
    reader = open_direct(crossing, target="/eventsource/room/lobby")
    scripted.wait_joined()
    room, inner = "lobby@rooms.example", text_in_xml(text)
    by_room = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{room}' id={quoted(text)}/>"
    scripted.say_in_room(room, f"<body>{inner}</body>", nick=text)
    scripted.say_in_room(room, f"<subject>{inner}</subject>", nick=text, item_id=text)
    scripted.say_in_room(room, f"<body>{inner}</body>{by_room}")
    said, subject, named = (json.loads(event.data) for event in reader.take(3))
    assert (said["nick"], said["body"], said["id"]) == (text, text, "i")
    assert (subject["nick"], subject["subject"], subject["id"]) == (text, text, text)
    assert (named["body"], named["id"]) == (text, text)
    assert reader.nothing_within(0.05)
    check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_what_a_room_remembers_stays_what_was_said(crossing, scripted, open_direct, text):
    delay = f"<delay xmlns='urn:xmpp:delay' from='lobby@rooms.example' stamp={quoted(text)}/>"
    scripted.history = [f"<{part}>{text_in_xml(text)}</{part}>{delay}" for part in ("body", "subject")]
    reader = open_direct(crossing, target="/eventsource/room/lobby?last=2")
    told = [json.loads(event.data) for event in reader.take(2)]
    assert sorted(one.get("body", one.get("subject")) for one in told) == [text, text]
    assert all((one["stamp"], one["history"]) == (text, True) for one in told)
    assert reader.nothing_within(0.05)
    check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_nick_that_a_room_gives_us_stays_a_nick(crossing, scripted, open_direct, text):
    scripted.nick = text
    reader = open_direct(crossing, target="/eventsource/room/lobby")
    scripted.wait_joined()
    asked = [stanza.get("to") for stanza in list(scripted.stanzas) if stanza.find("{urn:xmpp:ping}ping") is not None]
    assert asked == [f"lobby@rooms.example/{text}"]
    scripted.say_in_room("lobby@rooms.example", "<body>in</body>")
    assert reader.next().type == "message"
    scripted.put_out("lobby@rooms.example", text, text_in_xml(text))
    reader.wait_end()
    wait_until(lambda: "kicked" in crossing.log(), "the kick in the log")
    check_stream(reader)
    check_stanzas(scripted)


@pytest.mark.parametrize("asked, target, told", [("list", "/eventsource/?node=*", "does not list its nodes"),
                                                 ("items", "/eventsource/n", "has no stored items"),
                                                 ("join", "/eventsource/room/lobby", "was refused")])
@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_whatever_is_answered_with_an_error_its_text_stays_in_its_line(crossing, scripted, open_direct, text, asked, target, told):
    scripted.errors[asked] = text_in_xml(text)
    reader = open_direct(crossing, target=target, host="open.example", wait=False).wait_head()
    assert reader.status == (403 if asked == "join" else 200)
    wait_until(lambda: told in crossing.log(), told)
    check_head(reader)
    if reader.status == 200:
        check_stream(reader)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_the_text_of_an_error_stays_in_its_line_of_the_log(crossing, scripted, open_direct, text):
    scripted.refusals["n"] = text_in_xml(text)
    reader = open_direct(crossing, target="/eventsource/n", host="open.example", wait=False).wait_head()
    assert reader.status == 403
    check_head(reader)
    assert "was refused" in crossing.log()


@pytest.mark.parametrize("sender", ["other.example", "pubsub.example/x", "me.example"])
def test_nobody_else_publishes(scripted, stream, sender):
    reader = stream("payload")
    scripted.say(f"<message from='{sender}' to='me.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                 "<items node='n'><item id='i'><p xmlns='urn:x'/></item></items></event></message>")
    assert reader.nothing_within(0.3)
