# SPDX-License-Identifier: MIT
"""Where the room gives its messages IDs (XEP-0359), those count; and a room without EventSource."""
import json

import pytest

from harness.chat import said
from harness.ejabberd import Ejabberd
from harness.prosody import Prosody
from harness.room import Room

STANZA_ID = "{urn:xmpp:sid:0}stanza-id"


@pytest.mark.parametrize("own_server", [Prosody, Ejabberd], indirect=True, ids=["prosody", "ejabberd"])
def test_the_rooms_ids_count_and_resume_works(own_server, own_worker, user, listen):
    own_server.__init__(own_server.folder, people=True, rooms=True, archive=True)
    own_server.start()
    worker = own_worker(services=[], room_services=[{"jid": own_server.room_service, "rooms": ["public-*"]}])
    worker.start().wait_connected(user("friend"))
    alice = user("alice")
    talk = Room(alice, "public-archived")
    stream = listen(worker, "public-archived")
    talk.talk("one", "m1")
    ids = [one.get("id") for message in list(alice.messages) for one in message.iter(STANZA_ID) if one.get("by") == talk.jid]
    event = stream.next()
    assert said(event)["id"] == ids[-1] != "m1"
    worker.end()
    talk.talk("two", "m2")
    worker.start().wait_connected(user("friend"))
    stream = listen(worker, "public-archived", last_event_id=event.last_event_id)
    assert said(stream.next())["body"] == "two"
    assert stream.nothing_within(0.3)


def test_a_room_can_be_read_without_eventsource(room_worker, room, name, open_direct):
    talk, worker = room("alice", name), room_worker()
    for text in ("one", "two"):
        talk.talk(text)
    answer = open_direct(worker, target=f"/eventsource/room/{name}", wait=False, HTTP_ACCEPT="application/json").wait_head()
    assert answer.status == 200
    answer.wait_end()
    feed = json.loads(answer.raw.decode())
    assert "one" in json.dumps(feed["items"]) and "two" in json.dumps(feed["items"]) and len(feed["items"]) == 2
