# SPDX-License-Identifier: MIT
"""No server tells anybody that a right was withdrawn: the worker asks again, every ask_every (2 s here)."""
import pytest

from harness.eventsource import ends_with_retry
from harness.fixtures import wait_subscribed
from harness.process import wait_until

WITHIN = 2 + 2.5  # ask_every, and time for the answer

# How a right goes: the user's affiliation, or the node's access model, under which others may still read.
WITHDRAW = {
    "none": lambda publisher, node, jid: publisher.revoke(node, jid, "none"),
    "outcast": lambda publisher, node, jid: publisher.revoke(node, jid, "outcast"),
    "open to whitelist": lambda publisher, node, jid: publisher.configure(node, access_model="whitelist"),
}
CASES = [("prosody", "user-at-component"), ("prosody", "owner"), ("prosody", "privileged"),
         ("ejabberd", "user-at-component"), ("ejabberd", "owner")]


@pytest.mark.parametrize("how", WITHDRAW)
@pytest.mark.parametrize("xmpp, rule", CASES, indirect=["xmpp"], scope="session")
def test_a_stream_ends_in_time_and_the_retry_is_a_403(xmpp, guard, new_node, publisher, open_direct, rule, how):
    worker, opened = guard(rule), how == "open to whitelist"
    alice, bob = (f"{name}@{worker.component if rule == 'user-at-component' else 'localhost'}" for name in ("alice", "bob"))
    node = new_node(access_model="open" if opened else "whitelist")
    publisher.affiliate(node, worker.component, "owner" if rule == "owner" else "member")
    for jid in (bob,) if opened else (alice, bob):
        publisher.affiliate(node, jid, "member")
    stream, other = (open_direct(worker, node, REMOTE_USER=name) for name in ("alice", "bob"))
    assert not stream.ended.wait(2.5), "asking again changes nothing by itself"
    WITHDRAW[how](publisher, node, alice)
    stream.wait_end(WITHIN)
    assert ends_with_retry(stream.raw), "so the browser comes back"
    assert open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head().status == 403
    publisher.publish(node, "<p xmlns='urn:x'>for bob</p>", "i1")
    assert "for bob" in other.next().data
    assert b"for bob" not in stream.raw


def test_a_right_that_is_granted_counts_at_once_or_soon(xmpp, guard, new_node, publisher, open_direct):
    worker = guard("user-at-component")
    node = new_node(access_model="whitelist")
    publisher.affiliate(node, worker.component, "member")
    assert open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head().status == 403
    publisher.affiliate(node, f"alice@{worker.component}", "member")
    wait_until(lambda: open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head().status == 200, "the right", WITHIN, 0.2)


def test_all_users_share_one_subscription(xmpp, guard, new_node, publisher, open_direct):
    worker, users = guard("user-at-component"), [f"user{number}" for number in range(20)]
    node = new_node(access_model="open")
    streams = [open_direct(worker, node, framing, REMOTE_USER=user) for user in users for framing in ("fastcgi", "scgi")]
    wait_subscribed(publisher, node, worker)
    assert publisher.subscribers(node) == [worker.component]
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    for stream in streams:
        stream.next()
        assert stream.nothing_within(0)


def test_one_of_several_nodes_that_is_refused_refuses_the_stream(xmpp, guard, new_node, publisher, open_direct):
    worker = guard("user-at-component")
    mine, not_mine = new_node(access_model="open"), new_node(access_model="whitelist")
    publisher.affiliate(not_mine, worker.component, "member")
    answer = open_direct(worker, target=f"/eventsource/?node={mine}&node={not_mine}", wait=False, REMOTE_USER="alice").wait_head()
    assert answer.status == 403


def test_a_missing_node_is_a_404(xmpp, guard, open_direct):
    assert open_direct(guard("user-at-component"), "no-such-node", wait=False, REMOTE_USER="alice").wait_head().status == 404


def test_a_stream_waits_while_the_xmpp_server_is_away_and_shows_nothing_to_who_may_not(own_server, own_worker, user, open_direct):
    own_server.start()
    publisher = user("publisher")
    mine, not_mine = publisher.create("mine", access_model="open"), publisher.create("not-mine", access_model="whitelist")
    worker = own_worker(services=[{"jid": own_server.pubsub, "hosts": ["push.example.org"], "access": "user", "ask_every": "1s"}],
                        stream={"heartbeat": "1s", "retry": "100ms"}, xmpp={"max_backoff": "1s"})
    publisher.affiliate(not_mine, worker.component, "member")
    publisher.publish(not_mine, "<p xmlns='urn:x'>secret</p>", "i1")
    worker.start().wait_connected(publisher)
    reading = open_direct(worker, mine, REMOTE_USER="alice")
    own_server.stop()
    reading.wait_heartbeats(3)  # one a second: alice's right would have been asked for again
    late, refused = (open_direct(worker, target=f"/eventsource/{node}?last=5", reconnect=True, REMOTE_USER="bob")
                     for node in (mine, not_mine))
    assert not reading.ended.is_set(), "an outage takes no right away"
    own_server.start()
    refused.wait_end(20)
    assert refused.status == 403 and b"secret" not in refused.raw
    publisher = user("publisher")
    publisher.publish(mine, "<p xmlns='urn:x'>again</p>", "i1")
    for stream in (reading, late):
        while "again" not in stream.next(15).data:
            pass
