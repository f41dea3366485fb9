# SPDX-License-Identifier: MIT
"""Messages and subjects of a chat room as a page gets them."""
import re
from urllib.parse import quote

import pytest

from harness.chat import said

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_a_message_arrives_live(xmpp, room_worker, room, name, listen):
    talk = room("alice", name)
    stream = listen(room_worker(), name)
    talk.talk("Good morning", "m1")
    message = said(stream.next())
    assert (message["nick"], message["body"]) == ("alice", "Good morning")
    if xmpp.names_messages_of_rooms:
        assert message["id"] not in ("", "m1")
    else:
        assert message["id"] == "m1"
    assert STAMP.fullmatch(message["stamp"]) and "history" not in message and "subject" not in message


@pytest.mark.parametrize("text", ['"quoted" \\ back\\slash', "two\nlines\n\nand more", "<b>&amp; </b><![CDATA[x]]>",
                                  "ünïcödé 🌧 \u2028", "  blanks  ", "data: x\nevent: evil\n\nid: 1"])
def test_a_body_comes_through_intact(room_worker, room, name, listen, text):
    talk = room("alice", name)
    stream = listen(room_worker(), name)
    talk.talk(text)
    assert said(stream.next())["body"] == text
    assert stream.nothing_within(0.2)


def test_a_room_in_another_spelling_is_the_same_room(room_worker, room, name, listen):
    """Servers answer from the JID as they spell it (stringprep)."""
    talk, worker = room("alice", name), room_worker()
    streams = [listen(worker, quote(spelling)) for spelling in (name.upper(), name.replace("public", "ｐub\u00adlic"))]
    talk.talk("Good morning")
    for stream in streams:
        assert said(stream.next())["body"] == "Good morning"
    assert talk.has("eventsource") and not talk.has("eventsource-2")


def test_what_was_said_before_is_marked(room_worker, room, name, listen):
    talk = room("alice", name)
    for number in range(3):
        talk.talk(f"before {number}", f"b{number}")
    stream = listen(room_worker(), name, "?last=2")
    old = [said(event) for event in stream.take(2)]
    assert [one["body"] for one in old] == ["before 1", "before 2"] and all(one["history"] for one in old)
    assert all(STAMP.fullmatch(one["stamp"]) for one in old)
    talk.talk("after")
    assert "history" not in said(stream.next())


def test_a_stream_that_begins_now_is_not_told_what_was_before(room_worker, room, name, listen):
    talk = room("alice", name)
    talk.subject("weather")
    talk.talk("before")
    stream = listen(room_worker(), name)
    talk.talk("after")
    assert said(stream.next())["body"] == "after"


def test_a_change_of_subject_arrives(room_worker, room, name, listen):
    talk = room("alice", name)
    stream = listen(room_worker(), name)
    talk.subject("the \"weather\"")
    message = said(stream.next())
    assert (message["nick"], message["subject"]) == ("alice", "the \"weather\"") and "body" not in message


def test_the_subject_is_among_what_was_there(room_worker, room, name, listen):
    talk = room("alice", name)
    talk.subject("weather")
    stream = listen(room_worker(), name, "?last=5")
    message = said(stream.next())
    assert message["subject"] == "weather" and message["history"] is True
    assert stream.nothing_within(0.3)


def test_private_messages_and_comings_and_goings_are_not_shown(room_worker, room, name, listen):
    talk = room("alice", name)
    stream = listen(room_worker(), name)
    talk.wait_for("eventsource")
    talk.whisper("eventsource", "a secret")
    other = room("bob", name)
    other.rename("robert")
    other.leave()
    talk.configure(persistentroom=1, roomdesc="changed")
    talk.talk("for all")
    assert said(stream.next())["body"] == "for all"
    assert stream.nothing_within(0.3)


def test_streams_share_one_listener(room_worker, room, name, listen):
    talk = room("alice", name)
    worker = room_worker()
    streams = [listen(worker, name) for _ in range(6)] + [listen(worker, f"{name}@{talk.user.server.room_service}")]
    talk.talk("once")
    for stream in streams:
        assert said(stream.next())["body"] == "once"
        assert stream.nothing_within(0.1)
    assert not talk.has("eventsource-2")


def test_the_listener_leaves_a_linger_after_its_last_stream(room_worker, room, name, listen):
    talk = room("alice", name)
    stream = listen(room_worker(), name)
    talk.wait_for("eventsource")
    stream.close()
    talk.wait_gone("eventsource")


def test_a_worker_that_ends_leaves_its_rooms(room_worker, room, name, listen):
    talk = room("alice", name)
    worker = room_worker()
    listen(worker, name)
    talk.wait_for("eventsource")
    worker.end()
    talk.wait_gone("eventsource")


def test_the_nick_is_configurable(room_worker, room, name, listen):
    talk = room("alice", name)
    listen(room_worker(nick="Zuhörer 1"), name)
    talk.wait_for("Zuhörer 1")


def test_a_sender_does_not_make_up_when_a_live_message_was_sent(room_worker, room, name, listen):
    talk = room("alice", name)
    stream = listen(room_worker(), name)
    talk.user.send(f"<message type='groupchat' to='{talk.jid}' id='m1'><body>now</body>"
                   f"<delay xmlns='urn:xmpp:delay' from='{talk.jid}' stamp='2001-01-01T00:00:00Z'/></message>")
    message = said(stream.next())
    assert message["body"] == "now" and not message["stamp"].startswith("2001") and "history" not in message
