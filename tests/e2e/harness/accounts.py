# SPDX-License-Identifier: MIT
"""Accounts' own nodes (PEP, XEP-0163) as a page names them."""
from urllib.parse import quote

ALL_ACCOUNTS = {"jid": "*@localhost"}


def target(node: str, jid: str = "alice@localhost", query: str = "") -> str:
    """The request target of a node of `jid`'s."""
    return f"/eventsource/@{jid}/{quote(node, safe='')}{query}"
