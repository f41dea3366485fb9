# SPDX-License-Identifier: MIT
"""Resume, restarts and several workers."""
import pytest

from harness.chat import said
from harness.ejabberd import Ejabberd
from harness.link import Link
from harness.process import wait_until
from harness.prosody import Prosody
from harness.room import Room


def bodies(events) -> list:
    return [said(event).get("body", said(event).get("subject")) for event in events]


def test_a_restarted_worker_goes_on_exactly(room_worker, user, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    for text in ("one", "two"):
        talk.talk(text)
    last = stream.take(2)[-1].last_event_id
    worker.end()
    talk.talk("three")
    talk.subject("weather")
    talk.talk("four")
    worker.start().wait_connected(user("friend"))
    stream = listen(worker, name, last_event_id=last)
    events = bodies(stream.take(3))
    # Where the server does not say when a subject was set, it comes last; nothing else may.
    assert [text for text in events if text != "weather"] == ["three", "four"] and "weather" in events
    talk.talk("five")
    assert bodies([stream.next()]) == ["five"]


def test_a_killed_worker_goes_on_exactly(room_worker, user, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    talk.talk("one")
    last = stream.next().last_event_id
    worker.stop_if_running()
    talk.talk("two")
    worker.start().wait_connected(user("friend"))
    stream = listen(worker, name, last_event_id=last)
    assert bodies([stream.next()]) == ["two"]
    talk.talk("three")
    assert bodies([stream.next()]) == ["three"]


def test_what_was_missed_comes_from_memory(room_worker, room, name, listen):
    talk, worker = room("alice", name), room_worker(stream={"linger": "30s"})
    stream = listen(worker, name)
    talk.talk("one")
    last = stream.next().last_event_id
    stream.close()
    for text in ("two", "three"):
        talk.talk(text)
    assert bodies(listen(worker, name, last_event_id=last).take(2)) == ["two", "three"]


def test_another_worker_goes_on(xmpp, room_worker, room, name, listen):
    talk = room("alice", name)
    first, second = room_worker("eventsource2.localhost"), room_worker("eventsource3.localhost")
    streams = [listen(first, name), listen(second, name)]
    wait_until(lambda: talk.has("eventsource") and talk.has("eventsource-2"), "two listeners", 10)
    talk.talk("one")
    last = [said(stream.next()) and stream for stream in streams][0].parser.last_event_id
    talk.talk("two")
    for stream in streams:
        assert bodies([stream.next()]) == ["two"]
        assert stream.nothing_within(0.1)
    assert bodies([listen(second, name, last_event_id=last).next()]) == ["two"]


def test_messages_of_one_id_or_none_are_told_apart(room_worker, user, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    for text in ("one", "two", "three"):
        talk.talk(text, "always-the-same")
    last = stream.take(3)[0].last_event_id
    worker.restart().wait_connected(user("friend"))
    assert bodies(listen(worker, name, last_event_id=last).take(2)) == ["two", "three"]
    assert bodies(listen(worker, name, "?last=3").take(3)) == ["one", "two", "three"]


def test_a_broken_connection_loses_nothing(xmpp, own_worker, user, room, name, listen):
    link = Link(xmpp.component_port)
    try:
        worker = own_worker(services=[], room_services=[{"jid": xmpp.room_service, "rooms": ["public-*"]}],
                            xmpp={"server": link.address}, stream={"heartbeat": "1s"})
        worker.start().wait_connected(user("friend"))
        talk = room("alice", name)
        stream = listen(worker, name)
        talk.talk("one")
        assert bodies([stream.next()]) == ["one"]
        link.close()
        for text in ("two", "three"):
            talk.talk(text)
        link.open()
        worker.wait_connected(user("friend"), timeout=30)
        old = [said(event) for event in stream.take(2)]
        assert [one["body"] for one in old] == ["two", "three"]
        talk.talk("four")
        assert bodies([stream.next()]) == ["four"]
    finally:
        link.end()


@pytest.mark.parametrize("own_server", [Prosody, Ejabberd], indirect=True, ids=["prosody", "ejabberd"])
def test_a_restarted_server_is_entered_again(own_server, own_worker, user, listen):
    own_server.__init__(own_server.folder, people=True, rooms=True)
    own_server.start()
    worker = own_worker(services=[], room_services=[{"jid": own_server.room_service, "rooms": ["public-*"]}],
                        stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    talk = Room(user("alice"), "public-lasting")
    talk.configure(persistentroom=1)
    stream = listen(worker, "public-lasting")
    talk.talk("before")
    assert bodies([stream.next()]) == ["before"]
    own_server.restart()
    worker.wait_connected(user("friend"), timeout=40)
    talk = Room(user("alice"), "public-lasting")
    talk.wait_for("eventsource", timeout=20)
    talk.talk("after")
    events = [stream.next()]
    while events[-1].type != "message":
        events.append(stream.next())  # status, if it took longer than a second
    assert bodies(events[-1:]) == ["after"] and not any(event.type == "reset" for event in events)
