# SPDX-License-Identifier: MIT
"""No server tells anybody that a right was withdrawn: the worker asks again, every ask_every (2 s here)."""
import time

import pytest

from harness.fixtures import wait_subscribed

WITHIN = 2 + 2  # ask_every, and time for the answer


def whitelisted(new_node, publisher, worker, user, component="member"):
    node = new_node(access_model="whitelist")
    publisher.affiliate(node, worker.component, component)
    publisher.affiliate(node, user, "member")
    return node


@pytest.mark.parametrize("rule", ["user-at-component", "owner"])
@pytest.mark.parametrize("becomes", ["none", "outcast"])
def test_a_stream_ends_in_time_and_the_retry_is_a_403(xmpp, guard, new_node, publisher, open_direct, rule, becomes):
    worker = guard(rule)
    alice, bob = (f"{name}@{worker.component if rule == 'user-at-component' else 'localhost'}" for name in ("alice", "bob"))
    node = whitelisted(new_node, publisher, worker, alice, "owner" if rule == "owner" else "member")
    publisher.affiliate(node, bob, "member")
    stream = open_direct(worker, node, reconnect=True, REMOTE_USER="alice")
    other = open_direct(worker, node, REMOTE_USER="bob")
    time.sleep(WITHIN)
    assert not stream.ended.is_set() and stream.opened == 1, "asking again changes nothing by itself"
    publisher.revoke(node, alice, becomes)
    started = time.monotonic()
    while stream.opened == 1 and stream.status == 200 and time.monotonic() - started < WITHIN + 8:
        time.sleep(0.02)
    stream.wait_end(8)
    assert stream.status == 403
    publisher.publish(node, "<p xmlns='urn:x'>for bob</p>", "i1")
    assert "for bob" in other.next().data
    assert b"for bob" not in stream.raw


def test_in_the_users_own_name(prosody, guard, new_node, publisher, open_direct):
    worker = guard("privileged")
    node = whitelisted(new_node, publisher, worker, "alice@localhost")
    stream = open_direct(worker, node, REMOTE_USER="alice")
    publisher.revoke(node, "alice@localhost")
    stream.wait_end(WITHIN)
    assert stream.parser.retry_ms is not None
    assert open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head().status == 403


def test_a_right_that_is_granted_counts_at_once_or_soon(xmpp, guard, new_node, publisher, open_direct):
    worker = guard("user-at-component")
    node = new_node(access_model="whitelist")
    publisher.affiliate(node, worker.component, "member")
    assert open_direct(worker, node, wait=False, REMOTE_USER="alice").wait_head().status == 403
    publisher.affiliate(node, f"alice@{worker.component}", "member")
    time.sleep(2.2)
    open_direct(worker, node, REMOTE_USER="alice")


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
    answer = open_direct(worker, target=f"/eventsource/?node={mine}*", wait=False, REMOTE_USER="alice").wait_head()
    assert answer.status == 403 and "patterns" in answer.text()


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
    time.sleep(2.5)
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
