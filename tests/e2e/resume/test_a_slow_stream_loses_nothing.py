# SPDX-License-Identifier: MIT
"""Who lags too far behind is closed, with a reason in the log, and gets the rest when it is back."""
import re

from harness.eventsource import Parser
from harness.fastcgi_client import STDOUT, connect, environment, read_record, request
from harness.numbers import numbers, publish
from harness.process import wait_until
from harness.worker import HOST, settled_sockets, sockets_of

COUNT = 40


def test_a_slow_stream_is_closed_and_resumes_without_a_gap(xmpp, own_worker, user, publisher, new_node, open_direct):
    worker = own_worker(stream={"max_lag": "128KiB"}).start().wait_connected(user("friend"))
    node = new_node(persist_items=1, max_items=100)
    idle = len(settled_sockets(worker.pid))
    slow = connect(worker.fastcgi)
    slow.sendall(request(environment("/eventsource/" + node, HOST)))
    wait_until(lambda: worker.component in publisher.subscribers(node), "the subscription")
    for number in range(1, COUNT):
        publisher.publish(node, f"<n xmlns='urn:example:numbers'><pad>{'x' * 30000}</pad><m>{number}</m></n>", f"i{number}")
    wait_until(lambda: len(sockets_of(worker.pid)) == idle, "the slow stream to be closed", timeout=5)

    parser, events = Parser(), []
    slow.settimeout(10)
    try:
        # What it had not read when it was closed ends somewhere in the middle.
        octets = b""
        while record := read_record(slow):
            if record[0] == STDOUT:
                octets += record[2]
    except (EOFError, ConnectionError):
        pass
    slow.close()
    events = parser.feed(octets.partition(b"\r\n\r\n")[2])
    had = [int(re.search(r"<m>(\d+)<", event.data)[1]) for event in events if event.type == "message"]
    assert had == list(range(1, len(had) + 1)) and len(had) < COUNT - 1

    again = open_direct(worker, node, last_event_id=parser.last_event_id)
    publish(publisher, node, COUNT)
    assert numbers(again, until=COUNT) == list(range(len(had) + 1, COUNT + 1))
    assert "too_slow" in worker.log(), "the log does not say why the stream was closed"
