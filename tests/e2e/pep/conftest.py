# SPDX-License-Identifier: MIT
import itertools

import pytest

from harness.accounts import ALL_ACCOUNTS
from harness.social import *  # noqa: F401,F403

_numbers = itertools.count(1)


@pytest.fixture
def accounts_worker(xmpp, own_worker, user):
    """A worker that may read every account of localhost, and by name the first pubsub service."""
    services = [{"jid": xmpp.pubsub, "hosts": ["push.example.org"]}, ALL_ACCOUNTS]
    return own_worker(services=services, stream={"heartbeat": "1s", "recheck": "2s", "linger": "1s"}).start().wait_connected(
        user("friend"))


@pytest.fixture
def alice(user):
    """alice with her account's nodes meant."""
    return user("alice").at("alice@localhost")


@pytest.fixture
def own_node(xmpp, alice):
    """own_node(): an open node of alice's; on ejabberd one whose configuration lets components have it live."""
    def make(**options):
        return alice.create(f"public:node{next(_numbers)}", **{"access_model": "open", "persist_items": 1, "max_items": 20, **options})
    return make
