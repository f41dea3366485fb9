# SPDX-License-Identifier: MIT
"""The rest of the raw path, percent-decoded once, is the node's name: nothing on the way may tidy it up."""
import json

import pytest

from harness.canonical import canonical

NAMES = ["blog/2024/entries", "a//b", "/leading", "trailing/", "%2F", "100%", "a%2Fb", "with space", "ünï/日本 😀", "what?x=1", "a#b",
         "a&b=c;d", "quotes\"'`", "<&>", "a/../b", "./a", "a+b", "http://example.org/feed", "princely_musings", "a\\b", "~{|}^[]",
         "x" * 500, "urn:xmpp:microblog:0"]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_the_node_of_that_name_is_streamed(xmpp, publisher, new_node, open_stream, name):
    new_node(name)
    streams = [open_stream(name, framing) for framing in ("fastcgi", "scgi")]
    publisher.publish(name, "<p xmlns='urn:x'>here</p>", "i1")
    for stream in streams:
        assert canonical(stream.next().data) == canonical("<p xmlns='urn:x'>here</p>")


@pytest.mark.parametrize("target, node", [
    ("/eventsource/raw/slashes", "raw/slashes"), ("/eventsource/raw//double", "raw//double"),
    ("/eventsource/raw%2Fencoded", "raw/encoded"), ("/eventsource/raw%252Ftwice", "raw%2Ftwice"),
    ("/eventsource/raw+plus", "raw+plus"), ("/eventsource/raw%20query?x=y&z=%2F", "raw query"),
    ("/eventsource/raw%c3%bc", "rawü"), ("/eventsource/raw/../dots", "raw/../dots"),
])
def test_the_target_is_decoded_once_and_the_query_is_no_part_of_it(publisher, new_node, open_stream, target, node):
    new_node(node)
    streams = [open_stream(target=target, framing=framing) for framing in ("fastcgi", "scgi")]
    publisher.publish(node, "<p xmlns='urn:x'>here</p>", "i1")
    for stream in streams:
        assert "here" in stream.next().data


def test_names_in_events_are_the_nodes_own(publisher, new_node, open_stream):
    node = new_node("events/ü \"<&>' 日本")
    stream = open_stream(node)
    publisher.publish(node, "<p xmlns='urn:x'/>", "i\"1")
    publisher.retract(node, "i\"1")
    assert json.loads(stream.take(2)[1].data) == {"node": node, "id": "i\"1"}
