# SPDX-License-Identifier: MIT
"""Pages of listed origins may read, with cookies; others get no CORS header at all."""
import subprocess

import pytest

from harness.eventsource import EventSource
from harness.nginx import Nginx
from harness.process import program
from harness.responder import Responder
from harness.worker import HOST

LISTED = "https://www.example.org"
OTHERS = ["https://evil.example", "https://www.example.org.evil.example", "http://www.example.org", "https://www.example.org:444",
          "https://example.org", "null", "https://xwww.example.org", "*", "https://wwwxexample.org"]


@pytest.fixture(scope="module")
def front(run_folder):
    folder = run_folder / "cors"
    folder.mkdir()
    responder = Responder(folder)
    web = Nginx(folder, responder.fastcgi, responder.scgi).start()
    web.asked = responder.asked
    yield web
    web.stop()
    responder.close()


def get(front, framing, origin=None, method="GET", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin:
        headers["Origin"] = origin
    return EventSource(front.url(framing) + "/eventsource/n", host=HOST, method=method, headers=headers).wait_head().wait_end(5)


def test_a_listed_origin_may_read_with_credentials(front, framing):
    stream = get(front, framing, LISTED)
    assert stream.status == 200 and b"data: hello" in stream.raw
    assert stream.headers["access-control-allow-origin"] == LISTED
    assert stream.headers["access-control-allow-credentials"] == "true"
    assert "origin" in stream.headers["vary"].lower()


@pytest.mark.parametrize("origin", OTHERS)
def test_another_origin_gets_no_permission(front, framing, origin):
    stream = get(front, framing, origin)
    assert not any(name.startswith("access-control-") for name in stream.headers)
    assert "origin" in stream.headers["vary"].lower()


def test_without_an_origin_there_is_nothing_to_permit(front, framing):
    assert not any(name.startswith("access-control-") for name in get(front, framing).headers)


def preflight(front, framing, origin):
    return get(front, framing, origin, "OPTIONS", Access_Control_Request_Method="GET",
               Access_Control_Request_Headers="last-event-id, cache-control")


def test_a_preflight_of_a_listed_origin_is_answered_without_the_worker(front, framing):
    before = len(front.asked)
    answer = preflight(front, framing, LISTED)
    assert answer.status in (200, 204) and len(front.asked) == before
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "last-event-id" in answer.headers["access-control-allow-headers"].lower()
    assert int(answer.headers["access-control-max-age"]) > 0


def test_a_preflight_of_another_origin_permits_nothing(front, framing):
    assert not any(name.startswith("access-control-") for name in preflight(front, framing, OTHERS[0]).headers)


def test_the_star_is_never_sent_with_credentials(front, framing):
    for origin in (LISTED, *OTHERS, None):
        headers = get(front, framing, origin).headers
        assert headers.get("access-control-allow-origin") != "*"
        assert "access-control-allow-origin" in headers or "access-control-allow-credentials" not in headers


def test_refusals_of_the_worker_may_be_read_by_listed_origins(worker, web, framing):
    with EventSource(web.url(framing) + "/eventsource/nobody-made-this", host=HOST, headers={"Origin": LISTED}) as stream:
        assert stream.wait_head().status == 404
        assert stream.headers["access-control-allow-origin"] == LISTED


def test_a_listed_page_may_read_where_a_documents_event_source_goes_on(worker, web, framing):
    with EventSource(web.url(framing) + "/eventsource/nobody-made-this", host=HOST,
                     headers={"Origin": LISTED, "Accept": "application/json"}) as answer:
        exposed = answer.wait_head().headers["access-control-expose-headers"]
    assert {name.strip().lower() for name in exposed.split(",")} == {"link", "x-last-event-id"}


def test_it_is_the_same_over_http2(front, framing):
    answer = subprocess.run([program("curl"), "-ski", "--http2", "--max-time", "5", "-H", f"Origin: {LISTED}",
                             f"{front.url(framing)}/eventsource/n"], capture_output=True, text=True, timeout=10).stdout
    assert answer.startswith("HTTP/2 200") and f"access-control-allow-origin: {LISTED}" in answer
