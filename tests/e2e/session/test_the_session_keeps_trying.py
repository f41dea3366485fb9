# SPDX-License-Identifier: MIT
"""Whatever the XMPP server does, the worker backs off and comes back; it never ends by itself."""
import socket
import threading
import time

import pytest

from harness.link import Link
from harness.process import wait_until
from harness.publisher import Refused


@pytest.fixture
def link(request):
    """Between a worker and the scenario's server."""
    server = request.getfixturevalue("xmpp" if "xmpp" in request.fixturenames else "prosody")
    link = Link(server.component_port)
    yield link
    link.end()


def test_a_wrong_secret_is_said_without_the_secret_and_tried_again(xmpp, link, own_worker, user):
    worker = own_worker(xmpp={"server": link.address})
    wrong = "an entirely wrong secret"
    worker.secret_file.write_text(wrong + "\n")
    worker.start()
    wait_until(lambda: any(word in worker.log().lower() for word in ("secret", "not-authorized", "handshake")),
               "a line in the log that tells what is wrong", timeout=15)
    with pytest.raises(Refused):
        user("friend").iq("get", "<ping xmlns='urn:xmpp:ping'/>", worker.component)
    wait_until(lambda: link.accepted >= 3, "a third attempt")
    assert worker.process.alive()
    assert wrong not in worker.log() and xmpp.secret not in worker.log()


def test_the_second_of_two_with_one_name_waits_for_the_first(prosody, link, own_worker, user, publisher, node, open_direct):
    """Prosody denies the newcomer with `conflict`."""
    first = own_worker().start().wait_connected(user("friend"))
    second = own_worker(first.component, xmpp={"server": link.address}).start()
    held = open_direct(second, node)
    stream = open_direct(first, node)
    wait_until(lambda: link.accepted >= 3, "the second one's third attempt")
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    assert stream.next()
    assert second.process.alive() and not held.ended.is_set()
    first.end()
    second.wait_connected(user("friend"), timeout=40)
    wait_until(lambda: second.component in publisher.subscribers(node), "the second worker's subscription", 15)
    publisher.publish(node, "<p xmlns='urn:x'>2</p>", "i2")
    assert held.next()


class Silent:
    """A server that accepts, and then says nothing or only the beginning of a stream, or closes at once."""

    def __init__(self, says: bytes = b"", closes: bool = False):
        self.says, self.closes, self.accepted, self.peers = says, closes, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.component_port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.accepted.append(time.monotonic())
            if self.closes:
                peer.close()
                continue
            self.peers.append(peer)
            if self.says:
                peer.sendall(self.says)

    def close(self):
        self.listener.close()
        for peer in self.peers:
            peer.close()


@pytest.mark.parametrize("says", [b"", b"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                                  b"xmlns:stream='http://etherx.jabber.org/streams' id='1' from='x'>"],
                         ids=["nothing at all", "only the stream's head"])
def test_a_server_that_goes_silent_is_given_up_after_ten_seconds(prosody, own_worker, says):
    server = Silent(says)
    try:
        worker = own_worker(xmpp={"server": f"127.0.0.1:{server.component_port}"}).start()
        wait_until(lambda: len(server.accepted) >= 2, "a second attempt", timeout=25, every=0.1)
        assert 8 < server.accepted[1] - server.accepted[0] < 20
        assert worker.process.alive()
    finally:
        server.close()


def test_a_server_that_closes_at_once_is_not_hammered(prosody, own_worker):
    server = Silent(closes=True)
    try:
        own_worker(xmpp={"server": f"127.0.0.1:{server.component_port}"}).start()
        wait_until(lambda: len(server.accepted) >= 5, "a fifth attempt", timeout=30)
        pauses = [later - earlier for earlier, later in zip(server.accepted, server.accepted[1:])]
        assert min(pauses) >= 0.4, "half a second at least, and more each time"
    finally:
        server.close()


def test_the_server_may_be_named_by_its_host_name(prosody, own_worker, user):
    worker = own_worker(xmpp={"server": f"localhost:{prosody.component_port}"})
    worker.start().wait_connected(user("friend"))
