# SPDX-License-Identifier: MIT
"""Numbered items, and what a stream said about them."""
import re


def publish(publisher, node: str, *numbers, item: str = None) -> None:
    """Item `iN` with the payload N for each number; `item` gives them all one item ID."""
    for number in numbers:
        publisher.publish(node, f"<n xmlns='urn:example:numbers' of='{item or number}'>{number}</n>", item or f"i{number}")


def number_of(event) -> int:
    """An item's number; of another event its type."""
    found = re.search(r">(\d+)<", event.data)
    return int(found[1]) if event.type == "message" and found else event.type


def numbers(stream, until: int, timeout: float = 10, ignore=("status",)) -> list:
    """What comes until that number did, other events as their types."""
    told = []
    while not told or told[-1] != until:
        one = number_of(stream.next(timeout))
        if one not in ignore:
            told.append(one)
    return told


def last_id(stream, publisher, node: str, number: int, timeout: float = 10) -> str:
    """Publishes the number, waits for it, and gives the event ID where the stream stands then."""
    publish(publisher, node, number)
    while True:
        event = stream.next(timeout)
        if number_of(event) == number:
            return event.last_event_id
