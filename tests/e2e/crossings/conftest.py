# SPDX-License-Identifier: MIT
"""A worker between a scripted XMPP server and a test that plays the web server: both say what no honest one would."""
import pytest

from harness.crossings import check_log
from harness.fixtures import *  # noqa: F401,F403
from harness.tokens import SECRET
from harness.worker import Worker, metric


@pytest.fixture
def crossing(scripted, folder):
    """A worker with services that are open, for users, and for tokens, and with all accounts, services and rooms of a kind."""
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    services = [{"jid": scripted.pubsub, "hosts": ["open.example"]},
                {"jid": scripted.pubsub2, "hosts": ["user.example"], "access": "user"},
                {"jid": "pubsub3.example", "hosts": ["token.example"], "access": "token"},
                {"jid": "*@accounts.example"}, {"jid": "pubsub.*.example"}]
    worker = Worker(folder, scripted, services=services, room_services=[{"jid": "rooms.example", "rooms": ["*"]}],
                    token={"keys": ["key"], "query": True}, stream={"heartbeat": "1s", "discover": "1s"}, log={"level": "trace"}).start()
    scripted.wait_ready()
    begun_as = worker.pid
    yield worker
    assert worker.process.alive() and worker.pid == begun_as, f"the worker ended with {worker.process.returncode}"
    assert metric(worker, "streams_opened_total") >= 0, "it still answers"
    worker.stop_if_running()
    check_log((worker.folder / "worker.log").read_bytes())
