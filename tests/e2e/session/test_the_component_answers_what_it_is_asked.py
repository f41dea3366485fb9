# SPDX-License-Identifier: MIT
"""Disco, ping and version, asked by an ordinary user; everything else is refused and never left unanswered."""
import pytest

from harness.publisher import Refused

INFO, ITEMS = "{http://jabber.org/protocol/disco#info}", "{http://jabber.org/protocol/disco#items}"


def test_disco_info_names_identity_and_features(xmpp, worker, user):
    reply = user("friend").iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", worker.component)
    identities = [(one.get("category"), one.get("type")) for one in reply.iter(f"{INFO}identity")]
    assert len(identities) == 1 and all(identities[0])
    features = {one.get("var") for one in reply.iter(f"{INFO}feature")}
    assert features >= {"http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "urn:xmpp:ping",
                        "jabber:iq:version"}


def test_disco_items_is_answered(xmpp, worker, user):
    reply = user("friend").iq("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>", worker.component)
    assert reply.find(f"{ITEMS}query") is not None


def test_disco_of_a_node_it_does_not_have_is_item_not_found(worker, user):
    with pytest.raises(Refused, match="item-not-found"):
        user("friend").iq("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>", worker.component)


def test_ping_is_answered(xmpp, worker, user):
    assert user("friend").iq("get", "<ping xmlns='urn:xmpp:ping'/>", worker.component).get("type") == "result"


def test_version_names_the_program(xmpp, worker, user):
    reply = user("friend").iq("get", "<query xmlns='jabber:iq:version'/>", worker.component)
    assert reply.find("{jabber:iq:version}query/{jabber:iq:version}name").text == "xmpp-eventsource"
    assert reply.find("{jabber:iq:version}query/{jabber:iq:version}version").text


@pytest.mark.parametrize("kind, content", [
    ("get", "<query xmlns='jabber:iq:last'/>"), ("set", "<query xmlns='jabber:iq:register'/>"),
    ("get", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='x'/></pubsub>"),
    ("set", "<ping xmlns='urn:xmpp:ping'/>"), ("set", "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
    ("get", "<ping xmlns='urn:other'/>"), ("get", "<unknown xmlns='urn:x' xml:lang='en'>ü</unknown>"),
])
def test_every_other_request_gets_service_unavailable(xmpp, worker, user, kind, content):
    with pytest.raises(Refused, match="service-unavailable"):
        user("friend").iq(kind, content, worker.component)


def test_requests_to_addresses_under_the_domain_are_answered_too(xmpp, worker, user):
    with pytest.raises(Refused):
        user("friend").iq("get", "<query xmlns='jabber:iq:last'/>", f"nobody@{worker.component}/x")
