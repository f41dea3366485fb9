# SPDX-License-Identifier: MIT
"""An independent XMPP user (slixmpp): makes nodes, publishes, manages, asks. Calls block and are safe from any thread.

Requests are sent as text, not as slixmpp's element tree, so that a payload reaches the service byte for byte as written.
"""
import asyncio
import copy
import itertools
import logging
import threading
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import slixmpp
from slixmpp.xmlstream.handler import Callback, Waiter
from slixmpp.xmlstream.matcher import MatcherId, MatchXPath

from .prosody import PASSWORD
from .pull_parser import PullParser

PUBSUB = "http://jabber.org/protocol/pubsub"
OWNER = "http://jabber.org/protocol/pubsub#owner"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
_numbers = itertools.count(1)
# slixmpp leaves a task pending at every disconnect, which asyncio complains about when the program ends.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


class Refused(Exception):
    """An error reply; `conditions` are the names of its elements, in the order they came."""

    def __init__(self, reply: ET.Element):
        error = next(child for child in reply if child.tag.endswith("}error"))
        self.conditions = [child.tag.rpartition("}")[2] for child in error]
        super().__init__(", ".join(self.conditions))


class _Loop:
    """One thread with one event loop for all clients; made when the first one is."""

    _one = None

    @classmethod
    def get(cls) -> asyncio.AbstractEventLoop:
        if cls._one is None:
            cls._one = asyncio.new_event_loop()
            threading.Thread(target=cls._one.run_forever, daemon=True, name="slixmpp").start()
        return cls._one


def connect(client, port: int) -> None:
    """To a server on this machine, without TLS. slixmpp 1.10 is told so by attributes, 1.8 by arguments."""
    init_parser = client.init_parser

    def init_our_parser():
        init_parser()
        client.parser = PullParser(("start", "end"))
    client.init_parser = init_our_parser
    if hasattr(client, "enable_plaintext"):
        client.enable_direct_tls, client.enable_starttls, client.enable_plaintext = False, False, True
        client.connect("127.0.0.1", port)
    elif isinstance(client, slixmpp.ComponentXMPP):
        client.connect("127.0.0.1", port)
    else:
        client.connect(("127.0.0.1", port), use_ssl=False, force_starttls=False, disable_starttls=True)


def _run(coroutine, timeout: float):
    return asyncio.run_coroutine_threadsafe(coroutine, _Loop.get()).result(timeout)


def _node_form(options: dict) -> str:
    fields = "".join(
        f"<field var='pubsub#{name}'><value>{escape(str(value))}</value></field>" for name, value in options.items())
    return ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
            f"<value>{PUBSUB}#node_config</value></field>{fields}</x>")


class Publisher:
    """A user's session. `service` is the pubsub service meant when a call names none."""

    def __init__(self, server, user: str = "publisher"):
        self.server, self.service = server, server.pubsub
        self.name, self.jid = user, f"{user}@localhost"
        self.messages: list[ET.Element] = []
        self.presences: list[ET.Element] = []
        _run(self._connect(), 20)

    async def _connect(self) -> None:
        self._client = client = slixmpp.ClientXMPP(f"{self.jid}/{next(_numbers)}", PASSWORD)
        client["feature_mechanisms"].unencrypted_plain = True
        client.register_handler(Callback("every message", MatchXPath("{jabber:client}message"),
                                         lambda message: self.messages.append(message.xml)))
        client.register_handler(Callback("every presence", MatchXPath("{jabber:client}presence"),
                                         lambda presence: self.presences.append(presence.xml)))
        ready = asyncio.Event()
        client.add_event_handler("session_start", lambda _: ready.set())
        connect(client, self.server.c2s_port)
        await asyncio.wait_for(ready.wait(), 15)
        client.send_presence()

    def close(self) -> None:
        async def disconnect():
            try:
                await asyncio.wait_for(self._client.disconnect(wait=1), 3)
            except asyncio.TimeoutError:
                self._client.abort()
        _run(disconnect(), 5)

    def iq(self, kind: str, inner: str, to: str = None, timeout: float = 15, sender: str = None) -> ET.Element:
        """Sends an IQ with `inner` as its content; the reply, or Refused. Only a component may choose its `sender`."""
        number = f"t{next(_numbers)}"
        origin = f" from={quoteattr(sender)}" if sender else ""

        async def ask():
            waiter = Waiter(number, MatcherId(number))
            self._client.register_handler(waiter)
            self._client.send_raw(f"<iq type='{kind}' id='{number}'{origin} to={quoteattr(to or self.service)}>{inner}</iq>")
            return await waiter.wait(timeout)
        reply = _run(ask(), timeout + 5)
        if not isinstance(reply, slixmpp.Iq):
            raise TimeoutError(f"no reply to {inner[:200]}")
        if reply["type"] == "error":
            raise Refused(reply.xml)
        return reply.xml

    def send(self, stanza: str) -> None:
        """Sends a stanza as it is written."""
        _Loop.get().call_soon_threadsafe(self._client.send_raw, stanza)

    def press_on(self) -> None:
        """After long tags: a server whose expat defers (2.6 and later, and Debian 12's) holds one back until much more has come."""
        self.send(" " * 1_000_000)

    def at(self, service: str) -> "Publisher":
        """The same session with another service meant; `alice.at(alice.jid)` manages nodes of the account (PEP)."""
        other = copy.copy(self)
        other.service = service
        return other

    def create(self, node: str, service: str = None, **options) -> str:
        """Makes the node, with options as in `access_model="whitelist"`; returns its name."""
        configure = f"<configure>{_node_form(options)}</configure>" if options else ""
        self.iq("set", f"<pubsub xmlns='{PUBSUB}'><create node={quoteattr(node)}/>{configure}</pubsub>", service)
        return node

    def configure(self, node: str, **options) -> None:
        """Changes options of the node, as in `access_model="open"`."""
        self.iq("set", f"<pubsub xmlns='{OWNER}'><configure node={quoteattr(node)}>{_node_form(options)}</configure></pubsub>")

    def publish(self, node: str, payload: str, item: str = None, service: str = None) -> None:
        """Publishes `payload`, a whole XML element as text, under the item ID `item`."""
        identity = f" id={quoteattr(item)}" if item is not None else ""
        self.iq("set", f"<pubsub xmlns='{PUBSUB}'><publish node={quoteattr(node)}><item{identity}>{payload}</item>"
                       "</publish></pubsub>", service)

    def retract(self, node: str, item: str) -> None:
        self.iq("set", f"<pubsub xmlns='{PUBSUB}'><retract node={quoteattr(node)} notify='true'>"
                       f"<item id={quoteattr(item)}/></retract></pubsub>")

    def purge(self, node: str) -> None:
        self.iq("set", f"<pubsub xmlns='{OWNER}'><purge node={quoteattr(node)}/></pubsub>")

    def delete(self, node: str) -> None:
        self.iq("set", f"<pubsub xmlns='{OWNER}'><delete node={quoteattr(node)}/></pubsub>")

    def affiliate(self, node: str, jid: str, affiliation: str) -> None:
        self.iq("set", f"<pubsub xmlns='{OWNER}'><affiliations node={quoteattr(node)}>"
                       f"<affiliation jid={quoteattr(jid)} affiliation='{affiliation}'/></affiliations></pubsub>")

    def revoke(self, node: str, jid: str, affiliation: str = "none") -> None:
        """Takes rights away, whether or not that JID is subscribed."""
        try:
            self.affiliate(node, jid, affiliation)
        except Refused as refused:
            # Prosody 0.12 does it, but says this of a subscriber who may not subscribe any more.
            if self.server.name != "prosody" or refused.conditions != ["forbidden"]:
                raise

    def approve(self, node: str, jid: str) -> None:
        """As the node's owner, turns a pending subscription into a real one."""
        self.iq("set", f"<pubsub xmlns='{OWNER}'><subscriptions node={quoteattr(node)}>"
                       f"<subscription jid={quoteattr(jid)} subscription='subscribed'/></subscriptions></pubsub>")

    def subscriptions(self, node: str) -> list[tuple[str, str]]:
        """(JID, state) of everybody who is subscribed, as the service tells the node's owner."""
        reply = self.iq("get", f"<pubsub xmlns='{OWNER}'><subscriptions node={quoteattr(node)}/></pubsub>")
        found = reply.iter(f"{{{OWNER}}}subscription")
        return [(one.get("jid"), one.get("subscription")) for one in found if one.get("subscription") != "none"]

    def subscribers(self, node: str) -> list[str]:
        return [jid for jid, state in self.subscriptions(node) if state == "subscribed"]
