# SPDX-License-Identifier: MIT
"""A stand-in for the XMPP server and its pubsub service, which a test may have say anything that is XML.

Lets any component in, as often as it comes, says yes to every subscription, remembers each stanza that came, as a parsed element.
"""
import socket
import threading
import xml.etree.ElementTree as ET

from .process import wait_until
from .publisher import PUBSUB
from .pull_parser import PullParser

NS = "{jabber:component:accept}"
EVENT = f"{PUBSUB}#event"
MUC = "http://jabber.org/protocol/muc"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
_READY = "ready?"
_OPENING = (b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
            b"xmlns='jabber:component:accept' from='x' id='1'>")


def quoted(text: str) -> str:
    """An attribute's value; line ends and tabs survive attribute normalisation (XML 1.0 §3.3.3)."""
    special = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    return '"' + "".join(special.get(character, character) for character in text) + '"'


def error(text: str) -> str:
    return f"<error type='auth'><forbidden xmlns='{STANZAS}'/><text xmlns='{STANZAS}'>{text}</text></error>"


class ScriptedXmpp:
    """Has what Worker asks of a server. `nodes` is what the service lists, `refusals` what it answers to a subscription of a
    node: the text of an error. `errors`: the same for what is asked otherwise: "list", "items", "join". `nick`: what a room
    calls who joins it, whatever they want (XEP-0045 §7.2.3); `history`: what was said there before, as say_in_room takes it.
    `drops`: ("subscribe" or "items", node) at which it ends the session; `sessions`: how many it has let in."""
    name, secret, pubsub, pubsub2, components = "scripted", "secret", "pubsub.example", "pubsub2.example", ("me.example",)

    def __init__(self):
        self.nodes, self.refusals, self.stanzas, self.items = [], {}, [], {}
        self.errors, self.nick, self.history = {}, None, []
        self.drops, self.sessions = set(), 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.component_port = self._listener.getsockname()[1]
        self._peer, self._ready = None, threading.Event()
        self._writing = threading.Lock()  # the test says things, and the server's thread answers
        threading.Thread(target=self._serve, daemon=True).start()

    def wait_ready(self) -> None:
        """Until the component has answered a ping: to have let it in is not enough, since it has to read that first."""
        assert self._ready.wait(20), "the component did not come"

    def stop(self) -> None:
        for one in (self._listener, self._peer):
            if one:
                one.close()

    def say(self, stanza: str) -> None:
        with self._writing:
            self._peer.sendall(stanza.encode())

    def publish(self, node: str, item: str, payload: str, publisher: str = None, stamp: str = None) -> None:
        delay = f"<delay xmlns='urn:xmpp:delay' stamp={quoted(stamp)}/>" if stamp is not None else ""
        who = f" publisher={quoted(publisher)}" if publisher is not None else ""
        self.say(f"<message from='{self.pubsub}' to='me.example'><event xmlns='{EVENT}'><items node={quoted(node)}>"
                 f"<item id={quoted(item)}{who}>{payload}</item></items></event>{delay}</message>")

    def retract(self, node: str, item: str) -> None:
        self.say(f"<message from='{self.pubsub}' to='me.example'><event xmlns='{EVENT}'><items node={quoted(node)}>"
                 f"<retract id={quoted(item)}/></items></event></message>")

    def say_in_room(self, room: str, inner: str, nick: str = "somebody", item_id: str = "i") -> None:
        self.say(f"<message from={quoted(room + '/' + nick)} to='me.example' type='groupchat' id={quoted(item_id)}>{inner}</message>")

    def put_out(self, room: str, nick: str, reason: str) -> None:
        """The listener is kicked (XEP-0045 §8.2)."""
        self.say(f"<presence from={quoted(room + '/' + nick)} to='me.example' type='unavailable'><x xmlns='{MUC}#user'>"
                 f"<item><reason>{reason}</reason></item><status code='307'/><status code='110'/></x></presence>")

    def asked(self, what: str, node: str) -> int:
        return sum(one.get("node") == node for stanza in list(self.stanzas) for one in stanza.iter(f"{{{PUBSUB}}}{what}"))

    def subscribed(self, node: str) -> bool:
        return self.asked("subscribe", node) > 0

    def wait_sessions(self, count: int, timeout: float = 60) -> None:
        """Until it has let in so many. What it says then may be too early, unlike what is stored."""
        wait_until(lambda: self.sessions >= count, f"session {count}", timeout)

    def wait_subscribed(self, node: str) -> None:
        wait_until(lambda: self.subscribed(node), f"a subscription to {node!r}")

    def wait_joined(self, occupant: str = None) -> str:
        """Until somebody wants to be in a room (`occupant`, ROOM/nick, or any) and has asked whether it is: it gets what is said."""
        def joins():
            return [one.get("to") for one in list(self.stanzas) if one.tag == NS + "presence" and not one.get("type")]

        def pinged():
            return [one for stanza in list(self.stanzas) for one in stanza.iter("{urn:xmpp:ping}ping")]
        wait_until(lambda: (occupant in joins() if occupant else joins()) and pinged(), "a join")
        return joins()[-1]

    def _serve(self) -> None:
        try:
            while True:
                self._peer, _ = self._listener.accept()
                self._talk()
        except OSError:
            pass  # stopped

    def _talk(self) -> None:
        try:
            parser, depth = PullParser(("start", "end")), 0
            while octets := self._peer.recv(65536):
                parser.feed(octets)
                for what, element in parser.read_events():
                    depth += 1 if what == "start" else -1
                    if what == "start" and depth == 1:
                        self._peer.sendall(_OPENING)
                    elif what == "end" and depth == 1:
                        self._take(element)
        except OSError:
            pass  # the component left, or was dropped

    def _take(self, stanza: ET.Element) -> None:
        if stanza.tag == NS + "handshake":
            self._peer.sendall(b"<handshake/>")
            self.sessions += 1
            self.say(f"<iq type='get' id='{_READY}' from='{self.pubsub}' to='me.example'><ping xmlns='urn:xmpp:ping'/></iq>")
            return
        if stanza.get("id") == _READY:
            self._ready.set()
            return
        self.stanzas.append(stanza)
        if stanza.tag == NS + "presence" and not stanza.get("type"):
            self._let_in(stanza)
        if stanza.tag == NS + "iq" and stanza.get("type") in ("get", "set"):
            if any(self._is_about(stanza, *one) for one in self.drops):
                return self._peer.close()
            kind, inner = self._answer(stanza)
            self.say(f"<iq type='{kind}' id='{stanza.get('id')}' from={quoted(stanza.get('to'))} "
                     f"to={quoted(stanza.get('from'))}>{inner}</iq>")

    def _let_in(self, join: ET.Element) -> None:
        room, _, nick = join.get("to").partition("/")
        occupant = quoted(room + "/" + (self.nick if self.nick is not None else nick))
        if "join" in self.errors:
            self.say(f"<presence type='error' from={occupant} to='me.example'>{error(self.errors['join'])}</presence>")
        else:
            self.say(f"<presence from={occupant} to='me.example'><x xmlns='{MUC}#user'><status code='110'/><status code='210'/></x>"
                     "</presence>")
            for said in self.history:
                self.say_in_room(room, said)

    @staticmethod
    def _is_about(iq: ET.Element, what: str, node: str) -> bool:
        return any(one.get("node") == node for one in iq.iter(f"{{{PUBSUB}}}{what}"))

    def _answer(self, iq: ET.Element) -> tuple:
        for asked in iq.iter():
            node = asked.get("node", "")
            if asked.tag == f"{{{PUBSUB}}}subscribe" and node in self.refusals:
                return "error", error(self.refusals[node])
            if asked.tag == f"{{{PUBSUB}}}items" and "items" in self.errors:
                return "error", error(self.errors["items"])
            if asked.tag == "{http://jabber.org/protocol/disco#items}query" and "list" in self.errors:
                return "error", error(self.errors["list"])
            if asked.tag == f"{{{PUBSUB}}}subscribe":
                return "result", (f"<pubsub xmlns='{PUBSUB}'><subscription node={quoted(node)} jid='me.example'"
                                  f" subscription='subscribed'/></pubsub>")
            if asked.tag == f"{{{PUBSUB}}}items":
                return "result", f"<pubsub xmlns='{PUBSUB}'><items node={quoted(node)}>{self.items.get(node, '')}</items></pubsub>"
            if asked.tag == "{http://jabber.org/protocol/disco#items}query":
                listed = "".join(f"<item jid='{self.pubsub}' node={quoted(name)}/>" for name in self.nodes)
                return "result", f"<query xmlns='http://jabber.org/protocol/disco#items'>{listed}</query>"
        return "result", ""
