# SPDX-License-Identifier: MIT
"""Seen on the wire: whatever Host, path or PUBSUB_SERVICE name, stanzas go to configured JIDs alone."""
import re

import pytest

from harness.accounts import ALL_ACCOUNTS, target
from harness.link import Link


class Tap(Link):
    """Keeps what the worker sends."""

    def __init__(self, target: int):
        super().__init__(target)
        self.sent = b""

    def _pass_on(self, client, server):
        tap = self

        class Tapped:
            """`server` as _pass_on uses it."""

            def __getattr__(self, name):
                return getattr(server, name)

            def sendall(self, block):
                tap.sent += block
                server.sendall(block)
        super()._pass_on(client, Tapped())

    def addressees(self) -> set:
        return {jid.decode() for jid in re.findall(rb"""<iq[^>]* to=["']([^"']*)""", self.sent)}


@pytest.fixture
def tap(xmpp):
    link = Tap(xmpp.component_port)
    yield link
    link.end()


def test_only_configured_jids_are_addressed(xmpp, tap, own_worker, user, alice, own_node, open_direct):
    node = own_node()
    worker = own_worker(services=[{"jid": xmpp.pubsub}, ALL_ACCOUNTS, {"jid": "pubsub.*.example"}],
                        xmpp={"server": tap.address}).start().wait_connected(user("friend"))
    for jid in ("alice@other.example", "alice@localhost.example", "pubsub.x@evil.example", xmpp.pubsub2, "localhost",
                "evil.example"):
        assert open_direct(worker, target=target(node, jid), wait=False).wait_head().status == 404
        assert open_direct(worker, node, host="evil.example", wait=False, PUBSUB_SERVICE=jid).wait_head().status == 404
    assert open_direct(worker, target=target(node), wait=False).wait_head().status == 200
    # "localhost" is asked which server it is, since alice's account tells strangers nothing.
    own = {"", worker.component}
    assert tap.addressees() - own - {jid for jid in tap.addressees() if jid.startswith("friend@")} == {
        xmpp.pubsub, "alice@localhost", "localhost"}
