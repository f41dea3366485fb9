# SPDX-License-Identifier: MIT
"""The reader that judges the worker is itself judged by the examples of WHATWG HTML §9.2.6 and its corners."""
import pytest

from harness.eventsource import Event, Parser, ends_with_retry


def parsed(octets: bytes, split: int = 0) -> list:
    parser = Parser()
    if not split:
        return parser.feed(octets)
    return [event for start in range(0, len(octets), split) for event in parser.feed(octets[start:start + split])]


@pytest.mark.parametrize("split", [0, 1, 3])
@pytest.mark.parametrize("octets, events", [
    (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("message", "YHOO\n+2\n10")]),
    (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
     [Event("message", "first event", "1"), Event("message", "second event"), Event("message", " third event")]),
    (b"data\n\ndata\ndata\n\ndata:", [Event("message", ""), Event("message", "\n")]),
    (b"data:test\n\ndata: test\n\n", [Event("message", "test"), Event("message", "test")]),
    (b"event: add\ndata: 1\n\ndata: 2\n\n", [Event("add", "1"), Event("message", "2")]),
    (b"data: a\rdata: b\r\ndata: c\n\r\n", [Event("message", "a\nb\nc")]),
    (b"\xef\xbb\xbfdata: after a byte order mark\n\n", [Event("message", "after a byte order mark")]),
    (b"id: 7\n\ndata: x\n\n", [Event("message", "x", "7")]),
    (b"id: a\x00b\ndata: x\n\n", [Event("message", "x")]),
    (b"data: cut off at the end\n", []),
    (b"event: nothing without data\n\n", []),
    ("data: ünï 日本 😀\n\n".encode(), [Event("message", "ünï 日本 😀")]),
])
def test_events_are_what_the_standard_says(octets, events, split):
    assert parsed(octets, split) == events


def test_retry_takes_digits_only():
    parser = Parser()
    parser.feed(b"retry: 3000\nretry: 5s\nretry: -1\nretry:\n\n")
    assert parser.retry_ms == 3000


def test_comments_are_kept_for_the_tests_to_see():
    parser = Parser()
    assert parser.feed(b": one\n:two\n\n") == []
    assert parser.comments == [" one", "two"]


@pytest.mark.parametrize("body, ends", [(b"retry: 1\n\nretry: 2\n\n", True), (b"retry: 1\n\n:\n\ndata: x\n\nretry: 2\n\n", True),
                                        (b"retry: 1\n\n", False), (b"retry: 1\n\n:\n\n", False),
                                        (b"retry: 1\n\ndata: retry: 2\n\n", False)])
def test_a_last_retry_is_not_the_first(body, ends):
    assert ends_with_retry(body) is ends
