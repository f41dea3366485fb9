# SPDX-License-Identifier: MIT
"""access = "user": nodes that are not there are no refusal, and give nobody a right to what is made there later."""
import json
import time

import pytest

from harness.process import wait_until


def test_a_stream_of_missing_nodes_alone_is_a_404(xmpp, guard, open_direct):
    stream = open_direct(guard("user-at-component"), target="/eventsource/?node=no-1&node=no-2", wait=False, REMOTE_USER="alice")
    assert stream.wait_head().status == 404


def test_one_of_several_nodes_that_is_missing_is_told_and_the_others_are_read(xmpp, guard, new_node, publisher, open_direct):
    """And who comes back after one of them was deleted goes on with the others, where it was."""
    worker, first, second = guard("user-at-component"), new_node(access_model="open"), new_node(access_model="open")
    target = f"/eventsource/?node={first}&node={second}"
    stream = open_direct(worker, target=target, REMOTE_USER="alice")
    publisher.publish(first, "<p xmlns='urn:x'>1</p>", "i1")
    assert ">1<" in stream.next().data
    publisher.delete(second)
    # ejabberd tells nobody of it: the answer that was kept (ask_every) has to grow old.
    wait_until(lambda: f'may no longer read "{second}"' in worker.log(), "the right to be asked about again", 10, 0.05)
    stream.close()
    publisher.publish(first, "<p xmlns='urn:x'>2</p>", "i2")
    again = open_direct(worker, target=target, last_event_id=stream.parser.last_event_id, REMOTE_USER="alice")
    missing, news = again.take(2)
    assert (missing.type, json.loads(missing.data)) == ("node", {"node": second, "state": "missing"})
    assert ">2<" in json.loads(news.data)["payload"]


@pytest.mark.parametrize("rule", ["user-at-component", "owner"])
def test_what_is_made_where_a_node_was_missing_is_shown_to_nobody_unasked(xmpp, guard, new_node, publisher, open_direct, rule):
    worker, first, name = guard(rule), new_node(access_model="open"), f"node-later-{time.monotonic_ns()}"
    if rule == "owner":
        publisher.affiliate(first, worker.component, "owner")
    target = f"/eventsource/?node={first}&node={name}"
    alice = open_direct(worker, target=target, REMOTE_USER="alice")
    assert json.loads(alice.next().data) == {"node": name, "state": "missing"}
    new_node(name, access_model="whitelist")
    publisher.affiliate(name, worker.component, "owner" if rule == "owner" else "member")
    publisher.affiliate(name, f"bob@{worker.component if rule == 'user-at-component' else 'localhost'}", "member")
    bob = open_direct(worker, name, REMOTE_USER="bob")
    publisher.publish(name, "<p xmlns='urn:x'>secret</p>", "i1")
    assert "secret" in bob.next().data
    publisher.publish(first, "<p xmlns='urn:x'>1</p>", "i1")
    assert ">1<" in alice.next().data
    assert b"secret" not in alice.raw
