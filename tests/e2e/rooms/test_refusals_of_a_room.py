# SPDX-License-Identifier: MIT
"""A room that may not be read, is not there, or is not there any more."""
import pytest

from harness.chat import said
from harness.process import wait_until
from harness.publisher import Refused


def status_of(stream) -> int:
    return stream.wait_head().status


@pytest.mark.parametrize("options", [{"membersonly": 1}, {"passwordprotectedroom": 1, "roomsecret": "sesame"}])
def test_a_closed_room_is_forbidden(room_worker, room, name, listen, options):
    room("alice", name, **options)
    assert status_of(listen(room_worker(), name, wait=False)) == 403


def test_a_banned_listener_is_forbidden(room_worker, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    talk.ban(worker.component)
    assert status_of(listen(worker, name, wait=False)) == 403


def test_a_missing_room_is_not_found_and_not_made(xmpp, room_worker, user, name, listen):
    assert status_of(listen(room_worker(), name, wait=False)) == 404
    with pytest.raises(Refused, match="item-not-found"):
        user("alice").iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", f"{name}@{xmpp.room_service}")


def test_a_room_that_is_not_listed_is_not_entered(room_worker, room, listen):
    talk = room("alice")
    worker = room_worker(rooms=["lobby", "public-*"])
    assert status_of(listen(worker, talk.name, wait=False)) == 404
    assert status_of(listen(worker, talk.jid, wait=False)) == 404
    assert not talk.has("eventsource")


def test_a_kick_ends_the_stream_and_the_next_may_enter(room_worker, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    talk.wait_for("eventsource")
    talk.kick("eventsource", "go\naway")
    stream.wait_end()
    again = listen(worker, name)
    talk.talk("hello again")
    assert said(again.next())["body"] == "hello again"


def test_a_ban_ends_the_stream_for_good(room_worker, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    talk.wait_for("eventsource")
    talk.ban(worker.component)
    stream.wait_end()
    assert status_of(listen(worker, name, wait=False)) == 403


def test_a_room_for_members_alone_from_now_on_ends_the_stream(room_worker, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    talk.wait_for("eventsource")
    talk.configure(membersonly=1, persistentroom=1)
    stream.wait_end()
    assert status_of(listen(worker, name, wait=False)) == 403


def test_a_destroyed_room_is_told_and_gone(room_worker, room, name, listen):
    talk, worker = room("alice", name), room_worker()
    stream = listen(worker, name)
    talk.wait_for("eventsource")
    talk.destroy("closing time")
    assert stream.next().type == "delete"
    stream.wait_end()
    assert status_of(listen(worker, name, wait=False)) == 404
    wait_until(lambda: "was destroyed" in worker.log(), "the reason in the log", 5)
