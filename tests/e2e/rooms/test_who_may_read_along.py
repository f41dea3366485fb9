# SPDX-License-Identifier: MIT
"""deploy/README.md, "Access control", the table of rooms, row by row on both servers; and when a stream that a token opened ends.

A cell is a word of the dictionaries below, or several between commas, each of which is tried.
"""
import itertools

import pytest

from harness.chat import said
from harness.eventsource import ends_with_retry
from harness.pages import OPERATORS, table
from harness.tokens import SECRET, bearer

COLUMNS = ("rooms' access", "room", "reader")
SERVERS = {"prosody": "Prosody", "ejabberd": "ejabberd"}

ROOMS = {"public": ("public-{}", {}), "members-only": ("public-{}", {"membersonly": 1}),
         "password": ("public-{}", {"passwordprotectedroom": 1, "roomsecret": "sesame"}),
         "not in `rooms`": ("other-{}", {}), "in `deny`": ("public-denied-{}", {})}
READERS = {"nobody known": lambda room: {}, "names the room": lambda room: bearer(room.name), "names its kind": lambda room: bearer("*"),
           "names its service": lambda room: bearer("*", aud=["x", room.jid.partition("@")[2]]),
           "does not name it": lambda room: bearer("another"), "none": lambda room: {},
           "expired": lambda room: bearer(room.name, seconds=-60), "wrong key": lambda room: bearer(room.name, secret="x" * 40),
           "for another service": lambda room: bearer(room.name, aud="pubsub.localhost")}
TOKENS = {"open": ["nobody known"], "token": list(READERS)[1:]}


@pytest.fixture
def guarded(room_worker, folder):
    """guarded("token"): a worker that guards rooms by that rule."""
    def make(access: str):
        (folder / "key").write_text(SECRET)
        (folder / "key").chmod(0o600)
        return room_worker(access=access, deny=["*-denied-*"], token={"keys": [str(folder / "key")]} if access == "token" else None)
    return make


def cases() -> list:
    found = []
    for server, row in itertools.product(SERVERS, table(OPERATORS, *COLUMNS, *SERVERS.values())):
        for access in row["rooms' access"].split(", "):
            readers = TOKENS[access] if row["reader"] == "anybody" else row["reader"].split(", ")
            found += [(server, access, room, reader, int(row[SERVERS[server]]))
                      for room in row["room"].split(", ") for reader in readers]
    assert all(room in ROOMS and reader in READERS for _, _, room, reader, _ in found), "the page's table has another word"
    return found


@pytest.mark.parametrize("xmpp, access, kind, reader, expected", cases(), indirect=["xmpp"], scope="session", ids=str)
def test_who_may_read_along(xmpp, guarded, room, name, listen, access, kind, reader, expected):
    pattern, options = ROOMS[kind]
    talk, worker = room("alice", pattern.format(name), **options), guarded(access)
    stream = listen(worker, talk.name, wait=False, **READERS[reader](talk)).wait_head()
    assert stream.status == expected, stream.text()
    if expected != 200:
        assert not talk.has("eventsource"), "a room is entered for nobody who may not read"
        return
    talk.talk("Good morning")
    assert said(stream.next())["body"] == "Good morning"


def test_a_stream_ends_with_its_token(xmpp, guarded, room, name, listen):
    room("alice", name)
    stream = listen(guarded("token"), name, **bearer(name, seconds=3))
    assert not stream.ended.wait(0.5)
    stream.wait_end(6)
    assert ends_with_retry(stream.bodies[0]), "so the browser comes back"
