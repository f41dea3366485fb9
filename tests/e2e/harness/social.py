# SPDX-License-Identifier: MIT
"""Fixtures for scenarios that need people with nodes of their own, chat rooms or privileges: both servers with all of it.

A folder's conftest.py takes them instead of the plain servers with `from harness.social import *`; everything else
(`publisher`, `user`, `worker`, `web`, …) then uses these servers.
"""
from functools import partial

import pytest

from .ejabberd import Ejabberd
from .fixtures import _Servers, ejabberd, prosody, xmpp
from .prosody import COMPONENTS, Prosody
from .room import Room

# The three servers' fixtures are the usual ones; that the folder takes them anew keeps its servers apart from the plain ones.
__all__ = ["servers", "xmpp", "prosody", "ejabberd", "room"]


class _SocialServers(_Servers):
    kinds = {"prosody": partial(Prosody, people=True, rooms=True, privileged=COMPONENTS),
             "ejabberd": partial(Ejabberd, people=True, rooms=True, all_nodes=True)}


@pytest.fixture(scope="session")
def servers(run_folder):
    servers = _SocialServers(run_folder)
    with servers.closing:
        yield servers


@pytest.fixture
def room(user):
    """room("alice", "lobby"): alice enters the room lobby; more arguments: Room's."""
    def make(who: str = "alice", *arguments, **options) -> Room:
        return Room(user(who), *arguments, **options)
    return make
