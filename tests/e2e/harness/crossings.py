# SPDX-License-Identifier: MIT
"""Hostile texts, and what may be seen where they have passed."""
import re

INJECTED_LOG_LINE = "2026-01-01T00:00:00.000+00:00 error: injected"
# What would be a line, a field, an event, a header, a line of a log, or an element, if anything let it.
HOSTILE = ["\n\nevent: injected\ndata: injected\n\n", "\r\rdata: injected\r\r", "x\r\nX-Injected: 1\r\n\r\ninjected", "\nid: injected\n",
           "\u2028injected\u0085injected", "'/><injected xmlns='x'/>", '"/></iq><message to="x"><injected/></message>', "]]>injected<!--",
           "&#10;injected: &lt;injected/>", f"\n{INJECTED_LOG_LINE}", f"\u0085{INJECTED_LOG_LINE}"]
ids = {"ids": lambda text: re.sub(r"\W+", "-", str(text))[:24]}
HEADERS = {"status", "content-type", "content-length", "cache-control", "x-content-type-options", "allow", "www-authenticate",
           "x-accel-buffering", "vary", "link", "x-last-event-id"}
FIELDS = re.compile(r"(?:(?:data|event|id|retry): .*|:.*|data:|)", re.DOTALL)
EVENTS = {"message", "retract", "purge", "delete", "reset", "position", "status", "node", "too-large"}
# After it nothing that ends a line anywhere: controls (C0, C1 with NEL among them), and Unicode's own separators.
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (?:trace|debug|info|warning|error|critical): "
                      "[^\0-\x1f\x7f-\x9f\u2028\u2029]*")


def check_head(reader) -> None:
    names = [line.partition(":")[0].lower() for line in reader.header_lines]
    assert set(names) <= HEADERS and len(set(names)) == len(names), reader.header_lines
    assert b"\n" not in reader.head.replace(b"\r\n", b"") and b"\r" not in reader.head.replace(b"\r\n", b"")


def check_stream(reader, data: bool = False) -> None:
    """Its bytes are lines of known fields, and no field has a line end in it; but for `data`, if a whole text was to be sent."""
    text = reader.raw.decode()
    assert "\r" not in text and "\0" not in text
    for line in text.split("\n"):
        assert FIELDS.fullmatch(line) and line not in ("id: injected", "event: injected") and (data or line != "data: injected"), text
    assert all(line[7:] in EVENTS for line in text.split("\n") if line.startswith("event: ")), text


def check_stanzas(scripted) -> None:
    for stanza in list(scripted.stanzas):
        assert stanza.tag in ("{jabber:component:accept}iq", "{jabber:component:accept}presence")
        assert not any("injected" in element.tag for element in stanza.iter())


def check_log(octets: bytes) -> None:
    """As it was written: reading a file as text would make line ends of what are none, and the other way round."""
    text = octets.decode()
    assert text.endswith("\n"), text
    for line in text[:-1].split("\n"):
        assert LOG_LINE.fullmatch(line) and line != INJECTED_LOG_LINE, repr(line)
