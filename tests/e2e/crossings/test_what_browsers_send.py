# SPDX-License-Identifier: MIT
"""Path, query, headers, cookies, users: none of them adds a header, a line of the stream or the log, or XML to a stanza."""
import json
import xml.etree.ElementTree as ET
from urllib.parse import quote

import pytest

from harness.crossings import HOSTILE, check_head, check_stanzas, check_stream, ids
from harness.process import wait_until
from harness.publisher import PUBSUB
from harness.tokens import bearer, token


def ask(open_direct, worker, framing, **more):
    reader = open_direct(worker, framing=framing, wait=False, **more)
    try:
        reader.wait_head(20)
    except ConnectionError:
        return None  # refused as no request at all: nothing was said
    check_head(reader)
    if reader.status == 200 and reader.headers["content-type"] == "text/event-stream":
        wait_until(lambda: reader.positions or reader.ended.is_set(), "all that is known at once")
        check_stream(reader)
    elif reader.status == 200:
        reader.wait_end()
        json.loads(reader.raw) if "json" in reader.headers["content-type"] else ET.fromstring(reader.raw)
    else:
        assert "\n" not in reader.text().rstrip("\n") and "\r" not in reader.text(), "a refusal is one line"
    return reader


PLACES = {
    "path": lambda text: {"target": f"/eventsource/{text}"},
    "path-encoded": lambda text: {"target": "/eventsource/" + quote(text, safe="")},
    "node": lambda text: {"target": "/eventsource/?node=a&node=" + quote(text, safe="")},
    "format": lambda text: {"target": "/eventsource/a?format=" + quote(text, safe="")},
    "last": lambda text: {"target": "/eventsource/a?last=" + quote(text, safe="")},
    "last-event-id-in-query": lambda text: {"target": "/eventsource/a?lastEventId=" + quote(text, safe="")},
    "padding": lambda text: {"target": "/eventsource/a?evs_preamble=" + quote(text, safe="")},
    "access-token": lambda text: {"target": "/eventsource/a?access_token=" + quote(text, safe=""), "host": "token.example"},
    "raw-query": lambda text: {"target": "/eventsource/a?" + text},
    "account": lambda text: {"target": "/eventsource/@" + quote(text, safe="") + "@accounts.example/a"},
    "account-document": lambda text: {"target": "/eventsource/@" + quote(text, safe="") + "@accounts.example/a",
                                      "HTTP_ACCEPT": "application/json"},
    "kind-of-service": lambda text: {"target": "/eventsource/@pubsub." + quote(text, safe="") + ".example/?node=*"},
    "room": lambda text: {"target": "/eventsource/room/" + quote(text, safe="")},
    "whole-room": lambda text: {"target": "/eventsource/room/" + quote(text, safe="") + "@rooms.example"},
    "last-event-id": lambda text: {"target": "/eventsource/a", "HTTP_LAST_EVENT_ID": text},
    "accept": lambda text: {"target": "/eventsource/a", "HTTP_ACCEPT": text},
    "accept-document": lambda text: {"target": "/eventsource/a?" + text, "HTTP_ACCEPT": "application/json"},
    "host": lambda text: {"target": "/eventsource/a", "host": text},
    "service": lambda text: {"target": "/eventsource/a", "PUBSUB_SERVICE": text},
    "service-of-a-kind": lambda text: {"target": "/eventsource/a", "PUBSUB_SERVICE": f"pubsub.{text}.example"},
    "host-of-document": lambda text: {"target": "/eventsource/a", "host": text, "PUBSUB_SERVICE": "pubsub.example",
                                      "HTTP_ACCEPT": "application/json"},
    "path-of-document": lambda text: {"target": f"/eventsource/{text}", "HTTP_ACCEPT": "application/json"},
    "scheme-of-document": lambda text: {"target": "/eventsource/a", "REQUEST_SCHEME": text, "HTTP_ACCEPT": "application/json"},
    "port-of-document": lambda text: {"target": "/eventsource/a", "SERVER_PORT": text, "HTTP_ACCEPT": "application/json"},
    "method": lambda text: {"target": "/eventsource/a", "method": text},
    "authorization": lambda text: {"target": "/eventsource/a", "host": "token.example", "HTTP_AUTHORIZATION": "Bearer " + text},
    "cookie": lambda text: {"target": "/eventsource/a", "host": "token.example", "HTTP_COOKIE": "__Host-eventsource=" + text},
    "subject": lambda text: {"target": "/eventsource/a", "host": "token.example", **bearer("a", sub=text)},
    "user": lambda text: {"target": "/eventsource/a", "host": "user.example", "REMOTE_USER": text},
    "address": lambda text: {"target": "/eventsource/a", "REMOTE_ADDR": text},
    "other-header": lambda text: {"target": "/eventsource/a", "HTTP_X_ANYTHING": text},
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_gets_across(crossing, scripted, open_direct, framing, place):
    for text in HOSTILE:
        more = PLACES[place](text)
        ask(open_direct, crossing, framing, **{"host": "open.example", **more})
    check_stanzas(scripted)


@pytest.mark.parametrize("text", HOSTILE, **ids)
def test_a_node_arrives_as_it_was_named_or_not_at_all(crossing, scripted, open_direct, text):
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/" + quote(text, safe=""), host="open.example")
    named = [one.get("node") for stanza in list(scripted.stanzas) for one in stanza.iter(f"{{{PUBSUB}}}subscribe")]
    assert named == ([text] if reader.status == 200 else [])


def spelt(text: str) -> str:
    """As servers spell it (stringprep)."""
    return text.lower().replace("ß", "ss")


@pytest.mark.parametrize("text", [*HOSTILE, "alice", "größe", "a\u0085b", "a\u2028b"], **ids)
def test_an_account_is_asked_as_it_was_named_or_not_at_all(crossing, scripted, open_direct, text):
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/@" + quote(text, safe="") + "@accounts.example/n")
    asked = {stanza.get("to") for stanza in list(scripted.stanzas) for one in stanza.iter(f"{{{PUBSUB}}}subscribe")}
    assert asked == ({f"{spelt(text)}@accounts.example"} if reader.status == 200 else set())
    assert reader.status == 200 or text not in ("alice", "größe")
    check_stanzas(scripted)


@pytest.mark.parametrize("text", [*HOSTILE, "lobby", "größe", "a\u0085b"], **ids)
def test_a_room_is_entered_as_it_was_named_or_not_at_all(crossing, scripted, open_direct, text):
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/room/" + quote(text, safe=""))
    if reader.status == 200:
        scripted.wait_joined()
    joined = [stanza.get("to") for stanza in list(scripted.stanzas) if stanza.tag.endswith("presence")]
    assert joined == ([f"{spelt(text)}@rooms.example/eventsource"] if reader.status == 200 else [])
    assert reader.status == 200 or text not in ("lobby", "größe")
    check_stanzas(scripted)


@pytest.mark.parametrize("text", HOSTILE, **ids)
@pytest.mark.parametrize("accept", ["application/json", "application/atom+xml"])
def test_a_hostile_host_is_no_part_of_a_document(crossing, open_direct, text, accept):
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host=text, PUBSUB_SERVICE="pubsub.example",
                 HTTP_ACCEPT=accept)
    assert reader is None or reader.status == 200 and b"injected" not in reader.raw + reader.head


@pytest.mark.parametrize("text", ["a;b=c", "müller", "x\\y", "*", "{user}", "%s", "$(id)", "ALICE"])
def test_a_strange_user_is_asked_about_as_that_user(crossing, scripted, open_direct, text):
    ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host="user.example", REMOTE_USER=text)
    asked = [stanza.get("from") for stanza in list(scripted.stanzas) if "@" in stanza.get("from")]
    assert asked == [f"{text.lower()}@me.example"]
    check_stanzas(scripted)


@pytest.mark.parametrize("text", ["ａlice", "al\u00adice", "größe", "ÀLICE", "mu\u0308ller", "\u212aim", "\u1d2clice", "🎉", "ﬁona"])
def test_a_user_whom_servers_may_take_for_another_is_nobody(crossing, scripted, open_direct, text):
    """They fold capitals, fullwidth letters and the like (stringprep); letters younger than its tables one may fold."""
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host="user.example", REMOTE_USER=text)
    assert reader.status == 403 and "cannot make a JID of the user" in reader.text()
    assert not [stanza for stanza in list(scripted.stanzas) if "@" in stanza.get("from")]


@pytest.mark.parametrize("text", ["alice@other.example", "alice/x", "", " ", "al ice", "alice\n", "alice@me.example/../bob", "<x>", "\""])
def test_a_user_who_would_be_somebody_else_is_nobody(crossing, scripted, open_direct, text):
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host="user.example", REMOTE_USER=text)
    assert reader.status == 403
    assert not [stanza for stanza in list(scripted.stanzas) if "@" in stanza.get("from")]


def test_the_metrics_are_for_the_web_server_alone(crossing, open_direct):
    """A client's header of that name arrives as HTTP_EVENTSOURCE_METRICS."""
    reader = ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host="open.example", HTTP_EVENTSOURCE_METRICS="1")
    assert "xmpp_eventsource_" not in reader.text()


def test_no_secret_of_a_request_is_logged(crossing, open_direct):
    good, bad = token("a"), token("a", secret="x" * 40)
    for one in (good, bad):
        ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host="token.example", HTTP_AUTHORIZATION=f"Bearer {one}")
        ask(open_direct, crossing, "fastcgi", target="/eventsource/a", host="token.example", HTTP_COOKIE=f"__Host-eventsource={one}")
        ask(open_direct, crossing, "fastcgi", target=f"/eventsource/a?access_token={one}", host="token.example")
    wait_until(lambda: crossing.log().count("token: refused") == 3, "three refusals in the log")
    for one in (good, bad):
        assert not any(part in crossing.log() for part in one.split("."))
