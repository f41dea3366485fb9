# SPDX-License-Identifier: MIT
"""The page at the top of README.md, as it stands there, in Chromium."""
import pytest

from harness.pages import examples
from harness.process import wait_until
from harness.talker import Browser
from harness.worker import HOST

pytestmark = pytest.mark.timeout(60)

# Beside the page: says what it shows.
WATCH = """<script>
  const say = () => report({ items: document.querySelector("#list").textContent.split("\\n").filter(Boolean) });
  new MutationObserver(say).observe(document.querySelector("#list"), { childList: true, characterData: true, subtree: true });
</script>
"""


@pytest.fixture
def example(folder, serve, own_worker, user):
    """The page's text, behind an nginx that serves it; `example.worker` may be restarted."""
    pages = [page for page in examples("README.md", "html") if "EventSource" in page]
    assert len(pages) == 1, "README.md has one page that reads a stream"
    (folder / "example.html").write_text("<!DOCTYPE html>\n<meta charset=utf-8>\n<link rel=icon href=data:,>\n" + pages[0] + WATCH)
    worker = own_worker(stream={"heartbeat": "2s", "retry": "500ms"}).start().wait_connected(user("friend"))
    return serve(worker, extra=f"    location = /example.html {{ root {folder}; types {{ text/html html; }} }}\n")


@pytest.fixture
def page(folder, example, new_node) -> Browser:
    new_node("news", persist_items=1, max_items=50)
    opened = Browser(folder, f"https://{HOST}", "example.html", f"MAP {HOST}:443 127.0.0.1:{example.ports['fastcgi']}")
    yield opened
    opened.process.end()


def text(words: str) -> str:
    return f"<json xmlns='urn:xmpp:json:0'>\"{words}\"</json>"


def shows(page: Browser, *items: str) -> None:
    page.wait(lambda _: page.items() == list(items), f"the page to show {items}")


def test_it_shows_replaces_and_removes_items(xmpp, example, page, publisher, user):
    publisher.publish("news", text("soup"), "i1")
    publisher.publish("news", text("bread"), "i2")
    shows(page, "soup", "bread")
    publisher.publish("news", text("hot soup"), "i1")
    shows(page, "hot soup", "bread")
    publisher.retract("news", "i2")
    shows(page, "hot soup")

    example.worker.process.kill()
    publisher.publish("news", text("tea"), "i3")
    publisher.retract("news", "i1")
    example.worker.start().wait_connected(user("friend"))
    page.wait(lambda _: "tea" in page.items(), "what came meanwhile", 30)
    publisher.publish("news", text("cake"), "i4")
    page.wait(lambda _: page.items()[-2:] == ["tea", "cake"], "what came afterwards")
    publisher.purge("news")
    wait_until(lambda: page.items() == [], "the page to be empty")
    assert page.console() == [] and not page.died()
    publisher.delete("news")


def test_it_begins_with_what_is_stored(xmpp, folder, example, new_node, publisher):
    new_node("news", persist_items=1, max_items=50)
    publisher.publish("news", text("before"), "i1")
    page = Browser(folder, f"https://{HOST}", "example.html", f"MAP {HOST}:443 127.0.0.1:{example.ports['fastcgi']}")
    try:
        shows(page, "before")
        publisher.publish("news", "<p xmlns='urn:x'>&lt;b&gt;</p>", "i2")
        shows(page, "before", "<p xmlns='urn:x'>&lt;b&gt;</p>")
        assert page.console() == []
    finally:
        page.process.end()
        publisher.delete("news")
