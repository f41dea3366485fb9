# SPDX-License-Identifier: MIT
"""Without the worker: a second user's subscription shows that server, node and payload are as the scenarios think."""
from xml.sax.saxutils import quoteattr

import pytest

from harness.process import wait_until
from harness.publisher import PUBSUB, Refused

EVENT = "{http://jabber.org/protocol/pubsub#event}"


def test_a_subscriber_gets_the_payload_with_its_attributes_and_line_ends(xmpp, publisher, user):
    node = publisher.create("self/test ü?#&<'\"")
    friend = user("friend")
    friend.iq("set", f"<pubsub xmlns='{PUBSUB}'><subscribe node={quoteattr(node)} jid='friend@localhost'/></pubsub>")
    assert publisher.subscribers(node) == ["friend@localhost"]
    publisher.publish(node, "<a xmlns='urn:x' xml:lang='en' xmlns:b='urn:b' b:mark='1' c='&#10;'>x&#13;\ny</a>", "i1")
    items = wait_until(lambda: [found for message in list(friend.messages) for found in message.iter("{urn:x}a")], "the item")
    assert items[0].attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "en", "{urn:b}mark": "1",
                               # Prosody writes white space in attributes as itself, which XML 1.0 §3.3.3 makes a space of.
                               "c": {"prosody": " ", "ejabberd": "\n"}[xmpp.name]}
    # Both servers write the CR as itself into the subscriber's stream, where XML 1.0 §2.11 makes it a LF for everybody.
    assert items[0].text == "x\ny"


def test_a_whitelisted_node_refuses_strangers(xmpp, new_node, user):
    node = new_node(access_model="whitelist")
    with pytest.raises(Refused) as refused:
        user("stranger").iq(
            "set", f"<pubsub xmlns='{PUBSUB}'><subscribe node='{node}' jid='stranger@localhost'/></pubsub>")
    assert {"prosody": "forbidden", "ejabberd": "not-allowed"}[xmpp.name] in refused.value.conditions


def test_big_payloads_get_through_the_servers(xmpp, node, publisher, user):
    size = 200 * 1024
    friend = user("friend")
    friend.iq("set", f"<pubsub xmlns='{PUBSUB}'><subscribe node='{node}' jid='friend@localhost'/></pubsub>")
    publisher.publish(node, f"<big xmlns='urn:x'>{'x' * size}</big>", "i1")
    found = wait_until(lambda: [big for message in list(friend.messages) for big in message.iter("{urn:x}big")], "the item")
    assert len(found[0].text) == size


def test_nodes_outlive_a_killed_server(own_server, user):
    own_server.start()
    user("publisher").create("stays")
    own_server.kill()
    own_server.start()
    with pytest.raises(Refused) as refused:
        user("publisher").create("stays")
    assert "conflict" in refused.value.conditions
