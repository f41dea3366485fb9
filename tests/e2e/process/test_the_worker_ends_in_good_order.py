# SPDX-License-Identifier: MIT
"""SIGTERM and SIGINT: streams are told when to come back, and it is over within two seconds."""
import signal
import time

import pytest

from harness.fastcgi_client import connect, environment, request
from harness.worker import HOST


@pytest.fixture
def running(own_worker, user):
    return own_worker(stream={"retry": "2s"}).start().wait_connected(user("friend"))


def seconds_to_end(worker) -> float:
    started = time.monotonic()
    assert worker.process.wait(5) == 0
    return time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_streams_are_closed_with_a_retry_and_it_exits_0(running, node, framing, open_direct, number):
    streams = [open_direct(running, node, framing) for _ in range(30)]
    running.process.signal(number)
    assert seconds_to_end(running) < 2
    told = set()
    for stream in streams:
        stream.wait_end(1)
        assert stream.raw.startswith(b"retry: 2000\n") and stream.raw.count(b"retry: ") == 2
        assert stream.raw.endswith(b"\n\n")
        told.add(stream.parser.retry_ms)
    assert len(told) > 3, f"all are told to come back at the same moment: {told}"
    assert all(500 <= one <= 20000 for one in told)


def test_a_fastcgi_stream_is_ended_by_its_record(running, node, open_direct):
    stream = open_direct(running, node)
    running.process.signal(signal.SIGTERM)
    stream.wait_end(2)
    assert (stream.protocol_status, stream.app_status) == (0, 0)


def test_nothing_holds_it_up(running, node, open_direct):
    """Silent peers, half heads, readers that do not read."""
    silent, half, slow = (connect(running.fastcgi) for _ in range(3))
    half.sendall(request(environment("/eventsource/" + node, HOST))[:50])
    slow.sendall(request(environment("/eventsource/" + node, HOST)))
    open_direct(running, node)
    running.process.signal(signal.SIGTERM)
    assert seconds_to_end(running) < 2
    for peer in (silent, half, slow):
        peer.close()


def test_it_ends_as_well_while_the_xmpp_server_is_away(own_server, own_worker, open_direct):
    worker = own_worker().start()
    stream = open_direct(worker, "any")
    worker.process.signal(signal.SIGTERM)
    assert seconds_to_end(worker) < 2
    stream.wait_end(1)


def test_it_takes_no_new_streams_while_it_ends(running):
    running.process.signal(signal.SIGTERM)
    seconds_to_end(running)
    with pytest.raises(OSError):
        connect(running.fastcgi)


def test_a_second_signal_ends_it_at_once(running, node, open_direct):
    for _ in range(30):
        open_direct(running, node)
    running.process.signal(signal.SIGTERM)
    running.process.signal(signal.SIGTERM)
    started = time.monotonic()
    running.process.wait(2)
    assert time.monotonic() - started < 0.5


def test_a_broken_pipe_does_not_end_it(running, publisher, node, open_direct):
    """libfcgi and libstrophe both write without MSG_NOSIGNAL."""
    stream = open_direct(running, node)
    running.process.signal(signal.SIGPIPE)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i1")
    assert stream.next() and running.process.alive()
