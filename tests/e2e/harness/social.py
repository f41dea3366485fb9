# SPDX-License-Identifier: MIT
"""Fixtures for scenarios that need people with nodes of their own, chat rooms or privileges: both servers with all of it.

A folder's conftest.py takes them instead of the plain servers with `from harness.social import *`; everything else
(`publisher`, `user`, `worker`, `web`, …) then uses these servers.
"""
import pytest

from .ejabberd import Ejabberd
from .fixtures import _Servers, _subfolder
from .prosody import COMPONENTS, Prosody
from .room import Room

__all__ = ["servers", "xmpp", "prosody", "ejabberd", "room"]


class _SocialServers(_Servers):
    def server(self, name: str):
        if name not in self._servers:
            kind, more = {"prosody": (Prosody, {}), "ejabberd": (Ejabberd, {"all_nodes": True})}[name]
            server = kind(_subfolder(self.run_folder, name), people=True, rooms=True, privileged=COMPONENTS, **more)
            self.closing.callback(server.stop)
            self._servers[name] = server.start()
        return self._servers[name]


@pytest.fixture(scope="session")
def servers(run_folder):
    servers = _SocialServers(run_folder)
    with servers.closing:
        yield servers


@pytest.fixture(scope="session", params=["prosody", "ejabberd"])
def xmpp(request, servers):
    return servers.server(request.param)


@pytest.fixture(scope="session")
def prosody(servers):
    return servers.server("prosody")


@pytest.fixture(scope="session")
def ejabberd(servers):
    return servers.server("ejabberd")


@pytest.fixture
def room(user):
    """room("alice", "lobby"): alice enters the room lobby; more arguments: Room's."""
    def make(who: str = "alice", *arguments, **options) -> Room:
        return Room(user(who), *arguments, **options)
    return make
