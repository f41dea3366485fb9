# SPDX-License-Identifier: MIT
"""A worker between a scripted XMPP server and a test that plays the web server: both say what no honest one would."""
import pytest

from harness.crossings import LOG_LINE
from harness.fixtures import *  # noqa: F401,F403
from harness.scripted_xmpp import ScriptedXmpp
from harness.tokens import SECRET
from harness.worker import Worker

@pytest.fixture
def scripted():
    server = ScriptedXmpp()
    yield server
    server.stop()


@pytest.fixture
def crossing(scripted, folder):
    """A worker with three services at one name: open, for users, and for tokens."""
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    services = [{"jid": scripted.pubsub, "hosts": ["open.example"]},
                {"jid": scripted.pubsub2, "hosts": ["user.example"], "access": "user"},
                {"jid": "pubsub3.example", "hosts": ["token.example"], "access": "token"}]
    worker = Worker(folder, scripted, services=services, token={"keys": ["key"], "query": True},
                    stream={"heartbeat": "1s", "discover": "1s"}, log={"level": "trace"}).start()
    scripted.wait_ready()
    yield worker
    worker.stop_if_running()
    lines = worker.log().split("\n")
    assert all(LOG_LINE.fullmatch(line) for line in lines[:-1]) and not lines[-1], worker.log()
