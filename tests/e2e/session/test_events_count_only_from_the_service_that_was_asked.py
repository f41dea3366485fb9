# SPDX-License-Identifier: MIT
"""Anybody may send a message that looks like an event; none but the service's own is believed."""
import pytest

EVENT = ("<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='{node}'>"
         "<item id='evil'><p xmlns='urn:x'>evil</p></item></items></event>")
FORGERIES = {
    "an event": EVENT,
    "a retraction": "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='{node}'><retract id='i1'/></items></event>",
    "a purge": "<event xmlns='http://jabber.org/protocol/pubsub#event'><purge node='{node}'/></event>",
    "a deletion": "<event xmlns='http://jabber.org/protocol/pubsub#event'><delete node='{node}'/></event>",
    "an end of the subscription": "<event xmlns='http://jabber.org/protocol/pubsub#event'>"
                                  "<subscription node='{node}' jid='{component}' subscription='none'/></event>",
    "an event inside a forwarded message": "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
                                           "from='pubsub.localhost' to='{component}'>" + EVENT + "</message></forwarded>",
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_users_forgery_is_ignored(xmpp, worker, publisher, user, node, open_stream, what):
    stream = open_stream(node)
    forged = FORGERIES[what].format(node=node, component=worker.component)
    for kind in ("headline", "normal", "error"):
        user("stranger").send(f"<message to='{worker.component}' type='{kind}'>{forged}</message>")
    user("stranger").iq("get", "<ping xmlns='urn:xmpp:ping'/>", worker.component)  # it came after them, on the same session
    publisher.publish(node, "<p xmlns='urn:x'>good</p>", "i2")
    event = stream.next()
    assert event.type == "message" and "good" in event.data
    assert stream.nothing_within(0.3)


def test_what_another_service_says_of_its_own_node_stays_apart(xmpp, worker, publisher, node, open_stream):
    publisher.create(node, service=xmpp.pubsub2)
    stream = open_stream(node)
    with_other = open_stream(node, host="push2.example.org")
    publisher.publish(node, "<p xmlns='urn:x'>other</p>", "i1", service=xmpp.pubsub2)
    assert "other" in with_other.next().data
    assert stream.nothing_within(0.3)
