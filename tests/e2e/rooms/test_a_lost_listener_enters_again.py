# SPDX-License-Identifier: MIT
"""A room that has put the listener out, or lost it without a word, is entered again (XEP-0410)."""
import pytest

from harness.chat import said
from harness.link import Link
from harness.process import wait_until


class Meddler(Link):
    """Says things in the worker's name, and can keep from it what answers them."""

    def __init__(self, target: int):
        super().__init__(target)
        self._server, self.hides, self.hidden = None, None, 0

    def _pass_on(self, client, server):
        self._server, meddler = server, self

        class Filtered:
            """`client` as _pass_on uses it."""

            def fileno(self):
                return client.fileno()

            def recv(self, count):
                return client.recv(count)

            def sendall(self, block):
                if meddler.hides and meddler.hides in block:
                    meddler.hidden += 1
                else:
                    client.sendall(block)
        super()._pass_on(Filtered(), server)

    def say(self, stanza: str) -> None:
        self._server.sendall(stanza.encode())


@pytest.fixture
def meddler(xmpp):
    link = Meddler(xmpp.component_port)
    yield link
    link.end()


@pytest.mark.parametrize("told", [True, False], ids=["told", "without a word"])
def test_it_enters_again(xmpp, meddler, own_worker, user, room, name, listen, told):
    worker = own_worker(services=[], room_services=[{"jid": xmpp.room_service, "rooms": ["public-*"]}],
                        xmpp={"server": meddler.address}, stream={"recheck": "1s"}).start().wait_connected(user("friend"))
    talk = room("alice", name)
    stream = listen(worker, name)
    talk.talk("before")
    assert said(stream.next())["body"] == "before"
    meddler.hides = None if told else b"unavailable"
    meddler.say(f"<presence from='{worker.component}' to='{talk.jid}/eventsource' type='unavailable'/>")
    talk.wait_gone("eventsource")
    if not told:
        wait_until(lambda: meddler.hidden, "the room's word kept from it", 5)
    meddler.hides = None
    talk.talk("missed")
    talk.wait_for("eventsource", timeout=20)
    message = said(stream.next())
    assert message["body"] == "missed" and message["history"]
    talk.talk("live")
    assert said(stream.next())["body"] == "live"
    assert told or "entering again" in worker.log()
