# SPDX-License-Identifier: MIT
"""Any account may send the component a message: whatever is in it, the session goes on, and so do everybody's streams."""
import pytest

XML = {
    "8,400 levels": "<a xmlns='urn:x'>" + "<a>" * 8400 + "</a>" * 8400 + "</a>",
    "200 levels": "<a xmlns='urn:x'>" + "<a>" * 200 + "</a>" * 200 + "</a>",
    "2,000 attributes": "<a xmlns='urn:x'" + "".join(f" a{i}=''" for i in range(2000)) + "/>",
    "2,000 namespaces": "<a xmlns='urn:x'" + "".join(f" xmlns:p{i}='urn:{i}' p{i}:a=''" for i in range(2000)) + "/>",
    "20,000 names": "<a xmlns='urn:x'>" + "".join(f"<n{i}/>" for i in range(20000)) + "</a>",
    "a tag of 300 KB": "<a xmlns='urn:x' b='" + "&gt;" * 75_000 + "'/>",
    "1.2 MB of text": "<body>" + "]]&gt;&lt;/message&gt;" * 60_000 + "</body>",
}


# ejabberd ends itself at so many levels; it is Prosody that relays them.
CASES = [(server, kind) for server in ("prosody", "ejabberd") for kind in XML if (server, kind) != ("ejabberd", "8,400 levels")]


@pytest.mark.parametrize("xmpp, kind", CASES, indirect=["xmpp"], scope="session")
def test_streams_go_on(xmpp, worker, user, publisher, node, open_direct, kind):
    stream = open_direct(worker, node)
    before = worker.log().count("XMPP session ready")
    user("flooder").send(f"<message to='{worker.component}'>{XML[kind]}</message>")
    user("flooder").send(f"<iq type='get' id='h' to='{worker.component}'>{XML[kind]}</iq>")
    user("flooder").press_on()
    # The same session of the sender: what it asks for now comes after what it sent.
    assert user("flooder").iq("get", "<ping xmlns='urn:xmpp:ping'/>", worker.component).get("type") == "result"
    publisher.publish(node, "<p xmlns='urn:x'>after</p>", "i1")
    event = stream.next()
    assert (event.type, "after" in event.data) == ("message", True)
    assert worker.log().count("XMPP session ready") == before
