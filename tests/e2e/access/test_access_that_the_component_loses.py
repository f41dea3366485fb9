# SPDX-License-Identifier: MIT
"""A node is made private, or its owner shuts the component out. Nobody tells, and ejabberd even goes on notifying: the
worker finds out when it asks, at the latest at the next re-check (2 s here)."""
import pytest

from harness.eventsource import ends_with_retry
from harness.process import wait_until

RECHECK = 2
WITHIN = RECHECK + 8  # and time for the answers, on a busy machine

WITHDRAW = {
    "outcast": lambda publisher, node, jid: publisher.revoke(node, jid, "outcast"),
    "whitelist": lambda publisher, node, jid: publisher.configure(node, access_model="whitelist"),
}


@pytest.fixture
def worker(xmpp, own_worker, user):
    return own_worker(stream={"recheck": f"{RECHECK}s", "heartbeat": "1s"}).start().wait_connected(user("friend"))


def publish(publisher, node: str, text: str) -> None:
    publisher.publish(node, f"<p xmlns='urn:x'>{text}</p>", text)


@pytest.mark.parametrize("how", WITHDRAW)
def test_open_streams_end_and_new_ones_get_403(xmpp, worker, new_node, publisher, open_direct, how):
    node, other = new_node(persist_items=1), new_node(persist_items=1)
    stream, unharmed = open_direct(worker, node), open_direct(worker, other)
    publish(publisher, node, "before")
    stream.next()
    WITHDRAW[how](publisher, node, worker.component)
    stream.wait_end(WITHIN)
    assert ends_with_retry(stream.raw), "so the browser comes back"
    publish(publisher, node, "secret")
    for target in (f"/eventsource/{node}", f"/eventsource/{node}?last=5"):
        late = open_direct(worker, target=target, wait=False).wait_head()
        assert late.status == 403 and b"before" not in late.raw
    document = open_direct(worker, node, wait=False, HTTP_ACCEPT="application/json").wait_head()
    assert document.status == 403 and b"before" not in document.raw
    assert b"secret" not in stream.raw
    publish(publisher, other, "theirs")
    assert "theirs" in unharmed.next().data


@pytest.fixture
def withdrawn(own_worker, user, new_node, publisher, open_direct):
    """withdrawn(how): a node that may be read no longer, with a stream that has read of it; no re-check will come."""
    def make(how: str) -> tuple:
        worker = own_worker(stream={"recheck": "1h", "heartbeat": "1s"}).start().wait_connected(user("friend"))
        node = new_node(persist_items=1)
        stream = open_direct(worker, node)
        publish(publisher, node, "before")
        stream.next()
        WITHDRAW[how](publisher, node, worker.component)
        return worker, node, stream
    return make


# ejabberd lets who is subscribed read what is stored, until the re-check asks whether it may still subscribe.
@pytest.mark.parametrize("xmpp, how", [("prosody", "outcast"), ("prosody", "whitelist"), ("ejabberd", "outcast")],
                         indirect=["xmpp"], scope="session")
def test_who_asks_for_what_is_stored_finds_out_at_once(xmpp, withdrawn, open_direct, how):
    worker, node, stream = withdrawn(how)
    late = open_direct(worker, target=f"/eventsource/{node}?last=5", wait=False).wait_end(WITHIN)
    assert b"before" not in late.raw
    stream.wait_end(WITHIN)
    assert open_direct(worker, node, wait=False).wait_head().status == 403


@pytest.mark.parametrize("how", WITHDRAW)
def test_who_comes_anew_finds_out(xmpp, withdrawn, open_direct, how):
    """What is in memory, for those who read already, is for nobody else: the service is asked again, once in 5 s."""
    worker, node, stream = withdrawn(how)
    wait_until(lambda: open_direct(worker, node, wait=False).wait_head().status == 403, "new streams to be refused", 20)
    assert ends_with_retry(stream.wait_end(10).raw)


def test_a_node_that_is_opened_again_is_read_again(xmpp, worker, new_node, publisher, open_direct):
    node = new_node(persist_items=1)
    stream = open_direct(worker, node)
    WITHDRAW["whitelist"](publisher, node, worker.component)
    stream.wait_end(WITHIN)
    publisher.configure(node, access_model="open")
    again = open_direct(worker, node)
    publish(publisher, node, "again")
    assert "again" in again.next().data


def test_of_several_nodes_the_others_go_on(xmpp, worker, new_node, publisher, open_direct):
    node, other = new_node(persist_items=1), new_node(persist_items=1)
    stream = open_direct(worker, target=f"/eventsource/?node={node}&node={other}")
    WITHDRAW["whitelist"](publisher, node, worker.component)
    told = stream.next(WITHIN)
    assert told.type == "node" and "forbidden" in told.data and node in told.data
    publish(publisher, other, "theirs")
    assert "theirs" in stream.next().data and not stream.ended.is_set()
