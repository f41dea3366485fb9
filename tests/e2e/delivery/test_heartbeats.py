# SPDX-License-Identifier: MIT
"""Comments keep a silent stream alive through every intermediary, and notice those who are gone."""
import time

from harness.process import wait_until
from harness.worker import sockets_of


def test_a_silent_stream_gets_comments_at_the_configured_pace(own_worker, user, node, framing, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    stream = open_direct(worker, node, framing)
    wait_until(lambda: stream.parser.comments, "the first heartbeat", timeout=3)
    started = time.monotonic()
    wait_until(lambda: len(stream.parser.comments) >= 4, "three more", timeout=6)
    assert 1.5 < time.monotonic() - started < 4.5


def test_heartbeats_are_no_events(own_worker, user, node, publisher, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    stream = open_direct(worker, node)
    assert stream.nothing_within(2.5)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next().type == "message"


def test_a_stream_whose_reader_left_is_given_up(own_worker, user, node, framing, open_direct):
    worker = own_worker(stream={"heartbeat": "1s"}).start().wait_connected(user("friend"))
    before = len(sockets_of(worker.pid))
    streams = [open_direct(worker, node, framing) for _ in range(20)]
    assert len(sockets_of(worker.pid)) >= before + 20
    for stream in streams:
        stream.close()
    wait_until(lambda: len(sockets_of(worker.pid)) <= before, "the sockets of those who left to be closed", timeout=6)
