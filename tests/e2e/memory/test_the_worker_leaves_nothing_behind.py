# SPDX-License-Identifier: MIT
"""The worker under valgrind, through whatever ends an XMPP session: no invalid access, and no lost block when it ends.

There are no suppressions. What is reachable until the end (libraries' own tables) does not count as lost.
"""
import shutil
import socket
import threading

import pytest

from harness.link import Link
from harness.process import Process, wait_until
from harness.worker import binary

pytestmark = [pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind (deploy/install.sh test)"),
              pytest.mark.timeout(300)]

PATIENCE = 120  # seconds; valgrind is twenty times slower, and the machine may be busy


class Watched:
    """A worker of the harness, started under valgrind."""

    def __init__(self, worker):
        self.worker, self.report = worker, worker.folder / "valgrind.log"
        worker.process = Process(
            ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect",
             "--error-exitcode=99", f"--log-file={self.report}", binary(), "--config", worker.config], worker.folder / "worker.log")
        for address in worker.addresses():
            worker.process.wait_listening(address, PATIENCE)

    def wait_log(self, *words: str, count: int = 1) -> None:
        wait_until(lambda: sum(self.worker.log().count(word) for word in words) >= count, f"{words} in the log", PATIENCE, 0.1)

    def end(self) -> None:
        code = self.worker.end(PATIENCE)
        assert code == 0, f"{code}: {self.report.read_text()[-4000:]}"
        assert "ERROR SUMMARY: 0 errors" in self.report.read_text()


def test_connect_stream_and_reconnect(own_server, own_worker, user, open_direct):
    own_server.start()
    publisher = user("publisher")
    publisher.create("news")
    link = Link(own_server.component_port)
    worker = own_worker(xmpp={"server": link.address, "max_backoff": "1s"}, stream={"heartbeat": "1s"})
    watched = Watched(worker)
    worker.wait_connected(user("friend"), PATIENCE)
    streams = [open_direct(worker, target=target) for target in ("/eventsource/news?last=5", "/eventsource/?node=news&node=n*")]
    for number in range(3):
        publisher.publish("news", f"<p xmlns='urn:x'>{number}</p>", f"i{number}")
        for stream in streams:
            wait_until(lambda: f">{number}<".encode() in stream.raw, f"item {number}", PATIENCE, 0.1)
        link.cut()
        watched.wait_log("XMPP session ready", count=number + 2)
    own_server.stop()
    watched.wait_log("no XMPP session")
    own_server.start()
    watched.wait_log("XMPP session ready", count=5)
    for stream in streams:
        stream.close()
    watched.end()
    link.end()


def test_a_wrong_secret(prosody, own_worker):
    worker = own_worker()
    worker.secret_file.write_text("an entirely wrong secret\n")
    watched = Watched(worker)
    watched.wait_log("no XMPP session")
    watched.end()


def test_a_conflict(prosody, own_worker, user):
    first = own_worker().start().wait_connected(user("friend"))
    watched = Watched(own_worker(first.component))
    watched.wait_log("conflict")
    watched.end()


def test_an_unknown_host(prosody, own_worker):
    watched = Watched(own_worker("nobody-configured-this.localhost"))
    watched.wait_log("no XMPP session")
    watched.end()


@pytest.mark.parametrize("says", [b"", b"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                                  b"xmlns:stream='http://etherx.jabber.org/streams' id='1' from='x'><half"],
                         ids=["nothing at all", "half a stanza"])
def test_a_server_that_stalls(prosody, own_worker, says):
    listener, peers = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        while True:
            try:
                peers.append(listener.accept()[0])
                peers[-1].sendall(says)
            except OSError:
                return
    threading.Thread(target=serve, daemon=True).start()
    watched = Watched(own_worker(xmpp={"server": f"127.0.0.1:{listener.getsockname()[1]}"}))
    wait_until(lambda: peers, "a connection", PATIENCE)
    watched.wait_log("no XMPP session")
    watched.end()
    listener.close()
