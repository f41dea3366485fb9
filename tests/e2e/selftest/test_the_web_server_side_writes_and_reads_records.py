# SPDX-License-Identifier: MIT
import socket
import threading

from harness import fastcgi_client, scgi_client
from harness.eventsource import Event
from harness.fastcgi_client import FastCgi
from harness.scgi_client import Scgi


def test_a_fastcgi_request_is_these_bytes():
    assert fastcgi_client.request({"A": "b", "C": "d" * 200}) == (
        b"\x01\x01\x00\x01\x00\x08\x00\x00" b"\x00\x01\x00\x00\x00\x00\x00\x00"
        b"\x01\x04\x00\x01\x00\xd2\x00\x00" b"\x01\x01Ab" b"\x01\x80\x00\x00\xc8C" + b"d" * 200
        + b"\x01\x04\x00\x01\x00\x00\x00\x00" b"\x01\x05\x00\x01\x00\x00\x00\x00")


def test_an_scgi_request_is_these_bytes():
    assert scgi_client.request({"REQUEST_METHOD": "GET"}) == (
        b"43:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00,")


def answering(octets: bytes):
    """A worker of one answer; the address, and what it was asked."""
    listener, asked = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        peer, _ = listener.accept()
        with peer:
            asked.append(peer.recv(65536))
            peer.sendall(octets)
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname(), asked


BODY = b"Status: 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 5\n\ndata: hello\n\n"


def test_a_stream_is_read_out_of_fastcgi_records_with_padding():
    address, asked = answering(fastcgi_client.record(6, BODY[:30], padding=2) + fastcgi_client.record(6, BODY[30:])
                               + fastcgi_client.record(6) + fastcgi_client.record(3, bytes(8)))
    stream = FastCgi(address, "/eventsource/n?x=1", "push.example.org").wait_open()
    assert stream.next() == Event("message", "hello")
    assert stream.wait_end().parser.retry_ms == 5
    assert stream.protocol_status == 0 and stream.app_status == 0
    assert b"REQUEST_URI/eventsource/n?x=1" in asked[0]


def test_a_stream_is_read_out_of_scgi():
    address, asked = answering(BODY)
    stream = Scgi(address, "/eventsource/n", "push.example.org").wait_open()
    assert stream.next() == Event("message", "hello")
    assert b"HTTP_HOST\0push.example.org\0" in asked[0]
