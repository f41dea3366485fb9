# SPDX-License-Identifier: MIT
"""Counted where it matters: in the service's own list, as it tells the node's owner."""
import time

from harness.fixtures import wait_subscribed, wait_unsubscribed
from harness.process import wait_until
from harness.worker import settled_sockets, sockets_of


def test_many_streams_are_one_subscription(xmpp, worker, publisher, node, open_direct):
    streams = [open_direct(worker, node, framing) for framing in ("fastcgi", "scgi") * 10]
    assert publisher.subscribers(node) == [worker.component]
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    for stream in streams:
        stream.next()
        assert stream.nothing_within(0)


def test_the_node_is_left_a_linger_after_its_last_stream(xmpp, own_worker, user, publisher, node, open_direct):
    worker = own_worker(stream={"linger": "2s", "heartbeat": "1s"}).start().wait_connected(user("friend"))
    first, second = open_direct(worker, node), open_direct(worker, node)
    first.close()
    second.wait_heartbeats(4)  # one a second
    assert publisher.subscribers(node) == [worker.component], "a stream is still open"
    closed = time.monotonic()
    second.close()
    wait_unsubscribed(publisher, node, worker, timeout=8)
    assert time.monotonic() - closed >= 2, "the linger has not passed"


def test_who_comes_back_within_the_linger_finds_the_same_subscription(own_worker, user, publisher, node, open_direct):
    worker = own_worker(stream={"linger": "3s", "heartbeat": "1s"}).start().wait_connected(user("friend"))
    before = len(settled_sockets(worker.pid))
    open_direct(worker, node).close()
    wait_until(lambda: len(sockets_of(worker.pid)) == before, "the stream to be given up")
    stream = open_direct(worker, node)
    stream.wait_heartbeats(4)  # one a second
    assert publisher.subscribers(node) == [worker.component]
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    stream.next()
    assert stream.nothing_within(0.2)


def test_who_comes_back_after_the_linger_gets_items_again(xmpp, own_worker, user, publisher, node, open_direct):
    worker = own_worker(stream={"linger": "0s", "heartbeat": "1s"}).start().wait_connected(user("friend"))
    for round in ("first", "second", "third"):
        stream = open_direct(worker, node)
        wait_subscribed(publisher, node, worker)
        publisher.publish(node, f"<p xmlns='urn:x'>{round}</p>", "current")
        events = [stream.next()]
        while round not in events[-1].data:  # ejabberd sends a new subscriber the last item
            events.append(stream.next())
        stream.close()
        wait_unsubscribed(publisher, node, worker, timeout=8)


def test_two_workers_share_a_node_without_disturbing_each_other(xmpp, own_worker, user, publisher, node, open_direct):
    workers = [own_worker(stream={"linger": "0s", "heartbeat": "1s"}).start().wait_connected(user("friend")) for _ in range(2)]
    streams = [open_direct(worker, node) for worker in workers]
    assert sorted(publisher.subscribers(node)) == sorted(worker.component for worker in workers)
    streams[0].close()
    wait_unsubscribed(publisher, node, workers[0], timeout=8)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    streams[1].next()
