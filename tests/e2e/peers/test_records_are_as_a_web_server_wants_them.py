# SPDX-License-Identifier: MIT
"""Good manners: what a FastCGI peer is entitled to."""
import struct

from harness.fastcgi_client import (ABORT_REQUEST, END_REQUEST, GET_VALUES, GET_VALUES_RESULT, PARAMS, STDIN, STDOUT, begin, connect,
                                    environment, pair, read_record, record, request)
from harness.responder import pairs_of
from harness.worker import HOST


def read_until(peer, kind: int) -> tuple:
    while one := read_record(peer):
        if one[0] == kind:
            return one
    raise AssertionError(f"closed without a record of type {kind}")


def test_get_values_is_answered(worker):
    peer = connect(worker.fastcgi)
    peer.sendall(record(GET_VALUES, pair("FCGI_MPXS_CONNS", "") + pair("FCGI_MAX_CONNS", "") + pair("X_UNKNOWN", ""), 0))
    kind, request_id, content = read_record(peer)
    assert (kind, request_id) == (GET_VALUES_RESULT, 0)
    values = pairs_of(content)
    assert values["FCGI_MPXS_CONNS"] == "0" and "X_UNKNOWN" not in values
    peer.close()


def test_a_refusal_is_a_whole_answer_with_its_end(worker, open_direct):
    stream = open_direct(worker, "nobody-made-this", wait=False).wait_head().wait_end(3)
    assert stream.records[-1] == (END_REQUEST, 8)
    assert stream.protocol_status == 0


def test_records_carry_the_requests_own_id(worker, node):
    for request_id in (1, 2, 65535):
        peer = connect(worker.fastcgi)
        peer.sendall(request(environment("/eventsource/" + node, HOST), request_id))
        kind, answered_id, content = read_record(peer)
        assert (kind, answered_id) == (STDOUT, request_id) and content
        peer.close()


def test_padding_and_records_of_any_size_are_fine(worker, node):
    pairs = b"".join(pair(*one) for one in environment("/eventsource/" + node, HOST).items())
    records = [begin()]
    for start in range(0, len(pairs), 7):
        records.append(record(PARAMS, pairs[start:start + 7], padding=start % 256))
    peer = connect(worker.fastcgi)
    peer.sendall(b"".join((*records, record(PARAMS, padding=5), record(STDIN, padding=8))))
    assert b"text/event-stream" in read_until(peer, STDOUT)[2]
    peer.close()


def test_an_aborted_stream_ends(worker, node):
    peer = connect(worker.fastcgi)
    peer.sendall(request(environment("/eventsource/" + node, HOST)))
    read_until(peer, STDOUT)
    peer.sendall(record(ABORT_REQUEST))
    kind, request_id, content = read_until(peer, END_REQUEST)
    assert request_id == 1 and struct.unpack("!IB3x", content)[1] == 0
    assert read_record(peer) is None
    peer.close()


def test_every_event_is_one_record(worker, publisher, node, open_direct):
    stream = open_direct(worker, node)
    publisher.publish(node, "<first xmlns='urn:x'/>", "i0")
    stream.next()
    seen = len(stream.records)
    for number in range(5):
        publisher.publish(node, f"<p xmlns='urn:x'>{'x' * 20000}</p>", f"i{number}")
        stream.next()
    events = [size for kind, size in stream.records[seen:] if kind == STDOUT and size > 1000]
    assert len(events) == 5
