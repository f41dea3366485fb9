# SPDX-License-Identifier: MIT
"""Awkward payloads: what arrives is canonically equal to what was published, in both views of a service.

Not among them is what the servers change for every subscriber (selftest/ shows that): both write a CR as itself, which
XML makes a line feed of, and Prosody does so with white space in attributes. The codecs' unit tests have these.
"""
import xml.etree.ElementTree as ET

import pytest

from harness.canonical import canonical, payload_of
from harness.worker import HOST, HOST2

PAYLOADS = {
    "line feeds": "<p xmlns='urn:x'>first\nsecond\n\nfourth\n</p>",
    "lines that look like fields": "<p xmlns='urn:x'>data: x\nevent: open\nid: 7\n:comment\nretry: 1\n</p>",
    "a leading space": "<p xmlns='urn:x'> x </p>",
    "only white space": "<p xmlns='urn:x'>\n \n\t\n</p>",
    "nothing": "<p xmlns='urn:x'/>",
    "every script": "<p xmlns='urn:x'>ünï — 日本語 العربية 😀 \u2028 \u2029 \u0085 \ufeff</p>",
    "markup as text": "<p xmlns='urn:x'>&lt;b&gt; &amp;amp; ]]&gt; \"quotes\" 'and' more</p>",
    "attributes with everything": "<p xmlns='urn:x' a='&lt;&amp;&quot;&apos;>' b='  spaces ' c='' ü='日本 😀'/>",
    "a language": "<p xmlns='urn:x' xml:lang='en'><q xml:lang='de' xml:space='preserve'> x </q></p>",
    "prefixed attributes": "<p xmlns='urn:x' xmlns:b='urn:b' b:mark='1' mark='2'><q b:mark='3'/></p>",
    "two prefixes of one namespace": "<p xmlns='urn:x' xmlns:b='urn:b' xmlns:c='urn:b'><b:q c:m='1'/><c:q b:m='2'/></p>",
    "one prefix for two namespaces": "<a:p xmlns:a='urn:1'><a:q xmlns:a='urn:2' a:m='2'/><a:r a:m='1'/></a:p>",
    "a default namespace that changes": "<p xmlns='urn:1'><q xmlns='urn:2'><r xmlns='urn:1'/></q><s/></p>",
    "mixed content": "<p xmlns='urn:x'>a<b>c</b>d<e/>f\n<g>\n</g>\n</p>",
    "XHTML": "<div xmlns='http://www.w3.org/1999/xhtml'><p>One<br/>two <em>three</em></p><pre>\n  a\n    b\n</pre></div>",
    "deep": "<p xmlns='urn:x'>" + "<q>" * 60 + "x" + "</q>" * 60 + "</p>",
    "60 KiB": f"<p xmlns='urn:x'>{'0123456789abcdef' * 3840}</p>",
    "60 KiB of line feeds": "<p xmlns='urn:x'>" + "\n" * 61440 + "</p>",
    # In elements of a kilobyte: ejabberd counts its own representation of them, of which a node takes 250,000 bytes.
    "200 KiB": "<p xmlns='urn:x'>" + f"<q a='ü'>{'0123456789 日本' * 60}</q>\n" * 200 + "</p>",
}


@pytest.mark.parametrize("what", PAYLOADS)
def test_a_payload_arrives_canonically_equal(xmpp, publisher, node, open_stream, what):
    stream = open_stream(node)
    publisher.publish(node, PAYLOADS[what], "i1")
    assert canonical(stream.next().data) == canonical(PAYLOADS[what])
    publisher.publish(node, "<after xmlns='urn:x'/>", "i2")
    assert canonical(stream.next().data) == canonical("<after xmlns='urn:x'/>")


def test_a_cdata_section_arrives_as_its_text(xmpp, publisher, node, open_stream):
    stream = open_stream(node)
    publisher.publish(node, "<p xmlns='urn:x'><![CDATA[<b> & \n]]></p>", "i1")
    assert canonical(stream.next().data) == canonical("<p xmlns='urn:x'>&lt;b&gt; &amp; \n</p>")


def test_white_space_in_attributes_stays_what_it_is(ejabberd, publisher, node, open_stream):
    payload = "<p xmlns='urn:x' a='&#10;two&#9;lines'/>"
    stream = open_stream(node)
    publisher.publish(node, payload, "i1")
    assert canonical(stream.next().data) == canonical(payload)


def test_a_hundred_kinds_in_one_go_keep_their_order(xmpp, publisher, node, open_stream):
    stream = open_stream(node)
    texts = [text for text in PAYLOADS.values() if len(text) < 60000] * 6
    for number, text in enumerate(texts):
        publisher.publish(node, text, f"i{number}")
    assert [canonical(event.data) for event in stream.take(len(texts))] == [canonical(text) for text in texts]


@pytest.fixture
def item_view(own_worker, xmpp, user):
    worker = own_worker(services=[{"jid": xmpp.pubsub, "hosts": [HOST], "view": "item"},
                                  {"jid": xmpp.pubsub2, "hosts": [HOST2]}])
    return worker.start().wait_connected(user("friend"))


def test_the_item_view_is_one_item_element_on_one_line(xmpp, publisher, new_node, open_direct, item_view):
    """As Prosody's mod_pubsub_eventsource sends it, but nothing is lost after a line feed."""
    node = new_node()
    stream = open_direct(item_view, node)
    for number, text in enumerate(PAYLOADS.values()):
        publisher.publish(node, text, f"i{number}")
    for number, (what, text) in enumerate(PAYLOADS.items()):
        data = stream.next().data
        assert "\n" not in data and "\r" not in data, what
        assert data.startswith("<item ") and f"i{number}" in data[:200], what
        assert canonical(payload_of(data)) == canonical(text), what


def test_the_other_service_of_that_worker_keeps_the_payload_view(xmpp, publisher, open_direct, item_view):
    node = publisher.create("item-view-other", service=xmpp.pubsub2)
    stream = open_direct(item_view, node, host=HOST2)
    publisher.publish(node, "<p xmlns='urn:x'>x</p>", "i1", service=xmpp.pubsub2)
    assert canonical(stream.next().data) == canonical("<p xmlns='urn:x'>x</p>")


@pytest.mark.parametrize("identity", ["<&>\"'", "ünï 日本", "a/b?c#d", " "])
def test_item_ids_may_be_anything(xmpp, publisher, node, open_direct, item_view, identity):
    stream = open_direct(item_view, node)
    publisher.publish(node, "<p xmlns='urn:x'/>", identity)
    assert ET.fromstring(stream.next().data).get("id") == identity
