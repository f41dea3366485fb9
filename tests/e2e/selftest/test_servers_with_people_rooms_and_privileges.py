# SPDX-License-Identifier: MIT
"""Without the worker: accounts' own nodes, chat rooms and privileges are as the scenarios (and deploy/README.md) think."""
from xml.sax.saxutils import quoteattr

import pytest

from harness.component import Component
from harness.ejabberd import Ejabberd
from harness.process import wait_until
from harness.prosody import Prosody
from harness.publisher import PUBSUB, Publisher, Refused
from harness.room import MUC, Room
from harness.social import *  # noqa: F401,F403

EVENT = "{http://jabber.org/protocol/pubsub#event}"
PRIVILEGE = "{urn:xmpp:privilege:2}"


@pytest.fixture
def component(xmpp):
    one = Component(xmpp, "eventsource9.localhost")
    yield one
    one.close()


def may_read(component, node: str, sender: str = None) -> bool:
    """Lets the service decide, by the request that carries nothing back."""
    try:
        component.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node={quoteattr(node)}><item id='no-such'/></items></pubsub>",
                     sender=sender)
    except Refused as refused:
        # Asked for nothing that is stored, after access was checked.
        return "persistent-items" in refused.conditions
    return True


def texts(messages, tag: str) -> list:
    return [found.text for message in list(messages) for found in message.iter(tag)]


def test_the_service_decides_for_a_jid_of_the_components_domain(component, new_node, publisher):
    node, alice = new_node(access_model="whitelist"), "alice@eventsource9.localhost"
    assert not may_read(component, node, alice)
    publisher.affiliate(node, alice, "member")
    assert may_read(component, node, alice) and not may_read(component, node, "bob@eventsource9.localhost")
    publisher.revoke(node, alice)
    assert not may_read(component, node, alice)
    publisher.configure(node, access_model="open")
    assert may_read(component, node, alice)
    publisher.revoke(node, alice, "outcast")
    assert not may_read(component, node, alice)


def test_nodes_without_persistent_items_are_decided_too(component, new_node, publisher):
    node, alice = new_node(access_model="whitelist", persist_items="0"), "alice@eventsource9.localhost"
    assert not may_read(component, node, alice)
    publisher.affiliate(node, alice, "member")
    assert may_read(component, node, alice)


def test_a_revoked_subscriber_is_served_on_and_nobody_is_told(component, new_node, publisher):
    node = new_node(access_model="whitelist")
    publisher.affiliate(node, component.jid, "member")
    component.iq("set", f"<pubsub xmlns='{PUBSUB}'><subscribe node='{node}' jid='{component.jid}'/></pubsub>")
    publisher.revoke(node, component.jid, "outcast")
    publisher.publish(node, "<x xmlns='urn:x'>after</x>", "i1")
    wait_until(lambda: texts(component.messages, "{urn:x}x") == ["after"], "the item that comes nevertheless")
    assert not texts(component.messages, f"{EVENT}subscription")


def privileged(component, user: str, inner: str):
    """The reply within the reply."""
    reply = component.iq("get", f"<privileged_iq xmlns='{PRIVILEGE[1:-1]}'><iq xmlns='jabber:client' type='get' id='w' "
                                f"to='{component.service}'>{inner}</iq></privileged_iq>", user)
    return next(reply.iter("{jabber:client}iq"))


def ask(node: str) -> str:
    return f"<pubsub xmlns='{PUBSUB}'><items node='{node}'><item id='no-such'/></items></pubsub>"


def test_a_privileged_component_asks_prosody_as_the_user(prosody, user):
    component, publisher = Component(prosody, "eventsource8.localhost"), user("publisher")
    node = publisher.create("for-alice", access_model="whitelist")
    assert privileged(component, "alice@localhost", ask(node)).get("type") == "error"
    publisher.affiliate(node, "alice@localhost", "member")
    assert privileged(component, "alice@localhost", ask(node)).get("type") == "result"
    with pytest.raises(Refused) as refused:
        privileged(component, "nobody@localhost", ask(node))
    assert refused.value.conditions[0] == "forbidden"
    component.close()


def test_a_privileged_component_is_of_no_use_on_ejabberd(folder):
    """Before 24.10 it may ask nothing as a user; since then it may, and nothing else that is asked of bare JIDs arrives."""
    server = Ejabberd(folder, people=True, privileged=("eventsource8.localhost",)).start()
    try:
        publisher, granted, other = Publisher(server), *(Component(server, f"eventsource{i}.localhost") for i in (8, 9))
        node = publisher.create("for-alice", access_model="whitelist")
        publisher.affiliate(node, "alice@localhost", "member")
        if server.has_privileged_iqs:
            assert privileged(granted, "alice@localhost", ask(node)).get("type") == "result"
            for component in (granted, other):
                with pytest.raises(TimeoutError):
                    component.iq("get", ask(node), timeout=2)
        else:
            with pytest.raises(Refused) as refused:
                privileged(granted, "alice@localhost", ask(node))
            assert refused.value.conditions[0] == "service-unavailable"
            assert not may_read(granted, node) and not may_read(other, node)
    finally:
        server.stop()


def test_an_accounts_open_node_reaches_a_component_that_subscribes(xmpp, component, user):
    alice = user("alice")
    account, node = alice.at(alice.jid), f"public:{xmpp.name}"
    account.create(node, access_model="open", max_items="5")
    component.iq("set", f"<pubsub xmlns='{PUBSUB}'><subscribe node='{node}' jid='{component.jid}'/></pubsub>", alice.jid)
    account.publish(node, "<x xmlns='urn:x'>one</x>", "i1")
    account.retract(node, "i1")
    account.purge(node)
    account.delete(node)
    for tag in ("{urn:x}x", f"{EVENT}retract", f"{EVENT}purge", f"{EVENT}delete"):
        wait_until(lambda: texts(component.messages, tag), tag)


def test_the_list_of_a_services_nodes_is_whole(xmpp, component, publisher):
    nodes = {publisher.create(f"many/{number}") for number in range(120)}
    reply = component.iq("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>")
    assert nodes <= {item.get("node") for item in reply.iter("{http://jabber.org/protocol/disco#items}item")}


def listen(component, room: Room, nick: str = "listener") -> str:
    sender = f"{nick}@{component.jid}"
    component.send(f"<presence from='{sender}' to='{room.jid}/{nick}'><x xmlns='{MUC}'><history maxstanzas='20'/></x></presence>")
    return sender


def said(component, tag: str = "{jabber:component:accept}body") -> list:
    return texts(component.messages, tag)


def refusals(component, of: str) -> list:
    return [condition.tag.rpartition("}")[2] for one in list(component.presences)
            if one.get("from") == of and one.get("type") == "error" for condition in one.iter()]


def test_a_listener_hears_history_subject_and_talk(component, room):
    talk = room("alice")
    talk.talk("before <&>")
    talk.subject("Topic")
    sender = listen(component, talk)
    talk.wait_for("listener")
    talk.talk("live", "an-id")
    wait_until(lambda: said(component) == ["before <&>", "live"], "history and talk")
    assert said(component, "{jabber:component:accept}subject") == ["Topic"]
    assert component.messages[-1].get("id") == "an-id" and component.messages[-1].get("to") == sender
    other = room("bob", talk.name)
    other.talk("from bob")
    other.rename("robert")
    talk.wait_gone("bob")
    talk.whisper("listener", "psst")
    wait_until(lambda: said(component)[-1] == "psst", "the private message")
    assert component.messages[-1].get("type") == "chat"
    other.leave()
    talk.wait_gone("robert")


def test_listeners_are_kicked_banned_and_kept_out(component, room):
    talk = room("alice")
    listen(component, talk)
    talk.wait_for("listener")
    talk.kick("listener", "bye")
    talk.wait_gone("listener")
    listen(component, talk)
    talk.wait_for("listener")
    talk.ban(f"listener@{component.jid}")
    talk.wait_gone("listener")
    for options, condition in (({}, "forbidden"), ({"membersonly": 1}, "registration-required"),
                               ({"membersonly": 0, "passwordprotectedroom": 1, "roomsecret": "x"}, "not-authorized")):
        if options:
            talk.configure(**options)
        nick = f"for-{condition}" if options else "listener"
        listen(component, talk, nick)
        wait_until(lambda: condition in refusals(component, f"{talk.jid}/{nick}"), condition)


def test_a_destroyed_room_says_so(component, room):
    talk = room("alice")
    listen(component, talk)
    talk.wait_for("listener")
    talk.destroy("gone")
    wait_until(lambda: [one for one in component.presences if one.get("type") == "unavailable"
                        and one.find(f".//{{{MUC}#user}}destroy") is not None], "the end of the room")


def test_a_nick_in_use_is_refused(room, user):
    talk = room("alice")
    with pytest.raises(Refused) as refused:
        Room(user("bob"), talk.name, "alice")
    assert refused.value.conditions[0] == "conflict"


@pytest.mark.parametrize("kind", [Prosody, Ejabberd])
def test_an_archiving_server_gives_messages_a_stanza_id(kind, folder):
    server = kind(folder, people=True, rooms=True, archive=True).start()
    try:
        alice = Publisher(server, "alice")
        Room(alice, "lobby").talk("hello")
        wait_until(lambda: [one for message in alice.messages for one in message.iter("{urn:xmpp:sid:0}stanza-id")], "the ID", 5)
        alice.close()
    finally:
        server.stop()
