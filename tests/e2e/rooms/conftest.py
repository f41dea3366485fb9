# SPDX-License-Identifier: MIT
import itertools

import pytest

from harness.social import *  # noqa: F401,F403

_numbers = itertools.count(1)


@pytest.fixture
def name():
    """A room's name of the scenario's own, which the workers may read."""
    return f"public-{next(_numbers)}"


@pytest.fixture
def room_worker(xmpp, own_worker, user):
    """room_worker(): a started worker that may read public rooms, and no pubsub service at all."""
    def make(component: str = None, rooms=("public-*",), stream=None, token=None, **more):
        worker = own_worker(component, services=[], room_services=[{"jid": xmpp.room_service, "rooms": list(rooms), **more}],
                            stream={"heartbeat": "1s", "recheck": "2s", "linger": "1s", **(stream or {})},
                            token=token)
        return worker.start().wait_connected(user("friend"))
    return make


@pytest.fixture
def listen(open_direct):
    """listen(worker, "lobby"): the room's stream; more arguments: open_direct's."""
    def make(worker, name: str, query: str = "", **more):
        return open_direct(worker, target=f"/eventsource/room/{name}{query}", **more)
    return make
