# SPDX-License-Identifier: MIT
"""Counted at the account, as Prosody tells the node's owner. ejabberd tells owners nothing: there the worker's log counts."""
import pytest

from harness.accounts import target
from harness.fixtures import wait_subscribed, wait_unsubscribed
from harness.process import wait_until


@pytest.fixture
def subscribed(xmpp, accounts_worker, alice):
    """subscribed(node, True): waits until the worker is (or is not any more)."""
    def wait(node: str, whether: bool, log: str, timeout: float = 15) -> None:
        wait_until(lambda: log in accounts_worker.log(), log, timeout)
        if xmpp.name == "prosody":
            (wait_subscribed if whether else wait_unsubscribed)(alice, node, accounts_worker)
    return wait


def test_the_node_is_left_a_linger_after_its_last_stream(accounts_worker, own_node, open_direct, subscribed):
    node = own_node()
    stream = open_direct(accounts_worker, target=target(node))
    subscribed(node, True, "subscribed to")
    stream.close()
    subscribed(node, False, f'leaving "{node}"')


def test_a_subscription_of_a_killed_worker_is_given_up(accounts_worker, user, alice, own_node, open_direct, subscribed):
    node = own_node()
    open_direct(accounts_worker, target=target(node))
    subscribed(node, True, "subscribed to")
    accounts_worker.stop_if_running()
    accounts_worker.start().wait_connected(user("friend"))
    # Nobody told the new worker of that account. What the account says does.
    alice.publish(node, "<p xmlns='urn:x'/>", "i1")
    subscribed(node, False, f'dropping the leftover subscription to "{node}"')
    before = len(accounts_worker.log())
    alice.publish(node, "<p xmlns='urn:x'/>", "i2")
    user("friend").iq("get", "<ping xmlns='urn:xmpp:ping'/>", accounts_worker.component)
    assert "ignored a notification" not in accounts_worker.log()[before:]


def test_a_subscription_that_is_lost_is_noticed(prosody, own_worker, user, open_direct):
    """On ejabberd an account cannot take a subscription away but by closing or deleting the node."""
    alice = user("alice").at("alice@localhost")
    node = alice.create("public:lost", access_model="open")
    worker = own_worker(services=[{"jid": "*@localhost"}], stream={"recheck": "1s"}).start().wait_connected(user("friend"))
    stream = open_direct(worker, target=target(node))
    wait_subscribed(alice, node, worker)
    gone = alice.create("public:gone", access_model="open")
    open_direct(worker, target=target(gone))
    wait_subscribed(alice, gone, worker)
    alice.delete(gone)
    alice.iq("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>"
             f"<subscriptions node='{node}'><subscription jid='{worker.component}' subscription='none'/></subscriptions></pubsub>")
    # From the node's deletion on, Prosody does not answer which subscriptions there are; it has 10 s for that.
    wait_until(lambda: "subscribing again" in worker.log(), "the loss noticed", 20)
    assert "asking about each node" in worker.log()
    wait_subscribed(alice, node, worker)
    alice.publish(node, "<p xmlns='urn:x'>later</p>", "i1")
    assert "later" in stream.next().data
