# SPDX-License-Identifier: MIT
"""Whoever reaches the socket may stall, lie or babble: good streams do not notice, and each is closed within the deadline."""
import random
import socket
import struct
import threading
import time

import pytest

from harness import scgi_client
from harness.fastcgi_client import (ABORT_REQUEST, BEGIN_REQUEST, GET_VALUES, PARAMS, STDIN, begin, connect, environment, length,
                                    pair, record, request, seconds_until_closed)
from harness.process import wait_until
from harness.worker import HOST, Worker, metric, settled_sockets, sockets_of

HEAD_TIMEOUT = 2.0
GOOD = request(environment("/eventsource/hostile", HOST))
HUGE = struct.pack("!I", 0x7FFFFFFE | 0x80000000)
NOISE = random.Random(7).randbytes(20000)

FASTCGI = {
    "says nothing": b"",
    "one byte": b"\x01",
    "half a record's head": b"\x01\x01\x00",
    "a request that is never begun to the end": begin(),
    "params that never end": begin() + record(PARAMS, pair("REQUEST_METHOD", "GET")),
    "a record that is cut off": GOOD[:-11],
    "a record that promises more than comes": begin() + struct.pack("!BBHHBx", 1, PARAMS, 1, 65535, 255) + b"x",
    "noise": NOISE,
    "another protocol": b"GET /eventsource/hostile HTTP/1.1\r\nHost: push.example.org\r\n\r\n",
    "zeros": bytes(4096),
    "another version": b"\x02" + GOOD[1:],
    "another role": begin(role=2) + GOOD[16:],
    "request ID 0": record(BEGIN_REQUEST, struct.pack("!HB5x", 1, 0), 0),
    "a short begin": record(BEGIN_REQUEST, b"\0\1\0"),
    "params first": record(PARAMS, pair("REQUEST_METHOD", "GET")) + record(PARAMS) + record(STDIN),
    "a body first": begin() + record(STDIN, b"x" * 1000),
    "two begins": begin() + begin(),
    "six times FCGI_MPXS_CONNS": record(GET_VALUES, pair("FCGI_MPXS_CONNS", "") * 6, 0),
    "a hundred unknown values": record(GET_VALUES, b"".join(pair(f"X{number}", "") for number in range(100)), 0),
    "a name of 2 GiB": begin() + record(PARAMS, HUGE + HUGE + b"x") + record(PARAMS) + record(STDIN),
    "a value of 2 GiB": begin() + record(PARAMS, length(1) + HUGE + b"x") + record(PARAMS) + record(STDIN),
    "two names of 2 GiB": begin() + record(PARAMS, (HUGE + HUGE) * 2) + record(PARAMS) + record(STDIN),
    "a pair that is cut off": begin() + record(PARAMS, b"\x0e\x03REQUEST") + record(PARAMS) + record(STDIN),
    "200 KiB of params": begin() + record(PARAMS, pair("X", "y" * 60000)) * 4,
    "10,000 empty pairs": begin() + record(PARAMS, pair("", "") * 10000) * 4,
    "an abort in the middle": begin() + record(PARAMS, pair("A", "b")) + record(ABORT_REQUEST),
    "unknown record types": b"".join(record(kind, b"x" * 8, 0) for kind in range(12, 200)),
    "data for a request that is not there": begin() + record(PARAMS, pair("A", "b"), 7) + record(PARAMS, b"", 7),
}

SCGI = {
    "says nothing": b"",
    "one digit": b"7",
    "a length that never ends": b"1" * 100,
    "a negative length": b"-5:hello,",
    "an empty head": b"0:,",
    "no colon": b"25 CONTENT_LENGTH\0000\0",
    "a head that is cut off": scgi_client.request({"REQUEST_METHOD": "GET"})[:-8],
    "no comma": scgi_client.request({"REQUEST_METHOD": "GET"})[:-1] + b"!",
    "no NUL": scgi_client.netstring(b"CONTENT_LENGTH 0 SCGI 1"),
    "a name without a value": scgi_client.netstring(b"CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0"),
    "a gigabyte is promised": b"1073741824:CONTENT_LENGTH\x000\0",
    "2^64 and more": b"18446744073709551617:CONTENT_LENGTH\x000\0",
    "200 KiB of head": scgi_client.request({"X": "y" * 200000}),
    "noise": NOISE,
    "another protocol": b"GET /eventsource/hostile HTTP/1.1\r\nHost: push.example.org\r\n\r\n",
}


@pytest.fixture(scope="module")
def hostile(servers, run_folder):
    """A worker of this file's own with a short deadline, and the node of its good streams."""
    folder = run_folder / "hostile"
    folder.mkdir()
    prosody = servers.server("prosody")
    publisher = servers.user(prosody, "publisher")
    publisher.create("hostile")
    worker = Worker(folder, prosody, "eventsource9.localhost", listen={"head_timeout": f"{HEAD_TIMEOUT:g}s"}, threads=2)
    worker.start().wait_connected(publisher)
    yield worker
    worker.stop_if_running()


def attack(hostile, publisher, open_direct, request, octets: bytes, address) -> None:
    request.node.own_workers = [hostile]
    before = open_direct(hostile, "hostile")
    peers = [connect(address) for _ in range(5)]
    try:
        for peer in peers:
            try:
                peer.sendall(octets)
            except ConnectionError:
                pass  # closed before it had said all
        started = time.monotonic()
        during = [open_direct(hostile, "hostile", framing) for framing in ("fastcgi", "scgi") * 2]
        publisher.publish("hostile", "<p xmlns='urn:x'/>", "i1")
        for stream in (before, *during):
            stream.next(timeout=1.5)
        assert time.monotonic() - started < 1.5, "good streams were delayed"
        for peer in peers:
            seconds_until_closed(peer, HEAD_TIMEOUT + 1.5 - (time.monotonic() - started))
    finally:
        for peer in peers:
            peer.close()
    assert hostile.process.alive()
    assert not before.ended.is_set()


@pytest.mark.parametrize("what", FASTCGI)
def test_a_hostile_fastcgi_peer(hostile, publisher, open_direct, request, what):
    attack(hostile, publisher, open_direct, request, FASTCGI[what], hostile.fastcgi)


@pytest.mark.parametrize("what", SCGI)
def test_a_hostile_scgi_peer(hostile, publisher, open_direct, request, what):
    attack(hostile, publisher, open_direct, request, SCGI[what], hostile.scgi)


@pytest.mark.parametrize("framing, octets", [("fastcgi", GOOD), ("scgi", scgi_client.request(environment("/eventsource/hostile", HOST)))])
def test_a_head_that_drips_in_is_cut_at_the_deadline(hostile, publisher, open_direct, framing, octets):
    peer = connect(hostile.fastcgi if framing == "fastcgi" else hostile.scgi)

    def drip():
        for number in range(len(octets)):
            try:
                peer.send(octets[number:number + 1])
            except OSError:
                return
            time.sleep(0.1)
    threading.Thread(target=drip, daemon=True).start()
    assert seconds_until_closed(peer, HEAD_TIMEOUT + 1.5) > HEAD_TIMEOUT - 0.5


@pytest.mark.parametrize("framing, octets", [("fastcgi", GOOD), ("scgi", scgi_client.request(environment("/eventsource/hostile", HOST)))])
def test_a_head_in_single_bytes_within_the_deadline_is_a_good_one(hostile, framing, octets):
    peer = connect(hostile.fastcgi if framing == "fastcgi" else hostile.scgi)
    for number in range(len(octets)):
        peer.send(octets[number:number + 1])
    peer.settimeout(2)
    answer = b""
    while b"retry:" not in answer:
        answer += peer.recv(4096)
    assert b"text/event-stream" in answer
    peer.close()


def test_a_thousand_silent_connections_keep_nobody_out(hostile, publisher, open_direct):
    peers = []
    for _ in range(1000):
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(hostile.fastcgi)
        peers.append(peer)
    started = time.monotonic()
    stream = open_direct(hostile, "hostile")
    publisher.publish("hostile", "<p xmlns='urn:x'/>", "i1")
    stream.next(timeout=1.5)
    assert time.monotonic() - started < 1.5
    for peer in peers:
        seconds_until_closed(peer, max(0.05, HEAD_TIMEOUT + 2 - (time.monotonic() - started)))
        peer.close()


def test_peers_that_close_at_once_leave_nothing_behind(hostile, publisher, open_direct):
    wait_until(lambda: metric(hostile, "connections") <= metric(hostile, "streams") + 1, "peers of other tests to be cut",
               timeout=HEAD_TIMEOUT + 3)
    before = len(settled_sockets(hostile.pid))
    for octets in (b"", b"\x01", GOOD[:40], GOOD) * 50:
        peer = connect(hostile.fastcgi)
        peer.sendall(octets)
        peer.close()
    stream = open_direct(hostile, "hostile")
    for number in range(3):  # writing to a closed peer is what finds the complete ones
        publisher.publish("hostile", "<p xmlns='urn:x'/>", f"i{number}")
    stream.take(3)
    wait_until(lambda: len(sockets_of(hostile.pid)) <= before + 1, "closed sockets to be given back", timeout=HEAD_TIMEOUT + 3)
