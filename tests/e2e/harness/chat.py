# SPDX-License-Identifier: MIT
"""A chat room as a page reads it."""
import json

from .worker import Worker


def said(event) -> dict:
    """What a message event of a room holds."""
    assert event.type == "message", event
    return json.loads(event.data)


def listener(room, worker: Worker, number: int = 1) -> str:
    """The worker's nick, once it is in `room`."""
    nick = "eventsource" if number == 1 else f"eventsource-{number}"
    room.wait_for(nick)
    return nick
