# SPDX-License-Identifier: MIT
"""Whatever keeps the worker away, a browser gets an event stream that ends and says when to come back."""
import subprocess

import pytest

from harness.eventsource import EventSource
from harness.nginx import Nginx
from harness.process import program, wait_until
from harness.responder import Responder
from harness.worker import HOST


@pytest.fixture
def front(folder):
    """An nginx whose worker's sockets are not there."""
    web = Nginx(folder, f"{folder}/fastcgi.sock", f"{folder}/scgi.sock").start()
    yield web
    web.stop()


def retry_of(stream) -> int:
    stream.wait_open().wait_end(5)
    assert stream.headers["cache-control"] == "no-store"
    return stream.parser.retry_ms


def test_a_missing_worker_is_a_stream_that_ends_with_retry(front, framing):
    assert 1000 <= retry_of(EventSource(front.url(framing) + "/eventsource/feed.json", host=HOST)) <= 10000


def test_browsers_are_not_all_told_the_same_moment(front, framing):
    told = {retry_of(EventSource(front.url(framing) + "/eventsource/n", host=HOST)) for _ in range(12)}
    assert len(told) > 3


def test_other_origins_may_read_it_too(front, framing):
    stream = EventSource(front.url(framing) + "/eventsource/n", host=HOST, headers={"Origin": "https://www.example.org"})
    assert retry_of(stream)
    assert stream.headers["access-control-allow-origin"] == "https://www.example.org"


@pytest.mark.parametrize("accept", ["application/json", "application/feed+json, */*;q=0.1", "text/html,application/ATOM+xml;q=0.9"])
def test_who_asks_for_a_document_is_told_to_ask_again(front, framing, accept):
    headers = {"Accept": accept, "Origin": "https://www.example.org"}
    answer = EventSource(front.url(framing) + "/eventsource/n", host=HOST, headers=headers).wait_head()
    assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store" and "event-stream" not in answer.headers["content-type"]
    assert answer.headers["access-control-allow-origin"] == "https://www.example.org"


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream, application/json", "application/json-seq", "text/html"])
def test_whoever_else_asks_is_told_in_a_stream(front, framing, accept):
    stream = EventSource(front.url(framing) + "/eventsource/n", host=HOST, headers={"Accept": accept})
    assert retry_of(stream) and "retry-after" not in stream.headers


def test_it_is_the_same_over_http2(front, framing):
    answer = subprocess.run([program("curl"), "-sk", "--http2", "--max-time", "5", "-w", "%{http_version} %{http_code} %{content_type}",
                             f"{front.url(framing)}/eventsource/n"], capture_output=True, text=True, timeout=10)
    assert "retry: " in answer.stdout and answer.stdout.endswith("\n2 200 text/event-stream")


def test_a_worker_that_crashes_before_its_answer_is_no_end_either(front, folder, framing):
    responder = Responder(folder, answer=b"")
    try:
        assert retry_of(EventSource(front.url(framing) + "/eventsource/n", host=HOST))
    finally:
        responder.close()


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "404 Not Found", "405 Method Not Allowed"])
def test_the_workers_own_refusals_stay_what_they_are(front, folder, framing, status):
    body = b"a reason\n"
    responder = Responder(folder, b"Status: " + status.encode() + b"\r\nContent-Type: text/plain\r\n\r\n" + body)
    try:
        stream = EventSource(front.url(framing) + "/eventsource/n", host=HOST).wait_head()
        assert stream.status == int(status[:3]) and stream.text() == "a reason\n"
    finally:
        responder.close()


def test_a_page_goes_on_by_itself_when_the_worker_is_back(front, folder, framing, own_worker, publisher, node, user, open_stream):
    """The real worker, stopped and started again under an EventSource that reconnects as a browser does."""
    worker = own_worker(fastcgi=[f"unix:{folder}/fastcgi.sock"], scgi=[f"unix:{folder}/scgi.sock"], stream={"retry": "500ms"})
    worker.start().wait_connected(user("friend"))
    stream = open_stream(node, framing, web=front, reconnect=True)
    publisher.publish(node, "<p xmlns='urn:x'>1</p>", "i1")
    assert "1" in stream.next().data
    assert worker.end() == 0
    stream.wait_away()
    places = len(stream.positions)
    worker.start().wait_connected(user("friend"))
    wait_until(lambda: len(stream.positions) > places, "the page to be back at the worker", 20)
    publisher.publish(node, "<p xmlns='urn:x'>2</p>", "i2")
    events = [stream.next()]
    while "2" not in events[-1].data:
        events.append(stream.next())
    assert stream.opened >= 2
