# SPDX-License-Identifier: MIT
"""Real Chromium, a native EventSource, HTTPS and HTTP/2 through nginx with the shipped snippets."""
import pytest

from harness.process import wait_until
from harness.worker import HOST

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize("name", ["plain", "a/b ü?#%2F"])
def test_published_items_appear_in_the_page(xmpp, front, browse, publisher, new_node, framing, name):
    node = new_node(f"{framing} {name}")
    page = browse(front, framing=framing, node=node)
    page.wait_open()
    payloads = [f"<p xmlns='urn:x'>{text}</p>" for text in ("one", "two\nlines", "ünï 日本 😀")]
    for number, payload in enumerate(payloads):
        publisher.publish(node, payload, f"i{number}")
    page.wait(lambda lines: len([line for line in lines if "items" in line]) >= 3, "three items")
    assert [item.partition(">")[2] for item in page.items()] == ["one</p>", "two\nlines</p>", "ünï 日本 😀</p>"]
    publisher.retract(node, "i0")
    page.wait(lambda lines: any(line.get("type") == "retract" for line in lines), "the retraction")
    assert page.console() == []


def wait_opened_again(page) -> None:
    """While there is no worker, it is nginx that answers."""
    opened = sum("opened" in line for line in page.lines)
    page.wait(lambda lines: sum("opened" in line for line in lines) > opened, "nginx's own answer")


def test_the_list_goes_on_after_the_worker_was_restarted(front, browse, publisher, user, node, framing):
    page = browse(front, framing=framing, node=node)
    page.wait_open()
    publisher.publish(node, "<p xmlns='urn:x'>before</p>", "i1")
    page.wait(lambda lines: len(page.items()) == 1, "the first item")
    assert front.worker.end() == 0
    page.wait(lambda lines: any("error" in line for line in lines), "the page to notice")
    wait_opened_again(page)
    front.worker.start().wait_connected(user("friend"))
    opened = sum("opened" in line for line in page.lines)
    page.wait(lambda lines: sum("opened" in line for line in lines) > opened or front.worker.component in publisher.subscribers(node),
              "the page to come back")
    wait_until(lambda: front.worker.component in publisher.subscribers(node), "the subscription")
    publisher.publish(node, "<p xmlns='urn:x'>after</p>", "i2")
    page.wait(lambda lines: len(page.items()) >= 2 and "after" in page.items()[-1], "the item after the restart")
    assert "before" in page.items()[0]
    assert not page.died() and page.console() == []


def test_a_killed_worker_is_no_end_either(front, browse, publisher, user, node, framing):
    page = browse(front, framing=framing, node=node)
    page.wait_open()
    front.worker.process.kill()
    wait_opened_again(page)
    front.worker.start().wait_connected(user("friend"))
    wait_until(lambda: front.worker.component in publisher.subscribers(node), "the page to come back", 20, 0.2)
    publisher.publish(node, "<p xmlns='urn:x'>after</p>", "i2")
    page.wait(lambda lines: any("after" in item for item in page.items()), "the item after the restart")
    assert not page.died()


def test_the_list_is_complete_after_restarts_of_worker_and_server(own_server, own_worker, user, serve, browse):
    """Whatever was published meanwhile comes, too: in order, each once."""
    own_server.start()
    publisher = user("publisher")
    publisher.create("lasting", persist_items=1, max_items=50)
    worker = own_worker(stream={"heartbeat": "2s", "retry": "500ms"}).start().wait_connected(user("friend"))
    page = browse(serve(worker), node="lasting")
    page.wait_open()

    def publish_and_wait(*numbers, wait=True):
        for number in numbers:
            publisher.publish("lasting", f"<p xmlns='urn:x'>number {number};</p>", f"i{number}")
        if wait:
            page.wait(lambda lines: len(page.items()) >= numbers[-1], f"item {numbers[-1]}", 40)

    publish_and_wait(1, 2)
    assert worker.end() == 0
    publish_and_wait(3, 4, wait=False)
    worker.start().wait_connected(user("friend"))
    publish_and_wait(5)
    own_server.restart()
    publisher = user("publisher")
    publish_and_wait(6, 7)
    assert [number for item in page.items() for number in range(1, 10) if f"number {number};" in item] == [1, 2, 3, 4, 5, 6, 7]
    assert not page.died() and page.console() == []


def test_a_page_of_a_listed_origin_may_read_with_credentials(front, browse, publisher, node):
    page = browse(front, hosts=("www.example.org", HOST), node=node, **{"from": f"https://{HOST}"})
    page.wait_open()
    publisher.publish(node, "<p xmlns='urn:x'>x</p>", "i1")
    page.wait(lambda lines: len(page.items()) == 1, "the item")
    assert page.console() == []


def test_a_page_of_another_origin_may_not(front, browse, publisher, node):
    page = browse(front, hosts=("evil.example", HOST), node=node, **{"from": f"https://{HOST}"})
    page.wait(lambda lines: any(line.get("closed") for line in lines), "the browser to refuse", 30)
    assert any("CORS" in line for line in page.console())
    assert page.items() == []


def test_a_page_may_have_more_streams_than_http1_allows(front, browse, publisher, node):
    page = browse(front, node=node, streams=20)
    page.wait_open(20)
    publisher.publish(node, "<p xmlns='urn:x'>x</p>", "i1")
    page.wait(lambda lines: len({line["stream"] for line in lines if "items" in line}) == 20, "the item in all of them")
    assert page.console() == []
