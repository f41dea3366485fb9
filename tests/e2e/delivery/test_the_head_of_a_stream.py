# SPDX-License-Identifier: MIT
"""The exact head, as the web server gets it, and what of it is left for the page."""


def test_the_worker_sends_exactly_these_fields(worker, node, framing, open_direct):
    stream = open_direct(worker, node, framing)
    assert [line for line in stream.header_lines if not line.startswith("Status:")] == [
        "Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no"]
    assert stream.status == 200


def test_the_stream_begins_with_the_reconnection_time(worker, node, publisher, framing, open_direct):
    stream = open_direct(worker, node, framing)
    publisher.publish(node, "<n xmlns='urn:x'/>", "i1")
    stream.next()
    assert stream.raw.startswith(b"retry: 3000\n")


def test_the_page_gets_an_uncompressed_stream_that_nobody_stores(node, framing, publisher, open_stream):
    stream = open_stream(node, framing, headers={"Accept-Encoding": "gzip, br"})
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-store"
    assert "content-encoding" not in stream.headers and "content-length" not in stream.headers
    publisher.publish(node, "<n xmlns='urn:x'/>", "i1")
    assert stream.next(timeout=2)
