# SPDX-License-Identifier: MIT
"""ejabberd's own settings: a component's subscription to an account's node is accepted, and nothing is ever notified."""
from harness.accounts import ALL_ACCOUNTS, target
from harness.process import wait_until


def test_news_that_nobody_notified_are_found_and_the_operator_is_told(ejabberd, own_worker, user, alice, open_direct):
    worker = own_worker(services=[ALL_ACCOUNTS], stream={"recheck": "1s"}).start().wait_connected(user("friend"))
    # Its name does not begin with public:, so force_node_config leaves it alone.
    node = alice.create("usual:news", access_model="open", persist_items=1, max_items=10)
    stream = open_direct(worker, target=target(node))
    assert stream.nothing_within(1.5)
    alice.publish(node, "<p xmlns='urn:x'>one</p>", "i1")
    assert "one" in stream.next(timeout=8).data
    wait_until(lambda: "changed without a notification from its server" in worker.log(), "a warning", 5)
    alice.publish(node, "<p xmlns='urn:x'>two</p>", "i2")
    assert "two" in stream.next(timeout=8).data
    assert stream.nothing_within(0.3)
    alice.delete(node)
