# SPDX-License-Identifier: MIT
"""The same URL without EventSource: JSON Feed 1.1 and Atom, and the event ID from which an EventSource goes on."""
import http.client
import json
import re
import ssl
import subprocess
import time
import xml.etree.ElementTree as ET
from urllib.parse import quote

import pytest

from harness.fastcgi_client import connect, environment, read_record, request
from harness.fixtures import target_of
from harness.numbers import number_of, numbers, publish
from harness.process import program
from harness.worker import HOST

ATOM = "{http://www.w3.org/2005/Atom}"
ENTRY = ("<entry xmlns='http://www.w3.org/2005/Atom'><id>urn:x:{0}</id><title>News {0} &amp; more</title>"
         "<updated>2026-01-0{0}T00:00:00Z</updated><link href='https://example.org/{0}'/>"
         "<content type='html'>&lt;b&gt;{0}&lt;/b&gt;</content></entry>")


def get(web, target: str, accept: str, method: str = "GET", host: str = HOST, framing: str = "fastcgi"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = web.url(framing).removeprefix("https://")
    connection = http.client.HTTPSConnection(address, context=context, timeout=10)
    connection.request(method, target, headers={"Host": host, "Accept": accept})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


@pytest.fixture
def blog(xmpp, publisher, new_node):
    node = new_node(persist_items=1, max_items=20)
    for number in (1, 2, 3):
        publisher.publish(node, ENTRY.format(number), f"i{number}")
    return node


def test_json_feed(blog, web):
    answer = get(web, target_of(blog) + "?last=2", "application/json")
    assert (answer.status, answer.getheader("Content-Type")) == (200, "application/json; charset=utf-8")
    assert "Accept" in answer.getheader("Vary")
    feed = json.loads(answer.body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == blog
    assert feed["feed_url"] == f"https://{HOST}{target_of(blog)}"
    assert [item["id"] for item in feed["items"]] == ["urn:x:3", "urn:x:2"], "newest first"
    assert feed["items"][0]["title"] == "News 3 & more"
    assert feed["items"][0]["url"] == "https://example.org/3"
    assert feed["items"][0]["content_html"] == "<b>3</b>"
    assert get(web, target_of(blog), "application/feed+json").getheader("Content-Type").startswith("application/feed+json")


def test_atom_feed(blog, web):
    answer = get(web, target_of(blog), "application/atom+xml, */*;q=0.1")
    assert (answer.status, answer.getheader("Content-Type")) == (200, "application/atom+xml; charset=utf-8")
    feed = ET.fromstring(answer.body)
    assert feed.tag == ATOM + "feed"
    assert [entry.find(ATOM + "id").text for entry in feed.findall(ATOM + "entry")] == ["urn:x:3", "urn:x:2", "urn:x:1"]


def test_an_event_source_goes_on_from_it_without_a_gap(blog, web, publisher, open_stream):
    answer = get(web, target_of(blog), "application/json")
    last_event_id = answer.getheader("X-Last-Event-ID")
    assert f"lastEventId={last_event_id}>" in answer.getheader("Link")
    publish(publisher, blog, 4, 5)  # while the page has no stream yet
    stream = open_stream(blog, last_event_id=last_event_id)
    assert numbers(stream, until=5) == [4, 5]
    by_query = open_stream(target=f"{target_of(blog)}?lastEventId={last_event_id}")
    assert numbers(by_query, until=5) == [4, 5]


def test_several_nodes_in_one_document(blog, web, publisher, new_node, open_stream):
    other = new_node(persist_items=1)
    publish(publisher, other, 7)
    target = f"/eventsource/?node={blog}&node={other}"
    answer = get(web, target + "&last=1", "application/json")
    assert len(json.loads(answer.body)["items"]) == 2
    publish(publisher, other, 8)
    stream = open_stream(target=target + "&format=payload", last_event_id=answer.getheader("X-Last-Event-ID"))
    assert numbers(stream, until=8) == [8]


def followed(link: str, open_stream):
    """The EventSource that a Link header names, wherever it says that the document is."""
    url, relation, kind = re.fullmatch(r'<([^>]*)>; rel="(\w+)"; type="([^"]*)"', link).groups()
    assert (relation, kind) == ("alternate", "text/event-stream")
    assert url.startswith(f"https://{HOST}/eventsource/")
    return open_stream(target=url.removeprefix(f"https://{HOST}"))


def said(stream, count: int) -> list:
    """(node, number) of that many items, and that nothing more comes."""
    events = [stream.next() for _ in range(count)]
    assert stream.nothing_within(0.5) and all(event.type == "message" for event in events)
    return sorted((json.loads(event.data)["node"], number_of(event)) for event in events)


@pytest.mark.parametrize("more", ["", "&last=1&access_token=x&padding=true", "&format=json"])
def test_its_link_leads_on_with_all_its_nodes(xmpp, web, publisher, new_node, open_stream, more):
    first, second = sorted((new_node(persist_items=1, max_items=20), new_node("a&b=c+d %2F ü/" + str(time.time_ns()), persist_items=1)))
    publish(publisher, first, 1)
    publish(publisher, second, 1)
    query = f"?node={quote(second, safe='')}&node={quote(first, safe='')}{more}"
    answer = get(web, "/eventsource/" + query, "application/json")
    assert answer.status == 200 and len(json.loads(answer.body)["items"]) == 2
    assert not any(word in answer.getheader("Link") for word in ("access_token", "padding", "last="))
    publish(publisher, first, 2)  # while the page has no stream yet
    stream = followed(answer.getheader("Link"), open_stream)
    publish(publisher, second, 3)
    assert said(stream, 2) == sorted([(first, 2), (second, 3)])


def test_its_link_keeps_the_view(blog, web, publisher, open_stream):
    answer = get(web, target_of(blog) + "?format=json&last=1", "application/atom+xml")
    publish(publisher, blog, 7)
    assert said(followed(answer.getheader("Link"), open_stream), 1) == [(blog, 7)]


def test_each_set_of_nodes_is_a_feed_of_its_own(blog, web, new_node):
    other = new_node(persist_items=1)
    urls = set()
    for query in (f"?node={blog}&node={other}", f"?node={blog}", f"?node={other}"):
        url = json.loads(get(web, f"/eventsource/{query}&last=3", "application/json").body)["feed_url"]
        feed = ET.fromstring(get(web, f"/eventsource/{query}&last=3", "application/atom+xml").body)
        assert feed.find(ATOM + "id").text == url == feed.find(f"{ATOM}link[@rel='self']").get("href")
        assert url == f"https://{HOST}/eventsource/{query}"
        urls.add(url)
    assert len(urls) == 3


def test_its_url_has_the_port_that_was_asked(blog, web):
    for host in (HOST, f"{HOST}:8443", f"{HOST}:443"):
        url = json.loads(get(web, target_of(blog), "application/json", host=host).body)["feed_url"]
        assert url == f"https://{host.removesuffix(':443')}{target_of(blog)}"
    curl = subprocess.run([program("curl"), "-sk", "--http2", "--max-time", "5", "-H", "Accept: application/json", "-w", "%{http_version}",
                           "--resolve", f"{HOST}:{web.ports['scgi']}:127.0.0.1", f"https://{HOST}:{web.ports['scgi']}{target_of(blog)}"],
                          capture_output=True, text=True, timeout=10).stdout
    assert curl.endswith("}2")
    assert json.loads(curl[:-1])["feed_url"] == f"https://{HOST}:{web.ports['scgi']}{target_of(blog)}"


LARGE = 60_000


@pytest.fixture
def library(xmpp, publisher, new_node):
    """22 items of 60 KB, which is more than `max_lag`."""
    node = new_node(persist_items=1, max_items=30)
    for number in range(22):
        publisher.publish(node, f"<p xmlns='urn:x'>{number}{'x' * LARGE}</p>", f"i{number}")
    return node


@pytest.mark.parametrize("accept", ["application/json", "application/atom+xml"])
def test_a_large_document_comes_whole(library, web, accept):
    answer = get(web, target_of(library) + "?last=30", accept)
    assert answer.status == 200
    assert int(answer.getheader("Content-Length")) == len(answer.body) > 22 * LARGE
    count = len(json.loads(answer.body)["items"]) if "json" in accept else len(ET.fromstring(answer.body).findall(ATOM + "entry"))
    assert count == 22


def test_one_that_would_be_too_large_is_refused_and_says_so(library, own_worker, user):
    worker = own_worker(limits={"document": "1MiB"}, stream={"max_lag": "16KiB"}).start().wait_connected(user("friend"))
    for last, status in ((22, 400), (10, 200)):
        target = f"{target_of(library)}?last={last}"
        status_said, head, body = whole_response(worker.fastcgi, target, "application/json")
        assert status_said == status, body[:200]
        assert int(head["content-length"]) == len(body)
        assert (b"?last=N" in body) == (status == 400)


def whole_response(address, target: str, accept: str) -> tuple:
    """Status, head and body of a FastCGI response that is read slowly."""
    peer = connect(address)
    peer.sendall(request({**environment(target, HOST), "HTTP_ACCEPT": accept}))
    octets = b""
    while (kind_content := read_record(peer))[0] == 6:
        octets += kind_content[-1]
    peer.close()
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    fields = {name.lower(): value for name, value in lines.items()}
    return int(fields["status"].split()[0]), fields, body


@pytest.mark.parametrize("framing", ["fastcgi", "scgi"])
def test_sixteen_nodes_with_long_names_pass_through_nginx(xmpp, web, publisher, new_node, framing):
    nodes = [new_node(f"{'α' * 30}{number}-{time.time_ns()}", persist_items=1) for number in range(16)]
    publisher.publish(nodes[3], "<p xmlns='urn:x'/>", "i1")
    target = "/eventsource/?" + "&".join("node=" + quote(node) for node in nodes)
    answer = get(web, target, "application/json", framing=framing)
    assert answer.status == 200, answer.body
    assert len(json.loads(answer.body)["items"]) == 1
    assert answer.getheader("X-Last-Event-ID")


def test_a_type_that_is_refused_is_not_given(blog, open_stream):
    stream = open_stream(blog, headers={"Accept": "application/json;q=0, text/event-stream"})
    assert stream.headers["content-type"].startswith("text/event-stream")


def test_head_and_refusals(blog, web):
    answer = get(web, target_of(blog), "application/json", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.getheader("X-Last-Event-ID")
    assert get(web, target_of("no such node"), "application/json").status == 404


def test_whoever_names_no_type_gets_a_stream(blog, web, open_stream):
    stream = open_stream(blog, headers={"Accept": "*/*"})
    assert stream.headers["content-type"].startswith("text/event-stream")
