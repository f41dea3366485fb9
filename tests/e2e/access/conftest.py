# SPDX-License-Identifier: MIT
import itertools

import pytest

from harness.fixtures import _server_of, _subfolder
from harness.social import *  # noqa: F401,F403
from harness.tokens import SECRET
from harness.worker import HOST, Worker

_numbers = itertools.count(1)

# How the shared workers guard the first pubsub service: by the rule of that name, and all by these.
NODES = {"nodes": ["n*", "denied*"], "deny": ["denied*"]}
RULES = {
    "open": {},
    "user-at-component": {"access": "user", "ask_every": "2s"},
    "owner": {"access": "user", "ask_as": "owner", "user_jid": "{user}@localhost", "ask_every": "2s"},
    "privileged": {"access": "user", "ask_as": "privileged", "user_jid": "{user}@localhost", "ask_every": "2s"},
    "token": {"access": "token"},
}


@pytest.fixture(scope="session")
def _guards():
    return {}


@pytest.fixture
def guard(request, servers, run_folder, _guards):
    """guard("owner"): the worker that guards the service by that rule; made when it is first asked for. It must not be stopped."""
    server = _server_of(request, servers)

    def make(rule: str) -> Worker:
        if (server.name, rule) not in _guards:
            folder = _subfolder(run_folder, "g")
            (folder / "key").write_text(SECRET)
            (folder / "key").chmod(0o600)
            worker = Worker(folder, server, server.components[list(RULES).index(rule)],
                            services=[{"jid": server.pubsub, "hosts": [HOST], **NODES, **RULES[rule]}],
                            stream={"heartbeat": "1s"}, token={"keys": ["key"]} if rule == "token" else None)
            servers.closing.callback(worker.stop_if_running)
            worker.start().wait_connected(servers.user(server, "friend"))
            _guards[server.name, rule] = worker
        return _guards[server.name, rule]
    return make


@pytest.fixture
def own_worker(request, servers, own_worker):
    """The usual one; its components are others than the guards'."""
    server, free = _server_of(request, servers), len(RULES)

    def make(component: str = None, **options) -> Worker:
        return own_worker(component or server.components[free + next(_numbers) % (len(server.components) - free)], **options)
    return make
