# SPDX-License-Identifier: MIT
"""A component's session without the worker (slixmpp, XEP-0114): shows what a server allows to a component."""
import asyncio

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from .publisher import Publisher, connect


class Component(Publisher):
    """`iq` may be sent as any JID of the component's domain. Stanzas for `send` must name their `from`."""

    def __init__(self, server, jid: str):
        self._domain = jid
        super().__init__(server, jid)
        self.jid = jid

    async def _connect(self) -> None:
        self._client = client = slixmpp.ComponentXMPP(self._domain, self.server.secret)
        for kind, kept in (("message", self.messages), ("presence", self.presences)):
            client.register_handler(Callback(f"every {kind}", MatchXPath(f"{{{client.default_ns}}}{kind}"),
                                             lambda stanza, kept=kept: kept.append(stanza.xml)))
        ready = asyncio.Event()
        client.add_event_handler("session_start", lambda _: ready.set())
        connect(client, self.server.component_port)
        await asyncio.wait_for(ready.wait(), 15)

    def iq(self, kind: str, inner: str, to: str = None, timeout: float = 15, sender: str = None):
        return super().iq(kind, inner, to, timeout, sender or self.jid)
