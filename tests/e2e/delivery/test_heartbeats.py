# SPDX-License-Identifier: MIT
"""Comments keep a silent stream alive through every intermediary, and notice those who are gone."""
import time

from harness.process import wait_until
from harness.worker import settled_sockets, sockets_of


def test_a_stream_is_never_silent_for_longer_than_the_configured_period(own_worker, user, node, framing, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    stream = open_direct(worker, node, framing)
    last = started = time.monotonic()
    for count in range(1, 7):
        wait_until(lambda: len(stream.parser.comments) >= count, f"heartbeat {count}", timeout=1.3, every=0.005)
        assert time.monotonic() - last < 1.25
        last = time.monotonic()
    assert last - started > 2, "more than twice as often as asked for"


def test_heartbeats_are_no_events(own_worker, user, node, publisher, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    stream = open_direct(worker, node)
    assert stream.nothing_within(2.5)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next().type == "message"


def test_a_stream_whose_reader_left_is_given_up(own_worker, user, node, framing, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    before = len(settled_sockets(worker.pid))
    streams = [open_direct(worker, node, framing) for _ in range(20)]
    assert len(sockets_of(worker.pid)) >= before + 20
    for stream in streams:
        stream.close()
    wait_until(lambda: len(sockets_of(worker.pid)) <= before, "the sockets of those who left to be closed", timeout=6)
