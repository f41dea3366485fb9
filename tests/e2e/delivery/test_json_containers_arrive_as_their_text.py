# SPDX-License-Identifier: MIT
"""XEP-0335 and Prosody's container: `data:` is the text alone."""
import json
from xml.sax.saxutils import escape

import pytest

TEXTS = {
    "an object": '{"a":1,"b":[true,null,"x"]}',
    "pretty, on many lines": json.dumps({"a": {"b": [1, 2, 3]}, "c": "d"}, indent=2),
    "markup and escapes": json.dumps({"html": "<b>&amp;</b>", "cr": "a\r\nb", "quote": '"', "wide": "日本 😀"}),
    "wide characters as themselves": json.dumps({"wide": "日本 😀 ü"}, ensure_ascii=False),
    "a big one": json.dumps([{"number": number, "text": "x" * 50} for number in range(1000)]),
}


@pytest.mark.parametrize("container", [("json", "urn:xmpp:json:0"), ("data", "https://prosody.im/protocol/data")])
@pytest.mark.parametrize("what", TEXTS)
def test_the_text_of_a_container_arrives_bare(xmpp, publisher, node, open_stream, container, what):
    name, namespace = container
    stream = open_stream(node)
    publisher.publish(node, f"<{name} xmlns='{namespace}'>{escape(TEXTS[what])}</{name}>", "i1")
    data = stream.next().data
    assert data == TEXTS[what]
    assert json.loads(data) == json.loads(TEXTS[what])


def test_an_element_of_that_name_in_another_namespace_is_xml(publisher, node, open_stream):
    stream = open_stream(node)
    publisher.publish(node, "<json xmlns='urn:other'>{}</json>", "i1")
    assert stream.next().data.startswith("<json")
