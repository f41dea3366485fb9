# SPDX-License-Identifier: MIT
"""`event: delete`, then the end; the browser's next try gets a 404, which is for good, until somebody makes the node anew."""
import json

from harness.numbers import last_id, numbers, publish
from harness.process import wait_until


def test_deleted_then_missing_then_there_again(xmpp, worker, publisher, new_node, open_direct):
    # ejabberd says nothing of a deletion unless the node was told to.
    node = new_node(persist_items=1, max_items=50, **({"notify_delete": 1} if xmpp.name == "ejabberd" else {}))
    stream = open_direct(worker, node)
    last_id(stream, publisher, node, 1)
    publisher.delete(node)
    told = stream.next()
    while told.type == "retract":
        told = stream.next()
    assert told.type == "delete" and json.loads(told.data) == {"node": node}
    stream.wait_end()
    assert open_direct(worker, node, wait=False, last_event_id=told.last_event_id).wait_head().status == 404

    publisher.create(node, persist_items=1, max_items=50)
    tries = []
    wait_until(lambda: tries.append(open_direct(worker, node, wait=False).wait_head()) or tries[-1].status == 200, "the new node",
               5, 0.1)  # a refusal is remembered for a moment
    again = tries[-1]
    publish(publisher, node, 2)
    assert numbers(again, until=2) == [2]


def test_a_node_that_vanished_without_a_word_is_noticed(ejabberd, own_worker, user, publisher, new_node, open_direct):
    worker = own_worker(stream={"recheck": "2s"}).start().wait_connected(user("friend"))
    node = new_node(notify_delete=0)
    stream = open_direct(worker, node)
    publisher.delete(node)
    assert stream.next().type == "delete"
    stream.wait_end()
    assert open_direct(worker, node, wait=False).wait_head().status == 404
