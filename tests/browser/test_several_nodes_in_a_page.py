# SPDX-License-Identifier: MIT
"""Several nodes over one native EventSource in Chromium."""
import json
import re

import pytest

from harness.process import wait_until

pytestmark = pytest.mark.timeout(60)
KEPT = {"persist_items": 1, "max_items": 50}


def shown(page) -> list:
    return [(said["node"], said["payload"]) for said in map(json.loads, page.data())]


def test_one_handler_shows_all_and_one_event_id_resumes_them(front, browse, publisher, user, new_node):
    weather, news = new_node(**KEPT), new_node(**KEPT)
    page = browse(front, "several.html", query=f"node={weather}&node={news}")
    page.wait_open()
    expected = []

    def publish(node: str, number: int) -> None:
        if node == weather:
            publisher.publish(node, f"<json xmlns='urn:xmpp:json:0'>{{\"t\": {number}}}</json>", f"i{number}")
            expected.append((node, {"t": number}))
        else:
            publisher.publish(node, f"<p xmlns='urn:x'>{number}</p>", f"i{number}")
            expected.append((node, f"<p xmlns='urn:x'>{number}</p>"))

    for number in range(1, 5):
        publish(weather if number % 2 else news, number)
    page.wait(lambda _: len(shown(page)) == 4, "four items")

    front.worker.process.kill()
    for number in range(5, 9):
        publish(weather if number % 2 else news, number)
    front.worker.start().wait_connected(user("friend"))
    page.wait(lambda _: len(shown(page)) >= 8, "what came meanwhile")
    publish(news, 9)
    page.wait(lambda _: len(shown(page)) >= 9, "what came afterwards")
    for node in (weather, news):
        assert [one for one in shown(page) if one[0] == node] == [one for one in expected if one[0] == node]

    ids = [line["id"] for line in page.lines if line.get("type") == "message"]
    assert len(set(ids)) == 9 and all(re.fullmatch(r"[A-Za-z0-9._-]{1,128}", one) for one in ids)
    assert page.events("reset", "node") == [] and page.console() == [] and not page.died()
    assert all(f"node={news}" in line["url"] for line in page.lines if "url" in line), "one stream for both"


def test_a_deleted_node_is_told_and_the_other_goes_on(front, browse, publisher, new_node):
    gone, stays = new_node(**KEPT), new_node(**KEPT)
    page = browse(front, "several.html", query=f"node={gone}&node={stays}&node=no-such")
    page.wait(lambda _: page.data("node"), "the missing node to be told")
    publisher.delete(gone)
    page.wait(lambda _: len(page.data("node")) >= 2, "the deletion to be told")
    publisher.publish(stays, "<p xmlns='urn:x'/>", "i1")
    page.wait(lambda _: shown(page), "the other node's item")
    assert list(map(json.loads, page.data("node"))) == [{"node": "no-such", "state": "missing"}, {"node": gone, "state": "deleted"}]
    assert shown(page) == [(stays, "<p xmlns='urn:x'/>")]
    assert page.console() == [] and not page.died()


def test_a_blog_is_shown_without_an_xml_parser(front, browse, publisher, new_node):
    blog, other = new_node(**KEPT), new_node(**KEPT)
    page = browse(front, "several.html", query=f"node={blog}&node={other}&format=atom")
    page.wait_open()
    publisher.publish(blog, "<entry xmlns='http://www.w3.org/2005/Atom'><id>tag:example.org,2024:1</id><title>Soup &amp; bread</title>"
                            "<link rel='alternate' href='https://example.org/1'/><updated>2024-05-01T10:00:00Z</updated>"
                            "<author><name>Romeo</name></author><summary>About soup</summary>"
                            "<content type='html'>&lt;p&gt;Hot&lt;/p&gt;</content></entry>", "i1")
    publisher.publish(blog, "<entry xmlns='http://www.w3.org/2005/Atom'><title>Bare</title></entry>", "i2")
    publisher.publish(other, "<p xmlns='urn:x'/>", "i3")
    page.wait(lambda _: len(page.items()) >= 3, "three items")
    # What two nodes publish within a moment may change places.
    assert sorted(page.items(), key=lambda item: item.startswith(f"{other}:")) == [
        f'{blog}: <a href="https://example.org/1">Soup &amp; bread</a><address>Romeo</address>'
        '<time datetime="2024-05-01T10:00:00Z">2024-05-01T10:00:00Z</time><p>About soup</p><pre title="html">&lt;p&gt;Hot&lt;/p&gt;</pre>',
        f"{blog}: <a>Bare</a>",
        f"{other}: <code>\"&lt;p xmlns='urn:x'/&gt;\"</code>"]
    assert page.console() == []


def test_a_page_may_ask_for_the_newest_of_each(front, browse, publisher, new_node):
    first, second = sorted([new_node(**KEPT), new_node(**KEPT)])
    for node in (first, second):
        for number in (1, 2, 3):
            publisher.publish(node, f"<p xmlns='urn:x'>{number}</p>", f"i{number}")
    page = browse(front, "several.html", query=f"node={first}&node={second}&last=2")
    page.wait(lambda _: len(shown(page)) >= 4, "the newest two of each")
    wait_until(lambda: front.worker.component in publisher.subscribers(first), "the subscription")
    publisher.publish(first, "<p xmlns='urn:x'>4</p>", "i4")
    page.wait(lambda _: len(shown(page)) >= 5, "the live one")
    assert shown(page) == [(node, f"<p xmlns='urn:x'>{number}</p>")
                           for node, number in [(first, 2), (first, 3), (second, 2), (second, 3), (first, 4)]]
