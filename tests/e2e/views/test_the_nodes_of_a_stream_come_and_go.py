# SPDX-License-Identifier: MIT
"""What a stream of several nodes is answered where some of them are not there, and what it tells of them later."""
import json
from urllib.parse import urlencode


def target(*nodes: str) -> str:
    return "/eventsource/?" + urlencode([("node", node) for node in nodes])


def told_nodes(stream, count: int) -> list:
    """The next `event: node`s."""
    told = [stream.next() for _ in range(count)]
    assert {event.type for event in told} == {"node"}, told
    return [json.loads(event.data) for event in told]


def payload(stream) -> tuple:
    event = stream.next()
    while event.type in ("delete", "retract"):
        event = stream.next()
    assert event.type == "message", event
    said = json.loads(event.data)
    return said["node"], said["payload"]


def test_sixteen_nodes_are_a_stream_and_seventeen_a_400(worker, framing, new_node, publisher, open_direct):
    nodes = sorted(new_node() for _ in range(16))
    stream = open_direct(worker, framing=framing, target=target(*nodes))
    for node in nodes:
        publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert sorted(payload(stream)[0] for _ in nodes) == nodes
    refused = open_direct(worker, framing=framing, target=target(*nodes, "one-more"), wait=False).wait_head()
    assert refused.status == 400 and refused.text() == "one stream carries at most 16 nodes\n"
    # The same one again is no other.
    open_direct(worker, framing=framing, target=target(*nodes, nodes[0]))


def test_a_missing_one_is_told_and_the_others_go_on(xmpp, worker, framing, node, publisher, open_direct):
    stream = open_direct(worker, framing=framing, target=target("no-such", node))
    assert told_nodes(stream, 1) == [{"node": "no-such", "state": "missing"}]
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert payload(stream)[0] == node


def test_a_forbidden_one_is_told_and_the_others_go_on(xmpp, worker, node, new_node, publisher, open_direct):
    closed = new_node(access_model="whitelist")
    stream = open_direct(worker, target=target(closed, node))
    assert told_nodes(stream, 1) == [{"node": closed, "state": "forbidden"}]
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert payload(stream)[0] == node


def test_where_all_are_missing_it_is_a_404(xmpp, worker, framing, open_direct):
    refused = open_direct(worker, framing=framing, target=target("no-such", "nor-this"), wait=False).wait_head()
    assert refused.status == 404 and refused.text() == "there is no such node\n"


def test_where_all_are_forbidden_it_is_a_403(xmpp, worker, new_node, open_direct):
    nodes = [new_node(access_model="whitelist") for _ in range(2)]
    assert open_direct(worker, target=target(*nodes), wait=False).wait_head().status == 403


def test_a_deleted_one_is_told_and_the_others_go_on(xmpp, worker, new_node, publisher, open_direct):
    # ejabberd says nothing of a deletion unless the node was told to.
    options = {"persist_items": 1, "max_items": 50, **({"notify_delete": 1} if xmpp.name == "ejabberd" else {})}
    gone, stays = new_node(**options), new_node(**options)
    stream = open_direct(worker, target=target(gone, stays))
    publisher.publish(gone, "<p xmlns='urn:x'>1</p>", "i1")
    assert payload(stream)[0] == gone
    publisher.delete(gone)
    told = [stream.next()]
    while told[-1].type != "node":
        told.append(stream.next())
    assert json.loads(told[-1].data) == {"node": gone, "state": "deleted"}
    assert {event.type for event in told[:-1]} <= {"retract", "delete"}
    publisher.publish(stays, "<p xmlns='urn:x'>2</p>", "i2")
    event = stream.next()
    assert json.loads(event.data)["node"] == stays and not stream.ended.is_set()
    stream.close()
    # Whoever comes back with that ID goes on in what there is, and is told of the rest.
    publisher.publish(stays, "<p xmlns='urn:x'>3</p>", "i3")
    again = open_direct(worker, target=target(gone, stays), last_event_id=event.last_event_id)
    assert told_nodes(again, 1) == [{"node": gone, "state": "missing"}]
    assert payload(again)[1] == "<p xmlns='urn:x'>3</p>"


def test_when_the_last_one_is_deleted_the_stream_ends(xmpp, worker, new_node, publisher, open_direct):
    options = {"notify_delete": 1} if xmpp.name == "ejabberd" else {}
    nodes = [new_node(**options), new_node(**options)]
    stream = open_direct(worker, target=target(*nodes))
    for node in nodes:
        publisher.delete(node)
    stream.wait_end()
    assert open_direct(worker, target=target(*nodes), wait=False).wait_head().status == 404
