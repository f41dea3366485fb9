# SPDX-License-Identifier: MIT
"""A server, or a node's owner, may take a subscription away; what is published until it is back is not lost."""
from harness.fixtures import wait_subscribed, wait_unsubscribed
from harness.numbers import last_id, numbers, publish
from harness.publisher import OWNER


def take_away(publisher, node, worker):
    publisher.iq("set", f"<pubsub xmlns='{OWNER}'><subscriptions node='{node}'>"
                        f"<subscription jid='{worker.component}' subscription='none'/></subscriptions></pubsub>")


def test_the_re_check_subscribes_again_and_fetches_what_was_missed(xmpp, own_worker, user, publisher, new_node, open_direct):
    worker = own_worker(stream={"recheck": "2s"}).start().wait_connected(user("friend"))
    node = new_node(persist_items=1, max_items=50)
    stream = open_direct(worker, node)
    last_id(stream, publisher, node, 1)
    take_away(publisher, node, worker)
    publish(publisher, node, 2, 3)
    wait_subscribed(publisher, node, worker)
    publish(publisher, node, 4)
    assert numbers(stream, until=4) == [2, 3, 4]
    assert stream.opened == 1


def test_subscriptions_of_an_earlier_run_that_nobody_needs_are_dropped(xmpp, own_worker, user, publisher, new_node, open_direct):
    worker = own_worker(stream={"recheck": "2s"}).start().wait_connected(user("friend"))
    needed, left = new_node(persist_items=1, max_items=50), new_node()
    position = last_id(open_direct(worker, needed), publisher, needed, 1)
    open_direct(worker, left)
    wait_subscribed(publisher, left, worker)
    worker.process.kill()
    worker.start().wait_connected(user("friend"))
    stream = open_direct(worker, needed, last_event_id=position)
    wait_unsubscribed(publisher, left, worker)
    publish(publisher, needed, 2)
    assert numbers(stream, until=2) == [2]
    assert worker.component in publisher.subscribers(needed)
