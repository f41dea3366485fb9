# SPDX-License-Identifier: MIT
"""A chat room (XEP-0045) as a user who is in it sees and manages it. The server must have been made with rooms=True."""
import itertools
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from .process import wait_until
from .publisher import Publisher, Refused

MUC = "http://jabber.org/protocol/muc"
_numbers = itertools.count(1)


class Room:
    """Enters with `nick` (default: the user's name). A room that is new belongs to the user, is persistent, and open.

    `options` as in `membersonly=1` (without "muc#roomconfig_") are set after entering.
    """

    def __init__(self, user: Publisher, name: str = None, nick: str = None, password: str = None, **options):
        self.user, self.name, self.nick = user, name or f"room{next(_numbers)}", nick or user.name
        self.jid = f"{self.name}@{user.server.room_service}"
        self._since = len(user.presences)
        new = self._enter(password)
        if new or options:
            self.configure(**({"persistentroom": 1} if new else {}), **options)

    def _enter(self, password) -> bool:
        secret = f"<password>{escape(password)}</password>" if password else ""
        self.user.send(f"<presence to={quoteattr(f'{self.jid}/{self.nick}')}><x xmlns='{MUC}'>{secret}</x></presence>")
        own = wait_until(lambda: [one for one in self._presences(self.nick) if one.get("type") == "error" or "110" in _codes(one)],
                         f"{self.nick} in {self.jid}")[0]
        if own.get("type") == "error":
            raise Refused(own)
        return "201" in _codes(own)

    def _presences(self, nick: str) -> list:
        """What the room said about that nick since we came, oldest first."""
        return [one for one in self.user.presences[self._since:] if one.get("from") == f"{self.jid}/{nick}"]

    def has(self, nick: str) -> bool:
        """Whether that nick is in the room now."""
        told = self._presences(nick)
        return bool(told) and told[-1].get("type") is None

    def wait_for(self, nick: str, timeout: float = 10) -> None:
        wait_until(lambda: self.has(nick), f"{nick} in {self.jid}", timeout)

    def wait_gone(self, nick: str, timeout: float = 10) -> None:
        wait_until(lambda: not self.has(nick), f"{nick} no longer in {self.jid}", timeout)

    def talk(self, body: str, message: str = None) -> str:
        """Says `body` under the message ID `message`, which is returned once the room has sent it to everybody."""
        return self._say(f"<body>{escape(body)}</body>", message)

    def subject(self, text: str) -> str:
        return self._say(f"<subject>{escape(text)}</subject>")

    def _say(self, inner: str, message: str = None) -> str:
        message, since = message or f"m{next(_numbers)}", len(self.user.messages)
        self.user.send(f"<message type='groupchat' to={quoteattr(self.jid)} id={quoteattr(message)}>{inner}</message>")
        # Prosody does not give a subject its message ID back, so it is known by its text.
        text = ET.fromstring(inner)

        def came():
            return [one for one in self.user.messages[since:] if one.get("from", "").startswith(self.jid)
                    and one.findtext(f"{{jabber:client}}{text.tag}") == text.text]
        answer = wait_until(came, f"{message} back from {self.jid}")[0]
        if answer.get("type") == "error":
            raise Refused(answer)
        return message

    def whisper(self, nick: str, body: str) -> None:
        """A private message to one occupant."""
        self.user.send(f"<message type='chat' to={quoteattr(f'{self.jid}/{nick}')}><body>{escape(body)}</body>"
                       f"<x xmlns='{MUC}#user'/></message>")

    def rename(self, nick: str) -> None:
        self.user.send(f"<presence to={quoteattr(f'{self.jid}/{nick}')}/>")
        self.nick = nick
        self.wait_for(nick)

    def leave(self) -> None:
        self.user.send(f"<presence type='unavailable' to={quoteattr(f'{self.jid}/{self.nick}')}/>")
        self.wait_gone(self.nick)

    def kick(self, nick: str, reason: str = "") -> None:
        self._admin(f"<item nick={quoteattr(nick)} role='none'><reason>{escape(reason)}</reason></item>")

    def affiliate(self, jid: str, affiliation: str) -> None:
        self._admin(f"<item jid={quoteattr(jid)} affiliation='{affiliation}'/>")

    def ban(self, jid: str) -> None:
        self.affiliate(jid, "outcast")

    def configure(self, **options) -> None:
        """As in `membersonly=1`, `passwordprotectedroom=1, roomsecret="…"`, `moderatedroom=1`."""
        fields = "".join(f"<field var='muc#roomconfig_{name}'><value>{escape(str(value))}</value></field>"
                         for name, value in options.items())
        self._owner(f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
                    f"<value>{MUC}#roomconfig</value></field>{fields}</x>")

    def destroy(self, reason: str = "") -> None:
        self._owner(f"<destroy><reason>{escape(reason)}</reason></destroy>")

    def _admin(self, inner: str) -> None:
        self.user.iq("set", f"<query xmlns='{MUC}#admin'>{inner}</query>", self.jid)

    def _owner(self, inner: str) -> None:
        self.user.iq("set", f"<query xmlns='{MUC}#owner'>{inner}</query>", self.jid)


def _codes(presence: ET.Element) -> set:
    return {status.get("code") for status in presence.iter(f"{{{MUC}#user}}status")}
