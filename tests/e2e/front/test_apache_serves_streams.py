# SPDX-License-Identifier: MIT
"""The example sites of deploy/apache/, each in a real Apache: what it hands on, what it never lets die, and real items."""
import http.client
import subprocess
import time

import pytest

from harness.apache import Apache
from harness.canonical import canonical
from harness.eventsource import EventSource
from harness.process import program, wait_until
from harness.worker import HOST, settled_sockets, sockets_of


@pytest.fixture
def apache(folder, framing):
    """The site of that framing; its worker's socket would be in `folder`."""
    site = Apache(folder, framing, f"{folder}/{framing}.sock")
    yield site.start()
    site.stop()


@pytest.fixture
def worker(apache, folder, own_worker, user):
    listen = {"group": Apache.group} if Apache.group else None
    worker = own_worker(fastcgi=[f"unix:{folder}/fastcgi.sock"], scgi=[f"unix:{folder}/scgi.sock"], listen=listen,
                        stream={"heartbeat": "1s"})
    return worker.start().wait_connected(user("friend"))


@pytest.mark.parametrize("target", ["/eventsource/plain", "/eventsource/a//b", "/eventsource/a%2Fb", "/eventsource/a%252Fb",
                                    "/eventsource/%C3%BC%20x", "/eventsource/a+b", "/eventsource/n?lastEventId=7&x=%2F"])
def test_the_request_is_handed_on_as_it_came(apache, stand_in, target):
    with EventSource(apache.url() + target, host=HOST, last_event_id="abc-1") as stream:
        assert stream.wait_open().next().data == "hello"
    framing, params = stand_in.asked[-1]
    assert framing == apache.framing
    assert params["REQUEST_URI"] == target and params["QUERY_STRING"] == target.partition("?")[2]
    assert params["HTTP_HOST"] == HOST and params["REQUEST_METHOD"] == "GET"
    assert params["HTTP_LAST_EVENT_ID"] == "abc-1"
    assert not params.get("PUBSUB_SERVICE") and not params.get("REMOTE_USER")


@pytest.mark.parametrize("host", ["evil.example", "pubsub.localhost", f"evil.{HOST}", "127.0.0.1"])
def test_no_other_name_reaches_the_worker(apache, stand_in, host):
    before = len(stand_in.asked)
    assert EventSource(apache.url() + "/eventsource/n", host=host).wait_head().status in (400, 421)
    assert len(stand_in.asked) == before


def test_a_missing_worker_is_a_stream_that_ends_with_retry(apache):
    stream = EventSource(apache.url() + "/eventsource/feed.json", host=HOST).wait_open().wait_end(8)
    assert 500 <= stream.parser.retry_ms <= 10000
    assert stream.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept, status", [("application/json", 503), ("text/html, application/Atom+XML;q=0.9", 503),
                                            ("text/event-stream, application/json", 200), ("*/*", 200)])
def test_who_asks_for_a_document_is_told_the_truth(apache, accept, status):
    answer = EventSource(apache.url() + "/eventsource/n", host=HOST, headers={"Accept": accept}).wait_head(8)
    assert answer.status == status and ("event-stream" in answer.headers["content-type"]) == (status == 200)


def test_it_is_the_same_for_a_client_that_would_speak_http2(apache):
    told = subprocess.run([program("curl"), "-sk", "--http2", "--max-time", "8", "-w", "%{http_code} %{content_type}",
                           "--resolve", f"{HOST}:{apache.tls}:127.0.0.1", f"https://{HOST}:{apache.tls}/eventsource/n"],
                          capture_output=True, text=True, timeout=10).stdout
    assert "retry: " in told and told.endswith("200 text/event-stream")


def test_plain_http_leads_to_https(apache):
    connection = http.client.HTTPConnection("127.0.0.1", apache.plain, timeout=5)
    connection.request("GET", "/eventsource/n", headers={"Host": HOST})
    assert connection.getresponse().getheader("Location") == f"https://{HOST}/eventsource/n"


@pytest.mark.parametrize("name", ["plain", "a/b//c ü?%2F"])
def test_items_arrive_as_they_are_published(apache, worker, publisher, new_node, open_stream, framing, name):
    node = new_node(f"apache {framing} {name}")
    stream = open_stream(node, web=apache, headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in stream.headers
    for number in range(3):
        started = time.monotonic()
        publisher.publish(node, f"<n xmlns='urn:x'>{number}</n>", f"i{number}")
        assert canonical(stream.next().data) == canonical(f"<n xmlns='urn:x'>{number}</n>")
        assert time.monotonic() - started < 1


def test_refusals_of_the_worker_keep_their_status_and_text(apache, worker, open_stream):
    stream = open_stream("nobody-made-this", web=apache, wait=False).wait_head()
    assert stream.status == 404 and stream.headers["content-type"].startswith("text/plain")
    assert stream.text().count("\n") == 1 and "<html" not in stream.text().lower()


def test_a_browser_that_left_is_noticed_by_the_heartbeats(apache, worker, node, open_stream):
    before = len(settled_sockets(worker.pid))
    streams = [open_stream(node, web=apache) for _ in range(5)]
    assert len(sockets_of(worker.pid)) == before + 5
    for stream in streams:
        stream.close()
    wait_until(lambda: len(sockets_of(worker.pid)) == before, "the streams to be given up", timeout=10)


def test_a_page_goes_on_when_the_worker_was_restarted(apache, worker, publisher, user, node, open_stream):
    stream = open_stream(node, web=apache, reconnect=True)
    places = len(stream.wait_live().positions)
    assert worker.end() == 0
    worker.start().wait_connected(user("friend"))
    wait_until(lambda: len(stream.positions) > places, "the page to be back at the worker", 20)
    publisher.publish(node, "<p xmlns='urn:x'>again</p>", "i1")
    event = stream.next(15)
    if event.type == "reset":  # it knew the node empty, and more might have come and gone
        event = stream.next()
    assert "again" in event.data
