# SPDX-License-Identifier: MIT
"""When the XMPP server is away, a stream is a 200 that is held open; nothing else would bring a browser back."""
import pytest

from harness.ejabberd import Ejabberd
from harness.fixtures import wait_subscribed
from harness.process import wait_until
from harness.prosody import Prosody

both = pytest.mark.parametrize("own_server", [Prosody, Ejabberd], indirect=True, ids=["prosody", "ejabberd"])


@both
def test_a_stream_opened_before_the_server_is_up_gets_its_items_later(own_server, own_worker, user, framing, open_direct):
    own_server.start()
    user("publisher").create("early")
    own_server.stop()
    worker = own_worker(stream={"heartbeat": "1s"}).start()
    stream = open_direct(worker, "early", framing)
    wait_until(lambda: stream.parser.comments, "heartbeats while nothing else can be said", timeout=5)
    own_server.start()
    publisher = user("publisher")
    wait_subscribed(publisher, "early", worker, timeout=40)
    publisher.publish("early", "<p xmlns='urn:x'/>", "i1")
    assert stream.next().type == "message"
    assert stream.opened == 1


@both
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_stream_goes_on_after_the_server_was_away(own_server, own_worker, user, open_direct, how):
    own_server.start()
    user("publisher").create("lasting")
    worker = own_worker().start().wait_connected(user("friend"))
    stream = open_direct(worker, "lasting")
    user("publisher").publish("lasting", "<p xmlns='urn:x'>before-it-was-away</p>", "i1")
    assert "before-it-was-away" in stream.next().data
    if how == "killed":  # ejabberd's database writes to the disk every now and then
        wait_until(lambda: any(b"before-it-was-away" in path.read_bytes() for path in own_server.folder.rglob("*") if path.is_file()),
                   "the item to be on the disk", every=0.1)
    own_server.stop() if how == "stopped" else own_server.kill()
    own_server.start()
    worker.wait_connected(user("friend"), timeout=40)
    publisher = user("publisher")
    wait_subscribed(publisher, "lasting", worker)
    publisher.publish("lasting", "<p xmlns='urn:x'>after</p>", "i2")
    events = [stream.next()]
    while "after" not in events[-1].data:
        events.append(stream.next())
    assert not stream.ended.is_set()


def test_a_node_that_turns_out_to_be_missing_ends_its_held_stream(own_server, own_worker, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start()
    stream = open_direct(worker, "nobody-made-this")
    own_server.start()
    # The 200 is said already: what is left is to end it. The browser comes back and gets the 404.
    stream.wait_end(40)
    again = open_direct(worker, "nobody-made-this", wait=False)
    assert again.wait_head().status == 404
