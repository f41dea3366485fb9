# SPDX-License-Identifier: MIT
"""Stanzas of any size and shape, sent by the server's side as it would relay them: the session goes on, memory does not grow."""
from pathlib import Path

import pytest

from harness.process import wait_until
from harness.publisher import PUBSUB


def nested(levels: int) -> str:
    return "<a>" * levels + "</a>" * levels


XML = {
    "8,400 levels": nested(8400),
    "a million levels": nested(1_000_000),
    "a tag of 20 MB": "<a b='" + "/item>/>&lt;/a&gt;" * 1_000_000 + "'/>",
    "100,000 attributes": "<a" + "".join(f" a{i}=''" for i in range(100_000)) + "/>",
    "100,000 namespaces": "".join(f"<p{i}:a xmlns:p{i}='urn:{i}'/>" for i in range(100_000)),
    "100,000 namespaces in one tag": "<a" + "".join(f" xmlns:p{i}='urn:{i}'" for i in range(100_000)) + "/>",
    "a million names": "".join(f"<n{i}/>" for i in range(1_000_000)),
    "a name of 1 MB": "<" + "n" * 1_000_000 + "/>",
    "CDATA that looks like the end": "<![CDATA[</message></item>]]>" * 1_000_000,
    "100 MB": "<a>" + "x" * 100_000_000 + "</a>",
}


def peak(worker) -> int:
    """The most memory that it had so far, in MiB."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


@pytest.mark.parametrize("kind", XML)
def test_the_session_goes_on(scripted, crossing, open_direct, kind):
    stream = open_direct(crossing, target="/eventsource/n?format=payload", host="open.example")
    scripted.wait_subscribed("n")
    before = peak(crossing)
    scripted.say(f"<message from='eve@example' to='me.example'>{XML[kind]}</message>")
    scripted.publish("n", "1", XML[kind])
    scripted.publish("n", "2", "<p xmlns='urn:x'>whole</p>")
    kinds = [one.type for one in stream.take(2, 30)]
    assert kinds in (["too-large", "message"], ["message", "message"])
    assert kinds[0] == "too-large" or kind == "100,000 namespaces"
    assert peak(crossing) - before < 120


def test_a_node_with_such_items_opens_at_once(scripted, crossing, open_direct):
    items = "".join(f"<item id='{number}'>{payload}</item><item id='good{number}'><p xmlns='urn:x'/></item>"
                    for number, (kind, payload) in enumerate(XML.items()) if kind != "100 MB")
    scripted.items["n"] = items
    stream = open_direct(crossing, target="/eventsource/n?last=100", host="open.example")
    told = [one.type for one in stream.take(2 * (len(XML) - 1), 30)]
    assert told.count("message") >= len(XML) - 1
    asked = [one for stanza in list(scripted.stanzas) for one in stanza.iter(f"{{{PUBSUB}}}items")]
    assert len(asked) <= 2, "as the node opens, and for ?last; not again and again"


def test_a_request_that_is_too_large_is_refused_and_a_reply_fails(scripted, crossing):
    scripted.say(f"<iq type='get' id='big' from='eve@example' to='me.example'>{nested(8400)}</iq>")
    wait_until(lambda: any(one.get("id") == "big" and one.get("type") == "error" for one in list(scripted.stanzas)), "a refusal", 5)
