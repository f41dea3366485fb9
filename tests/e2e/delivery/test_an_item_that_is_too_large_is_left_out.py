# SPDX-License-Identifier: MIT
"""The item alone: what else the node stores comes, and what is published next. The page is told."""
import json

import pytest

from harness.fixtures import target_of

TOO_LARGE = {"200 levels": "<a xmlns='urn:x'>" + "<a>" * 200 + "</a>" * 200 + "</a>",
             "1.5 MB": "<a xmlns='urn:x'>" + "x" * 1_500_000 + "</a>",
             "70,000 elements": "<a xmlns='urn:x'>" + "<b/>" * 70_000 + "</a>"}


def told(event):
    return (event.type, json.loads(event.data)["id"]) if event.type == "too-large" else (event.type, event.data)


# ejabberd takes no payload of more than 250,000 bytes.
CASES = [(server, kind) for server in ("prosody", "ejabberd") for kind in TOO_LARGE
         if server == "prosody" or len(TOO_LARGE[kind]) <= 250_000]


@pytest.mark.parametrize("xmpp, kind", CASES, indirect=["xmpp"], scope="session")
def test_as_the_newest_one_and_live(xmpp, worker, publisher, new_node, open_direct, kind):
    node = new_node(persist_items=1, max_items=20)
    whole = "<x xmlns='urn:x'>{}</x>"
    publisher.publish(node, whole.format(1), "i1")
    publisher.publish(node, TOO_LARGE[kind], "i2")
    stream = open_direct(worker, target=f"{target_of(node)}?last=10")
    assert told(stream.next()) == ("message", whole.format(1))
    left_out = stream.next()
    assert told(left_out) == ("too-large", "i2")
    publisher.publish(node, whole.format(3), "i3")
    assert told(stream.next()) == ("message", whole.format(3))
    publisher.publish(node, TOO_LARGE[kind], "i4")
    publisher.publish(node, whole.format(5), "i5")
    assert [told(one) for one in stream.take(2)] == [("too-large", "i4"), ("message", whole.format(5))]

    again = open_direct(worker, target=target_of(node), last_event_id=left_out.last_event_id)
    assert [told(one) for one in again.take(3)] == [("message", whole.format(3)), ("too-large", "i4"), ("message", whole.format(5))]


def test_a_document_lacks_it(xmpp, worker, publisher, new_node, open_direct):
    node = new_node(persist_items=1, max_items=20)
    publisher.publish(node, "<x xmlns='urn:x'>1</x>", "i1")
    publisher.publish(node, TOO_LARGE["200 levels"], "i2")
    document = open_direct(worker, target=target_of(node), wait=False, HTTP_ACCEPT="application/json").wait_end()
    assert document.status == 200
    items = json.loads(document.text())["items"]
    assert len(items) == 1 and "item=i1" in items[0]["id"]
