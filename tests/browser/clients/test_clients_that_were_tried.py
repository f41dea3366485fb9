# SPDX-License-Identifier: MIT
"""The clients of the table in deploy/web/README.md, each for real: Prosody, the worker and nginx with the shipped snippets behind it."""
import json
import re

import pytest

from harness.link import Link
from harness.nginx import Nginx
from harness.process import wait_until
from harness.talker import BROWSER, Browser, Talker

HERE = BROWSER / "clients"
IN_A_PAGE = ["EventSource", "event-source-polyfill", "event-source-polyfill without fetch", "eventsource-polyfill",
             "eventsource-polyfill in IE 9", "reader of responseText", "reconnecting-eventsource", "fetch-event-source"]
IN_NODE = ["eventsource 2", "eventsource 3", "fetch-event-source in Node.js"]
# They take white space from both ends of each line of a payload.
TRIMMING = {"eventsource-polyfill", "eventsource-polyfill in IE 9", "reader of responseText"}
# What a client puts into the query by itself.
ASKS = {"event-source-polyfill": [r"\?lastEventId=\S+ HTTP"],
        "event-source-polyfill without fetch": [r"\?padding=true HTTP", r"\?lastEventId=[^& ]+&padding=true HTTP"],
        "eventsource-polyfill in IE 9": [r"&evs_preamble=2056 HTTP", r"&evs_preamble=2056&evs_last_event_id=\S+ HTTP"]}
PAGE_FILES = f"""
    location /clients/ {{ root {BROWSER}; types {{ text/html html; text/javascript mjs; }} }}
    location /node_modules/ {{ root {BROWSER}; try_files $uri $uri.js =404; types {{ text/javascript js; }} }}"""
pytestmark = pytest.mark.timeout(60)


class Setting:
    """A worker whose link to the XMPP server can be closed, and an nginx in front of it."""

    def __init__(self, folder, server, own_worker, asker):
        self.link, self.asker = Link(server.component_port), asker
        self.worker = own_worker(stream={"heartbeat": "2s", "retry": "500ms"}, xmpp={"server": self.link.address, "max_backoff": "1s"})
        self.web = Nginx(folder, self.worker.fastcgi, self.worker.scgi, extra=PAGE_FILES,
                         hosts="push.example.org pubsub.localhost; 127.0.0.1 pubsub.localhost;")

    def start(self):
        self.worker.start().wait_connected(self.asker)
        self.web.start()
        return self

    def end(self):
        self.web.stop()
        self.link.end()


@pytest.fixture
def setting(folder, prosody, own_worker, user):
    made = Setting(folder, prosody, own_worker, user("friend"))
    yield made.start()
    made.end()


@pytest.fixture
def read(folder, setting):
    """read(client, target): the client on that stream, open."""
    talkers = []

    def make(client: str, target: str):
        if client in IN_NODE:
            url = setting.web.url("fastcgi") + target
            talkers.append(Talker(folder, HERE / "node.mjs", client, url, env={"NODE_EXTRA_CA_CERTS": str(folder / "cert.pem")}))
        else:
            rules = f"MAP push.example.org:443 127.0.0.1:{setting.web.ports['fastcgi']}"
            talkers.append(Browser(folder, "https://push.example.org", "clients/page.html", rules, client=client, url=target))
        return talkers[-1]
    yield make
    for one in talkers:
        one.process.end()


def wait_asked(web, pattern: str) -> None:
    """For a line of the access log; nginx writes a request down when it has ended."""
    wait_until(lambda: re.search(pattern, (web.folder / "access.log").read_text()), f"a request like {pattern}", 5)


def text(number: int, more: str = "") -> str:
    return f"<p xmlns='urn:x'>{number}{more}</p>"


@pytest.mark.parametrize("client", IN_A_PAGE + IN_NODE)
def test_items_come_live_and_whole_and_a_killed_worker_costs_none(setting, read, publisher, new_node, client):
    node = new_node(persist_items=1, max_items=50)
    talker = read(client, f"/eventsource/{node}")
    talker.wait_open()
    payloads = [text(1), text(2, "\n  two\n\n lines: data: 日本 😀\n"), text(3)]
    for number, payload in enumerate(payloads, 1):
        publisher.publish(node, payload, f"i{number}")
    if client in TRIMMING:
        payloads[1] = "\n".join(line.strip() for line in payloads[1].split("\n"))
    talker.wait_data(*payloads)

    setting.worker.process.kill()
    for number in (4, 5):
        payloads.append(text(number))
        publisher.publish(node, payloads[-1], f"i{number}")
    setting.worker.start().wait_connected(setting.asker)
    talker.wait_data(*payloads)
    payloads.append(text(6))
    publisher.publish(node, payloads[-1], "i6")
    talker.wait_data(*payloads)
    assert talker.events("reset", "status") == [] and not talker.died()
    talker.process.end()
    for pattern in ASKS.get(client, []):
        wait_asked(setting.web, pattern)


@pytest.mark.parametrize("client", IN_A_PAGE + IN_NODE)
def test_an_outage_before_the_first_event_costs_none(setting, read, publisher, new_node, client):
    """`event: position` tells every stream where it stands."""
    node = new_node(persist_items=1, max_items=50)
    talker = read(client, f"/eventsource/{node}")
    talker.wait_open()
    setting.worker.process.kill()
    publisher.publish(node, text(1), "i1")
    setting.worker.start().wait_connected(setting.asker)
    wait_until(lambda: setting.worker.log().count(f'subscribed to "{node}"') == 2, "the client to come back")
    publisher.publish(node, text(2), "i2")
    talker.wait_data(text(1), text(2))


@pytest.mark.parametrize("client", IN_A_PAGE + IN_NODE)
def test_a_reset_and_an_outage_are_told_and_nothing_comes_twice(setting, read, publisher, new_node, client):
    node = new_node(persist_items=1, max_items=50)
    publisher.publish(node, text(1), "i1")
    talker = read(client, f"/eventsource/{node}?lastEventId=unheard-of")
    talker.wait_data(text(1))
    assert json.loads(talker.data("reset")[0]) == {"node": node, "reason": "unknown-id"}
    assert [kind for kind, _ in talker.events()] == ["reset", "message"]

    setting.link.close()
    talker.wait_data('{"xmpp":"down"}', kind="status")
    publisher.publish(node, text(2), "i2")
    setting.link.open()
    talker.wait_data('{"xmpp":"down"}', '{"xmpp":"up"}', kind="status")
    talker.wait_data(text(1), text(2))

    # The URL still says lastEventId=unheard-of when the client comes back by itself.
    setting.worker.process.kill()
    publisher.publish(node, text(3), "i3")
    setting.worker.start().wait_connected(setting.asker)
    talker.wait_data(text(1), text(2), text(3))
    assert len(talker.data("reset")) == 1 and not talker.died()


def test_reconnecting_eventsource_survives_what_ends_an_eventsource(setting, read, publisher, new_node):
    node = new_node(persist_items=1, max_items=50)
    talker = read("reconnecting-eventsource", f"/eventsource/{node}")
    talker.wait_open()
    publisher.publish(node, text(1), "i1")
    talker.wait_data(text(1))
    publisher.delete(node)
    talker.wait_data(json.dumps({"node": node}, separators=(",", ":")), kind="delete")
    wait_asked(setting.web, " 404 ")  # which ends the browser's own EventSource
    new_node(node, persist_items=1, max_items=50)
    publisher.publish(node, text(2), "i2")
    talker.wait_data(text(1), text(2))
    assert json.loads(talker.data("reset")[0])["reason"] == "position-lost"
    talker.process.end()
    wait_asked(setting.web, r"\?lastEventId=\S+ HTTP")
